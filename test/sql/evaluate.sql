-- evaluate() and its relatives. What a model learns differs from machine to machine: only relations between figures are shown.
SET search_path = public, usercls;

-- Sequences: users with an even number buy more every week, the others less; their label says so, noise blurs it.
CREATE TABLE shopping AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts,
       (CASE WHEN u % 2 = 0 THEN w ELSE 12 - w END + 6 * sin(u * 12.9898 + w * 78.233))::float8 AS spend,
       (u * 31 + w * 17) % 5 AS noise,
       CASE WHEN u % 2 = 0 THEN 'up' ELSE 'down' END AS future
FROM generate_series(1, 400) AS u, generate_series(0, 11) AS w;
SELECT r.model, r.version, r.promoted, r.rows_held_out > 0 AS held_out
FROM train_sequence('shop', 'shopping', label_column => 'future', features => '{spend,noise}', window_periods => 8,
                    horizon_periods => 2, hyperparams => '{"hidden_size": 8, "max_epochs": 8}', promote => 'always') AS r;

CREATE TABLE result AS SELECT * FROM evaluate('shop');
SELECT metric, value BETWEEN 0 AND 2 AS in_range, ci_low <= ci_high AS interval, baseline IS NOT NULL AS baseline,
       n = (SELECT rows_held_out FROM versions WHERE model = 'shop') AS all_held_out
FROM result;
-- The model is better than the rules without one.
SELECT bool_and(CASE WHEN metric = 'log_loss' THEN value < baseline ELSE value > baseline END) AS better
FROM result WHERE baseline IS NOT NULL;
-- It finds what the training found.
SELECT metric, abs(r.value - v.value) < 1e-6 AS value, abs(r.baseline - v.baseline) < 1e-6 AS baseline
FROM result r JOIN versions v USING (metric) WHERE model = 'shop';
-- The baseline of log_loss is what the classes' shares among the learned say of the held-out users: more than their entropy.
SELECT abs(e.baseline - avg(-ln((l.n + 1.0) / (l.all + 2)))) < 1e-6 AS as_said, e.baseline >= 0.6931471 AS above_entropy
FROM result e, predictions('shop') p JOIN (SELECT actual, count(*) AS n, sum(count(*)) OVER () AS all FROM predictions('shop', held_out => false) WHERE NOT held_out GROUP BY 1) l USING (actual) WHERE metric = 'log_loss' GROUP BY e.baseline;
-- The same seed gives the same figures; another one other intervals, without replicates there are none.
SELECT count(*) AS differences FROM (SELECT * FROM result EXCEPT SELECT * FROM evaluate('shop')) d;
SELECT count(*) > 0 AS other_intervals FROM (SELECT ci_low FROM result EXCEPT SELECT ci_low FROM evaluate('shop', seed => 7)) d;
SELECT count(ci_low) AS intervals, count(value) AS metrics FROM evaluate('shop', replicates => 0);
-- The confusion matrix counts the same users, and says the same.
SELECT count(*) AS pairs, sum(n) = (SELECT max(n) FROM result) AS all_users,
       abs(sum(n) FILTER (WHERE actual = predicted)::float8 / sum(n) - (SELECT value FROM result WHERE metric = 'accuracy')) < 1e-9 AS accuracy
FROM confusion_matrix('shop');
-- So does the calibration.
SELECT sum(n) = (SELECT max(n) FROM result) AS all_users, bool_and(predicted > lower AND predicted <= upper + 1e-6) AS in_bins,
       abs(sum(n * abs(predicted - observed)) / sum(n) - (SELECT value FROM result WHERE metric = 'ece')) < 1e-9 AS ece
FROM calibration('shop');
-- Another source: all users of it, and the aggregate agrees over predict().
CREATE TABLE others AS SELECT user_id + 1000 AS user_id, ts, spend, noise, future FROM shopping WHERE user_id <= 100;
SELECT n, abs(value - (
	SELECT auc(score('shop', seq, 'up'), truth = 'up')
	FROM (SELECT user_id, min(future) AS truth,
	             sequence_agg(ts, ARRAY[spend, noise], '7 days', e.as_of - interval '56 days', e.as_of) AS seq
	      FROM others, (SELECT as_of FROM versions WHERE model = 'shop') e
	      WHERE ts >= e.as_of - interval '56 days' AND ts < e.as_of GROUP BY user_id) s)) < 1e-5 AS agrees
