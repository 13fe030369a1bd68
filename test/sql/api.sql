-- Every object of the extension has a comment: no rows.
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS without_comment
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
WHERE e.extname = 'usercls' AND d.deptype = 'e'
  AND NOT (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
           AND EXISTS (SELECT FROM pg_catalog.pg_type t
                       WHERE t.oid = d.objid AND (t.typelem <> 0 AND t.typcategory = 'A'
                                                  OR t.typrelid <> 0)))
  AND pg_catalog.obj_description(d.objid, (SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = d.classid)) IS NULL
ORDER BY 1;

-- A table or view says what each of its columns is: no rows.
SELECT c.relname, a.attname AS without_comment
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'usercls'::pg_catalog.regnamespace AND c.relkind IN ('r', 'v', 'c')
  AND pg_catalog.col_description(c.oid, a.attnum) IS NULL
ORDER BY 1, 2;
