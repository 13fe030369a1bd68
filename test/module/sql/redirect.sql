-- Tables that are not what they seem: whatever the planner reads where a query says a table is what every door reads.
SET client_min_messages = warning;
SET timezone = 'UTC';
LOAD 'usercls_test';

-- `shell` is what a table looks like to those who read its pages; `behaviour` is what queries of it are about.
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
       (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend
FROM generate_series(1::bigint, 90) u, generate_series(0, 15) w;
CREATE TABLE shell AS SELECT user_id, ts - interval '70 days' AS ts, 1000 - spend AS spend FROM behaviour WHERE user_id <= 60;
CREATE TABLE users AS
SELECT u AS user_id, (hashint8(u * 5 + 1) & 15)::float8 AS visits, (hashint8(u * 5 + 2) & 1) AS treated,
       ((hashint8(u * 5 + 3) & 7) < 3)::int AS outcome
FROM generate_series(1::bigint, 300) u;
CREATE TABLE edges AS SELECT u AS src, 1 + (hashint8(u * 5 + 4) & 255)::bigint AS dst FROM generate_series(1::bigint, 300) u;
CREATE TABLE no_edges AS SELECT * FROM edges WHERE false;

-- What each door says of a table: once of the truth, and then of what stands in its place.
CREATE FUNCTION doors(events regclass, graph regclass)
RETURNS TABLE (door text, answer text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM usercls.train_sequence('s', events, trend_of => 'spend', horizon_periods => 2, window_periods => 6, period => '7 days', features => '{spend}', seed => 7,
	                               hyperparams => '{"hidden_size": 8, "max_epochs": 4}', promote => 'always');
	PERFORM usercls.train_uplift('u', 'users', graph, hyperparams => '{"hidden_size": 8, "max_epochs": 4}', seed => 7, promote => 'always');
	RETURN QUERY
	SELECT 'trend_users', md5(string_agg(t::text, ' ' ORDER BY t.user_id)) FROM usercls.trend_users(events, 'user_id', 'ts', 'spend', interval '7 days') t
	UNION ALL
	SELECT 'trend_users in a window', md5(string_agg(t::text, ' ' ORDER BY t.user_id))
	FROM usercls.trend_users(events, 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-02-01', timestamptz '2026-04-05') t
	UNION ALL
	SELECT 'label_summary', md5(string_agg(l::text, ' ' ORDER BY l::text))
	FROM usercls.label_summary(events, 'spend', periods => '{7 days}', window_periods => 6) l
	UNION ALL
	SELECT 'train_sequence', encode(sha256(usercls.export_model('s')), 'hex')
	UNION ALL
	SELECT 'classify_users', md5(string_agg(c::text, ' ' ORDER BY c.user_id)) FROM usercls.classify_users('s') c
	UNION ALL
	SELECT 'evaluate', md5(string_agg(e::text, ' ' ORDER BY e::text)) FROM usercls.evaluate('s') e
	UNION ALL
	SELECT 'drift', md5(string_agg(d::text, ' ' ORDER BY d::text)) FROM usercls.drift('s') d
	UNION ALL
	SELECT 'train_uplift', encode(sha256(usercls.export_model('u')), 'hex')
	UNION ALL
	SELECT 'target_users', md5(string_agg(t::text, ' ' ORDER BY t.user_id)) FROM usercls.target_users('u') t
	UNION ALL
	SELECT 'evaluate of a graph', md5(string_agg(e::text, ' ' ORDER BY e::text)) FROM usercls.evaluate('u') e;
END $$;
CREATE TABLE truth AS SELECT * FROM doors('behaviour', 'edges');
SELECT usercls.drop_model('s'), usercls.drop_model('u');

SET usercls_test.redirect = 'shell=behaviour';
CREATE TABLE found AS SELECT * FROM doors('shell', 'edges');
SELECT usercls.drop_model('s'), usercls.drop_model('u');
SET usercls_test.redirect = 'no_edges=edges';
INSERT INTO found SELECT * FROM doors('behaviour', 'no_edges');
RESET usercls_test.redirect;
SELECT door, count(*) AS redirected, bool_and(found.answer = truth.answer) AS equal FROM truth JOIN found USING (door) GROUP BY door ORDER BY door;

-- Scores that are refreshed are those of the table behind, too.
CALL usercls.refresh_scores('s', 'scores');
SET usercls_test.redirect = 'behaviour=shell';
CALL usercls.refresh_scores('s', 'scores', max_removed => 1);
RESET usercls_test.redirect;
SELECT count(*) AS users, (SELECT count(DISTINCT user_id) FROM shell) AS of_the_shell FROM scores;

-- Another table access method shows what it shows, and not what is on its pages.
CREATE FUNCTION every_other(internal) RETURNS table_am_handler AS 'usercls_test', 'usercls_test_every_other' LANGUAGE C;
CREATE ACCESS METHOD every_other TYPE TABLE HANDLER every_other;
CREATE TABLE halved USING every_other AS TABLE behaviour;
SELECT count(*) FROM halved;
CREATE TABLE half AS TABLE halved;
SELECT count(*) AS users, count(*) FILTER (WHERE t.trend::text = s.trend::text) AS equal
FROM usercls.trend_users('halved', 'user_id', 'ts', 'spend', interval '7 days') t
JOIN usercls.trend_users('half', 'user_id', 'ts', 'spend', interval '7 days') s USING (user_id);

-- Nor does it in a partition between two heaps.
CREATE TABLE parted (LIKE behaviour) PARTITION BY LIST (user_id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1, 2, 3);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (4, 5, 6, 7, 8, 9) USING every_other;
CREATE TABLE parted_3 PARTITION OF parted DEFAULT;
INSERT INTO parted TABLE behaviour;
CREATE TABLE whole AS TABLE parted;
SELECT count(*) AS rows, (SELECT count(*) FROM parted_2) AS shown FROM whole;
SELECT count(*) AS users, count(*) FILTER (WHERE t.trend::text = s.trend::text) AS equal
FROM usercls.trend_users('parted', 'user_id', 'ts', 'spend', interval '7 days') t
JOIN usercls.trend_users('whole', 'user_id', 'ts', 'spend', interval '7 days') s USING (user_id);
SELECT count(*) AS users, count(*) FILTER (WHERE t.trend::text = s.trend::text) AS equal
FROM usercls.trend_users('parted', 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-02-01', timestamptz '2026-04-05') t
JOIN usercls.trend_users('whole', 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-02-01', timestamptz '2026-04-05') s USING (user_id);
