# A plain role gives two statements to pg_cron: the nightly training, and the scores. (Both every minute here.)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('cron');
plan skip_all => 'pg_cron is not installed (postgresql-15-cron on Debian)'
	unless -e $node->config_data('--sharedir') . '/extension/pg_cron.control';
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_cron;
CREATE EXTENSION usercls;
CREATE ROLE analyst LOGIN;
GRANT USAGE ON SCHEMA cron TO analyst;
CREATE SCHEMA work AUTHORIZATION analyst;
SQL
my @analyst = (extra_params => [ '-U', 'analyst' ]);
$node->safe_psql('postgres', <<'SQL', @analyst);
CREATE TABLE work.behaviour AS
SELECT u::bigint AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 300) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('churn', 'work.behaviour', trend_of => 'spend', features => '{spend}', as_of => '2026-03-26',
	horizon_periods => 0, hyperparams => '{"max_epochs": 3, "hidden_size": 4}');
SELECT cron.schedule('retrain churn', '* * * * *', $$CALL usercls.retrain('churn', as_of => '2026-03-26', promote => 'always')$$);
SELECT cron.schedule('score churn', '* * * * *', $$CALL usercls.refresh_scores('churn', 'work.churn_scores', as_of => '2026-03-26')$$);
SQL

# Its clock has minutes.
ok($node->poll_query_until('postgres', q{SELECT count(DISTINCT jobid) = 2 FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')}),
	'both jobs ran');
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT status, ',') FROM cron.job_run_details WHERE status <> 'running'}), 'succeeded', 'and succeeded')
	or diag $node->safe_psql('postgres', q{SELECT command, return_message FROM cron.job_run_details});
cmp_ok($node->safe_psql('postgres', q{SELECT promoted_version FROM usercls.models WHERE model = 'churn'}, @analyst), '>=', 2,
	'a new version answers');
is($node->safe_psql('postgres', q{SELECT count(*) FROM work.churn_scores}, @analyst), '300', 'every user has a score');
is($node->safe_psql('postgres', q{SELECT DISTINCT role FROM usercls.training_runs}), 'analyst', 'all by the role that scheduled it');
$node->safe_psql('postgres', q{SELECT cron.unschedule(jobname) FROM cron.job}, @analyst);
$node->stop;

done_testing();
