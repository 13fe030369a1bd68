# Models outlive the schema public and the role that installed the extension: the database's new owner dumps them.
use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tiny_model = slurp_file(dirname(__FILE__) . '/../tiny_model.sql');

my $node = PostgreSQL::Test::Cluster->new('ownership');
$node->init;
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;

sub as
{
	my ($role, $database, $sql) = @_;
	return $node->safe_psql($database, $sql, extra_params => [ '-U', $role ]);
}

# A database of the role's own, with the extension installed by $installer and a model of the role's.
sub database
{
	my ($name, $owner, $installer) = @_;
	as('postgres', 'postgres', "CREATE DATABASE $name OWNER $owner");
	as('postgres', $name, "GRANT CREATE ON DATABASE $name TO $installer");
	is(as($installer, $name, q{BEGIN; CREATE EXTENSION usercls; SELECT current_user, session_user, current_setting('role'); COMMIT}),
		"$installer|$installer|none", "$installer installs as himself");
	is(as('postgres', $name, q{SELECT relowner::regrole FROM pg_class WHERE oid = 'usercls.model'::regclass}),
		'postgres', "installed by $installer, the tables are the first superuser's");
	as($owner, $name, $tiny_model . q{SELECT usercls.import_model('churn', pg_temp.tiny_model(1), promote => 'always')});
	return;
}

my $version = q{SELECT model, version, sha256 FROM usercls.versions};

# The role dumps the database; what it restores into another of its own is the model, and a next version can be stored.
sub dumps_and_restores
{
	my ($role, $database, $case) = @_;
	my @connection = ('-U', $role, '-h', $node->host, '-p', $node->port);
	my $dump = $node->basedir . "/$database.dump";
	command_ok([ 'pg_dump', @connection, '-Fc', '-f', $dump, $database ], "$case: dump");
	as('postgres', 'postgres', "CREATE DATABASE ${database}_copy OWNER $role");
	command_ok([ 'pg_restore', @connection, '-e', '--no-owner', '-d', "${database}_copy", $dump ], "$case: restore");
	is(as('postgres', "${database}_copy", $version), as('postgres', $database, $version), "$case: the model is back");
	my $next = as('postgres', $database, q{SELECT max(version) + 1 FROM usercls.versions});
	is(as('postgres', "${database}_copy", $tiny_model . q{SELECT usercls.import_model('churn', pg_temp.tiny_model(2))}),
		$next, "$case: and the next version has the next number");
	return;
}

$node->safe_psql('postgres', 'CREATE ROLE founder LOGIN; CREATE ROLE heir LOGIN; CREATE ROLE guest LOGIN; CREATE ROLE dba LOGIN SUPERUSER');

# A schema that people drop.
database('dropped', 'founder', 'founder');
my $before = as('founder', 'dropped', $version);
isnt($before, '', 'there is a model');
as('founder', 'dropped', 'CREATE TABLE public.invoice (x int)');
as('postgres', 'dropped', 'DROP SCHEMA public CASCADE');
is(as('founder', 'dropped', $version), $before, 'DROP SCHEMA public CASCADE takes no model');
my ($status, undef, $error) = $node->psql('dropped', 'DROP SCHEMA usercls CASCADE');
like($error, qr/cannot drop schema usercls because extension usercls requires it/, 'the schema of the models goes with the extension only');
is(as('founder', 'dropped', $version), $before, 'and the models are still there');
dumps_and_restores('founder', 'dropped', 'without a schema public');
as('founder', 'dropped', 'DROP EXTENSION usercls');
is(as('postgres', 'dropped', q{SELECT count(*) FROM pg_namespace WHERE nspname ~ '^usercls'}), '0', 'DROP EXTENSION leaves no schema');
is(as('postgres', 'dropped', q{SELECT count(*) FROM pg_init_privs p WHERE p.objoid >= 16384}), '0', 'and no privileges');
as('founder', 'dropped', 'CREATE EXTENSION usercls');
is(as('founder', 'dropped', 'SELECT count(*) FROM usercls.models'), '0', 'and can be made again without a schema public');

# The plain role that installed it leaves the company.
database('left_by_owner', 'founder', 'founder');
as('postgres', $_, 'REASSIGN OWNED BY founder TO heir; DROP OWNED BY founder') foreach qw(dropped dropped_copy left_by_owner);
is(as('postgres', 'left_by_owner', q{SELECT extowner::regrole FROM pg_extension WHERE extname = 'usercls'}), 'heir', 'the extension changed hands');
dumps_and_restores('heir', 'left_by_owner', 'after REASSIGN and DROP OWNED of the owner who installed');
as('postgres', 'postgres', 'DROP ROLE founder');
dumps_and_restores('heir', 'left_by_owner_copy', 'after DROP ROLE');

# Somebody else installed it: a superuser, or a role that may create in the database.
foreach my $installer (qw(dba guest))
{
	my $database = "left_by_$installer";
	database($database, 'heir', $installer);
	dumps_and_restores('heir', $database, "installed by $installer");
	as('postgres', $database, "REASSIGN OWNED BY $installer TO heir; DROP OWNED BY $installer");
	as('postgres', 'postgres', "DROP ROLE $installer");
	as('postgres', 'postgres', "DROP DATABASE ${database}_copy");
	dumps_and_restores('heir', $database, "after REASSIGN and DROP OWNED of $installer");
	is(as('heir', $database, $tiny_model . q{SELECT usercls.import_model('churn', pg_temp.tiny_model(2))}), '2', "$installer is not missed");
}

# Whoever has become another stays it.
as('postgres', 'postgres', 'CREATE ROLE second SUPERUSER; CREATE DATABASE switched');
is(as('postgres', 'switched', q{SET ROLE second; CREATE EXTENSION usercls; SELECT current_user}), 'second', 'installed after SET ROLE');
is(as('postgres', 'switched', q{SELECT relowner::regrole FROM pg_class WHERE oid = 'usercls.model'::regclass}), 'postgres',
	'and the tables are the first superuser\'s all the same');

# The database is simply given away.
as('postgres', 'postgres', 'CREATE ROLE buyer LOGIN; ALTER DATABASE left_by_owner OWNER TO buyer; DROP DATABASE left_by_owner_copy');
dumps_and_restores('buyer', 'left_by_owner', 'after ALTER DATABASE ... OWNER TO');
($status, undef, $error) = $node->psql('left_by_owner', 'TABLE usercls.model', extra_params => [ '-U', 'heir' ]);
like($error, qr/permission denied for table model/, 'the owner before reads the tables no more');
$node->stop;

done_testing();
