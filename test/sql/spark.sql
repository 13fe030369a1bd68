-- A line of blocks for a series.
\pset format unaligned
\pset tuples_only on
SELECT usercls.spark(series) FROM (VALUES (1, '{1,2,3,4,5,6,7,8}'::float8[]), (2, '{8,NULL,1,NaN,4}'), (3, '{5,5,5}'), (4, '{-Infinity,1,2,Infinity}'),
	(5, '{-1.7e308,0,1.7e308}'), (6, '{4.9e-324,0}'), (7, '{{1,2},{3,4}}'), (8, '{Infinity,NULL}')) AS s (i, series) ORDER BY i;
SELECT usercls.spark('{NULL}'::float8[]) = ' ', usercls.spark('{}'::float8[]) IS NULL, usercls.spark(NULL::float8[]) IS NULL;
-- A trend's values, by measure; length is that of the values.
SELECT u, usercls.spark(trend), usercls.spark(trend, 'mean') = usercls.spark(usercls.period_values(trend, 'mean')) AS mean, length(usercls.spark(trend)) = cardinality(usercls.period_values(trend)) AS length
FROM (SELECT u, usercls.trend_agg(timestamptz '2026-01-05' + w * interval '7 days', u * w, interval '7 days', timestamptz '2026-01-05', timestamptz '2026-03-02') AS trend
      FROM generate_series(-1, 1) u, generate_series(0, 7) w GROUP BY 1) t ORDER BY u;
