-- What users of SQL can rely on. A change here is a change of the API: it belongs into CHANGELOG.md.
\pset format unaligned

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

-- What the server alone calls is in the schema usercls_private: nothing here serves a type, an operator, an aggregate or a trigger, or
-- has an argument that SQL cannot write. No rows.
SELECT p.oid::pg_catalog.regprocedure AS private
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'usercls'::pg_catalog.regnamespace
  AND ('{internal,cstring}'::pg_catalog.regtype[] && (p.proargtypes::pg_catalog.oid[] || p.prorettype)::pg_catalog.regtype[]
       OR p.prorettype = 'trigger'::pg_catalog.regtype
       OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend))
       OR EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE p.oid IN (o.oprcode, o.oprrest, o.oprjoin))
       OR EXISTS (SELECT FROM pg_catalog.pg_amproc s WHERE s.amproc = p.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castfunc = p.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_aggregate a
                  WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                                  a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)));

-- The public functions with their attributes. v: volatile, s: stable, i: immutable; parallel s: safe, r: restricted, u: unsafe.
SELECT p.prokind AS kind, p.proname || '(' || pg_catalog.pg_get_function_arguments(p.oid) || ')' AS function,
       pg_catalog.pg_get_function_result(p.oid) AS result, p.provolatile AS volatile, p.proparallel AS parallel,
       p.proisstrict AS strict, p.prosecdef AS definer, p.proconfig AS settings
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'usercls'::pg_catalog.regnamespace
ORDER BY p.proname, 2;

-- The types. test/sql/views.sql pins the views.
SELECT t.typname, t.typtype, t.typstorage, pg_catalog.array_agg(e.enumlabel ORDER BY e.enumsortorder) AS labels
FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE t.typnamespace::pg_catalog.regnamespace::text ~ '^usercls' AND t.typrelid = 0 AND t.typelem = 0 GROUP BY t.oid ORDER BY 1;

-- The settings, which come with the library.
SELECT count(*) FROM usercls.progress();
SELECT s.name, s.vartype, s.context, s.boot_val, s.unit FROM pg_catalog.pg_settings s WHERE s.name ~ '^usercls[.]' ORDER BY 1;

-- Everybody may call everything: functions check rights themselves.
SELECT p.oid::pg_catalog.regprocedure AS not_for_everybody FROM pg_catalog.pg_proc p
WHERE p.pronamespace::pg_catalog.regnamespace::text ~ '^usercls'
  AND NOT pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
ORDER BY 1;

-- BI tools and many drivers know no intervals: what reports gives seconds. No rows but what is to be passed on.
SELECT p.oid::pg_catalog.regproc::text AS returned_by, a.name AS interval
FROM pg_catalog.pg_proc p, unnest(p.proallargtypes, p.proargmodes, p.proargnames) AS a(type, mode, name)
WHERE p.pronamespace = 'usercls'::pg_catalog.regnamespace AND a.mode IN ('o', 't') AND a.type = 'interval'::pg_catalog.regtype
UNION ALL
SELECT c.oid::pg_catalog.regclass::text, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'usercls'::pg_catalog.regnamespace AND a.attnum > 0 AND a.atttypid = 'interval'::pg_catalog.regtype;
