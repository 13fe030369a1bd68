-- Experiments of several arms: each treatment against one control.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET search_path = public, usercls;
CREATE FUNCTION draw(i int, what int) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint4extended(i, what) & 1048575)::float8 / 1048576;

-- Mens E-Mail helps users of a high a, Womens E-Mail those of a low one; some are outside the experiment.
CREATE TYPE mail_arm AS ENUM ('No E-Mail', 'Womens E-Mail', 'Mens E-Mail');
CREATE TABLE mail AS
SELECT i AS user_id, a, draw(i, 2) AS b, arm AS segment, arm::mail_arm AS as_enum, array_position(ARRAY['Mens E-Mail', 'No E-Mail', 'Womens E-Mail'], arm) AS as_int,
	(arm <> 'No E-Mail')::int AS any_mail, CASE WHEN i % 50 > 0 THEN (draw(i, 4) < 0.3 + CASE arm WHEN 'Mens E-Mail' THEN 0.8 * a - 0.3 WHEN 'Womens E-Mail' THEN 0.5 - 0.8 * a ELSE 0 END)::int END AS visit
FROM generate_series(1, 3000) AS i, LATERAL (SELECT (ARRAY['No E-Mail', 'Mens E-Mail', 'Womens E-Mail'])[1 + floor(3 * draw(i, 3))::int] AS arm, draw(i, 1) AS a) AS d;
ALTER TABLE mail ADD PRIMARY KEY (user_id);
CREATE TABLE friend AS SELECT i AS src, 1 + floor(3000 * draw(i, 5))::int AS dst FROM generate_series(1, 3000) AS i;
CREATE INDEX ON friend (src, dst);
CREATE INDEX ON friend (dst, src);
CREATE FUNCTION train(model text, treatment name, control text, more jsonb = '{}', edges regclass = NULL, propensity name = NULL, source regclass = 'mail') RETURNS jsonb LANGUAGE sql AS $$
	SELECT classes FROM train_uplift(model, source, edges, treatment_column => treatment, outcome_column => 'visit', features => '{a,b}', control => control,
		propensity_column => propensity, hyperparams => '{"max_epochs": 8, "hidden_size": 8, "layers": 1}'::jsonb || more, promote => 'always')
$$;

-- Texts, enums and integers name the arms: the first treatment is the first in the order of the values.
SELECT train('mail', 'segment', 'No E-Mail');
SELECT train('by enum', 'as_enum', 'No E-Mail') = train('mail again', 'segment', 'No E-Mail') AS same;
SELECT train('by int', 'as_int', '2');
SELECT string_agg(key, ', ' ORDER BY name, key) FROM (VALUES ('mail'), ('by enum'), ('by int')) AS m(name), LATERAL (SELECT uplifts FROM target_users(m.name) LIMIT 1) AS t, jsonb_object_keys(uplifts) AS key;
SELECT count(*), max(abs((m.uplifts->>'Mens E-Mail')::float8 - (i.uplifts->>'1')::float8)) < 1e-9 AS as_int
FROM target_users('mail') AS m JOIN target_users('by int') AS i USING (user_id);

-- It learns: each e-mail helps where it does.
SELECT train('mail', 'segment', 'No E-Mail', '{"max_epochs": 60}');
SELECT corr((uplifts->>'Mens E-Mail')::float8, a) > 0.8 AS mens, corr((uplifts->>'Womens E-Mail')::float8, a) < -0.8 AS womens,
	avg((best_arm = CASE WHEN a > 0.5 THEN 'Mens E-Mail' ELSE 'Womens E-Mail' END)::int) > 0.8 AS best
FROM target_users('mail') JOIN mail USING (user_id);

-- What the columns mean: of the best treatment, and of the one to give.
CREATE TABLE scores AS SELECT * FROM target_users('mail');
SELECT count(*), bool_and(abs(uplift - (uplifts->>best_arm)::float8) < 1e-9 AND uplift >= (SELECT max(value::float8) FROM jsonb_each_text(uplifts)) - 1e-9) AS highest,
	bool_and(abs(uplift - (p_first + p_second - 1)) < 1e-9) AS of_best, bool_and((arm IS NOT NULL) = targeted AND targeted = (segment = 'persuadable')) AS decided
