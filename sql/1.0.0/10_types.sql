CREATE TYPE usercls.trend_label AS ENUM ('high_risk', 'declining', 'stable', 'rising', 'potential');
COMMENT ON TYPE usercls.trend_label IS 'which way a user''s behaviour goes, from worst to best; three classes are high_risk, stable and potential';

CREATE TYPE usercls.trend;
COMMENT ON TYPE usercls.trend IS 'sums and counts of a user''s values by period';

CREATE FUNCTION usercls_private.trend_in(cstring) RETURNS usercls.trend
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_in';
COMMENT ON FUNCTION usercls_private.trend_in IS 'I/O';

CREATE FUNCTION usercls_private.trend_out(usercls.trend) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_out';
COMMENT ON FUNCTION usercls_private.trend_out IS 'I/O';

CREATE FUNCTION usercls_private.trend_recv(internal) RETURNS usercls.trend
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_recv';
COMMENT ON FUNCTION usercls_private.trend_recv IS 'I/O';

CREATE FUNCTION usercls_private.trend_send(usercls.trend) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_send';
COMMENT ON FUNCTION usercls_private.trend_send IS 'I/O';

CREATE TYPE usercls.trend (
    INPUT = usercls_private.trend_in, OUTPUT = usercls_private.trend_out,
    RECEIVE = usercls_private.trend_recv, SEND = usercls_private.trend_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE usercls.trend IS 'sums and counts of a user''s values by period';

-- The state of sequence_agg: the same with several values per period.
CREATE TYPE usercls_private.sequence_state;
COMMENT ON TYPE usercls_private.sequence_state IS 'partial result of sequence_agg';

CREATE FUNCTION usercls_private.sequence_state_in(cstring) RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_state_in';
COMMENT ON FUNCTION usercls_private.sequence_state_in IS 'I/O';

CREATE FUNCTION usercls_private.sequence_state_out(usercls_private.sequence_state) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_out';
COMMENT ON FUNCTION usercls_private.sequence_state_out IS 'I/O';

CREATE FUNCTION usercls_private.sequence_state_recv(internal) RETURNS usercls_private.sequence_state
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__sequence_state_recv';
COMMENT ON FUNCTION usercls_private.sequence_state_recv IS 'I/O';

CREATE FUNCTION usercls_private.sequence_state_send(usercls_private.sequence_state) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_send';
COMMENT ON FUNCTION usercls_private.sequence_state_send IS 'I/O';

CREATE TYPE usercls_private.sequence_state (
    INPUT = usercls_private.sequence_state_in, OUTPUT = usercls_private.sequence_state_out,
    RECEIVE = usercls_private.sequence_state_recv, SEND = usercls_private.sequence_state_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE usercls_private.sequence_state IS 'partial result of sequence_agg';
