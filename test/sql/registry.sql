-- Models as rows: versions, promotion, rollback, export and import, and every way to be wrong.
\getenv dir PG_ABS_SRCDIR
\set tiny_model :dir '/tiny_model.sql'
\set ECHO none
\i :tiny_model
\set ECHO all
-- The tiny model with one thing in its header replaced by another of equal length.
CREATE FUNCTION pg_temp.renamed(from_text text, to_text text) RETURNS bytea LANGUAGE sql AS $$
	SELECT overlay(f.file PLACING convert_to(to_text, 'UTF8') FROM position(convert_to(from_text, 'UTF8') IN f.file))
	FROM (SELECT pg_temp.tiny_model(1) AS file) f
$$;
\pset null '(null)'

-- Import, promote, roll back.
SELECT usercls.import_model('registry churn', pg_temp.tiny_model(1), comment => 'the first');
SELECT usercls.import_model('registry churn', pg_temp.tiny_model(2), spec => '{"source": "behaviour"}');
SELECT usercls.import_model('registry churn', pg_temp.tiny_model(3), promote => 'always');
SELECT model, kind, architecture, promoted_version, newest_version, versions, my_right, comment
FROM usercls.models WHERE model = 'registry churn';
SELECT usercls.promote('registry churn', 2, 'looks better');
SELECT usercls.promote('registry churn', 2, 'nothing changes, nothing is recorded');
SELECT usercls.promote('registry churn', 1);
SELECT usercls.rollback('registry churn', reason => 'too many false alarms');
SELECT usercls.rollback('registry churn');
SELECT usercls.rollback('registry churn');
SELECT usercls.promote('registry churn', 1);
SELECT usercls.promote('registry churn', 2);
SELECT usercls.rollback('registry churn', 2);
SELECT version, action, reason, current FROM usercls.deployments WHERE model = 'registry churn' ORDER BY deployment_id;
SELECT version, promoted, features, classes, spec, sha256 = encode(sha256(usercls.export_model(model, version)), 'hex') AS digest,
	created_by = current_user AS mine, comment
FROM usercls.versions WHERE model = 'registry churn' ORDER BY version;

-- What went in comes out.
SELECT usercls.export_model('registry churn') = pg_temp.tiny_model(3) AS promoted,
	usercls.export_model('registry churn', 1) = pg_temp.tiny_model(1) AS first;
SELECT * FROM usercls.model_info('registry churn')
WHERE property ~ '^(model|version|kind|architecture|feature|class|hidden_size|mask)';
SELECT tensor, type, shape, elements, minimum, maximum FROM usercls.model_tensors('registry churn');
SELECT count(*), sum(elements), min(byte_offset) % 8 AS alignment FROM usercls.model_tensors(pg_temp.tiny_model(1));

-- Versions never change, but for what is said about them.
UPDATE usercls.model_version SET weights = pg_temp.tiny_model(4);
UPDATE usercls.model_version SET version = version + 1;
SELECT usercls.set_model_comment('registry churn', 'warns of customers who leave');
SELECT usercls.set_model_comment('registry churn', 'the second', 2);
SELECT usercls.set_model_comment('registry churn', 'not there', 9);
SELECT comment FROM usercls.models WHERE model = 'registry churn';
SELECT comment FROM usercls.versions WHERE model = 'registry churn' ORDER BY version;
\set VERBOSITY terse
INSERT INTO usercls.model_version (model_id, version, architecture, weights, sha256, features, classes, hyperparams, created_by)
SELECT model_id, 99, 'gru', '\x00', sha256('\x01'), '{}', '{}', '{}', current_user FROM usercls.model WHERE name = 'registry churn';
\set VERBOSITY default

-- Pruning keeps the newest, the promoted one and what a rollback returns to; numbers are not used again.
SELECT usercls.promote('registry churn', 1);
SELECT usercls.prune_versions('registry churn', 1);
SELECT version, promoted FROM usercls.versions WHERE model = 'registry churn' ORDER BY version;
SELECT usercls.import_model('registry churn', pg_temp.tiny_model(4), promote => 'always');
SELECT usercls.prune_versions('registry churn', 1);
SELECT usercls.rollback('registry churn');
SELECT usercls.import_model('registry churn', pg_temp.tiny_model(5));
SELECT usercls.prune_versions('registry churn', 0);

