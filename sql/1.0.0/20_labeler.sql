-- Trends, and sequences: what the sequence models read. The aggregates of each kind of time are made by
-- scripts/labeler-sql.
CREATE FUNCTION usercls_private.trend_combine(usercls.trend, usercls.trend) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_combine';
COMMENT ON FUNCTION usercls_private.trend_combine IS 'merges two partial trends';

CREATE FUNCTION usercls_private.trend_final(usercls.trend) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_final';
COMMENT ON FUNCTION usercls_private.trend_final IS 'the trend of a transition state';

CREATE AGGREGATE usercls.rollup(trend usercls.trend) (
    SFUNC = usercls_private.trend_combine, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.rollup(usercls.trend) IS 'merges stored trends of one period, for example of several months, into one';

CREATE FUNCTION usercls_private.sequence_combine(usercls_private.sequence_state, usercls_private.sequence_state)
RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_combine';
COMMENT ON FUNCTION usercls_private.sequence_combine IS 'merges two partial sequences';

CREATE FUNCTION usercls_private.sequence_final(usercls_private.sequence_state) RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_final';
COMMENT ON FUNCTION usercls_private.sequence_final IS 'the sequence of a transition state';

CREATE FUNCTION usercls.trend(series float8[], periods_per_bucket int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_trend';
COMMENT ON FUNCTION usercls.trend IS 'trend of a series kept in one row, that many values to a period';

-- The bulk door. Written literals take the forms with text; without them the others would be ambiguous. Ids that are
-- not integers need the argument id, which cannot have a default: PostgreSQL finds the type of a result column
-- before it fills defaults in.
CREATE FUNCTION usercls.trend_users(
    source regclass, user_column name, time_column name, value_column name,
    period interval, window_start timestamptz DEFAULT NULL, window_end timestamptz DEFAULT NULL
) RETURNS TABLE (user_id bigint, trend usercls.trend)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000 AS 'MODULE_PATHNAME', 'usercls_trend_users';
COMMENT ON FUNCTION usercls.trend_users(regclass, name, name, name, interval, timestamptz, timestamptz) IS
    'trends of all users of a table or view, several times faster than trend_agg: time column of type timestamptz, timestamp or date';

CREATE FUNCTION usercls.trend_users(
    source regclass, user_column name, time_column name, value_column name,
    period interval, window_start timestamptz, window_end timestamptz, id anyelement
) RETURNS TABLE (user_id anyelement, trend usercls.trend)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000 AS 'MODULE_PATHNAME', 'usercls_trend_users';
COMMENT ON FUNCTION usercls.trend_users(regclass, name, name, name, interval, timestamptz, timestamptz, anyelement) IS
    'the same for user ids of the type of id, whose value does not matter: pass NULL::text, NULL::uuid, …';

CREATE FUNCTION usercls.trend_users(
    source regclass, user_column name, time_column name, value_column name,
    period bigint, window_start bigint DEFAULT NULL, window_end bigint DEFAULT NULL
) RETURNS TABLE (user_id bigint, trend usercls.trend)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000 AS 'MODULE_PATHNAME', 'usercls_trend_users';
COMMENT ON FUNCTION usercls.trend_users(regclass, name, name, name, bigint, bigint, bigint) IS
    'trends of all users of a table or view, several times faster than trend_agg: time column of an integer type';

CREATE FUNCTION usercls.trend_users(
    source regclass, user_column name, time_column name, value_column name,
    period bigint, window_start bigint, window_end bigint, id anyelement
) RETURNS TABLE (user_id anyelement, trend usercls.trend)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000 AS 'MODULE_PATHNAME', 'usercls_trend_users';
COMMENT ON FUNCTION usercls.trend_users(regclass, name, name, name, bigint, bigint, bigint, anyelement) IS
    'the same for user ids of the type of id, whose value does not matter: pass NULL::text, NULL::uuid, …';

CREATE FUNCTION usercls.trend_users(
    source regclass, user_column name, time_column name, value_column name,
    period text, window_start text DEFAULT NULL, window_end text DEFAULT NULL
) RETURNS TABLE (user_id bigint, trend usercls.trend)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000 AS 'MODULE_PATHNAME', 'usercls_trend_users';
COMMENT ON FUNCTION usercls.trend_users(regclass, name, name, name, text, text, text) IS
    'trends of all users of a table or view, several times faster than trend_agg: period and window as literals, read by the type of the time column';

CREATE FUNCTION usercls.trend_users(
    source regclass, user_column name, time_column name, value_column name,
    period text, window_start text, window_end text, id anyelement
) RETURNS TABLE (user_id anyelement, trend usercls.trend)
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000 AS 'MODULE_PATHNAME', 'usercls_trend_users';
COMMENT ON FUNCTION usercls.trend_users(regclass, name, name, name, text, text, text, anyelement) IS
    'the same for user ids of the type of id, whose value does not matter: pass NULL::text, NULL::uuid, …';

CREATE FUNCTION usercls.label(trend usercls.trend, measure text DEFAULT 'sum') RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label';
COMMENT ON FUNCTION usercls.label(usercls.trend, text) IS
    'potential or high_risk when the net sign differs from no trend at the level 0.1, stable otherwise';

CREATE FUNCTION usercls.label(trend usercls.trend, potential_at int, high_risk_at int, measure text DEFAULT 'sum')
RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label_at';
COMMENT ON FUNCTION usercls.label(usercls.trend, int, int, text) IS
    'potential from a net sign of potential_at up, high_risk from high_risk_at down, stable between';

CREATE FUNCTION usercls.label(trend usercls.trend, cuts int[]) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label_at_cuts';
COMMENT ON FUNCTION usercls.label(usercls.trend, int[]) IS
    'the class of the net sign by two cuts (high_risk, stable, potential) or four (declining and rising, too): the first below all cuts, the next from the first cut up, and so on';

CREATE FUNCTION usercls.label(trend usercls.trend, cuts int[], names text[], measure text DEFAULT 'sum') RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label_cuts';
COMMENT ON FUNCTION usercls.label(usercls.trend, int[], text[], text) IS
    'the name of the class of the net sign: the first below all cuts, the next from the first cut up, and so on';

CREATE FUNCTION usercls.net_sign(trend usercls.trend, measure text DEFAULT 'sum') RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_net_sign';
COMMENT ON FUNCTION usercls.net_sign IS 'rises minus falls from period to period';

CREATE FUNCTION usercls.signs(trend usercls.trend, measure text DEFAULT 'sum') RETURNS int[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_signs';
COMMENT ON FUNCTION usercls.signs IS '1, 0 or -1 for each change from period to period; what differs by rounding alone is no change';

CREATE FUNCTION usercls.period_values(trend usercls.trend, measure text DEFAULT 'sum') RETURNS float8[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_period_values';
COMMENT ON FUNCTION usercls.period_values IS 'sum, mean or count of each complete period; the mean of no values is null';

CREATE FUNCTION usercls.z_score(trend usercls.trend, measure text DEFAULT 'sum') RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_z_score';
COMMENT ON FUNCTION usercls.z_score IS 'net sign in standard deviations from no trend (difference-sign test)';

CREATE FUNCTION usercls.p_value(trend usercls.trend, measure text DEFAULT 'sum') RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_p_value';
COMMENT ON FUNCTION usercls.p_value IS 'two-sided p-value of the net sign against no trend (difference-sign test)';

-- Block characters where the database can hold them, otherwise the digits 1 to 8.
CREATE FUNCTION usercls.spark(series float8[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.string_agg(
		CASE
			WHEN v IS NULL OR v = 'NaN' THEN ' '
			WHEN pg_catalog.getdatabaseencoding() = 'UTF8' THEN pg_catalog.chr(9601 + level)
			ELSE CAST(1 + level AS text)
		END, '' ORDER BY at)
	FROM pg_catalog.unnest(series) WITH ORDINALITY AS r (v, at),
		-- numeric, for the difference of two float8 may be too large for one
		(SELECT pg_catalog.min(f)::numeric AS low, pg_catalog.max(f)::numeric AS high
		 FROM pg_catalog.unnest(series) AS f
		 WHERE f NOT IN ('NaN', 'Infinity', '-Infinity')) AS known,
		LATERAL (SELECT CASE
			WHEN v = 'Infinity' THEN 7
			WHEN v = '-Infinity' THEN 0
			WHEN high = low THEN 3
			ELSE GREATEST(0, LEAST(7, pg_catalog.width_bucket(v::numeric, low, high, 8) - 1))
		END AS level) AS block;
END;
COMMENT ON FUNCTION usercls.spark(float8[]) IS 'the values as a line of blocks from the lowest to the highest, one each; blank: null or NaN';

CREATE FUNCTION usercls.spark(trend usercls.trend, measure text DEFAULT 'sum') RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN usercls.spark(usercls.period_values(trend, measure));
COMMENT ON FUNCTION usercls.spark(usercls.trend, text) IS 'the values of a trend''s periods as a line of blocks, one each; measure: sum, mean or count';
