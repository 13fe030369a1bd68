-- Attributes of users beside the series: learned, and known at every door. What is known after as_of reaches none of them.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TYPE att_plan AS ENUM ('basic', 'pro', 'family');
CREATE DOMAIN att_city AS varchar(20);
-- Who leaves follows from plan and age alone; the series says nothing.
CREATE TABLE att AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (hashint8(u * 1000 + w) & 15)::float8 AS spend,
       CASE WHEN (hashint8(u * 3) & 3 = 0) <> (hashint8(u * 7) & 127 < 50) THEN 'leaves' ELSE 'stays' END AS label
FROM generate_series(1, 600) u, generate_series(0, 11) w;
CREATE TABLE att_members AS
SELECT u::bigint AS user_id, (hashint8(u * 7) & 127)::numeric AS age, (ARRAY['pro', 'basic', 'basic', 'family'])[(hashint8(u * 3) & 3) + 1]::att_plan AS plan,
       ('city ' || u % 7)::att_city AS city, u % 2 = 0 AS student, 'user' || u || '@example.org' AS email, date '2020-01-01' + u AS born
FROM generate_series(1, 620) u;

-- All columns of a type that will do; a text that says nothing is named.
SELECT features, attributes, telling, notices FROM usercls.train_sequence('att', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', dry_run => true);
SELECT version, promoted, attributes, value < 0.25 AS learned, baseline > 0.6 AS hard
FROM usercls.train_sequence('att', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', attributes => '{age,plan,city,student}', hyperparams => '{"hidden_size": 8}');
SELECT value > 0.5 AS without FROM usercls.train_sequence('att_without', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', hyperparams => '{"hidden_size": 8}', promote => 'always');
SELECT argument, source, state FROM usercls.sources WHERE model = 'att' ORDER BY 1;
SELECT tensor, shape FROM usercls.model_tensors('att') WHERE tensor LIKE 'attribute%' OR tensor LIKE 'summary%' ORDER BY 1;


-- One answer at every door: rows, batches, a table of scores, weights by value, a copy of the model.
CREATE TABLE att_seq AS
SELECT m.*, seq FROM att_members m JOIN (SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend], interval '7 days', timestamptz '2025-12-30', '2026-03-24') AS seq
                                         FROM att GROUP BY user_id) s USING (user_id);
SELECT usercls.import_model('att_copy', usercls.export_model('att'), promote => 'always', spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'att')) AS version;
CALL usercls.refresh_scores('att', 'att_scores', '2026-03-24');
CREATE FUNCTION att_doors(OUT users bigint, OUT same bigint) LANGUAGE sql AS $$
	SELECT count(*), count(*) FILTER (WHERE greatest(abs(p.probability - c.probability), abs(p.probability - q.probability), abs(p.probability - t.probability),
		abs(p.probability - v.probability), abs(p.probability - o.probability), abs(p.probability - usercls.score('att', m.seq, p.label, m)),
		abs(p.probability - usercls.score(w, m.seq, p.label, m))) < 1e-5)
	FROM att_seq m CROSS JOIN (SELECT usercls.export_model('att')) AS e (w), LATERAL usercls.predict('att', m.seq, m) p, LATERAL usercls.predict(w, m.seq, m) v
	JOIN usercls.classify_users('att', '2026-03-24') c ON true JOIN usercls.classify_users('att_copy', '2026-03-24') o USING (user_id)
	JOIN usercls.classify_sequences('att', 'att_seq') q USING (user_id) JOIN att_scores t USING (user_id) WHERE c.user_id = m.user_id
