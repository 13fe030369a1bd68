# The models of the quick start and of the demo set off none of the runbook's alerts; a model that is worse than counting does.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = abs_path(dirname(__FILE__) . '/../..');

sub text
{
	my ($file) = @_;
	open my $in, '<', "$top/$file" or die "$file: $!";
	local $/;
	return scalar <$in>;
}

# The statements of the section "Alert", by the words of the comment above each.
my %alert = text('docs/operations.md') =~ /^-- (no version came|the model is not better|a feature is not)[^\n]*\n(.*?;)\n/gsm;
is(scalar keys %alert, 3, 'the runbook has the alerts');

my $node = PostgreSQL::Test::Cluster->new('alerts');
$node->init;
$node->start;

# Sets off: the answers of an alert in a database, drift() asked of that model and table.
sub sets_off
{
	my ($database, $which, $model, $table) = @_;
	my $sql = $alert{$which};
	$sql =~ s/usercls\.drift\('churn', 'behaviour_today'\)/usercls.drift('$model'$table)/ or $which !~ /feature/ or die;
	return $node->safe_psql($database, $sql);
}

# The quick start: the statements of the README up to its training.
my ($quick_start) = text('README.md') =~ /^## Quick start\n(.*?)^## /ms;
my @statements = $quick_start =~ /```sql\n(.*?)```/gs;
$node->safe_psql('postgres', join "\n", @statements);
is(sets_off('postgres', $_, 'churn', ''), '', "quick start: $_") for sort keys %alert;

# The demo, as `make demo` runs it.
$node->safe_psql('postgres', 'CREATE DATABASE demo');
chdir $top or die;
command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('demo'), map { ('-f', $_) } sort glob 'demo/*.sql' ], 'the demo');
is(sets_off('demo', $_, 'retail', ", 'demo.history_to_learn'"), '', "demo, sequence model: $_") for sort keys %alert;
is(sets_off('demo', 'a feature is not', 'insurance', ", 'demo.experiment'"), '', 'demo, uplift model: a feature is not');

# A model that knows nothing, promoted all the same.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE coin AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (hashint8(u * 100 + w) & 255)::float8 AS x,
	CASE WHEN hashint8(u) & 15 = 0 THEN 'rare' ELSE 'usual' END AS kind
FROM generate_series(1, 300) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('coin', 'coin', label_column => 'kind', features => '{x}', class_weights => '"resample"',
	hyperparams => '{"max_epochs": 30, "patience": 0, "learning_rate": 0.05, "baseline": false}', promote => 'always');
SQL
my ($value, $baseline) = split /\|/,
	$node->safe_psql('postgres', q{SELECT value, baseline FROM usercls.models WHERE model = 'coin'});
is(sets_off('postgres', 'the model is not better') =~ /^coin\|/m ? 1 : 0, $value >= $baseline ? 1 : 0,
	"a model at $value is set off beside a rule at $baseline when it is no better");

done_testing();
