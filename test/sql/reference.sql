-- docs/reference.md is what the catalog says: no rows. If there are any, this has just made the page: cp results/reference.md docs/
\getenv dir PG_ABS_SRCDIR
\getenv made PG_ABS_BUILDDIR
\set generator :dir '/../scripts/reference.sql'
\set made :made '/results/reference.md'
\set ECHO none
\i :generator
\pset format unaligned
\pset tuples_only on
\o :made
SELECT text FROM reference ORDER BY at;
\o
\set ECHO all
CREATE TEMPORARY TABLE page (line text);
\copy page FROM PROGRAM 'cat "$PG_ABS_SRCDIR"/../docs/reference.md' (DELIMITER E'\x01', FORMAT csv, QUOTE E'\x02')
SELECT 'only on the page: ' || line FROM page WHERE line IS NOT NULL EXCEPT ALL SELECT 'only on the page: ' || l FROM reference, regexp_split_to_table(text, '\n') AS l ORDER BY 1 LIMIT 20;
SELECT 'only in the catalog: ' || l FROM reference, regexp_split_to_table(text, '\n') AS l WHERE l <> '' EXCEPT ALL SELECT 'only in the catalog: ' || line FROM page ORDER BY 1 LIMIT 20;
