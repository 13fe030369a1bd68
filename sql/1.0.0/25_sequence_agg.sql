-- Sequences: what the sequence models read.
CREATE FUNCTION usercls._sequence_combine(usercls._sequence_state, usercls._sequence_state)
RETURNS usercls._sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_combine';
COMMENT ON FUNCTION usercls._sequence_combine IS 'merges two partial sequences';

CREATE FUNCTION usercls._sequence_final(usercls._sequence_state) RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_final';
COMMENT ON FUNCTION usercls._sequence_final IS 'the sequence of a transition state';

CREATE FUNCTION usercls._sequence_accum(usercls._sequence_state, timestamptz, float8[], interval, timestamptz, timestamptz)
RETURNS usercls._sequence_state
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_timestamptz';
COMMENT ON FUNCTION usercls._sequence_accum(usercls._sequence_state, timestamptz, float8[], interval, timestamptz, timestamptz) IS
    'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts timestamptz, features float8[], period interval, window_start timestamptz, window_end timestamptz) (
    SFUNC = usercls._sequence_accum, STYPE = usercls._sequence_state, SSPACE = 2048,
    FINALFUNC = usercls._sequence_final, COMBINEFUNC = usercls._sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(timestamptz, float8[], interval, timestamptz, timestamptz) IS
    'sums of features by period, periods × features, null where there are none: timestamptz with a period such as 7 days';

CREATE FUNCTION usercls._sequence_accum(usercls._sequence_state, timestamp, float8[], interval, timestamp, timestamp)
RETURNS usercls._sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_timestamp';
COMMENT ON FUNCTION usercls._sequence_accum(usercls._sequence_state, timestamp, float8[], interval, timestamp, timestamp) IS
    'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts timestamp, features float8[], period interval, window_start timestamp, window_end timestamp) (
    SFUNC = usercls._sequence_accum, STYPE = usercls._sequence_state, SSPACE = 2048,
    FINALFUNC = usercls._sequence_final, COMBINEFUNC = usercls._sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(timestamp, float8[], interval, timestamp, timestamp) IS
    'sums of features by period, periods × features, null where there are none: timestamp with a period such as 7 days';

CREATE FUNCTION usercls._sequence_accum(usercls._sequence_state, date, float8[], interval, date, date)
RETURNS usercls._sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_date';
COMMENT ON FUNCTION usercls._sequence_accum(usercls._sequence_state, date, float8[], interval, date, date) IS
    'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts date, features float8[], period interval, window_start date, window_end date) (
    SFUNC = usercls._sequence_accum, STYPE = usercls._sequence_state, SSPACE = 2048,
    FINALFUNC = usercls._sequence_final, COMBINEFUNC = usercls._sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(date, float8[], interval, date, date) IS
    'sums of features by period, periods × features, null where there are none: date with a period such as 7 days';

CREATE FUNCTION usercls._sequence_accum(usercls._sequence_state, date, float8[], int, date, date)
RETURNS usercls._sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_date_days';
COMMENT ON FUNCTION usercls._sequence_accum(usercls._sequence_state, date, float8[], int, date, date) IS
    'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts date, features float8[], period int, window_start date, window_end date) (
    SFUNC = usercls._sequence_accum, STYPE = usercls._sequence_state, SSPACE = 2048,
    FINALFUNC = usercls._sequence_final, COMBINEFUNC = usercls._sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(date, float8[], int, date, date) IS
    'sums of features by period, periods × features, null where there are none: date with a period in days';

CREATE FUNCTION usercls._sequence_accum(usercls._sequence_state, date, float8[], text, date, date)
RETURNS usercls._sequence_state
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_date_text';
COMMENT ON FUNCTION usercls._sequence_accum(usercls._sequence_state, date, float8[], text, date, date) IS
    'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts date, features float8[], period text, window_start date, window_end date) (
    SFUNC = usercls._sequence_accum, STYPE = usercls._sequence_state, SSPACE = 2048,
    FINALFUNC = usercls._sequence_final, COMBINEFUNC = usercls._sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(date, float8[], text, date, date) IS
    'sums of features by period, periods × features, null where there are none: date with a period written as text';

CREATE FUNCTION usercls._sequence_accum(usercls._sequence_state, bigint, float8[], bigint, bigint, bigint)
RETURNS usercls._sequence_state
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_accum_bigint';
COMMENT ON FUNCTION usercls._sequence_accum(usercls._sequence_state, bigint, float8[], bigint, bigint, bigint) IS
    'adds a row to a sequence';

CREATE AGGREGATE usercls.sequence_agg(ts bigint, features float8[], period bigint, window_start bigint, window_end bigint) (
    SFUNC = usercls._sequence_accum, STYPE = usercls._sequence_state, SSPACE = 2048,
    FINALFUNC = usercls._sequence_final, COMBINEFUNC = usercls._sequence_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.sequence_agg(bigint, float8[], bigint, bigint, bigint) IS
    'sums of features by period, periods × features, null where there are none: bigint with a period in its units';
