-- Sequences that stand in one row each, with a label and without dates.
\set VERBOSITY terse
SET client_min_messages = error;
SET datestyle = iso;
CREATE TABLE ser AS -- rises, falls, or stays; of 20 to 29 steps
SELECT 'series ' || i AS id, (ARRAY['falls', 'stays', 'rises'])[1 + i % 3] AS label,
       (SELECT array_agg((i % 3 - 1) * t + abs(hashint8(i * 100 + t)) % 7 ORDER BY t) FROM generate_series(1, 20 + i % 10) t)::float8[] AS seq
FROM generate_series(1, 300) i;
SELECT rows_train, rows_held_out, users, cutoffs, classes, features, value < baseline AS better, promoted
FROM usercls.train_sequence('ser', 'ser', user_column => 'id', sequence_column => 'seq', label_column => 'label', hyperparams => '{"hidden_size": 8, "max_epochs": 8}');
SELECT spec::jsonb ->> 'sequence_column' AS sequence_column, spec::jsonb ->> 'window_periods' AS periods, spec::jsonb ->> 'architecture' AS asked FROM usercls.versions WHERE model = 'ser';
-- Every door, as predict() says.
SELECT count(*) AS users, bool_and(c.label = p.label AND abs(c.probability - p.probability) < 1e-5) AS as_predict
FROM ser JOIN usercls.classify_users('ser', NULL, NULL::text) c ON c.user_id = id, usercls.predict('ser', seq) p;
SELECT count(*), bool_and(m.seq[30 - cardinality(s.seq):29][1:1] = (SELECT array_agg(ARRAY[v] ORDER BY o) FROM unnest(s.seq) WITH ORDINALITY u(v, o))) AS same FROM usercls.sequences('ser', NULL, NULL::text) m JOIN ser s ON s.id = m.user_id;
SELECT n, value > 0.8 AS good FROM usercls.evaluate('ser', replicates => 0) WHERE metric = 'accuracy';
CREATE TABLE ser_others AS SELECT id || ' again' AS id, label, seq FROM ser WHERE hashtext(id) % 2 = 0;
SELECT n = (SELECT count(*) FROM ser_others) AS all_of_them FROM usercls.evaluate('ser', 'ser_others', replicates => 0) WHERE metric = 'accuracy';
SELECT sum(n) FROM usercls.calibration('ser');
SELECT feature, psi < 1e-9 AS unchanged FROM usercls.drift('ser');
CALL usercls.refresh_scores('ser', 'ser_scores');
SELECT count(*) FROM ser_scores;
CALL usercls.retrain('ser', promote => 'never');
SELECT count(*) FROM usercls.versions WHERE model = 'ser';
SELECT usercls.import_model('ser_again', usercls.export_model('ser', 1), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'ser' AND version = 1), promote => 'always');
SELECT n FROM usercls.evaluate('ser_again', replicates => 0) WHERE metric = 'accuracy';
-- Several features, other numbers, an integer label, names of ours; null is no sequence.
CREATE VIEW ser_wide AS SELECT id, (label = 'rises')::int AS label, CASE WHEN id <> 'series 7' THEN (SELECT array_agg(ARRAY[v::int, o::int] ORDER BY o) FROM unnest(seq) WITH ORDINALITY u(v, o)) END AS seq FROM ser;
SELECT rows_train + rows_held_out AS users, classes, features FROM usercls.train_sequence('ser_wide', 'ser_wide', user_column => 'id', sequence_column => 'seq', label_column => 'label', dry_run => true);
SELECT features FROM usercls.train_sequence('ser_wide', 'ser_wide', user_column => 'id', sequence_column => 'seq', label_column => 'label', features => '{height,time}', dry_run => true);
-- Errors.
\set VERBOSITY default
SELECT usercls.train_sequence('ser_bad', 'ser', user_column => 'id', sequence_column => 'label', label_column => 'label', dry_run => true);
SELECT usercls.train_sequence('ser_bad', 'ser', user_column => 'id', sequence_column => 'seq', outcome => 'count(*)', dry_run => true);
SELECT usercls.train_sequence('ser_bad', 'ser', user_column => 'id', sequence_column => 'seq', label_column => 'label', as_of => '2026-01-01', dry_run => true);
SELECT usercls.train_sequence('ser_bad', 'ser', user_column => 'id', sequence_column => 'seq', label_column => 'label', features => '{a,b}', dry_run => true);
INSERT INTO ser VALUES ('series 1', 'stays', '{1,2}');
SELECT usercls.train_sequence('ser_bad', 'ser', user_column => 'id', sequence_column => 'seq', label_column => 'label', dry_run => true);
UPDATE ser SET id = 'odd', seq = '{1,NaN}' WHERE seq = '{1,2}';
SELECT usercls.train_sequence('ser_bad', 'ser', user_column => 'id', sequence_column => 'seq', label_column => 'label', dry_run => true);
SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'ser%' ORDER BY model;
DROP TABLE ser, ser_others, ser_scores CASCADE;
