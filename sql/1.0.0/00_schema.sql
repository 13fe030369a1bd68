\echo Use "CREATE EXTENSION usercls" to load this file. \quit

-- Everything belongs to the superuser of initdb, whoever installs it: another superuser may leave, and what he owned and
-- granted would then stand in every pg_dump as the number of a role that is gone (until PostgreSQL 17). For a trusted
-- install by a plain role the server itself does this. NB: 90_installer.sql undoes it.
SELECT pg_catalog.set_config('role', rolname, true) FROM pg_catalog.pg_authid WHERE oid = 10 AND rolname <> current_user;

-- The script makes the schemas itself: one named in the control file would outlive DROP EXTENSION.
CREATE SCHEMA usercls;
COMMENT ON SCHEMA usercls IS 'find the right users: trend labels, sequence models, uplift graph models';
GRANT USAGE ON SCHEMA usercls TO PUBLIC;

-- What the server calls, and no user: the functions of types, of aggregates and of views. Who uses an aggregate needs no
-- right on this schema: PostgreSQL checks that the aggregate's owner may execute its functions, and looks no name up.
CREATE SCHEMA usercls_private;
COMMENT ON SCHEMA usercls_private IS 'functions that types, aggregates and views of usercls are made of: not for callers';
