-- Made by scripts/labeler-sql. The aggregates of the labeler, for each kind of time and period: trend_agg over a given
-- window and over the user's own first to last period, sequence_agg over a given window. The transition functions read
-- each kind without a cast, booleans as 1 and 0. trend_moving and trend_remove serve window frames: they take a row's value away where
-- that is exact, and otherwise have the frame read anew.

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamptz';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamptz';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamptz';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, float8, interval, timestamptz, timestamptz) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamptz, value float8, period interval, window_start timestamptz, window_end timestamptz) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamptz, float8, interval, timestamptz, timestamptz) IS
    'trend of values by period, within a window: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, float8, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamptz';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, float8, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, float8, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamptz';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, float8, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, float8, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamptz';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, float8, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamptz, value float8, period interval) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamptz, float8, interval) IS
    'trend of values by period, from the user''s own first to last period: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, boolean, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamptz_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, boolean, interval, timestamptz, timestamptz) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, boolean, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamptz_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, boolean, interval, timestamptz, timestamptz) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, boolean, interval, timestamptz, timestamptz) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamptz_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, boolean, interval, timestamptz, timestamptz) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamptz, value boolean, period interval, window_start timestamptz, window_end timestamptz) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamptz, boolean, interval, timestamptz, timestamptz) IS
    'trend of values (true is 1, false 0) by period, within a window: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, boolean, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamptz_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamptz, boolean, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, boolean, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamptz_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamptz, boolean, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, boolean, interval) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamptz_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamptz, boolean, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamptz, value boolean, period interval) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamptz, boolean, interval) IS
    'trend of values (true is 1, false 0) by period, from the user''s own first to last period: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, timestamptz, float8[], interval, timestamptz, timestamptz) RETURNS usercls_private.sequence_state
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_timestamptz';
COMMENT ON FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, timestamptz, float8[], interval, timestamptz, timestamptz) IS 'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts timestamptz, features float8[], period interval, window_start timestamptz, window_end timestamptz) (
    SFUNC = usercls_private.sequence_accum, STYPE = usercls_private.sequence_state, SSPACE = 2048,
    FINALFUNC = usercls_private.sequence_final, COMBINEFUNC = usercls_private.sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(timestamptz, float8[], interval, timestamptz, timestamptz) IS
    'sums of features by period, periods × features, null where there are none: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, float8, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamp';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, float8, interval, timestamp, timestamp) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, float8, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamp';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, float8, interval, timestamp, timestamp) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, float8, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamp';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, float8, interval, timestamp, timestamp) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamp, value float8, period interval, window_start timestamp, window_end timestamp) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamp, float8, interval, timestamp, timestamp) IS
    'trend of values by period, within a window: timestamp with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamp';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, float8, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamp';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, float8, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamp';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, float8, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamp, value float8, period interval) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamp, float8, interval) IS
    'trend of values by period, from the user''s own first to last period: timestamp with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, boolean, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamp_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, boolean, interval, timestamp, timestamp) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, boolean, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamp_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, boolean, interval, timestamp, timestamp) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, boolean, interval, timestamp, timestamp) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamp_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, boolean, interval, timestamp, timestamp) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamp, value boolean, period interval, window_start timestamp, window_end timestamp) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamp, boolean, interval, timestamp, timestamp) IS
    'trend of values (true is 1, false 0) by period, within a window: timestamp with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, boolean, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_timestamp_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, timestamp, boolean, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, boolean, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_timestamp_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, timestamp, boolean, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, boolean, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_timestamp_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, timestamp, boolean, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts timestamp, value boolean, period interval) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(timestamp, boolean, interval) IS
    'trend of values (true is 1, false 0) by period, from the user''s own first to last period: timestamp with a period such as 7 days';