FROM evaluate('shop', 'others', as_of => (SELECT as_of FROM versions WHERE model = 'shop')) WHERE metric = 'auc(up)';

-- Drift: nothing has changed, then spend has and noise is missing.
SELECT feature, psi, missing_then, missing_now, mean_then = mean_now AS same_mean, n_then = n_now AS same_rows
FROM drift('shop', as_of => (SELECT as_of FROM versions WHERE model = 'shop'));
CREATE VIEW too_large AS SELECT user_id, ts, CASE user_id WHEN 7 THEN 1e300 ELSE spend::float8 END AS spend, noise, future FROM shopping;
SELECT metric FROM evaluate('shop', source => 'too_large');
DROP VIEW too_large;
CREATE TABLE changed AS SELECT user_id, ts, spend + 20 AS spend, NULL::int AS noise, future FROM shopping;
SELECT feature, psi > 0.25 AS drifted, missing_now, round((mean_now - mean_then)::numeric, 1) AS moved
FROM drift('shop', 'changed', as_of => (SELECT as_of FROM versions WHERE model = 'shop'));

-- Explain: a row for each value; one that is missing adds nothing; what is left out of predict()'s answer is what is shown.
CREATE TABLE explained AS SELECT * FROM explain('shop', ARRAY[[6, 2], [5, NULL], [6, 4], [6, 1]], 'up');
SELECT step, feature, value, contribution = 0 AS adds_nothing FROM explained WHERE value IS NULL OR step = 1 ORDER BY step, feature DESC;
SELECT abs(contribution - (score('shop', ARRAY[[6, 2], [5, NULL], [6, 4], [6, 1]], 'up')
                           - score('shop', ARRAY[[6, 2], [5, NULL], [NULL, 4], [6, 1]], 'up'))) < 1e-6 AS as_predicted
FROM explained WHERE step = 3 AND feature = 'spend';
-- Without a class it is the most likely one, whose contributions are those by name.
SELECT bool_and(abs(a.contribution - b.contribution) < 1e-9) AS same, count(*)
FROM explain('shop', ARRAY[[1, 2], [3, 4]]) a
JOIN explain('shop', ARRAY[[1, 2], [3, 4]], (predict('shop', ARRAY[[1, 2], [3, 4]])).label) b USING (step, feature);
SELECT count(*) FROM explain('shop', NULL);

-- Uplift: the treatment works on users with a positive x.
CREATE TABLE trial AS
SELECT u AS user_id, (u * 7919 % 101 - 50) / 50.0 AS x, (u * 104729 % 97) / 97.0 AS z, u % 2 AS treated,
       ((u * 7907 % 1000) / 1000.0 < 0.3 + CASE WHEN u % 2 = 1 AND u * 7919 % 101 > 50 THEN 0.4 ELSE 0 END)::int AS outcome
FROM generate_series(1::bigint, 2000) AS u;
CREATE TABLE friendship AS SELECT u AS src, u % 2000 + 1 AS dst FROM generate_series(1, 2000) AS u;
-- Whether it ranks is the mean of several seeds' answer: one held-out part of 400 users says little.
CREATE TABLE ranks (seed int, qini float8);
DO $$
BEGIN
	FOR s IN 43..46 LOOP
		PERFORM 1 FROM train_uplift('offer', 'trial', 'friendship', hyperparams => '{"hidden_size": 8, "max_epochs": 60}', promote => 'always', seed => s);
		INSERT INTO ranks SELECT s, value FROM evaluate('offer') WHERE metric = 'qini';
	END LOOP;
	PERFORM usercls.drop_model('offer');