$$;
SELECT * FROM att_doors();
SELECT metric, n FROM usercls.evaluate('att', replicates => 0) WHERE metric = 'log_loss' AND abs(value - (SELECT value FROM usercls.versions WHERE model = 'att')) < 1e-6;
SELECT sum(n) FILTER (WHERE actual = predicted) / sum(n) > 0.9 AS right FROM usercls.confusion_matrix('att');
SELECT sum(n) AS calibrated FROM usercls.calibration('att');
SELECT feature, bool_and(step IS NULL) AS attribute, count(value) AS numbers, max(abs(contribution)) > 0.5 AS much
FROM att_seq m, LATERAL usercls.explain('att', seq, 'leaves', m) WHERE user_id <= 30 GROUP BY feature ORDER BY feature;
-- Without the row it is an error, as in predict(); of a null row nothing is known.
SELECT count(*) FROM att_seq, LATERAL usercls.explain('att', seq, 'leaves') WHERE user_id = 1;
SELECT count(*) > 0 AS explained FROM att_seq, LATERAL usercls.explain('att', seq, 'leaves', NULL::att_members) WHERE user_id = 1;
SELECT feature, round(psi::numeric, 2) AS psi, missing_then, missing_now, mean_then IS NULL AS category, n_now FROM usercls.drift('att', as_of => '2026-03-24');
SELECT count(*) AS users, count(*) FILTER (WHERE abs(c.probability - usercls.score('att', seq, c.label, m)) < 1e-5) AS same
FROM usercls.sequences('att', '2026-03-24') JOIN att_members m USING (user_id) JOIN usercls.classify_users('att', '2026-03-24') c USING (user_id);
CALL usercls.retrain('att', as_of => '2026-03-24', promote => 'always');
CALL usercls.refresh_scores('att', 'att_scores', '2026-03-24');
SELECT spec::jsonb -> 'attributes' AS attributes, spec::jsonb ->> 'users_table' AS users FROM usercls.versions WHERE model = 'att' ORDER BY version;
-- A retrained version goes on with the values that the older one knew, and is compared with it; without attributes it is not.
SELECT version, value < 0.25 AS learned FROM usercls.train_sequence('att', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', attributes => '{age,plan,city,student}', hyperparams => '{"hidden_size": 8}', warm_start => 1, promote => 'never');
SELECT reason ~ '^log_loss .* against .* of version 2$' AS compared FROM usercls.train_sequence('att', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', attributes => '{age,plan}', hyperparams => '{"hidden_size": 8}');
SELECT regexp_replace(reason, 'version [24]', 'version #') AS reason FROM usercls.train_sequence('att', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', hyperparams => '{"hidden_size": 8}');
SELECT reason FROM usercls.train_sequence('att_without', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', hyperparams => '{"hidden_size": 8}') WHERE reason !~ '^log_loss .* against .* of version 1$';

-- So does an ensemble, whose tensors have other names.
SELECT value < 0.5 AS learned FROM usercls.train_sequence('att_three', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', attributes => '{age,plan}', hyperparams => '{"hidden_size": 8, "ensemble": 3}', promote => 'always');

-- The closed form of an encoder that is not trained reads them, too: what is not known, or new, is none of the extremes.
SELECT value < baseline AS learned FROM usercls.train_sequence('att_rocket', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_members', attributes => '{age,plan,city,student}', architecture => 'minirocket', promote => 'always');
SELECT count(*) FILTER (WHERE abs(p.probability - c.probability) < 1e-4) AS same,
       stddev_samp(usercls.score('att_rocket', seq, 'leaves', m)) > 0.05 AS differ
FROM att_seq m JOIN usercls.classify_users('att_rocket', '2026-03-24') c USING (user_id), LATERAL usercls.predict('att_rocket', seq, m) p;
SELECT max(p) FILTER (WHERE city IS NULL) BETWEEN min(p) FILTER (WHERE city ~ '[0-6]') AND max(p) FILTER (WHERE city ~ '[0-6]') AS unknown,
       max(p) FILTER (WHERE city = 'new') BETWEEN min(p) FILTER (WHERE city ~ '[0-6]') AND max(p) FILTER (WHERE city ~ '[0-6]') AS unseen
FROM (SELECT city, usercls.score('att_rocket', ARRAY[8]::float8[], 'leaves', m) AS p
	FROM (SELECT 60 AS age, 'pro' AS plan, city, true AS student FROM unnest('{city 0,city 1,city 2,city 3,city 4,city 5,city 6,new,NULL}'::text[]) AS city) AS m) AS s;
SELECT usercls.promote('att', 4);
SELECT property, value FROM usercls.model_info('att') WHERE property ~ '^(feature|attribute|class)';

-- Not known, unseen, of another type, and by rows of any kind.
SELECT usercls.promote('att', 1);
SELECT m = v AS text_for_enum, m = b AS padded, m = n AS numbers, m <> u AS unseen, u = x AS all_unseen_alike, k BETWEEN 0.05 AND 0.95 AS nothing_known, k = no AS no_row
FROM (SELECT max(p) FILTER (WHERE i = 1) AS m, max(p) FILTER (WHERE i = 2) AS v, max(p) FILTER (WHERE i = 3) AS b, max(p) FILTER (WHERE i = 4) AS n,
             max(p) FILTER (WHERE i = 5) AS u, max(p) FILTER (WHERE i = 6) AS x, max(p) FILTER (WHERE i = 7) AS k, max(p) FILTER (WHERE i = 8) AS no
	FROM (SELECT 1, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (3, 'pro', 'city 1', true)) AS r (age, plan, city, student)
	UNION ALL SELECT 2, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (true, 'city 1', 'pro'::att_plan, 3::float4)) AS r (student, city, plan, age)
	UNION ALL SELECT 3, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (3, 'pro'::char(9), 'city 1'::char(30), true)) AS r (age, plan, city, student)
	UNION ALL SELECT 4, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (3.0::numeric, 'pro', 'city 1', 1::smallint)) AS r (age, plan, city, student)
	UNION ALL SELECT 5, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (3, 'gold', 'city 1', true)) AS r (age, plan, city, student)
	UNION ALL SELECT 6, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (3, repeat('silver', 100), 'city 1', true)) AS r (age, plan, city, student)
	UNION ALL SELECT 7, usercls.score('att', ARRAY[1]::float8[], 'leaves', r) FROM (VALUES (NULL::int, NULL::text, NULL::text, NULL::boolean)) AS r (age, plan, city, student)
	UNION ALL SELECT 8, usercls.score('att', ARRAY[1]::float8[], 'leaves', NULL)) AS s (i, p)) AS t;
