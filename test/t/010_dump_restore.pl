# A database owner who is not superuser dumps and restores his models by every road, and goes on training.
use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tiny_model = slurp_file(dirname(__FILE__) . '/../tiny_model.sql');

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;

# Run as a role; returns what psql prints, and fails the test on an error.
sub as
{
	my ($role, $database, $sql, $server) = @_;
	return ($server // $node)->safe_psql($database, $sql, extra_params => [ '-U', $role ]);
}

# What must come back: every row of every table.
sub registry
{
	my ($database, $server) = @_;
	return as('postgres', $database, <<'SQL', $server);
SELECT t.name, (pg_catalog.xpath('//r/text()', pg_catalog.query_to_xml(pg_catalog.format(
	'SELECT pg_catalog.md5(pg_catalog.string_agg(r::text, chr(10) ORDER BY r::text)) AS r FROM usercls.%I r', t.name),
	false, false, '')))[1]
FROM (VALUES ('model'), ('model_version'), ('deployment'), ('training_run'), ('training_log'), ('model_acl'), ('model_source')) t(name)
SQL
}

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE keeper LOGIN CREATEDB;
CREATE ROLE analyst LOGIN;
CREATE DATABASE source OWNER keeper;
SQL
as('keeper', 'source', 'CREATE EXTENSION usercls');
is( as('postgres', 'source', q{SELECT relowner::regrole FROM pg_class WHERE oid = 'usercls.model'::regclass}),
	'postgres', 'a trusted extension gives its tables to the superuser');
as('analyst', 'source', $tiny_model . <<'SQL');
SELECT usercls.import_model('gone', pg_temp.tiny_model(9));
SELECT usercls.drop_model('gone');
SELECT usercls.import_model('churn', pg_temp.tiny_model(1), promote => 'always', comment => E'tabs\tand\nlines');
SELECT usercls.import_model('churn', pg_temp.tiny_model(2), promote => 'always', spec => '{"source": "behaviour"}');
SELECT usercls.import_model('churn', pg_temp.tiny_model(3));
SELECT usercls.import_model('other', pg_temp.tiny_model(4));
SELECT usercls.rollback('churn');
SELECT usercls.grant_model('churn', 'keeper', 'train');
SELECT usercls.grant_model('churn', 'public', 'score');
SQL
as('keeper', 'source', <<'SQL');
CREATE TABLE behaviour AS
SELECT u::bigint AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 200) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('trained', 'behaviour', trend_of => 'spend', features => '{spend}', as_of => '2026-03-26',
	horizon_periods => 0, hyperparams => '{"max_epochs": 3, "hidden_size": 8}');
SELECT usercls.grant_model('trained', 'analyst', 'score');
GRANT SELECT ON behaviour TO analyst;
SQL
as('postgres', 'source', <<'SQL');
INSERT INTO usercls.training_run (model_id, version, metric, role)
SELECT model_id, 1, 'macro_f1', 'analyst' FROM usercls.model, generate_series(1, 20) WHERE name <> 'trained';
INSERT INTO usercls.training_log (run_id, epoch, train_loss) SELECT run_id, 1, 0.1 + 0.2 FROM usercls.training_run ON CONFLICT DO NOTHING;
SQL

my $before = registry('source');
my $score = q{SELECT array_agg(usercls.export_model('churn', v) ORDER BY v) FROM generate_series(1, 3) v};
my $weights = as('analyst', 'source', $score);
my $scored = q{SELECT md5(string_agg(format('%s %s', user_id, probabilities), ',' ORDER BY user_id)) FROM usercls.classify_users('trained', timestamptz '2026-03-26')};
my $scores = as('keeper', 'source', $scored);
isnt($weights, '', 'there is something to compare');

