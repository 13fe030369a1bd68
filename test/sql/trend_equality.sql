-- Trends are equal when their values are: DISTINCT, UNION, GROUP BY, joins, indexes; and what they are as json.
SET search_path = public, usercls;
SET timezone = 'UTC';

-- What dbt's snapshots, samplers and BI tools write.
CREATE TABLE equality_trends AS SELECT g AS user_id, trend(ARRAY[1, 2, g]::float8[], 1) AS trend FROM generate_series(1, 3) g;
SELECT count(*) FROM (SELECT DISTINCT * FROM equality_trends) d;
SELECT count(*) FROM (SELECT DISTINCT trend FROM (SELECT * FROM equality_trends UNION ALL SELECT * FROM equality_trends) d) u;
SELECT count(*) FROM (SELECT * FROM equality_trends UNION SELECT * FROM equality_trends) u;
SELECT count(*) FROM (SELECT * FROM equality_trends EXCEPT SELECT * FROM equality_trends WHERE user_id = 2) e;
SELECT count(*) FROM (SELECT * FROM equality_trends INTERSECT SELECT * FROM equality_trends WHERE user_id = 2) i;
SELECT count(*) FROM equality_trends a JOIN equality_trends b USING (user_id) WHERE a.trend IS DISTINCT FROM b.trend;
SELECT count(*) FROM equality_trends a, equality_trends b WHERE a.trend IS DISTINCT FROM b.trend;
SELECT count(*), count(DISTINCT trend) FROM (SELECT * FROM equality_trends UNION ALL SELECT * FROM equality_trends) d;
SELECT period_values(trend), count(*) FROM (SELECT * FROM equality_trends UNION ALL SELECT * FROM equality_trends) d GROUP BY trend ORDER BY trend;
SELECT period_values(trend) FROM equality_trends WHERE (user_id, trend) IN (SELECT user_id, trend FROM equality_trends) ORDER BY trend DESC;

-- Everybody may, though the functions behind the operators are private.
GRANT SELECT ON equality_trends TO pg_monitor;
SET ROLE pg_monitor;
SELECT count(DISTINCT trend), count(*) FILTER (WHERE trend IS DISTINCT FROM trend('{1,2,3}', 1)) AS others, count(trend::jsonb) FROM equality_trends;
RESET ROLE;

-- By hash and by sort alike.
CREATE FUNCTION pg_temp.node(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE plan text;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json, COSTS off) ' || query INTO plan;
	RETURN plan LIKE '%"Node Type": "' || node || '"%';
END $$;
SET enable_nestloop = off;
SET enable_hashjoin = off;
SELECT pg_temp.node('SELECT FROM equality_trends a JOIN equality_trends b ON a.trend = b.trend', 'Merge Join') AS merge;
SELECT count(*) FROM equality_trends a JOIN equality_trends b ON a.trend = b.trend;
SET enable_hashjoin = on;
SET enable_mergejoin = off;
SELECT pg_temp.node('SELECT FROM equality_trends a JOIN equality_trends b ON a.trend = b.trend', 'Hash Join') AS hash;
SELECT count(*) FROM equality_trends a JOIN equality_trends b ON a.trend = b.trend;
RESET enable_nestloop;
RESET enable_mergejoin;
RESET enable_hashjoin;
CREATE UNIQUE INDEX equality_btree ON equality_trends (trend);
CREATE INDEX equality_hash ON equality_trends USING hash (trend);
INSERT INTO equality_trends VALUES (4, trend('{1,2,-0}', 1)), (5, trend('{1,2,0}', 1));
INSERT INTO equality_trends VALUES (4, trend('{1,2,-0}', 1));
SET enable_seqscan = off;
SELECT user_id FROM equality_trends WHERE trend = trend('{1,2,0}', 1);
SELECT user_id FROM equality_trends ORDER BY trend;
RESET enable_seqscan;
CREATE TABLE equality_parts (user_id int, trend trend) PARTITION BY HASH (trend);
CREATE TABLE equality_part_0 PARTITION OF equality_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE equality_part_1 PARTITION OF equality_parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO equality_parts SELECT g, trend(ARRAY[g]::float8[], 1) FROM generate_series(1, 100) g;
SELECT count(*), count(DISTINCT tableoid) AS parts FROM equality_parts;
SELECT user_id FROM equality_parts WHERE trend = trend('{7}', 1);
SELECT opcname, amname, amvalidate(c.oid) FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod WHERE opcintype = 'trend'::regtype ORDER BY 2;

