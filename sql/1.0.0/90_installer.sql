-- A superuser who installs the extension is again who he was. NB: 00_schema.sql made him the superuser of initdb.
SELECT pg_catalog.set_config('role', CASE r.rolname WHEN session_user THEN 'none' ELSE r.rolname END, true)
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_authid r ON r.oid = e.extowner
WHERE e.extname = 'usercls' AND r.rolsuper AND r.rolname <> current_user;
