\echo
\echo '=== 2. Trend labels: how did each customer''s spending develop over the last 24 weeks?'
\echo
-- One row a customer: six periods of four weeks up to the last day of the data.
CREATE TABLE customer AS
SELECT user_id, trend_agg(ts, amount, '28 days', '2011-06-25', '2011-12-10') AS trend
FROM invoice WHERE ts >= '2011-06-25' GROUP BY user_id;

\echo 'By significance (p <= 0.1) few show a trend in six periods: most customers order seldom.'
\echo 'The cut points 1 and -1 ask for less: more rises than falls, or more falls than rises.'
\echo
SELECT l AS label, count(user_id) FILTER (WHERE label(trend) = l::text) AS by_significance,
       count(user_id) FILTER (WHERE label(trend, 1, -1) = l::text) AS by_cut_points
FROM unnest(enum_range(NULL::trend_label)) AS l LEFT JOIN customer ON true
GROUP BY l ORDER BY l;

\echo 'Five customers who spend much, period by period:'
\echo
SELECT user_id, label(trend, 1, -1), net_sign(trend),
       (SELECT string_agg(s::numeric::int::text, ' ' ORDER BY n) FROM unnest(period_values(trend)) WITH ORDINALITY v(s, n))
           AS pounds_in_each_period
FROM customer
ORDER BY (SELECT sum(s) FROM unnest(period_values(trend)) s) DESC LIMIT 5;
