\echo Use "CREATE EXTENSION usercls" to load this file. \quit

-- The script makes the schema itself: one named in the control file would outlive DROP EXTENSION.
CREATE SCHEMA usercls;
COMMENT ON SCHEMA usercls IS 'find the right users: trend labels, sequence models, uplift graph models';
GRANT USAGE ON SCHEMA usercls TO PUBLIC;
