-- What does it do to learn and score customers who have bought nothing in the window, beside those who have?
--
-- psql variable: seeds. Run by bench/accuracy/retail. On 2011-08-20 and again on 2011-10-15: 24 weeks before are read,
-- in twelve periods; the question is whether the customer buys in the eight weeks after. Learned on the first date with
-- active_only false ('all') and true ('active'), asked on the second; of who is silent the model of 'active' is told the same empty period.
\set ON_ERROR_STOP 1
\pset pager off
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS usercls;
CREATE SCHEMA silent;
SET search_path = silent, usercls, public;
SET timezone = 'UTC';

CREATE TABLE invoice (
	invoice text, user_id bigint, country text, ts timestamptz, lines int, quantity int, amount float8);
\copy invoice FROM 'demo/data/online_retail/invoices.csv' CSV HEADER

CREATE TABLE customer AS
SELECT as_of, user_id, max(ts) FILTER (WHERE ts < as_of) < as_of - interval '168 days' AS silent, bool_or(ts >= as_of) AS buys
FROM (VALUES (timestamptz '2011-08-20'), ('2011-10-15')) AS s(as_of) JOIN invoice ON ts < as_of + interval '56 days'
GROUP BY as_of, user_id HAVING bool_or(ts < as_of);
CREATE VIEW past AS
SELECT user_id, ts, sign(amount) * ln(1 + abs(amount)) AS spend, 1 AS orders, ln(lines + 1) AS lines, buys
FROM customer JOIN invoice USING (user_id) WHERE as_of = '2011-08-20' AND ts < as_of;
CREATE TABLE today AS
SELECT user_id, silent, buys, sequence_agg(ts, ARRAY[spend, orders, lines], '14 days', as_of - interval '168 days', as_of) AS seq
FROM customer JOIN (SELECT user_id, ts, sign(amount) * ln(1 + abs(amount)) AS spend, 1 AS orders, ln(lines + 1) AS lines FROM invoice) AS i USING (user_id)
WHERE as_of = '2011-10-15' AND ts < as_of GROUP BY user_id, silent, buys;
SELECT as_of::date, silent, count(*) AS customers, round(avg(buys::int), 3) AS buy FROM customer GROUP BY 1, 2 ORDER BY 1, 2;

CREATE TABLE answer (users text, seed int, silent boolean, buys boolean, p float8);
SELECT format($$SELECT version FROM train_sequence('silent_%2$s', 'past', label_column => 'buys', features => '{spend,orders,lines}',
	period => '14 days', as_of => '2011-08-20', promote => 'always', seed => %1$s, active_only => %3$L)$$, seed, users, users = 'active'),
	format($$INSERT INTO answer SELECT %2$L, %1$s, silent, buys,
	       score('silent_%2$s', coalesce(seq, array_fill(NULL::float8, ARRAY[1, 3])), 'true') FROM today$$, seed, users)
FROM generate_series(1, :seeds) AS seed, unnest('{all,active}'::text[]) AS users \gexec

\echo 'Mean over seeds (standard deviation):'
SELECT silent, users, format('%s (%s)', round(avg(auc)::numeric, 3), round(stddev_samp(auc)::numeric, 3)) AS auc,
       format('%s (%s)', round(avg(log_loss)::numeric, 4), round(stddev_samp(log_loss)::numeric, 4)) AS log_loss,
       round(avg(predicted)::numeric, 3) AS predicted, round(avg(observed)::numeric, 3) AS observed, max(customers) AS customers
FROM (SELECT silent, users, seed, auc(p, buys), log_loss(p, buys), avg(p) AS predicted, avg(buys::int) AS observed, count(*) AS customers
      FROM answer GROUP BY GROUPING SETS ((silent, users, seed), (users, seed))) AS s
GROUP BY silent, users ORDER BY silent NULLS LAST, users;
