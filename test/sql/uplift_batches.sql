-- A graph that usercls.max_memory has no room for is trained on by samples, about as well.
SET search_path = public, usercls;
CREATE FUNCTION chance(i bigint, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE
AS $$ SELECT (hashint8extended(i, stream) & 2147483647) / 2147483648.0::float8 $$;

CREATE TABLE crowd_edges AS
SELECT 1 + floor(chance(e, 8) * 20000)::bigint AS src, 1 + floor(chance(e, 9) * 20000)::bigint AS dst
FROM generate_series(1::bigint, 60000) AS e;

-- Treatment works on those whose neighbours are tall.
CREATE TABLE crowd AS
WITH tall AS (
	SELECT i, (chance(i, 1) < 0.5)::int AS height FROM generate_series(1::bigint, 20000) AS i
), near AS (
	SELECT dst AS i, avg(height) AS height
	FROM (SELECT src, dst FROM crowd_edges UNION SELECT dst, src FROM crowd_edges) AS e JOIN tall ON tall.i = src
	GROUP BY dst
)
SELECT i AS user_id, tall.height, (chance(i, 2) < 0.5)::int AS treated,
       (chance(i, 3) < 0.3 + CASE WHEN chance(i, 2) < 0.5 AND near.height > 0.5 THEN 0.4 ELSE 0 END)::int AS outcome
FROM tall LEFT JOIN near USING (i);

CREATE FUNCTION trained(epochs int) RETURNS usercls.train_result LANGUAGE sql AS $$
SELECT r FROM train_uplift('crowd', 'crowd', 'crowd_edges', promote => 'always',
                           hyperparams => jsonb_build_object('max_epochs', epochs, 'hidden_size', 32, 'dropout', 0.1,
                                                             'learning_rate', 0.02)) AS r;
$$;

SELECT value > 0.1 AS works, memory > 16 * 1024 * 1024 AS much FROM trained(7);
SET usercls.max_memory = '16MB';
\set VERBOSITY terse
SELECT value > 0.1 AS works, memory > 16 * 1024 * 1024 AS much, epochs FROM trained(5);

-- The same on any number of workers; the incumbent is measured by samples too.
SET usercls.training_workers = 2;
SELECT epochs, promoted FROM train_uplift('crowd', 'crowd', 'crowd_edges',
                                          hyperparams => '{"max_epochs": 5, "hidden_size": 32, "dropout": 0.1, "learning_rate": 0.02}');
RESET usercls.training_workers;
\set VERBOSITY default
SELECT version, sha256 = lag(sha256) OVER w AS same, abs(value - lag(value) OVER w) < 0.03 AS near
FROM (SELECT version, sha256, (metrics ->> 'qini')::float8 AS value FROM usercls.model_version) AS v
WINDOW w AS (ORDER BY version);

-- All of it, and all of its answers, with room again.
RESET usercls.max_memory;
SELECT abs(value - (SELECT (metrics ->> 'qini')::float8 FROM usercls.model_version WHERE version = 2)) < 0.03 AS near
FROM evaluate('crowd', version => 2, replicates => 0) WHERE metric = 'qini';

-- Of an ensemble each network is trained so, and measured so.
SET usercls.max_memory = '16MB';
\set VERBOSITY terse
SELECT value > 0.1 AS works, epochs FROM train_uplift('crowd', 'crowd', 'crowd_edges', promote => 'always',
	hyperparams => '{"max_epochs": 3, "hidden_size": 32, "dropout": 0.1, "learning_rate": 0.02, "ensemble": 2}');
\set VERBOSITY default
RESET usercls.max_memory;
SELECT abs(e.value - (v.metrics ->> 'qini')::float8) < 0.03 AS near FROM evaluate('crowd', replicates => 0) AS e, usercls.model_version AS v
WHERE e.metric = 'qini' AND v.version = 4;

-- No room for samples either.
SET usercls.max_memory = '4MB';
\set VERBOSITY terse
SELECT trained(1);
\set VERBOSITY default
RESET usercls.max_memory;
DROP FUNCTION trained;
DROP FUNCTION chance;
DROP TABLE crowd, crowd_edges;
SELECT drop_model('crowd');
