# See test/citus/run. usage: doors.pl SOCKET-FOLDER-OF-COORDINATOR OF-WORKER OF-WORKER -- [DOOR...]
#
#   foreach kind of table: a database with the same rows, and the models that are trained there
#   foreach door, foreach kind: run its SQL; compare with the answer of one server; ask EXPLAIN where its function runs
use strict;
use warnings;

use File::Temp qw(tempfile);

my @node;
push @node, shift while @ARGV && $ARGV[0] ne '--';
shift;
my @only = @ARGV;
my $port = $ENV{PGPORT};

# Numbers of two answers are equal up to this, where a door says nothing else: scores are computed in type real.
my $near = 1e-5;

# answer(KIND or NODE and DATABASE, SQL): rows as lines, or the error
sub answer
{
	my ($host, $database, $sql) = @_;
	my ($out, $name) = tempfile(UNLINK => 1);
	print $out "SET client_min_messages = error; SET search_path = public, usercls;\n$sql\n";
	close $out;
	my $text = `psql -XAtq -v ON_ERROR_STOP=1 -h '$host' -p $port -d $database -f '$name' 2>&1`;
	return (1, $text) if $? == 0;
	my ($error) = $text =~ /ERROR:  (.*)/;
	return (0, $error // $text);
}

sub must
{
	my ($good, $text) = answer(@_);
	die "$text\n$_[2]\n" unless $good;
	return $text;
}

# ---- Tables --------------------------------------------------------------

my %rows = (
	events => q{SELECT u, timestamptz '2025-12-29 12:00Z' + w * interval '7 days', (300 + (u % 3 - 1) * 4 * w + (hashint8(u * 1000 + w) & 31))::float8,
		(hashint8(u * 1000 + w + 500) & 7)::float8, (u % 7)::int, timestamptz '2026-05-01' FROM generate_series(1::bigint, 2000) u, generate_series(0, 15) w},
	people => q{SELECT u, (hashint8(u * 100 + 1) & 15)::float8, 20 + (hashint8(u * 100 + 2) & 31)::float8, CASE WHEN u % 10 > 0 THEN hashint8(u * 100 + 3) & 1 END,
		CASE WHEN u % 10 > 0 THEN ((hashint8(u * 100 + 4) & 1023) / 1024.0 < 0.1 + 0.5 * (hashint8(u * 100 + 3) & 1) * ((hashint8(u * 100 + 1) & 15) > 8)::int)::int END,
		(u % 7)::int FROM generate_series(1::bigint, 2000) u},
	edges => q{SELECT u, 1 + (hashint8(u * 100 + 10 + f) & 2047) FROM generate_series(1::bigint, 2000) u, generate_series(1, 4) f},
	series => q{SELECT u, ARRAY(SELECT ARRAY[(300 + (u % 3 - 1) * 4 * w + (hashint8(u * 1000 + w) & 31))::float8, (hashint8(u * 1000 + w + 500) & 7)::float8]
		FROM generate_series(4, 15) w ORDER BY w) FROM generate_series(1::bigint, 2000) u},
	scored => q{SELECT u, (u % 7)::int, CASE WHEN u % 17 > 0 THEN round((hashint8(u) & 1023) / 1024.0, 2)::float8 END, (hashint8(u * 3) & 1) = 1, (hashint8(u * 5) & 7) < 3
		FROM generate_series(1::bigint, 2000) u});
my %columns = (
	events => 'user_id bigint, ts timestamptz, spend float8, logins float8, region int, loaded timestamptz',
	people => 'user_id bigint, visits float8, age float8, treated int, outcome int, region int',
	edges => 'src bigint, dst bigint',
	series => 'user_id bigint, seq float8[]',
	scored => 'user_id bigint, region int, score float8, treated boolean, outcome boolean');
my %key = (events => 'user_id', people => 'user_id', edges => 'src', series => 'user_id', scored => 'region');
my @tables = sort keys %rows;
my $scores = 'user_id bigint PRIMARY KEY, label text, probability float8, version int NOT NULL, scored_at timestamptz NOT NULL';
my $uplifts = 'user_id bigint PRIMARY KEY, segment text, uplift float8, p_first float8, p_second float8, version int NOT NULL, scored_at timestamptz NOT NULL';

my $indexes = 'CREATE INDEX ON events (user_id, ts); CREATE INDEX ON people (user_id); CREATE INDEX ON edges (src, dst); CREATE INDEX ON edges (dst, src)';

# A partitioned table of these columns; partition(i) is SQL.
sub partitioned
{
	my ($table, $columns, $key, $parts, $partition) = @_;
	return join ' ', "CREATE TABLE $table ($columns) PARTITION BY HASH ($key);", map {
		sprintf '%s PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d) %s;', $partition->($_)->[0], $table, $parts, $_, $partition->($_)->[1]
	} 0 .. $parts - 1;
}

sub local_parts
{
	my ($table, $columns, $key) = @_;
	return partitioned($table, $columns, $key, 3, sub { ["CREATE TABLE ${table}_$_[0]", ''] });
}

sub foreign_parts
{
	my ($table, $columns, $key) = @_;
	(my $plain = $columns) =~ s/ PRIMARY KEY//;
	return partitioned($table, $plain, $key, 2, sub { ["CREATE FOREIGN TABLE ${table}_$_[0]", "SERVER shard$_[0] OPTIONS (table_name '$table')"] });
}

sub plain { my ($table, $columns) = @_; return "CREATE TABLE $table ($columns);" }

sub distributed
{
	my ($table, $columns, $key) = @_;
	my $with = $table eq 'events' ? '' : ", colocate_with => 'events'";
	$key = 'user_id' if $table eq 'scored';
	return plain($table, $columns) . "SELECT create_distributed_table('$table', '$key'$with);";
}

my @kind = (
	{name => 'one server', host => $node[0], db => 'one', make => \&plain},
	{name => 'partitions', host => $node[0], db => 'parts', make => \&local_parts, set => 'SET enable_partitionwise_aggregate = on;'},
	{name => 'foreign partitions', host => $node[0], db => 'remote', make => \&foreign_parts, set => 'SET enable_partitionwise_aggregate = on;'},
	{name => 'Citus', host => $node[0], db => 'app', make => \&distributed});

sub make_databases
{
	must($node[0], 'postgres', "CREATE DATABASE $_") for qw(one parts remote);
	must($node[0], $_, 'CREATE EXTENSION usercls') for qw(one parts remote);
	must($node[0], 'remote', 'CREATE EXTENSION postgres_fdw');
	for my $i (1, 2)
	{
		must($node[$i], 'postgres', 'CREATE DATABASE shard');
		must($node[$i], 'shard', join ';', 'CREATE EXTENSION usercls', (map { "CREATE TABLE $_ ($columns{$_})" } @tables),
			"CREATE TABLE own_scores ($scores); CREATE TABLE own_uplifts ($uplifts); CREATE TABLE weights (seq bytea, up bytea)", $indexes);
		my $shard = $i - 1;
		must($node[0], 'remote', "CREATE SERVER shard$shard FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$node[$i]', port '$port', dbname 'shard', extensions 'usercls');
			CREATE USER MAPPING FOR PUBLIC SERVER shard$shard OPTIONS (user 'postgres', password_required 'false')");
	}
	for my $host (@node) { must($host, 'postgres', 'CREATE DATABASE app'); must($host, 'app', 'CREATE EXTENSION citus') }
	must($node[0], 'app', "SELECT citus_set_coordinator_host('$node[0]', $port); SELECT citus_add_node('$node[1]', $port); SELECT citus_add_node('$node[2]', $port);
		CREATE EXTENSION usercls");
}

# Models by name work on the workers when their registry is a copy of the coordinator's.
sub copy_registry
{
	my $off = 'SET citus.enable_ddl_propagation = off;';
	must($node[0], 'app', "$off CREATE PUBLICATION models FOR TABLE usercls.model, usercls.model_version, usercls.deployment, usercls.model_acl");
	for my $i (1, 2)
	{
		must($node[$i], 'app', "$off CREATE SUBSCRIPTION models$i CONNECTION 'host=$node[0] port=$port dbname=app user=postgres' PUBLICATION models");
	}
}

sub wait_for_copies
{
	my $sql = "SELECT count(*) FROM pg_stat_replication WHERE application_name LIKE 'models%' AND replay_lsn < pg_current_wal_lsn()";
	for (1 .. 100)
	{
		my $late = must($node[0], 'app', $sql);
		my $tables = must($node[1], 'app', "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'") + must($node[2], 'app', "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'");
		return if $late == 0 && $tables == 0;
		select undef, undef, undef, 0.1;
	}
	die "the workers' copies of the registry do not follow\n";
}

sub make_tables
{
	my ($kind) = @_;
	my $make = $kind->{make};
	my $sql = join "\n", map { $make->($_, $columns{$_}, $key{$_}) . "INSERT INTO $_ $rows{$_};" } ('events', grep { $_ ne 'events' } @tables);
	$sql .= $make->('own_scores', $scores, 'user_id') . $make->('own_uplifts', $uplifts, 'user_id');
	$sql .= "$indexes;" unless $kind->{name} =~ /foreign/;
	must($kind->{host}, $kind->{db}, $sql);
	must($kind->{host}, $kind->{db}, 'ANALYZE ' . join(', ', @tables));
	must($kind->{host}, $kind->{db}, join ';', map { "ANALYZE ${_}_0, ${_}_1" } @tables) if $kind->{name} =~ /foreign/;
	must($kind->{host}, $kind->{db}, 'CREATE TABLE weights (seq bytea, up bytea)' . ($kind->{db} eq 'app' ? "; SELECT create_reference_table('weights')" : ''));
}

# ---- Doors ---------------------------------------------------------------

my $window = "interval '7 days', timestamptz '2025-12-29', timestamptz '2026-04-20'";
my $weights = '(SELECT seq FROM weights)';
my $small = q{"hidden_size": 8, "max_epochs": 4};
my @metrics = ((map { "$_(score, outcome)" } qw(auc average_precision log_loss brier expected_calibration_error)),
	(map { "$_(score, outcome, 0.4::float8)" } qw(f1 precision_at recall_at)),
	'qini(score, treated, outcome)', 'auuc(score, treated, outcome)', 'uplift_at(score, treated, outcome, 0.3::float8)');
my $metrics = join ', ', @metrics;

# name; SQL, of which the last statement answers; in_rows: functions that are to run where the rows are; near
my @doors = (
	{name => 'trend_agg, label by user', sql => "SELECT user_id, label(trend_agg(ts, spend, $window)) FROM events GROUP BY user_id", in_rows => 'trend_agg'},
	{name => 'trend_agg by another column', sql => "SELECT region, label(trend_agg(ts, spend, $window)), z_score(trend_agg(ts, spend, $window)) FROM events GROUP BY region", in_rows => 'trend_agg'},
	{name => 'sequence_agg by user', sql => "SELECT user_id, sequence_agg(ts, ARRAY[spend, logins], $window) FROM events GROUP BY user_id", in_rows => 'sequence_agg'},
	{name => 'trend_users', sql => "SELECT user_id, label(trend) FROM trend_users('events', 'user_id', 'ts', 'spend', $window)"},
	{name => 'label_summary', sql => "SELECT * FROM label_summary('events', 'spend')"},
	{name => 'metrics by a column', sql => "SELECT region, $metrics FROM scored GROUP BY region", in_rows => 'auc', near => 1e-12},
	{name => 'metrics of all rows', sql => "SELECT $metrics FROM scored", in_rows => 'auc', near => 1e-12},
	{name => 'train_sequence', sql => "SELECT rows_train, rows_held_out, metric, value FROM train_sequence('seq', 'events', trend_of => 'spend', features => '{spend,logins}', horizon_periods => 0, promote => 'always',
		hyperparams => '{$small}'); SELECT sha256(export_model('seq'))", near => 0},
	{name => 'train_uplift', sql => "SELECT rows_train, rows_held_out, metric, value FROM train_uplift('up', 'people', 'edges', features => '{visits,age}', promote => 'always', hyperparams => '{$small}');
		SELECT sha256(export_model('up'))", near => 0, after => 1},
	{name => 'retrain', sql => "CALL retrain('seq', promote => 'always'); SELECT sha256(export_model('seq'))", near => 0},
	{name => 'sequences', sql => "SELECT * FROM sequences('seq')"},
	{name => 'classify_users', sql => "SELECT * FROM classify_users('seq')"},
	{name => 'classify_sequences', sql => "SELECT * FROM classify_sequences('seq', 'series')"},
	{name => 'predict by name', sql => "SELECT user_id, predict('seq', seq) FROM series", in_rows => 'predict'},
	{name => 'predict by value', sql => "SELECT user_id, predict(w.seq, s.seq) FROM series s CROSS JOIN weights w", in_rows => 'predict'},
	{name => 'score by name', sql => "SELECT user_id, score('seq', seq, 'high_risk') FROM series", in_rows => 'score'},
	{name => 'score by value', sql => "SELECT user_id, score(w.seq, s.seq, 'high_risk') FROM series s CROSS JOIN weights w", in_rows => 'score'},
	{name => 'score by value, class by number', sql => "SELECT user_id FROM series WHERE score($weights, seq, 1) > 0.4", in_rows => 'score'},
	{name => 'mean score by value', sql => "SELECT user_id, avg(score($weights, seq, 1)) FROM series GROUP BY user_id", in_rows => 'score'},
	{name => 'explain', sql => "SELECT e.* FROM explain('seq', ARRAY(SELECT ARRAY[300 + i, 3] FROM generate_series(1, 12) i)) e"},
	{name => 'explain_user', sql => "SELECT feature, contribution FROM explain_user('seq', 7::bigint)"},
	{name => 'evaluate', sql => "SELECT metric, value, n FROM evaluate('seq', replicates => 20)"},
	{name => 'evaluate, another table', sql => "SELECT metric, value, n FROM evaluate('seq', 'events', replicates => 20)"},
	{name => 'confusion_matrix', sql => "SELECT * FROM confusion_matrix('seq')"},
	{name => 'calibration', sql => "SELECT * FROM calibration('seq')"},
	{name => 'predictions', sql => "SELECT * FROM predictions('seq')"},
	{name => 'drift', sql => "SELECT * FROM drift('seq', 'events')"},
	{name => 'refresh_scores', sql => "CALL refresh_scores('seq', 'local_scores', class => 'high_risk', threshold => 0.4); SELECT user_id, label, probability, score, rank, marked FROM local_scores"},
	{name => 'refresh_scores into such a table', sql => "CALL refresh_scores('seq', 'own_scores', class => 'high_risk', threshold => 0.4); CALL refresh_scores('seq', 'own_scores', class => 'high_risk', threshold => 0.5);
		SELECT user_id, label, probability, score, rank, marked FROM own_scores"},
	{name => 'refresh_scores, only what changed', sql => "INSERT INTO events SELECT 7, '2026-03-01'::timestamptz + i * interval '1 day', 900, 1, 0, '2026-05-03' FROM generate_series(1, 9) i;
		CALL refresh_scores('seq', 'local_scores', class => 'high_risk', threshold => 0.4, changed_since => '2026-05-02', changed_column => 'loaded');
		SELECT user_id, label, probability, score, rank, marked FROM local_scores"},
	{name => 'the same into such a table', sql => "CALL refresh_scores('seq', 'own_scores', class => 'high_risk', threshold => 0.5, changed_since => '2026-05-02', changed_column => 'loaded');
		SELECT user_id, label, probability, score, rank, marked FROM own_scores"},
	{name => 'target_users', sql => "SELECT * FROM target_users('up')"},
	{name => 'uplift of a user', sql => join(';', map { "SELECT uplift('up', $_\::bigint)" } 1, 7, 300, 1999)},
	{name => 'uplift of the rows of a query', sql => "SELECT user_id, uplift('up', user_id) FROM people WHERE user_id <= 50"},
	{name => 'the same by target_users', sql => "SELECT p.user_id, t.uplift, t.segment FROM people p JOIN target_users('up') t ON t.user_id = p.user_id WHERE p.user_id <= 50"},
	{name => 'evaluate, uplift', sql => "SELECT metric, value, n FROM evaluate('up', replicates => 20)"},
	{name => 'uplift_by_decile', sql => "SELECT * FROM uplift_by_decile('up')"},
	{name => 'qini_curve', sql => "SELECT * FROM qini_curve('up')"},
	{name => 'refresh_scores, uplift', sql => "CALL refresh_scores('up', 'local_uplifts', threshold => 0); SELECT user_id, segment, uplift, rank, marked FROM local_uplifts"},
	{name => 'the same into such a table', sql => "CALL refresh_scores('up', 'own_uplifts', threshold => 0); CALL refresh_scores('up', 'own_uplifts', threshold => 0.1);
		SELECT user_id, segment, uplift, rank, marked FROM own_uplifts"},
	{name => 'gnn_input by value', sql => "SELECT user_id, gnn_input(w.up, ARRAY[visits, age]) FROM people CROSS JOIN weights w", in_rows => 'gnn_input'},
);

# The network as SQL on a cluster, by the statements of docs/scale-out.md; on one server target_users() says the same.
sub graph_of_manual
{
	open my $manual, '<', 'docs/scale-out.md' or die;
	local $/ = undef;
	my ($sql) = <$manual> =~ /<!-- graph -->\n```sql\n(.*?)```/s;
	return $sql;
}

push @doors, {name => 'the network as SQL', sql => q{SELECT user_id, uplift FROM target_users('up')},
	citus => graph_of_manual() . 'SELECT user_id, (usercls.gnn_heads(weights, h)).uplift FROM h2 CROSS JOIN net', in_rows => 'attend',
	plan => 'SELECT me.user_id, usercls.attend(weights, 0, me.h, m.h, m.weight) FROM h0 AS me CROSS JOIN net LEFT JOIN message AS m ON m.self = me.user_id GROUP BY me.user_id, me.h, weights'};

# Where the function runs, by EXPLAIN.
sub runs_where_rows_are
{
	my ($kind, $door) = @_;
	my ($good, $plan) = answer($kind->{host}, $kind->{db}, ($kind->{set} // '') . "EXPLAIN (VERBOSE, COSTS OFF) " . ($door->{plan} // $door->{sql}));
	return 0 unless $good;
	my $name = $door->{in_rows};
	return $plan =~ /Remote SQL: .*\b$name\(/ if $kind->{name} =~ /foreign/;
	return $plan =~ /-> +Task\n.*\b$name\b/s if $kind->{name} eq 'Citus';
	return 0;
}

# The largest difference of two answers, as of numbers; undef: they are other texts
sub difference
{
	my ($one, $other) = @_;
	# Rows of nulls are those of the engine's own functions.
	my @a = sort grep { /[^|]/ } split /\n/, $one;
	my @b = sort grep { /[^|]/ } split /\n/, $other;
	my $most = 0;
	# Lines are matched by their texts alone, so that the last digits of a number do not order them.
	return undef unless @a == @b;
	for my $i (0 .. $#a)
	{
		my @x = split /[|,(){}:" ]/, $a[$i], -1;
		my @y = split /[|,(){}:" ]/, $b[$i], -1;
		return undef unless @x == @y;
		for my $j (0 .. $#x)
		{
			next if $x[$j] eq $y[$j];
			return undef unless $x[$j] =~ /^-?[\d.]+(e-?\d+)?$/ && $y[$j] =~ /^-?[\d.]+(e-?\d+)?$/;
			my $difference = abs($x[$j] - $y[$j]) / (abs($x[$j]) > 1 ? abs($x[$j]) : 1);
			$most = $difference if $difference > $most;
		}
	}
	return $most;
}

my $wrong = 0;
my @errors;

sub cell
{
	my ($kind, $door, $one) = @_;
	my $sql = $kind->{name} eq 'Citus' ? $door->{citus} // $door->{sql} : $door->{sql};
	my ($good, $text) = answer($kind->{host}, $kind->{db}, ($kind->{set} // '') . "$sql;");
	$$one = $text if $kind->{name} eq 'one server';
	if (!$good)
	{
		push @errors, "$door->{name}, $kind->{name}: $text" unless grep { /\Q$text\E$/ } @errors;
		return "error: $text";
	}
	return 'here' if $kind->{name} eq 'one server';
	my $difference = difference($$one, $text);
	if (!defined $difference || $difference > ($door->{near} // $near))
	{
		$wrong++;
		for my $answer (['one', $$one], [$kind->{db}, $text])
		{
			next unless $ENV{SHOW};
			open my $file, '>', "$ENV{SHOW}.$answer->[0]" or die;
			print $file $answer->[1];
		}
		return defined $difference ? sprintf('WRONG by %.1e', $difference) : 'WRONG';
	}
	my $equal = $difference == 0 ? 'equal' : sprintf 'equal to %.0e', $difference;
	return $door->{in_rows} && runs_where_rows_are($kind, $door) ? "$equal, pushed down" : $equal;
}

make_databases();
copy_registry();
make_tables($_) for @kind;
$| = 1;
print join(' | ', '| door', map { $_->{name} } @kind), " |\n", '| --- ' x (1 + @kind), "|\n";
for my $door (@doors)
{
	next if @only && $door->{name} !~ /^train/ && !grep { index($door->{name}, $_) == 0 } @only;
	my $one;
	print join(' | ', "| $door->{name}", map { cell($_, $door, \$one) } @kind), " |\n";
	next unless $door->{after};
	must($_->{host}, $_->{db}, "TRUNCATE weights; INSERT INTO weights SELECT export_model('seq'), export_model('up')") for @kind;
	wait_for_copies();
}
# ---- Work ----------------------------------------------------------------

# CPU seconds of a server, of sessions that have ended included.
sub cpu
{
	my ($host) = @_;
	open my $file, '<', "$host/data/postmaster.pid" or die;
	my $server = <$file> + 0;
	my $ticks = 0;
	for my $pid ($server, split ' ', `pgrep -P $server`)
	{
		open my $stat, '<', "/proc/$pid/stat" or next;
		my @field = split ' ', (<$stat> =~ s/.*\) //r);
		$ticks += $field[11] + $field[12] + ($pid == $server ? $field[13] + $field[14] : 0);
	}
	return $ticks / 100;
}

# CPU seconds of all servers for a statement in each of these databases of the coordinator, the least of three: one after the
# other, three times.
sub work
{
	my ($sql, @databases) = @_;
	my %least;
	for my $database ((@databases) x 3)
	{
		my $before = 0;
		$before += cpu($_) for @node;
		must($node[0], $database, $sql);
		my $spent = -$before;
		$spent += cpu($_) for @node;
		$least{$database} = $spent unless defined $least{$database} && $least{$database} < $spent;
	}
	return @least{@databases};
}

my $many = q{SELECT u, timestamptz '2024-12-30 12:00Z' + w * interval '7 days', (300 + (hashint8(u * 1000 + w) & 31))::float8 FROM generate_series(1::bigint, 30000) u, generate_series(0, 51) w};
my $long = "interval '7 days', timestamptz '2024-12-30', timestamptz '2025-12-29'";
my @work = (
	['labels of 30,000 users, 1.56 million rows', "SELECT count(label(t)) FROM (SELECT user_id, trend_agg(ts, spend, $long) AS t FROM many GROUP BY user_id) s"],
	['scores of 30,000 users, 8 units, 12 periods, by value', "SELECT sum(score(w.seq, s.seq, 'high_risk')) FROM many_series s CROSS JOIN weights w"],
	['the same, weights from a subquery', "SELECT sum(score($weights, seq, 'high_risk')) FROM many_series"],
	['the same, by name', "SELECT sum(score('seq', seq, 'high_risk')) FROM many_series"],
	['scores of 300,000 users, 64 units, 52 periods, by value', "SELECT sum(score(w.wide, s.seq, 'high_risk')) FROM wide_series s CROSS JOIN wide_weights w"],
	['the same, weights from a subquery', "SELECT sum(score((SELECT wide FROM wide_weights), seq, 'high_risk')) FROM wide_series"],
	['the same, by name', "SELECT sum(score('wide', seq, 'high_risk')) FROM wide_series"]);

sub measure_work
{
	for my $database (qw(one app))
	{
		my $distribute = $database eq 'app' ? join ';', "SELECT create_reference_table('wide_weights')", map { "SELECT create_distributed_table('$_', 'user_id')" } qw(many many_series wide_series) : '';
		must($node[0], $database, "CREATE TABLE many (user_id bigint, ts timestamptz, spend float8); CREATE TABLE many_series (user_id bigint, seq float8[]);
			CREATE TABLE wide_series (user_id bigint, seq float8[]); CREATE TABLE wide_weights (wide bytea); $distribute;
			INSERT INTO many $many; INSERT INTO many_series SELECT user_id + n, seq FROM series, generate_series(0, 28000, 2000) n;
			INSERT INTO wide_series SELECT u, ARRAY(SELECT ARRAY[(300 + (hashint8(u * 1000 + w) & 31))::float8] FROM generate_series(0, 51) w) FROM generate_series(1::bigint, 300000) u;
			CREATE TABLE wide_source AS SELECT u AS user_id, timestamptz '2024-12-30 12:00Z' + w * interval '7 days' AS ts, (300 + (u % 3 - 1) * 2 * w + (hashint8(u * 1000 + w) & 31))::float8 AS spend
				FROM generate_series(1::bigint, 2000) u, generate_series(0, 51) w;
			SELECT count(*) FROM train_sequence('wide', 'wide_source', trend_of => 'spend', features => '{spend}', window_periods => 52, horizon_periods => 0, promote => 'always',
				hyperparams => '{\"hidden_size\": 64, \"max_epochs\": 1}');
			INSERT INTO wide_weights SELECT export_model('wide')");
		must($node[0], $database, "VACUUM ANALYZE $_") for qw(many many_series wide_series);
	}
	wait_for_copies();
	print "\n| CPU seconds | one server | Citus | overhead |\n| --- | ---: | ---: | ---: |\n";
	for my $work (@work)
	{
		my @cpu = work("SET max_parallel_workers_per_gather = 1; $work->[1]", qw(one app));
		printf "| %s | %.2f | %.2f | %+.0f %% |\n", $work->[0], @cpu, 100 * ($cpu[1] / $cpu[0] - 1);
	}
}

# A layer's messages: their number, their bytes in a table, and CPU to send and to hear them.
sub measure_messages
{
	my $hear = 'INSERT INTO message SELECT self, h, weight FROM near JOIN h0 ON user_id = other';
	my $attend = 'SELECT count(a) FROM (SELECT usercls.attend((SELECT weights FROM net), 0, me.h, m.h, m.weight) AS a FROM h0 AS me JOIN message AS m ON m.self = me.user_id GROUP BY me.user_id, me.h) s';
	must($node[0], 'app', 'TRUNCATE message');
	my ($send) = work("TRUNCATE message; $hear", 'app');
	my ($heard) = work($attend, 'app');
	my ($messages, $bytes, $hidden) = split /\|/, must($node[0], 'app', q{SELECT count(*), avg(pg_column_size(m.*))::int + 4, max(array_length(h, 1)) FROM message m});
	printf "\nMessages of %d numbers: %d, %d bytes each; sent for %.1f us of CPU each, heard for %.1f us.\n", $hidden, $messages, $bytes,
		1e6 * $send / $messages, 1e6 * $heard / $messages;
}

measure_work() if !@only || grep { $_ eq 'work' } @only;
measure_messages() if !@only; # by the tables of the network as SQL
print "\n", `psql -XAt -h '$node[0]' -p $port -d app -c 'SELECT version()' -c 'SELECT citus_version()'`;
exit($wrong > 0);
