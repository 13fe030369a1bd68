-- Which trend will a customer's spending have eight weeks from now? Learned on one date, asked eight weeks later.
--
-- psql variables: seeds, and options (more arguments of train_sequence). Run by bench/accuracy/retail.
--
-- On 2011-08-20 and again on 2011-10-15 the 24 weeks before are read, twelve periods of two weeks. The label is the trend
-- of the 24 weeks that end eight weeks later, as in the demo (six periods of four weeks, cut points 1 and -1; who has not
-- bought in them is stable). The first date's labels are complete on the second: nothing of the future is learned from.
\set ON_ERROR_STOP 1
\pset pager off
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION usercls;
CREATE SCHEMA retail;
SET search_path = retail, usercls, public;
SET timezone = 'UTC';

CREATE TABLE invoice (
	invoice text, user_id bigint, country text, ts timestamptz, lines int, quantity int, amount float8);
\copy invoice FROM 'demo/data/online_retail/invoices.csv' CSV HEADER

CREATE TABLE snapshot AS
SELECT * FROM (VALUES ('past', timestamptz '2011-08-20'), ('today', '2011-10-15')) AS s(name, as_of);

-- The customers who bought in the 24 weeks before a date: today's label, and the one eight weeks later.
CREATE TABLE customer AS
SELECT s.name, s.as_of, user_id,
       label(trend_agg(ts, amount, '28 days', as_of - interval '168 days', as_of) FILTER (WHERE ts < as_of), 1, -1)::text
           AS now,
       coalesce(label(trend_agg(ts, amount, '28 days', as_of - interval '112 days', as_of + interval '56 days')
           FILTER (WHERE ts >= as_of - interval '112 days'), 1, -1), 'stable')::text AS truth
FROM snapshot AS s JOIN invoice ON ts >= as_of - interval '168 days' AND ts < as_of + interval '56 days'
GROUP BY s.name, s.as_of, user_id
HAVING bool_or(ts < as_of);

CREATE VIEW history AS
SELECT name, user_id, ts, sign(amount) * ln(1 + abs(amount)) AS spend, 1 AS orders, ln(lines + 1) AS lines, truth
FROM customer JOIN invoice USING (user_id) WHERE ts >= as_of - interval '168 days' AND ts < as_of;
CREATE VIEW past AS SELECT * FROM history WHERE name = 'past';
CREATE TABLE today AS
SELECT user_id, now, truth, sequence_agg(ts, ARRAY[spend, orders, lines], '14 days', '2011-04-30', '2011-10-15') AS seq
FROM history JOIN customer USING (name, user_id, truth) WHERE name = 'today' GROUP BY user_id, now, truth;

SELECT name, truth AS label, count(*) AS customers, count(*) FILTER (WHERE now = truth) AS same_label_as_today
FROM customer GROUP BY name, truth ORDER BY name, truth;

-- Probabilities of a rule: the shares of the next label in the past, of all customers or of those with the same label.
CREATE TABLE answer (rule text, seed int, user_id bigint, truth text, answer text, probability jsonb);
INSERT INTO answer
SELECT 'label carried forward', 0, user_id, truth, now,
       (SELECT jsonb_object_agg(truth, share) FROM (
           SELECT p.truth, count(*) / sum(count(*)) OVER () AS share
           FROM customer AS p WHERE p.name = 'past' AND p.now = today.now GROUP BY p.truth) AS shares)
FROM today;
INSERT INTO answer
SELECT 'majority and shares', 0, user_id, truth, (SELECT mode() WITHIN GROUP (ORDER BY truth) FROM customer WHERE name = 'past'),
       (SELECT jsonb_object_agg(truth, share) FROM (
           SELECT truth, count(*) / sum(count(*)) OVER () AS share FROM customer WHERE name = 'past' GROUP BY truth) AS shares)
FROM today;

SELECT format($$SELECT version AS seed, best_epoch, round(value::numeric, 3) AS macro_f1_of_customers_held_out
	FROM train_sequence('retail', 'past', label_column => 'truth', features => '{spend,orders,lines}',
	period => '14 days', window_periods => 12, as_of => '2011-08-20', promote => 'always', seed => %1$s, %2$s)$$,
	seed, :'options'),
	format($$INSERT INTO answer SELECT 'model', %1$s, user_id, truth, label,
		(SELECT jsonb_object_agg(class, score('retail', seq, class)) FROM unnest('{high_risk,stable,potential}'::text[]) AS class)
	FROM today CROSS JOIN LATERAL predict('retail', seq) AS p$$, seed)
FROM generate_series(1, :seeds) AS seed \gexec

CREATE VIEW metric AS
WITH class AS (
	SELECT rule, seed, class, 2.0 * count(*) FILTER (WHERE truth = class AND answer = class)
	       / nullif(count(*) FILTER (WHERE truth = class) + count(*) FILTER (WHERE answer = class), 0) AS f1
	FROM answer CROSS JOIN unnest('{high_risk,stable,potential}'::text[]) AS class GROUP BY rule, seed, class
), user_level AS (
	SELECT *, (SELECT max(value::float8) FROM jsonb_each_text(probability)) AS confidence,
	       (SELECT key FROM jsonb_each_text(probability) ORDER BY value::float8 DESC, key LIMIT 1) AS likeliest
	FROM answer
), bin AS (
	SELECT rule, seed, abs(sum((likeliest = truth)::int) - sum(confidence)) AS miss
	FROM user_level GROUP BY rule, seed, least(floor(confidence * 15), 14)
)
SELECT rule, seed, (SELECT avg(f1) FROM class AS c WHERE c.rule = u.rule AND c.seed = u.seed) AS macro_f1,
       avg((answer = truth)::int) AS accuracy, avg(-ln(greatest((probability ->> truth)::float8, 1e-15))) AS log_loss,
       (SELECT sum(miss) FROM bin AS b WHERE b.rule = u.rule AND b.seed = u.seed) / count(*) AS ece, count(*) AS customers
FROM user_level AS u GROUP BY rule, seed;

\echo 'Mean (and sd over seeds):'
SELECT rule, count(*) AS seeds, round(avg(macro_f1)::numeric, 3) AS macro_f1, round(stddev_samp(macro_f1)::numeric, 3) AS "sd f1",
       round(avg(accuracy)::numeric, 3) AS accuracy, round(avg(log_loss)::numeric, 4) AS log_loss,
       round(stddev_samp(log_loss)::numeric, 4) AS "sd loss", round(avg(ece)::numeric, 3) AS ece,
       round(stddev_samp(ece)::numeric, 3) AS "sd ece", round(max(ece)::numeric, 3) AS "worst ece", min(customers) AS customers
FROM metric GROUP BY rule ORDER BY rule = 'model' DESC, rule;