FROM scores;
SELECT bool_and(s.rank = r.rank) AS ranked FROM scores AS s JOIN (SELECT user_id, rank() OVER (ORDER BY uplift DESC) FROM scores) AS r USING (user_id);
-- Without value and cost the line is the effect of the best single arm.
SELECT bool_and(targeted = (uplift > line) OR abs(uplift - line) < 1e-6) AS line FROM scores,
	(SELECT max(m - c) AS line FROM (SELECT avg(visit) FILTER (WHERE segment = arm) AS m, avg(visit) FILTER (WHERE segment = 'No E-Mail') AS c FROM mail, (VALUES ('Mens E-Mail'), ('Womens E-Mail')) AS v(arm) GROUP BY arm) AS e) AS l;

-- Three ways to score, without edges and with them; a value by arm is read at each.
SELECT train('graph', 'segment', 'No E-Mail', '{"max_epochs": 10}', 'friend');
CREATE FUNCTION apart(model text, graph boolean, OUT users bigint, OUT uplift boolean, OUT p boolean, OUT arms bigint) LANGUAGE plpgsql AS $$
DECLARE weights bytea := export_model(model); cost jsonb := '{"Mens E-Mail": 0.15, "Womens E-Mail": 0.05}';
BEGIN
	CREATE TEMP TABLE state ON COMMIT DROP AS SELECT user_id, gnn_input(weights, ARRAY[a, b]) AS h FROM mail;
	CREATE TEMP TABLE near ON COMMIT DROP AS SELECT src AS self, dst AS other FROM friend WHERE graph AND src <> dst UNION SELECT dst, src FROM friend WHERE graph AND src <> dst;
	SELECT count(*), max(greatest(abs((t.uplifts->>'Mens E-Mail')::float8 - (o.uplifts->>'Mens E-Mail')::float8), abs((t.uplifts->>'Womens E-Mail')::float8 - (o.uplifts->>'Womens E-Mail')::float8),
			abs((t.uplifts->>'Mens E-Mail')::float8 - (s.uplifts->>'Mens E-Mail')::float8), abs((t.uplifts->>'Womens E-Mail')::float8 - (s.uplifts->>'Womens E-Mail')::float8))) < 1e-5,
		max(greatest(abs(t.p_second - o.p_second), abs(t.p_second - s.p_second))) < 1e-5,
		count(*) FILTER (WHERE (t.arm IS DISTINCT FROM o.arm OR t.arm IS DISTINCT FROM s.arm) AND abs((t.uplifts->>'Mens E-Mail')::float8 - (t.uplifts->>'Womens E-Mail')::float8 - 0.1) > 1e-4)
	INTO users, uplift, p, arms
	FROM target_users(model, 1, cost) AS t, LATERAL uplift(model, t.user_id, 1, cost) AS o,
		LATERAL (SELECT g.* FROM (SELECT me.h, gnn_layer(weights, 0, me.h, attend(weights, 0, me.h, you.h, 1)) AS after FROM state AS me LEFT JOIN near ON self = me.user_id
			LEFT JOIN state AS you ON you.user_id = other WHERE me.user_id = t.user_id GROUP BY me.h) AS l, gnn_heads(weights, l.after, 1, cost) AS g) AS s
	WHERE t.user_id % 10 = 0;
	DROP TABLE state, near;
END $$;
SELECT * FROM apart('mail', false);
SELECT * FROM apart('graph', true);

-- Decisions: the treatment that gains most; a number is that for every treatment; one budget for all.
SELECT count(*), bool_and(t.arm IS NOT DISTINCT FROM (SELECT key FROM jsonb_each_text(t.uplifts) WHERE value::float8 > 0 AND 20 * value::float8 > (cost->>key)::float8
		ORDER BY 20 * value::float8 - (cost->>key)::float8 DESC LIMIT 1)) AS gains_most, count(DISTINCT t.arm)