CREATE FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, timestamp, float8[], interval, timestamp, timestamp) RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_timestamp';
COMMENT ON FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, timestamp, float8[], interval, timestamp, timestamp) IS 'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts timestamp, features float8[], period interval, window_start timestamp, window_end timestamp) (
    SFUNC = usercls_private.sequence_accum, STYPE = usercls_private.sequence_state, SSPACE = 2048,
    FINALFUNC = usercls_private.sequence_final, COMBINEFUNC = usercls_private.sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(timestamp, float8[], interval, timestamp, timestamp) IS
    'sums of features by period, periods × features, null where there are none: timestamp with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, interval, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, interval, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, interval, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period interval, window_start date, window_end date) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, interval, date, date) IS
    'trend of values by period, within a window: date with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period interval) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, interval) IS
    'trend of values by period, from the user''s own first to last period: date with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, interval, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, interval, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, interval, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, interval, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value boolean, period interval, window_start date, window_end date) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, boolean, interval, date, date) IS
    'trend of values (true is 1, false 0) by period, within a window: date with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, interval) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, interval) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, interval) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, interval) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value boolean, period interval) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, boolean, interval) IS
    'trend of values (true is 1, false 0) by period, from the user''s own first to last period: date with a period such as 7 days';

CREATE FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, date, float8[], interval, date, date) RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_date';
COMMENT ON FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, date, float8[], interval, date, date) IS 'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts date, features float8[], period interval, window_start date, window_end date) (
    SFUNC = usercls_private.sequence_accum, STYPE = usercls_private.sequence_state, SSPACE = 2048,
    FINALFUNC = usercls_private.sequence_final, COMBINEFUNC = usercls_private.sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(date, float8[], interval, date, date) IS
    'sums of features by period, periods × features, null where there are none: date with a period such as 7 days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_days';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, int, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_days';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, int, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_days';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, int, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period int, window_start date, window_end date) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, int, date, date) IS
    'trend of values by period, within a window: date with a period in days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_days';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, int) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_days';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, int) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_days';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, int) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period int) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, int) IS
    'trend of values by period, from the user''s own first to last period: date with a period in days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_days_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, int, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_days_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, int, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, int, date, date) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_days_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, int, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value boolean, period int, window_start date, window_end date) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, boolean, int, date, date) IS
    'trend of values (true is 1, false 0) by period, within a window: date with a period in days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_days_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, int) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_days_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, int) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, int) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_days_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, int) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value boolean, period int) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, boolean, int) IS
    'trend of values (true is 1, false 0) by period, from the user''s own first to last period: date with a period in days';

CREATE FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, date, float8[], int, date, date) RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_date_days';
COMMENT ON FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, date, float8[], int, date, date) IS 'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts date, features float8[], period int, window_start date, window_end date) (
    SFUNC = usercls_private.sequence_accum, STYPE = usercls_private.sequence_state, SSPACE = 2048,
    FINALFUNC = usercls_private.sequence_final, COMBINEFUNC = usercls_private.sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(date, float8[], int, date, date) IS
    'sums of features by period, periods × features, null where there are none: date with a period in days';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_text';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, text, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_text';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, text, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_text';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, text, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period text, window_start date, window_end date) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, text, date, date) IS
    'trend of values by period, within a window: date with a period written as text';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_text';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, float8, text) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_text';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, float8, text) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_text';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, float8, text) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value float8, period text) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, float8, text) IS
    'trend of values by period, from the user''s own first to last period: date with a period written as text';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_text_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, text, date, date) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_text_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, text, date, date) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, text, date, date) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_text_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, text, date, date) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value boolean, period text, window_start date, window_end date) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, boolean, text, date, date) IS
    'trend of values (true is 1, false 0) by period, within a window: date with a period written as text';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_date_text_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, date, boolean, text) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_date_text_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, date, boolean, text) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, text) RETURNS usercls.trend
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_date_text_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, date, boolean, text) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts date, value boolean, period text) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(date, boolean, text) IS
    'trend of values (true is 1, false 0) by period, from the user''s own first to last period: date with a period written as text';