END $$;
SELECT r.model, r.version, r.promoted, r.rows_held_out > 0 AS held_out
FROM train_uplift('offer', 'trial', 'friendship', hyperparams => '{"hidden_size": 8, "max_epochs": 60}', promote => 'always') AS r;
CREATE TABLE effect AS SELECT * FROM evaluate('offer');
SELECT metric, value IS NOT NULL AS defined, ci_low <= ci_high AS interval, baseline IS NOT NULL AS baseline,
       n = (SELECT rows_held_out FROM versions WHERE model = 'offer') AS all_held_out
FROM effect;
-- Every value lies in its interval, of twenty parts of the experiment, too, of which each measures little.
CREATE VIEW one_part AS SELECT * FROM trial WHERE abs(hashint8extended(user_id, current_setting('test.part')::int)) % 8 = 0;
CREATE TABLE intervals AS SELECT * FROM result UNION ALL SELECT * FROM effect;
DO $$ BEGIN
	FOR p IN 1..20 LOOP
		PERFORM set_config('test.part', p::text, false);
		INSERT INTO intervals SELECT * FROM evaluate('offer', 'one_part');
	END LOOP;
END $$;
SELECT metric, count(*) AS outside FROM intervals WHERE value NOT BETWEEN ci_low AND ci_high GROUP BY 1;
SELECT count(*) AS parts, bool_and(value >= 0) AS positive, count(ci_low) AS intervals FROM intervals WHERE metric = 'calibration_error';
DROP TABLE intervals;
DROP VIEW one_part;
INSERT INTO ranks SELECT 42, value FROM effect WHERE metric = 'qini';
SELECT count(*), avg(qini) > 0.1 AS ranks FROM ranks;
SELECT count(*) AS differences FROM (SELECT * FROM effect EXCEPT SELECT * FROM evaluate('offer')) d;
SELECT metric, abs(r.value - v.value) < 1e-6 AS value FROM effect r JOIN versions v USING (metric) WHERE model = 'offer';
-- Over the whole experiment the aggregates agree.
CREATE TABLE whole AS SELECT * FROM evaluate('offer', 'trial', replicates => 0);
SELECT metric, n, abs(value - CASE metric
	WHEN 'qini' THEN (SELECT qini(uplift, treated, outcome) FROM target_users('offer') JOIN trial USING (user_id))
	WHEN 'auuc' THEN (SELECT auuc(uplift, treated, outcome) FROM target_users('offer') JOIN trial USING (user_id))
	WHEN 'mean_predicted' THEN (SELECT avg(uplift) FROM target_users('offer'))
	WHEN 'mean_effect' THEN (SELECT avg(outcome) FILTER (WHERE treated = 1) - avg(outcome) FILTER (WHERE treated = 0) FROM trial)
	END) < 1e-5 AS agrees
FROM whole WHERE metric IN ('qini', 'auuc', 'mean_predicted', 'mean_effect');
-- The curve begins and ends where it must; deciles hold all users, from the best down.
SELECT count(*) BETWEEN 2 AND 21 AS points, min(share) AS first, max(share) AS last,
       (array_agg(incremental ORDER BY share))[1] AS starts_at, bool_and(random <= (SELECT max(c.random) FROM qini_curve('offer') c)) AS rises,
       max(users) = (SELECT max(n) FROM effect) AS all_users
FROM qini_curve('offer', points => 20);
SELECT count(*) AS groups, sum(users) = (SELECT max(n) FROM effect) AS all_users, sum(treated) < sum(users) AS arms,
       bool_and(abs(effect - (outcome_treated - outcome_untreated)) < 1e-9) AS effects,
       bool_and(predicted BETWEEN lowest AND highest) AS within, bool_and(standard_error > 0) AS errors
FROM uplift_by_decile('offer', groups => 5);
SELECT bool_and(lead IS NULL OR lead <= lowest + 1e-9) AS falling
FROM (SELECT lowest, lead(highest) OVER (ORDER BY decile) FROM uplift_by_decile('offer')) d;
SELECT count(*) AS bins, sum(n) = (SELECT max(n) FROM effect) AS all_users FROM calibration('offer');
CREATE TABLE today AS SELECT user_id, x + 3 AS x, z, treated, outcome FROM trial;
SELECT feature, psi > 0.25 AS drifted FROM drift('offer', 'today') ORDER BY feature;
BEGIN;
ALTER TABLE friendship RENAME TO gone; -- drift reads users alone
CREATE VIEW friendship AS SELECT 1 / (src - src) AS src, dst FROM gone;
SELECT count(*) FROM drift('offer', 'today');
ROLLBACK;

