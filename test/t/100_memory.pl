# What dry_run says a training takes is what it takes, within 20 %.
#
# Counted while it runs, over the backend and its workers: private memory beyond what the backend had before, and
# what they share with each other. The server's own shared memory is not counted: reading tables fills it anyway.
# The counting looks from outside, every few milliseconds, and on a busy machine may come too rarely to see the most: a
# training that was not looked at often enough while all its workers ran is repeated with more epochs.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use List::Util qw(max sum);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'no /proc/PID/smaps here' unless -r "/proc/$$/smaps";

my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
$node->append_conf('postgresql.conf', "maintenance_work_mem = '2GB'\nautovacuum = off\ndynamic_shared_memory_type = posix");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend, cos(u) AS a, sin(w) AS b
FROM generate_series(1, 40000) u, generate_series(0, 23) w;
CREATE TABLE users AS
SELECT u AS user_id, u % 2 AS treated, (hashint4(u) & 3 = 0)::int AS outcome, sin(u) AS a, cos(u) AS b
FROM generate_series(1, 100000) u;
CREATE TABLE edges AS
SELECT 1 + (hashint4(e) & 65535) AS src, 1 + (hashint4(-e) & 65535) AS dst, abs(sin(e)) AS weight FROM generate_series(1, 500000) e;
VACUUM ANALYZE;
SQL

# Bytes of a process, its mapping of the server's shared memory left out.
sub bytes_of
{
	my ($pid) = @_;
	open my $smaps, '<', "/proc/$pid/smaps" or return 0;
	my ($bytes, $counts) = (0, 0);
	while (my $line = <$smaps>)
	{
		if ($line =~ /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$/)
		{
			$counts = $1 eq '' || $1 =~ /^\[heap\]|PostgreSQL\.\d+/;
		}
		elsif ($counts && $line =~ /^Pss: *(\d+) kB/)
		{
			$bytes += 1024 * $1;
		}
	}
	close $smaps;
	return $bytes;
}

# The parallel workers of a backend, by the names that they give themselves.
sub workers_of
{
	my ($pid) = @_;
	my @workers;

	for my $cmdline (glob '/proc/[0-9]*/cmdline')
	{
		open my $file, '<', $cmdline or next;    # one that has just ended
		push @workers, $cmdline =~ /(\d+)/ if (<$file> // '') =~ /parallel worker for PID $pid\b/;
		close $file;
	}
	return @workers;
}

# Trains in a session of its own; returns the most it took in bytes, and how often it was looked at with all workers there.
sub train
{
	my ($call, $workers) = @_;
	my $session = Session->new($node, 'postgres');
	my $pid = $session->pid;
	my ($peak, $looks) = (0, 0);

	$session->run("SET usercls.training_workers = $workers");
	my $before = bytes_of($pid);
	$session->send("SELECT 1 FROM $call");
	until ($session->{out} =~ /^-- done$/m)
	{
		my @pids = ($pid, workers_of($pid));

		$peak = max($peak, sum(map { bytes_of($_) } @pids) - $before);
		$looks++ if @pids == 1 + $workers;
		sleep(0.01);
		$session->{run}->pump_nb;
	}
	is($session->wait, '1', "$call is trained with $workers workers");
	$session->close;
	return ($peak, $looks);
}

for my $case (
	[ 'a sequence model', q{usercls.train_sequence('seq', 'behaviour', trend_of => 'spend', features => '{spend,a,b}', %s
		hyperparams => '{"max_epochs": %d, "patience": %2$d, "hidden_size": 32}')} ],
	[ 'an uplift model', q{usercls.train_uplift('who', 'users', 'edges', features => '{a,b}', %s
		hyperparams => '{"max_epochs": %d, "patience": %2$d, "hidden_size": 64}')} ],
	[ 'a small uplift model of a weighted graph', q{usercls.train_uplift('small', 'users', 'edges', features => '{a,b}', weight_column => 'weight', %s
		hyperparams => '{"max_epochs": %d, "patience": %2$d, "hidden_size": 8}')} ])
{
	my ($name, $call) = @$case;

	for my $workers (0, 2)
	{
		my ($epochs, $peak, $looks) = (2, 0, 0);
		my $predicted = $node->safe_psql('postgres', "SET usercls.training_workers = $workers; SELECT memory FROM " . sprintf($call, 'dry_run => true,', $epochs));

		for (; $looks < 20 && $epochs <= 128; $epochs *= 4)
		{
			($peak, $looks) = train(sprintf($call, '', $epochs), $workers);
		}
		cmp_ok($looks, '>=', 20, "$name was looked at while its $workers workers ran");
		note(sprintf('%s, %d workers: %.1f MB predicted, %.1f MB measured, %d looks, ratio %.2f', $name, $workers, $predicted / 1e6, $peak / 1e6, $looks, $predicted / $peak));
		ok($predicted > 0.8 * $peak && $predicted < 1.2 * $peak, 'and takes what was predicted, within 20 %');
	}
}
$node->stop;

done_testing();
