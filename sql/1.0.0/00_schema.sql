\echo Use "CREATE EXTENSION usercls" to load this file. \quit

-- Everything belongs to the superuser of initdb, whoever installs it: another superuser may leave, and what he owned and
-- granted would then stand in every pg_dump as the number of a role that is gone (until PostgreSQL 17). For a trusted
-- install by a plain role the server itself does this. NB: 90_installer.sql undoes it.
SELECT pg_catalog.set_config('role', rolname, true) FROM pg_catalog.pg_authid WHERE oid = 10 AND rolname <> current_user;

-- The script makes the schema itself: one named in the control file would outlive DROP EXTENSION.
CREATE SCHEMA usercls;
COMMENT ON SCHEMA usercls IS 'find the right users: trend labels, sequence models, uplift graph models';
GRANT USAGE ON SCHEMA usercls TO PUBLIC;
