-- Dashboards rely on these: names, order and plain types of the columns of every view.
SELECT c.relname AS view, a.attname AS column, format_type(a.atttypid, NULL) AS type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'usercls'::regnamespace AND c.relkind = 'v'
ORDER BY c.relname COLLATE "C", a.attnum;
SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type_that_tools_may_not_know
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'usercls'::regnamespace AND c.relkind = 'v'
  AND a.atttypid NOT IN ('text'::regtype, 'int'::regtype, 'bigint'::regtype, 'float8'::regtype, 'boolean'::regtype,
						 'timestamptz'::regtype);
-- A role that may only read gets all of them, and no table.
CREATE ROLE regress_usercls_reader;
SELECT c.relkind, count(*) AS relations, count(*) FILTER (WHERE has_table_privilege('regress_usercls_reader', c.oid, 'SELECT')) AS readable,
	count(*) FILTER (WHERE has_table_privilege('regress_usercls_reader', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) AS writable
FROM pg_class c WHERE c.relnamespace = 'usercls'::regnamespace AND c.relkind IN ('v', 'r', 'S') GROUP BY 1 ORDER BY 1;
DROP ROLE regress_usercls_reader;
-- What pg_dump carries: every table and sequence of the extension.
SELECT c.relname AS not_dumped FROM pg_class c, pg_extension e
WHERE c.relnamespace = 'usercls'::regnamespace AND c.relkind IN ('r', 'S') AND e.extname = 'usercls' AND c.oid <> ALL (e.extconfig);
