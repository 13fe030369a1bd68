-- Made from docs/first-hour.md by scripts/readme-sql; what it learns is run without printing it.

CREATE EXTENSION IF NOT EXISTS usercls;
CREATE TABLE invoice (number text, customer bigint, country text, at timestamptz, lines int, quantity int, amount float8);
SET timezone = 'UTC';
\copy invoice FROM 'demo/data/online_retail/invoices.csv' CSV HEADER
ANALYZE invoice;

SELECT count(*) AS invoices, count(DISTINCT customer) AS customers, min(at)::date AS first, max(at)::date AS last FROM invoice;

SELECT usercls.label(trend), count(*)
FROM (SELECT usercls.trend_agg(at, amount, '1 month', '2010-12-01', '2011-12-01') AS trend FROM invoice GROUP BY customer) AS c
GROUP BY 1 ORDER BY 2 DESC;

SELECT usercls.label(trend, ARRAY[-4, -1, 2, 5])::usercls.trend_label AS label, count(*)
FROM (SELECT usercls.trend_agg(at, amount, '1 month', '2010-12-01', '2011-12-01') AS trend FROM invoice GROUP BY customer) AS c
GROUP BY 1 ORDER BY 1;

SELECT period, trend_rule, changing, high_risk, stable, potential, usable
FROM usercls.label_summary('invoice', 'amount', 'customer', 'at', '{1 month,3 months}', 8, '2011-12-01') LIMIT 4;

SELECT customer, usercls.spark(trend), usercls.net_sign(trend)
FROM (SELECT customer, usercls.trend_agg(at, amount, '1 month', '2010-12-01', '2011-12-01') AS trend FROM invoice GROUP BY customer) AS c
ORDER BY usercls.net_sign(trend), customer LIMIT 3;

\o /dev/null
SELECT version, promoted, value, baseline, users, active, silent
FROM usercls.train_sequence('leaves', 'invoice', user_column => 'customer', time_column => 'at', outcome => 'count(*) = 0',
       features => '{amount,lines,count(*)}', period => '14 days', horizon_periods => 4, as_of => '2011-10-14', cutoffs => '2');
\o

\o /dev/null
SELECT epoch, train_loss, held_out_loss FROM usercls.training_epochs WHERE model = 'leaves' ORDER BY epoch;
\o

\o /dev/null
SELECT metric, value, ci_low, ci_high, baseline FROM usercls.evaluate('leaves');
\o

\o /dev/null
SELECT 'calibration' AS of, predicted AS x, observed AS y FROM usercls.calibration('leaves', by_class => true) WHERE class = 'true'
UNION ALL SELECT 'lift', share, lift FROM usercls.lift_curve('leaves', 'true', points => 10) ORDER BY 1, 2;
\o

SELECT usercls.report('leaves') LIKE '<!DOCTYPE html>%</html>' AS a_page;

\o /dev/null
SELECT threshold, ci_low, ci_high, marked, precision, recall FROM usercls.threshold('leaves', 'true', min_precision => 0.8);
\o

\o /dev/null
SELECT user_id, probabilities[2] AS leaves FROM usercls.classify_users('leaves') ORDER BY 2 DESC, 1 LIMIT 20;
\o

\o /dev/null
SELECT reason, contribution FROM usercls.explain_user('leaves', 17850, 'true');
\o

\o /dev/null
SELECT user_id, round(leaves::numeric, 2) AS leaves, reasons
FROM (SELECT user_id, probabilities[2] AS leaves FROM usercls.classify_users('leaves') ORDER BY 2 DESC, 1 LIMIT 20) AS first
CROSS JOIN LATERAL (SELECT string_agg(reason, '; ') AS reasons FROM usercls.explain_user('leaves', user_id, 'true', top => 3)) AS why;
\o

\o /dev/null
SELECT version, promoted, reason
FROM usercls.train_sequence('leaves', 'invoice', user_column => 'customer', time_column => 'at', outcome => 'count(*) = 0',
       features => '{amount,lines,count(*)}', period => '14 days', horizon_periods => 4, as_of => '2011-10-14', cutoffs => '2',
       architecture => 'minirocket', comment => 'another architecture');
SELECT * FROM usercls.compare('leaves', 1, 2);
\o

\o /dev/null
SELECT feature, psi, mean_then, mean_now FROM usercls.drift('leaves') ORDER BY psi DESC;
\o

CREATE TABLE household (id bigint, address text, region int, village text, took_it int, age float8, agpop float8, educ float8, rice_inc float8,
	area float8, disaster_loss float8, repay float8, buy float8, disaster_prob float8, trust float8, male float8, by_default float8, delay float8,
	intensive float8, info_rate float8, info_list float8, info_none float8, understanding float8, day float8, risk_averse float8,
	literacy float8, educ_good float8, reveal float8, disaster_yes float8);
\copy household FROM 'demo/data/cai2015_insurance/households.csv' CSV HEADER
CREATE TABLE friend (src bigint, dst bigint);
\copy friend FROM 'demo/data/cai2015_insurance/edges.csv' CSV HEADER
CREATE INDEX ON friend (src);
CREATE INDEX ON friend (dst);
CREATE VIEW experiment AS SELECT id, age, educ, male, rice_inc, literacy, risk_averse, CASE delay WHEN 0 THEN intensive END AS treated, CASE delay WHEN 0 THEN took_it END AS outcome FROM household;

\o /dev/null
SELECT version, metric, value FROM usercls.train_uplift('session', 'experiment', 'friend', user_column => 'id', hyperparams => '{"max_epochs": 30}', promote => 'always');
\o

\o /dev/null
SELECT rank, user_id, uplift, segment FROM usercls.target_users('session') ORDER BY rank LIMIT 10;
\o

\o /dev/null
SELECT feature, friend, attention, contribution, reason FROM usercls.explain_uplift('session', 22211310::bigint);
\o

SELECT usercls.drop_model(model) FROM unnest('{leaves,session}'::text[]) AS model;
DROP VIEW experiment;
DROP TABLE invoice, household, friend;
