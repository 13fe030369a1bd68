# The backup of one model, by the commands of docs/operations.md: the file has the very bytes of export_model(), the safetensors
# library reads it (PYTHON names a Python that has it), and what is restored scores alike.
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $documentation = slurp_file(dirname(__FILE__) . '/../../docs/operations.md');
my $python = $ENV{PYTHON} // 'python3';

# The commands behind a mark such as <!-- backup -->.
sub documented
{
	my ($mark) = @_;
	my ($commands) = $documentation =~ /<!-- $mark -->\n```sh\n(.*?)```/s;
	die "docs/operations.md has no commands <!-- $mark -->" unless $commands;
	return $commands;
}

my $node = PostgreSQL::Test::Cluster->new('backup');
$node->init;
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION usercls;
CREATE TABLE behaviour AS
SELECT u::bigint AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + 20 + sin(u * w) AS spend
FROM generate_series(1, 200) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend}', as_of => '2026-03-26',
	horizon_periods => 0, hyperparams => '{"max_epochs": 3, "hidden_size": 24}', promote => 'always');
SQL

# Run commands where the files are made.
my $folder = PostgreSQL::Test::Utils::tempdir();

sub run_documented
{
	my ($mark) = @_;
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'bash', '-euo', 'pipefail', '-c', "cd '$folder'; " . documented($mark) ], '>', \$out, '2>', \$err);
	ok($ok, "the documented $mark runs") or diag("$out\n$err");
	return;
}

my $exported = q{SELECT encode(sha256(usercls.export_model('churn')), 'hex')};
my $classified = q{SELECT md5(string_agg(c::text, ' ' ORDER BY user_id)) FROM usercls.classify_users('churn') c};
my $digest = $node->safe_psql('postgres', $exported);
my $before = $node->safe_psql('postgres', $classified);

run_documented('backup');
open my $file, '<:raw', "$folder/churn.safetensors" or die $!;
my $bytes = do { local $/ = undef; <$file> };
close $file;
is(sha256_hex($bytes), $digest, 'the file has the bytes of export_model()');
my ($header) = unpack 'Q<', $bytes;
like(substr($bytes, 8, $header), qr/^\{"__metadata__":\{.*\}\s*$/, 'and begins as a safetensors file does');
is( $node->safe_psql('postgres', q{SELECT 8 + sum(elements) * 4 FROM usercls.model_tensors('churn')}) + $header,
	length $bytes, 'of the tensors and nothing else');

$node->safe_psql('postgres', q{SELECT usercls.drop_model('churn')});
run_documented('restore');
is($node->safe_psql('postgres', $exported), $digest, 'what is restored is the same file');
is($node->safe_psql('postgres', $classified), $before, 'and its users are classified alike, by its spec');
$node->safe_psql('postgres', q{CALL usercls.retrain('churn', promote => 'never')});
is($node->safe_psql('postgres', q{SELECT max(version) FROM usercls.versions WHERE model = 'churn'}), '2', 'and it can be trained again');

# The library reads what we wrote, and we read what it writes of that.
SKIP:
{
	skip 'no Python with safetensors and numpy', 3
		unless eval { IPC::Run::run([ $python, '-c', 'import numpy, safetensors.numpy' ], '>', \my $ignored, '2>', \my $reason) };
	my ($out, $err) = ('', '');
	ok( IPC::Run::run([ $python, '-', $folder ], '<', \<<'PYTHON', '>', \$out, '2>', \$err), 'safetensors reads the file') or diag($err);
import sys
from safetensors import safe_open
from safetensors.numpy import save_file

folder = sys.argv[1]
with safe_open(folder + "/churn.safetensors", framework="numpy") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    metadata = file.metadata()
save_file(tensors, folder + "/again.safetensors", metadata=metadata)
for name in sorted(tensors):
    print(name, "x".join(map(str, tensors[name].shape)), "%.5f" % tensors[name].astype("float64").mean(), sep="|")
PYTHON
	# Means at zero have either sign.
	$out =~ s/-0\.00000$/0.00000/mg;
	is($out, $node->safe_psql('postgres', q{SELECT tensor || '|' || array_to_string(shape, 'x') || '|' || (mean::numeric(20, 5) + 0) FROM usercls.model_tensors('churn', 1) ORDER BY tensor COLLATE "C"}) . "\n",
		'and finds the tensors with their shapes and numbers');
	open my $again, '<:raw', "$folder/again.safetensors" or die $!;
	my $hex = unpack 'H*', do { local $/ = undef; <$again> };
	close $again;
	$node->safe_psql('postgres', "SELECT usercls.import_model('again', decode('$hex', 'hex'), promote => 'always', spec => (SELECT spec FROM usercls.versions WHERE model = 'churn' AND version = 1))");
	is( $node->safe_psql('postgres', q{SELECT count(*) FROM usercls.sequences('churn') s, LATERAL usercls.predict('churn', seq) a, LATERAL usercls.predict('again', seq) b WHERE a.probabilities = b.probabilities}),
		'200', 'what it writes scores to the bit as the original');
}

done_testing();
