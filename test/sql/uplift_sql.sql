-- One user by lookups, the whole graph in memory, and plain SQL must agree to 1e-5: for every kind of network, on a graph
-- with isolated users, self-loops, duplicates, ends that are no users, and weights.
CREATE FUNCTION unit(i bigint, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE
AS $$ SELECT (hashint8extended(i, stream) & 2147483647) / 2147483648.0::float8 $$;

CREATE TABLE users AS
SELECT i AS user_id, unit(i, 1) * 100 AS a, CASE WHEN unit(i, 2) < 0.8 THEN unit(i, 2) END AS b,
       (unit(i, 3) < 0.5)::int AS treated, (unit(i, 4) < 0.5)::int AS outcome
FROM generate_series(1::bigint, 120) AS i;
ALTER TABLE users ADD PRIMARY KEY (user_id);
CREATE TABLE edges AS
SELECT 1 + floor(unit(e, 8) * 110)::bigint AS src, 1 + floor(unit(e, 9) * 110)::bigint AS dst,
       CASE WHEN unit(e, 10) < 0.1 THEN 0 ELSE unit(e, 10) * 3 END AS weight
FROM generate_series(1::bigint, 260) AS e;
INSERT INTO edges SELECT src, dst, weight + 1 FROM edges WHERE src % 7 = 0;
INSERT INTO edges SELECT dst, src, 0.5 FROM edges WHERE src % 5 = 0;
INSERT INTO edges SELECT i, i, 2 FROM generate_series(1, 120, 9) AS i;
INSERT INTO edges SELECT i, 1000 + i, 1 FROM generate_series(1, 120, 11) AS i;
INSERT INTO edges SELECT 1000 + i, i, 1 FROM generate_series(1, 120, 13) AS i;
INSERT INTO edges VALUES (1, NULL, 1), (NULL, 2, 1);
CREATE INDEX ON edges (src);
CREATE INDEX ON edges (dst);

-- Who listens to whom: both directions, known ends, no self-loops, one row for each pair.
CREATE FUNCTION neighbours(directed boolean, weighted boolean, OUT self bigint, OUT other bigint, OUT weight float8)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
	SELECT self, other, CASE WHEN $2 THEN sum(w) ELSE 1 END
	FROM (SELECT dst AS self, src AS other, weight AS w FROM edges
	      UNION ALL SELECT src, dst, weight FROM edges WHERE NOT $1) AS e
	WHERE self <> other AND (w > 0 OR NOT $2) AND self IN (SELECT user_id FROM users) AND other IN (SELECT user_id FROM users)
	GROUP BY self, other
$$;

-- Each layer of the network is one GROUP BY.
CREATE FUNCTION by_sql(weights bytea, layers int, directed boolean, weighted boolean, OUT id bigint, OUT value float8, OUT segment text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE near ON COMMIT DROP AS SELECT * FROM neighbours(directed, weighted);
	CREATE TEMP TABLE state ON COMMIT DROP AS
		SELECT u.user_id, usercls.gnn_input(weights, ARRAY[a, b]) AS h FROM users AS u;
	FOR layer IN 0 .. layers - 1 LOOP
		CREATE TEMP TABLE next ON COMMIT DROP AS
			SELECT me.user_id, usercls.gnn_layer(weights, layer, me.h, usercls.attend(weights, layer, me.h, you.h, near.weight)) AS h
			FROM state AS me LEFT JOIN near ON near.self = me.user_id LEFT JOIN state AS you ON you.user_id = near.other
			GROUP BY me.user_id, me.h;
		DROP TABLE state;
		ALTER TABLE next RENAME TO state;
	END LOOP;
	RETURN QUERY SELECT s.user_id, g.uplift, g.segment FROM state AS s, LATERAL usercls.gnn_heads(weights, s.h) AS g;
	DROP TABLE near, state;
END $$;

CREATE FUNCTION largest_difference(options jsonb, directed boolean, weighted boolean,
                                   OUT users bigint, OUT spread boolean, OUT by_sql boolean, OUT by_lookup boolean, OUT segments bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM usercls.train_uplift('m', 'users', 'edges', features => '{a,b}', directed => directed,
		weight_column => CASE WHEN weighted THEN 'weight' END::name, promote => 'always',
		hyperparams => '{"max_epochs": 4, "hidden_size": 8}' || options);
	CREATE TEMP TABLE answers ON COMMIT DROP AS
	SELECT t.uplift AS whole, s.value AS by_sql, o.uplift AS by_lookup,
	       t.segment IS DISTINCT FROM s.segment OR t.segment IS DISTINCT FROM o.segment AS differ
	FROM usercls.target_users('m') AS t
	JOIN by_sql(usercls.export_model('m'), (options->>'layers')::int, directed, weighted) AS s ON s.id = t.user_id,
	LATERAL usercls.uplift('m', t.user_id) AS o;
	SELECT count(*), max(a.whole) - min(a.whole) > 1e-3, max(abs(a.whole - a.by_sql)) < 1e-5, max(abs(a.whole - a.by_lookup)) < 1e-5, count(*) FILTER (WHERE a.differ)
	INTO users, spread, by_sql, by_lookup, segments FROM answers AS a;
	DROP TABLE answers;
	PERFORM usercls.drop_model('m');
END $$;

SELECT options, directed, weighted, d.*
FROM (VALUES ('{"layers": 2, "estimator": "partial_label"}'::jsonb, false, false),
             ('{"layers": 3, "heads": 2, "depth": "gated"}', false, true),
             ('{"layers": 1, "depth": "residual"}', true, false),
             ('{"layers": 2, "depth": "none", "aggregate": "sum"}', true, true),
             ('{"layers": 2, "depth": "gated", "aggregate": "attention+sum", "heads": 4}', false, true),
             ('{"layers": 2, "estimator": "two_head", "log_degree": false}', true, true),
             ('{"layers": 2, "estimator": "class_transform"}', false, false),
             ('{"layers": 2, "outcome": "number"}', false, false),
             ('{"layers": 2, "ensemble": 3}', false, true),
             ('{"layers": 2, "depth": "gated", "aggregate": "attention+sum", "heads": 2, "ensemble": 2}', true, false),
             ('{"layers": 2, "outcome": "number", "aggregate": "attention+sum"}', false, true),
             ('{"layers": 3, "outcome": "number", "aggregate": "sum", "depth": "gated", "ensemble": 2}', true, true),
             ('{"layers": 2, "estimator": "class_transform", "aggregate": "sum"}', false, false),
             ('{"layers": 2, "estimator": "partial_label", "corrected": false}', false, true),
             ('{"layers": 2, "estimator": "three_losses"}', true, true),
             ('{"layers": 2, "estimator": "three_losses", "corrected": false}', false, false)) AS c (options, directed, weighted),
     LATERAL largest_difference(options, directed, weighted) AS d;

-- The aggregate gives the same in a parallel plan.
SELECT version FROM usercls.train_uplift('m', 'users', 'edges', features => '{a,b}', promote => 'always',
	hyperparams => '{"max_epochs": 2, "hidden_size": 8, "heads": 2, "layers": 2, "depth": "gated"}');
CREATE TABLE weights AS SELECT usercls.export_model('m') AS weights;
CREATE TABLE state AS SELECT user_id, usercls.gnn_input(weights, ARRAY[a, b]) AS h FROM users, weights;
CREATE TABLE near AS SELECT n.self, me.h AS self_h, you.h AS other_h, n.weight
FROM neighbours(false, false) AS n JOIN state AS me ON me.user_id = n.self JOIN state AS you ON you.user_id = n.other;
CREATE TABLE serial AS
SELECT self, usercls.attend((SELECT weights FROM weights), 0, self_h, other_h, weight) AS heard FROM near GROUP BY self;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
ALTER TABLE near SET (parallel_workers = 2);
CREATE FUNCTION is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line LIKE '%Partial HashAggregate%' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT is_parallel('SELECT self, usercls.attend((SELECT weights FROM weights), 0, self_h, other_h, weight) FROM near GROUP BY self');
CREATE TABLE parallel AS
SELECT self, usercls.attend((SELECT weights FROM weights), 0, self_h, other_h, weight) AS heard FROM near GROUP BY self;
RESET ALL;
SELECT count(*), max(abs(difference)) < 1e-5 AS same
FROM serial JOIN parallel AS p USING (self), LATERAL (SELECT a - b AS difference FROM unnest(serial.heard, p.heard) AS d (a, b)) AS d;

-- No rows, no neighbour, no edge at all.
SELECT usercls.attend(weights, 0, h, h, 1) IS NULL AS nothing FROM state, weights WHERE false;
SELECT usercls.attend(weights, 0, h, NULL, 1) IS NULL AS nobody FROM state, weights WHERE user_id = 1;
SELECT usercls.gnn_layer(weights, 0, h, NULL) = usercls.gnn_layer(weights, 0, h, usercls.attend(weights, 0, h, h, 0)) AS same
FROM state, weights WHERE user_id = 1 GROUP BY weights, h;

-- What does not fit.
SELECT usercls.gnn_input(weights, ARRAY[1, 2, 3]) FROM weights;
SELECT usercls.gnn_input(weights, ARRAY[1, 'NaN'::float8]) FROM weights;
SELECT usercls.gnn_input('\x00', ARRAY[1, 2]);
SELECT usercls.gnn_layer(weights, 2, h, NULL) FROM weights, state WHERE user_id = 1;
SELECT usercls.gnn_layer(weights, 0, '{1,2}', NULL) FROM weights;
SELECT usercls.gnn_heads(weights, '{1,2,NULL}') FROM weights;
SELECT usercls.attend(weights, 0, h, h, -1) FROM weights, state WHERE user_id = 1;
SELECT usercls.attend(weights, 0, h, '{1}', 1) FROM weights, state WHERE user_id = 1;
SELECT usercls.attend(weights, -1, h, h, 1) FROM weights, state WHERE user_id = 1;
SELECT usercls_private.attend_final('{1,2,3,4}');
SELECT usercls_private.attend_accum(NULL, weights, 0, h, h, 1) FROM weights, state WHERE user_id = 1;

SELECT usercls.drop_model('m');
DROP TABLE users, edges, weights, state, near, serial, parallel;
DROP FUNCTION is_parallel, largest_difference, by_sql, neighbours, unit;
