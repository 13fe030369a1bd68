-- Small tables and models for scripts/soak: m and u are everybody's, m0 to m3 and t0 to t3 one session's.
SET client_min_messages = error;
CREATE EXTENSION usercls;
CREATE TABLE b AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend
FROM generate_series(1, 500) u, generate_series(0, 23) w;
CREATE TABLE sq AS SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend], '7 days', '2026-03-30', '2026-06-22') AS seq FROM b GROUP BY 1;
CREATE TABLE member AS
SELECT u AS user_id, hashint8(u) & 15 AS visits, hashint8(u * 100 + 3) & 1 AS treated, ((hashint8(u * 3) & 3) = 0)::int AS outcome FROM generate_series(1, 1000) AS u;
CREATE TABLE friend AS SELECT u AS src, 1 + (hashint8(u * 100 + 10 + f) & 511) AS dst FROM generate_series(1, 1000) AS u, generate_series(1, 3) AS f;
CREATE INDEX ON member (user_id);
CREATE INDEX ON friend (src);
CREATE INDEX ON friend (dst);
SELECT usercls.train_sequence(model, 'b', trend_of => 'spend', features => '{spend}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')
FROM unnest('{m,m,m,m0,m1,m2,m3}'::text[]) model;
SELECT usercls.train_uplift('u', 'member', 'friend', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always') FROM generate_series(1, 2);
SELECT usercls.import_model('t' || i, usercls.export_model('m'), promote => 'always') FROM generate_series(0, 3) i;

-- Run sql, which may fail with one of the codes, as what others do at the time makes it; any other error ends the soak.
CREATE FUNCTION may_fail(sql text, VARIADIC codes text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	IF SQLSTATE <> ALL (codes) THEN RAISE; END IF;
	RETURN SQLSTATE;
END $$;