-- An order: of any two exactly one of <, = and > holds, = and the hash agree, and sorting is by it. In `value` equal numbers
-- are equal trends; what a sum keeps for its rounding is no value, and -0 is 0.
CREATE TEMP TABLE sorted AS SELECT row_number() OVER () AS id, value, t::trend AS t FROM (VALUES
	(1, '{bigint 0 0 1 from 0 first 0 periods 2: 0=0.3/2}'), (1, '{bigint 0 0 1 from 0 first 0 periods 2: 0=0.3~1e-17/2}'),
	(1, '{bigint 0 0 1 from 0 first 0 periods 2: 0=0.3^-1/2}'), (2, '{bigint 0 0 1 from 0 first 0 periods 2: 0=0.3/3}'),
	(3, '{bigint 0 0 1 from 0 first 0 periods 2: 0=0.30000000000000004/2}'), (4, '{bigint 0 0 1 from 0 first 0 periods 2: 0=-0.3/2}'),
	(5, '{bigint 0 0 1 from 0 first 0 periods 2: 0=0/1}'), (5, '{bigint 0 0 1 from 0 first 0 periods 2: 0=-0/1}'),
	(6, '{bigint 0 0 1 from 0 first 0 periods 2: 1=0/1}'), (7, '{bigint 0 0 1 from 0 first 0 periods 2:}'),
	(8, '{bigint 0 0 1 from 0 first 0 periods 1:}'), (9, '{bigint 0 0 1 from 0 first 1 periods 2:}'), (10, '{bigint 0 0 1 from 1 first 0 periods 2:}'),
	(11, '{bigint 0 0 2 from 0 first 0 periods 2:}'), (12, '{bigint 0 0 1 from 0 first 0 periods 2 windowed:}'),
	(13, '{bigint 0 0 1 from 0 first 0 periods 2 windowed cut:}'), (14, '{series 0 0 1 from 0 first 0 periods 2:}'),
	(15, '{timestamp 0 0 1 from 0 first 0 periods 2:}'), (16, '{timestamptz 0 0 1 from 0 first 0 periods 2:}'),
	(17, '{timestamptz 0 1 0 from 0 first 0 periods 2:}'), (18, '{timestamptz 1 0 0 from 0 first 0 periods 2:}'),
	(19, '{bigint 0 0 1 from 0 first 0 periods 2: 0=1e300/1 1=1/1}'), (20, '{bigint 0 0 1 from 0 first 0 periods 2: 0=-1e300/1 1=1/1}')) v(value, t);
SELECT count(*) AS pairs, count(*) FILTER (WHERE (a.t = b.t) <> (a.value = b.value)) AS equal_is_not_equal_values,
       count(*) FILTER (WHERE (a.t < b.t)::int + (a.t = b.t)::int + (a.t > b.t)::int <> 1) AS not_one_of_three,
       count(*) FILTER (WHERE (a.t <> b.t) = (a.t = b.t) OR (a.t <= b.t) = (a.t > b.t) OR (a.t >= b.t) = (a.t < b.t)) AS no_negation,
       count(*) FILTER (WHERE (a.t < b.t) <> (b.t > a.t)) AS no_mirror,
       count(*) FILTER (WHERE a.t = b.t AND (hash_array(ARRAY[a.t]) <> hash_array(ARRAY[b.t]) OR hash_array_extended(ARRAY[a.t], 7) <> hash_array_extended(ARRAY[b.t], 7))) AS equal_of_two_hashes,
       count(*) FILTER (WHERE a.t <> b.t AND hash_array(ARRAY[a.t]) = hash_array(ARRAY[b.t])) AS differ_of_one_hash
FROM sorted a, sorted b;
SELECT count(*) AS not_transitive FROM sorted a, sorted b, sorted c WHERE a.t <= b.t AND b.t <= c.t AND NOT a.t <= c.t;
SELECT count(*) AS falls FROM (SELECT t < lag(t) OVER (ORDER BY t) AS falls FROM sorted) s WHERE falls;

-- One trend, made in every way: by row in two orders, in bulk, of parts, by text, over a moving frame.
SELECT setseed(0.5);
CREATE TABLE equality_rows AS
SELECT g % 20 AS user_id, timestamptz '2026-01-05' + random() * interval '84 days' AS ts, (random() * 1e6)::int / 100.0::numeric AS amount
FROM generate_series(1, 4000) g;
CREATE TEMP TABLE made AS SELECT user_id, trend_agg(ts, amount, '7 days', '2026-01-05', '2026-03-30') AS t FROM equality_rows GROUP BY 1;
SELECT way, count(*) AS users, count(*) FILTER (WHERE o.t = m.t) AS equal, count(*) FILTER (WHERE hash_array(ARRAY[o.t]) = hash_array(ARRAY[m.t])) AS of_one_hash
FROM made m JOIN (
	SELECT 'other order' AS way, user_id, trend_agg(ts, amount, '7 days', '2026-01-05', '2026-03-30' ORDER BY amount DESC) AS t FROM equality_rows GROUP BY 2
	UNION ALL SELECT 'bulk', user_id::int, trend FROM trend_users('equality_rows', 'user_id', 'ts', 'amount', '7 days', '2026-01-05', '2026-03-30')
	UNION ALL SELECT 'parts', user_id, rollup(t) FROM (SELECT user_id, trend_agg(ts, amount, '7 days', '2026-01-05', '2026-03-30') AS t FROM equality_rows GROUP BY user_id, amount > 5000) p GROUP BY 2
	UNION ALL SELECT 'months', user_id, rollup(t) FROM (
		SELECT user_id, trend_agg(ts, amount, '7 days', '2026-01-05', '2026-02-02') FILTER (WHERE ts < '2026-02-02') AS t FROM equality_rows GROUP BY 1
		UNION ALL SELECT user_id, trend_agg(ts, amount, '7 days', '2026-02-02', '2026-03-30') FILTER (WHERE ts >= '2026-02-02') FROM equality_rows GROUP BY 1) p GROUP BY 2
	UNION ALL SELECT 'text', user_id, t::text::trend FROM made
	UNION ALL SELECT 'frame', user_id, t FROM (SELECT DISTINCT ON (user_id) user_id, trend_agg(ts, amount, '7 days', '2026-01-05', '2026-03-30') OVER (PARTITION BY user_id ORDER BY ts) AS t
		FROM equality_rows ORDER BY user_id, ts DESC) f) o USING (user_id)
