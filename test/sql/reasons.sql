-- Why a user has his score: contributions add up, for every architecture and every kind of input, and an absence is a reason.
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET search_path = public, usercls;
-- A third of the users falls silent in week 12 of 26, and leaves. Of plan and age nothing follows but what chance gives.
CREATE TABLE why AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (5 + abs(hashint8(u * 1000 + w)) % 10)::float8 AS orders,
	(abs(hashint8(u * 77 + w)) % 4 = 0)::int::float8 AS complaints, CASE WHEN w >= 26 THEN CASE WHEN u % 3 = 0 THEN 'leaves' ELSE 'stays' END END AS state
FROM generate_series(1, 450) u, generate_series(0, 29) w
WHERE w >= 26 OR (abs(hashint8(u * 10 + w)) % 3 = 0 AND (u % 3 <> 0 OR w < 12));
CREATE TABLE why_members AS SELECT u AS user_id, CASE WHEN u % 11 > 0 THEN (ARRAY['basic', 'family', 'family'])[1 + abs(hashint8(u * 3)) % 3] END AS plan, 20 + abs(hashint8(u)) % 50 AS age FROM generate_series(1, 450) u;
CREATE INDEX ON why (user_id);
CREATE TABLE why_model (model text, hyperparams jsonb, architecture text);
INSERT INTO why_model VALUES ('gru', '{"max_epochs": 4}', 'gru'), ('lstm', '{"max_epochs": 4, "hidden_size": 16, "bidirectional": true}', 'lstm'),
	('tcn', '{"max_epochs": 4, "hidden_size": 8}', 'tcn'), ('rocket', '{"num_features": 840}', 'minirocket'), ('three', '{"max_epochs": 2, "ensemble": 3, "hidden_size": 8}', 'gru'),
	('plain', '{"max_epochs": 12, "hidden_size": 16, "inputs": "values", "summary_size": 0, "mask": false, "baseline": false}', 'gru');
SELECT m.model, t.value < t.baseline AS learned
FROM why_model m, LATERAL train_sequence(m.model, 'why', features => '{orders,complaints}', label_column => 'state', window_periods => 26, horizon_periods => 4, users => 'why_members', attributes => '{plan,age}',
	as_of => '2026-07-06', architecture => m.architecture, hyperparams => m.hyperparams, promote => 'always') t;
-- All reasons add up to the difference from the typical user, whose score is the same for everybody; the user's is that of classify_users().
CREATE TABLE why_sum AS
SELECT m.model, u AS user_id, sum(e.contribution) AS sum, min(e.score) AS score, min(e.typical_score) AS typical, count(*) AS reasons, count(DISTINCT (e.score, e.typical_score)) AS scores, array_agg(DISTINCT e.feature) AS features
FROM why_model m, generate_series(1, 21) u, LATERAL explain_user(m.model, u, 'leaves', NULL, '2026-07-06') e GROUP BY 1, 2;
SELECT s.model, count(*) AS users, bool_and(abs(s.sum - (s.score - s.typical)) < 1e-3) AS adds_up, bool_and(abs(s.sum - (s.score - s.typical)) < 1e-9) AS exactly, count(DISTINCT s.typical) AS typical_scores, bool_and(abs(s.score - c.probabilities[1]) < 1e-4) AS as_classified,
	array_agg(DISTINCT f ORDER BY f) AS features
