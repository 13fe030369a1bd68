-- Is it an experiment? Training warns of features in which the arms differ by more than chance, and of nothing else.
SET client_min_messages = warning;

-- draw(i, what): uniform in [0, 1), the same everywhere.
CREATE FUNCTION draw(i int, what int) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint4extended(i, what) & 1048575)::float8 / 1048576;

-- rare: a heavy tail; the treatment follows a and, when it is sometimes missing, the lack of it.
CREATE FUNCTION people(seed int, share float8, by_a float8 = 0, by_missing float8 = 0)
RETURNS TABLE (id int, a float8, b float8, sometimes float8, rare float8, one int, chance float8, t int, y int)
LANGUAGE sql AS $$
	SELECT i, a, b, CASE WHEN known THEN b END, CASE WHEN draw(i, seed + 5) < 0.002 THEN 1e6 ELSE 0 END, 1, p,
		(draw(i, seed + 3) < p)::int, (draw(i, seed + 4) < 0.3 + 0.2 * a)::int
	FROM generate_series(1, 1500) AS i,
		LATERAL (SELECT draw(i, seed) AS a, draw(i, seed + 1) AS b, draw(i, seed + 2) < 0.7 AS known) AS x,
		LATERAL (SELECT share + by_a * (a - 0.5) + by_missing * (known::int - 0.7) AS p) AS c
$$;

CREATE TABLE trial_users AS SELECT * FROM people(1, 0.5);
CREATE FUNCTION train_trial(propensity name = NULL) RETURNS void LANGUAGE sql AS $$
	SELECT usercls.train_uplift('m', 'trial_users', NULL, user_column => 'id', treatment_column => 't',
		outcome_column => 'y', features => '{a,b,sometimes,rare,one}', propensity_column => $1, dry_run => true)
$$;

-- Random, by halves and with a small arm: nothing is said, 20 times each.
DO $$
BEGIN
	FOR seed IN 1..20 LOOP
		TRUNCATE trial_users;
		INSERT INTO trial_users SELECT * FROM people(100 * seed, 0.5);
		PERFORM train_trial();
		TRUNCATE trial_users;
		INSERT INTO trial_users SELECT * FROM people(100 * seed + 50, 0.03);
		PERFORM train_trial();
	END LOOP;
END $$;

-- By a, too little for any feature to tell the arm.
TRUNCATE trial_users;
INSERT INTO trial_users SELECT * FROM people(1, 0.5, by_a => 0.5);
SELECT usercls.auc(a, t) BETWEEN 0.55 AND 0.68 AS moderate FROM trial_users;
-- The difference in standard deviations stands beside the name.
SELECT train_trial();
-- The chances that were used put it right; those of another experiment do not.
SELECT train_trial('chance');
UPDATE trial_users SET chance = 1 - chance;
SELECT train_trial('chance');

-- By whether it is known: the values themselves are alike.
TRUNCATE trial_users;
INSERT INTO trial_users SELECT * FROM people(1, 0.5, by_missing => 0.4);
SELECT train_trial();

-- evaluate() says the same of its users: above the baseline as it was, below it with random treatment; and so does the version's record.
SET client_min_messages = error;
SELECT version FROM usercls.train_uplift('m', 'trial_users', NULL, user_column => 'id',
	treatment_column => 't', outcome_column => 'y', features => '{a,b,sometimes,rare,one}', hyperparams => '{"max_epochs": 2}');
SELECT abs((v.metrics::jsonb->>'largest_smd')::float8 - e.value) < 1e-9 AS same FROM usercls.versions AS v, usercls.evaluate('m', version => 1, replicates => 0) AS e
WHERE v.model = 'm' AND e.metric = 'largest_smd';
CREATE VIEW at_random AS SELECT * FROM people(7, 0.5);
CREATE VIEW by_value AS SELECT * FROM people(1, 0.5, by_a => 0.5);
SELECT source, value > baseline AS not_random, ci_low, ci_high
FROM (VALUES ('trial_users'), ('at_random'), ('by_value')) AS s (source),
	LATERAL usercls.evaluate('m', source => s.source::regclass, version => 1, replicates => 20) WHERE metric = 'largest_smd';
-- The difference of means over the standard deviation.
SELECT abs(value - (SELECT (avg(a) FILTER (WHERE t = 1) - avg(a) FILTER (WHERE t = 0)) / stddev_pop(a) FROM by_value)) < 1e-5 AS as_defined
FROM usercls.evaluate('m', source => 'by_value', version => 1, replicates => 0) WHERE metric = 'largest_smd';

