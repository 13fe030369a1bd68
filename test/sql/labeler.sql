-- The trend labeler: what it computes, by hand; every kind of time; every error.
SET timezone = 'UTC';
SET search_path = public, usercls;

-- Four weeks of 1, 3, 3, 2: net sign 0. The window cuts a fifth week short, which is not compared.
CREATE TEMP TABLE weeks AS
SELECT timestamptz '2026-01-01 12:00+00' + d * interval '1 day' AS ts,
       (ARRAY[1, 3, 3, 2, 99])[d / 7 + 1] * (CASE WHEN d % 7 = 2 THEN 1 END)::float8 AS value
FROM generate_series(0, 30) d;
SELECT net_sign(t), signs(t), period_values(t), period_values(t, 'count') AS counts, period_values(t, 'mean') AS means,
       label(t), z_score(t), p_value(t)
FROM (SELECT trend_agg(ts, value, '7 days', '2026-01-01', '2026-02-01') AS t FROM weeks) q;

-- Every kind of time gives the same.
SELECT period_values(trend_agg(ts, value, '7 days', '2026-01-01', '2026-02-01')) AS timestamptz,
       period_values(trend_agg(ts::timestamp, value, '7 days', '2026-01-01', '2026-02-01')) AS timestamp,
       period_values(trend_agg(ts::date, value, interval '7 days', '2026-01-01', '2026-02-01')) AS date,
       period_values(trend_agg(ts::date, value, 7, '2026-01-01', '2026-02-01')) AS days,
       period_values(trend_agg(ts::date, value, '7 days', '2026-01-01', '2026-02-01')) AS text,
       period_values(trend_agg(ts::date - '2026-01-01', value, 7, 0, 31)) AS bigint,
       period_values(trend((SELECT array_agg(value ORDER BY ts) FROM weeks), 7)) AS series
FROM weeks;

-- The user's own first to last period: weeks begin on Mondays, months on their first day, numbers at 0.
SELECT period_values(trend_agg(ts, value, '7 days')) AS timestamptz,
       period_values(trend_agg(ts::timestamp, value, '7 days')) AS timestamp,
       period_values(trend_agg(ts::date, value, 7)) AS date,
       period_values(trend_agg(ts, value, '1 month')) AS months,
       period_values(trend_agg(ts::date - '2026-01-01', value, 7)) AS bigint,
       period_values(trend_agg(-1 - (ts::date - '2026-01-01'), value, 7)) AS negative
FROM weeks;
SELECT trend_agg(ts, 1, '1 month') FROM unnest('{1999-12-31,2000-01-01}'::timestamptz[]) ts;
SELECT trend_agg(ts, 1, '7 days') FROM unnest('{2000-01-02,2000-01-03}'::timestamptz[]) ts;

-- No rows, no values, values outside the window, an empty window.
SELECT trend_agg(now(), 1, '1 day', now(), now()) FROM generate_series(1, 0);
SELECT trend_agg(x, NULL::float8, 1, 0, 3) AS given, trend_agg(x, NULL::float8, 1) AS own FROM generate_series(0, 2) x;
SELECT trend_agg(x, 1, 1, 10, 12) FROM generate_series(0, 2) x;
SELECT trend_agg(NULL::bigint, 1, 1, 0, 2) AS given, trend_agg(NULL::bigint, 1, 1) AS own;
SELECT t, label(t), net_sign(t), signs(t), period_values(t), z_score(t), p_value(t)
FROM (SELECT trend_agg(x, 1, 1, 0, 0) AS t FROM generate_series(0, 2) x) q;
SELECT t, label(t), signs(t), period_values(t) FROM (SELECT trend_agg(x, 5, 1) AS t FROM generate_series(7, 7) x) q;
SELECT trend_agg(ts, 1, '1 day', '2026-01-01', '2026-01-03')
FROM unnest('{-infinity,2025-12-31 23:59:59.999999,2026-01-01,2026-01-02 23:59:59.999999,2026-01-03,infinity}'::timestamptz[]) ts;
SELECT trend_agg(d, 1, 1, '2026-01-01', '2026-01-03') FROM unnest('{-infinity,2026-01-02,5874897-12-31,infinity}'::date[]) d;
SELECT trend_agg(x, 1, 4611686018427387904, -9223372036854775807, 0) FROM unnest('{-9223372036854775808,-9223372036854775807,-1,9223372036854775807}'::bigint[]) x;

