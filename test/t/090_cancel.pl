# Every phase of long work ends soon after it is told to, and leaves the registry as it was.
#
# CANCELS (3) times each phase is cancelled at a random moment, and must end within CANCEL_MS (5000) milliseconds:
# loose here, where other tests share the machine; `make cancel` asks for 20 times within 100 ms on a quiet one.
# A cancel that comes when the work is done already is not counted and made again. None is sent before the work has begun:
# it would be lost, and the work go on to its end.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(sleep time);

my $times = $ENV{CANCELS} // 3;
my $limit = ($ENV{CANCEL_MS} // 5000) / 1000;

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init;
$node->append_conf('postgresql.conf', "maintenance_work_mem = '1GB'\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 60000) u, generate_series(0, 23) w;
CREATE TABLE users AS
SELECT u AS user_id, u % 2 AS treated, (hashint4(u) & 3 = 0)::int AS outcome, sin(u) AS a, cos(u) AS b
FROM generate_series(1, 200000) u;
CREATE TABLE edges AS
SELECT 1 + (hashint4(e) & 131071) AS src, 1 + (hashint4(-e) & 131071) AS dst FROM generate_series(1, 1500000) e;
CREATE TABLE few AS SELECT * FROM behaviour WHERE user_id <= 600;
VACUUM ANALYZE;
SELECT usercls.train_sequence('churn', 'few', trend_of => 'spend', features => '{spend}', hyperparams => '{"max_epochs": 2}');
SELECT usercls.train_sequence('all', 'few', trend_of => 'spend', features => '{spend}', hyperparams => '{"max_epochs": 2}');
SELECT usercls.import_model('all', usercls.export_model('all'), promote => 'always',
	spec => jsonb_set(jsonb_set(spec::jsonb, '{source}', '"public.behaviour"'), '{hyperparams}', '{"max_epochs": 1000, "patience": 0}'))
FROM usercls.versions WHERE model = 'all';
SELECT usercls.train_uplift('who', 'users', 'edges', features => '{a,b}', hyperparams => '{"max_epochs": 1, "hidden_size": 16, "ensemble": 2}',
	promote => 'always');
SQL

my $sequence = q{SELECT usercls.train_sequence('new', 'behaviour', trend_of => 'spend', features => '{spend}', hyperparams =>
	'{"max_epochs": 1000, "patience": 0, "hidden_size": 128, "batch_size": 1024}')};
my $uplift = q{SELECT usercls.train_uplift('new', 'users', 'edges', features => '{a,b}',
	hyperparams => '{"max_epochs": 1000, "patience": 0, "hidden_size": 64}')};

# What runs, and from when to when after its start it is cancelled.
my @phases = (
	[ 'labelling' => q{SELECT count(*) FROM generate_series(1, 20), usercls.trend_users('behaviour', 'user_id', 'ts', 'spend', '7 days')}, 0, 0.3 ],
	[ 'reading, then training a sequence model' => $sequence, 0, 1.5 ],
	[ 'training a sequence model' => $sequence, 1.5, 3 ],
	[ 'training a sequence model with 2 workers' => "SET usercls.training_workers = 2; $sequence", 1.5, 3 ],
	[ 'reading and building a graph' => $uplift, 0, 1.2 ],
	[ 'training an uplift model' => $uplift, 1.5, 3 ],
	[ 'training an uplift model with 2 workers' => "SET usercls.training_workers = 2; $uplift", 1.5, 3 ],
	[ 'retraining' => q{CALL usercls.retrain('all')}, 0, 3 ],
	[ 'classifying all users' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.classify_users('all' || left(i::text, 0)) c}, 0, 0.8 ],
	[ 'targeting all users' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.target_users('who' || left(i::text, 0)) t}, 0, 1.5 ],
	[ 'refreshing scores' => q{CALL usercls.refresh_scores('all', 'scores')}, 0, 0.8 ],
	[ 'evaluating' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.evaluate('who' || left(i::text, 0)) e}, 0, 1.5 ],
	[ 'predictions' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.predictions('all' || left(i::text, 0)) p}, 0, 0.8 ],
	[ 'comparing versions' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.compare('all' || left(i::text, 0), 1, 2, 'behaviour') c}, 0, 1.5 ],
	[ 'the importance of features' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.importance('all' || left(i::text, 0)) m}, 0, 1.5 ],
	[ 'the importance of an experiment\'s features' => q{SELECT count(*) FROM usercls.importance('who', replicates => 10000)}, 0, 3 ],
	[ 'reasons of all users' => q{SELECT count(*) FROM usercls.classify_users('all', NULL, NULL::int, false, 3)}, 0, 3 ],
	[ 'the worth of a policy' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.policy_value('who' || left(i::text, 0), 1, 0.1) w}, 0, 1.5 ],
	[ 'what treated friends do' => q{SELECT count(*) FROM generate_series(1, 20) i, LATERAL usercls.spillover('who' || left(i::text, 0)) s}, 0, 1.5 ],
	[ 'a report' => q{SELECT count(usercls.report('who' || left(i::text, 0))) FROM generate_series(1, 20) i}, 0, 3 ]);

# Wait until the backend is at work, or has done it.
sub begun
{
	my ($session, $control, $pid) = @_;

	until ($control->run("SELECT state FROM pg_stat_activity WHERE pid = $pid") =~ /^active/ || $session->{out} =~ /^-- done$/m)
	{
		$session->{run}->pump_nb;
	}
	return;
}

my $registry = q{SELECT string_agg((model, version, sha256, promoted)::text, ',' ORDER BY model, version) FROM usercls.versions};
my $before = $node->safe_psql('postgres', $registry);

for my $phase (@phases)
{
	my ($name, $sql, $from, $to) = @$phase;
	my $session = Session->new($node, 'postgres');
	my $control = Session->new($node, 'postgres');
	my $pid = $session->pid;
	my (@took, $early);

	for (my $tries = 0; @took < $times && $tries < 3 * $times; $tries++)
	{
		$session->send($sql);
		begun($session, $control, $pid);
		sleep($from + rand($to - $from));
		$session->{run}->pump_nb;
		$early++ if $session->{out} =~ /^-- done$/m;

		my $start = time;

		$control->run("SELECT pg_cancel_backend($pid)");
		my $out = $session->wait;

		push @took, time - $start if $out =~ /canceling statement/;
	}
	my $slowest = @took ? max(@took) : 0;

	note(sprintf('%s: %d cancelled, slowest %.0f ms, %d over before', $name, scalar @took, 1000 * $slowest, $early // 0));
	is(scalar @took, $times, "$name is cancelled");
	ok($slowest <= $limit, 'and ends within the limit');
	is($node->safe_psql('postgres', $registry), $before, 'and leaves the models as they were');
	$_->close for $session, $control;
}

is($node->safe_psql('postgres', q{SELECT count(*) FROM usercls.progress()}), '0', 'nothing shows as running');
is($node->safe_psql('postgres', q{SELECT version FROM usercls.predict('churn', ARRAY[1, 2, 3]::float8[])}), '1', 'models still score');
$node->stop;
done_testing();
