-- The lines of docs/reference.md, from the catalog of a database with the extension: the view pg_temp.reference.
SET IntervalStyle = postgres;
DO $$ BEGIN PERFORM usercls.progress(); END $$; -- loads the library, whose settings are then known
CREATE TEMPORARY VIEW reference AS
WITH member AS (
	SELECT p.oid, p.proname AS name, p.prokind AS kind, pg_get_function_identity_arguments(p.oid) AS identity, obj_description(p.oid, 'pg_proc') AS comment
	FROM pg_proc AS p WHERE p.pronamespace = 'usercls'::regnamespace
), argument AS (
	SELECT m.oid, a.at, COALESCE(a.mode, 'i') IN ('i', 'b', 'v') AS is_in, a.name, format_type(a.type, NULL) AS type,
		CASE WHEN COALESCE(a.mode, 'i') IN ('i', 'b', 'v') THEN pg_get_function_arg_default(p.oid, a.at::int) END AS standard
	FROM member AS m JOIN pg_proc AS p USING (oid),
		ROWS FROM (unnest(COALESCE(p.proallargtypes, p.proargtypes::oid[])), unnest(p.proargnames), unnest(p.proargmodes)) WITH ORDINALITY AS a (type, name, mode, at)
), form AS (
	SELECT m.*, CASE kind WHEN 'p' THEN 'CALL ' ELSE '' END || 'usercls.' || name || '('
			|| COALESCE((SELECT string_agg(COALESCE(a.name || ' ', '') || a.type || COALESCE(' = ' || regexp_replace(a.standard, '::[a-z ]+(\[\])?$', ''), ''), ', ' ORDER BY a.at)
				FROM argument AS a WHERE a.oid = m.oid AND a.is_in), '') || ')' AS call,
		CASE WHEN kind <> 'p' AND NOT EXISTS (SELECT FROM argument AS a WHERE a.oid = m.oid AND NOT a.is_in) THEN pg_get_function_result(oid) END AS gives,
		(SELECT string_agg('`' || a.name || '` ' || a.type, ', ' ORDER BY a.at) FROM argument AS a WHERE a.oid = m.oid AND NOT a.is_in) AS columns
	FROM member AS m
), line (chapter, item, place, text) AS (
	SELECT 0, '', 0, E'# Reference\n\nMade from the catalog by `make reference`; a test compares them. [errors.md](errors.md) has the errors, [first-hour.md](first-hour.md) the way through.\n\n'
		|| E'`name type = default` is an argument with its default. Arguments are best passed by name: `f(model => ''churn'')`.'
	UNION ALL SELECT chapter, '', 0, E'\n## ' || title FROM (VALUES (1, 'Functions'), (2, 'Aggregates'), (3, 'Procedures'), (4, 'Views'), (5, 'Types'), (6, 'Settings'), (7, 'Hyperparameters')) AS r (chapter, title)
	UNION ALL SELECT DISTINCT CASE kind WHEN 'a' THEN 2 WHEN 'p' THEN 3 ELSE 1 END, name, 0, E'\n### ' || name || E'\n' FROM form
	UNION ALL SELECT CASE kind WHEN 'a' THEN 2 WHEN 'p' THEN 3 ELSE 1 END, name, row_number() OVER (PARTITION BY kind, name ORDER BY length(call), call),
		'- `' || call || '`' || COALESCE(' → ' || gives, '') || E'\\\n  ' || comment || COALESCE(E'\\\n  Columns: ' || columns, '') FROM form
	UNION ALL SELECT CASE c.relkind WHEN 'v' THEN 4 ELSE 5 END, c.relname, 0, format(E'\n### %s\n\n%s\n\n| column | type | what |\n| --- | --- | --- |', c.relname,
			COALESCE(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')))
		FROM pg_class AS c WHERE c.relnamespace = 'usercls'::regnamespace AND c.relkind IN ('v', 'c')
	UNION ALL SELECT CASE c.relkind WHEN 'v' THEN 4 ELSE 5 END, c.relname, a.attnum, format('| `%s` | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod), replace(col_description(c.oid, a.attnum), '|', '\|'))
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'usercls'::regnamespace AND c.relkind IN ('v', 'c')
	UNION ALL SELECT 5, t.typname, 0, format(E'\n### %s\n\n%s', t.typname, obj_description(t.oid, 'pg_type'))
		FROM pg_type AS t WHERE t.typnamespace = 'usercls'::regnamespace AND t.typrelid = 0 AND t.typelem = 0
	UNION ALL SELECT 6, '', 1, E'\n| setting | default | least | most | unit | what |\n| --- | --- | --- | --- | --- | --- |'
	UNION ALL SELECT 6, name, 2, format('| `%s` | %s | %s | %s | %s | %s |', name, boot_val, min_val, max_val, unit, concat_ws(' ', short_desc, extra_desc)) FROM pg_settings WHERE name LIKE 'usercls.%'
	UNION ALL SELECT 7, kind, 0, format(E'\n### For %s models\n\n| key | type | default | range | what |\n| --- | --- | --- | --- | --- |', kind) FROM unnest('{sequence,uplift}'::text[]) AS kind
	UNION ALL SELECT 7, kind, row_number() OVER (PARTITION BY kind ORDER BY h.name), format('| `%s` | %s | %s | %s | %s |', h.name, h.type, h."default", replace(h.range, '|', '\|'), replace(h.description, '|', '\|'))
		FROM unnest('{sequence,uplift}'::text[]) AS kind, usercls.hyperparameters(kind) AS h
)
SELECT row_number() OVER (ORDER BY chapter, item COLLATE "C", place) AS at, text FROM line;
