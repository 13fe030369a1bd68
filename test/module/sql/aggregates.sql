-- Every aggregate in the way of engines that split it over servers: no expression says the types of the arguments, and
-- partial states travel as text. Results are those of one node.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE FUNCTION partial_accum(internal, regprocedure, VARIADIC "any") RETURNS internal AS 'usercls_test', 'usercls_test_partial_accum' LANGUAGE C;
CREATE FUNCTION partial_final(internal) RETURNS text AS 'usercls_test', 'usercls_test_partial_final' LANGUAGE C;
CREATE AGGREGATE partial(regprocedure, VARIADIC "any") (SFUNC = partial_accum, STYPE = internal, FINALFUNC = partial_final);
CREATE FUNCTION total_accum(internal, regprocedure, text) RETURNS internal AS 'usercls_test', 'usercls_test_total_accum' LANGUAGE C;
CREATE FUNCTION total_final(internal) RETURNS text AS 'usercls_test', 'usercls_test_total_final' LANGUAGE C;
CREATE AGGREGATE total(regprocedure, text) (SFUNC = total_accum, STYPE = internal, FINALFUNC = total_final);

-- Ties, nulls, and a server (3) that has no row of use; n is the node.
CREATE TABLE rows AS
SELECT hashint8(i) & 3 AS n, i, CASE WHEN i % 17 > 0 THEN round((hashint8(i * 7) & 1023) / 1024.0, 2)::float8 END AS score,
       (hashint8(i * 3) & 1) = 1 AS treated, (hashint8(i * 5) & 7) < 3 AS outcome, (hashint8(i * 11) & 63)::float8 AS amount,
       timestamptz '2026-01-01' + i * interval '3 hours' AS ts
FROM generate_series(1::bigint, 2000) i;
UPDATE rows SET score = NULL WHERE n = 3;

-- Each metric, of each of its kinds of rows: what the query below says of the whole is what the servers say of their parts.
CREATE FUNCTION split(aggregate regprocedure, arguments text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	one float8;
	parts float8;
BEGIN
	EXECUTE format('SELECT %s(%s) FROM rows', split_part(aggregate::text, '(', 1), arguments) INTO one;
	EXECUTE format('SELECT total(%1$L::regprocedure, state) FROM (SELECT partial(%1$L::regprocedure, %2$s) AS state FROM rows GROUP BY n) s',
	               aggregate, arguments) INTO parts;
	IF abs(one - parts) <= 1e-12 THEN
		RETURN true;
	END IF;
	RAISE EXCEPTION '%: % on one node, % of parts', aggregate, one, parts;
END $$;
SELECT p.proname, count(*), bool_and(split(p.oid::regprocedure,
                                CASE
                                WHEN p.proname IN ('qini', 'auuc', 'uplift_at') THEN format('score, %s, %s%s', treated, outcome, more)
                                WHEN p.proname IN ('f1', 'precision_at', 'recall_at') THEN format('score, %s, 0.4::float8', label)
                                ELSE format('score, %s', label) END)) AS equal
FROM pg_proc AS p
CROSS JOIN LATERAL (SELECT CASE p.proargtypes[1] WHEN 'boolean'::regtype THEN 'treated' ELSE 'treated::int::float8' END AS treated,
                           CASE p.proargtypes[1] WHEN 'boolean'::regtype THEN 'outcome' ELSE 'outcome::int::float8' END AS label,
                           CASE WHEN p.proargtypes[2] = 'boolean'::regtype THEN 'outcome'
                                WHEN p.proname = 'auuc' THEN 'outcome::int::float8' ELSE 'amount' END AS outcome,
                           CASE WHEN p.proname = 'qini' AND p.pronargs = 4 THEN ', true'
                                WHEN p.proname = 'uplift_at' AND p.pronargs = 4 THEN ', 0.3::float8'
                                WHEN p.proname = 'uplift_at' THEN ', 0.3::float8, ''by_group''::text' ELSE '' END AS more) AS given
WHERE p.pronamespace = 'usercls'::regnamespace AND p.prokind = 'a'
  AND p.proname IN ('auc', 'average_precision', 'log_loss', 'brier', 'expected_calibration_error', 'f1', 'precision_at', 'recall_at',
                    'qini', 'auuc', 'uplift_at')
  AND NOT ('anyelement'::regtype = ANY (p.proargtypes))
GROUP BY p.proname ORDER BY p.proname COLLATE "C";
-- No aggregate lacks what servers need: a combine function, a state that is no pointer, and forms with concrete arguments.
SELECT p.oid::regprocedure
FROM pg_proc p JOIN pg_aggregate a ON a.aggfnoid = p.oid
WHERE p.pronamespace = 'usercls'::regnamespace
  AND (a.aggcombinefn = 0 OR a.aggtranstype = 'internal'::regtype OR
       NOT EXISTS (SELECT FROM pg_proc o WHERE o.proname = p.proname AND o.pronamespace = p.pronamespace AND o.pronargs = p.pronargs
                   AND NOT ('anyelement'::regtype = ANY (o.proargtypes))));

-- Trends and sequences, by user and node.
CREATE VIEW parts AS
SELECT i % 7 AS user_id,
       partial('usercls.trend_agg(timestamptz,float8,interval,timestamptz,timestamptz)', ts, amount, interval '7 days', timestamptz '2026-01-01', timestamptz '2026-09-10') AS windowed,
       partial('usercls.trend_agg(timestamptz,float8,interval)', ts, amount, interval '7 days') AS own,
       partial('usercls.sequence_agg(timestamptz,float8[],interval,timestamptz,timestamptz)', ts, ARRAY[amount, score], interval '7 days', timestamptz '2026-01-01', timestamptz '2026-09-10') AS sequence
FROM rows GROUP BY n, 1;
SELECT count(*) AS users, bool_and(windowed = o_windowed) AS windowed, bool_and(own = o_own) AS own, bool_and(sequence = o_sequence) AS sequence
FROM (SELECT user_id,
             total('usercls.trend_agg(timestamptz,float8,interval,timestamptz,timestamptz)', windowed) AS windowed,
             total('usercls.trend_agg(timestamptz,float8,interval)', own) AS own,
             total('usercls.sequence_agg(timestamptz,float8[],interval,timestamptz,timestamptz)', sequence) AS sequence
      FROM parts GROUP BY user_id) p
JOIN (SELECT i % 7 AS user_id,
             usercls.trend_agg(ts, amount, interval '7 days', timestamptz '2026-01-01', timestamptz '2026-09-10')::text AS o_windowed,
             usercls.trend_agg(ts, amount, interval '7 days')::text AS o_own,
             usercls.sequence_agg(ts, ARRAY[amount, score], interval '7 days', timestamptz '2026-01-01', timestamptz '2026-09-10')::text AS o_sequence
      FROM rows GROUP BY 1) o USING (user_id);