-- How well the features together tell the arm, by users whom the fit has not seen: 0.5 by chance. Here the first one alone does.
SELECT source, ci_low <= value AND value <= ci_high AS interval, baseline, ci_low > baseline AS not_random, value BETWEEN 0.45 AND 0.55 AS chance, n
FROM (VALUES ('trial_users'), ('at_random'), ('by_value')) AS s (source),
	LATERAL usercls.evaluate('m', source => s.source::regclass, version => 1, replicates => 20) WHERE metric = 'arm_auc';
SELECT abs(value - (SELECT usercls.auc(a, t) FROM by_value)) < 0.02 AS of_the_feature, ci_low IS NULL AND ci_high IS NULL AS no_replicates
FROM usercls.evaluate('m', source => 'by_value', version => 1, replicates => 0) WHERE metric = 'arm_auc';
-- The version's record has that of the users it held out, judged by a fit on the others.
SELECT abs((v.metrics::jsonb->>'arm_auc')::float8 - e.value) < 1e-9 AS same, e.n = v.rows_held_out AS held_out FROM usercls.versions AS v, usercls.evaluate('m', version => 1, replicates => 0) AS e
WHERE v.model = 'm' AND e.metric = 'arm_auc';

-- Of twelve features none is alone, and six of them tell the arm together: they are named. By random treatment nothing is said.
SET client_min_messages = warning;
\set VERBOSITY terse
CREATE FUNCTION many(seed int, by_all float8) RETURNS TABLE (id int, s1 float8, s2 float8, s3 float8, s4 float8, s5 float8, s6 float8, n1 float8, n2 float8, n3 float8, n4 float8, n5 float8, n6 float8, t int, y int) LANGUAGE sql AS $$
	SELECT i, x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12], (draw(i, seed + 20) < 0.5 + by_all * (x[1] + x[2] + x[3] + x[4] + x[5] + x[6] - 3))::int, (draw(i, seed + 21) < 0.3)::int
	FROM generate_series(1, 6000) AS i, LATERAL (SELECT array_agg(draw(i, seed + k) ORDER BY k) AS x FROM generate_series(1, 12) AS k) AS x
$$;
CREATE TABLE many_users AS SELECT * FROM many(3000, 0.065);
SELECT rows_train + rows_held_out AS users FROM usercls.train_uplift('many', 'many_users', NULL, user_column => 'id', treatment_column => 't', outcome_column => 'y', dry_run => true);
DO $$
BEGIN
	FOR seed IN 1..20 LOOP
		TRUNCATE many_users;
		INSERT INTO many_users SELECT * FROM many(100 * seed, 0);
		PERFORM usercls.train_uplift('many', 'many_users', NULL, user_column => 'id', treatment_column => 't', outcome_column => 'y', dry_run => true);
	END LOOP;
END $$;
-- Chances that are right undo it, with three arms as with two.
CREATE VIEW many_weighted AS SELECT m.*, CASE t WHEN 1 THEN p ELSE 1 - p END AS chance FROM many(3000, 0.065) AS m, LATERAL (SELECT 0.5 + 0.065 * (s1 + s2 + s3 + s4 + s5 + s6 - 3) AS p) AS c;
SELECT rows_train + rows_held_out AS users FROM usercls.train_uplift('many', 'many_weighted', NULL, user_column => 'id', treatment_column => 't', outcome_column => 'y', control => '0', propensity_column => 'chance', features => '{s1,s2,s3,s4,s5,s6,n1,n2}', dry_run => true);
CREATE VIEW many_arms AS SELECT m.*, CASE WHEN t = 0 THEN 'none' WHEN id % 2 = 0 THEN 'mail' ELSE 'call' END AS arm FROM many(3000, 0.075) AS m;
SELECT rows_train + rows_held_out AS users FROM usercls.train_uplift('many', 'many_arms', NULL, user_column => 'id', treatment_column => 'arm', outcome_column => 'y', control => 'none', features => '{s1,s2,s3,s4,s5,s6,n1,n2}', dry_run => true);
DROP VIEW many_weighted, many_arms;
DROP TABLE many_users;
DROP FUNCTION many(int, float8);

SELECT usercls.drop_model('m');
DROP VIEW at_random, by_value;
DROP TABLE trial_users;
DROP FUNCTION train_trial(name);
DROP FUNCTION people(int, float8, float8, float8);
DROP FUNCTION draw(int, int);
