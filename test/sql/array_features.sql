-- Arrays of numbers as features of uplift models: each element is an input, at every door as a column of its own would be.
SET client_min_messages = warning;
CREATE TABLE arr AS
SELECT u AS user_id, u % 2 AS treated, (hashint8(u * 7) & 15)::real AS age, r[1] AS x1, r[2] AS x2, CASE WHEN u % 11 > 0 THEN r[3] END AS x3,
       CASE WHEN u % 13 > 0 THEN ARRAY[r[1], r[2], CASE WHEN u % 11 > 0 THEN r[3] END] END AS x, (hashint8(u * 3) & 1023) < 200 + 500 * (u % 2) * (r[1] > 0.5)::int AS outcome
FROM generate_series(1, 400) u, LATERAL (SELECT ARRAY[(hashint8(u * 31) & 1023) / 1024.0, (hashint8(u * 57) & 1023) / 512.0, u % 5]::real[] AS r) x;
UPDATE arr SET x1 = NULL, x2 = NULL, x3 = NULL WHERE x IS NULL;
ALTER TABLE arr ADD PRIMARY KEY (user_id);
CREATE TABLE arr_edges AS SELECT u AS src, 1 + u * 7 % 400 AS dst FROM generate_series(1, 800) u;
CREATE INDEX ON arr_edges (src, dst);
CREATE INDEX ON arr_edges (dst, src);
CREATE FUNCTION arr_train(model text, features name[], edges regclass DEFAULT 'arr_edges', users regclass DEFAULT 'arr', warm int DEFAULT NULL) RETURNS int LANGUAGE sql AS $$
	SELECT version FROM usercls.train_uplift(model, users, edges, features => features, warm_start => warm, promote => 'always', hyperparams => '{"max_epochs": 8, "hidden_size": 8}')
$$;
-- The names of the inputs, and the same model as by columns: everywhere.
SELECT arr_train('arr', '{age,x}'), arr_train('arr columns', '{age,x1,x2,x3}');
SELECT model, features FROM usercls.versions WHERE model LIKE 'arr%' ORDER BY 1;
CREATE FUNCTION arr_same(a text, b text, OUT users bigint, OUT all_at_once boolean, OUT one_by_one boolean) LANGUAGE sql AS $$
	SELECT count(*), bool_and(s.uplift = t.uplift), max(abs(s.uplift - (usercls.uplift(a, s.user_id)).uplift)) < 1e-5
	FROM usercls.target_users(a) s JOIN usercls.target_users(b) t USING (user_id)
