# Everything at once: many sessions score, import, promote, roll back, prune, grant, retrain, refresh and look, for
# USERCLS_STRESS_SECONDS (10). No error, and no statement sees two versions or a version with another one's weights.
use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{USERCLS_STRESS_SECONDS} // 10;
my $tiny_model = slurp_file(dirname(__FILE__) . '/../tiny_model.sql');

my $node = PostgreSQL::Test::Cluster->new('stress');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 60\nmax_parallel_workers = 4\nfsync = off\nlog_statement = none\nrestart_after_crash = on");
$node->start;
$tiny_model =~ s/pg_temp\./public./g;
$node->safe_psql('postgres', "CREATE EXTENSION usercls; $tiny_model");
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE scorer LOGIN;
-- The bias, and with it the probability, that version v was made with; comments tell which.
CREATE FUNCTION bias_of(comment text) RETURNS float8 LANGUAGE sql RETURN comment::float8;
CREATE TABLE import AS SELECT b / 4.0 AS bias, public.tiny_model((b / 4.0)::float4) AS weights FROM generate_series(-8, 8) b;
SELECT usercls.import_model('churn', weights, promote => 'always', comment => bias::text) FROM import ORDER BY bias;
SELECT usercls.grant_model('churn', 'scorer', 'score');
CREATE TABLE wide AS SELECT g AS id, ARRAY[[g, 1], [2, g]]::float8[] AS seq FROM generate_series(1, 20000) g;
ALTER TABLE wide SET (parallel_workers = 2);
ANALYZE wide;
GRANT SELECT ON wide TO scorer;
CREATE TABLE behaviour AS
SELECT u::bigint AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 300) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('live', 'behaviour', trend_of => 'spend', features => '{spend}', as_of => '2026-03-26',
	horizon_periods => 0, hyperparams => '{"max_epochs": 3, "hidden_size": 4}');
-- An error unless every row was scored by one version, and by that version's weights.
CREATE FUNCTION check_torn(versions bigint, lowest float8, highest float8, bias float8) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	IF versions <> 1 OR highest - lowest > 0 OR abs(highest - 1 / (1 + exp(-bias))) > 1e-6 THEN
		RAISE EXCEPTION 'torn read: % versions, probabilities % to %, bias %', versions, lowest, highest, bias;
	END IF;
	RETURN true;
END $$;
SQL

