\echo
\echo '=== 1. The data: one customer base with invoices, one experiment among households who know each other'
\echo
CREATE EXTENSION usercls;
CREATE SCHEMA demo;
SET search_path = demo, usercls, public;
SET timezone = 'UTC';

CREATE TABLE invoice (
	invoice text, user_id bigint, country text, ts timestamptz, lines int, quantity int, amount float8);
\copy invoice FROM 'demo/data/online_retail/invoices.csv' CSV HEADER

CREATE TABLE household (
	user_id bigint PRIMARY KEY, address text, region int, village text, takeup int, age float8, agpop float8, educ float8,
	rice_inc float8, ricearea_2010 float8, disaster_loss float8, insurance_repay float8, insurance_buy float8,
	disaster_prob float8, general_trust float8, male float8, by_default float8, delay float8, intensive float8,
	info_takeup_rate float8, info_takeup_list float8, info_none float8, understanding float8, day float8,
	risk_averse float8, literacy float8, educ_good float8, reveal float8, disaster_yes float8);
\copy household FROM 'demo/data/cai2015_insurance/households.csv' CSV HEADER
CREATE TABLE friend (src bigint, dst bigint);
\copy friend FROM 'demo/data/cai2015_insurance/edges.csv' CSV HEADER
ANALYZE;

SELECT count(*) AS invoices, count(DISTINCT user_id) AS customers, min(ts)::date AS first, max(ts)::date AS last
FROM invoice;
SELECT (SELECT count(*) FROM household) AS households, (SELECT count(*) FROM friend) AS friendships,
       count(*) AS in_the_experiment, sum(intensive) AS treated,
       round((avg(takeup) FILTER (WHERE intensive = 1) - avg(takeup) FILTER (WHERE intensive = 0))::numeric, 4)
           AS effect_of_treatment
FROM household WHERE delay = 0;
