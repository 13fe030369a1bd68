# CALL retrain() outside a transaction commits each epoch: others watch it, and whatever ends it leaves what answers alone.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('retrain');
$node->init;
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 1000) u, generate_series(0, 11) w;
ANALYZE behaviour;
SELECT usercls.train_sequence('short', 'behaviour', trend_of => 'spend', features => '{spend}', as_of => '2026-03-26',
	horizon_periods => 0, hyperparams => '{"max_epochs": 1, "hidden_size": 8}');
-- The same training without an end.
SELECT usercls.import_model('churn', usercls.export_model('short'), promote => 'always',
	spec => jsonb_set(spec::jsonb, '{hyperparams}', '{"max_epochs": 100000, "patience": 0, "hidden_size": 8}'))
FROM usercls.versions WHERE model = 'short';
SQL

my $versions = q{SELECT string_agg(version || CASE WHEN promoted THEN '!' ELSE '' END, ' ' ORDER BY version) FROM usercls.versions WHERE model = 'churn'};
my $runs = q{SELECT string_agg(state, ', ' ORDER BY run_id) FROM usercls.training_runs WHERE model = 'churn'};
my $score = q{SELECT * FROM usercls.predict('churn', ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])};
my $scores = $node->safe_psql('postgres', $score);

# Start a training that does not end; returns its session and pid once epochs are in the log.
sub endless
{
	my $session = Session->new($node, 'postgres');
	my $pid = $session->pid;
	$session->send(q{CALL usercls.retrain('churn')});
	$node->poll_query_until('postgres', q{SELECT epochs >= 2 FROM usercls.training_runs WHERE model = 'churn' ORDER BY run_id DESC LIMIT 1})
		or die 'no epochs';
	return ($session, $pid);
}

my ($session, $pid) = endless();
is($node->safe_psql('postgres', $runs), 'running', 'others see that it runs');
is($node->safe_psql('postgres', q{SELECT model, command FROM usercls.progress()}), 'churn|retrain', 'and how far it is');
my ($status, $out, $errors) = $node->psql('postgres', q{CALL usercls.retrain('churn')});
like($errors, qr/model "churn" is being retrained already/, 'a second one is refused');
is($node->safe_psql('postgres', $score), $scores, 'what answers is not touched');
is($node->safe_psql('postgres', "SELECT usercls.promote('churn', 1)"), '', 'nor is promotion held up');

$session->crash($node, $pid);
is($node->safe_psql('postgres', $runs), 'ended early', 'after kill -9 the run has ended early');
is($node->safe_psql('postgres', $versions), '1!', 'without a version');
is($node->safe_psql('postgres', $score), $scores, 'and scores as before');

$node->safe_psql('postgres', q{CALL usercls.retrain('churn', max_runtime => '500 ms', promote => 'always')});
is($node->safe_psql('postgres', $versions), '1 2!', 'the next one stores a version within max_runtime');
is($node->safe_psql('postgres', $runs), 'ended early, finished', 'and finishes');
is($node->safe_psql('postgres', q{SELECT v.epochs = r.epochs AND v.epochs = (SELECT count(*) FROM usercls.training_epochs e WHERE e.run_id = r.run_id)
	FROM usercls.versions v JOIN usercls.training_runs r USING (model, version) WHERE model = 'churn' AND version = 2}), 't', 'with a whole log');

($session, $pid) = endless();
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
like($session->wait, qr/canceling statement due to user request/, 'a cancelled one ends');
is($node->safe_psql('postgres', q{SELECT state, error FROM usercls.training_runs WHERE model = 'churn' ORDER BY run_id DESC LIMIT 1}),
	'failed|canceling statement due to user request', 'and its run says why');
is($node->safe_psql('postgres', $versions), '1 2!', 'and leaves no version');
is($session->run(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), "0", 'nor a lock in its session');
$session->close;

# In a transaction block it is atomic.
is($node->safe_psql('postgres', q{BEGIN; CALL usercls.retrain('churn', max_runtime => '200 ms', promote => 'always'); ROLLBACK; } . $versions),
	'1 2!', 'a transaction that is rolled back leaves no version');
is($node->safe_psql('postgres', $runs), 'ended early, finished, failed', 'and no run');
is($node->safe_psql('postgres', q{BEGIN; CALL usercls.retrain('churn', max_runtime => '200 ms', promote => 'always'); COMMIT; } . $versions),
	'1 2 3!', 'and one that commits has both');

$node->safe_psql('postgres', q{CALL usercls.retrain('churn', max_runtime => '200 ms', promote => 'never', keep_versions => 1)});
is($node->safe_psql('postgres', $versions), '2 3! 4', 'old versions go, what answers and what a rollback returns to stay');

# What it began to compete with is gone when it ends.
my $late = Session->new($node, 'postgres');
$late->send(q{CALL usercls.retrain('churn', max_runtime => '2 s', warm_start => false)});
$node->poll_query_until('postgres', q{SELECT state = 'running' AND epochs >= 1 FROM usercls.training_runs WHERE model = 'churn' ORDER BY run_id DESC LIMIT 1})
	or die 'no epochs';
$node->safe_psql('postgres', q{SELECT usercls.promote('churn', 2), usercls.promote('churn', 4), usercls.prune_versions('churn', 1)});
is($late->wait, '', 'a version that is pruned meanwhile does not end a training');
is($node->safe_psql('postgres', $versions), '2 4! 5', 'which stores its own, and does not promote it');
$late->close;

# A table that is dropped while a retrain begins is named, in the error and on record.
my $dropper = Session->new($node, 'postgres');
$dropper->run('BEGIN');
$dropper->run('DROP TABLE behaviour');
my $waiting = Session->new($node, 'postgres');
$waiting->send(q{CALL usercls.retrain('churn')});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_locks WHERE NOT granted}) or die 'nobody waits';
$dropper->run('COMMIT');
like($waiting->wait, qr/relation public.behaviour does not exist/, 'a table that was dropped meanwhile is named');
is($node->safe_psql('postgres', q{SELECT state, error FROM usercls.training_runs WHERE model = 'churn' ORDER BY run_id DESC LIMIT 1}),
	'failed|relation public.behaviour does not exist: Version ' . $node->safe_psql('postgres', q{SELECT promoted_version FROM usercls.models WHERE model = 'churn'}) .
	' of model "churn" reads it.', 'and its run says so');
$_->close foreach $dropper, $waiting;
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 1000) u, generate_series(0, 11) w;
SQL

($session, $pid) = endless();
$node->safe_psql('postgres', q{SELECT usercls.drop_model('churn')});
like($session->wait, qr/the model was dropped while it was trained/, 'a model that is dropped ends its training');
is($node->safe_psql('postgres', q{SELECT count(*) FROM usercls.training_run r WHERE NOT EXISTS (SELECT FROM usercls.model m WHERE m.model_id = r.model_id)}),
	'0', 'and nothing of it is left');
$session->close;
$node->stop;

done_testing();
