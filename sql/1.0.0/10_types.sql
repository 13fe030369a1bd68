CREATE TYPE usercls.trend_label AS ENUM ('high_risk', 'declining', 'stable', 'rising', 'potential');
COMMENT ON TYPE usercls.trend_label IS 'the labels from worst to best, to sort by: ORDER BY label::usercls.trend_label; three classes are high_risk, stable and potential';

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

-- Equal are trends of the same periods with the same sum and count in each. The order is for sorting and indexes.
CREATE FUNCTION usercls_private.trend_eq(usercls.trend, usercls.trend) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_eq';
COMMENT ON FUNCTION usercls_private.trend_eq IS 'whether two trends say the same';

CREATE FUNCTION usercls_private.trend_ne(usercls.trend, usercls.trend) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_ne';
COMMENT ON FUNCTION usercls_private.trend_ne IS 'whether two trends differ';

CREATE FUNCTION usercls_private.trend_lt(usercls.trend, usercls.trend) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_lt';
COMMENT ON FUNCTION usercls_private.trend_lt IS 'whether a trend sorts before another';

CREATE FUNCTION usercls_private.trend_le(usercls.trend, usercls.trend) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_le';
COMMENT ON FUNCTION usercls_private.trend_le IS 'whether a trend does not sort after another';

CREATE FUNCTION usercls_private.trend_gt(usercls.trend, usercls.trend) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_gt';
COMMENT ON FUNCTION usercls_private.trend_gt IS 'whether a trend sorts after another';

CREATE FUNCTION usercls_private.trend_ge(usercls.trend, usercls.trend) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_ge';
COMMENT ON FUNCTION usercls_private.trend_ge IS 'whether a trend does not sort before another';

CREATE FUNCTION usercls_private.trend_cmp(usercls.trend, usercls.trend) RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_cmp';
COMMENT ON FUNCTION usercls_private.trend_cmp IS 'which of two trends sorts first';

CREATE FUNCTION usercls_private.trend_hash(usercls.trend) RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_hash';
COMMENT ON FUNCTION usercls_private.trend_hash IS 'hash of a trend';

CREATE FUNCTION usercls_private.trend_hash_extended(usercls.trend, bigint) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_hash_extended';
COMMENT ON FUNCTION usercls_private.trend_hash_extended IS 'hash of a trend, with a seed';

CREATE OPERATOR usercls.= (
    LEFTARG = usercls.trend, RIGHTARG = usercls.trend, FUNCTION = usercls_private.trend_eq,
    COMMUTATOR = OPERATOR(usercls.=), NEGATOR = OPERATOR(usercls.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR usercls.= (usercls.trend, usercls.trend) IS 'the same periods, and in each the same sum and count';

CREATE OPERATOR usercls.<> (
    LEFTARG = usercls.trend, RIGHTARG = usercls.trend, FUNCTION = usercls_private.trend_ne,
    COMMUTATOR = OPERATOR(usercls.<>), NEGATOR = OPERATOR(usercls.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR usercls.<> (usercls.trend, usercls.trend) IS 'other periods, or another sum or count in one of them';

CREATE OPERATOR usercls.< (
    LEFTARG = usercls.trend, RIGHTARG = usercls.trend, FUNCTION = usercls_private.trend_lt,
    COMMUTATOR = OPERATOR(usercls.>), NEGATOR = OPERATOR(usercls.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR usercls.< (usercls.trend, usercls.trend) IS 'sorts before: by kind of time, period and start, then by the values from the first period on';

CREATE OPERATOR usercls.<= (
    LEFTARG = usercls.trend, RIGHTARG = usercls.trend, FUNCTION = usercls_private.trend_le,
    COMMUTATOR = OPERATOR(usercls.>=), NEGATOR = OPERATOR(usercls.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR usercls.<= (usercls.trend, usercls.trend) IS 'sorts before or is equal';

CREATE OPERATOR usercls.> (
    LEFTARG = usercls.trend, RIGHTARG = usercls.trend, FUNCTION = usercls_private.trend_gt,
    COMMUTATOR = OPERATOR(usercls.<), NEGATOR = OPERATOR(usercls.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR usercls.> (usercls.trend, usercls.trend) IS 'sorts after';

CREATE OPERATOR usercls.>= (
    LEFTARG = usercls.trend, RIGHTARG = usercls.trend, FUNCTION = usercls_private.trend_ge,
    COMMUTATOR = OPERATOR(usercls.<=), NEGATOR = OPERATOR(usercls.<), RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR usercls.>= (usercls.trend, usercls.trend) IS 'sorts after or is equal';

CREATE OPERATOR FAMILY usercls.trend_ops USING btree;
COMMENT ON OPERATOR FAMILY usercls.trend_ops USING btree IS 'order of trends';

CREATE OPERATOR CLASS usercls.trend_ops DEFAULT FOR TYPE usercls.trend USING btree FAMILY usercls.trend_ops AS
    OPERATOR 1 usercls.<, OPERATOR 2 usercls.<=, OPERATOR 3 usercls.=, OPERATOR 4 usercls.>=, OPERATOR 5 usercls.>,
    FUNCTION 1 usercls_private.trend_cmp(usercls.trend, usercls.trend);
COMMENT ON OPERATOR CLASS usercls.trend_ops USING btree IS 'order of trends, for ORDER BY, DISTINCT and indexes';

CREATE OPERATOR FAMILY usercls.trend_ops USING hash;
COMMENT ON OPERATOR FAMILY usercls.trend_ops USING hash IS 'equality of trends';

CREATE OPERATOR CLASS usercls.trend_ops DEFAULT FOR TYPE usercls.trend USING hash FAMILY usercls.trend_ops AS
    OPERATOR 1 usercls.=,
    FUNCTION 1 usercls_private.trend_hash(usercls.trend), FUNCTION 2 usercls_private.trend_hash_extended(usercls.trend, bigint);
COMMENT ON OPERATOR CLASS usercls.trend_ops USING hash IS 'equality of trends, for GROUP BY, UNION and hash joins';

-- Not IMMUTABLE: a timestamptz is written by the session's time zone. With the cast to json, to_jsonb() and row_to_json()
-- of a row with a trend in it make the same object of it.
CREATE FUNCTION usercls_private.trend_json(usercls.trend) RETURNS json
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_json';
COMMENT ON FUNCTION usercls_private.trend_json IS 'a trend as json';

CREATE CAST (usercls.trend AS json) WITH FUNCTION usercls_private.trend_json(usercls.trend);
COMMENT ON CAST (usercls.trend AS json) IS 'kind of time, period, and the complete periods, each with start, sum and count';

CREATE FUNCTION usercls_private.trend_jsonb(usercls.trend) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'usercls__trend_jsonb';
COMMENT ON FUNCTION usercls_private.trend_jsonb IS 'a trend as jsonb';

CREATE CAST (usercls.trend AS jsonb) WITH FUNCTION usercls_private.trend_jsonb(usercls.trend);
COMMENT ON CAST (usercls.trend AS jsonb) IS 'kind of time, period, and the complete periods, each with start, sum and count';

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
