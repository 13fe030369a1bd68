-- Made from docs/dashboard.md by scripts/readme-sql; what it learns is run without printing it.

SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE TABLE invoice (number text, customer bigint, country text, at timestamptz, lines int, quantity int, amount float8);
\copy invoice FROM 'demo/data/online_retail/invoices.csv' CSV HEADER
SELECT model FROM usercls.train_sequence('leaves', 'invoice', user_column => 'customer', time_column => 'at', outcome => 'count(*) = 0', features => '{amount,lines,count(*)}', period => '14 days', as_of => '2011-10-14', hyperparams => '{"max_epochs": 2}', promote => 'always');

CREATE VIEW customer AS
SELECT customer AS user_id, CASE WHEN min(country) IN ('United Kingdom', 'Germany', 'France', 'Spain', 'Belgium') THEN min(country) ELSE 'elsewhere' END AS segment,
       sum(amount) AS spent, max(at) AS last_order
FROM invoice GROUP BY customer;

\o /dev/null
CREATE TABLE risk_by_week AS
SELECT week, segment, count(*) AS users, sum(probabilities[2]) AS expected_to_leave, avg(probabilities[2]) AS risk
FROM generate_series(timestamptz '2011-10-17', '2011-12-05', '7 days') AS week
CROSS JOIN LATERAL usercls.classify_users('leaves', week) JOIN customer USING (user_id) GROUP BY week, segment;
\o

\o /dev/null
CALL usercls.refresh_scores('leaves', 'leaves_scores', class => 'true', threshold => 0.7);

CREATE MATERIALIZED VIEW call_list AS
SELECT rank, user_id, segment, score, spent, last_order, reasons
FROM (SELECT * FROM leaves_scores JOIN customer USING (user_id) WHERE marked AND spent > 1000 ORDER BY rank LIMIT 25) AS first
CROSS JOIN LATERAL (SELECT string_agg(reason, '; ') AS reasons FROM usercls.explain_user('leaves', user_id, 'true', 3)) AS why;
\o

\o /dev/null
CREATE MATERIALIZED VIEW model_health AS
SELECT m.model, m.promoted_version, m.promoted_at, m.metric, m.value, m.baseline, d.feature, d.psi,
       CASE WHEN d.psi > 0.25 THEN 'train again' WHEN d.psi > 0.1 THEN 'watch' ELSE 'as trained' END AS drift
FROM usercls.models AS m CROSS JOIN LATERAL usercls.drift(m.model) AS d WHERE m.model = 'leaves';
\o

CREATE ROLE bi;
GRANT SELECT ON customer, risk_by_week, leaves_scores, call_list, model_health TO bi;
SET ROLE bi;
SELECT count(DISTINCT segment) AS segments, min(week)::date AS first, max(week)::date AS last FROM risk_by_week;
SELECT count(*) > 0 AS listed, bool_and(reasons <> '') AS with_reasons FROM call_list;
SELECT model, count(*) AS features, bool_and(drift IS NOT NULL) AS judged FROM model_health GROUP BY model;
RESET ROLE;

DROP MATERIALIZED VIEW call_list, model_health;
DROP VIEW customer;
DROP TABLE invoice, risk_by_week, leaves_scores;
DROP ROLE bi;
SELECT usercls.drop_model('leaves');
