-- What test/fuzz/statements.pl speaks of: tables good and odd, and small models. Run again before each lot of statements,
-- for the last lot may have dropped them.
SET client_min_messages = error;
RESET ROLE;
CREATE EXTENSION IF NOT EXISTS usercls;
DROP SCHEMA IF EXISTS fz CASCADE;
SELECT usercls.drop_model(model) FROM usercls.models WHERE model <> '' AND my_right = 'admin';
DO $$BEGIN CREATE ROLE fz_score; EXCEPTION WHEN duplicate_object THEN NULL; END$$;
CREATE SCHEMA fz;
CREATE TABLE fz.behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
	(200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend, nullif(u * w % 5, 3) AS logins,
	(ARRAY['high_risk', 'stable', 'potential'])[u % 3 + 1] AS label
FROM generate_series(1, 60) u, generate_series(0, 23) w WHERE NOT (u % 9 = 0 AND w > 12);
CREATE INDEX behaviour_key ON fz.behaviour (user_id);
CREATE TABLE fz.users AS
SELECT u AS user_id, (u % 7)::float8 AS spend, u % 3 AS logins, u % 2 AS treated, (u % 5 = 0)::int AS outcome FROM generate_series(1, 80) u;
CREATE TABLE fz.edges AS SELECT u AS src, 1 + u * 7 % 85 AS dst, u % 4 / 2.0 AS weight FROM generate_series(1, 160) u;
CREATE INDEX ON fz.users (user_id);
CREATE INDEX ON fz.edges (src);
CREATE INDEX ON fz.edges (dst);
CREATE TABLE fz.empty (LIKE fz.behaviour);
CREATE TABLE fz.empty_score (user_id bigint PRIMARY KEY, label text, probability float8, version int, scored_at timestamptz);
-- Each column has what its name does not promise.
CREATE TABLE fz.odd (user_id text, ts timestamp, spend numeric, logins boolean, label float8, treated text, outcome int, src uuid, dst text, weight float8,
	seq float8[], flag boolean, word varchar(3), day date);
INSERT INTO fz.odd SELECT CASE u WHEN 3 THEN NULL ELSE u::text END, CASE u WHEN 5 THEN 'infinity' WHEN 7 THEN NULL ELSE timestamp '2026-02-02' + w * interval '1 day' END,
	CASE u WHEN 9 THEN 'NaN' WHEN 11 THEN 1e300 WHEN 13 THEN NULL ELSE u * w END, w % 2 = 0, u % 2, u % 2, u % 3, NULL, u::text, CASE u WHEN 15 THEN 'NaN'::float8 ELSE -1 END,
	CASE u WHEN 4 THEN '{}' WHEN 6 THEN '{{1,2,3}}' ELSE '{{1,2},{NULL,3}}' END::float8[], NULL, 'abc', date '2026-02-02' + w
FROM generate_series(1, 20) u, generate_series(0, 9) w;
CREATE TABLE fz.seqs AS SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend, logins], '7 days', '2026-03-30 00:00Z', '2026-06-22 00:00Z') AS seq FROM fz.behaviour GROUP BY 1;
CREATE VIEW fz.view AS SELECT * FROM fz.behaviour WHERE user_id % 2 = 0;
CREATE TABLE fz.parts (LIKE fz.behaviour) PARTITION BY HASH (user_id);
CREATE TABLE fz.parts_0 PARTITION OF fz.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE fz.parts_1 PARTITION OF fz.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO fz.parts SELECT * FROM fz.behaviour;
-- Fails after some rows.
CREATE VIEW fz.failing AS SELECT user_id, ts, spend, 1 / (user_id - 40) AS logins, label FROM fz.behaviour;
CREATE TABLE fz.many AS SELECT g FROM generate_series(1, 3000) g;
CREATE TABLE fz.trends AS SELECT usercls.trend_agg(ts, spend, '7 days', '2026-03-30 00:00Z', '2026-06-22 00:00Z') AS t FROM fz.behaviour WHERE user_id < 8 GROUP BY user_id;
-- The state of sequence_agg as text: what a foreign server's partial aggregate would send.
CREATE TABLE fz.states AS SELECT t::text AS t FROM fz.trends;
ANALYZE;
SELECT usercls.train_sequence('fz_seq', 'fz.behaviour', features => '{spend,logins}', label_column => 'label', horizon_periods => 0, hyperparams => '{"max_epochs":1,"hidden_size":4}', promote => 'always') FROM generate_series(1, 2);
SELECT usercls.train_sequence('fz_forecast', 'fz.behaviour', features => '{spend}', trend_of => 'spend', hyperparams => '{"max_epochs":1,"hidden_size":4}', promote => 'always');
SELECT usercls.train_uplift('fz_up', 'fz.users', 'fz.edges', features => '{spend,logins}', hyperparams => '{"max_epochs":1,"hidden_size":4}', promote => 'always') FROM generate_series(1, 2);
SELECT usercls.grant_model(model, 'fz_score', 'score') FROM usercls.models;
CREATE TABLE fz.weights AS SELECT model, usercls.export_model(model) AS w FROM usercls.models;
GRANT USAGE ON SCHEMA fz TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA fz TO PUBLIC;