FROM why_sum s JOIN why_model m USING (model), LATERAL unnest(s.features) f, LATERAL (SELECT * FROM classify_users(m.model, '2026-07-06') c WHERE c.user_id = s.user_id) c GROUP BY 1 ORDER BY 1;
-- An absence is the reason: who left bought nothing in the last weeks, and the typical user did.
SELECT m.model, count(*) AS gone, count(*) FILTER (WHERE feature = 'orders' AND contribution > 0.3 AND value = 0 AND typical > 0 AND reason ~ '^no orders for (1[4-9]|2[0-6]) weeks; usual: [0-9]$' AND period_start <= '2026-03-30') > 0.6 * count(*) AS by_silence
FROM why_model m, generate_series(3, 45, 3) u, LATERAL explain_user(m.model, u, 'leaves', 1, '2026-07-06') e WHERE m.model IN ('gru', 'tcn', 'rocket') GROUP BY 1 ORDER BY 1;
-- One user, in words: every reason once, the largest first, whatever stretches there are.
SELECT feature, period_start, regexp_replace(reason, '(orders|complaints) [0-9.]+ a', '\1 # a') AS reason FROM explain_user('gru', 3, 'leaves', NULL, '2026-07-06') ORDER BY feature, period_start;
SELECT bool_and(abs(contribution) <= before) AS largest_first, count(*) FROM (SELECT contribution, lag(abs(contribution), 1, 'Infinity') OVER () AS before FROM explain_user('gru', 3, 'leaves', NULL, '2026-07-06')) r;
-- By default the five largest, of the class that the user gets, at the end of the data; the same every time.
SELECT count(*), bool_and(e.label = c.label AND abs(e.score - c.probability) < 1e-4) AS own_class FROM explain_user('gru', 7) e, classify_users('gru') c WHERE c.user_id = 7;
SELECT array_agg(e::text) = (SELECT array_agg(e::text) FROM explain_user('gru', 7) e) AS again FROM explain_user('gru', 7) e;
-- The reason speaks for the score: with the typical user's orders in its place, what the sequence then gets is nearer to his.
SELECT count(*) FILTER (WHERE score('gru', instead, 'leaves', m) < score('gru', seq, 'leaves', m) - 0.3) >= 4 AS of_5_answer
FROM why_members m JOIN sequences('gru', '2026-07-06') s USING (user_id),
	LATERAL (SELECT array_agg(CASE WHEN i % 3 = 0 THEN ARRAY[9, 0] ELSE ARRAY[NULL, NULL]::float8[] END ORDER BY i) AS instead FROM generate_series(1, 26) i) t WHERE user_id IN (3, 6, 9, 12, 15);