SELECT usercls.predict('att', NULL, m) IS NULL AS null_sequence, usercls.predict(NULL::text, ARRAY[1]::float8[], m) IS NULL AS null_model FROM att_members m LIMIT 1;
-- Members who come, go and change their plans: nobody is an error.
BEGIN;
DELETE FROM att_members WHERE user_id % 3 = 0;
ALTER TABLE att_members ALTER plan TYPE text;
UPDATE att_members SET plan = 'gold' WHERE plan = 'basic';
SELECT count(*) AS users FROM usercls.classify_users('att', '2026-03-24');
SELECT feature, round(missing_now::numeric, 2) AS missing, n_then, n_now FROM usercls.drift('att', as_of => '2026-03-24');
ROLLBACK;
-- The order of rows, ids of another type and a view change nothing.
CREATE VIEW att_view AS SELECT user_id::int, age, plan, city, student FROM att_members ORDER BY -user_id;
CREATE TEMP TABLE att_text AS SELECT user_id::text AS user_id, ts, spend, label FROM att ORDER BY hashint8(user_id);
CREATE TEMP TABLE att_text_members AS SELECT user_id::varchar, age, plan, city, student FROM att_members ORDER BY hashint8(user_id);
CREATE TABLE att_weights (name text, weights bytea);
CREATE FUNCTION att_train(model text, source regclass, users regclass, attributes name[] DEFAULT '{age,plan,city,student}') RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
	PERFORM * FROM usercls.train_sequence(model, source, label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => users, attributes => attributes, hyperparams => '{"hidden_size": 4, "max_epochs": 3}', promote => 'always');
	RETURN usercls.export_model(model);
END $$;
SELECT att_train('att_a', 'att', 'att_members') = att_train('att_b', 'att', 'att_view') AS of_a_view, att_train('att_c', 'att_text', 'att_text_members') IS NOT NULL AS of_texts;