CREATE FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, date, float8[], text, date, date) RETURNS usercls_private.sequence_state
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_date_text';
COMMENT ON FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, date, float8[], text, date, date) IS 'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts date, features float8[], period text, window_start date, window_end date) (
    SFUNC = usercls_private.sequence_accum, STYPE = usercls_private.sequence_state, SSPACE = 2048,
    FINALFUNC = usercls_private.sequence_final, COMBINEFUNC = usercls_private.sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(date, float8[], text, date, date) IS
    'sums of features by period, periods × features, null where there are none: date with a period written as text';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, bigint, float8, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_bigint';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, bigint, float8, bigint, bigint, bigint) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, bigint, float8, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_bigint';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, bigint, float8, bigint, bigint, bigint) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, bigint, float8, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_bigint';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, bigint, float8, bigint, bigint, bigint) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts bigint, value float8, period bigint, window_start bigint, window_end bigint) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(bigint, float8, bigint, bigint, bigint) IS
    'trend of values by period, within a window: bigint with a period in its units';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, bigint, float8, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_bigint';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, bigint, float8, bigint) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, bigint, float8, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_bigint';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, bigint, float8, bigint) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, bigint, float8, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_bigint';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, bigint, float8, bigint) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts bigint, value float8, period bigint) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(bigint, float8, bigint) IS
    'trend of values by period, from the user''s own first to last period: bigint with a period in its units';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, bigint, boolean, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_bigint_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, bigint, boolean, bigint, bigint, bigint) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, bigint, boolean, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_bigint_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, bigint, boolean, bigint, bigint, bigint) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, bigint, boolean, bigint, bigint, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_bigint_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, bigint, boolean, bigint, bigint, bigint) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts bigint, value boolean, period bigint, window_start bigint, window_end bigint) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(bigint, boolean, bigint, bigint, bigint) IS
    'trend of values (true is 1, false 0) by period, within a window: bigint with a period in its units';

CREATE FUNCTION usercls_private.trend_accum(usercls.trend, bigint, boolean, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_accum_bigint_boolean';
COMMENT ON FUNCTION usercls_private.trend_accum(usercls.trend, bigint, boolean, bigint) IS 'adds a row to a trend';

CREATE FUNCTION usercls_private.trend_moving(usercls.trend, bigint, boolean, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_moving_bigint_boolean';
COMMENT ON FUNCTION usercls_private.trend_moving(usercls.trend, bigint, boolean, bigint) IS 'adds a row to a trend over a moving frame';

CREATE FUNCTION usercls_private.trend_remove(usercls.trend, bigint, boolean, bigint) RETURNS usercls.trend
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_remove_bigint_boolean';
COMMENT ON FUNCTION usercls_private.trend_remove(usercls.trend, bigint, boolean, bigint) IS 'takes a row from a trend over a moving frame';

CREATE AGGREGATE usercls.trend_agg(ts bigint, value boolean, period bigint) (
    SFUNC = usercls_private.trend_accum, STYPE = usercls.trend, SSPACE = 832,
    FINALFUNC = usercls_private.trend_final, COMBINEFUNC = usercls_private.trend_combine,
    MSFUNC = usercls_private.trend_moving, MINVFUNC = usercls_private.trend_remove, MSTYPE = usercls.trend, MSSPACE = 832,
    MFINALFUNC = usercls_private.trend_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.trend_agg(bigint, boolean, bigint) IS
    'trend of values (true is 1, false 0) by period, from the user''s own first to last period: bigint with a period in its units';

CREATE FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, bigint, float8[], bigint, bigint, bigint) RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_bigint';
COMMENT ON FUNCTION usercls_private.sequence_accum(usercls_private.sequence_state, bigint, float8[], bigint, bigint, bigint) IS 'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts bigint, features float8[], period bigint, window_start bigint, window_end bigint) (
    SFUNC = usercls_private.sequence_accum, STYPE = usercls_private.sequence_state, SSPACE = 2048,
    FINALFUNC = usercls_private.sequence_final, COMBINEFUNC = usercls_private.sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(bigint, float8[], bigint, bigint, bigint) IS
    'sums of features by period, periods × features, null where there are none: bigint with a period in its units';
