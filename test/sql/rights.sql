-- Who may do what: an owner, a scorer, a trainer, an administrator, and somebody without any right.
\getenv dir PG_ABS_SRCDIR
\set tiny_model :dir '/tiny_model.sql'
\set ECHO none
\i :tiny_model
\set ECHO all
\pset null '(null)'
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_usercls_owner, regress_usercls_scorer, regress_usercls_trainer, regress_usercls_admin,
	regress_usercls_team, regress_usercls_nobody;
RESET client_min_messages;
CREATE ROLE regress_usercls_owner;
CREATE ROLE regress_usercls_scorer;
CREATE ROLE regress_usercls_team;
CREATE ROLE regress_usercls_trainer IN ROLE regress_usercls_team;
CREATE ROLE regress_usercls_admin;
CREATE ROLE regress_usercls_nobody;

-- A plain role owns what it makes, and grants it.
SET ROLE regress_usercls_owner;
SELECT usercls.import_model('rights churn', pg_temp.tiny_model(1), promote => 'always', spec => '{"source": "secret.table"}');
SELECT usercls.import_model('rights churn', pg_temp.tiny_model(2), spec => '{"source": "secret.table"}');
SELECT usercls.grant_model('rights churn', 'regress_usercls_scorer', 'score');
SELECT usercls.grant_model('rights churn', 'regress_usercls_scorer', 'score');
SELECT usercls.grant_model('rights churn', 'regress_usercls_team', 'train');
SELECT usercls.grant_model('rights churn', 'regress_usercls_admin', 'admin');
SELECT usercls.grant_model('rights churn', 'regress_usercls_typo', 'score');
SELECT usercls.grant_model('rights churn', 'regress_usercls_scorer', 'write');
SELECT model, owner, my_right FROM usercls.models;
-- Not even the owner touches the tables.
SELECT * FROM usercls.model_version;
DELETE FROM usercls.model;
RESET ROLE;

-- score: sees it and may use it, but gets neither weights nor spec.
SET ROLE regress_usercls_scorer;
SELECT model, promoted_version, my_right FROM usercls.models;
SELECT model, version, promoted, features, spec FROM usercls.versions ORDER BY version;
SELECT model, version, action, role FROM usercls.deployments;
SELECT value FROM usercls.model_info('rights churn') WHERE property = 'feature 1';
SELECT usercls.export_model('rights churn');
SELECT usercls.model_tensors('rights churn');
SELECT usercls.promote('rights churn', 2);
SELECT usercls.rollback('rights churn');
SELECT usercls.import_model('rights churn', pg_temp.tiny_model(3));
SELECT usercls.set_model_comment('rights churn', 'mine');
SELECT usercls.grant_model('rights churn', 'regress_usercls_nobody', 'score');
SELECT usercls.drop_model('rights churn');
SELECT weights FROM usercls.model_version;
SELECT version, argument, source, state FROM usercls.sources WHERE model = 'rights churn' ORDER BY version;
SELECT usercls.approve_source('rights churn', 2);
RESET ROLE;

-- train, by membership in a role that has it: also versions, weights and spec.
SET ROLE regress_usercls_trainer;
SELECT model, my_right FROM usercls.models;
SELECT version, spec FROM usercls.versions ORDER BY version;
SELECT usercls.export_model('rights churn') = pg_temp.tiny_model(1) AS exported;
SELECT usercls.import_model('rights churn', pg_temp.tiny_model(3));
SELECT usercls.promote('rights churn', 3, 'by a trainer');
SELECT usercls.rollback('rights churn');
SELECT usercls.set_model_comment('rights churn', 'ours');
-- But what the model reads, an administrator says.
SELECT usercls.import_model('rights churn', pg_temp.tiny_model(4), promote => 'always', spec => '{"source": "pg_catalog.pg_class"}');
SELECT usercls.promote('rights churn', 4);
SELECT usercls.approve_source('rights churn', 4);
SELECT usercls.prune_versions('rights churn', 1);
SELECT usercls.grant_model('rights churn', 'regress_usercls_nobody', 'score');
SELECT usercls.drop_model('rights churn');
RESET ROLE;
SELECT version, action, role FROM usercls.deployments WHERE model = 'rights churn' ORDER BY deployment_id;

-- No right: no such model, in functions, hints and views.
SET ROLE regress_usercls_nobody;
SELECT (SELECT count(*) FROM usercls.models) AS models, (SELECT count(*) FROM usercls.versions) AS versions,
	(SELECT count(*) FROM usercls.deployments) AS deployments, (SELECT count(*) FROM usercls.training_runs) AS runs,
	(SELECT count(*) FROM usercls.training_epochs) AS epochs;
