-- Several networks in one training: an ensemble in one version, and the candidates of architecture => 'auto'.
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE TABLE networks_log AS
SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(days => 7 * w) AS ts,
       (1 + u % 5) * (1 + (abs(w - (3 + 5 * (u % 2))) <= 1)::int * 3) + 3 * sin(u * w) AS spend, (ARRAY['early', 'late'])[u % 2 + 1] AS kind
FROM generate_series(1, 160) AS u, generate_series(0, 11) AS w;
CREATE TABLE networks_seq AS
SELECT user_id, min(kind) AS kind, usercls.sequence_agg(ts, ARRAY[spend], interval '7 days', timestamptz '2026-01-05', '2026-03-30') AS seq
FROM networks_log GROUP BY user_id;
CREATE FUNCTION networks_train(model text, architecture text, options jsonb, dry_run boolean DEFAULT false) RETURNS usercls.train_result
LANGUAGE sql AS $$
	SELECT usercls.train_sequence(model, 'networks_log', label_column => 'kind', features => '{spend}', architecture => architecture,
	                              hyperparams => '{"hidden_size": 4, "max_epochs": 4}' || options, promote => 'always', dry_run => dry_run)
$$;

-- The memory of an ensemble is known before; its epochs are counted through, in the log too.
SELECT (networks_train('networks', 'gru', '{"ensemble": 3}', true)).memory > (networks_train('networks', 'gru', '{}', true)).memory AS more_memory;
SELECT epochs BETWEEN 3 AND 12 AS epochs, best_epoch <= epochs AS best_epoch, rows_held_out
FROM networks_train('networks', 'gru', '{"ensemble": 3}');
SELECT count(*) = max(epoch) AND min(epoch) = 1 AS counted_through FROM usercls.training_log JOIN usercls.training_run USING (run_id)
JOIN usercls.model USING (model_id) WHERE name = 'networks';
-- One file holds all of them.
SELECT count(*) FILTER (WHERE tensor ~ '^ensemble\.[012]\.head\.bias$') AS heads, count(*) FILTER (WHERE tensor !~ '^ensemble\.[012]\.') AS others
FROM usercls.model_tensors('networks');
-- Every door says the same; out and in again it does.
SELECT bool_and(p.probabilities = v.probabilities) AS by_value, max(abs((SELECT sum(x) FROM unnest(p.probabilities) x) - 1)) < 1e-6 AS sum_to_one,
       bool_and(abs(p.probability - c.probability) < 1e-6) AS many_at_once
FROM networks_seq JOIN usercls.classify_sequences('networks', 'networks_seq') c USING (user_id),
     (SELECT usercls.export_model('networks') AS weights) m,
     LATERAL usercls.predict('networks', seq) AS p, LATERAL usercls.predict(m.weights, seq) AS v;
SELECT usercls.import_model('networks copy', usercls.export_model('networks'), promote => 'always');
SELECT bool_and((usercls.predict('networks copy', seq)).probabilities = (usercls.predict('networks', seq)).probabilities) AS same FROM networks_seq;

-- It is the mean of its networks: each file that is made of one of them answers for itself.
CREATE FUNCTION networks_only(weights bytea, member int) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	n int := get_byte(weights, 0) + 256 * get_byte(weights, 1) + 65536 * get_byte(weights, 2);
	header jsonb := convert_from(substring(weights FROM 9 FOR n), 'UTF8')::jsonb;
	entries jsonb := jsonb_build_object('__metadata__', header -> '__metadata__' || '{"ensemble": "1"}');
	data bytea := '';
	name text;
	at int[];
	text bytea;