-- A table of users with the time column is a history: the latest row before as_of counts, and nothing later.
CREATE TABLE att_history AS
SELECT m.user_id, ts, age, CASE WHEN ts < '2026-01-01' THEN 'basic' ELSE plan::text END AS plan, city, student, NULL::text AS answer
FROM att_members m, unnest('{2025-06-01,2026-02-01}'::timestamptz[]) AS ts;
INSERT INTO att_weights SELECT 'before', att_train('att_a', 'att', 'att_history', '{age,plan,answer}');
INSERT INTO att_history SELECT user_id, '2026-03-24 00:00:00Z', age, 'gold', city, student, label FROM (SELECT DISTINCT user_id, label FROM att) l JOIN att_members m USING (user_id);
INSERT INTO att_history SELECT user_id, '2026-03-24 00:00:01Z', age, 'gold', city, student, label FROM (SELECT DISTINCT user_id, label FROM att) l JOIN att_members m USING (user_id);
-- Such a table knows what it said when the model was trained; of another one drift does not.
SELECT feature, round(psi::numeric, 2) AS psi, missing_then, missing_now, mean_then IS NULL AS category, n_then, n_now FROM usercls.drift('att_a', as_of => '2026-03-24');
SELECT feature, psi > 0.25 AS other, missing_now FROM usercls.drift('att_a', as_of => '2026-03-25');
SELECT weights = att_train('att_a', 'att', 'att_history', '{age,plan,answer}') AS knows_nothing_later FROM att_weights;
SELECT telling FROM usercls.train_sequence('att_d', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_history', attributes => '{age,plan,answer}', dry_run => true);
INSERT INTO att_history SELECT user_id, '2026-03-23 23:59:59Z', age, plan, city, student, label FROM (SELECT DISTINCT user_id, label FROM att) l JOIN att_members m USING (user_id);
-- Attributes that are the answer: a text, a number, when it is not known; a name of many values is none.
SELECT telling, notices[1] FROM usercls.train_sequence('att_d', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_history', attributes => '{age,plan,answer}', dry_run => true);
CREATE VIEW att_telling AS SELECT m.*, CASE label WHEN 'leaves' THEN 2 ELSE 1 END AS code, CASE label WHEN 'leaves' THEN 'x' END AS reason, label || user_id % 5 AS branch
FROM att_members m JOIN (SELECT DISTINCT user_id, label FROM att) l USING (user_id);
SELECT telling, promoted FROM usercls.train_sequence('att_e', 'att', label_column => 'label', as_of => '2026-03-24', features => '{spend}', users => 'att_telling', hyperparams => '{"hidden_size": 4, "max_epochs": 2}');

-- Several cutoffs: each sequence has what was known at its own, and a user counts once for a text. A name is still none.
CREATE TABLE att_moves AS SELECT user_id, ts, spend, ((extract(day FROM ts)::int + user_id) % 2 = 0) AS flag, 'user ' || user_id AS name FROM att;
CREATE VIEW att_at AS SELECT user_id, ts - interval '1 hour' AS ts, flag, name FROM att_moves;
SELECT users, cutoffs, telling, notices FROM usercls.train_sequence('att_f', 'att_moves', outcome => 'bool_or(flag)', features => '{spend}', period => '7 days', horizon_periods => 1,
	as_of => '2026-03-16', cutoffs => '3', cutoff_every => '7 days', users => 'att_at', attributes => '{flag,name}', dry_run => true);
SELECT cutoffs, value < 0.1 AS learned FROM usercls.train_sequence('att_f', 'att_moves', outcome => 'bool_or(flag)', features => '{spend}', period => '7 days', horizon_periods => 1,
	as_of => '2026-03-16', cutoffs => '3', cutoff_every => '7 days', users => 'att_at', attributes => '{flag}', promote => 'always');
SELECT metric, value < 0.1 AS learned FROM usercls.evaluate('att_f', replicates => 0) WHERE metric = 'log_loss';

-- Errors name the argument, the column or the user.
\set VERBOSITY default
SELECT usercls.train_sequence('att', 'att', label_column => 'label', attributes => '{age}');
SELECT usercls.train_sequence('att', 'att', label_column => 'label', users => 'att_members', attributes => '{plans}');
SELECT usercls.train_sequence('att', 'att', label_column => 'label', users => 'att_members', attributes => '{born}');
SELECT usercls.train_sequence('att', 'att', label_column => 'label', users => 'att_telling', attributes => '{age,age}');
SELECT usercls.train_sequence('att', 'att', label_column => 'label', users => 'att', attributes => '{label}');
SELECT usercls.train_sequence('att', 'att', label_column => 'label', users => 'att_members', attributes => '{user_id}');
SELECT usercls.train_sequence('att', 'att', label_column => 'label', user_column => 'ts', users => 'att_members');
SELECT usercls.predict('att', ARRAY[1]::float8[]);
SELECT usercls.score('att', ARRAY[1]::float8[], 'leaves');
SELECT usercls.predict('att', ARRAY[1]::float8[], m) FROM (VALUES (1, 'pro', 'city 1')) AS m (age, plans, city);
SELECT usercls.predict('att', ARRAY[1]::float8[], m) FROM (VALUES ('young', 'pro', 'city 1', true)) AS m (age, plan, city, student);
SELECT usercls.predict('att', ARRAY[1]::float8[], m) FROM (VALUES (1e300, 'pro', 'city 1', true)) AS m (age, plan, city, student);
CREATE VIEW att_bare AS SELECT user_id, seq FROM att_seq;
SELECT count(*) FROM usercls.classify_sequences('att', 'att_bare');
BEGIN;
INSERT INTO att_members SELECT * FROM att_members WHERE user_id = 5;
SELECT count(*) FROM usercls.classify_users('att', '2026-03-24');
ROLLBACK;
BEGIN;
ALTER TABLE att_members RENAME age TO years;
ALTER TABLE att_members ADD age text;
SELECT count(*) FROM usercls.classify_users('att', '2026-03-24');
ROLLBACK;
BEGIN;
UPDATE att_members SET age = 'NaN' WHERE user_id = 5;
SELECT count(*) FROM usercls.classify_users('att', '2026-03-24');
ROLLBACK;
SELECT usercls.import_model('att_copy', usercls.export_model('att'), promote => 'always', spec => (SELECT spec::jsonb || '{"attributes": ["plan", "age", "city", "student"]}' FROM usercls.versions WHERE model = 'att' AND version = 1)) AS version;
SELECT count(*) FROM usercls.classify_users('att_copy', '2026-03-24');

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'att%' ORDER BY model;
DROP TABLE att, att_text, att_text_members, att_members, att_seq, att_scores, att_weights, att_history, att_moves CASCADE;
DROP FUNCTION att_doors, att_train;
DROP TYPE att_plan;
DROP DOMAIN att_city;
