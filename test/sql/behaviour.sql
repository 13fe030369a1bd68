-- behaviour => 'a sequence model': uplift models read users through it, in training and at every door that scores.
SET client_min_messages = warning;
SET timezone = 'UTC';
-- Whom the message moves is who was falling before it; and it makes the treated rise, after 2026-03-30. Users 391 to 400 have no rows.
CREATE TABLE beh_log AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' + interval '1 hour' AS ts,
       greatest(0, 50 + slope * w + (hashint8(u * 1000 + w) & 15) + CASE WHEN w >= 12 AND u % 2 = 1 THEN 400 ELSE 0 END)::float8 AS spend
FROM (SELECT u, (ARRAY[-3, 0, 3])[(hashint8(u * 7) & 1023) % 3 + 1] AS slope FROM generate_series(1, 390) u) s, generate_series(0, 15) w;
CREATE INDEX ON beh_log (user_id);
CREATE INDEX ON beh_log (ts);
CREATE TABLE beh AS
SELECT u AS user_id, u % 2 AS treated, (hashint8(u * 5) & 15)::float8 AS age,
       (hashint8(u * 3) & 1023) < 250 + 500 * (u % 2) * ((hashint8(u * 7) & 1023) % 3 = 0)::int AS outcome
FROM generate_series(1, 400) u;
ALTER TABLE beh ADD PRIMARY KEY (user_id);
CREATE TABLE beh_edges AS SELECT u AS src, 1 + u * 7 % 400 AS dst FROM generate_series(1, 600) u;
CREATE INDEX ON beh_edges (src, dst);
CREATE INDEX ON beh_edges (dst, src);
CREATE FUNCTION beh_sequence(hidden int) RETURNS int LANGUAGE sql AS $$
	SELECT version FROM usercls.train_sequence('beh churn', 'beh_log', trend_of => 'spend', features => '{spend}', horizon_periods => 0, as_of => '2026-03-30',
		hyperparams => jsonb_build_object('hidden_size', hidden, 'max_epochs', 4, 'summary_size', 4), promote => 'always')
$$;
SELECT beh_sequence(6);
CREATE FUNCTION beh_train(model text, features name[] DEFAULT '{age}', edges regclass DEFAULT 'beh_edges', behaviour text DEFAULT 'beh churn', as_of timestamptz DEFAULT '2026-03-30', warm int DEFAULT NULL) RETURNS usercls.train_result LANGUAGE sql AS $$
	SELECT usercls.train_uplift(model, 'beh', edges, features => features, behaviour => behaviour, as_of => as_of, warm_start => warm, promote => 'always', hyperparams => '{"max_epochs": 8, "hidden_size": 8}')
$$;
SELECT version, cardinality(features) AS inputs, features[1:3] AS first, classes::jsonb ->> 'without_behaviour' AS without, notices FROM beh_train('beh');
SELECT spec::jsonb -> 'behaviour' AS behaviour, spec::jsonb -> 'behaviour_version' AS version, spec::jsonb -> 'as_of' AS as_of, as_of AS column FROM usercls.versions WHERE model = 'beh';
SELECT argument, source, state FROM usercls.sources WHERE model = 'beh' ORDER BY 1;

