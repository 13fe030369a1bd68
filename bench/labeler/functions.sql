-- What bench/labeler measures with.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS usercls;
CREATE EXTENSION IF NOT EXISTS pg_prewarm;
CREATE OR REPLACE FUNCTION cpu() RETURNS float8 LANGUAGE sql AS $$
	SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1e9
	     + (f[15]::float8 + f[16]::float8) / 100
	FROM string_to_array(regexp_replace(pg_read_file('/proc/' || split_part(pg_read_file('postmaster.pid'), E'\n', 1) || '/stat'),
	                                    '^.*\) ', '0 0 '), ' ') f
	-- fields 16 and 17 of stat: the user and system time of children that were waited for
$$;
CREATE OR REPLACE FUNCTION measure(query text, OUT seconds float8, OUT result text) LANGUAGE plpgsql AS $$
DECLARE
	before float8;
BEGIN
	PERFORM pg_sleep(0.1);
	before := public.cpu();
	EXECUTE query INTO result;
	PERFORM pg_sleep(0.3); -- until the workers are reaped
	seconds := public.cpu() - before;
END $$;
