-- Time columns of integers: every door says what it says of the same rows with dates.
\set VERBOSITY terse
SET client_min_messages = error;
SET timezone = 'UTC';
CREATE TABLE weekly AS
SELECT u AS user_id, w::smallint AS week, abs(hashint8(u * 1000 + w)) % 9 * (1 + (u % 3 = 0 AND w > 10)::int) AS spend,
       (ARRAY['web', 'shop'])[1 + (u + w) % 2] AS place
FROM generate_series(1, 240) u, generate_series(1, 30) w WHERE hashint8(u * 77 + w) % 4 <> 0;
CREATE TABLE weekly_member AS SELECT u AS user_id, w AS week, CASE WHEN w < 30 THEN u % 5 ELSE 99 END AS level FROM generate_series(1, 240) u, unnest('{3,9,15,30}'::int[]) w;
CREATE VIEW dated AS SELECT user_id, '2024-01-01'::timestamptz + week * interval '7 days' AS week, spend, place FROM weekly;
CREATE VIEW dated_member AS SELECT user_id, '2024-01-01'::timestamptz + week * interval '7 days' AS week, level FROM weekly_member;

-- An outcome with expressions, categories, attributes of a history, and several cutoffs; a label of a trend.
CREATE TABLE made AS
SELECT kind, (r).rows_train, (r).rows_held_out, (r).cutoffs, (r).classes, (r).features, (r).value, (r).version FROM (
	SELECT 'integers' AS kind, usercls.train_sequence('int_outcome', 'weekly', time_column => 'week', outcome => 'sum(spend) > 20', features => '{spend,avg(spend),place}',
	       period => '1', window_periods => 8, horizon_periods => 3, cutoffs => '4', cutoff_every => '2', users => 'weekly_member', attributes => '{level}',
	       hyperparams => '{"hidden_size": 8, "max_epochs": 4}', promote => 'always') AS r
	UNION ALL
	SELECT 'dates', usercls.train_sequence('date_outcome', 'dated', time_column => 'week', outcome => 'sum(spend) > 20', features => '{spend,avg(spend),place}',
	       period => '7 days', window_periods => 8, horizon_periods => 3, cutoffs => '4', cutoff_every => '14 days', users => 'dated_member', attributes => '{level}',
	       hyperparams => '{"hidden_size": 8, "max_epochs": 4}', promote => 'always')) AS x;