-- A period without values is 0 as a sum, and left out as a mean: the difference spans the gap.
SELECT signs(t) AS sums, signs(t, 'mean') AS means, net_sign(t, 'mean'), period_values(t, 'mean'), signs(t, 'count') AS counts
FROM (SELECT trend_agg(x, v, 10, 0, 50) AS t FROM (VALUES (1, 4), (2, 8), (25, 7), (41, 9), (42, 9)) r(x, v)) q;

-- Labels: twelve weeks need a net sign of 5, three periods never suffice.
SELECT n, label(t), net_sign(t), round(p_value(t)::numeric, 6) AS p
FROM generate_series(1, 6) n, trend((SELECT array_agg(i::float8) FROM generate_series(1, n) i), 1) t;
SELECT rises, label(t), label(t, 3, -3), label(t, ARRAY[-6, -2, 2, 6], '{very_bad,bad,so_so,good,very_good}'), net_sign(t), round(p_value(t)::numeric, 6) AS p,
       round(z_score(t)::numeric, 6) AS z
FROM generate_series(0, 11) rises,
     trend((SELECT array_agg(sum) FROM (SELECT sum(CASE WHEN i = 0 THEN 0 WHEN i <= rises THEN 1 ELSE -1 END::float8) OVER (ORDER BY i) FROM generate_series(0, 11) i) s), 1) t;

-- JDBC binds its strings as varchar.
PREPARE labelled(varchar) AS SELECT count(*) FROM generate_series(1, 3) n WHERE label(trend(ARRAY[1, n, 2 * n], 1)) IN ($1, 'none') AND label(trend(ARRAY[1, 2, 3, 4], 1), 3, -3) <> $1;
EXECUTE labelled('stable');
-- A mostly inactive user is stable; the mean of the same may not be.
SELECT label(t), label(t, 'mean'), label(t, 1, -1), label(t, 5, -5, 'mean'), label(t, ARRAY[0], ARRAY['down', 'up'], 'mean')
FROM (SELECT trend_agg(x, x, 1, 0, 100) AS t FROM unnest('{10,30,50,70}'::int[]) x) q;

-- Series: gaps, a bucket cut short, nothing.
SELECT s, n, trend(s, n), period_values(trend(s, n)), signs(trend(s, n))
FROM (VALUES ('{1,2,3,4,5,6}'::float8[], 2), ('{1,2,3,4,5}', 2), ('{1,NULL,NULL,NULL,5,6}', 2), ('{NULL}', 1), ('{}', 3), ('{1}', 2), (NULL, 1)) r(s, n);

-- Calendars: month ends, leap years, days of 23 and 25 hours.
SELECT trend_agg(d, 1, '1 month', '2023-12-31', '2024-12-31') FROM (SELECT '2023-12-31'::date + i FROM generate_series(0, 365) i) x(d);
SET timezone = 'Europe/Berlin';
SELECT period_values(trend_agg(ts, 1, '1 day', '2026-03-28', '2026-03-31')) AS spring,
       period_values(trend_agg(ts - interval '24 weeks' + interval '30 days' - interval '1 day', 1, '1 day', '2025-11-11', '2025-11-14')) AS none
FROM (SELECT timestamptz '2026-03-28' + i * interval '1 hour' FROM generate_series(0, 80) i) x(ts);
SELECT period_values(trend_agg(ts, 1, '1 day', '2026-10-24', '2026-10-27')) AS autumn,
       period_values(trend_agg(ts, 1, '24 hours', '2026-10-24', '2026-10-27')) AS hours,
       period_values(trend_agg(ts, 1, '1 day')) AS own
FROM (SELECT timestamptz '2026-10-24' + i * interval '1 hour' FROM generate_series(0, 73) i) x(ts);
SET timezone = 'UTC';