FROM (SELECT '{"Mens E-Mail": 5, "Womens E-Mail": 1.5}'::jsonb AS cost) AS c, LATERAL target_users('mail', 20, cost) AS t;
SELECT count(*) FROM (SELECT * FROM target_users('mail', 20, 1.5) EXCEPT SELECT * FROM target_users('mail', '20', '{"Mens E-Mail": 1.5, "Womens E-Mail": 1.5}')) AS d;
SELECT count(*) FROM (SELECT * FROM target_users('mail', 20::numeric, NULL, 100) EXCEPT SELECT * FROM target_users('mail', jsonb '20', budget => 100)) AS d;
SELECT count(*) FILTER (WHERE targeted) FROM target_users('mail', budget => 100);
-- Value per cost: within the budget, nothing that is left out would fit and gain more for its cost than what was taken.
CREATE TABLE bought AS SELECT user_id, arm, uplifts, (cost->>arm)::float8 AS paid, 20 * (uplifts->>arm)::float8 AS worth
FROM (SELECT '{"Mens E-Mail": 2, "Womens E-Mail": 0.5}'::jsonb AS cost) AS c, LATERAL target_users('mail', 20, cost, 2000) AS t;
SELECT sum(paid) BETWEEN 1998 AND 2000 AS spent, count(DISTINCT arm) AS arms, min(worth / paid) > 1 AS worth FROM bought;
SELECT count(*) FROM bought WHERE arm IS NULL AND 20 * (uplifts->>'Womens E-Mail')::float8 / 0.5 > (SELECT min(worth / paid) FROM bought) + 1e-9;
SELECT sum(worth - paid) > (SELECT sum(worth - paid) FROM (SELECT 20 * (uplifts->>'Mens E-Mail')::float8 AS worth, 2 AS paid FROM scores ORDER BY 1 DESC LIMIT 1000) AS best_of_one) AS beats_one_arm FROM bought;

-- What decisions cannot be.
SELECT target_users('mail', cost => '{"Mens E-Mail": 0.1}');
SELECT target_users('mail', cost => '{"Mens E-Mail": 0.1, "Womens E-Mai": 1}');
SELECT target_users('mail', cost => '{"Mens E-Mail": 0.1, "Womens E-Mail": 1, "No E-Mail": 0}');
SELECT target_users('mail', cost => '{"Mens E-Mail": 0.1, "Womens E-Mail": "much"}');
SELECT target_users('mail', '{"Mens E-Mail": 0.1, "Womens E-Mail": -1}');
SELECT target_users('mail', true);
SELECT target_users('mail', '[1, 2]');
SELECT target_users('mail', cost => 'NaN'::float8);
SELECT uplift('mail', 5, cost => '{"a": 1}');

-- evaluate(): each treatment on its users and those of the control, as the metrics over the rows of predictions() are.
SELECT metric, value IS NOT NULL AS known, ci_low <= ci_high AS interval, n = (SELECT count(*) FROM predictions('mail') WHERE metric LIKE '%' || arm || '%' OR arm = 'No E-Mail' OR metric IN ('qini', 'largest_smd', 'arm_auc')) AS n
FROM evaluate('mail', replicates => 20);
SELECT max(abs(e.value - p.qini)) < 1e-9 AS qini, max(abs(d.value - p.auuc)) < 1e-9 AS auuc
FROM (VALUES ('Mens E-Mail'), ('Womens E-Mail')) AS t(arm) JOIN evaluate('mail', replicates => 0) AS e ON e.metric = 'qini(' || t.arm || ')' JOIN evaluate('mail', replicates => 0) AS d ON d.metric = 'auuc(' || t.arm || ')',
	LATERAL (SELECT qini((uplifts->>t.arm)::float8, treated, outcome::int), auuc((uplifts->>t.arm)::float8, treated, outcome::int) FROM predictions('mail') WHERE arm IN (t.arm, 'No E-Mail')) AS p;
