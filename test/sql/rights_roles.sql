-- Rights belong to roles, not to their names: roles that are renamed, dropped and made again, and roles of the server that
-- watch.
\getenv dir PG_ABS_SRCDIR
\set tiny_model :dir '/tiny_model.sql'
\set ECHO none
\i :tiny_model
\set ECHO all
\pset null '(null)'
CREATE ROLE regress_roles_owner;
CREATE ROLE regress_roles_a;
CREATE ROLE regress_roles_b;
CREATE ROLE regress_roles_gone;
CREATE ROLE regress_roles_watcher IN ROLE pg_monitor;
CREATE ROLE regress_roles_reader IN ROLE pg_read_all_data;
SET ROLE regress_roles_owner;
SELECT usercls.import_model('roles churn', pg_temp.tiny_model(1), promote => 'always', spec => '{"source": "secret.table"}');
SELECT count(usercls.grant_model('roles churn', role, "right")) AS granted FROM (VALUES
	('regress_roles_a', 'score'), ('regress_roles_b', 'train'), ('regress_roles_gone', 'admin'), ('public', 'score')) g(role, "right");
RESET ROLE;

-- Numbers that are no right have no name.
SELECT n, usercls_private.right_name(n) FROM unnest('{-1,0,4,5,65536}'::int[]) n;
-- Who may do what.
SELECT model, role, "right", how, granted_by, granted_at IS NOT NULL AS dated FROM usercls.rights
WHERE model = 'roles churn' AND role <> (SELECT relowner::regrole::text FROM pg_class WHERE oid = 'usercls.model_acl'::regclass)
ORDER BY how, role COLLATE "C";
SELECT usercls.revoke_model('roles churn', 'public');
-- Whoever has no right sees none.
CREATE ROLE regress_roles_nobody;
SET ROLE regress_roles_nobody;
SELECT count(*) FROM usercls.rights WHERE model = 'roles churn';
RESET ROLE;

-- pg_monitor and pg_read_all_data see what there is and how it does: no spec, and nothing to use or change it by.
CREATE VIEW roles_seen AS
SELECT current_user, m.my_right, (SELECT count(*) FROM usercls.deployments) AS deployments,
	(SELECT count(*) FROM usercls.rights WHERE how = 'granted') AS rights, s.source, s.state, v.features, v.spec
FROM usercls.models m JOIN usercls.versions v USING (model) JOIN usercls.sources s USING (model);
GRANT SELECT ON roles_seen TO PUBLIC;
SET ROLE regress_roles_reader;
TABLE roles_seen;
SET ROLE regress_roles_watcher;
TABLE roles_seen;
SELECT value FROM usercls.model_info('roles churn') WHERE property = 'feature 1';
SELECT weights FROM usercls.model_version;
SELECT usercls.export_model('roles churn');
SELECT usercls.predict('roles churn', '{{1,2,3}}'::float8[]) IS NULL AS predicted;
SELECT usercls.classify_users('roles churn');
SELECT usercls.promote('roles churn', 1);
SELECT usercls.drop_model('roles churn');
SELECT usercls.import_model('roles churn', pg_temp.tiny_model(2));
RESET ROLE;

-- A role that is renamed keeps what it has, even when two change names; the next change of the model stores the new names.
ALTER ROLE regress_roles_a RENAME TO regress_roles_c;
ALTER ROLE regress_roles_b RENAME TO regress_roles_a;
ALTER ROLE regress_roles_c RENAME TO regress_roles_b;
ALTER ROLE regress_roles_owner RENAME TO regress_roles_boss;
SET ROLE regress_roles_a;
SELECT owner, my_right FROM usercls.models;
SET ROLE regress_roles_b;
SELECT owner, my_right FROM usercls.models;
SET ROLE regress_roles_boss;
SELECT owner, my_right FROM usercls.models;
RESET ROLE;
SELECT grantee, "right" FROM usercls.model_acl ORDER BY 2;
SET ROLE regress_roles_boss;
SELECT usercls.grant_model('roles churn', 'regress_roles_a', 'train');
RESET ROLE;
SELECT grantee, "right" FROM usercls.model_acl ORDER BY 2;
SELECT owner FROM usercls.model;

-- A role that is dropped, and made again under the same name, has nothing, nor can it be mistaken for the first.
DROP ROLE regress_roles_gone;
CREATE ROLE regress_roles_gone;
SET ROLE regress_roles_gone;
SELECT count(*) FROM usercls.models;
SELECT usercls.drop_model('roles churn');
RESET ROLE;
SELECT role, "right" FROM usercls.rights WHERE how = 'granted' ORDER BY 2;
-- The next change of the model cleans up, and the new role can be given rights of its own.
SELECT usercls.grant_model('roles churn', 'regress_roles_gone', 'score');
SELECT role, "right" FROM usercls.rights WHERE how = 'granted' ORDER BY 2, 1;
-- The same for an owner, and for whoever owned what was approved.
CREATE ROLE regress_roles_other;
GRANT CREATE ON SCHEMA public TO regress_roles_other;
SET ROLE regress_roles_other;
CREATE TABLE roles_source (user_id bigint, ts timestamptz, spend float8);
RESET ROLE;
SELECT usercls.import_model('roles read', pg_temp.tiny_model(1), spec => '{"source": "public.roles_source"}');
SELECT state FROM usercls.sources WHERE model = 'roles read';
SELECT usercls.set_model_owner('roles churn', 'regress_roles_other');
ALTER TABLE roles_source OWNER TO CURRENT_USER;
SET client_min_messages = error;
DROP OWNED BY regress_roles_other;
DROP ROLE regress_roles_other;
CREATE ROLE regress_roles_other;
ALTER TABLE roles_source OWNER TO regress_roles_other;
SELECT state FROM usercls.sources WHERE model = 'roles read';
SET ROLE regress_roles_other;
SELECT count(*) FROM usercls.models;
RESET ROLE;
SELECT usercls.approve_source('roles read', 1);
SELECT state FROM usercls.sources WHERE model = 'roles read';
-- What a spec leaves out is nothing that is read; an expression is revoked as it is shown.
SELECT usercls.import_model('roles read', pg_temp.tiny_model(1), spec => '{"source": "public.roles_source", "outcome": null, "expressions": ["sum(spend)", "count(*)"]}');
SELECT argument, source, state FROM usercls.sources WHERE model = 'roles read' AND version = 2 ORDER BY 1, 2;
SELECT usercls.revoke_source('roles read', 'sum(spend)');
SELECT argument, source, state FROM usercls.sources WHERE model = 'roles read' AND version = 2 ORDER BY 1, 2;
SELECT owner FROM usercls.models WHERE model = 'roles churn';
SELECT usercls.set_model_owner('roles churn', 'regress_roles_other');
SELECT owner FROM usercls.models WHERE model = 'roles churn';

SELECT count(usercls.drop_model(model)) AS dropped FROM usercls.models;
DROP VIEW roles_seen;
DROP TABLE roles_source;
DROP ROLE regress_roles_boss, regress_roles_a, regress_roles_b, regress_roles_gone, regress_roles_watcher, regress_roles_reader,
	regress_roles_nobody, regress_roles_other;