-- The ways to score are one: all at once, one by one, by value with embedding() of the sequences, and a table of scores.
CREATE TABLE beh_near AS SELECT dst AS self, src AS other FROM beh_edges WHERE src <> dst UNION SELECT src, dst FROM beh_edges WHERE src <> dst;
CREATE TABLE beh_weights AS SELECT usercls.export_model('beh') AS w, usercls.export_model('beh churn') AS sequence_weights;
CREATE TABLE beh_h0 AS SELECT u.user_id, usercls.gnn_input(w, ARRAY[age] || coalesce(usercls.embedding(sequence_weights, seq)::float8[], array_fill(NULL::float8, ARRAY[46]))) AS h
FROM beh_weights, beh u LEFT JOIN usercls.sequences('beh churn') s USING (user_id);
CREATE TABLE beh_h1 AS SELECT me.user_id, usercls.gnn_layer(w, 0, me.h, usercls.attend(w, 0, me.h, you.h, 1.0)) AS h
FROM beh_weights, beh_h0 me LEFT JOIN beh_near ON self = me.user_id LEFT JOIN beh_h0 you ON you.user_id = other GROUP BY w, me.user_id, me.h;
CREATE TABLE beh_h2 AS SELECT me.user_id, usercls.gnn_layer(w, 1, me.h, usercls.attend(w, 1, me.h, you.h, 1.0)) AS h
FROM beh_weights, beh_h1 me LEFT JOIN beh_near ON self = me.user_id LEFT JOIN beh_h1 you ON you.user_id = other GROUP BY w, me.user_id, me.h;
CALL usercls.refresh_scores('beh', 'beh_scores');
CREATE FUNCTION beh_doors(OUT users bigint, OUT one_by_one boolean, OUT by_value boolean, OUT in_a_table boolean) LANGUAGE sql AS $$
	SELECT count(*), max(abs(t.uplift - (usercls.uplift('beh', user_id)).uplift)) < 1e-5, max(abs(t.uplift - (usercls.gnn_heads(w, h)).uplift)) < 1e-5, max(abs(t.uplift - s.uplift)) < 1e-5
	FROM beh_weights, usercls.target_users('beh') t JOIN beh_h2 USING (user_id) JOIN beh_scores s USING (user_id)
$$;
SELECT * FROM beh_doors();
SELECT DISTINCT feature FROM usercls.importance('beh', replicates => 0) ORDER BY 1;
SELECT count(*) AS inputs, bool_and(missing_then = 0.025) AS ten_of_400, max(psi) > 0.1 AS moved FROM usercls.drift('beh', 'beh') WHERE feature ~ 'behaviour';
SELECT feature, value, typical, reason FROM usercls.explain_uplift('beh', 7) WHERE feature = 'behaviour';
SELECT reason FROM usercls.explain_uplift('beh', 395) WHERE feature = 'behaviour';

-- Of the experiment nothing after as_of is seen: what evaluate() says does not change when what came after is gone, and scores do.
CREATE TABLE beh_before AS SELECT * FROM usercls.evaluate('beh', replicates => 0);
CREATE TABLE beh_old_scores AS SELECT user_id, uplift FROM usercls.target_users('beh');
BEGIN;
DELETE FROM beh_log WHERE ts >= '2026-03-30';
SELECT bool_and(e.value IS NOT DISTINCT FROM b.value) AS measured_as_before, count(*) AS metrics FROM usercls.evaluate('beh', replicates => 0) e JOIN beh_before b USING (metric);
SELECT count(*) FILTER (WHERE t.uplift <> o.uplift) > 200 AS scored_anew FROM usercls.target_users('beh') t JOIN beh_old_scores o USING (user_id);
ROLLBACK;
-- evaluate() of another moment; the policy, deciles and a comparison are measured as of the training.
SELECT bool_or(e.value IS DISTINCT FROM b.value) AS another_moment FROM usercls.evaluate('beh', as_of => '2026-03-02', replicates => 0) e JOIN beh_before b USING (metric);
SELECT count(*) AS policies FROM usercls.policy_value('beh');
-- New rows of behaviour change scores, although users and edges have none: all are scored.
ALTER TABLE beh ADD came timestamptz;
UPDATE beh_log SET spend = spend * 3 WHERE ts > '2026-04-10' AND user_id < 50;
CALL usercls.refresh_scores('beh', 'beh_scores', changed_since => now() - interval '1 hour', changed_column => 'came');
SELECT count(*) FILTER (WHERE t.uplift <> o.uplift) > 20 AS others, max(abs(t.uplift - s.uplift)) < 1e-5 AS refreshed FROM usercls.target_users('beh') t JOIN beh_old_scores o USING (user_id) JOIN beh_scores s USING (user_id);