SELECT usercls.model_info('rights churn');
SELECT usercls.model_info('rights chrun');
SELECT usercls.export_model('rights churn');
SELECT usercls.promote('rights churn', 2);
SELECT usercls.rollback('rights churn');
SELECT usercls.drop_model('rights churn');
SELECT usercls.drop_model('rights churn', true);
SELECT usercls.grant_model('rights churn', 'regress_usercls_nobody', 'score');
SELECT usercls.revoke_model('rights churn', 'regress_usercls_scorer');
SELECT usercls.set_model_comment('rights churn', 'theirs');
SELECT usercls.set_model_owner('rights churn', 'regress_usercls_nobody');
-- A name is taken all the same.
SELECT usercls.import_model('rights churn', pg_temp.tiny_model(3));
-- A leaky function in a condition sees only what the view shows.
CREATE FUNCTION pg_temp.leak(name text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
	$$ BEGIN RAISE NOTICE 'leaked %', name; RETURN true; END $$;
SELECT count(*) FROM usercls.models WHERE pg_temp.leak(model);
-- An operator of one's own, first in the search_path, does not run as the owner of the registry.
RESET ROLE;
CREATE SCHEMA regress_usercls_trap AUTHORIZATION regress_usercls_nobody;
SET ROLE regress_usercls_nobody;
CREATE FUNCTION regress_usercls_trap.trap(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS
	$$ BEGIN RAISE NOTICE 'run as %', current_user; RETURN true; END $$;
CREATE OPERATOR regress_usercls_trap.= (FUNCTION = regress_usercls_trap.trap, LEFTARG = bigint, RIGHTARG = bigint);
SET search_path = regress_usercls_trap, pg_catalog;
SELECT 1::bigint = 2::bigint AS trapped;
SELECT usercls.import_model('rights trap', pg_temp.tiny_model(1), promote => 'always');
SELECT usercls.import_model('rights trap', pg_temp.tiny_model(2), promote => 'always');
SELECT usercls.model_info('rights trap') IS NOT NULL LIMIT 1;
SELECT usercls.rollback('rights trap');
SELECT usercls.prune_versions('rights trap', 1);
SELECT count(*) FROM usercls.models;
SELECT usercls.drop_model('rights trap');
RESET search_path;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA regress_usercls_trap CASCADE;
DROP FUNCTION pg_temp.leak(text);
RESET client_min_messages;

-- admin grants, revokes, prunes and drops, and approves what a version reads.
SET ROLE regress_usercls_admin;
SELECT usercls.approve_source('rights churn', 2);
SELECT usercls.approve_source('rights churn', 4);
SELECT usercls.promote('rights churn', 4);
SELECT usercls.promote('rights churn', 1);
SELECT version, source, state FROM usercls.sources WHERE model = 'rights churn' ORDER BY version;
-- What is approved is revoked for all versions that name it, under any spelling of its name, and may be approved again.
SELECT usercls.revoke_source('rights churn', 'PG_CATALOG . "pg_class"');
SELECT usercls.revoke_source('rights churn', 'pg_catalog.pg_class');
SELECT usercls.revoke_source('rights churn', NULL);
SELECT version, source, state FROM usercls.sources WHERE model = 'rights churn' AND version = 4;
SELECT usercls.promote('rights churn', 4);
SET ROLE regress_usercls_trainer;
SELECT usercls.revoke_source('rights churn', 'secret.table');
SET ROLE regress_usercls_admin;
SELECT usercls.approve_source('rights churn', 4);
SELECT version, source, state FROM usercls.sources WHERE model = 'rights churn' AND version = 4;
SELECT usercls.prune_versions('rights churn', 1);
SELECT usercls.grant_model('rights churn', 'public', 'score');
SET ROLE regress_usercls_nobody;
SELECT model, my_right FROM usercls.models;
SET ROLE regress_usercls_admin;
SELECT usercls.revoke_model('rights churn', 'public', 'train');
SELECT usercls.revoke_model('rights churn', 'public');
SELECT usercls.revoke_model('rights churn', 'regress_usercls_team', 'train');
SET ROLE regress_usercls_nobody;
SELECT model, my_right FROM usercls.models;
SET ROLE regress_usercls_trainer;
SELECT usercls.export_model('rights churn');
-- Ownership goes to a role that one is a member of.
SET ROLE regress_usercls_owner;
SELECT usercls.set_model_owner('rights churn', 'regress_usercls_nobody');
RESET ROLE;
GRANT regress_usercls_team TO regress_usercls_owner;
SET ROLE regress_usercls_owner;
SELECT usercls.set_model_owner('rights churn', 'regress_usercls_team');
SET ROLE regress_usercls_trainer;
SELECT model, owner, my_right FROM usercls.models;
SELECT usercls.drop_model('rights churn');
RESET ROLE;

-- Whoever uses aggregates, types and views needs no right on the schema of their functions: serial, parallel, moving.
CREATE TABLE rights_rows AS SELECT x % 10 AS user_id, x / 10 AS ts, x AS value FROM generate_series(0, 9999) x;
GRANT SELECT ON rights_rows TO regress_usercls_nobody;
SET ROLE regress_usercls_nobody;
SELECT usercls_private.trend_final('{1,2}');
\set aggregates 'SELECT count(t::text::usercls.trend) AS trends, count(s) AS sequences, count(usercls.label(t)) AS labels FROM (SELECT usercls.trend_agg(ts, value, 100, 0, 1000) AS t, usercls.sequence_agg(ts, ARRAY[value]::float8[], 100, 0, 1000) AS s FROM rights_rows GROUP BY user_id) q'
:aggregates;
SELECT usercls.auc(value, value % 2) > 0 AS auc, usercls.log_loss(0.5, value % 2) > 0 AS log_loss, usercls.qini(value, value % 2, value % 3 % 2) IS NOT NULL AS qini FROM rights_rows;
SELECT count(t) AS moving FROM (SELECT usercls.trend_agg(ts, value, 100) OVER (PARTITION BY user_id ORDER BY ts ROWS 300 PRECEDING) AS t FROM rights_rows) q;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
:aggregates;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET ROLE;
DROP TABLE rights_rows;

-- Whoever may create nothing, anywhere, stores models, as the functions that do are everybody's.
SELECT has_database_privilege('regress_usercls_nobody', current_database(), 'CREATE') AS database,
	bool_or(has_schema_privilege('regress_usercls_nobody', oid, 'CREATE')) AS schema FROM pg_namespace WHERE nspname !~ '^pg_temp';
CREATE TABLE rights_rows AS SELECT u::bigint AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
	(20 + (u % 3 - 1) * w)::float8 AS spend FROM generate_series(1, 30) u, generate_series(0, 19) w;
CREATE TABLE rights_users AS SELECT u AS user_id, u % 2 AS treated, (u % 3 = 0)::int AS outcome FROM generate_series(1, 80) u;
CREATE TABLE rights_edges AS SELECT u AS src, u + 1 AS dst FROM generate_series(1, 79) u;
GRANT SELECT ON rights_rows, rights_users, rights_edges TO PUBLIC;
\set store_imported 'SELECT usercls.import_model(\'rights imported\', pg_temp.tiny_model(1))'
\set store_sequence 'SELECT version FROM usercls.train_sequence(\'rights sequence\', \'rights_rows\', trend_of => \'spend\', hyperparams => \'{"max_epochs": 1, "hidden_size": 4}\')'
\set store_uplift 'SELECT version FROM usercls.train_uplift(\'rights uplift\', \'rights_users\', \'rights_edges\', hyperparams => \'{"max_epochs": 1, "hidden_size": 4}\')'
\set VERBOSITY terse
SET client_min_messages = warning;
SET ROLE regress_usercls_nobody;
:store_imported;
:store_sequence;
:store_uplift;
-- That can be kept for some; others go on with the models that they have.
RESET ROLE;
REVOKE EXECUTE ON FUNCTION usercls.train_sequence, usercls.train_uplift, usercls.import_model FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usercls.train_sequence, usercls.train_uplift, usercls.import_model TO regress_usercls_admin;
SET ROLE regress_usercls_nobody;
:store_imported;
:store_sequence;
:store_uplift;
SELECT usercls.drop_model('rights imported'), usercls.drop_model('rights uplift');
CALL usercls.retrain('rights sequence');
SELECT newest_version FROM usercls.models WHERE model = 'rights sequence';
SELECT usercls.drop_model('rights sequence');
CALL usercls.retrain('rights sequence');
SET ROLE regress_usercls_admin;
:store_imported;
:store_sequence;
:store_uplift;
SELECT count(usercls.drop_model(model)) AS dropped FROM usercls.models WHERE owner = 'regress_usercls_admin';
RESET ROLE;
REVOKE EXECUTE ON FUNCTION usercls.train_sequence, usercls.train_uplift, usercls.import_model FROM regress_usercls_admin;
GRANT EXECUTE ON FUNCTION usercls.train_sequence, usercls.train_uplift, usercls.import_model TO PUBLIC;
\set VERBOSITY default
RESET client_min_messages;
DROP TABLE rights_rows, rights_users, rights_edges;

-- Whoever may write model_acl administers every model; a role that is gone gives nobody a right.
SET ROLE regress_usercls_owner;
SELECT usercls.import_model('rights second', pg_temp.tiny_model(1));
RESET ROLE;
GRANT INSERT ON usercls.model_acl TO regress_usercls_nobody;
SET ROLE regress_usercls_nobody;
SELECT model, owner, my_right FROM usercls.models;
RESET ROLE;
REVOKE INSERT ON usercls.model_acl FROM regress_usercls_nobody;
DROP ROLE regress_usercls_owner;
SET ROLE regress_usercls_team;
SELECT count(*) FROM usercls.models;
RESET ROLE;
SELECT model, owner, my_right FROM usercls.models;
SELECT usercls.drop_model('rights second');
DROP ROLE regress_usercls_scorer, regress_usercls_trainer, regress_usercls_admin, regress_usercls_team, regress_usercls_nobody;
