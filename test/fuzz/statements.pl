#!/usr/bin/perl
# Print hostile statements for psql: every function, aggregate, operator, cast and view of the extension, as the catalog
# has them, with arguments drawn from lists of what is ordinary, odd, extreme and damaged.
#
# usage: statements.pl SEED COUNT     the PG* variables name a server with usercls; the same seed prints the same
#
#   catalog: kind, name, argument names and types of each door
#   repeat COUNT times: pick a door, draw a value by each argument's name and type, wrap the call in a statement
#
# A new function is fuzzed by being there. NB: scripts/sanitize says what counts as found.
use strict;
use warnings;

my ($seed, $count) = @ARGV;
srand($seed);

sub pick { return $_[rand @_] }
sub often { return rand() < $_[0] }
sub quoted { my $s = shift; $s =~ s/'/''/g; return "'$s'" }

# -- Values ------------------------------------------------------------------

my @numbers = ('0', '1', '-1', '2', '3', '7', '12', '100', '0.5', '1e-300', "'NaN'", "'Infinity'", "'-Infinity'", '1e308', '-1e308', '4.9e-324', '1e15', 'NULL');
my @integers = (0, 1, 1, 2, 2, 3, 4, 12, 100, -1, 65536, 2147483647, -2147483648, 'NULL');
my @tables = qw(fz.behaviour fz.behaviour fz.behaviour fz.users fz.users fz.edges fz.edges fz.empty fz.odd fz.seqs fz.view fz.parts fz.failing
	pg_class fz.behaviour_key fz.empty_score);
my @columns = qw(user_id user_id ts ts spend spend logins label treated outcome src dst weight seq flag word day none_such ctid tableoid);
my @models = qw(fz_seq fz_seq fz_seq fz_forecast fz_up fz_up fz_none fz_new);
my %texts = (
	model => \@models, name => \@models,
	class => [qw(high_risk stable potential x)], right => [qw(score train admin other)],
	architecture => [qw(gru lstm tcn rnn)], users => [qw(all active none)], decision => [qw(largest balanced other)],
	promote => [qw(if_better always never other)], measure => [qw(sum mean count median)],
	time_zone => ['UTC', 'Europe/Berlin', 'Mars/Olympus', '+99'], kind => [qw(sequence uplift other)],
	target => ['fz.scores', 'fz.scores', 'fz.users', 'fz.empty', 'pg_class', 'fz.none.such', 'fz."'], outbox => ['fz.outbox', 'fz.outbox', 'fz.users', 'pg_class'],
	period => ['7 days', '1 day', '1 month', '0', '-1', '5', 'x'], window_start => ['2026-01-05', '2026-03-02 00:00Z', '-infinity', '0', 'x'],
	window_end => ['2026-06-22', '2026-03-30', 'infinity', '100', 'x'],
);
my @texts = ('', 'x', "it''s", 'a' x 300, "\x{c3}\x{a9}", '%s%n', '[]', '{"a":1}', '7 days', 'gru', 'sum');
my @intervals = ('7 days', '7 days', '1 day', '1 month', '3 months', '1 hour', '0', '-1 day', '1 microsecond', '178000000 years', '1 month 1 day', '-178000000 years');
my @times = ('2026-01-05 00:00Z', '2026-03-30 00:00Z', '2026-06-22 00:00Z', '2026-06-22 00:00Z', '2030-01-01', '4000-01-01 BC', '294276-12-31', '-infinity', 'infinity', '2026-03-29 02:30 Europe/Berlin');
my %hyper = (
	max_epochs => [0, 1, 2, -1, 1e9], hidden_size => [1, 4, 8, 0, 100000, 64], num_layers => [1, 2, 9, 0], batch_size => [1, 16, 1024, 0],
	learning_rate => [0.01, 0, -1, 1e30], patience => [0, 1, 1000000], dropout => [0, 0.5, 1, 2], bidirectional => ['true', 'false', 1],
	pooling => ['"last"', '"mean"', '"attention"', '"x"'], normalization => ['"none"', '"batch"', '"layer"'], kernel_size => [2, 3, 99], mask => ['true', 'false'],
	inputs => ['"values"', '"changes"', 1], summary_size => [0, 3, 1000], baseline => ['true', 'false'], heads => [1, 2, 7, 0], layers => [1, 2, 3, 8],
	estimator => ['"heads"', '"sum"', '"x"'], weight_decay => [0, 1e-4, 1e38], clip_norm => [1, 0], unknown => [1],
);
my %json = (
	validation => ['{"method":"user","share":0.2}', '{"method":"time","periods":2}', '{"method":"user","share":1}', '{"method":"none"}', '{"method":"x"}', '{"share":-1}', '[]', '3'],
	class_weights => ['"none"', '"balanced"', '"resample"', '{"stable":2}', '{"stable":-1}', '{"x":1}', '7', '{"stable":1e308}'],
	trend_rule => ['{"measure":"mean"}', '{"significance":0.05}', '{"significance":-1}', '{"potential_at":3,"high_risk_at":-3}', '{"potential_at":-3,"high_risk_at":3}',
		'{"cuts":[-8,-3,3,8]}', '{"cuts":[1]}', '{"cuts":[2147483648]}', '{"cuts":[null]}', '{}'],
);
my @json = ('{}', '[]', 'null', '"x"', '1e400', '{"a":[{"b":null}]}', '[[[[[[[[1]]]]]]]]');

sub object { my %h = @_; return '{' . join(',', map { "\"$_\":$h{$_}" } sort keys %h) . '}' }
sub hyperparams { my %h = (max_epochs => 1); for (1 .. rand 4) { my $k = pick(sort keys %hyper); $h{$k} = pick(@{$hyper{$k}}) } return object(%h) }

# What import_model() and retrain() take for a spec: that of a version, with a key gone or given another value.
sub spec {
	my $stored = "(SELECT max(spec)::jsonb FROM usercls.versions WHERE model = " . quoted(pick(@models)) . ")";
	return $stored if often(0.3);
	my $key = quoted(pick(qw(source users edges features period window_periods horizon_periods as_of validation label_column trend_of trend_rule seed telling user_column)));
	return "$stored - $key" if often(0.4);
	return "jsonb_set($stored, ARRAY[$key], " . quoted(pick('1', '"x"', 'null', '[]', '-7', '"fz.odd"', '"fz.failing"', '{"a":1}')) . ")";
}

sub array {
	my ($type, $n) = (shift, int(pick(0, 1, 2, 3, 4, 12, 12, 12, 13, 200)));
	my $draw = sub { my $v = often(0.7) ? sprintf('%.3g', rand(400) - 20) : pick(@numbers); $v =~ tr/'//d; return $v };
	return "'{}'::$type" if $n == 0;
	my $shape = rand();
	return "'{" . join(',', map { $draw->() } 1 .. $n) . "}'::$type" if $shape < 0.4;
	return "'[-3:" . ($n - 4) . "]={" . join(',', map { $draw->() } 1 .. $n) . "}'::$type" if $shape < 0.45;
	return "array_fill(" . quoted(pick(1, 2, 'NaN', '1e308')) . "::float8, ARRAY[$n, 20000])::$type" if $shape < 0.47;
	return "'{{{1},{2}},{{3},{4}}}'::$type" if $shape < 0.49;
	my $width = pick(1, 2, 2, 2, 3);
	return "'{" . join(',', map { '{' . join(',', map { $draw->() } 1 .. $width) . '}' } 1 .. $n) . "}'::$type";
}

sub integers { return "'{" . join(',', map { pick(-8, -3, 0, 1, 3, 3, 8, 2147483647, 'NULL') } 1 .. rand 6) . "}'::$_[0]" }

# A safetensors file, whole or with bytes changed, cut off, doubled or appended.
sub weights {
	my $whole = "(SELECT w FROM fz.weights WHERE model = " . quoted(pick(qw(fz_seq fz_seq fz_forecast fz_up))) . ")";
	my $at = pick(int(rand(9)), int(rand(400)), int(rand(2000)), int(rand(20000)));
	return pick($whole, $whole, $whole, "set_byte($whole, $at % octet_length($whole), " . int(rand(256)) . ")",
		"substr($whole, 1, $at)", "$whole || '\\x00'", "overlay($whole PLACING '\\xffffffffffffffff' FROM 1 + $at)", "'\\x'::bytea", "$whole || $whole",
		"decode(repeat('" . sprintf('%02x', rand 256) . "', $at), 'hex')", 'NULL::bytea');
}

sub trend {
	return pick('usercls.trend(' . array('float8[]') . ', ' . pick(1, 1, 2, 0, -1, 2147483647) . ')',
		"(SELECT t FROM fz.trends LIMIT 1 OFFSET " . int(rand(8)) . ")", 'NULL::usercls.trend', damaged('trend'));
}

# The text of a stored state with a letter changed, gone or doubled.
sub damaged {
	my ($type, $at) = (shift, 1 + int(rand(60)));
	my $text = "(SELECT t::text FROM fz." . ($type eq 'trend' ? 'trends' : 'states') . " LIMIT 1 OFFSET " . int(rand(4)) . ")";
	my $full = $type eq 'trend' ? 'usercls.trend' : "usercls_private.$type";
	return "$text\::$full" if often(0.3);
	return "overlay($text PLACING " . quoted(pick('', '9', '-', '{', ',', 'e308', 'NaN', ' ', 'x', '99999999999999999999')) . " FROM $at FOR " . int(rand(3)) . ")::$full";
}

my @any = ('1', '0', '7::bigint', '3::smallint', 'true', 'false', '0.5::float8', '1::numeric', "'x'::text", "'7'::varchar",
	"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", 'NULL::bigint', 'NULL::text', 'NULL::uuid', 'NULL::int', 'NULL::float8', "'{1}'::int[]", "'NaN'::float8", "'2026-01-01'::date", 'ROW(1,2)', "'{}'::jsonb");

sub value {
	my ($name, $type) = @_;
	return 'NULL' if often(0.04) && $type !~ /^any/;
	if ($type eq 'text') { return quoted(pick(often(0.85) && $texts{$name} ? @{$texts{$name}} : @texts)) }
	if ($type eq 'name') { return quoted($name eq 'role' ? pick(qw(fz_score fz_none public postgres)) : column($name)) }
	if ($type eq 'name[]') { return "ARRAY[" . join(',', map { quoted(pick(@columns)) } 1 .. pick(1, 1, 2, 2, 5)) . "]::name[]" }
	if ($type eq 'text[]') { return "ARRAY[" . join(',', map { quoted(pick('low', 'mid', 'high', '', 'x')) } 1 .. pick(1, 2, 3, 3, 5)) . "]" }
	if ($type eq 'regclass') { return quoted(table($name)) . "::regclass" }
	if ($type eq 'jsonb') { return spec() if $name eq 'spec'; return quoted(often(0.1) ? pick(@json) : $json{$name} ? pick(@{$json{$name}}) : hyperparams()) . "::jsonb" }
	if ($type eq 'interval') { return quoted(pick(@intervals)) . "::interval" }
	if ($type eq 'interval[]') { return "ARRAY[" . join(',', map { quoted(pick(@intervals)) } 1 .. 1 + rand 3) . "]::interval[]" }
	if ($type =~ /^timestamp|^date$/) { return quoted(pick(@times)) . "::$type" }
	if ($type eq 'boolean') { return pick('true', 'false') }
	if ($type =~ /^(integer|bigint|smallint)$/) { return "(" . pick(@integers) . ")::" . ($1 eq 'smallint' ? 'int' : $1) }
	if ($type =~ /^(double precision|real|numeric)$/) { return pick(@numbers) . "::$type" }
	if ($type =~ /^(double precision|real)\[\]$/) { return array($type) }
	if ($type eq 'integer[]') { return integers($type) }
	if ($type eq 'bytea') { return weights() }
	if ($type =~ /[.]trend$/ || $type eq 'trend') { return trend() }
	if ($type =~ /sequence_state$/) { return damaged('sequence_state') }
	if ($type =~ /^any/) { return pick(@any) }
	if ($type eq 'cstring') { return quoted(pick(@texts)) . "::cstring" }
	return "NULL::$type";
}

# Mostly the column and table that a training needs, so that it begins.
sub column {
	my $name = shift;
	my %usual = (user_column => 'user_id', time_column => 'ts', trend_of => 'spend', value_column => 'spend', label_column => 'label', treatment_column => 'treated',
		outcome_column => 'outcome', source_column => 'src', target_column => 'dst', weight_column => 'weight', sequence_column => 'seq');
	return $usual{$name} && often(0.8) ? $usual{$name} : pick(@columns);
}
sub table {
	my $name = shift;
	my %usual = (edges => 'fz.edges', users => 'fz.users', source => 'fz.behaviour');
	return $usual{$name} && often(0.6) ? $usual{$name} : pick(@tables);
}

# -- Doors: as the catalog has them -------------------------------------------

sub catalog { my $sql = shift; open(my $in, '-|', 'psql', '-XAt', '-F', "\t", '-c', $sql) or die; my @rows = map { chomp; [split(/\t/, $_, -1)] } <$in>; close $in or die "psql failed\n"; return @rows }

my $of_extension = "d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'usercls')";
# What takes or gives internal or trigger cannot be called.
my @doors = catalog(<<"SQL");
SELECT p.prokind, p.oid::regproc, array_to_string(ARRAY(SELECT coalesce(p.proargnames[i], '') || ':' || format_type(t, NULL)
		FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(t, i)), '|'), p.pronargdefaults, p.proretset
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND $of_extension
  AND NOT ('internal'::regtype = ANY (p.proargtypes::oid[]) OR p.prorettype IN ('internal'::regtype, 'trigger'::regtype))
ORDER BY p.oid::regprocedure::text
SQL
# By name, so that one of many forms does not drown the rest; what only aggregates call, and what drops a model, is rarer.
my %forms;
push @{$forms{$_->[1]}}, $_ for @doors;
my @rare = grep { /^usercls_private|drop_model/ } sort keys %forms;
my @common = grep { !/^usercls_private|drop_model/ } sort keys %forms;
sub door { return pick(@{$forms{often(0.15) ? pick(@rare) : pick(@common)}}) }
my @views = map { $_->[0] } catalog("SELECT c.oid::regclass FROM pg_depend d JOIN pg_class c ON c.oid = d.objid WHERE d.classid = 'pg_class'::regclass AND $of_extension AND c.relkind IN ('v', 'r') ORDER BY 1");
my @operators = catalog("SELECT o.oprname, format_type(o.oprleft, NULL), format_type(o.oprright, NULL) FROM pg_depend d JOIN pg_operator o ON o.oid = d.objid WHERE d.classid = 'pg_operator'::regclass AND $of_extension ORDER BY 1, 2, 3");
my @casts = catalog("SELECT format_type(c.castsource, NULL), format_type(c.casttarget, NULL) FROM pg_depend d JOIN pg_cast c ON c.oid = d.objid WHERE d.classid = 'pg_cast'::regclass AND $of_extension ORDER BY 1, 2");

# The arguments of a door: some by position, the rest by name or left to their defaults.
sub arguments {
	my ($types, $defaults) = @_;
	my @argument = map { [split /:/, $_, 2] } split /\|/, $types;
	my $needed = @argument - $defaults;
	my @text;
	for my $i (0 .. $#argument) {
		my ($name, $type) = @{$argument[$i]};
		if ($i < $needed) { push @text, value($name, $type) }
		elsif (often($name =~ /hyperparams|dry_run/ ? 0.9 : 0.3) && $name ne '') { push @text, "\"$name\" => " . value($name, $type) }
	}
	return join(', ', @text);
}

# Arguments of an aggregate are columns: of rows that differ, or of the tables.
sub varying {
	my ($types) = @_;
	return map { my ($name, $type) = split /:/, $_, 2;
		my $v = value($name, $type);
		$type =~ /^any|bytea|interval|\[\]$/ && often(0.7) ? $v : pick($v, "CASE WHEN g % " . pick(2, 3, 5) . " = 0 THEN $v ELSE " . value($name, $type) . " END",
			$type =~ /precision/ ? 'g::float8' : $type =~ /^timestamp/ ? "('2026-01-05 00:00Z'::timestamptz + g * interval '1 day')::$type" : $v)
	} split /\|/, $types;
}

sub aggregate {
	my ($name, $types) = @_;
	my $call = "$name(" . pick('', '', '', 'DISTINCT ') . join(', ', varying($types)) . pick('', '', '', ' ORDER BY g') . ")" . pick('', '', ' FILTER (WHERE g % 2 = 0)');
	my $rows = pick('generate_series(1, 40) g', 'generate_series(1, 0) g', 'fz.many', 'fz.many', 'generate_series(1, 2) g');
	$call =~ s/DISTINCT |ORDER BY g//g if often(0.8);
	return "SELECT " . ($call =~ s/DISTINCT | ORDER BY g//gr) . " OVER (ORDER BY g ROWS BETWEEN " . pick('UNBOUNDED', '3', '0') . " PRECEDING AND " . pick('CURRENT ROW', '2 FOLLOWING') . ") FROM generate_series(1, 20) g" if often(0.2);
	return "SELECT $call FROM $rows" . pick('', '', ' GROUP BY g % 3');
}

sub call {
	my ($kind, $name, $types, $defaults, $set) = @{$_[0]};
	return aggregate($name, $types) if $kind eq 'a';
	my $call = "$name(" . arguments($types, $defaults) . ")";
	return "CALL $call" if $kind eq 'p';
	return pick("SELECT * FROM $call", "SELECT * FROM $call LIMIT 1", "SELECT $call", "SELECT count(*) FROM $call", "SELECT $call FROM generate_series(1, 2)",
		"SELECT g, x FROM generate_series(1, 2) g, LATERAL $call x") if $set eq 't';
	return pick("SELECT $call", "SELECT $call", "SELECT * FROM $call", "SELECT $call FROM generate_series(1, 3)", "SELECT 1 WHERE $call IS NULL");
}

sub statement {
	my $what = rand();
	if ($what < 0.03) { return "SELECT * FROM " . pick(@views) . pick('', ' LIMIT 1', ' ORDER BY 1 DESC') }
	if ($what < 0.06 && @operators) { my ($name, $left, $right) = @{pick(@operators)}; my ($schema) = $left =~ /^(.*)[.]/; return "SELECT " . value('', $left) . " OPERATOR(" . ($schema // 'usercls') . ".$name) " . value('', $right) }
	if ($what < 0.08 && @casts) { my ($from, $to) = @{pick(@casts)}; return "SELECT (" . value('', $from) . ")::$to" }
	if ($what < 0.10) { return "SELECT " . pick(damaged('trend'), trend()) }
	return call(door());
}

# -- Statements as sessions send them -----------------------------------------

my @settings = ("SET usercls.max_memory = '1MB'", "SET usercls.max_memory = '256MB'", 'RESET usercls.max_memory', "SET usercls.model_cache_size = '1MB'", 'RESET usercls.model_cache_size',
	'SET usercls.training_workers = 2', 'SET usercls.training_workers = 0', "SET work_mem = '64kB'", 'RESET work_mem', 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0', 'RESET parallel_setup_cost',
	"SET TimeZone = 'America/St_Johns'", 'RESET TimeZone', "SET IntervalStyle = 'iso_8601'", 'SET extra_float_digits = -15', 'RESET extra_float_digits', "SET statement_timeout = '30ms'", "SET statement_timeout = '300ms'", "SET statement_timeout = '3s'",
	'SET ROLE fz_score', 'RESET ROLE', 'RESET ROLE', 'DISCARD PLANS', "SET search_path = fz, usercls", 'RESET search_path', "SET enable_hashagg = off", "RESET enable_hashagg", "SET plan_cache_mode = force_generic_plan");

for my $i (1 .. $count) {
	print pick(@settings), ";\n" if often(0.04);
	my $sql = statement();
	my $how = rand();
	if ($how < 0.80 || $sql =~ /^CALL/) { print "$sql;\n" }
	elsif ($how < 0.86) { print "BEGIN; $sql; SAVEPOINT s; ", statement() =~ s/^CALL/SELECT/r, "; ROLLBACK TO s; ", pick('COMMIT', 'ROLLBACK'), ";\n" }
	elsif ($how < 0.90) { print "BEGIN; DECLARE c CURSOR FOR $sql; FETCH 1 FROM c; ", pick('FETCH ALL FROM c; ', 'CLOSE c; ', ''), "COMMIT;\n" }
	elsif ($how < 0.94) { print "DO \$do\$BEGIN FOR i IN 1..2 LOOP BEGIN PERFORM * FROM ($sql) s; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END\$do\$;\n" }
	elsif ($how < 0.97) { print "CREATE TEMP TABLE made AS $sql; SELECT * FROM made LIMIT 1; DROP TABLE IF EXISTS pg_temp.made;\n" }
	else { print "PREPARE p AS $sql; EXECUTE p; EXECUTE p; DEALLOCATE p;\n" }
}