-- The recorded version is read, whatever is promoted: a new one, of other numbers, changes nothing here.
SELECT beh_sequence(9);
CREATE TABLE beh_now AS SELECT user_id, uplift FROM usercls.target_users('beh');
SELECT max(abs(n.uplift - s.uplift)) < 1e-5 AS as_before FROM beh_now n JOIN beh_scores s USING (user_id);
-- It is kept when others are pruned, and the error says it when it is gone all the same.
SELECT beh_sequence(5), beh_sequence(5), usercls.prune_versions('beh churn', 1);
SELECT version FROM usercls.versions WHERE model = 'beh churn' ORDER BY 1;
-- retrain() with a warm start goes on with the version that is recorded, and takes the promoted one without; as_of may move.
CALL usercls.retrain('beh', promote => 'always');
CALL usercls.retrain('beh', promote => 'if_better', warm_start => false, as_of => '2026-03-23');
SELECT version, spec::jsonb ->> 'behaviour_version' AS behaviour, as_of, promoted OR reason LIKE '%qini%' AS compared FROM usercls.versions LEFT JOIN usercls.training_runs USING (model, version) WHERE model = 'beh' ORDER BY 1;
SELECT notice FROM usercls.training_runs, regexp_split_to_table(notices, E'\n') AS notice WHERE model = 'beh' AND version = 3 AND notice ~ 'learned from';
SELECT version FROM beh_train('beh', warm => 1);

-- Alone, and with no other features; without edges; a model without behaviour beside it.
SELECT cardinality(features) AS inputs FROM beh_train('beh alone', '{}', NULL);
SELECT count(*), max(abs(t.uplift - (usercls.uplift('beh alone', t.user_id)).uplift)) < 1e-5 AS same FROM usercls.target_users('beh alone') t;
SELECT metric FROM usercls.evaluate('beh alone', replicates => 0) WHERE metric = 'qini';
SELECT version FROM beh_train('beh alone', behaviour => NULL, as_of => NULL);
SELECT metric FROM usercls.evaluate('beh alone', as_of => '2026-03-02');
SELECT feature FROM usercls.drift('beh alone', as_of => '2026-03-02');

