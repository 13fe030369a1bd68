-- embedding(): what a sequence model's head reads, by name and by value, with attributes, of ensembles and minirockets.
SET client_min_messages = error; -- the last value tells the label, of which every training warns
SET timezone = 'UTC';
CREATE TABLE emb_log AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts, (10 + (u % 3 - 1) * w + (hashint8(u * 1000 + w) & 3))::float8 AS spend,
       (ARRAY['falls', 'stays', 'rises'])[u % 3 + 1] AS kind
FROM generate_series(1, 120) AS u, generate_series(0, 11) AS w;
CREATE TABLE emb_members AS SELECT u AS user_id, u % 50 AS age, (ARRAY['basic', 'pro'])[u % 2 + 1] AS plan FROM generate_series(1, 120) u;
CREATE FUNCTION emb_train(model text, options jsonb, architecture text DEFAULT 'gru', members regclass DEFAULT NULL) RETURNS int LANGUAGE sql AS $$
	SELECT version FROM usercls.train_sequence(model, 'emb_log', label_column => 'kind', features => '{spend}', horizon_periods => 0, architecture => architecture, promote => 'always',
		hyperparams => '{"hidden_size": 6, "max_epochs": 3}' || options, users => members, attributes => CASE WHEN members IS NOT NULL THEN '{age,plan}'::name[] END)
$$;
SELECT emb_train('emb', '{}'), emb_train('emb plain', '{"summary_size": 0, "baseline": false}'), emb_train('emb both', '{"summary_size": 0, "bidirectional": true}', 'lstm'),
       emb_train('emb several', '{"summary_size": 0, "ensemble": 3}'), emb_train('emb rocket', '{"summary_size": 0, "num_features": 168}', 'minirocket'), emb_train('emb members', '{}', 'gru', 'emb_members');
CREATE TABLE emb_seq AS SELECT user_id, seq FROM usercls.sequences('emb');

-- How many numbers: the pooled state, then hidden units (32) and summary (14) beside it.
SELECT model, cardinality(usercls.embedding(model, seq)) AS numbers FROM emb_seq, unnest('{emb,emb plain,emb both,emb several,emb rocket}'::text[]) AS model WHERE user_id = 1 ORDER BY 1;
-- By value it is the same, and of an import; the shares of a minirocket's features lie in 0 to 1, the states of a GRU in -1 to 1.
SELECT usercls.import_model('emb copy', usercls.export_model('emb'), promote => 'always');
SELECT bool_and(usercls.embedding(w, seq) = usercls.embedding('emb', seq)) AS by_value, bool_and(usercls.embedding('emb copy', seq) = usercls.embedding('emb', seq)) AS imported,
       count(DISTINCT usercls.embedding('emb', seq)) = count(DISTINCT seq) AS of_each
FROM emb_seq, usercls.export_model('emb') AS w;
SELECT min(x) >= 0 AND max(x) <= 1 AS shares, count(DISTINCT x) > 5 AS differ FROM emb_seq, unnest(usercls.embedding('emb rocket', seq)) x;
SELECT min(x) > -1 AND max(x) < 1 AND min(x) < -0.01 AS states FROM emb_seq, unnest(usercls.embedding('emb plain', seq)) x;
-- Of two classes' scores differences are linear in it: least squares over more users than numbers leave nothing. ln(p1 / p2) of a
-- model without baseline, on the six numbers, by the normal equations: one more user is predicted from the others.
CREATE TABLE emb_linear AS SELECT user_id, usercls.embedding('emb plain', seq)::float8[] || 1::float8 AS e, ln(p.probabilities[1] / p.probabilities[2]) AS score
FROM emb_seq, usercls.predict('emb plain', seq) p;
CREATE FUNCTION emb_solve(a float8[], n int) RETURNS float8[] LANGUAGE plpgsql AS $$
DECLARE p int; f float8;
BEGIN -- Gauss and Jordan: n rows of n + 1 numbers
	FOR c IN 1..n LOOP
		p := c;
		FOR r IN c..n LOOP IF abs(a[r][c]) > abs(a[p][c]) THEN p := r; END IF; END LOOP;
		FOR k IN 1..n + 1 LOOP f := a[c][k]; a[c][k] := a[p][k]; a[p][k] := f; END LOOP;
		FOR r IN 1..n LOOP
			f := a[r][c] / a[c][c];
			FOR k IN 1..n + 1 LOOP IF r <> c THEN a[r][k] := a[r][k] - f * a[c][k]; END IF; END LOOP;
		END LOOP;
	END LOOP;
	RETURN ARRAY(SELECT a[c][n + 1] / a[c][c] FROM generate_series(1, n) c);
