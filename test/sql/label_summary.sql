-- Which labels would a trend make? Sparse data have none worth learning by the week, and some by the quarter.
SET client_min_messages = notice;
SET timezone = 'UTC';
CREATE TABLE spa AS
SELECT u AS user_id, timestamptz '2023-01-02 12:00Z' + d * interval '1 day' AS ts, (20 + (u % 5 - 2) * d / 100.0 + (hashint8(u * 5000 + d) & 7))::float8 AS spend
FROM generate_series(1, 500) u, generate_series(0, 1095) d WHERE (hashint8(u * 3000 + d) & 63) = 0;

-- The trainer says so, and where to look.
SELECT usercls.train_sequence('spa', 'spa', trend_of => 'spend', as_of => '2025-12-01', horizon_periods => 0, dry_run => true);
SELECT classes, notices[2] FROM usercls.train_sequence('spa', 'spa', trend_of => 'spend', period => '1 month', as_of => '2025-12-01', horizon_periods => 0, dry_run => true);

-- Every row is what label() says of such a window.
CREATE TABLE spa_summary AS SELECT * FROM usercls.label_summary('spa', 'spend', as_of => '2025-12-01');
SELECT period, trend_rule, users_read, active <= users_read AS active, changing <= users_read AS changing,
       high_risk + stable + potential = users_read AS all_users, usable FROM spa_summary;
SELECT s.period, s.trend_rule, bool_and(s.high_risk = l.high_risk AND s.potential = l.potential AND s.changing = l.changing) AS as_label
FROM spa_summary s, LATERAL (
	SELECT count(*) FILTER (WHERE usercls.net_sign(trend) <= (trend_rule ->> 'high_risk_at')::int) AS high_risk,
	       count(*) FILTER (WHERE usercls.net_sign(trend) >= (trend_rule ->> 'potential_at')::int) AS potential,
	       count(*) FILTER (WHERE usercls.signs(trend) && '{-1,1}') AS changing
	FROM usercls.trend_users('spa', 'user_id', 'ts', 'spend', s.period, timestamptz '2025-12-01' - 12 * s.period, timestamptz '2025-12-01')) l
WHERE s.trend_rule <> '{}' AND s.period <= '14 days' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT bool_and(s.high_risk = l.high_risk AND s.potential = l.potential) AS as_label
FROM spa_summary s, LATERAL (
	SELECT count(*) FILTER (WHERE usercls.label(trend) = 'high_risk') AS high_risk, count(*) FILTER (WHERE usercls.label(trend) = 'potential') AS potential
	FROM usercls.trend_users('spa', 'user_id', 'ts', 'spend', s.period, timestamptz '2025-12-01' - 12 * s.period, timestamptz '2025-12-01')) l
WHERE s.trend_rule = '{}';

-- The rule that it finds usable can be passed on as it is.
SELECT (SELECT sum(n::int) FROM jsonb_each_text(t.classes) c(class, n)) = s.users_read AS users, (t.classes ->> 'potential')::int = s.potential AS same, t.notices
FROM (SELECT * FROM spa_summary WHERE usable ORDER BY period DESC, potential DESC LIMIT 1) s,
     LATERAL usercls.train_sequence('spa', 'spa', trend_of => 'spend', period => s.period, trend_rule => s.trend_rule,
                                    as_of => '2025-12-01', horizon_periods => 0, dry_run => true) t;
SELECT count(*) AS rules FROM usercls.label_summary('spa', 'spend', periods => '{1 month}', measure => 'mean', active_only => true, time_zone => 'Asia/Tokyo');

-- Errors
SELECT * FROM usercls.label_summary('spa', 'spent');
SELECT * FROM usercls.label_summary('spa', 'spend', periods => '{-1 day}');
SELECT * FROM usercls.label_summary('spa', 'spend', window_periods => 0);
SELECT * FROM usercls.label_summary('spa', 'spend', measure => 'median');
DROP TABLE spa, spa_summary;
