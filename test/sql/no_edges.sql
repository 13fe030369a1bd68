-- An experiment without a graph: edges => NULL, at every door, gives what a table without edges gives.
\set VERBOSITY default
SET client_min_messages = warning;
SET search_path = public, usercls;
CREATE TABLE ab (user_id int PRIMARY KEY, age int, plan text, treated boolean, outcome boolean);
INSERT INTO ab
SELECT g, g * 37 % 50, (ARRAY['free', 'paid'])[1 + (hashint4(g + 3000) & 1)], hashint4(g) & 1 = 1,
       (hashint4(g + 1000) & 7) < 2 + CASE WHEN hashint4(g) & 1 = 1 AND g * 37 % 50 > 25 THEN 4 ELSE 0 END
FROM generate_series(1, 3000) g;
CREATE TABLE ab_edges (src int, dst int);

SELECT version, features, rows_train + rows_held_out AS users, classes ->> 'edges' AS edges, promoted
FROM train_uplift('alone', 'ab', NULL, promote => 'always');
SELECT version FROM train_uplift('empty', 'ab', 'ab_edges', promote => 'always');
SELECT count(*), max(abs(a.uplift - b.uplift)) AS difference FROM target_users('alone') a JOIN target_users('empty') b USING (user_id);
SELECT count(*), max(abs(t.uplift - u.uplift)) < 1e-5 AS by_lookup
FROM target_users('alone') AS t, uplift('alone', t.user_id) AS u;
SELECT a.metric, a.value = b.value AS same FROM evaluate('alone') a JOIN evaluate('empty') b USING (metric) WHERE a.metric IN ('qini', 'auuc') ORDER BY 1;
SELECT value > 0.1 AS ranks FROM evaluate('alone') WHERE metric = 'qini';
SELECT argument, source, state FROM sources WHERE model = 'alone';
CALL retrain('alone');
SELECT version, spec IS NOT NULL AS spec FROM versions WHERE model = 'alone' ORDER BY 1;
CALL refresh_scores('alone', 'alone_scores');
SELECT count(*) FROM alone_scores;
-- Mini-batches need neither a graph in memory nor rows of all users for the network: 512 bytes a user, with a graph.
INSERT INTO ab SELECT user_id + 3000 * k, age, plan, treated, outcome FROM ab, generate_series(1, 9) k;
SELECT version, memory < 400 * 30000 AS small, epochs BETWEEN 1 AND 3 AS trained
FROM train_uplift('small', 'ab', NULL, hyperparams => '{"max_epochs": 3}', promote => 'always');
-- What makes no sense without edges.
SELECT count(*) FROM evaluate('alone', 'ab', 'ab_edges', version => 1);
SELECT train_uplift('alone', 'ab', NULL, weight_column => 'weight');
SELECT train_uplift('alone', 'ab', NULL, features => '{}');
SELECT drop_model(model) FROM models WHERE model IN ('alone', 'empty', 'small');
