# The memory that a training shares with its workers is gone soon after the training, however that ends.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(sleep);

# Segments are files of the data folder then, where they can be counted.
my $node = PostgreSQL::Test::Cluster->new('shared');
$node->init;
$node->append_conf('postgresql.conf', "dynamic_shared_memory_type = mmap\nmaintenance_work_mem = '1GB'\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE TABLE users AS
SELECT u AS user_id, u % 2 AS treated, (hashint4(u) & 3 = 0)::int AS outcome, sin(u) AS a FROM generate_series(1, 60000) u;
CREATE TABLE edges AS
SELECT 1 + (hashint4(e) & 32767) AS src, 1 + (hashint4(-e) & 32767) AS dst FROM generate_series(1, 100000) e;
SQL

sub training
{
	my ($epochs) = @_;
	return qq{SELECT promoted FROM usercls.train_uplift('who', 'users', 'edges', features => '{a}', promote => 'always',
		hyperparams => '{"max_epochs": $epochs, "patience": 0, "hidden_size": 64, "layers": 2}')};
}

sub shared_megabytes
{
	my $bytes = 0;
	$bytes += -s $_ // 0 for glob $node->data_dir . '/pg_dynshmem/mmap.*';
	return $bytes / (1 << 20);
}

sub given_back
{
	my ($name) = @_;
	for (1 .. 600)
	{
		last if shared_megabytes() < 16;
		sleep(0.05);
	}
	cmp_ok(shared_megabytes(), '<', 16, "the memory is given back after $name");
	return;
}

my $running = q{SELECT count(*) = 1 FROM usercls.progress() WHERE phase = 'training' AND epoch > 0};

for my $case (
	[ 'a cancel', sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") }, 8 ],
	[ 'the end of the session', sub { $node->safe_psql('postgres', "SELECT pg_terminate_backend($_[0])") }, 8 ],
	[ 'a cancel without a free slot for another worker', sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") }, 2 ])
{
	my ($name, $end, $slots) = @$case;

	$node->append_conf('postgresql.conf', "max_worker_processes = $slots");
	$node->restart;

	my $session = Session->new($node, 'postgres');
	my $pid = $session->pid;

	$session->send('SET usercls.training_workers = 2; ' . training(100000));
	$node->poll_query_until('postgres', $running) or die;
	cmp_ok(shared_megabytes(), '>', 100, "much is shared before $name");
	$end->($pid);
	$session->wait_end;
	given_back($name);
}

is($node->safe_psql('postgres', 'SET usercls.training_workers = 2; ' . training(2)), 't', 'a training comes to its end');
given_back('it');
unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal|dsm|segment/, 'and the server has nothing to say about it');
$node->stop;

# In a container /dev/shm is small: fewer workers help then, or none, and the result is the same.
SKIP:
{
	my $small = PostgreSQL::Test::Cluster->new('small');
	$small->init;
	$small->append_conf('postgresql.conf', "dynamic_shared_memory_type = posix\nmaintenance_work_mem = '1GB'\nlisten_addresses = ''");
	my $start = 'mount -t tmpfs -o size=64m tmpfs /dev/shm && uid=$0 && gid=$1 && shift && exec unshare -U --map-user=$uid --map-group=$gid "$@"';
	my @as_in_container = ('unshare', '-Urm', 'sh', '-c', $start, $<, $( + 0);
	skip 'no mount namespace for a small /dev/shm', 5 if system(@as_in_container, 'true') != 0;

	system_or_bail(@as_in_container, 'pg_ctl', '-w', '-s', '-D', $small->data_dir, '-l', $small->logfile, 'start');
	$small->_update_pid(1);
	$small->safe_psql('postgres', 'CREATE EXTENSION usercls');
	$small->safe_psql('postgres', <<'SQL');
CREATE TABLE users AS
SELECT u AS user_id, u % 2 AS treated, (hashint4(u) & 3 = 0)::int AS outcome, sin(u) AS a FROM generate_series(1, 60000) u;
CREATE TABLE edges AS
SELECT 1 + (hashint4(e) & 32767) AS src, 1 + (hashint4(-e) & 32767) AS dst FROM generate_series(1, 100000) e;
CREATE TABLE few AS SELECT * FROM users WHERE user_id <= 2000;
SQL
	my ($status, $out, $said) = $small->psql('postgres', 'SET usercls.training_workers = 2; ' . training(1));
	is($status, 0, 'a small /dev/shm: a training that would not fit comes to its end');
	like($said, qr/no parallel worker helps, for want of shared memory/, 'and says that it had no help');
	like($said, qr/--shm-size/, 'and what to do');
	is($small->safe_psql('postgres', q{SELECT notices LIKE '%for want of shared memory%' FROM usercls.training_runs ORDER BY run_id DESC LIMIT 1}),
		't', 'which is on record');
	my $fits = training(1);
	$fits =~ s/'users'/'few'/;
	($status, $out, $said) = $small->psql('postgres', 'SET usercls.training_workers = 2; ' . $fits);
	unlike($said, qr/shared memory/, 'one that fits has its workers');
	$small->stop;
}

done_testing();