GROUP BY way ORDER BY way;
SELECT count(*) AS users, count(*) FILTER (WHERE m.t = o.t) AS equal_with_a_cent_more
FROM made m JOIN (SELECT user_id, trend_agg(ts, amount + CASE n WHEN 1 THEN 0.01 ELSE 0 END, '7 days', '2026-01-05', '2026-03-30') AS t
                  FROM (SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY ts) AS n FROM equality_rows) r GROUP BY 1) o USING (user_id);

-- As json: the periods and values of period_values(), with the start of each.
SELECT trend_agg(ts, v, '7 days', '2026-01-05', '2026-01-30')::jsonb FROM (VALUES (timestamptz '2026-01-05', 1.5), ('2026-01-25', -0.25), ('2026-01-28', 9)) r(ts, v);
SELECT trend_agg(ts, v, '1 month')::json FROM (VALUES (timestamp '2026-01-05', 1.5), ('2026-03-25', -1e300)) r(ts, v);
SELECT trend_agg(ts, 1, 7)::jsonb FROM (VALUES (date '2026-01-05')) r(ts);
SELECT trend_agg(x, 0.1, 10::bigint, -20, 0)::jsonb, trend_agg(x, 1, 10::bigint, 0, 0)::jsonb AS empty FROM generate_series(-20, -18) x;
SELECT trend('{1,NULL,NULL,4,5}', 2)::jsonb;
SELECT to_jsonb(e), row_to_json(e) FROM equality_trends e WHERE user_id = 1;
SELECT p.* FROM equality_trends, jsonb_to_recordset(trend::jsonb -> 'periods') AS p(start int, sum float8, count bigint) WHERE user_id = 2;
SET timezone = 'America/New_York';
SELECT p.start FROM (SELECT trend_agg(ts, 1, '1 day', '2026-03-07', '2026-03-10') AS t FROM generate_series(timestamptz '2026-03-07', '2026-03-09', '6 hours') ts) d,
	jsonb_to_recordset(t::jsonb -> 'periods') AS p(start text);
SET timezone = 'UTC';
SELECT count(*) AS users, bool_and(period_values(t) = sums AND period_values(t, 'count') = counts AND starts) AS as_the_values
FROM made, LATERAL (SELECT array_agg(sum ORDER BY n) AS sums, array_agg(count ORDER BY n) AS counts,
                           bool_and(start = timestamptz '2026-01-05' + (n - 1) * interval '7 days') AS starts
                    FROM jsonb_array_elements(t::jsonb -> 'periods') WITH ORDINALITY a(p, n), jsonb_to_record(p) AS r(start timestamptz, sum float8, count float8)) j;

-- A frame that begins with values or times that are null: as the same rows without a frame, for each kind of window and time.
CREATE TEMP TABLE frames AS SELECT i, CASE WHEN i % 5 < 3 THEN NULL ELSE i / 4.0::float8 END AS v,
	CASE WHEN i % 7 = 0 THEN NULL ELSE timestamptz '2026-01-05' + i * interval '1 day' END AS ts FROM generate_series(0, 40) i;
SELECT frame, count(*) AS rows, count(*) FILTER (WHERE own IS NULL) AS nulls, count(*) FILTER (WHERE moving IS DISTINCT FROM whole) AS given_differ, count(*) FILTER (WHERE own IS DISTINCT FROM whole_own) AS own_differ,
       count(*) FILTER (WHERE own_number IS DISTINCT FROM whole_number) AS number_differ
FROM generate_series(0, 4) frame, LATERAL (
	SELECT i, trend_agg(ts, v, '7 days', '2026-01-05', '2026-02-15') OVER w AS moving, trend_agg(ts::timestamp, v, '7 days') OVER w AS own, trend_agg(i, v, 3::bigint) OVER w AS own_number
	FROM frames WINDOW w AS (ORDER BY i ROWS BETWEEN frame PRECEDING AND CURRENT ROW)) m, LATERAL (
	SELECT trend_agg(ts, v, '7 days', '2026-01-05', '2026-02-15') AS whole, trend_agg(ts::timestamp, v, '7 days') AS whole_own, trend_agg(f.i, v, 3::bigint) AS whole_number
	FROM frames f WHERE f.i BETWEEN m.i - frame AND m.i) a
GROUP BY frame ORDER BY frame;
DROP TABLE equality_trends, equality_parts, equality_rows;
