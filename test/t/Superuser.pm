# Loaded before each test: the superuser is called postgres, whoever runs the tests. (initdb would call him like the user.)
package Superuser;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;

$ENV{PGUSER} = 'postgres';

my $init = \&PostgreSQL::Test::Cluster::init;
no warnings 'redefine';
*PostgreSQL::Test::Cluster::init = sub {
	my ($self, %params) = @_;
	return $init->($self, %params, extra => [ @{ $params{extra} // [] }, '-U', 'postgres' ]);
};

1;