-- Errors.
SELECT * FROM evaluate('shopp');
SELECT * FROM evaluate(NULL);
SELECT * FROM evaluate('shop', version => 9);
SELECT * FROM evaluate('shop', replicates => -1);
SELECT * FROM evaluate('shop', replicates => NULL);
SELECT * FROM confusion_matrix('offer');
SELECT * FROM qini_curve('shop');
SELECT predict(export_model('offer'), ARRAY[[1]]::float8[]);
SELECT gnn_input(export_model('shop'), ARRAY[1]::float8[]);
SELECT * FROM qini_curve('offer', points => 0);
SELECT * FROM uplift_by_decile('offer', groups => 0);
SELECT * FROM drift('offer');
SELECT * FROM explain('shop', ARRAY[1, 2, 3]);
SELECT * FROM explain('shop', ARRAY[[1, 2], [3, 4]], 'upp');
SELECT * FROM explain('offer', ARRAY[[1, 2], [3, 4]]);
SELECT * FROM evaluate('offer', 'others');
CREATE TABLE nobody (LIKE trial);
SELECT * FROM evaluate('offer', 'nobody');
CREATE TABLE treated_only AS SELECT * FROM trial WHERE treated = 1;
SELECT * FROM evaluate('offer', 'treated_only');
CREATE TABLE unlabeled AS SELECT user_id, ts, spend, noise, NULL::text AS future FROM shopping;
SELECT * FROM evaluate('shop', 'unlabeled');
SELECT r.rows_held_out FROM train_sequence('no_rest', 'shopping', label_column => 'future', features => '{spend}',
	window_periods => 8, horizon_periods => 2, hyperparams => '{"hidden_size": 8, "max_epochs": 1}', validation => '{"method": "none"}', promote => 'always') AS r;
SELECT * FROM evaluate('no_rest');
-- An imported model does not say where its input comes from.
SELECT import_model('imported', export_model('shop'), promote => 'always') AS version;
SELECT * FROM evaluate('imported');
SELECT * FROM classify_users('imported');
SELECT import_model('imported', export_model('shop'), spec => '["users"]');
-- A spec that does not belong to the weights is noticed before they are used.
CREATE VIEW spec AS SELECT name, spec FROM model_version JOIN model USING (model_id);
SELECT import_model('misfit', export_model('shop'), promote => 'always', spec => (SELECT jsonb_set(spec, '{features}', '["spend"]') FROM spec WHERE name = 'shop')) AS version;
SELECT * FROM evaluate('misfit');
SELECT * FROM classify_users('misfit');
SELECT import_model('misfit', export_model('shop'), promote => 'always', spec => (SELECT jsonb_set(spec, '{features}', '["noise","spend"]') FROM spec WHERE name = 'shop')) AS version;
SELECT * FROM evaluate('misfit');
SELECT import_model('misfit', export_model('shop'), promote => 'always', spec => (SELECT spec FROM spec WHERE name = 'shop')) AS version;
SELECT count(*) FROM evaluate('misfit');
SELECT * FROM drift('misfit');
SELECT import_model('misfit_graph', export_model('offer'), promote => 'always', spec => (SELECT jsonb_set(spec, '{features}', '["x"]') FROM spec WHERE name = 'offer')) AS version;
SELECT * FROM target_users('misfit_graph');
SELECT * FROM uplift('misfit_graph', 1);
SELECT * FROM evaluate('misfit_graph');
SELECT import_model('misfit_graph', export_model('offer'), promote => 'always', spec => '{"users": 1}') AS version;
SELECT * FROM target_users('misfit_graph');
SELECT import_model('misfit', export_model('shop'), promote => 'always', spec => (SELECT jsonb_set(spec, '{source}', '"1"') FROM spec WHERE name = 'shop')) AS version;
SELECT * FROM classify_users('misfit');
-- Hyperparameters that do not belong together.
SELECT import_model('misfit_graph', export_model('offer'), promote => 'always', spec => (SELECT jsonb_set(spec, '{hyperparams,heads}', '3') FROM spec WHERE name = 'offer')) AS version;
CALL retrain('misfit_graph', warm_start => false);
-- Users who are there when another model says so of them.
CREATE TABLE lonely AS SELECT * FROM trial ORDER BY user_id LIMIT 1;
CREATE TABLE nobodys AS SELECT * FROM friendship LIMIT 0;
CREATE INDEX ON nobodys (src);
CREATE INDEX ON nobodys (dst);
DO $$ BEGIN
	FOR i IN REVERSE 10..1 LOOP
		EXECUTE format('CREATE VIEW lonely_%s AS SELECT * FROM lonely', i) ||
			CASE WHEN i < 10 THEN format(' WHERE (uplift(''lonely_%s'', user_id)).uplift IS NOT NULL', i + 1) ELSE '' END;
		PERFORM import_model('lonely_' || i, export_model('offer'), promote => 'always', spec => (
			SELECT spec || jsonb_build_object('users', 'lonely_' || i, 'edges', 'nobodys') FROM spec WHERE name = 'offer'));
	END LOOP;
