-- Sums that differ by rounding alone are equal, at every door: cents against PostgreSQL's exact numeric sums.
SET search_path = public, usercls;
SET timezone = 'UTC';
SET extra_float_digits = 1;

-- From a log of purchases: two amounts in July, their sum in August.
CREATE TEMP TABLE equal_orders AS
SELECT 1 AS user_id, day::date, amount::numeric(8,2) FROM (VALUES ('1997-07-25', 27.94), ('1997-07-25', 15.96),
    ('1997-08-05', 43.90), ('1997-11-10', 33.48), ('1997-12-10', 28.98), ('1997-12-15', 22.49), ('1997-12-31', 22.49),
    ('1998-02-19', 17.48), ('1998-03-09', 51.85), ('1998-04-17', 17.48), ('1998-05-04', 25.37)) v(day, amount);
SELECT signs(t), net_sign(t), label(t, 1, -1)
FROM (SELECT trend_agg(day, amount, '1 month', '1997-07-01', '1998-07-01') t FROM equal_orders) q;

-- Users of all sizes of amounts, from cents to milliards, a third of them with refunds. A third of the weeks
-- has the sum of the week before, in other payments; others differ from it by a cent.
SELECT setseed(0.25);
CREATE TABLE equal_rows (user_id int, ts timestamptz, amount numeric(12,2));
DO $$
DECLARE most numeric; low numeric; total numeric; part numeric;
BEGIN
	FOR u IN 1..300 LOOP
		most := round(10::numeric ^ (u % 10), 2);
		low := CASE WHEN u % 3 = 0 THEN -most ELSE 0 END;
		total := NULL;
		FOR w IN 0..11 LOOP
			total := CASE WHEN total IS NULL OR random() < 0.3 THEN round((random() * most::float8)::numeric, 2)
			              ELSE total + floor(random() * 3 - 1) / 100 END;
			FOR i IN 1..floor(random() * 6)::int LOOP
				INSERT INTO equal_rows SELECT u, timestamptz '2026-01-05' + w * interval '7 days' + i * interval '1 hour', p
				FROM (SELECT round((low::float8 + random() * (most - low)::float8 * 0.2)::numeric, 2) AS p) r;
			END LOOP;
			SELECT coalesce(sum(amount), 0) INTO part FROM equal_rows
			WHERE user_id = u AND ts >= timestamptz '2026-01-05' + w * interval '7 days';
			INSERT INTO equal_rows VALUES (u, timestamptz '2026-01-05' + w * interval '7 days' + interval '3 days', total - part);
		END LOOP;
	END LOOP;
END $$;
ANALYZE equal_rows;

-- What is right: the signs of the differences of exact sums, and of exact means.
CREATE TEMP TABLE exact AS
SELECT user_id, array_agg(sign(s - before)::int ORDER BY w) FILTER (WHERE w > 0) AS signs,
       array_agg(sign(s * n_before - before * n)::int ORDER BY w) FILTER (WHERE w > 0) AS mean_signs
FROM (SELECT user_id, w, s, n, lag(s) OVER each AS before, lag(n) OVER each AS n_before
      FROM (SELECT user_id, floor(extract(epoch FROM ts - timestamptz '2026-01-05') / 604800)::int AS w, sum(amount) AS s,
                   count(*) AS n
            FROM equal_rows GROUP BY 1, 2) weeks
      WINDOW each AS (PARTITION BY user_id ORDER BY w)) d
GROUP BY user_id;
SELECT count(*) AS users, sum((SELECT count(*) FROM unnest(signs) s WHERE s = 0)) > 500 AS equal_weeks FROM exact;

CREATE FUNCTION pg_temp.wrong(door text, query text) RETURNS TABLE (door_ text, users bigint, differ bigint, means_differ bigint)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT %L, count(*), count(*) FILTER (WHERE usercls.signs(t) IS DISTINCT FROM e.signs),
		        count(*) FILTER (WHERE usercls.signs(t, ''mean'') IS DISTINCT FROM e.mean_signs)
		 FROM exact e LEFT JOIN (%s) q(user_id, t) USING (user_id)', door, query);