BEGIN
	FOR name IN SELECT key FROM jsonb_each(header) WHERE key LIKE 'ensemble.' || member || '.%' LOOP
		at := ARRAY[(header #>> ARRAY[name, 'data_offsets', '0'])::int, (header #>> ARRAY[name, 'data_offsets', '1'])::int];
		entries := entries || jsonb_build_object(substring(name FROM 12), header -> name
			|| jsonb_build_object('data_offsets', jsonb_build_array(length(data), length(data) + at[2] - at[1])));
		data := data || substring(weights FROM 9 + n + at[1] FOR at[2] - at[1]);
	END LOOP;
	text := convert_to(entries::text, 'UTF8');
	RETURN set_byte(set_byte('\x0000000000000000', 0, length(text) % 256), 1, length(text) / 256) || text || data;
END $$;
SELECT max(abs(usercls.score('networks', seq, 'late')
       - (SELECT avg(usercls.score(weights, seq, 'late')) FROM (SELECT networks_only(usercls.export_model('networks'), i) AS weights FROM generate_series(0, 2) i OFFSET 0) w))) < 1e-6 AS mean,
       max(abs(usercls.score('networks', seq, 'late') - usercls.score(networks_only(usercls.export_model('networks'), 0), seq, 'late'))) > 1e-4 AS of_several
FROM networks_seq WHERE user_id <= 20;
-- A mean is less sure than its networks, and what is stored makes up for it: held-out probabilities are best as they are.
CREATE TABLE networks_noise AS SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(days => 7 * w) AS ts,
 (abs(hashint8(u * 1000 + w)) % 1000 / 500.0 - 1)::float8 AS a, (abs(hashint8(u * 1000 + w + 500)) % 1000 / 500.0 - 1)::float8 AS b FROM generate_series(1, 600) u, generate_series(0, 11) w;
CREATE VIEW networks_product AS
SELECT user_id, ts, a, b, (sum(a * b) OVER w + 0.4 * (abs(hashint8(user_id)) % 1000 / 500.0 - 1)) > 0 AS label FROM networks_noise WINDOW w AS (PARTITION BY user_id);
SELECT rows_held_out FROM usercls.train_sequence('networks mean', 'networks_product', label_column => 'label', features => '{a,b}',
	hyperparams => '{"ensemble": 5, "hidden_size": 24, "max_epochs": 40, "dropout": 0}', promote => 'always');
SELECT power FROM (SELECT (probabilities)[2] AS p, actual FROM usercls.predictions('networks mean')) AS held_out, unnest('{0.8,1,1.25}'::float8[]) AS power
GROUP BY power ORDER BY avg(-ln(pow(CASE WHEN actual = 'true' THEN p ELSE 1 - p END, power) / (pow(p, power) + pow(1 - p, power)))) LIMIT 1;
-- Trained again from where it is, and as minirockets.
CALL usercls.retrain('networks', promote => 'always');
SELECT version, hyperparams::jsonb ->> 'ensemble' AS networks FROM usercls.versions WHERE model = 'networks' AND promoted;
SELECT epochs FROM networks_train('networks', 'minirocket', '{"ensemble": 2, "num_features": 168, "max_epochs": 0}');
SELECT avg((usercls.score('networks', seq, kind) > 0.5)::int) > 0.9 AS accurate FROM networks_seq;

-- More tensors than a model can have are refused before it trains.
CREATE TABLE networks_members AS SELECT user_id, 'x' AS a1 FROM generate_series(1, 160) AS user_id;
DO $$ BEGIN FOR i IN 2 .. 32 LOOP EXECUTE format('ALTER TABLE networks_members ADD COLUMN a%s text DEFAULT %L', i, i); END LOOP; END $$;
SELECT memory > 0 AS fits FROM usercls.train_sequence('networks', 'networks_log', label_column => 'kind', features => '{spend}', architecture => 'tcn', users => 'networks_members',
	attributes => (SELECT array_agg('a' || i ORDER BY i) FROM generate_series(1, 32) AS i)::name[], hyperparams => '{"num_layers": 8, "ensemble": 5}', dry_run => true);
SELECT usercls.train_sequence('networks', 'networks_log', label_column => 'kind', features => '{spend}', architecture => 'tcn', users => 'networks_members',
	attributes => (SELECT array_agg('a' || i ORDER BY i) FROM generate_series(1, 32) AS i)::name[], hyperparams => '{"num_layers": 8, "ensemble": 8}', dry_run => true);
DROP TABLE networks_members;

-- auto: every candidate's log-loss is on record, and in the notices of the result.
CREATE VIEW networks_tried AS
SELECT version, architecture, spec::jsonb ->> 'architecture' AS asked, metrics::jsonb -> 'candidates' AS tried
FROM usercls.versions WHERE model = 'networks auto';
SELECT count(*) FROM networks_train('networks auto', 'auto', '{"num_features": 168, "max_epochs": 1}') AS r, unnest(r.notices) AS notice
WHERE notice ~ 'architecture (gru|tcn|minirocket) was chosen';
SELECT version, asked, tried -> 'folds' AS folds, (SELECT array_agg(key ORDER BY key) FROM jsonb_each(tried)) AS keys,
       (SELECT bool_and((tried ->> architecture)::float8 < (tried ->> earlier)::float8) IS NOT FALSE
        FROM unnest('{minirocket,gru,tcn}'::text[]) WITH ORDINALITY AS o(earlier, place) WHERE place < array_position('{minirocket,gru,tcn}', architecture)) AS better_than_earlier
FROM networks_tried;
-- Of noise no candidate says more than nothing: what one is measured on has chosen nothing of it. A rare class is no obstacle.
CREATE TABLE networks_random AS
SELECT u AS user_id, ARRAY(SELECT (abs(hashint8(u * 100 + t)) % 1000 / 1000.0)::float8 FROM generate_series(1, 12) t) AS seq, (ARRAY['no', 'yes'])[1 + abs(hashint8(u * 7)) % 2] AS label FROM generate_series(1, 150) u;
SET client_min_messages = error;
SELECT count(*) FROM generate_series(2, 4) s, LATERAL usercls.train_sequence('networks random', 'networks_random', user_column => 'user_id', sequence_column => 'seq', label_column => 'label', seed => s,
	hyperparams => '{"num_features": 168, "max_epochs": 20}', promote => 'never');
SELECT avg((metrics::jsonb #>> '{candidates,tcn}')::float8) > ln(2) - 0.005 AS tcn, avg((metrics::jsonb #>> '{candidates,gru}')::float8) > ln(2) - 0.005 AS gru FROM usercls.versions WHERE model = 'networks random';
UPDATE networks_random SET label = 'rare' WHERE user_id IN (5, 77);
SELECT version FROM usercls.train_sequence('networks rare', 'networks_random', user_column => 'user_id', sequence_column => 'seq', label_column => 'label', hyperparams => '{"num_features": 168, "max_epochs": 2}', class_weights => '"resample"');
SELECT count(usercls.drop_model(m)) FROM unnest('{networks random,networks rare}'::text[]) m;
DROP TABLE networks_random;
SET client_min_messages = warning;
-- A budget of nothing tries the first one alone. An option that a candidate does not know leaves it out.
SELECT count(*) FROM networks_train('networks auto', 'auto', '{"num_features": 168, "auto_seconds": 0}');
SELECT count(*) FROM networks_train('networks auto', 'auto', '{"bidirectional": true, "max_epochs": 1}');
SELECT version, architecture, tried ->> 'minirocket' IS NULL AS no_minirocket, tried ->> 'gru' IS NULL AS no_gru, tried ->> 'tcn' IS NULL AS no_tcn
FROM networks_tried WHERE version IN (2, 3) ORDER BY version;
-- A retrain goes on with what was chosen, and without a warm start chooses again.
CALL usercls.retrain('networks auto', promote => 'never');
CALL usercls.retrain('networks auto', promote => 'never', warm_start => false);
SELECT version, architecture, asked, tried IS NOT NULL AS chose FROM networks_tried WHERE version > 3 ORDER BY version;
DROP VIEW networks_tried;

-- Uplift models have the same: here of three arms among friends.
CREATE FUNCTION networks_chance(i int, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE RETURN (hashint4extended(i, stream) & 1048575)::float8 / 1048576;
CREATE TABLE networks_users AS
SELECT u AS user_id, networks_chance(u, 1) AS a, networks_chance(u, 2) AS b, (ARRAY['none', 'mail', 'call'])[1 + u % 3] AS arm, u % 3 > 0 AS treated,
       (networks_chance(u, 3) < 0.3 + CASE WHEN u % 3 > 0 AND networks_chance(u, 1) > 0.5 THEN 0.4 ELSE 0 END)::int AS outcome,
       1 + networks_chance(u, 4) + CASE WHEN u % 3 > 0 THEN networks_chance(u, 1) ELSE 0 END AS spent
FROM generate_series(1, 1200) AS u;
ALTER TABLE networks_users ADD PRIMARY KEY (user_id);
CREATE TABLE networks_edges AS SELECT u AS src, 1 + (u * 7) % 1200 AS dst FROM generate_series(1, 1200) AS u;
CREATE INDEX ON networks_edges (src, dst);
CREATE INDEX ON networks_edges (dst, src);
CREATE FUNCTION networks_uplift(model text, options jsonb, control text = NULL, outcome name = 'outcome', edges regclass = 'networks_edges', dry_run boolean = false) RETURNS usercls.train_result
LANGUAGE sql AS $$
	SELECT usercls.train_uplift(model, 'networks_users', edges, treatment_column => CASE WHEN control IS NULL THEN 'treated' ELSE 'arm' END, outcome_column => outcome, control => control,
	                            features => '{a,b}', hyperparams => '{"hidden_size": 8, "max_epochs": 6}' || options, promote => 'always', dry_run => dry_run)
$$;
SELECT (networks_uplift('who', '{"ensemble": 3}', 'none', dry_run => true)).memory > (networks_uplift('who', '{}', 'none', dry_run => true)).memory AS more_memory;
SELECT epochs BETWEEN 3 AND 18 AS epochs, best_epoch <= 6 AS best_epoch, rows_held_out FROM networks_uplift('who', '{"ensemble": 3}', 'none');
SELECT count(*) = max(epoch) AND min(epoch) = 1 AND max(epoch) > 6 AS counted_through FROM usercls.training_log JOIN usercls.training_run USING (run_id)
JOIN usercls.model USING (model_id) WHERE name = 'who';
SELECT count(*) FILTER (WHERE tensor ~ '^ensemble\.[012]\.head\.bias$') AS heads, count(*) FILTER (WHERE tensor !~ '^ensemble\.[012]\.') AS others
FROM usercls.model_tensors('who');
-- It is the mean of its networks, and says how far they differ; a single network says nothing of that.
SELECT count(usercls.import_model('who ' || i, networks_only(usercls.export_model('who'), i), promote => 'always',
	spec => (SELECT jsonb_set(spec::jsonb, '{hyperparams,ensemble}', '1') FROM usercls.versions WHERE model = 'who'))) FROM generate_series(0, 2) AS i;
CREATE TABLE networks_each AS
SELECT user_id, u.arm, avg(uplift) AS uplift, stddev_samp(uplift) AS sd, sum(said) AS said
FROM (SELECT user_id, a.arm, a.uplift::float8, (uplift_sd IS NOT NULL)::int + (uplift_sds IS NOT NULL)::int AS said
      FROM generate_series(0, 2) AS i, usercls.target_users('who ' || i) AS t, jsonb_each_text(t.uplifts) AS a(arm, uplift)) AS u GROUP BY user_id, u.arm;
SELECT count(*), max(abs((t.uplifts ->> e.arm)::float8 - e.uplift)) < 1e-6 AS mean, max(abs((t.uplift_sds ->> e.arm)::float8 - e.sd)) < 1e-6 AS sd, min(e.sd) > 0 AS of_several, sum(said) AS said_by_one
FROM usercls.target_users('who') AS t JOIN networks_each AS e USING (user_id);
SELECT count(*), max(abs(t.uplift_sd - (t.uplift_sds ->> t.best_arm)::float8)) < 1e-9 AS of_best, max(abs(t.uplift - u.uplift)) < 1e-5 AS uplift, max(abs(t.uplift_sd - u.uplift_sd)) < 1e-5 AS sd
FROM usercls.target_users('who') AS t, LATERAL usercls.uplift('who', t.user_id) AS u WHERE t.user_id <= 50;
-- Nobody that the version is measured on is learned from, whatever his outcome; every network learns from another part.
CREATE FUNCTION networks_tensors(weights bytea, tensor text) RETURNS SETOF bytea LANGUAGE sql AS $$
	SELECT substring(weights FROM 9 + n + (t.value #>> '{data_offsets,0}')::int FOR (t.value #>> '{data_offsets,1}')::int - (t.value #>> '{data_offsets,0}')::int)
	FROM (SELECT get_byte(weights, 0) + 256 * get_byte(weights, 1) + 65536 * get_byte(weights, 2) AS n) AS h,
	     jsonb_each(convert_from(substring(weights FROM 9 FOR n), 'UTF8')::jsonb) AS t WHERE t.key ~ tensor
$$;
SELECT rows_held_out FROM networks_uplift('numbers', '{"ensemble": 3, "outcome": "number"}', outcome => 'spent');
SELECT count(DISTINCT t) AS different_parts FROM networks_tensors(usercls.export_model('numbers'), 'outcome\.mean') AS t;
UPDATE networks_users SET spent = 100 + spent WHERE user_id IN (SELECT user_id FROM usercls.predictions('numbers') WHERE held_out);
SELECT rows_held_out FROM networks_uplift('numbers', '{"ensemble": 3, "outcome": "number"}', outcome => 'spent');
SELECT (SELECT array_agg(t ORDER BY t) FROM networks_tensors(usercls.export_model('numbers', 1), '^ensemble') AS t)
     = (SELECT array_agg(t ORDER BY t) FROM networks_tensors(usercls.export_model('numbers', 2), '^ensemble') AS t) AS same;
-- Every estimator, and without edges.
SELECT estimator, epochs > 2 AS of_both FROM unnest('{class_transform,partial_label,three_losses}'::text[]) AS estimator,
     networks_uplift(estimator, jsonb_build_object('estimator', estimator, 'ensemble', 2));
SELECT estimator, count(*), min(s.uplift_sd) > 0 AS sd, bool_and(s.uplift_sds ->> 'treated' IS NOT NULL) AS of_treated
FROM unnest('{class_transform,partial_label,three_losses}'::text[]) AS estimator, usercls.target_users(estimator) AS s GROUP BY estimator ORDER BY estimator;
SELECT abs(value) < 1 AS measured FROM networks_uplift('alone', '{"ensemble": 2}', edges => NULL);
SELECT count(*), count(uplift_sd) AS sd FROM usercls.target_users('alone');
-- What answers, measures and goes on.
CALL usercls.refresh_scores('who', 'networks_scores');
SELECT count(*), count(*) FILTER (WHERE s.uplift_sd = t.uplift_sd) AS same FROM networks_scores AS s JOIN usercls.target_users('who') AS t USING (user_id);
SELECT (SELECT count(*) FROM usercls.evaluate('who', replicates => 20) WHERE metric = 'qini' AND value IS NOT NULL) AS evaluated,
       (SELECT count(*) FROM usercls.qini_curve('who', points => 10) WHERE share > 0) AS curve, (SELECT count(*) FROM usercls.policy_value('who', 1, 0.1)) AS policies,
       (SELECT count(*) FROM usercls.importance('who', replicates => 20)) AS features, (SELECT count(*) FROM usercls.drift('who', source => 'networks_users')) AS drift;
SELECT max(abs(sum - (uplift - typical_uplift))) < 1e-5 AS adds_up, max(attention) BETWEEN 0 AND 1 AS attends, max(abs(uplift - t)) < 1e-5 AS his_own
FROM (SELECT user_id, sum(contribution) AS sum, min(e.uplift) AS uplift, min(e.typical_uplift) AS typical_uplift, sum(attention) AS attention, min(t.uplift) AS t
      FROM usercls.target_users('who') AS t, LATERAL usercls.explain_uplift('who', t.user_id, NULL) AS e WHERE t.user_id <= 3 GROUP BY user_id) AS of;
SELECT usercls.report('who') ~ 'ensemble' AS in_report;
CALL usercls.retrain('who', promote => 'always');
SELECT version, hyperparams::jsonb ->> 'ensemble' AS networks FROM usercls.versions WHERE model = 'who' AND promoted;
\set VERBOSITY terse
SELECT networks_uplift('who', '{"ensemble": 9}');
SELECT usercls.train_uplift('who', 'networks_users', 'networks_edges', treatment_column => 'arm', control => 'none', features => '{a,b}', warm_start => 1,
	hyperparams => '{"hidden_size": 8, "ensemble": 2}');
\set VERBOSITY default
DROP FUNCTION networks_chance, networks_uplift, networks_tensors;
DROP TABLE networks_users, networks_edges, networks_each, networks_scores;
SELECT count(usercls.drop_model(model)) FROM (VALUES ('who'), ('who 0'), ('who 1'), ('who 2'), ('numbers'), ('class_transform'), ('partial_label'), ('three_losses'), ('alone')) AS m(model);

SELECT count(usercls.drop_model(model)) FROM (VALUES ('networks'), ('networks copy'), ('networks auto'), ('networks mean')) AS m(model);
DROP TABLE networks_log, networks_seq, networks_noise CASCADE;
DROP FUNCTION networks_train, networks_only;