$$;
SELECT * FROM arr_same('arr', 'arr columns');
-- By value: the elements stand in the place of the column.
CREATE TABLE arr_near AS SELECT dst AS self, src AS other FROM arr_edges WHERE src <> dst UNION SELECT src, dst FROM arr_edges WHERE src <> dst;
CREATE TABLE arr_weights AS SELECT usercls.export_model('arr') AS w;
CREATE TABLE arr_h0 AS SELECT user_id, usercls.gnn_input(w, ARRAY[age]::float8[] || coalesce(x, '{NULL,NULL,NULL}')::float8[]) AS h FROM arr, arr_weights;
CREATE TABLE arr_h1 AS SELECT me.user_id, usercls.gnn_layer(w, 0, me.h, usercls.attend(w, 0, me.h, you.h, 1.0)) AS h
FROM arr_weights, arr_h0 me LEFT JOIN arr_near ON self = me.user_id LEFT JOIN arr_h0 you ON you.user_id = other GROUP BY w, me.user_id, me.h;
CREATE TABLE arr_h2 AS SELECT me.user_id, usercls.gnn_layer(w, 1, me.h, usercls.attend(w, 1, me.h, you.h, 1.0)) AS h
FROM arr_weights, arr_h1 me LEFT JOIN arr_near ON self = me.user_id LEFT JOIN arr_h1 you ON you.user_id = other GROUP BY w, me.user_id, me.h;
SELECT count(*) AS users, max(abs((usercls.gnn_heads(w, h)).uplift - t.uplift)) < 1e-5 AS by_value FROM arr_h2 JOIN usercls.target_users('arr') t USING (user_id), arr_weights;
-- What reads the experiment, and what explains, names elements.
SELECT count(*) AS metrics, bool_and(a.value IS NOT DISTINCT FROM b.value) AS same FROM usercls.evaluate('arr', replicates => 0) a JOIN usercls.evaluate('arr columns', replicates => 0) b USING (metric);
SELECT count(*) AS policies, bool_and(a::text = b::text) AS same FROM usercls.policy_value('arr') WITH ORDINALITY a JOIN usercls.policy_value('arr columns') WITH ORDINALITY b USING (ordinality);
SELECT DISTINCT feature FROM usercls.importance('arr', replicates => 0) ORDER BY 1;
SELECT feature, round(missing_now::numeric, 2) AS missing FROM usercls.drift('arr', 'arr') ORDER BY 1;
SELECT feature FROM usercls.explain_uplift('arr', 7) WHERE friend IS NULL AND feature !~ 'friends' ORDER BY 1;
SELECT bool_and(reason ~ '^x\[[123]\]: ') AS named FROM usercls.explain_uplift('arr', 7) WHERE feature ~ '^x';
-- Tables of scores, in full and of what changed; retraining, with a warm start and without; a copy.
CALL usercls.refresh_scores('arr', 'arr_scores');
UPDATE arr SET x = ARRAY[0.9, 0.9, 0.9] WHERE user_id = 8;
ALTER TABLE arr ADD came timestamptz;
UPDATE arr SET came = now() WHERE user_id = 8;
CALL usercls.refresh_scores('arr', 'arr_scores', changed_since => now() - interval '1 hour', changed_column => 'came');
SELECT count(*) AS users, max(abs(s.uplift - t.uplift)) < 1e-5 AS same FROM arr_scores s JOIN usercls.target_users('arr') t USING (user_id);
CALL usercls.retrain('arr', promote => 'always');
CALL usercls.retrain('arr', promote => 'always', warm_start => false);
SELECT version, features, promoted FROM usercls.versions WHERE model = 'arr' ORDER BY 1;
SELECT usercls.import_model('arr copy', usercls.export_model('arr'), promote => 'always', spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'arr' AND promoted));
SELECT * FROM arr_same('arr', 'arr copy');
-- Without edges, by mini-batches, and against a version that read columns.
SELECT arr_train('arr alone', '{x,age}', NULL), arr_train('arr columns', '{age,x}');
SELECT * FROM arr_same('arr alone', 'arr alone');

-- Other types of numbers, and domains; by default arrays are taken where all are as long.
CREATE DOMAIN arr_points AS int[];
CREATE TABLE arr_types AS SELECT user_id, treated, outcome, x::numeric[] AS n, ARRAY[treated = 1, age > 3, NULL] AS b, ARRAY[age, 1, 2]::int[]::arr_points AS d, x[1:1 + user_id % 2] AS ragged, ARRAY['a'] AS word, NULL::real[] AS never, ARRAY[[1, 2], [3, 4]] AS square, array_fill(user_id::real, ARRAY[2049]) AS long FROM arr;
SET client_min_messages = notice;
SELECT arr_train('arr types', '{n,b,d}', NULL, 'arr_types');
SELECT version IS NULL AS dry FROM usercls.train_uplift('arr default', 'arr_types', NULL, dry_run => true);
SET client_min_messages = warning;

-- Errors say which lengths there are.
SELECT arr_train('arr bad', '{ragged}', NULL, 'arr_types');
SELECT arr_train('arr bad', '{square}', NULL, 'arr_types');
SELECT arr_train('arr bad', '{never}', NULL, 'arr_types');
SELECT arr_train('arr bad', '{word}', NULL, 'arr_types');
SELECT arr_train('arr bad', '{long}', NULL, 'arr_types');
UPDATE arr SET x = x || 1::real WHERE user_id = 10;
SELECT usercls.uplift('arr', 10);
SELECT count(*) FROM usercls.target_users('arr');
UPDATE arr SET x = '{{1,2,3}}' WHERE user_id = 10;
SELECT usercls.uplift('arr', 10);
UPDATE arr SET x = '{1,NaN,3}' WHERE user_id = 10;
SELECT usercls.uplift('arr', 10);
UPDATE arr SET x = '{1,NULL,3}' WHERE user_id = 10;
ALTER TABLE arr ALTER x TYPE text USING NULL;
SELECT usercls.uplift('arr', 10);
SELECT count(usercls.drop_model(model)) FROM usercls.models WHERE model LIKE 'arr%';
DROP FUNCTION arr_train, arr_same;
DROP TABLE arr, arr_edges, arr_near, arr_weights, arr_h0, arr_h1, arr_h2, arr_scores, arr_types;
DROP DOMAIN arr_points;