-- Many at once: of everybody, or of those above a threshold; in a table of scores, whose column is null again when it is not asked for.
SELECT count(*) > 400 AS users, count(reasons) = count(*) AS all_have_some, max(array_length(string_to_array(reasons, E'\n'), 1)) AS most, count(*) FILTER (WHERE user_id % 3 = 0 AND reasons ~ '^no orders for [0-9]+ weeks; usual: [0-9]') > 100 AS by_silence FROM classify_users('gru', '2026-07-06', NULL::bigint, false, 2, 'leaves');
SELECT count(reasons) > 100 AS some, bool_and((reasons IS NOT NULL) = (probabilities[1] >= 0.5)) AS above FROM classify_users('gru', '2026-07-06', NULL::bigint, false, 2, 'leaves', 0.5);
SELECT count(*) = 20 AS users, count(*) FILTER (WHERE split_part(c.reasons, E'\n', 1) = e.reason) > 15 AS as_explain_user FROM classify_users('gru', '2026-07-06', NULL::bigint, false, 1, 'leaves') c, LATERAL explain_user('gru', c.user_id, 'leaves', 1, '2026-07-06') e WHERE c.user_id BETWEEN 3 AND 60 AND c.user_id % 3 = 0;
CALL refresh_scores('gru', 'why_scores', '2026-07-06', class => 'leaves', threshold => 0.5, reasons => 3);
SELECT count(*) > 100 AS marked, bool_and(array_length(string_to_array(reasons, E'\n'), 1) BETWEEN 1 AND 3) AS with_reasons FROM why_scores WHERE marked;
SELECT count(*) > 100 AS others, count(reasons) AS reasons FROM why_scores WHERE NOT marked;
SELECT col_description('why_scores'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'why_scores'::regclass AND attname = 'reasons';
CALL refresh_scores('gru', 'why_scores', '2026-07-06', class => 'leaves', threshold => 0.5);
SELECT count(*) > 100 AS users, count(reasons) AS reasons FROM why_scores;
CALL refresh_scores('gru', 'why_scores', class => 'leaves', reasons => 1);
INSERT INTO why VALUES (3, '2026-08-02 12:00Z', 50, 0, NULL);
CALL refresh_scores('gru', 'why_scores', class => 'leaves', reasons => 1, changed_since => '2026-08-02');
SELECT count(*) = count(reasons) AS all_have_one FROM why_scores;
CALL refresh_scores('gru', 'why_scores', class => 'leaves', changed_since => '2026-08-10');
SELECT count(*) > 100 AS users, count(reasons) AS reasons FROM why_scores;
CALL refresh_scores('gru', 'why_scores', class => 'leaves', reasons => 1, changed_since => '2026-08-10');
SELECT count(*) = count(reasons) AS all_have_one_again FROM why_scores;
DELETE FROM why WHERE orders = 50;
-- Nobody: no rows. A user who is silent is there, and one who comes later is not.
INSERT INTO why VALUES (1001, '2025-06-01', 3, 0, NULL), (1002, '2026-08-01', 3, 0, NULL);
SELECT (SELECT count(*) FROM explain_user('gru', NULL::int)) AS of_null, (SELECT count(*) FROM explain_user('gru', 77777)) AS unknown, (SELECT count(*) FROM explain_user('gru', 1002, as_of => '2026-07-06')) AS later;
SELECT feature, period_start, reason FROM explain_user('gru', 1001, 'leaves', NULL, '2026-07-06') WHERE feature <> 'age' ORDER BY feature, period_start;
-- Other tables and questions: a history of users, expressions, ids of text, arrays, a number, dates; a view is read as its invoker.
CREATE VIEW why_texts AS SELECT 'user ' || user_id AS user_id, ts::date AS ts, orders, complaints FROM why;
CREATE VIEW why_history AS SELECT 'user ' || user_id AS user_id, plan, age, d::date AS ts FROM why_members, generate_series(timestamptz '2026-01-01', '2026-03-01', '1 month') d;
SELECT value IS NOT NULL AS trained FROM train_sequence('texts', 'why_texts', features => '{sum(orders),avg(complaints)}', outcome => 'count(*) = 0', window_periods => 20, as_of => '2026-06-01', users => 'why_history', attributes => '{plan,age}', hyperparams => '{"max_epochs": 2, "hidden_size": 8}', promote => 'always');
SELECT value IS NOT NULL AS trained FROM train_sequence('number', 'why', features => '{orders}', outcome => 'coalesce(sum(orders), 0)::numeric', window_periods => 20, as_of => '2026-06-01', period => '7 days', hyperparams => '{"max_epochs": 2, "hidden_size": 8}', promote => 'always');
CREATE TABLE why_arrays AS SELECT user_id, seq, CASE WHEN user_id % 3 = 0 THEN 'leaves' ELSE 'stays' END AS label FROM sequences('gru', '2026-07-06') WHERE user_id < 1000;
SELECT value IS NOT NULL AS trained FROM train_sequence('arrays', 'why_arrays', sequence_column => 'seq', architecture => 'gru', label_column => 'label', hyperparams => '{"max_epochs": 2, "hidden_size": 8}', promote => 'always');
SELECT count(*) > 3 AS explained, abs(sum(contribution) - min(score - typical_score)) < 1e-9 AS adds_up, bool_and(e.label IS NULL) AS no_class, count(period_start) > 0 AS dated, min(feature), max(feature) FROM explain_user('texts', 'user 4'::text, 'true', NULL) e;
SELECT count(*) > 1 AS explained, abs(sum(contribution) - min(score - typical_score)) < 1e-9 AS adds_up, bool_and(e.label IS NULL) AS no_class, abs(min(score) - min(f.mean)) < 1e-3 AS score_is_the_mean FROM explain_user('number', 4, top => NULL) e, classify_users('number') c, forecast('number', c.probabilities) f WHERE c.user_id = 4;
SELECT count(*) > 1 AS explained, abs(sum(contribution) - min(score - typical_score)) < 1e-9 AS adds_up, count(period_start) AS dates, min(regexp_replace(reason, '[0-9.]+ a', '# a')) FILTER (WHERE reason ~ 'from 1;') AS words FROM explain_user('arrays', 4, top => NULL) e;
CREATE VIEW why_weeks AS SELECT user_id, (ts::date - date '2026-01-05') / 7 AS ts, orders FROM why;
SELECT value IS NOT NULL AS trained FROM train_sequence('weeks', 'why_weeks', features => '{orders}', outcome => 'count(*) = 0', period => '1', window_periods => 20, as_of => to_timestamp(24), hyperparams => '{"max_epochs": 2, "hidden_size": 8}', promote => 'always');
SELECT period_start, regexp_replace(reason, 'orders [0-9.]+ a', 'orders # a') AS reason FROM explain_user('weeks', 3, 'true', NULL, to_timestamp(24)) ORDER BY 1;
-- A file from elsewhere does not say what is typical: it is the mean of training, and no attribute is known.
CREATE TABLE why_file AS SELECT export_model('gru') AS weights;
CREATE FUNCTION why_without(weights bytea) RETURNS bytea LANGUAGE sql AS $$ -- keys of another name, of the same length
	SELECT decode(replace(encode(weights, 'hex'), encode('"typical', 'hex'), encode('"extra_l', 'hex')), 'hex') $$;
SELECT import_model('foreign', why_without(weights), spec => (SELECT spec::jsonb FROM versions WHERE model = 'gru'), promote => 'always') AS version FROM why_file;
SELECT feature, count(*) > 0 AS explained, min(split_part(reason, 'usual: ', 2)) FILTER (WHERE feature = 'plan') AS usual_plan FROM explain_user('foreign', 4, 'leaves', NULL, '2026-07-06') GROUP BY 1 ORDER BY 1;
SELECT abs(sum(contribution) - min(score - typical_score)) < 1e-9 AS adds_up FROM explain_user('foreign', 4, 'leaves', NULL, '2026-07-06');
SELECT import_model('damaged', decode(replace(encode(weights, 'hex'), encode('"typical_periods":"2', 'hex'), encode('"typical_periods":"-', 'hex')), 'hex')) FROM why_file;
SELECT import_model('damaged', decode(replace(encode(weights, 'hex'), encode('"typical_periods":', 'hex'), encode('"typical_perioda":', 'hex')), 'hex')) FROM why_file;
-- Errors.
CALL refresh_scores('gru', 'why_scores', reasons => 21);
SELECT * FROM classify_users('gru', NULL, NULL::bigint, false, 0);
SELECT * FROM classify_users('gru', NULL, NULL::bigint, false, 1, 'leavs');
SELECT * FROM classify_users('gru', NULL, NULL::bigint, false, 1, threshold => 0.5);
SELECT * FROM classify_users('gru', NULL, NULL::bigint, false, 1, 'leaves', 'NaN');
SELECT * FROM explain_user('gru', 3, 'leavs');
SELECT * FROM explain_user('gru', 3, top => 0);
SELECT * FROM explain_user(NULL, 3);
SELECT * FROM explain_user('nobody', 3);
SELECT * FROM explain_user('gru', '2026-01-01'::date);
-- Whoever may score may ask, and reads the rows with his own rights.
CREATE ROLE regress_why;
SELECT grant_model('gru', 'regress_why', 'score');
GRANT USAGE ON SCHEMA usercls TO regress_why;
SET ROLE regress_why;
SELECT count(*) FROM explain_user('gru', 3);
SELECT count(*) FROM explain_user('lstm', 3);
RESET ROLE;
GRANT SELECT ON why, why_members TO regress_why;
SET ROLE regress_why;
SELECT count(*) FROM explain_user('gru', 3);
RESET ROLE;
REVOKE ALL ON SCHEMA usercls FROM regress_why;
SELECT count(drop_model(model)) FROM models WHERE model IN ('gru', 'lstm', 'tcn', 'rocket', 'three', 'plain', 'texts', 'number', 'arrays', 'weeks', 'foreign');
DROP TABLE why_scores, why, why_members, why_model, why_sum, why_arrays, why_file CASCADE;
DROP FUNCTION why_without;
DROP ROLE regress_why;
