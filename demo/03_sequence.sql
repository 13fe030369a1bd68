\echo
\echo '=== 3. A sequence model: which label will a customer have eight weeks from now?'
\echo
-- The model reads the 24 weeks before 2011-10-15, twelve periods of two weeks. It learns the label of section 2: that
-- of the 24 weeks that end eight weeks later. Who has not bought in those is stable: nothing rises, nothing falls.
-- A customer whose number ends in 7, 8 or 9 is kept for the test: no training ever sees that customer.
CREATE VIEW history AS
SELECT user_id, ts, amount, sign(amount) * ln(1 + abs(amount)) AS spend, 1 AS orders, ln(lines + 1) AS lines,
       coalesce(label(trend, 1, -1), 'stable')::text AS next_label
FROM invoice LEFT JOIN customer USING (user_id);
CREATE VIEW history_to_learn AS SELECT * FROM history WHERE user_id % 10 < 7;

\echo 'Training (LSTM by defaults, best epoch on held-out customers kept):'
\echo
SELECT version, metric, round(value::numeric, 3) AS value, round(baseline::numeric, 3) AS baseline, best_epoch, epochs,
       rows_train, rows_held_out, classes
FROM train_sequence('retail', 'history_to_learn', label_column => 'next_label',
                    features => '{spend,orders,lines}', period => '14 days', window_periods => 12, as_of => '2011-10-15',
                    architecture => 'lstm',
                    promote => 'always',
                    comment => 'demo: trend of spending eight weeks ahead');

-- The customers that were kept apart, as they were on 2011-10-15, and what was true eight weeks later.
CREATE TABLE test AS
SELECT user_id, next_label AS truth, risk, p.label AS model, 'stable' AS majority,
       label(now, 1, -1)::text AS carried_forward
FROM (SELECT user_id, next_label, trend_agg(ts, amount, '28 days', '2011-04-30', '2011-10-15') AS now,
             sequence_agg(ts, ARRAY[spend, orders, lines], '14 days', '2011-04-30', '2011-10-15') AS seq
      FROM history
      WHERE ts >= '2011-04-30' AND ts < '2011-10-15' AND user_id % 10 >= 7
      GROUP BY user_id, next_label) customer
CROSS JOIN LATERAL predict('retail', seq) AS p
CROSS JOIN LATERAL score('retail', seq, 'high_risk') AS risk;

\echo 'The model on the customers that were kept apart, against two rules that need no model:'
\echo
WITH answer AS (
	SELECT truth, r.* FROM test,
	LATERAL (VALUES (1, 'LSTM', model), (2, 'today''s trend carried forward', carried_forward), (3, 'majority class', majority))
		AS r(n, rule, answer)
), counted AS (
	SELECT n, rule, c.class, count(*) FILTER (WHERE truth = c.class AND answer = c.class) AS hits,
	       count(*) FILTER (WHERE truth = c.class) AS are, count(*) FILTER (WHERE answer = c.class) AS said
	FROM answer, unnest('{high_risk,stable,potential}'::text[]) AS c(class) GROUP BY n, rule, c.class
)
SELECT rule, sum(are) AS customers, round(sum(hits) / sum(are), 3) AS accuracy,
       round(avg(2.0 * hits / (are + said)), 3) AS macro_f1,
       CASE n WHEN 1 THEN (SELECT round(auc(risk, truth = 'high_risk')::numeric, 3) FROM test) END AS auc_high_risk
FROM counted GROUP BY n, rule ORDER BY n;

\echo 'Who is at risk today? One query: label, score, threshold, rank.'
\echo
\set ECHO queries
SELECT rank() OVER (ORDER BY risk DESC), user_id, round(risk::numeric, 3) AS risk, label(trend, 1, -1) AS trend_now, pounds
FROM (SELECT user_id, trend_agg(ts, amount, '28 days', '2011-06-25', '2011-12-10') AS trend,
             sequence_agg(ts, ARRAY[spend, orders, lines], '14 days', '2011-06-25', '2011-12-10') AS seq,
             sum(amount)::int AS pounds
      FROM history WHERE ts >= '2011-06-25' AND ts < '2011-12-10' GROUP BY user_id) customer
CROSS JOIN LATERAL score('retail', seq, 'high_risk') AS risk
WHERE risk >= 0.6
ORDER BY 1 LIMIT 10;
\set ECHO none
