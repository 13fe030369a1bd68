# A training that is killed, or whose server is, leaves what answers as it was, and no half model.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 3000) u, generate_series(0, 11) w;
ANALYZE behaviour;
SQL

sub training
{
	my ($epochs) = @_;
	return q{SELECT version, promoted FROM usercls.train_sequence('churn', 'behaviour', trend_of => 'spend',
		features => '{spend}', as_of => '2026-03-26', horizon_periods => 0, promote => 'always', }
		. qq{hyperparams => '{"max_epochs": $epochs, "patience": 0, "hidden_size": 16}')};
}

my $registry = q{SELECT (SELECT array_agg((version, sha256, promoted) ORDER BY version) FROM usercls.versions),
	(SELECT count(*) FROM usercls.deployment)};
my $score = q{SELECT version, probabilities FROM usercls.predict('churn', ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])};
my $running = q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT version, promoted FROM usercls.train%' AND state = 'active'};

is($node->safe_psql('postgres', training(2)), '1|t', 'a first version');
my $before = $node->safe_psql('postgres', $registry);
my $scores = $node->safe_psql('postgres', $score);

# kill -9 of the backend that trains: the server restarts all sessions.
my $victim = Session->new($node, 'postgres');
my $pid = $victim->pid;
$victim->send(training(100000));
$node->poll_query_until('postgres', $running) or die;
like($victim->crash($node, $pid), qr/server closed the connection|terminated abnormally/, 'the backend is gone');
is($node->safe_psql('postgres', $registry), $before, 'after kill -9 of a training the registry is as before');
is($node->safe_psql('postgres', $score), $scores, 'and scores as before');
is($node->safe_psql('postgres', training(2)), '2|t', 'the next training works');

# The whole server goes down at once.
$before = $node->safe_psql('postgres', $registry);
$victim = Session->new($node, 'postgres');
$victim->send(training(100000));
$node->poll_query_until('postgres', $running) or die;
$node->stop('immediate');
$victim->wait_end;
$node->start;
is($node->safe_psql('postgres', $registry), $before, 'after a crash of the server the registry is as before');
is($node->safe_psql('postgres', training(2)), '3|t', 'and trains on');

# A client that goes away, and a session that is terminated.
$victim = Session->new($node, 'postgres');
$pid = $victim->pid;
$victim->send(training(100000));
$node->poll_query_until('postgres', $running) or die;
is($node->safe_psql('postgres', "SELECT pg_terminate_backend($pid, 5000)"), 't', 'a training session ends within 5 s of being told');
is($node->safe_psql('postgres', q{SELECT string_agg(version::text, ',' ORDER BY version) FROM usercls.versions}), '1,2,3', 'nothing is left of it');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), '0', 'not even a lock');
$node->stop;

done_testing();