SELECT rows_train, rows_held_out, cutoffs, classes, features, version, count(*) AS alike, max(value) - min(value) < 1e-9 AS same_value FROM made GROUP BY 1, 2, 3, 4, 5, 6;
SELECT model, spec::jsonb ->> 'period' AS period, spec::jsonb ->> 'cutoff_every' AS every, extract(epoch FROM as_of)::bigint AS as_of FROM usercls.versions WHERE model = 'int_outcome';
SELECT count(*) AS users, bool_and(i.label = d.label AND abs(i.probability - d.probability) < 1e-9) AS same
FROM usercls.classify_users('int_outcome') i JOIN usercls.classify_users('date_outcome') d USING (user_id);
SELECT count(*) AS users, bool_and(i.probability = d.probability) AS same, bool_or(i.probability <> n.probability) AS moves
FROM usercls.classify_users('int_outcome', to_timestamp(25)) i JOIN usercls.classify_users('date_outcome', '2024-01-01'::timestamptz + 25 * interval '7 days') d USING (user_id) JOIN usercls.classify_users('int_outcome') n USING (user_id);
SELECT count(*) AS users, bool_and(i.seq = d.seq) AS same FROM usercls.sequences('int_outcome', to_timestamp(20)) i JOIN usercls.sequences('date_outcome', '2024-01-01'::timestamptz + 20 * interval '7 days') d USING (user_id);
SELECT count(*) AS metrics, bool_and(i.value = d.value AND i.n = d.n) AS same FROM usercls.evaluate('int_outcome', replicates => 0) i JOIN usercls.evaluate('date_outcome', replicates => 0) d USING (metric);
SELECT count(*) > 3 AS metrics, bool_and(i.value = d.value AND i.n = d.n) AS same
FROM usercls.evaluate('int_outcome', 'weekly', as_of => to_timestamp(18), replicates => 0) i JOIN usercls.evaluate('date_outcome', 'dated', as_of => '2024-01-01'::timestamptz + 18 * interval '7 days', replicates => 0) d USING (metric);
SELECT count(*) AS bins, bool_and(i.n = d.n AND i.observed IS NOT DISTINCT FROM d.observed) AS same FROM usercls.calibration('int_outcome') i JOIN usercls.calibration('date_outcome') d USING (bin);
SELECT count(*) AS features, bool_and(i.psi = d.psi) AS same FROM usercls.drift('int_outcome', as_of => to_timestamp(20)) i JOIN usercls.drift('date_outcome', as_of => '2024-01-01'::timestamptz + 20 * interval '7 days') d USING (feature);
CALL usercls.refresh_scores('int_outcome', 'int_scores', class => 'true');
CALL usercls.refresh_scores('date_outcome', 'date_scores', class => 'true');
SELECT count(*) AS users, bool_and(i.score = d.score) AS same FROM int_scores i JOIN date_scores d USING (user_id);
-- Who changed is found by a column of times: the integers say when a row was, and not when it came in.
ALTER TABLE weekly ADD came timestamptz DEFAULT '2026-01-01';
ALTER TABLE weekly_member ADD came timestamptz DEFAULT '2026-01-01';
UPDATE weekly SET spend = spend + 5, came = '2026-02-01' WHERE user_id % 50 = 0;
CALL usercls.refresh_scores('int_outcome', 'int_scores', class => 'true', changed_since => '2026-01-15', changed_column => 'came');
CALL usercls.refresh_scores('date_outcome', 'date_scores', class => 'true');
SELECT count(*) AS users, bool_and(i.score = d.score) AS same FROM int_scores i JOIN date_scores d USING (user_id);
CALL usercls.refresh_scores('int_outcome', 'int_scores', class => 'true', changed_since => '2026-01-15');
-- Four weeks later the cutoffs have moved as far; a list of them, in integers, says the same.
INSERT INTO weekly SELECT u, w, abs(hashint8(u * 1000 + w)) % 9, 'web' FROM generate_series(1, 240) u, generate_series(31, 34) w;
CALL usercls.retrain('int_outcome', promote => 'never');
CALL usercls.retrain('date_outcome', promote => 'never');
SELECT count(*) AS versions, count(DISTINCT value) AS values, min(extract(epoch FROM as_of))::bigint AS as_of FROM usercls.versions WHERE model IN ('int_outcome', 'date_outcome') AND version = 2;
SELECT (r).rows_train + (r).rows_held_out = (SELECT rows_train + rows_held_out FROM usercls.versions WHERE model = 'int_outcome' AND version = 2) AS same
FROM usercls.train_sequence('int_listed', 'weekly', time_column => 'week', outcome => 'sum(spend) > 20', features => '{spend}', period => '1', window_periods => 8, horizon_periods => 3, cutoffs => '[25, 27, 29, 31]', dry_run => true) r;
SELECT usercls.import_model('int_again', usercls.export_model('int_outcome', 1), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'int_outcome' AND version = 1), promote => 'always');
SELECT count(*) AS users, bool_and(i.probability = n.probability) AS same FROM usercls.classify_users('int_again') i JOIN usercls.classify_users('int_outcome') n USING (user_id);

-- Of a trend, with the counted rows of bigint seconds; no row of it lies in the future of a clock.
CREATE VIEW seconds AS SELECT user_id, (9000000000 + week * 604800)::bigint AS week, spend FROM weekly;
SELECT rows_train + rows_held_out AS users, (SELECT count(DISTINCT user_id) FROM weekly) AS of_these, features FROM usercls.train_sequence('int_trend', 'seconds', time_column => 'week', trend_of => 'spend', features => '{spend}', period => '604800',
       window_periods => 8, horizon_periods => 2, hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT count(*) AS users, bool_and(usercls.net_sign(trend) = usercls.net_sign(t.agg)) AS same_trends
FROM usercls.classify_users('int_trend', NULL, id => NULL::bigint, with_trend => true) c
JOIN (SELECT user_id, usercls.trend_agg(week, spend, 604800, 9000000000 + 26 * 604800 + 1, 9000000000 + 34 * 604800 + 1) AS agg FROM seconds GROUP BY user_id) t USING (user_id);
SELECT period, users_read FROM usercls.label_summary('weekly', 'spend', time_column => 'week', periods => '{1,2}', window_periods => 8) LIMIT 1;

-- Errors say what to pass.
\set VERBOSITY default
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', dry_run => true);
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', period => '1.5', dry_run => true);
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', period => '1', cutoffs => '3', cutoff_every => '1 day', dry_run => true);
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', period => '1', as_of => to_timestamp(33), dry_run => true);
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', period => '1', as_of => to_timestamp(0), dry_run => true);
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', period => '1', cutoffs => '[1.5]', dry_run => true);
CREATE VIEW nanoseconds AS SELECT user_id, 1700000000000000000 + week AS week, spend FROM weekly;
SELECT usercls.train_sequence('int_bad', 'nanoseconds', time_column => 'week', outcome => 'count(*) = 0', features => '{spend}', period => '1', dry_run => true);
SELECT usercls.train_sequence('int_bad', 'weekly', time_column => 'place', outcome => 'count(*) = 0', features => '{spend}', period => '1', dry_run => true);
SET client_min_messages = error;
SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'int\_%' OR model LIKE 'date\_%' ORDER BY model;
DROP TABLE weekly, weekly_member, made, int_scores, date_scores CASCADE;