SELECT abs(avg(value) FILTER (WHERE metric <> 'qini') - avg(value) FILTER (WHERE metric = 'qini')) < 1e-9 AS mean FROM evaluate('mail', replicates => 0) WHERE metric LIKE 'qini%';
SELECT arm, count(*), sum(users) = (SELECT count(*) FROM predictions('mail') AS p WHERE p.arm IN (d.arm, 'No E-Mail')) AS users, sum(treated) = (SELECT count(*) FROM predictions('mail') AS p WHERE p.arm = d.arm) AS treated
FROM uplift_by_decile('mail', groups => 5) AS d GROUP BY arm ORDER BY arm;
SELECT arm, count(*) > 50 AS points, max(share) FROM qini_curve('mail') GROUP BY arm ORDER BY arm;
SELECT arm, count(*) FROM calibration('mail') GROUP BY arm ORDER BY arm;
SELECT DISTINCT arm, treated FROM predictions('mail') ORDER BY arm;
SELECT DISTINCT metric, n = (SELECT count(*) FROM predictions('mail')) AS of_all FROM importance('mail', replicates => 2);
-- Another table with the same arms; one with an arm that the model does not know.
CREATE VIEW some_mail AS SELECT * FROM mail WHERE user_id <= 1000;
SELECT count(*) FROM evaluate('mail', 'some_mail', replicates => 0);
CREATE VIEW one_less AS SELECT * FROM mail WHERE segment <> 'Mens E-Mail';
SELECT count(*) FROM evaluate('mail', 'one_less', replicates => 0);
CREATE VIEW one_more AS SELECT user_id, a, b, visit, CASE WHEN user_id % 9 = 0 THEN 'SMS' ELSE segment END AS segment FROM mail;
SELECT count(*) FROM evaluate('mail', 'one_more', replicates => 0);

-- A table of scores has a column for each treatment.
CALL refresh_scores('mail', 'mail_scores');
SELECT count(*), max(abs(m.uplift_mens_e_mail - (s.uplifts->>'Mens E-Mail')::float8)) < 1e-9 AS mens, max(abs(m.uplift_womens_e_mail - (s.uplifts->>'Womens E-Mail')::float8)) < 1e-9 AS womens,
	bool_and(m.arm IS NOT DISTINCT FROM s.arm AND m.best_arm = s.best_arm) AS arms
FROM mail_scores AS m JOIN scores AS s USING (user_id);
-- What a version of other arms says nothing of is null.
SELECT train('fewer', 'segment', 'No E-Mail') IS NOT NULL;
CALL refresh_scores('fewer', 'fewer_scores');
SELECT train('fewer', 'any_mail', '0') IS NOT NULL;
CALL refresh_scores('fewer', 'fewer_scores');
SELECT count(*), count(uplift) AS uplifts, count(best_arm) AS best_arms, count(arm) AS arms, count(uplift_mens_e_mail) AS mens, count(uplift_womens_e_mail) AS womens FROM fewer_scores;

-- A file knows its arms.
SELECT import_model('copy', export_model('mail'), 'always');
SELECT gnn_heads(export_model('copy'), array_fill(0.5::real, ARRAY[8])) = gnn_heads(export_model('mail'), array_fill(0.5::real, ARRAY[8])) AS same;

-- Again on today's data: from where it was while the arms are the same, otherwise anew.
CALL retrain('mail');
SELECT count(*) FROM target_users('mail') WHERE uplifts ?& '{Mens E-Mail,Womens E-Mail}';
UPDATE mail SET segment = 'SMS' WHERE user_id % 9 = 0;
CALL retrain('mail');
CALL retrain('mail', warm_start => false, promote => 'if_better');
SELECT reason LIKE '%has the arms ''No E-Mail'', ''Mens E-Mail'' and ''Womens E-Mail''%' AS told FROM train_uplift('mail', 'mail', NULL, treatment_column => 'segment', outcome_column => 'visit', features => '{a,b}', control => 'No E-Mail',
	hyperparams => '{"max_epochs": 2, "hidden_size": 8}');
