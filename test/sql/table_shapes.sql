-- The same rows in tables of every shape: every door gives the same answer.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TABLE shape_plain AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
       (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend,
       CASE WHEN u % 5 > 0 THEN (hashint8(u * 1000 + w + 500) & 7)::float8 END AS logins
FROM generate_series(1::bigint, 60) u, generate_series(0, 15) w;
INSERT INTO shape_plain VALUES (1, NULL, 5, 5), (61, '2026-02-01', NULL, NULL);

CREATE TABLE shape_indexed AS TABLE shape_plain;
CREATE INDEX ON shape_indexed (ts);
CREATE INDEX ON shape_indexed (user_id, ts, spend, logins);
VACUUM ANALYZE shape_indexed;

-- Leaves by time and by user, one with its columns in another order and with one that was dropped.
CREATE TABLE shape_by_time (LIKE shape_plain) PARTITION BY RANGE (ts);
CREATE TABLE shape_by_time_1 PARTITION OF shape_by_time FOR VALUES FROM (MINVALUE) TO ('2026-02-01');
CREATE TABLE shape_by_time_2 (gone text, logins float8, spend float8, ts timestamptz, user_id bigint);
ALTER TABLE shape_by_time_2 DROP COLUMN gone;
ALTER TABLE shape_by_time ATTACH PARTITION shape_by_time_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-10');
CREATE TABLE shape_by_time_3 PARTITION OF shape_by_time DEFAULT PARTITION BY HASH (user_id);
CREATE TABLE shape_by_time_3a PARTITION OF shape_by_time_3 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shape_by_time_3b PARTITION OF shape_by_time_3 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO shape_by_time TABLE shape_plain;
CREATE TABLE shape_by_user (LIKE shape_plain) PARTITION BY HASH (user_id);
CREATE TABLE shape_by_user_0 PARTITION OF shape_by_user FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shape_by_user_1 PARTITION OF shape_by_user FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX ON shape_by_user_1 (ts);
INSERT INTO shape_by_user TABLE shape_plain;

-- Some rows in the parent, some in its children; policies of a child and rights on it do not count for readers of the parent.
CREATE TABLE shape_parent (LIKE shape_plain);
CREATE TABLE shape_child () INHERITS (shape_parent);
CREATE TABLE shape_grandchild (more int) INHERITS (shape_child);
INSERT INTO shape_parent SELECT * FROM shape_plain WHERE user_id % 3 = 0;
INSERT INTO shape_child SELECT * FROM shape_plain WHERE user_id % 3 = 1;
INSERT INTO shape_grandchild SELECT *, 1 FROM shape_plain WHERE user_id % 3 = 2;
ALTER TABLE shape_child ENABLE ROW LEVEL SECURITY;
CREATE POLICY nobody ON shape_child USING (false);

-- Views of one table and of two, and what is below them again; a view that computes, one that leaves out.
CREATE VIEW shape_view AS SELECT logins, spend, ts, user_id FROM shape_by_time;
CREATE VIEW shape_union AS
SELECT * FROM shape_plain WHERE user_id <= 20 UNION ALL SELECT * FROM shape_by_user WHERE user_id > 20;
CREATE VIEW shape_twice AS
SELECT * FROM shape_plain WHERE user_id <= 20 UNION ALL SELECT * FROM shape_plain WHERE user_id > 20;
CREATE VIEW shape_computed AS SELECT user_id, ts + interval '0' AS ts, spend * 2 / 2 AS spend, logins FROM shape_plain;
CREATE VIEW shape_distinct AS SELECT DISTINCT * FROM shape_plain;
CREATE MATERIALIZED VIEW shape_stored AS TABLE shape_plain;
CREATE TABLE shape_generated (user_id bigint, at timestamptz, ts timestamptz GENERATED ALWAYS AS (at) STORED, spend float8, logins float8);
INSERT INTO shape_generated (user_id, at, spend, logins) TABLE shape_plain;
CREATE TABLE shape_widened (user_id bigint, ts timestamptz);
INSERT INTO shape_widened VALUES (61, '2026-02-01');
ALTER TABLE shape_widened ADD COLUMN spend float8, ADD COLUMN logins float8;
INSERT INTO shape_widened SELECT * FROM shape_plain WHERE user_id < 61;

-- Rows that policies hide from us are not there.
CREATE ROLE regress_shapes;
CREATE TABLE shape_secured AS TABLE shape_plain;
INSERT INTO shape_secured SELECT user_id + 100, ts, spend, logins FROM shape_plain;
ALTER TABLE shape_secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY ours ON shape_secured USING (user_id < 100);
CREATE TABLE shape_secured_parent (LIKE shape_plain) PARTITION BY HASH (user_id);
CREATE TABLE shape_secured_leaf PARTITION OF shape_secured_parent FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO shape_secured_parent TABLE shape_secured;
ALTER TABLE shape_secured_parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY ours ON shape_secured_parent USING (user_id < 100);
CREATE VIEW shape_of_theirs AS SELECT * FROM shape_plain;
REVOKE ALL ON shape_plain FROM PUBLIC;

CREATE TABLE shapes AS
SELECT relname::name AS relation
FROM pg_class WHERE relname ~ '^shape_' AND relkind IN ('r', 'p', 'v', 'm') AND relname !~ '_([0-9].?|leaf|child|grandchild)$';
CREATE FUNCTION shape_answers(relation text, OUT trends text, OUT windowed text, OUT labels text) LANGUAGE plpgsql AS $$
BEGIN
	SELECT md5(string_agg(t::text, ' ' ORDER BY t.user_id)) INTO trends
	FROM usercls.trend_users(relation::regclass, 'user_id', 'ts', 'spend', interval '7 days') t;
	SELECT md5(string_agg(t::text, ' ' ORDER BY t.user_id)) INTO windowed
	FROM usercls.trend_users(relation::regclass, 'user_id', 'ts', 'logins', interval '7 days', timestamptz '2026-02-01', timestamptz '2026-04-05') t;
	SELECT md5(string_agg(l::text, ' ' ORDER BY l::text)) INTO labels
	FROM usercls.label_summary(relation::regclass, 'spend', periods => '{7 days}', window_periods => 6, as_of => '2026-03-01') l;
END $$;
GRANT SELECT ON shapes, shape_secured, shape_secured_parent, shape_of_theirs TO regress_shapes;
GRANT SELECT ON shape_parent, shape_by_time TO regress_shapes;

-- As their owner: all but what was made for the other role.
SELECT shape_answers('shape_plain') AS plain \gset
SELECT relation, shape_answers(relation::text)::text = :'plain' AS equal
FROM shapes WHERE relation !~ 'secured' ORDER BY relation COLLATE "C";

-- As somebody who may read the parents and not the leaves, and from whom rows are hidden.
SET ROLE regress_shapes;
SELECT relation, shape_answers(relation::text)::text = :'plain' AS equal
FROM unnest('{shape_by_time,shape_of_theirs,shape_parent}'::name[]) AS relation ORDER BY relation;
SELECT count(*), max(user_id) FROM usercls.trend_users('shape_secured', 'user_id', 'ts', 'spend', interval '7 days');
SELECT count(*), max(user_id) FROM usercls.trend_users('shape_secured_parent', 'user_id', 'ts', 'spend', interval '7 days');
SELECT count(*) FROM usercls.trend_users('shape_plain', 'user_id', 'ts', 'spend', interval '7 days');
SELECT count(*) FROM usercls.trend_users('shape_by_time_1', 'user_id', 'ts', 'spend', interval '7 days');
RESET ROLE;

-- Training refuses to be shown a part, also of what lies below a view or a parent.
CREATE TABLE shape_others AS SELECT * FROM shape_secured WHERE user_id > 100;
CREATE VIEW shape_both WITH (security_barrier) AS SELECT * FROM shape_others UNION ALL SELECT * FROM shape_secured;
ALTER TABLE shape_others OWNER TO regress_shapes;
ALTER VIEW shape_both OWNER TO regress_shapes;
SET ROLE regress_shapes;
SELECT count(*), max(user_id) FROM usercls.trend_users('shape_both', 'user_id', 'ts', 'spend', interval '7 days');
SELECT usercls.train_sequence('shape', 'shape_both', trend_of => 'spend', features => '{spend}', dry_run => true);
SELECT usercls.train_sequence('shape', 'shape_secured_parent', trend_of => 'spend', features => '{spend}', dry_run => true);
RESET ROLE;

-- What is trained is the same, whatever the table; and so are edges.
CREATE FUNCTION shape_trained(relation text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hash text;
BEGIN
	PERFORM usercls.train_sequence('shape', relation::regclass, trend_of => 'spend', horizon_periods => 2, window_periods => 6,
	                               features => '{spend,logins}', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
	hash := encode(sha256(usercls.export_model('shape')), 'hex');
	PERFORM usercls.drop_model('shape');
	RETURN hash;
END $$;
SELECT relation, shape_trained(relation::text) = shape_trained('shape_plain') AS equal
FROM unnest('{shape_by_time,shape_by_user,shape_indexed,shape_parent,shape_union,shape_view}'::name[]) AS relation ORDER BY relation;

-- Partitions that the window leaves out are not touched.
SELECT pg_stat_force_next_flush();
SELECT seq_scan + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables WHERE relname = 'shape_by_time_1' \gset before_
SELECT count(*) FROM usercls.trend_users('shape_by_time', 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-03-15', timestamptz '2026-04-05');
SELECT pg_stat_force_next_flush();
SELECT seq_scan + coalesce(idx_scan, 0) - :before_scans AS scans FROM pg_stat_user_tables WHERE relname = 'shape_by_time_1';

DROP FUNCTION shape_answers, shape_trained;
DROP VIEW shape_view, shape_union, shape_twice, shape_computed, shape_distinct, shape_of_theirs, shape_both;
DROP TABLE shape_plain, shape_indexed, shape_by_time, shape_by_user, shape_parent, shape_child, shape_grandchild, shape_generated,
	shape_widened, shape_secured, shape_secured_parent, shape_others, shapes CASCADE;
DROP ROLE regress_shapes;
