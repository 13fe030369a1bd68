-- Which window is read when nothing is said, and what is said about it: docs/semantics.md.
SET client_min_messages = notice;
SET timezone = 'UTC';
CREATE TABLE win AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, u % 3 = 0 AS left_later,
       (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend
FROM generate_series(1, 120) u, generate_series(0, 23) w;

-- A label that was observed needs no horizon: the newest rows are read. The trend is that of four periods later.
SELECT version FROM usercls.train_sequence('win_label', 'win', label_column => 'left_later', features => '{spend}',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT version FROM usercls.train_sequence('win_trend', 'win', trend_of => 'spend', features => '{spend}',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT model, as_of, spec::jsonb ->> 'horizon_periods' AS horizon_periods
FROM usercls.versions WHERE model IN ('win_label', 'win_trend') ORDER BY 1;
SELECT version FROM usercls.train_sequence('win', 'win', trend_of => 'spend', horizon_periods => 30);
SELECT version FROM usercls.train_sequence('win', 'win', trend_of => 'spend', as_of => '2025-06-01');

-- A row that is later than now moves no window, at any door: a year mistyped, a clock that is fast, something booked ahead.
CREATE TABLE win_before AS SELECT user_id, label, probability FROM usercls.classify_users('win_trend');
CALL usercls.refresh_scores('win_trend', 'win_scores');
INSERT INTO win SELECT 17, now() + interval '36 years', false, 5 UNION ALL SELECT u, now() + interval '2 days', false, 7 FROM generate_series(1, 3) u
UNION ALL SELECT 17, '-infinity', false, 5 UNION ALL SELECT 18, 'infinity', false, 5;
CREATE FUNCTION win_same(view text) RETURNS boolean LANGUAGE sql AS $$
	SELECT count(*) = 120 FROM win_before b JOIN usercls.classify_users(view) c USING (user_id, label)
	WHERE abs(b.probability - c.probability) < 1e-5 $$;
SELECT win_same('win_trend');
CALL usercls.refresh_scores('win_trend', 'win_scores');
SELECT count(*) AS users FROM win_before b JOIN win_scores s USING (user_id, label);
SELECT rows_train + rows_held_out AS users FROM usercls.train_sequence('win', 'win', trend_of => 'spend', dry_run => true);
CALL usercls.retrain('win_trend', promote => 'never');
SELECT notices FROM usercls.training_runs WHERE model = 'win_trend' ORDER BY run_id DESC LIMIT 1;
SELECT version, as_of FROM usercls.versions WHERE model = 'win_trend' ORDER BY 1;
SELECT metric, n FROM usercls.evaluate('win_trend', 'win', replicates => 0) LIMIT 1;
SELECT feature, n_now = 12 * 120 AS all_periods FROM usercls.drift('win_trend');
SELECT sum(n) AS users FROM usercls.confusion_matrix('win_trend', 'win');
SELECT sum(n) AS users FROM usercls.calibration('win_trend', 'win');
-- Found by an index, in a view, and in columns of other types.
CREATE INDEX win_ts ON win (ts);
SELECT win_same('win_trend');
CREATE VIEW win_local AS SELECT user_id, ts::timestamp AS ts, spend FROM win;
CREATE VIEW win_dates AS SELECT user_id, ts::date AS ts, spend FROM win;
SELECT rows_train + rows_held_out AS users FROM usercls.train_sequence('win', 'win_local', trend_of => 'spend', dry_run => true);
SELECT rows_train + rows_held_out AS users FROM usercls.train_sequence('win', 'win_dates', trend_of => 'spend', dry_run => true);
-- With as_of they count, and nothing is said of them.
SET client_min_messages = warning;
SELECT count(*) AS users FROM usercls.classify_users('win_trend', now() + interval '1 day');
SET client_min_messages = notice;
-- Nobody has another time.
CREATE VIEW win_none AS SELECT user_id, ts, spend FROM win WHERE NOT isfinite(ts) OR ts > now();
SELECT usercls.train_sequence('win', 'win_none', trend_of => 'spend', dry_run => true);
DELETE FROM win WHERE ts > now() OR NOT isfinite(ts);

-- A source that is half loaded, or a window of another time, removes nobody: before anything is written.
CREATE TABLE win_whole AS SELECT * FROM win;
CREATE TABLE win_rows AS SELECT user_id, xmin::text AS row FROM win_scores;
DELETE FROM win WHERE user_id > 5;
CALL usercls.refresh_scores('win_trend', 'win_scores');
INSERT INTO win SELECT * FROM win_whole WHERE user_id > 5 AND user_id <= 95;
CALL usercls.refresh_scores('win_trend', 'win_scores');
SELECT count(*) AS kept FROM win_rows r JOIN win_scores s ON s.user_id = r.user_id AND s.xmin::text = r.row;
INSERT INTO win SELECT * FROM win_whole WHERE user_id = 96;
CALL usercls.refresh_scores('win_trend', 'win_scores');
SELECT count(*) AS users FROM win_scores;
DELETE FROM win WHERE user_id > 5;
CALL usercls.refresh_scores('win_trend', 'win_scores', max_removed => 0.9);
CALL usercls.refresh_scores('win_trend', 'win_scores', max_removed => 1);
SELECT count(*) AS users FROM win_scores;
CALL usercls.refresh_scores('win_trend', 'win_scores', max_removed => 1.5);
DROP TABLE win_rows;

-- The days are those of the zone of the training, whatever the session's is when the model is used.
CREATE TABLE win_days AS
SELECT u AS user_id, timestamptz '2026-01-05 08:00Z' + d * interval '1 day' + ((u * 7 + d) % 24) * interval '1 hour' AS ts,
       100 + (u % 3 - 1) * d * 2 + (hashint8(u * 1000 + d) & 31) AS amount FROM generate_series(1, 120) u, generate_series(0, 139) d;
SET timezone = 'America/Los_Angeles';
SELECT version FROM usercls.train_sequence('win_zone', 'win_days', trend_of => 'amount', window_periods => 8, horizon_periods => 2,
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
CREATE TABLE win_here AS SELECT * FROM usercls.classify_users('win_zone', NULL, NULL::bigint, with_trend => true);
CALL usercls.refresh_scores('win_zone', 'win_zone_scores');
CREATE TABLE win_measured AS SELECT * FROM usercls.evaluate('win_zone', replicates => 0);
SET timezone = 'UTC';
SELECT count(*) AS users, count(*) FILTER (WHERE usercls.period_values(h.trend) <> usercls.period_values(c.trend)) AS other_sums,
       max(abs(h.probability - c.probability)) < 1e-5 AS same
FROM win_here h JOIN usercls.classify_users('win_zone', NULL, NULL::bigint, with_trend => true) c USING (user_id, label);
CREATE TABLE win_rows AS SELECT user_id, xmin::text AS row FROM win_zone_scores;
CALL usercls.refresh_scores('win_zone', 'win_zone_scores');
SELECT count(*) AS written FROM win_rows r JOIN win_zone_scores s USING (user_id) WHERE s.xmin::text <> r.row;
SELECT count(*) > 0 AS metrics, bool_and(abs(m.value - e.value) < 1e-6 AND m.n = e.n) AS same
FROM win_measured m JOIN usercls.evaluate('win_zone', replicates => 0) e USING (metric);
SELECT max(psi) < 1e-9 AS no_drift FROM usercls.drift('win_zone', as_of => (SELECT as_of FROM usercls.versions WHERE model = 'win_zone'));
CALL usercls.retrain('win_zone', promote => 'never', warm_start => false);
SELECT count(DISTINCT as_of) AS windows, count(DISTINCT round(value::numeric, 6)) AS results, min(spec::jsonb ->> 'time_zone') AS time_zone
FROM usercls.versions WHERE model = 'win_zone';
-- It can be named; a spec that names none, as of old, takes the session's.
SET client_min_messages = warning;
SELECT t.classes <> u.classes AS other_labels FROM
 usercls.train_sequence('win_zone', 'win_days', trend_of => 'amount', window_periods => 8, horizon_periods => 2, dry_run => true, time_zone => 'America/Los_Angeles') t,
 usercls.train_sequence('win_zone', 'win_days', trend_of => 'amount', window_periods => 8, horizon_periods => 2, dry_run => true) u;
SELECT usercls.train_sequence('win_zone', 'win_days', trend_of => 'amount', time_zone => 'Mars/Olympus_Mons');
SELECT usercls.import_model('win_old_zone', usercls.export_model('win_zone'), promote => 'always',
	spec => (SELECT spec::jsonb - 'time_zone' FROM usercls.versions WHERE model = 'win_zone' AND version = 1)) AS version;
SELECT count(*) > 0 AS other_sums FROM win_here h JOIN usercls.classify_users('win_old_zone', NULL, NULL::bigint, with_trend => true) c USING (user_id)
WHERE usercls.period_values(h.trend) <> usercls.period_values(c.trend);
SHOW timezone;
SET client_min_messages = notice;

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'win%' ORDER BY model;
DROP TABLE win, win_before, win_whole, win_rows, win_scores, win_days, win_here, win_measured, win_zone_scores CASCADE;