my %script = (
	# The version's comment comes from the same snapshot: its bias says what the probability must be.
	'score@8' => <<'SQL',
\set n random(1, 200)
SELECT check_torn(count(DISTINCT p.version), min(s.score), max(s.score), min(v.comment::float8))
FROM (SELECT * FROM wide WHERE id <= :n) w
CROSS JOIN LATERAL usercls.predict('churn', w.seq) p
CROSS JOIN LATERAL usercls.score('churn', w.seq, 'high_risk') AS s(score)
JOIN usercls.versions v ON v.model = 'churn' AND v.version = p.version;
SQL
	'parallel@1' => <<'SQL',
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT check_torn(count(DISTINCT p.version), min(p.probabilities[1]), max(p.probabilities[1]),
	(SELECT v.comment::float8 FROM usercls.versions v WHERE v.model = 'churn' AND v.version = max(p.version)))
FROM wide w CROSS JOIN LATERAL usercls.predict('churn', w.seq) p;
SQL
	'transaction@2' => <<'SQL',
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT version AS first FROM usercls.predict('churn', ARRAY[[1, 2]]) \gset
SELECT 1 / (version = :first)::int FROM usercls.predict('churn', ARRAY[[1, 2]]);
SELECT 1 / (promoted_version = :first)::int FROM usercls.models WHERE model = 'churn';
COMMIT;
SQL
	'import@2' => <<'SQL',
\set b random(-8, 8)
SELECT usercls.import_model('churn', weights, promote => 'always', comment => bias::text) FROM import WHERE bias = :b / 4.0;
SQL
	# Whoever promotes what was pruned meanwhile, or has nothing to return to, is told so: that is no failure.
	'deploy@3' => <<'SQL',
DO $$ BEGIN
	PERFORM usercls.promote('churn', version) FROM (SELECT version FROM usercls.versions ORDER BY random() LIMIT 1) v;
EXCEPTION WHEN undefined_object THEN NULL; END $$;
DO $$ BEGIN
	PERFORM usercls.rollback('churn');
EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END $$;
SQL
	'prune@1' => <<'SQL',
SELECT usercls.prune_versions('churn', 5);
SELECT usercls.grant_model('churn', 'public', 'score');
SELECT usercls.revoke_model('churn', 'public');
SELECT count(*) FROM usercls.deployments;
SQL
	# One client retrains, one refreshes scores, the others score what these two make.
	'live@4' => <<'SQL',
\if :client_id = 0
CALL usercls.retrain('live', as_of => '2026-03-26', promote => 'always', keep_versions => 3);
\elif :client_id = 1
CALL usercls.refresh_scores('live', 'live_scores');
\else
SELECT 1 / (count(DISTINCT p.version) = 1 AND count(DISTINCT p.probabilities) = 1)::int
FROM generate_series(1, 50) CROSS JOIN LATERAL usercls.predict('live', ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) p;
\endif
SQL
	'come_and_go@1' => <<'SQL',
SET client_min_messages = warning;
\set name random(1, 3)
SELECT usercls.drop_model('m' || :name, true);
DO $$ BEGIN
	PERFORM usercls.import_model('m' || 1, weights) FROM import LIMIT 1;
EXCEPTION WHEN undefined_object THEN NULL; END $$;
SQL
);

my @arguments;
my $folder = $node->basedir;
foreach my $name (sort keys %script)
{
	my ($file, $weight) = $name =~ /^(\w+)@(\d+)$/;
	append_to_file("$folder/$file.sql", $script{$name});
	push @arguments, '-f', "$folder/$file.sql\@$weight";
}
my ($out, $errors) = run_command([ 'pgbench', '-h', $node->host, '-p', $node->port, '-U', 'postgres', '-n', '-c', 12, '-j', 2,
		'-T', $seconds, '--failures-detailed', '--max-tries=1', @arguments, 'postgres' ]);
like($out, qr/number of transactions actually processed: [1-9]/, 'transactions ran');
note $out;
unlike($errors, qr/error|aborted/, 'without an error');
my $log = slurp_file($node->logfile);
unlike($log, qr/torn read/, 'no torn read');
unlike($log, qr/PANIC|TRAP|terminated by signal/, 'and no crash');
is(() = $log =~ /ERROR:/g, 0, 'the log has no error');

# The history agrees with itself.
is($node->safe_psql('postgres', q{SELECT count(*) FROM usercls.models m JOIN usercls.versions v USING (model)
	WHERE m.model = 'churn' AND v.promoted AND v.version = m.promoted_version}), '1', 'one version answers');
is($node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE current), bool_and(version > 0) FROM usercls.deployments WHERE model = 'churn'}),
	'1|t', 'by one deployment');
is($node->safe_psql('postgres', q{SELECT count(*) = count(DISTINCT version) AND max(version) <= (SELECT newest_version FROM usercls.models WHERE model = 'churn')
	FROM usercls.versions WHERE model = 'churn'}), 't', 'no number was given twice');
is($node->safe_psql('postgres', q{SELECT count(*) FROM usercls.model_version v WHERE NOT EXISTS (SELECT FROM usercls.model m WHERE m.model_id = v.model_id)}),
	'0', 'no version without its model');
is($node->safe_psql('postgres', q{SELECT newest_version > 1, promoted_version = newest_version FROM usercls.models WHERE model = 'live'}),
	't|t', 'retrain made versions meanwhile');
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT version) FROM live_scores}), '300|1', 'and refresh_scores kept one row a user');
$node->stop;

done_testing();
