# Scoring on a hot standby: open sessions see what the primary promotes, a transaction sees one version throughout.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $tiny_model = slurp_file(dirname(__FILE__) . '/../tiny_model.sql');

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "max_prepared_transactions = 2\nautovacuum = off");
$primary->start;
$primary->safe_psql('postgres', 'CREATE EXTENSION usercls; CREATE ROLE scorer LOGIN; CREATE ROLE nobody LOGIN');
$primary->safe_psql('postgres', $tiny_model . <<'SQL');
SELECT usercls.import_model('churn', pg_temp.tiny_model(v), promote => CASE v WHEN 1 THEN 'always' ELSE 'never' END)
FROM generate_series(1, 3) v;
SELECT usercls.grant_model('churn', 'scorer', 'score');
SQL
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay');

my $predict = q{SELECT version, probability FROM usercls.predict('churn', ARRAY[[1, 2], [3, 4]])};
my $open = Session->new($standby, 'postgres', 'scorer');
my $transaction = Session->new($standby, 'postgres', 'scorer');

is($open->run($predict), $primary->safe_psql('postgres', $predict), 'the standby scores as the primary, to the bit');
like($open->run($predict), qr/^1\|0\.731/, 'version 1 answers');
$transaction->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
like($transaction->run($predict), qr/^1\|/, 'also in a transaction');

$primary->safe_psql('postgres', q{SELECT usercls.promote('churn', 2)});
$primary->wait_for_catchup($standby, 'replay');
like($open->run($predict), qr/^2\|0\.880/, 'an open session sees the promotion');
like($transaction->run($predict), qr/^1\|0\.731/, 'a transaction that reads repeatably does not');
$transaction->run('COMMIT');
like($transaction->run($predict), qr/^2\|/, 'until it ends');

$primary->safe_psql('postgres', q{BEGIN; SELECT usercls.promote('churn', 3); SELECT pg_current_wal_lsn(); ROLLBACK});
$primary->wait_for_catchup($standby, 'replay');
like($open->run($predict), qr/^2\|/, 'what is rolled back is never seen');

$primary->safe_psql('postgres', q{BEGIN; SELECT usercls.promote('churn', 3); PREPARE TRANSACTION 'later'});
$primary->wait_for_catchup($standby, 'replay');
like($open->run($predict), qr/^2\|/, 'what is prepared is not seen yet');
$primary->safe_psql('postgres', q{COMMIT PREPARED 'later'});
$primary->wait_for_catchup($standby, 'replay');
like($open->run($predict), qr/^3\|/, 'but once it is committed');

is($primary->safe_psql('postgres', q{SELECT usercls.rollback('churn', 2)}), '1', 'the primary rolls back');
$primary->wait_for_catchup($standby, 'replay');
like($open->run($predict), qr/^1\|0\.731/, 'and so does the open session, with the model it still has');
is($open->run('SET usercls.model_cache_size = 0'), '', 'a session may do without a cache');
like($open->run($predict), qr/^1\|0\.731/, 'and scores the same');

is($open->run(q{SELECT model, promoted_version, my_right FROM usercls.models}), 'churn|1|score', 'the views work there');
like(Session->new($standby, 'postgres', 'nobody')->run($predict), qr/model "churn" does not exist/, 'and so do rights');
like(Session->new($standby, 'postgres')->run(q{SELECT usercls.promote('churn', 2)}), qr/read-only/, 'but nobody writes there');

$primary->safe_psql('postgres', q{SELECT usercls.drop_model('churn')});
$primary->wait_for_catchup($standby, 'replay');
like($open->run($predict), qr/model "churn" does not exist/, 'a dropped model is gone in open sessions');

# Failover: the new primary goes on where the old one was.
$primary->safe_psql('postgres', $tiny_model . q{SELECT usercls.import_model('second', pg_temp.tiny_model(1), promote => 'always')});
$primary->wait_for_catchup($standby, 'replay');
$primary->stop('immediate');
$standby->promote;
is($standby->safe_psql('postgres', $tiny_model . q{SELECT usercls.import_model('second', pg_temp.tiny_model(2), promote => 'always')}),
	'2', 'the next version is stored on the new primary');
is($standby->safe_psql('postgres', q{SELECT version FROM usercls.predict('second', ARRAY[[1, 2]])}), '2', 'and scores');
$_->close foreach $open, $transaction;
$standby->stop;

done_testing();