SELECT train_uplift('mail', 'mail', NULL, treatment_column => 'segment', outcome_column => 'visit', features => '{a,b}', control => 'SMS', warm_start => 1, hyperparams => '{"max_epochs": 2, "hidden_size": 8, "layers": 1}');

-- Two arms with names are today's two arms: the same weights, whatever the arms are called and how they are written.
SELECT train('yes or no', 'any_mail', NULL, '{"estimator": "partial_label"}');
CREATE VIEW any_mail AS SELECT user_id, a, b, visit, CASE any_mail WHEN 1 THEN 'mail' ELSE 'none' END AS any_mail FROM mail;
SELECT train('named', 'any_mail', 'none', '{"estimator": "partial_label"}', source => 'any_mail');
SELECT train('by number', 'any_mail', '0', '{"estimator": "partial_label"}');
SELECT count(*), bool_and(y.uplift = n.uplift AND y.p_first = n.p_first AND y.uplift = i.uplift) AS same, min(y.best_arm), min(n.best_arm), min(i.best_arm)
FROM target_users('yes or no') AS y JOIN target_users('named') AS n USING (user_id) JOIN target_users('by number') AS i USING (user_id);
SELECT metric FROM evaluate('named', replicates => 0);
SELECT target_users('yes or no', '[1, 2]');

-- Propensities: the chance of the treatment, or with a control that of the user's own arm.
ALTER TABLE mail ADD chance float8, ADD own float8;
UPDATE mail SET chance = 0.66 + 0.01 * b, own = CASE any_mail WHEN 1 THEN 0.66 + 0.01 * b ELSE 0.34 - 0.01 * b END;
SELECT train('yes or no', 'any_mail', NULL, propensity => 'chance') IS NOT NULL, train('by number', 'any_mail', '0', propensity => 'own') IS NOT NULL;
SELECT max(abs(y.uplift - i.uplift)) < 1e-4 AS same FROM target_users('yes or no') AS y JOIN target_users('by number') AS i USING (user_id);
SELECT train('mail', 'segment', 'No E-Mail', propensity => 'own') IS NOT NULL;
SELECT train('mail', 'segment', 'No E-Mail', propensity => 'any_mail');

-- Outcomes that are numbers: a mean for each arm, of which uplift is the difference, in the outcome's unit.
CREATE TABLE spent AS SELECT user_id, a, b, as_enum::text AS segment, 100 + 20 * (draw(user_id, 6) - 0.5) + CASE as_enum WHEN 'Mens E-Mail' THEN 80 * a - 30 WHEN 'Womens E-Mail' THEN 50 - 80 * a ELSE 0 END AS visit FROM mail;
ALTER TABLE spent ADD PRIMARY KEY (user_id);
SELECT train('spent', 'segment', 'No E-Mail', '{"outcome": "number", "dropout": 0.1, "max_epochs": 60}', source => 'spent');
SELECT count(*), avg(abs((uplifts->>'Mens E-Mail')::float8 - (80 * a - 30))) < 3 AS mens, avg(abs((uplifts->>'Womens E-Mail')::float8 - (50 - 80 * a))) < 3 AS womens, count(p_first) + count(p_second) AS probabilities,
	avg((best_arm = CASE WHEN a > 0.5 THEN 'Mens E-Mail' ELSE 'Womens E-Mail' END)::int) > 0.95 AS best, count(*) FILTER (WHERE t.segment IN ('sure_thing', 'lost_cause')) AS guesses, bool_and(targeted = (t.segment IS NOT DISTINCT FROM 'persuadable')) AS decided
