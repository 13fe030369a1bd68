-- Trends. trend_agg exists for each kind of time and period, over a given window and over the user's own first to
-- last period; the transition function reads each without a cast. _trend_moving and _trend_remove serve window
-- frames: they take a row's value away where that is exact, and otherwise have the frame read anew.
CREATE FUNCTION usercls._trend_combine(usercls.trend, usercls.trend) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_combine';
COMMENT ON FUNCTION usercls._trend_combine IS 'merges two partial trends';

CREATE FUNCTION usercls._trend_final(usercls.trend) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_final';
COMMENT ON FUNCTION usercls._trend_final IS 'the trend of a transition state';

CREATE AGGREGATE usercls.rollup(trend usercls.trend) (
    SFUNC = usercls._trend_combine, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.rollup(usercls.trend) IS 'merges stored trends of one period, for example of several months, into one';

CREATE FUNCTION usercls._trend_accum(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamptz';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamptz';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamptz';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamptz, value float8, period interval, window_start timestamptz, window_end timestamptz) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamptz, float8, interval, timestamptz, timestamptz) IS
    'trend of values by period, within a window: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, timestamptz, float8, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamptz';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, timestamptz, float8, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, timestamptz, float8, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamptz';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, timestamptz, float8, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, timestamptz, float8, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamptz';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, timestamptz, float8, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamptz, value float8, period interval) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamptz, float8, interval) IS
    'trend of values by period, from the user''s own first to last period: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, timestamp, float8, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamp';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, timestamp, float8, interval, timestamp, timestamp) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, timestamp, float8, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamp';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, timestamp, float8, interval, timestamp, timestamp) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, timestamp, float8, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamp';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, timestamp, float8, interval, timestamp, timestamp) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamp, value float8, period interval, window_start timestamp, window_end timestamp) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamp, float8, interval, timestamp, timestamp) IS
    'trend of values by period, within a window: timestamp with a period such as 7 days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, timestamp, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamp';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, timestamp, float8, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, timestamp, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamp';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, timestamp, float8, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, timestamp, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamp';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, timestamp, float8, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamp, value float8, period interval) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamp, float8, interval) IS
    'trend of values by period, from the user''s own first to last period: timestamp with a period such as 7 days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, date, float8, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, date, float8, interval, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, date, float8, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, date, float8, interval, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, date, float8, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, date, float8, interval, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period interval, window_start date, window_end date) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, interval, date, date) IS
    'trend of values by period, within a window: date with a period such as 7 days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, date, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, date, float8, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, date, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, date, float8, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, date, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, date, float8, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period interval) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, interval) IS
    'trend of values by period, from the user''s own first to last period: date with a period such as 7 days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, date, float8, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_days';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, date, float8, int, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, date, float8, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_days';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, date, float8, int, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, date, float8, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_days';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, date, float8, int, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period int, window_start date, window_end date) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, int, date, date) IS
    'trend of values by period, within a window: date with a period in days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, date, float8, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_days';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, date, float8, int) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, date, float8, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_days';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, date, float8, int) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, date, float8, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_days';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, date, float8, int) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period int) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, int) IS
    'trend of values by period, from the user''s own first to last period: date with a period in days';

CREATE FUNCTION usercls._trend_accum(usercls.trend, date, float8, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_text';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, date, float8, text, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, date, float8, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_text';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, date, float8, text, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, date, float8, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_text';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, date, float8, text, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period text, window_start date, window_end date) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, text, date, date) IS
    'trend of values by period, within a window: date with a period written as text';

CREATE FUNCTION usercls._trend_accum(usercls.trend, date, float8, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_text';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, date, float8, text) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, date, float8, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_text';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, date, float8, text) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, date, float8, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_text';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, date, float8, text) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period text) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, text) IS
    'trend of values by period, from the user''s own first to last period: date with a period written as text';

CREATE FUNCTION usercls._trend_accum(usercls.trend, bigint, float8, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_bigint';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, bigint, float8, bigint, bigint, bigint) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, bigint, float8, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_bigint';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, bigint, float8, bigint, bigint, bigint) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, bigint, float8, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_bigint';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, bigint, float8, bigint, bigint, bigint) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts bigint, value float8, period bigint, window_start bigint, window_end bigint) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(bigint, float8, bigint, bigint, bigint) IS
    'trend of values by period, within a window: bigint with a period in its units';

CREATE FUNCTION usercls._trend_accum(usercls.trend, bigint, float8, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_bigint';
COMMENT ON FUNCTION usercls._trend_accum(usercls.trend, bigint, float8, bigint) IS 'adds a row to a trend';

CREATE FUNCTION usercls._trend_moving(usercls.trend, bigint, float8, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_bigint';
COMMENT ON FUNCTION usercls._trend_moving(usercls.trend, bigint, float8, bigint) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls._trend_remove(usercls.trend, bigint, float8, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_bigint';
COMMENT ON FUNCTION usercls._trend_remove(usercls.trend, bigint, float8, bigint) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts bigint, value float8, period bigint) (
    SFUNC = usercls._trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls._trend_final, COMBINEFUNC = usercls._trend_combine,
    MSFUNC = usercls._trend_moving, MINVFUNC = usercls._trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls._trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(bigint, float8, bigint) IS
    'trend of values by period, from the user''s own first to last period: bigint with a period in its units';

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

CREATE FUNCTION usercls.label(trend usercls.trend, measure text DEFAULT 'sum') RETURNS usercls.trend_label
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label';
COMMENT ON FUNCTION usercls.label(usercls.trend, text) IS
    'potential or high_risk when the net sign differs from no trend at the level 0.1, stable otherwise';

CREATE FUNCTION usercls.label(trend usercls.trend, potential_at int, high_risk_at int, measure text DEFAULT 'sum')
RETURNS usercls.trend_label
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label_at';
COMMENT ON FUNCTION usercls.label(usercls.trend, int, int, text) IS
    'potential from a net sign of potential_at up, high_risk from high_risk_at down, stable between';

CREATE FUNCTION usercls.label(trend usercls.trend, cuts int[], names text[], measure text DEFAULT 'sum') RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_label_cuts';
COMMENT ON FUNCTION usercls.label(usercls.trend, int[], text[], text) IS
    'the name of the class of the net sign: the first below all cuts, the next from the first cut up, and so on';

CREATE FUNCTION usercls.net_sign(trend usercls.trend, measure text DEFAULT 'sum') RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_net_sign';
COMMENT ON FUNCTION usercls.net_sign IS 'rises minus falls from period to period';

CREATE FUNCTION usercls.signs(trend usercls.trend, measure text DEFAULT 'sum') RETURNS int[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_signs';
COMMENT ON FUNCTION usercls.signs IS '1, 0 or -1 for each change from period to period';

CREATE FUNCTION usercls.period_values(trend usercls.trend, measure text DEFAULT 'sum') RETURNS float8[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_period_values';
COMMENT ON FUNCTION usercls.period_values IS 'sum, mean or count of each complete period; the mean of no values is null';

CREATE FUNCTION usercls.z_score(trend usercls.trend, measure text DEFAULT 'sum') RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_z_score';
COMMENT ON FUNCTION usercls.z_score IS 'net sign in standard deviations from no trend (difference-sign test)';

CREATE FUNCTION usercls.p_value(trend usercls.trend, measure text DEFAULT 'sum') RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls_p_value';
COMMENT ON FUNCTION usercls.p_value IS 'two-sided p-value of the net sign against no trend (difference-sign test)';