-- Window frames: rows leave as exactly as they came; sums that were rounded are read anew.
SELECT i, net_sign(trend_agg(i, v, 1) OVER w) AS own, period_values(trend_agg(i, v, 1) OVER w) AS values,
       period_values(trend_agg(i, v, 2, 0, 8) OVER w) AS given
FROM (SELECT i, (ARRAY[3, NULL, 7, 1, 1e17, 0.1, 4, 4])[i + 1] AS v FROM generate_series(0, 7) i) r
WINDOW w AS (ORDER BY i ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);

-- Errors.
SELECT trend_agg(x, 'NaN'::float8, 1, 0, 3) FROM generate_series(0, 2) x;
SELECT trend_agg(x, '-Infinity'::float8, 1) FROM generate_series(0, 2) x;
SELECT trend_agg(x, 1e308, 5, 0, 5) FROM generate_series(0, 2) x;
SELECT trend('{1,NaN}', 1);
SELECT trend('{1e308,1e308}', 2);
-- What rounding leaves of sums this large has no float4.
SELECT trend('{1e300,1e284}', 2);
SELECT trend_agg(1, v, 5, 0, 5) FROM (VALUES (1e300), (1e284)) AS x(v);
SELECT trend('{{1,2},{3,4}}', 1);
SELECT trend('{1}', 0);
SELECT trend_agg(now(), 1, '0 days', now(), now());
SELECT trend_agg(now(), 1, '1 month -1 day', now(), now());
SELECT trend_agg(1, 1, -7);
SELECT trend_agg(current_date, 1, 'a week', current_date, current_date);
SELECT trend_agg(1, 1, NULL::bigint);
SELECT trend_agg(1, 1, 1, NULL, 5);
SELECT trend_agg(1, 1, 1, 5, NULL);
SELECT trend_agg(1, 1, 1, 5, 4);
SELECT trend_agg(1, 1, 1, 0, 65537);
SELECT trend_agg(x, 1, 1) FROM unnest('{0,65536}'::bigint[]) x;
SELECT trend_agg(x, 1, 1) FROM unnest('{-1000,9223372036854775807}'::bigint[]) x;
SELECT trend_agg(x, 1, 10) FROM unnest('{-9223372036854775808,9223372036854775807}'::bigint[]) x;
SELECT trend_agg(now(), 1, '1 second', '2026-01-01', '2026-01-02');
SELECT trend_agg(now(), 1, '1 day', '-infinity', 'infinity');
SELECT trend_agg(now(), 1, '1 day', '1000-01-01', '2000-01-01');
SELECT trend_agg(timestamptz 'infinity', 1, '1 day');
SELECT trend_agg(x, 1, 1, x, 5) FROM generate_series(0, 2) x;
SELECT label(trend('{1}', 1), 1, 1);
SELECT label(trend('{1}', 1), ARRAY[1, 2], '{a,b}');
SELECT label(trend('{1}', 1), ARRAY[2, 1], '{a,b,c}');
SELECT label(trend('{1}', 1), ARRAY[1, NULL], '{a,b,c}');
SELECT net_sign(trend('{1}', 1), 'median');

-- The text form, and what is not one.
SELECT '  { timestamptz 0 7 0 from -5 first -2 periods 3 windowed cut : 0=1e2/3   2=0.30000000000000004~-2.7755576e-17/2 }  '::trend;
SELECT t::trend FROM (VALUES ('{}')) r(t);
SELECT '{bigint 0 0 1 from 0 first 0 periods 70000: }'::trend;
SELECT '{bigint 0 0 1 from 0 first 0 periods 1 width 2: }'::trend;
SELECT '{bigint 0 0 1 from 0 first 0 periods 2: 1=1/1 0=1/1}'::trend;
SELECT '{bigint 0 0 1 from 0 first 0 periods 2: 0=NaN/1}'::trend;
SELECT '{bigint 0 0 1 from 0 first 0 periods 2: 0=1/0}'::trend;
SELECT '{bigint 1 0 1 from 0 first 0 periods 2: }'::trend;
SELECT '{bigint 0 0 1 from 0 first 0 periods 2: 0=1/1'::trend;
