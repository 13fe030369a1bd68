# Names that are not ASCII, in a database that is not UTF-8: the file is UTF-8 all the same, and goes to another database.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('encoding');
$node->init;
$node->start;
$node->safe_psql('postgres', q{CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
$node->safe_psql('postgres', q{CREATE DATABASE utf ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
$node->safe_psql($_, 'CREATE EXTENSION usercls') foreach qw(latin utf);
$ENV{PGCLIENTENCODING} = 'UTF8';

$node->safe_psql('latin', <<"SQL");
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + sin(u * w) AS "d\xc3\xa9pense",
	CASE WHEN u % 3 = 0 THEN 'fid\xc3\xa8le' ELSE 'perdu' END AS label
FROM generate_series(1, 60) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('mod\xc3\xa8le', 'behaviour', label_column => 'label', features => ARRAY['d\xc3\xa9pense'],
	as_of => '2026-03-26', promote => 'always', hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
SQL
my $info = "SELECT string_agg(value, ',' ORDER BY property) FROM usercls.model_info('mod\xc3\xa8le') WHERE property ~ '^(class|feature|model)'";
is($node->safe_psql('latin', $info), "fid\xc3\xa8le,perdu,d\xc3\xa9pense,mod\xc3\xa8le", 'names come back');
my $predict = "SELECT label, probabilities FROM usercls.predict('mod\xc3\xa8le', ARRAY[1, 2, 3])";
like($node->safe_psql('latin', $predict), qr/^(fid\xc3\xa8le|perdu)\|/, 'a class is answered');
my $file = $node->safe_psql('latin', "SELECT encode(usercls.export_model('mod\xc3\xa8le'), 'base64')");
like($node->safe_psql('postgres', "SELECT convert_from(substring(decode('$file', 'base64') FROM 9 FOR 600), 'UTF8')"),
	qr/d\xc3\xa9pense/, 'the file is UTF-8');
$node->safe_psql('utf', "SELECT usercls.import_model('mod\xc3\xa8le', decode('$file', 'base64'), promote => 'always')");
is($node->safe_psql('utf', $predict), $node->safe_psql('latin', $predict), 'and scores the same in a UTF-8 database');

# What the encoding of a database cannot hold is an error there.
$node->safe_psql('utf', <<"SQL");
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts, (u % 3 - 1) * w + sin(u * w) AS "\xe6\x94\xaf",
	CASE WHEN u % 3 = 0 THEN 'a' ELSE 'b' END AS label
FROM generate_series(1, 60) u, generate_series(0, 11) w;
SELECT usercls.train_sequence('other', 'behaviour', label_column => 'label', features => ARRAY['\xe6\x94\xaf'],
	as_of => '2026-03-26', promote => 'always', hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
SQL
$file = $node->safe_psql('utf', "SELECT encode(usercls.export_model('other'), 'base64')");
my ($status, undef, $errors) = $node->psql('latin', "SELECT usercls.import_model('other', decode('$file', 'base64'))");
like($errors, qr/has no equivalent in encoding "LATIN1"/, 'a name that LATIN1 cannot hold is refused there');
$node->stop;

done_testing();