END $$;
SELECT uplift IS NOT NULL AS answered FROM lonely, LATERAL uplift('lonely_3', user_id);
SELECT uplift IS NOT NULL AS answered FROM lonely, LATERAL uplift('lonely_2', user_id);
SELECT uplift IS NOT NULL AS answered FROM lonely, LATERAL uplift('lonely_3', user_id);
SELECT drop_model('lonely_' || i) FROM generate_series(1, 10) AS i;
\set VERBOSITY terse
DROP TABLE lonely CASCADE;
\set VERBOSITY default
DROP TABLE nobodys;
-- Users whose ids are others each time one looks.
CREATE FUNCTION shift() RETURNS int STABLE LANGUAGE plpgsql
AS $$ BEGIN RETURN CASE WHEN random() < 0.9 THEN 0 ELSE random() * 1e6 END; END $$;
CREATE VIEW shifted AS SELECT user_id + shift() AS user_id, x, z FROM trial, generate_series(1, 3) WHERE user_id <= 20;
SELECT import_model('shifted', export_model('offer'), promote => 'always', spec => (SELECT jsonb_set(spec, '{users}', '"shifted"') FROM spec WHERE name = 'offer')) AS version;
SET client_min_messages = warning;
SELECT count(uplift('shifted', u)) > 0 AS some FROM generate_series(1, 20) AS u;
RESET client_min_messages;
SELECT drop_model('shifted');
DROP VIEW shifted;
DROP FUNCTION shift();
-- Users who are more or fewer when the promoted version, which reads another column, is measured.
CREATE FUNCTION least_id() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN random() * 2000; END $$;
CREATE VIEW changing AS SELECT * FROM trial WHERE user_id > least_id();
SELECT version FROM train_uplift('changing', 'changing', 'friendship', features => '{x}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT version FROM train_uplift('changing', 'changing', 'friendship', features => '{z}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT drop_model('changing');
DROP VIEW changing;
DROP FUNCTION least_id();
DROP VIEW spec;
-- Cancelled in the middle of a million replicates' worth of work.
\set SHOW_CONTEXT never
SET statement_timeout = '200ms';
SELECT count(*) FROM evaluate('offer', 'trial', replicates => 100000);
RESET statement_timeout;
-- Who may not train a model may not evaluate it.
CREATE ROLE usercls_stranger;
SET ROLE usercls_stranger;
SELECT * FROM evaluate('shop');
RESET ROLE;
DROP ROLE usercls_stranger;

SELECT drop_model(model) FROM unnest('{shop,offer,no_rest,imported,misfit,misfit_graph}'::text[]) AS model;
DROP TABLE shopping, result, others, changed, explained, trial, friendship, effect, whole, today, nobody, treated_only, unlabeled;