# The restored registry is the same, and whoever could go on can go on.
sub check_restored
{
	my ($road, $database, $server) = @_;
	is(registry($database, $server), $before, "$road: every row is back");
	is(as('analyst', $database, $score, $server), $weights, "$road: weights are equal to the bit");
	is(as('keeper', $database, $scored, $server), $scores, "$road: scores are equal to the bit");
	is(as('analyst', $database, q{SELECT state FROM usercls.sources WHERE model = 'trained'}, $server), 'approved', "$road: its owner's table is approved");
	isnt(as('analyst', $database, q{SELECT count(*) FROM usercls.classify_users('trained')}, $server), '0', "$road: others read it through the model");
	as('keeper', $database, q{CALL usercls.retrain('trained', as_of => '2026-03-26', promote => 'always')}, $server);
	is(as('keeper', $database, q{SELECT promoted_version FROM usercls.models WHERE model = 'trained'}, $server), '2', "$road: the next training works");
	is(as('keeper', $database, $tiny_model . q{SELECT usercls.import_model('churn', pg_temp.tiny_model(5))}, $server),
		'4', "$road: the next version has the next number");
	as('keeper', $database, $tiny_model . q{SELECT usercls.import_model('new one', pg_temp.tiny_model(5), promote => 'always')}, $server);
	is(as('analyst', $database, q{SELECT usercls.rollback('churn', reason => 'x') FROM
		(SELECT usercls.promote('churn', 3)) p}, $server), '1', "$road: its history goes on");
	my ($status, undef, $error) = ($server // $node)->psql($database, q{UPDATE usercls.model_version SET weights = ''});
	like($error, qr/stored version of a model cannot be changed/, "$road: versions are as fixed as before");
}

my $folder = $node->basedir;
my @as_keeper = ('-U', 'keeper', '-h', $node->host, '-p', $node->port);

command_ok([ 'pg_dump', @as_keeper, '-Fc', '-f', "$folder/custom", 'source' ], 'the owner dumps without being superuser');
as('keeper', 'postgres', 'CREATE DATABASE custom');
command_ok([ 'pg_restore', @as_keeper, '-e', '-d', 'custom', "$folder/custom" ], 'and restores');
check_restored('custom format', 'custom');

command_ok([ 'pg_dump', @as_keeper, '-Fd', '-j2', '-f', "$folder/folder", 'source' ], 'parallel dump');
as('keeper', 'postgres', 'CREATE DATABASE parallel');
command_ok([ 'pg_restore', @as_keeper, '-e', '-j2', '-d', 'parallel', "$folder/folder" ], 'parallel restore');
check_restored('parallel', 'parallel');

# The owner's models survive an extension that is dropped and made again from the dump.
command_ok([ 'pg_restore', @as_keeper, '-e', '--clean', '--if-exists', '-d', 'parallel', "$folder/custom" ], 'clean restore');
check_restored('clean', 'parallel');

command_ok([ 'pg_dump', @as_keeper, '--inserts', '-f', "$folder/plain.sql", 'source' ], 'plain dump with INSERTs');
as('keeper', 'postgres', 'CREATE DATABASE plain');
command_ok([ 'psql', @as_keeper, '-qX', '-v', 'ON_ERROR_STOP=1', '-o', "$folder/out", '-f', "$folder/plain.sql", 'plain' ],
	'plain restore');
check_restored('plain', 'plain');

# A logical copy of the registry: the subscriber scores what the publisher promotes.
$node->safe_psql('source', 'CREATE PUBLICATION models FOR TABLE usercls.model, usercls.model_version, usercls.deployment,
	usercls.training_run, usercls.training_log, usercls.model_acl, usercls.model_source');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->safe_psql('copy', 'CREATE EXTENSION usercls');
$node->safe_psql('source', q{SELECT pg_create_logical_replication_slot('models', 'pgoutput')});
my $source = 'host=' . $node->host . ' port=' . $node->port . ' dbname=source user=postgres application_name=models';
$node->safe_psql('copy', "CREATE SUBSCRIPTION models CONNECTION '$source' PUBLICATION models WITH (create_slot = false, slot_name = 'models')");
$node->poll_query_until('copy', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate <> 'r'}) or die 'no copy';
is(registry('copy'), $before, 'logical copy: every row is there');
as('analyst', 'source', q{SELECT usercls.promote('churn', 3)});
$node->wait_for_catchup('models');
is(as('analyst', 'copy', q{SELECT promoted_version FROM usercls.models WHERE model = 'churn'}), '3', 'logical copy: promotions follow');
as('analyst', 'source', q{SELECT usercls.rollback('churn')});
$node->safe_psql('copy', 'DROP SUBSCRIPTION models');

# pg_upgrade, to the same major for want of another.
$node->safe_psql('postgres', "DROP DATABASE $_") foreach qw(custom parallel plain copy);
$before = registry('source');
$weights = as('analyst', 'source', $score);
$node->stop;
my $new = PostgreSQL::Test::Cluster->new('upgraded');
$new->init;
my $bindir = $node->config_data('--bindir');
my $work = PostgreSQL::Test::Utils::tempdir;
chdir $work or die;
command_ok([ 'pg_upgrade', '--no-sync', '-d', $node->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-p', $node->port, '-P', $new->port, '-s', $new->host ], 'pg_upgrade');
$new->start;
check_restored('pg_upgrade', 'source', $new);

# Rights go to roles, and a dump has their names: on another server the roles of these names have them, whatever their OIDs
# are there, and a role that is gone takes its rights with it.
my $may = q{SELECT COALESCE((SELECT my_right FROM usercls.models WHERE model = 'churn'), 'nothing')};
command_ok([ 'pg_dump', '-U', 'postgres', '-h', $new->host, '-p', $new->port, '-Fc', '-f', "$folder/moved", 'source' ], 'dump of the upgraded server');
as('postgres', 'source', q{DELETE FROM usercls.model_acl WHERE grantee = 'public'}, $new);
$new->safe_psql('source', 'DROP OWNED BY analyst; ALTER ROLE analyst RENAME TO analyst_before; CREATE ROLE analyst LOGIN');
is(as('analyst', 'source', $may, $new), 'nothing', 'pg_upgrade: a later role of the name has no right');
is(as('analyst_before', 'source', $may, $new), 'admin', 'pg_upgrade: the role that had it keeps it');

my $elsewhere = PostgreSQL::Test::Cluster->new('elsewhere');
$elsewhere->init;
$elsewhere->start;
$elsewhere->safe_psql('postgres', 'CREATE ROLE guest LOGIN; CREATE ROLE decoy LOGIN; CREATE ROLE analyst LOGIN; CREATE ROLE keeper LOGIN CREATEDB');
my $theirs = $new->safe_psql('source', q{SELECT string_agg(oid::text, ',') FROM pg_roles WHERE rolname IN ('keeper', 'analyst_before')});
is($elsewhere->safe_psql('postgres', "SELECT count(*) FROM pg_roles WHERE oid IN ($theirs) AND rolname IN ('keeper', 'analyst')"), '0',
	'elsewhere the roles have other OIDs');
as('keeper', 'postgres', 'CREATE DATABASE moved', $elsewhere);
my @elsewhere = ('-U', 'postgres', '-h', $elsewhere->host, '-p', $elsewhere->port);
command_ok([ 'pg_restore', @elsewhere, '-e', '-d', 'moved', "$folder/moved" ], 'restore on another server');
my $who = q{SELECT string_agg(role || ' ' || "right", ', ' ORDER BY role) FROM usercls.rights WHERE model = 'churn' AND how IN ('owner', 'granted')};
is(as('keeper', 'moved', $who, $elsewhere), 'analyst admin, keeper train, public score', 'another server: the roles of these names have the rights');
as('postgres', 'moved', q{DELETE FROM usercls.model_acl WHERE grantee = 'public'}, $elsewhere);
is(as('analyst', 'moved', $may, $elsewhere), 'admin', 'another server: the owner owns it');
is(as($_, 'moved', $may, $elsewhere), 'nothing', "another server: $_ has no right by an OID") foreach qw(guest decoy);
$elsewhere->safe_psql('moved', 'DROP OWNED BY analyst; DROP ROLE analyst; CREATE ROLE analyst LOGIN');
is(as('analyst', 'moved', $may, $elsewhere), 'nothing', 'another server: a later role of the name has no right');
$elsewhere->stop;
$new->stop;

done_testing();