END $$;
SELECT * FROM pg_temp.wrong('aggregate', $$SELECT user_id, trend_agg(ts, amount, '7 days', '2026-01-05', '2026-03-30') FROM equal_rows GROUP BY 1$$);
SELECT * FROM pg_temp.wrong('own window', $$SELECT user_id, trend_agg(ts, amount, '7 days') FROM equal_rows GROUP BY 1$$);
SELECT * FROM pg_temp.wrong('by size', $$SELECT user_id, trend_agg(ts, amount, '7 days' ORDER BY abs(amount) DESC) FROM equal_rows GROUP BY 1$$);
SELECT * FROM pg_temp.wrong('bulk', $$SELECT user_id, trend FROM trend_users('equal_rows', 'user_id', 'ts', 'amount', '7 days', '2026-01-05', '2026-03-30')$$);
SELECT * FROM pg_temp.wrong('stored and read', $$SELECT user_id, trend_agg(ts, amount, '7 days')::text::trend FROM equal_rows GROUP BY 1$$);
SELECT * FROM pg_temp.wrong('rollup', $$SELECT user_id, rollup(t) FROM (SELECT user_id, trend_agg(ts, amount, '7 days') AS t
	FROM equal_rows GROUP BY user_id, abs(hashtext(amount::text)) % 3) s GROUP BY 1$$);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE equal_rows SET (parallel_workers = 2);
SELECT * FROM pg_temp.wrong('parallel', $$SELECT user_id, trend_agg(ts, amount, '7 days') FROM equal_rows GROUP BY 1$$);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
-- A moving frame that has left the first week behind.
SELECT count(*) AS users, count(*) FILTER (WHERE signs(t) IS DISTINCT FROM e.signs[2:]) AS differ,
       count(*) FILTER (WHERE signs(t, 'mean') IS DISTINCT FROM e.mean_signs[2:]) AS means_differ
FROM exact e JOIN (SELECT DISTINCT ON (user_id) user_id, t
                   FROM (SELECT user_id, ts, trend_agg(ts, amount, '7 days')
                                OVER (PARTITION BY user_id ORDER BY ts RANGE BETWEEN '74 days' PRECEDING AND CURRENT ROW) AS t
                         FROM equal_rows) s ORDER BY user_id, ts DESC) q USING (user_id);

-- A series in one row: buckets of two amounts.
SELECT count(*) AS series, count(*) FILTER (WHERE signs(trend(array_agg, 2)) IS DISTINCT FROM exact) AS differ
FROM (SELECT array_agg(part::float8 ORDER BY w, i), array_agg(sign(s - before)::int ORDER BY w) FILTER (WHERE w > 0 AND i = 1) AS exact
      FROM (SELECT u, w, i, s, lag(s, 2) OVER (PARTITION BY u ORDER BY w, i) AS before, CASE i WHEN 1 THEN p ELSE s - p END AS part
            FROM (SELECT u, w, 10::numeric ^ (u % 8) * (5 + w / 3) + (w % 2) * 0.01 AS s, round(random()::numeric * 10::numeric ^ (u % 8), 2) AS p
                  FROM generate_series(1, 200) u, generate_series(0, 19) w OFFSET 0) x, generate_series(1, 2) i) y
      GROUP BY u) z;

-- Integers are compared to the last one, and so are counts.
SELECT net_sign(trend(ARRAY[9007199254740990, 9007199254740991, 9007199254740992]::float8[], 1)) AS whole,
       net_sign(trend(ARRAY[0.1, 0.1 + 2e-17, 0.10000000000000003]::float8[], 1)) AS last_digits,
       net_sign(trend(ARRAY[1e-300, 2e-300, 3e-300]::float8[], 1)) AS tiny,
       net_sign(trend(ARRAY[1e17, 1, 2, 3]::float8[], 1)) AS beside_huge,
       net_sign(trend(ARRAY[-1e17, 1, 2, 3]::float8[], 1)) AS beside_a_huge_refund;

-- A training takes its classes from trends: three ways to pay 59.97 look like three amounts to float8.
CREATE TABLE equal_paid AS
SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(weeks => w, hours => i::int) AS ts, a::numeric(8,2) AS amount
FROM generate_series(1, 40) u, generate_series(0, 11) w,
     LATERAL unnest(CASE WHEN u > 30 THEN ARRAY[w + u] WHEN u > 20 THEN ARRAY[99 - w] WHEN w % 3 = 0 THEN ARRAY[25.9, 0.16, 33.91]
                         WHEN w % 3 = 1 THEN ARRAY[23.32, 36.65] ELSE ARRAY[1.45, 58.52] END) WITH ORDINALITY AS p(a, i);
SELECT classes FROM train_sequence('equal_paid', 'equal_paid', trend_of => 'amount', window_periods => 12, horizon_periods => 0,
                                   as_of => '2026-03-30', dry_run => true);
SELECT label(trend), count(*) FROM trend_users('equal_paid', 'user_id', 'ts', 'amount', '7 days', '2026-01-05', '2026-03-30')
GROUP BY 1 ORDER BY 1;
DROP TABLE equal_rows, equal_paid;
