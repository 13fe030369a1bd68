-- What is a decision worth? By the experiment of users that the model has not learned from.
SET client_min_messages = error;
\set SHOW_CONTEXT never
SET search_path = public, usercls;
CREATE FUNCTION draw(i int, what int) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint4extended(i, what) & 1048575)::float8 / 1048576;
CREATE TABLE mail AS
SELECT i AS user_id, a, draw(i, 2) AS b, arm AS segment, (draw(i, 4) < 0.3 + CASE arm WHEN 'Mens E-Mail' THEN 0.8 * a - 0.3 WHEN 'Womens E-Mail' THEN 0.5 - 0.8 * a ELSE 0 END)::int AS visit
FROM generate_series(1, 4000) AS i, LATERAL (SELECT (ARRAY['No E-Mail', 'Mens E-Mail', 'Womens E-Mail'])[1 + floor(3 * draw(i, 3))::int] AS arm, draw(i, 1) AS a) AS d;
CREATE VIEW first AS SELECT * FROM mail WHERE user_id <= 1000;
CREATE VIEW earlier AS SELECT * FROM mail WHERE user_id <= 3000;
SELECT version FROM train_uplift('mail', 'earlier', NULL, treatment_column => 'segment', outcome_column => 'visit', control => 'No E-Mail', features => '{a,b}',
	hyperparams => '{"max_epochs": 60, "hidden_size": 8, "layers": 1}', validation => '{"share": 0.4}', promote => 'always');

-- The rows; the decision is better than all others, and its interval says so of chance and of nobody.
CREATE TABLE worth AS SELECT * FROM policy_value('mail', 10, '{"Mens E-Mail": 0.5, "Womens E-Mail": 0.2}');
SELECT policy, CASE policy WHEN 'best single arm' THEN '?' ELSE arm END AS arm, treated BETWEEN 0 AND 1 AS treated, worth_low <= worth AND worth <= worth_high AS interval, gain_low <= gain AND gain <= gain_high AS gain_interval FROM worth;
SELECT bool_and(gain > 0) AS better, bool_and(gain_low > 0) FILTER (WHERE policy IN ('at random', 'nobody')) AS surely, bool_and(worth = 0) FILTER (WHERE policy = 'nobody') AS nothing,
	count(DISTINCT users) = 1 AS same_users, bool_and(abs(gain - (m - worth)) < 1e-9) AS differences FROM worth, (SELECT worth AS m FROM worth WHERE policy = 'model') AS model;
-- The best single arm is one of the others.
SELECT count(*) FROM worth AS b JOIN worth AS o ON o.policy IN ('everybody', 'nobody') AND o.arm = b.arm AND abs(o.worth - b.worth) < 1e-9 WHERE b.policy = 'best single arm';

-- By hand, of another table: the shares of its arms are the chances, and all is over no treatment.
CREATE TABLE by_hand AS
WITH u AS (SELECT s.*, (SELECT count(*) FROM first AS o WHERE o.segment = s.segment)::float8 / count(*) OVER () AS chance, avg(visit) OVER (PARTITION BY segment)::float8 AS m FROM first AS s),
	m AS (SELECT avg(visit) FILTER (WHERE segment = 'No E-Mail')::float8 AS m0, avg(visit) FILTER (WHERE segment = 'Mens E-Mail')::float8 AS m1, avg(visit) FILTER (WHERE segment = 'Womens E-Mail')::float8 AS m2 FROM first),
	d AS (SELECT u.*, m0, m1, m2, t.arm AS given FROM u, m, LATERAL uplift('mail', u.user_id, 10, '{"Mens E-Mail": 0.5, "Womens E-Mail": 0.2}') AS t)
SELECT avg(CASE WHEN given IS NULL THEN 0 ELSE 10 * (CASE given WHEN 'Mens E-Mail' THEN m1 ELSE m2 END - m0 + CASE WHEN segment = given THEN (visit - m) / chance WHEN segment = 'No E-Mail' THEN -(visit - m) / chance ELSE 0 END)
	- CASE given WHEN 'Mens E-Mail' THEN 0.5 ELSE 0.2 END END) AS worth, avg((given IS NOT NULL)::int) AS treated, 10 * avg(m1 - m0) - 0.5 AS mens, 10 * avg(m2 - m0) - 0.2 AS womens FROM d;
SELECT policy, p.arm, abs(p.worth - CASE WHEN policy = 'model' THEN h.worth WHEN p.arm = 'Mens E-Mail' THEN h.mens ELSE h.womens END) < 1e-3 AS as_defined
FROM policy_value('mail', 10, '{"Mens E-Mail": 0.5, "Womens E-Mail": 0.2}', source => 'first') AS p, by_hand AS h WHERE policy IN ('model', 'everybody');

-- A budget is for everybody: users of the sample have their share of it; one arm for as many as it pays.
SELECT policy, arm, round(treated::numeric, 2) AS treated FROM policy_value('mail', 10, 1, 300) WHERE policy NOT IN ('best single arm') AND policy <> 'nobody';
SELECT count(*), bool_and(gain IS NOT NULL) FROM policy_value('mail', budget => 300) WHERE policy <> 'model';
-- A budget that pays everybody the dearest arm changes nothing, and so not which single arm is best.
SELECT count(*) AS values, count(DISTINCT w.arm) AS arms, bool_and(w.arm = p.arm) AS same FROM generate_series(100, 400, 25) AS value, LATERAL (SELECT jsonb_build_object('Mens E-Mail', 100, 'Womens E-Mail', value)) AS v(by_arm),
	LATERAL policy_value('mail', by_arm, '{"Mens E-Mail": 1, "Womens E-Mail": 4}', 4 * 3001) AS w, LATERAL policy_value('mail', by_arm, '{"Mens E-Mail": 1, "Womens E-Mail": 4}') AS p WHERE w.policy = 'best single arm' AND p.policy = w.policy;
-- Nothing is asked: the line decides, and costs nothing.
SELECT bool_and(worth >= 0) AS free FROM policy_value('mail') WHERE policy IN ('model', 'best single arm');
-- Two arms.
CREATE VIEW two AS SELECT user_id, a, b, visit AS outcome, (segment = 'Mens E-Mail')::int AS treated FROM mail WHERE segment <> 'Womens E-Mail';
SELECT version FROM train_uplift('two', 'two', NULL, features => '{a,b}', hyperparams => '{"max_epochs": 40, "hidden_size": 8, "layers": 1}', validation => '{"share": 0.4}', promote => 'always');
SELECT policy, CASE policy WHEN 'best single arm' THEN '?' ELSE arm END AS arm, worth IS NOT NULL AS worth FROM policy_value('two', 10, 0.5);
-- Everybody is worth the difference of means.
SELECT abs(worth - (SELECT 10 * (avg(outcome) FILTER (WHERE treated = 1) - avg(outcome) FILTER (WHERE treated = 0)) - 0.5 FROM two)) < 1e-9 AS difference FROM policy_value('two', 10, 0.5, source => 'two') WHERE policy = 'everybody';

CREATE VIEW one_less AS SELECT * FROM mail WHERE segment <> 'Mens E-Mail';
SELECT policy_value('mail', source => 'one_less');
SELECT policy_value('mail', cost => '{"Mens E-Mail": 1}');
SELECT policy_value('nobody');
SELECT count(drop_model(model)) FROM models;
DROP VIEW first, earlier, one_less, two;
DROP TABLE mail, worth, by_hand;
DROP FUNCTION draw;
