# From every released script to the newest version: the objects are those of a fresh install, models score the same.
use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tiny_model = slurp_file(dirname(__FILE__) . '/../tiny_model.sql');

my $node = PostgreSQL::Test::Cluster->new('upgrade');
$node->init;
$node->start;
my $newest = $node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'usercls'});

# Every object with its definition, as far as the server can say it.
my $objects = <<'SQL';
SELECT pg_describe_object(d.classid, d.objid, 0),
	CASE d.classid WHEN 'pg_proc'::regclass THEN (SELECT CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END FROM pg_proc p WHERE p.oid = d.objid)
		WHEN 'pg_class'::regclass THEN (SELECT string_agg(format('%s %s %s', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = d.objid AND a.attnum > 0 AND NOT a.attisdropped) || coalesce(pg_get_viewdef(d.objid), '') END,
	(SELECT c.relacl FROM pg_class c WHERE c.oid = d.objid AND d.classid = 'pg_class'::regclass),
	obj_description(d.objid, (SELECT relname FROM pg_class WHERE oid = d.classid))
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
WHERE e.extname = 'usercls' AND d.deptype = 'e'
ORDER BY 1;
SQL
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION usercls');
my $fresh = $node->safe_psql('fresh', $objects);

foreach my $version (split /\n/, $node->safe_psql('postgres', q{SELECT version FROM pg_available_extension_versions WHERE name = 'usercls' ORDER BY 1}))
{
	$node->safe_psql('postgres', 'CREATE DATABASE old');
	$node->safe_psql('old', "CREATE EXTENSION usercls VERSION '$version'");
	$node->safe_psql('old', $tiny_model . q{SELECT usercls.import_model('churn', pg_temp.tiny_model(1), promote => 'always')});
	my $score = q{SELECT * FROM usercls.predict('churn', ARRAY[[1, 2], [3, 4]])};
	my $before = $node->safe_psql('old', $score);
	$node->safe_psql('old', "ALTER EXTENSION usercls UPDATE");
	is($node->safe_psql('old', q{SELECT extversion FROM pg_extension WHERE extname = 'usercls'}), $newest, "$version becomes $newest");
	is($node->safe_psql('old', $objects), $fresh, "$version: every object is as in a fresh install");
	is($node->safe_psql('old', $score), $before, "$version: its models score the same");
	$node->safe_psql('postgres', 'DROP DATABASE old');
}

# Removed, nothing is left.
$node->safe_psql('fresh', 'DROP EXTENSION usercls');
is($node->safe_psql('fresh', q{SELECT count(*) FROM pg_namespace WHERE nspname ~ '^usercls'}), '0', 'DROP EXTENSION leaves no schema');
is($node->safe_psql('fresh', 'CREATE EXTENSION usercls; SELECT count(*) FROM usercls.models'), '0', 'and it can be made again');
$node->stop;

done_testing();
