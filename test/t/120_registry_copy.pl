# The registry on other nodes by logical replication: models answer there by name as where they come from, and are changed
# only there.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $tiny_model = slurp_file(dirname(__FILE__) . '/../tiny_model.sql');
my $original = PostgreSQL::Test::Cluster->new('original');
$original->init(allows_streaming => 'logical');
$original->start;
my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init;
$copy->start;

# Roles of other nodes have other OIDs, and rights follow their names.
$original->safe_psql('postgres', 'CREATE EXTENSION usercls; CREATE ROLE scorer LOGIN; CREATE ROLE nobody LOGIN');
$copy->safe_psql('postgres', 'CREATE EXTENSION usercls; CREATE ROLE nobody LOGIN; CREATE ROLE another; CREATE ROLE scorer LOGIN');
my $events = q{CREATE TABLE events AS SELECT u AS user_id, now() - w * interval '7 days' AS ts,
	(200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend FROM generate_series(1::bigint, 90) u, generate_series(1, 20) w};
my $train = q{FROM usercls.train_sequence('trained', 'events', trend_of => 'spend', features => '{spend}',
	hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always'};
$_->safe_psql('postgres', $events) for $original, $copy;
$original->safe_psql('postgres', "SELECT $train)");
$original->safe_psql('postgres', $tiny_model . <<'SQL');
SELECT usercls.import_model('churn', pg_temp.tiny_model(v), promote => CASE v WHEN 1 THEN 'always' ELSE 'never' END)
FROM generate_series(1, 2) v;
SELECT usercls.grant_model('churn', 'scorer', 'score');
CREATE PUBLICATION models FOR TABLE usercls.model, usercls.model_version, usercls.deployment, usercls.model_acl;
SQL
my $connection = $original->connstr . ' dbname=postgres';
$copy->safe_psql('postgres', "CREATE SUBSCRIPTION models CONNECTION '$connection' PUBLICATION models");
$copy->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate <> 'r'})
	or die 'the first copy takes too long';

sub replicated { $original->wait_for_catchup('models'); return; }

my $predict = q{SELECT version, probability FROM usercls.predict('churn', ARRAY[[1, 2], [3, 4]])};
my $open = Session->new($copy, 'postgres', 'scorer');
my $nobody = Session->new($copy, 'postgres', 'nobody');

is($open->run($predict), $original->safe_psql('postgres', $predict), 'the copy scores as the original, to the bit');
like($open->run($predict), qr/^1\|0\.731/, 'version 1 answers');
like($nobody->run($predict), qr/model "churn" does not exist/, 'who has no right has none on the copy');

$original->safe_psql('postgres', q{SELECT usercls.promote('churn', 2)});
replicated();
like($open->run($predict), qr/^2\|0\.880/, 'an open session sees a promotion');
$original->safe_psql('postgres', q{SELECT usercls.rollback('churn')});
replicated();
like($open->run($predict), qr/^1\|0\.731/, 'and a rollback');
$original->safe_psql('postgres', "$tiny_model SELECT usercls.import_model('churn', pg_temp.tiny_model(3), promote => 'always')");
replicated();
like($open->run($predict), qr/^3\|0\.952/, 'a new version that answers at once');
$original->safe_psql('postgres', q{SELECT usercls.grant_model('churn', 'nobody', 'score')});
replicated();
like($nobody->run($predict), qr/^3\|/, 'a right that was granted');
$original->safe_psql('postgres', q{SELECT usercls.revoke_model('churn', 'scorer')});
replicated();
like($open->run($predict), qr/model "churn" does not exist/, 'and one that was taken away');
is($copy->safe_psql('postgres', q{SELECT string_agg(version || ' ' || promoted, ', ' ORDER BY version) FROM usercls.versions}),
	$original->safe_psql('postgres', q{SELECT string_agg(version || ' ' || promoted, ', ' ORDER BY version) FROM usercls.versions}),
	'the views show the same');

# What would take numbers of the original.
my %refused = (
	train => "SELECT $train)",
	import => "$tiny_model SELECT usercls.import_model('churn', pg_temp.tiny_model(4))",
	'import of a new model' => "$tiny_model SELECT usercls.import_model('mine', pg_temp.tiny_model(4))",
	retrain => q{CALL usercls.retrain('trained')},
	promote => q{SELECT usercls.promote('churn', 1)},
	rollback => q{SELECT usercls.rollback('churn')},
	prune => q{SELECT usercls.prune_versions('churn', 1)},
	grant => q{SELECT usercls.grant_model('churn', 'scorer', 'score')},
	revoke => q{SELECT usercls.revoke_model('churn', 'nobody')},
	owner => q{SELECT usercls.set_model_owner('churn', 'scorer')},
	comment => q{SELECT usercls.set_model_comment('churn', 'mine')},
	'comment of a version' => q{SELECT usercls.set_model_comment('churn', 'mine', 1)},
	drop => q{SELECT usercls.drop_model('churn')});
for my $what (sort keys %refused)
{
	my ($status, $out, $err) = $copy->psql('postgres', $refused{$what});
	like($err, qr/the models of this database are copies\nDETAIL:  The subscription "models" brings them/, "$what: refused on the copy");
}
is($copy->safe_psql('postgres', q{SELECT count(*), sum(last_version) FROM usercls.model}), '2|4', 'nothing has changed there');
is($copy->safe_psql('postgres', "SELECT rows_train > 0 $train, dry_run => true)"), 't', 'what a training would do is shown there, too');
is($copy->safe_psql('postgres', q{SELECT count(*) FROM usercls.classify_users('trained')}), '90', 'a model scores the users of this node by name');
$copy->safe_psql('postgres', q{CALL usercls.refresh_scores('trained', 'scores')});
is($copy->safe_psql('postgres', 'SELECT count(*) FROM scores'), '90', 'and keeps their scores');

$original->safe_psql('postgres', q{SELECT usercls.drop_model('churn')});
replicated();
like($nobody->run($predict), qr/model "churn" does not exist/, 'a model that was dropped is gone');

# A copy that takes over: numbers go on where those of the original ended.
$original->safe_psql('postgres', "$tiny_model SELECT usercls.import_model(n, pg_temp.tiny_model(1), promote => 'always') FROM (VALUES ('a'), ('b')) m(n)");
replicated();
$copy->safe_psql('postgres', 'DROP SUBSCRIPTION models');
$copy->safe_psql('postgres', q{SELECT setval('usercls.model_model_id_seq', (SELECT max(model_id) FROM usercls.model)),
	setval('usercls.deployment_deployment_id_seq', (SELECT max(deployment_id) FROM usercls.deployment))});
$copy->safe_psql('postgres', "$tiny_model SELECT usercls.import_model(n, pg_temp.tiny_model(2), promote => 'always') FROM (VALUES ('b'), ('c')) m(n)");
is($copy->safe_psql('postgres', q{SELECT string_agg(model || ' ' || version, ', ' ORDER BY model, version) FROM usercls.versions WHERE promoted}),
	'a 1, b 2, c 1, trained 1', 'a copy without its subscription is an original');

$copy->stop;
$original->stop;
done_testing();