FROM target_users('spent', 1, '{"Mens E-Mail": 30, "Womens E-Mail": 20}') AS t JOIN spent USING (user_id);
-- Decisions are worth what the experiment was made with; by one user and by SQL they are the same.
SELECT policy, worth BETWEEN truth - 3 AND truth + 3 AS worth FROM policy_value('spent', 1, '{"Mens E-Mail": 30, "Womens E-Mail": 20}', source => 'spent'),
	(SELECT avg(greatest(80 * a - 60, 30 - 80 * a, 0)) AS truth FROM spent) AS t WHERE policy = 'model';
SELECT max(abs((t.uplifts->>'Mens E-Mail')::float8 - (u.uplifts->>'Mens E-Mail')::float8)) < 1e-3 AS one_user, max(abs((t.uplifts->>'Womens E-Mail')::float8 - (g.uplifts->>'Womens E-Mail')::float8)) < 1e-3 AS by_sql, bool_and(t.arm IS NOT DISTINCT FROM u.arm AND t.arm IS NOT DISTINCT FROM g.arm) AS arms
FROM target_users('spent', 1, 5) AS t JOIN spent AS s USING (user_id), (SELECT export_model('spent') AS weights) AS m, LATERAL uplift('spent', t.user_id, 1, 5) AS u,
	LATERAL (SELECT gnn_input(weights, ARRAY[a, b]) AS h) AS i, LATERAL (SELECT * FROM gnn_heads(weights, gnn_layer(weights, 0, h, NULL), 1, 5)) AS g WHERE t.user_id % 50 = 0 AND abs(t.uplift - 5) > 0.1;
SELECT count(*) FILTER (WHERE metric LIKE 'qini%' AND value > 0.1) AS ranks, count(*) FILTER (WHERE metric LIKE 'mean_predicted%' AND abs(value - baseline) < 5) AS means FROM evaluate('spent', replicates => 0);
-- A user of whom the network makes no number.
INSERT INTO spent VALUES (9001, 3e38, -3e38, 'No E-Mail', 1);
SELECT uplift('spent', 9001);
SELECT explain_uplift('spent', 9001);

-- Is it an experiment? Each arm is compared with all others, and named.
SET client_min_messages = warning;
CREATE VIEW chosen AS SELECT user_id, a, b, visit, CASE WHEN a > 0.6 AND user_id % 2 = 0 THEN 'Mens E-Mail' ELSE as_enum::text END AS segment FROM mail;
SELECT train('chosen', 'segment', 'No E-Mail', source => 'chosen');
-- With the chances that were used it is one.
CREATE VIEW weighted AS SELECT c.*, CASE WHEN c.a > 0.6 AND c.segment = 'Mens E-Mail' THEN 2.0 / 3 WHEN c.a > 0.6 THEN 1.0 / 6 ELSE 1.0 / 3 END AS chance FROM chosen AS c;
SELECT train('chosen', 'segment', 'No E-Mail', source => 'weighted', propensity => 'chance');

-- What cannot be.
SELECT train('m', 'segment', 'No Email');
SELECT train('m', 'chance', '0');
SELECT train('m', 'segment', 'No E-Mail', '{"estimator": "partial_label"}');
SELECT train('m', 'segment', 'No E-Mail', '{"estimator": "three_losses"}');
SELECT train('m', 'as_int', NULL);
CREATE VIEW one_arm AS SELECT user_id, a, b, visit, 'x'::text AS segment FROM mail;
SELECT train('m', 'segment', 'x', source => 'one_arm');
CREATE VIEW very_many AS SELECT user_id, a, b, visit, user_id % 200 AS segment FROM mail;
SELECT train('m', 'segment', '7', source => 'very_many');
SELECT train('m', 'as_int', '2', propensity => 'nowhere');
SELECT count(*) FROM models WHERE model = 'm';

SELECT count(drop_model(model)) FROM models WHERE kind = 'uplift';
DROP VIEW some_mail, one_less, one_more, any_mail, weighted, chosen, one_arm, very_many;
DROP FUNCTION train, apart;
DROP TABLE mail, friend, spent, scores, bought, mail_scores, fewer_scores;
DROP FUNCTION draw;
DROP TYPE mail_arm;