-- Errors.
SELECT usercls.promote('registry chrun', 1);
SELECT usercls.promote('no such thing at all', 1);
SELECT usercls.promote('registry churn', 7);
SELECT usercls.promote('registry churn', NULL);
SELECT usercls.promote(NULL, 1);
SELECT usercls.rollback('registry churn', 0);
SELECT usercls.rollback('registry churn', 5);
SELECT usercls.export_model('registry churn', 2);
SELECT usercls.import_model('registry other', pg_temp.tiny_model(1));
SELECT usercls.export_model('registry other');
SELECT usercls.rollback('registry other');
SELECT usercls.import_model('registry other', pg_temp.tiny_model(1), promote => 'perhaps');
SELECT usercls.import_model('', pg_temp.tiny_model(1));
SELECT usercls.import_model('registry third', NULL);
SELECT usercls.import_model('registry third', pg_temp.tiny_model(1, 'regression'));
SELECT usercls.import_model('registry third', '\x');
SELECT usercls.import_model('registry third', substring(pg_temp.tiny_model(1) FROM 1 FOR 100));
SELECT usercls.import_model('registry third', pg_temp.tiny_model(1) || '\x00');
SELECT usercls.import_model('registry third', set_byte(pg_temp.tiny_model(1), 8, 120));
SELECT usercls.import_model('registry third', pg_temp.safetensors('{"__metadata__":{"kind":"sequence"}}', ''));
SELECT usercls.import_model('registry third', pg_temp.safetensors('{}', ''));
SELECT usercls.import_model('registry third', pg_temp.renamed('gru.bias_hh_l0', 'gru.bias_xx_l0'));
SELECT usercls.import_model('registry third', pg_temp.renamed('"shape":[3,2]', '"shape":[2,3]'));
SELECT usercls.import_model('registry third', pg_temp.renamed('"hidden_size":"1"', '"hidden_size":"2"'));
SELECT usercls.import_model('registry third', pg_temp.renamed('"hidden_size":"1"', '"hidden_size":"x"'));
SELECT usercls.import_model('registry third', pg_temp.renamed('"hidden_size":"1"', '"hidden_sise":"1"'));
SELECT usercls.import_model('registry third', pg_temp.renamed('"gru"', '"gra"'));
SELECT usercls.import_model('registry third', pg_temp.renamed('[\"spend\",', '[\"spend\"]'));
SELECT usercls.import_model('registry third', pg_temp.tiny_model('NaN'));
SELECT usercls.import_model('registry third', pg_temp.tiny_model('-Infinity'));
-- The temperature is the last number of the file. Every score is finite, or an error.
SELECT usercls.import_model('registry third', overlay(pg_temp.tiny_model(1) PLACING '\x00000000' FROM length(pg_temp.tiny_model(1)) - 3));
SELECT usercls.predict(overlay(pg_temp.tiny_model(3e38) PLACING '\x0000803e' FROM length(pg_temp.tiny_model(1)) - 3), ARRAY[[1, 2]]);
SELECT usercls.model_tensors('\x0000000000000080'::bytea);
SELECT usercls.model_info('registry third');

-- Whoever forces damage into a stored version learns where it is when the version scores.
BEGIN;
ALTER TABLE usercls.model_version DISABLE TRIGGER USER;
UPDATE usercls.model_version v SET weights = d.weights, sha256 = sha256(d.weights)
FROM usercls.model m, substring(pg_temp.tiny_model(1) FROM 1 FOR 1000) d(weights)
WHERE m.model_id = v.model_id AND m.name = 'registry churn' AND v.version = m.promoted;
SELECT usercls.predict('registry churn', ARRAY[[1, 2]]);
ROLLBACK;
SELECT label, version FROM usercls.predict('registry churn', ARRAY[[1, 2]]);

-- A model that is made and dropped in one transaction, and one that is rolled back.
BEGIN;
SELECT usercls.import_model('registry short', pg_temp.tiny_model(1), promote => 'if_better');
SELECT usercls.drop_model('registry short');
COMMIT;
BEGIN;
SELECT usercls.import_model('registry short', pg_temp.tiny_model(1), promote => 'if_better');
SELECT reason FROM usercls.deployments WHERE model = 'registry short';
ROLLBACK;
SELECT count(*) FROM usercls.models WHERE model = 'registry short';

-- The cache of decoded models keeps to its limit, and scores do not depend on it.
SELECT count(usercls.import_model('registry many ' || g, pg_temp.tiny_model(g), promote => 'always')) FROM generate_series(1, 40) g;
CREATE FUNCTION pg_temp.scores() RETURNS float8[] LANGUAGE sql AS $$
	SELECT array_agg(usercls.score('registry many ' || g, ARRAY[[1, 2]], 'stable') ORDER BY g) FROM generate_series(1, 40) g $$;
CREATE FUNCTION pg_temp.cached() RETURNS TABLE (kept boolean, within boolean) LANGUAGE sql AS $$
	SELECT count(*) > 0, coalesce(sum(total_bytes), 0) <= pg_size_bytes(current_setting('usercls.model_cache_size'))
	FROM pg_backend_memory_contexts WHERE name = 'usercls model' $$;
SET usercls.model_cache_size = '1MB';
CREATE TEMPORARY TABLE scored AS SELECT pg_temp.scores() AS scores;
SELECT * FROM pg_temp.cached();
SET usercls.model_cache_size = 0;
SELECT pg_temp.scores() = scores AS equal FROM scored;
SELECT * FROM pg_temp.cached();
RESET usercls.model_cache_size;
SELECT pg_temp.scores() = scores AS equal FROM scored;
SELECT pg_temp.scores() = scores AS equal FROM scored;
SELECT count(usercls.drop_model('registry many ' || g)) FROM generate_series(1, 40) g;

SELECT usercls.drop_model('registry churn');
SELECT usercls.drop_model('registry other');
SELECT usercls.drop_model('registry other', if_exists => true);
SELECT usercls.drop_model('registry other');
SELECT (SELECT count(*) FROM usercls.model_version) AS versions, (SELECT count(*) FROM usercls.deployment) AS deployments;
