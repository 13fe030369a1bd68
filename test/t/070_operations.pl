# What runs is seen from other sessions, runs once at a time, and ends at once when it is told to.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('operations');
$node->init;
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE ROLE other LOGIN;
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 3000) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend}', horizon_periods => 0,
	hyperparams => '{"max_epochs": 2, "hidden_size": 8, "ensemble": 3}');
SELECT usercls.import_model('churn', usercls.export_model('churn'), promote => 'always',
	spec => jsonb_set(spec::jsonb, '{hyperparams}', '{"max_epochs": 100000, "patience": 0, "hidden_size": 8, "ensemble": 3}'))
FROM usercls.versions WHERE model = 'churn';
SQL

my $versions = q{SELECT string_agg(version || ' ' || promoted, ',' ORDER BY version) FROM usercls.versions};
my $before = $node->safe_psql('postgres', $versions);
my $training = q{SELECT count(*) = 1 FROM usercls.progress() WHERE phase = 'training' AND epoch > 0};

for my $workers (0, 2)
{
	my $trainer = Session->new($node, 'postgres');
	my $pid = $trainer->pid;
	$trainer->run("SET usercls.training_workers = $workers");
	$trainer->send(q{CALL usercls.retrain('churn')});
	ok($node->poll_query_until('postgres', $training), "the training shows, with $workers workers");
	is( $node->safe_psql('postgres', q{SELECT pid, database, model, command, max_epochs, train_loss > 0, held_out_loss > 0,
			elapsed_seconds > 0, eta_seconds > 0 FROM usercls.progress()}),
		"$pid|postgres|churn|retrain|300000|t|t|t|t", 'with what a DBA wants to know, epochs of all three networks');
	is($node->safe_psql('postgres', 'SET ROLE other; SELECT count(*) FROM usercls.progress()'), '0', 'not to everybody');
	ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM usercls.training_log WHERE run_id = (SELECT max(run_id) FROM usercls.training_runs)}),
		'its log is visible while it runs');
	is($node->safe_psql('postgres', "SELECT backend_xmin IS NULL OR age(backend_xmin) < 100000 FROM pg_stat_activity WHERE pid = $pid"),
		't', 'it holds no old snapshot');
	like(($node->psql('postgres', q{CALL usercls.retrain('churn')}))[2], qr/is being retrained already/, 'a second one is refused');

	my $started = time;
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
	like($trainer->wait, qr/canceling statement/, 'it is cancelled');
	cmp_ok(time - $started, '<', 5, 'at once');
	is($node->safe_psql('postgres', $versions), $before, 'what answers is as it was');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM usercls.progress()'), '0', 'nothing runs');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}), '0', 'nothing is locked');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'}), '0', 'no worker is left');

	# A commit, and so the lock and the shared memory, survives no kill.
	$trainer->send(q{CALL usercls.retrain('churn')});
	ok($node->poll_query_until('postgres', $training), 'it runs again');
	$trainer->crash($node, $pid);
	is($node->safe_psql('postgres', $versions), $before, 'after kill -9 what answers is as it was');
}

# A retrain that was killed is followed by one that works.
$node->safe_psql('postgres', q{CALL usercls.retrain('churn', max_runtime => '300 ms', promote => 'always')});
like($node->safe_psql('postgres', $versions), qr/3 true$/, 'the next retrain stores a version');

# Scores: two refreshes at once, and a listener.
my $listener = Session->new($node, 'postgres');
$listener->run('LISTEN usercls_scores');
$node->safe_psql('postgres', q{CALL usercls.refresh_scores('churn', 'scores')});
like($listener->run('SELECT 1'), qr/"model": "churn"/, 'a listener learns of new scores');

# Of a mark he learns who entered and who left it: the ids, as far as 8000 bytes go.
my $mark = sub {
	$node->safe_psql('postgres', "CALL usercls.refresh_scores('churn', 'scores', class => 'high_risk', threshold => $_[0])");
	return $listener->run('SELECT 1');
};
my $score_of = sub { $node->safe_psql('postgres', "SELECT score FROM scores WHERE rank <= $_[0] ORDER BY rank DESC LIMIT 1") };
like($mark->(0), qr/"marked": 3000, .*"entered": 3000, /s, 'everybody is marked');
my $payload = $mark->(0);
like($payload, qr/"complete": true, .*"left_users": \[\], .*"entered_users": \[\]/s, 'nothing changes, and nobody is named');
my $cut = $score_of->(10) - 1e-4;
my $above = $node->safe_psql('postgres', "SELECT count(*) FROM scores WHERE score >= $cut");
$payload = $mark->($cut);
like($payload, qr/"left": ${\ (3000 - $above)}, .*"marked": $above, /s, 'a higher threshold');
like($payload, qr/"complete": false, .*"left_users": \["\d+", "\d+", /s, 'with as many ids as there is room for');
my ($json) = $payload =~ /(\{.*\})/s;
cmp_ok(length($json), '<', 8000, 'which is not more than a notification may hold');
# Users may share a score, so the few are users who are gone.
$mark->(0);
$node->safe_psql('postgres', 'DELETE FROM behaviour WHERE user_id > 2980');
$payload = $mark->(0);
my @left = $payload =~ /"left_users": \[([^\]]*)\]/ ? split(/, /, $1) : ();
is(scalar(@left), 20, 'few are all named');
$node->safe_psql('postgres', 'UPDATE scores SET probability = -1');
my $holder = Session->new($node, 'postgres');
$holder->run('BEGIN; SELECT * FROM scores WHERE user_id = 7 FOR UPDATE');
my $refresher = Session->new($node, 'postgres');
$refresher->send(q{CALL usercls.refresh_scores('churn', 'scores', batch_size => 100)});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'}), 'a refresh waits for a row');
is($node->safe_psql('postgres', q{SELECT command, model FROM usercls.progress()}), 'refresh_scores|churn', 'and shows');
like(($node->psql('postgres', q{CALL usercls.refresh_scores('churn', 'scores')}))[2], qr/scores in public\.scores are being refreshed already/, 'a second one is refused');
is($node->safe_psql('postgres', q{CALL usercls.refresh_scores('churn', 'other_scores'); SELECT count(*) > 0 FROM other_scores}), 't', 'but not into another table');
$holder->run('COMMIT');
is($refresher->wait, '', 'the first one goes on');
is($node->safe_psql('postgres', 'SELECT count(*) FROM scores WHERE probability < 0'), '0', 'and writes all');
$_->close for $listener, $holder, $refresher;
$node->stop;

done_testing();