END $$;
WITH sums AS (SELECT r, array_agg(s ORDER BY c) AS row FROM (SELECT r, c, sum(e[r] * coalesce(e[c], score)) AS s FROM emb_linear, generate_series(1, 7) r, generate_series(1, 8) c WHERE user_id <= 60 GROUP BY 1, 2) x GROUP BY r),
     solved AS (SELECT emb_solve(array_agg(row ORDER BY r), 7) AS b FROM sums)
SELECT count(*) AS users, max(abs((SELECT sum(x * y) FROM unnest(e, b) AS u(x, y)) - score)) < 0.01 AS linear, stddev(score) > 0.05 AS scores_differ FROM emb_linear, solved WHERE user_id > 60;
-- An ensemble's is that of each network: a part of the numbers for each, and no two alike.
SELECT count(DISTINCT part) AS networks FROM emb_seq, generate_series(0, 2) i, LATERAL (SELECT (usercls.embedding('emb several', seq))[i * 6 + 1:i * 6 + 6] AS part) p WHERE user_id = 1;

-- Attributes are read as predict() reads them; a null row: none is known. Without a row it is an error.
SELECT bool_and(usercls.embedding('emb members', seq, m) = usercls.embedding(w, seq, m)) AS by_value, bool_and(cardinality(usercls.embedding('emb members', seq, m)) = cardinality(usercls.embedding('emb members', seq, NULL::emb_members))) AS as_many,
       count(*) FILTER (WHERE usercls.embedding('emb members', seq, m) <> usercls.embedding('emb members', seq, NULL::emb_members)) AS depends, count(*) AS users
FROM emb_seq JOIN emb_members m USING (user_id), usercls.export_model('emb members') AS w;
SELECT usercls.embedding('emb members', ARRAY[1, 2, 3]);
SELECT usercls.embedding('emb', NULL) IS NULL AS null_sequence, usercls.embedding(NULL::text, ARRAY[1]) IS NULL AS null_model, usercls.embedding('emb members', NULL, m) IS NULL AS null_beside_a_row FROM emb_members m LIMIT 1;
SELECT usercls.embedding('emb', ARRAY[[1, 2], [3, 4]]);
SELECT usercls.embedding('emb', array_fill(1::float8, ARRAY[400]));
SELECT usercls.embedding('nobody', ARRAY[1]);
SELECT usercls.embedding('\x00'::bytea, ARRAY[1]);

-- In a worker of a parallel query as in the session; and a promotion changes what the next statement gets.
CREATE TABLE emb_here AS SELECT user_id, usercls.embedding('emb', seq) AS e FROM emb_seq;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE emb_seq SET (parallel_workers = 2);
SELECT bool_and(usercls.embedding('emb', seq) = e) AS in_workers FROM emb_seq JOIN emb_here USING (user_id);
SELECT emb_train('emb', '{"hidden_size": 5}');
SELECT cardinality(usercls.embedding('emb', seq)) AS numbers FROM emb_seq WHERE user_id = 1;
SELECT count(usercls.drop_model(model)) FROM usercls.models WHERE model LIKE 'emb%';
DROP TABLE emb_log, emb_members, emb_seq, emb_linear, emb_here;
DROP FUNCTION emb_train, emb_solve;
