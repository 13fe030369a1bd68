# A table in three partitions that lie on foreign servers (here, databases): labels and metrics are computed there, and every
# function gives the answer of one table.
use strict;
use warnings;

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('servers');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nenable_partitionwise_aggregate = on\nautovacuum = off");
$node->start;
my ($host, $port) = ($node->host, $node->port);

# The rows of user u and week w, and of his scores.
my $events = q{SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
	(200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend
	FROM generate_series(1::bigint, 300) u, generate_series(0, 15) w};
my $scores = q{SELECT u AS user_id, (u % 3)::int AS region, round((hashint8(u) & 1023) / 1024.0, 2)::float8 AS score,
	(hashint8(u * 3) & 1) = 1 AS treated, (hashint8(u * 5) & 7) < 3 AS outcome FROM generate_series(1::bigint, 3000) u};

$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app', "CREATE EXTENSION usercls; CREATE EXTENSION postgres_fdw;
	CREATE TABLE one_events AS $events; CREATE TABLE one_scores AS $scores;
	CREATE TABLE events (user_id bigint, ts timestamptz, spend float8) PARTITION BY HASH (user_id);
	CREATE TABLE scores (user_id bigint, region int, score float8, treated boolean, outcome boolean) PARTITION BY LIST (region)");
for my $i (0 .. 2)
{
	$node->safe_psql('postgres', "CREATE DATABASE shard$i");
	$node->safe_psql("shard$i", 'CREATE EXTENSION usercls;
		CREATE TABLE events (user_id bigint, ts timestamptz, spend float8);
		CREATE TABLE scores (user_id bigint, region int, score float8, treated boolean, outcome boolean)');
	$node->safe_psql('app', "CREATE SERVER shard$i FOREIGN DATA WRAPPER postgres_fdw
			OPTIONS (host '$host', port '$port', dbname 'shard$i', extensions 'usercls', use_remote_estimate 'true');
		CREATE USER MAPPING FOR PUBLIC SERVER shard$i OPTIONS (user 'postgres', password_required 'false');
		CREATE FOREIGN TABLE events_$i PARTITION OF events FOR VALUES WITH (MODULUS 3, REMAINDER $i) SERVER shard$i OPTIONS (table_name 'events');
		CREATE FOREIGN TABLE scores_$i PARTITION OF scores FOR VALUES IN ($i) SERVER shard$i OPTIONS (table_name 'scores')");
}
$node->safe_psql('app', 'INSERT INTO events TABLE one_events; INSERT INTO scores TABLE one_scores; ANALYZE events, scores;
	ANALYZE events_0, events_1, events_2, scores_0, scores_1, scores_2');
$node->safe_psql("shard$_", 'ANALYZE') for 0 .. 2;

# same(NAME, QUERY with %s for the table, TABLE, REMOTE): the answer of one table, and what each server computes
sub same
{
	my ($name, $query, $table, @remote) = @_;
	my $ours = sprintf $query, $table;
	is($node->safe_psql('app', $ours), $node->safe_psql('app', sprintf($query, "one_$table")), "$name: as on one server");
	return unless @remote;
	my $plan = $node->safe_psql('app', "EXPLAIN (VERBOSE, COSTS OFF) $ours");
	for my $remote (@remote)
	{
		my @sent = $plan =~ /^.*Remote SQL: .*$remote.*$/mg;
		is(@sent, 3, "$name: each server computes $remote") or diag($plan);
	}
	return;
}

my $window = q{interval '7 days', timestamptz '2026-01-05', timestamptz '2026-04-27'};
same('labels', "SELECT user_id, usercls.label(usercls.trend_agg(ts, spend, $window)) FROM %s GROUP BY user_id ORDER BY user_id",
	'events', 'usercls\.trend_agg\(');
same('labels of whole histories', "SELECT user_id, usercls.label(usercls.trend_agg(ts, spend, interval '7 days')) FROM %s GROUP BY user_id ORDER BY user_id",
	'events', 'usercls\.trend_agg\(');
same('sequences', "SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend], $window) FROM %s GROUP BY user_id ORDER BY user_id",
	'events', 'usercls\.sequence_agg\(');
same('metrics by region', q{SELECT region, round(usercls.auc(score, outcome)::numeric, 12), round(usercls.log_loss(score, outcome)::numeric, 12),
	round(usercls.qini(score, treated, outcome)::numeric, 12), round(usercls.auuc(score, treated, outcome)::numeric, 12),
	round(usercls.uplift_at(score, treated, outcome, 0.3::float8)::numeric, 12) FROM %s GROUP BY region ORDER BY region},
	'scores', map { "usercls\\.$_\\(" } qw(auc log_loss qini auuc uplift_at));
same('metrics of a label by region', q{SELECT region, round(usercls.average_precision(score, outcome)::numeric, 12), round(usercls.brier(score, outcome)::numeric, 12),
	round(usercls.expected_calibration_error(score, outcome)::numeric, 12), round(usercls.f1(score, outcome, 0.4::float8)::numeric, 12),
	round(usercls.precision_at(score, outcome, 0.4::float8)::numeric, 12), round(usercls.recall_at(score, outcome, 0.4::float8)::numeric, 12)
	FROM %s GROUP BY region ORDER BY region},
	'scores', map { "usercls\\.$_\\(" } qw(average_precision brier expected_calibration_error f1 precision_at recall_at));
same('metrics of all', q{SELECT round(usercls.auc(score, outcome)::numeric, 12), round(usercls.uplift_at(score, treated, outcome, 0.3)::numeric, 12) FROM %s},
	'scores');

# What reads tables reads them as the plan says.
same('trend_users', q{SELECT user_id, trend FROM usercls.trend_users('%s', 'user_id', 'ts', 'spend', interval '7 days') ORDER BY user_id}, 'events');
same('trend_users in a window', "SELECT user_id, trend FROM usercls.trend_users('%s', 'user_id', 'ts', 'spend', $window) ORDER BY user_id", 'events');
my @trained;
for my $table (qw(events one_events))
{
	$node->safe_psql('app', "SELECT usercls.train_sequence('$table', '$table', trend_of => 'spend', features => '{spend}',
		hyperparams => '{\"hidden_size\": 4, \"max_epochs\": 2}', promote => 'always')");
	push @trained, $node->safe_psql('app', "SELECT sha256(usercls.export_model('$table'))");
}
is($trained[0], $trained[1], 'training gives the same weights');
is($node->safe_psql('app', q{SELECT count(*) FROM usercls.classify_users('events') a JOIN usercls.classify_users('one_events') b
	USING (user_id, label) WHERE abs(a.probability - b.probability) < 1e-6}), '300', 'and so do scores');

# Scores by value, of a class by its number, are computed where the sequences are in a condition.
my $series = "SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend], interval '7 days', timestamptz '2026-02-02', timestamptz '2026-04-27') AS seq FROM one_events GROUP BY user_id";
$node->safe_psql("shard$_", 'CREATE TABLE series (user_id bigint, seq float8[])') for 0 .. 2;
$node->safe_psql('app', "CREATE TABLE one_series AS $series; CREATE TABLE series (user_id bigint, seq float8[]) PARTITION BY HASH (user_id); CREATE TABLE weights AS SELECT usercls.export_model('one_events') AS w;"
	. join('', map { "CREATE FOREIGN TABLE series_$_ PARTITION OF series FOR VALUES WITH (MODULUS 3, REMAINDER $_) SERVER shard$_ OPTIONS (table_name 'series');" } 0 .. 2)
	. 'INSERT INTO series TABLE one_series; ANALYZE series_0, series_1, series_2');
same('scores in a condition', 'SELECT user_id FROM %s WHERE usercls.score((SELECT w FROM weights), seq, 1) > 0.4 ORDER BY user_id', 'series', 'usercls\.score\(');

# One leaf here, two elsewhere.
$node->safe_psql('app', 'CREATE TABLE here (LIKE events); INSERT INTO here TABLE events_1; ALTER TABLE events DETACH PARTITION events_1;
	ALTER TABLE events ATTACH PARTITION here FOR VALUES WITH (MODULUS 3, REMAINDER 1)');
same('a leaf of each sort', q{SELECT user_id, trend FROM usercls.trend_users('%s', 'user_id', 'ts', 'spend', interval '7 days') ORDER BY user_id}, 'events');

$node->stop;
done_testing();
