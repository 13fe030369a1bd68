-- What a session keeps answers as if it kept nothing: each cache, and everything that its values depend on, changed.
--   decoded models, of all kinds           SHA-256 of the weights, kind
--   predict, score, explain by name        the name, byte for byte, and the snapshot: who answers is looked up again with the next
--   predict, score, gnn_* by value         the weights, byte for byte
--   uplift                                 model, version, SHA-256 of the weights, spec; the shape of its tables; approvals are asked for each time
SET client_min_messages = warning;
CREATE TABLE cache_users AS SELECT u::bigint AS user_id, (u % 7)::float8 AS x, u % 2 AS treated, (u % 3 = 0)::int AS outcome FROM generate_series(1, 300) u;
CREATE TABLE cache_edges AS SELECT u::bigint AS src, (1 + (u * 7 + k * 13) % 300)::bigint AS dst FROM generate_series(1, 300) u, generate_series(1, 3) k;
CREATE INDEX ON cache_users (user_id);
CREATE INDEX ON cache_edges (src);
CREATE INDEX ON cache_edges (dst);
SELECT version FROM usercls.train_uplift('cached', 'cache_users', 'cache_edges', features => '{x}', promote => 'always', hyperparams => '{"max_epochs": 2, "hidden_size": 64}');
CREATE TABLE cache_other AS SELECT user_id, x * 1000 AS x, treated, outcome FROM cache_users;
CREATE INDEX ON cache_other (user_id);
CREATE FUNCTION uplift_differs() RETURNS boolean LANGUAGE sql AS
	$$ SELECT abs(o.uplift - t.uplift) > 1e-5 FROM usercls.uplift('cached', 5) o, usercls.target_users('cached') t WHERE t.user_id = 5 $$;
SELECT uplift_differs();
-- uplift(): the spec, of a version whose number and weights come twice.
BEGIN;
SELECT usercls.import_model('cached', usercls.export_model('cached'), promote => 'always', spec => (SELECT jsonb_set(spec::jsonb, '{users}', '"public.cache_other"') FROM usercls.versions WHERE model = 'cached' AND version = 1));
SELECT uplift_differs();
ROLLBACK;
SELECT usercls.import_model('cached', usercls.export_model('cached'), promote => 'always', spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'cached' AND version = 1));
SELECT uplift_differs();
-- the version, the weights, the data, and the tables themselves
SELECT usercls.import_model('cached', set_byte(w, octet_length(w) - 1 - 4 * 34, 65), promote => 'always', spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'cached' AND version = 1)) FROM usercls.export_model('cached') w;
SELECT uplift_differs();
UPDATE cache_users SET x = x + 1;
SELECT uplift_differs();
ALTER TABLE cache_users RENAME TO cache_old;
ALTER TABLE cache_other RENAME TO cache_users;
SELECT uplift_differs();
-- gnn_*: every byte of the weights, at the same address and elsewhere.
-- alone: a plan of its own keeps nothing from the call before
CREATE FUNCTION heads(weights bytea, OUT uplift float8) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT (usercls.gnn_heads($1, usercls.gnn_input($2, ''{3}''))).uplift' INTO uplift USING weights, usercls.export_model('cached', 1);
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
SELECT usercls.export_model('cached', 1) AS weights \gset
CREATE TABLE cache_places AS SELECT place, heads(set_byte(:'weights', octet_length(:'weights'::bytea) - place, place & 127)) AS alone FROM generate_series(1, 1401) place;
SELECT usercls.gnn_input(usercls.export_model('cached', 1), '{3}') AS input \gset
SELECT count(*) > 100 AS edits, count(*) FILTER (WHERE together IS DISTINCT FROM alone) AS of_another
FROM (SELECT alone, (usercls.gnn_heads(set_byte(:'weights', octet_length(:'weights'::bytea) - place, place & 127), :'input')).uplift AS together FROM cache_places WHERE alone IS NOT NULL) t;
-- They keep to usercls.model_cache_size.
SET usercls.model_cache_size = '1MB';
CREATE FUNCTION models_kept() RETURNS float8 LANGUAGE sql VOLATILE AS
	$$ SELECT coalesce(sum(total_bytes), 0)::float8 FROM pg_backend_memory_contexts WHERE name = 'usercls model' $$;
SELECT max(kept) < 2 * 1024 * 1024 AS keeps_to_it, count(DISTINCT weights) AS versions
FROM (SELECT weights, usercls.gnn_input(weights, '{3}') AS input, models_kept() AS kept
	FROM (SELECT set_byte(:'weights', 7000, place) AS weights FROM generate_series(1, 120) place OFFSET 0) w OFFSET 0) t WHERE input IS NOT NULL;
RESET usercls.model_cache_size;
SELECT usercls.drop_model('cached');
DROP FUNCTION uplift_differs, heads, models_kept;
DROP TABLE cache_users, cache_old, cache_edges, cache_places;