-- Ids of other types: integers of any, texts; a sequence model with attributes; series without times.
CREATE TABLE beh_text AS SELECT user_id::text AS user_id, ts, spend FROM beh_log;
CREATE TABLE beh_series AS SELECT user_id::bigint AS user_id, array_agg(spend ORDER BY ts) AS seq, (min(spend) < 40)::text AS low FROM beh_log WHERE ts < '2026-03-30' GROUP BY 1;
CREATE TABLE beh_uuid AS SELECT md5(user_id::text)::uuid AS user_id, ts, spend FROM beh_log;
CREATE TABLE beh_members AS SELECT user_id, age AS years, (user_id % 3)::text AS plan FROM beh;
SELECT version FROM usercls.train_sequence('beh text', 'beh_text', trend_of => 'spend', horizon_periods => 0, as_of => '2026-03-30', features => '{spend}', hyperparams => '{"max_epochs": 1, "hidden_size": 4, "ensemble": 2}', promote => 'always');
SELECT version FROM usercls.train_sequence('beh uuid', 'beh_uuid', trend_of => 'spend', horizon_periods => 0, as_of => '2026-03-30', features => '{spend}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
SELECT version FROM usercls.train_sequence('beh series', 'beh_series', sequence_column => 'seq', label_column => 'low', architecture => 'gru', hyperparams => '{"max_epochs": 1, "hidden_size": 4, "summary_size": 0}', promote => 'always');
SELECT version FROM usercls.train_sequence('beh rocket', 'beh_series', sequence_column => 'seq', label_column => 'low', architecture => 'minirocket', hyperparams => '{"max_epochs": 0}', promote => 'always');
SELECT version FROM usercls.train_sequence('beh members', 'beh_log', trend_of => 'spend', horizon_periods => 0, as_of => '2026-03-30', features => '{spend}', users => 'beh_members', attributes => '{years,plan}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
SELECT version, cardinality(features) > 5 AS inputs, classes::jsonb ->> 'without_behaviour' AS without FROM beh_train('beh of text', behaviour => 'beh text');
SELECT version, cardinality(features) AS inputs, classes::jsonb ->> 'without_behaviour' AS without FROM beh_train('beh of series', behaviour => 'beh series', as_of => NULL);
SELECT version, classes::jsonb ->> 'without_behaviour' AS without FROM beh_train('beh of members', behaviour => 'beh members');
SELECT model, count(*), max(abs(t.uplift - (usercls.uplift(model, t.user_id)).uplift)) < 1e-5 AS same FROM unnest('{beh of text,beh of series,beh of members}'::text[]) model, usercls.target_users(model) t GROUP BY 1 ORDER BY 1;

-- Read far beyond the end of the rows: the last periods of the training would be empty, and those of scores not. And what came after
-- the treatment is seen: behaviour then tells who was treated.
SET client_min_messages = error;
SELECT bool_or(notice ~ 'as_of is later than the behaviour.*rows end at 2026-04-20') AS beyond, bool_or(notice ~ 'behaviour.* alone tells the treatment') AS tells FROM beh_train('beh late', as_of => '2026-05-30'), unnest(notices) notice;
SELECT bool_or(notice ~ 'as_of is later than') AS beyond, bool_or(notice ~ 'behaviour.* alone tells the treatment') AS tells FROM beh_train('beh late', as_of => '2026-04-20'), unnest(notices) notice;
SET client_min_messages = warning;

-- Errors come before long work.
SELECT beh_train('beh bad', as_of => NULL);
SELECT beh_train('beh bad', behaviour => NULL);
SELECT beh_train('beh bad', behaviour => 'beh series');
SELECT beh_train('beh bad', behaviour => 'beh rocket', as_of => NULL);
SELECT beh_train('beh bad', behaviour => 'beh uuid');
SELECT beh_train('beh bad', behaviour => 'beh');
SELECT beh_train('beh bad', behaviour => 'beh nobody');
SELECT beh_train('beh bad', as_of => '2020-01-01');
CALL usercls.refresh_scores('beh', 'beh_scores', as_of => '2026-03-30');
-- A copy reads the version that its spec names, if it is the one; and says what is missing.
SELECT usercls.import_model('beh copy', usercls.export_model('beh'), promote => 'always', spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'beh' AND promoted));
SELECT count(*), max(abs(t.uplift - c.uplift)) AS difference FROM usercls.target_users('beh') t JOIN usercls.target_users('beh copy') c USING (user_id);
SELECT usercls.import_model('beh copy', usercls.export_model('beh'), promote => 'always', spec => (SELECT spec::jsonb || '{"behaviour_version": 4}' FROM usercls.versions WHERE model = 'beh' AND version = 2));
\set VERBOSITY terse
SELECT usercls.uplift('beh copy', 7);
SELECT usercls.drop_model('beh text');
SELECT usercls.uplift('beh of text', 7);
SELECT count(*) FROM usercls.target_users('beh of text');
-- Whoever scores may score with the sequence model, too, and read its table.
CREATE ROLE regress_beh;
SELECT usercls.grant_model('beh', 'regress_beh', 'score');
GRANT SELECT ON beh, beh_edges TO regress_beh;
SET ROLE regress_beh;
SELECT usercls.uplift('beh', 7);
RESET ROLE;
SELECT usercls.grant_model('beh churn', 'regress_beh', 'score');
SET ROLE regress_beh;
SELECT usercls.uplift('beh', 7);
RESET ROLE;
GRANT SELECT ON beh_log TO regress_beh;
SET ROLE regress_beh;
SELECT (usercls.uplift('beh', 7)).uplift IS NOT NULL AS scored, (SELECT count(*) FROM usercls.target_users('beh')) AS all_of_them;
RESET ROLE;
SELECT count(usercls.drop_model(model)) FROM usercls.models WHERE model LIKE 'beh%';
DROP FUNCTION beh_train, beh_sequence, beh_doors;
DROP TABLE beh_log, beh, beh_edges, beh_near, beh_weights, beh_h0, beh_h1, beh_h2, beh_scores, beh_before, beh_old_scores, beh_now, beh_text, beh_series, beh_uuid, beh_members;
DROP ROLE regress_beh;
