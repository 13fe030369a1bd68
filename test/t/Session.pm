# A psql that stays open: what one session sees while others act. (The server's own module for this changed in 16.)
package Session;

use strict;
use warnings;

use IPC::Run qw(start pump finish timeout);

sub new
{
	my ($class, $node, $database, $role) = @_;
	my $self = bless { in => '', out => '' }, $class;
	$self->{run} = start(
		[ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-U', $role // 'postgres', '-d', $database ],
		'<', \$self->{in}, '>&', \$self->{out}, timeout($ENV{PG_TEST_TIMEOUT_DEFAULT} // 180));
	return $self;
}

# Start something that may take long; wait() for it.
sub send
{
	my ($self, $sql) = @_;
	$self->{out} = '';
	$self->{in} .= "$sql;\n\\echo '-- done'\n";
	$self->{run}->pump_nb;
	return;
}

# What psql printed, errors included.
sub wait
{
	my ($self) = @_;
	$self->{run}->pump until $self->{out} =~ /^-- done$/m;
	(my $out = $self->{out}) =~ s/\n*^-- done\n//m;
	return $out;
}

# The same for a session that something else ends.
sub wait_end
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	eval { $self->{run}->finish };
	return $self->{out};
}

sub run
{
	my ($self, $sql) = @_;
	$self->send($sql);
	return $self->wait;
}

# Of its backend.
sub pid
{
	my ($self) = @_;
	return $self->run('SELECT pg_backend_pid()') + 0;
}

# kill -9 of a backend, which restarts the whole server; returns what psql printed once the server is up again. A client
# may know before the postmaster does, so that connecting proves nothing.
sub crash
{
	my ($self, $node, $pid) = @_;
	my $checkpointer = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'};
	my $before = $node->safe_psql('postgres', $checkpointer);
	kill 'KILL', $pid;
	my $out = $self->wait_end;
	$node->poll_query_until('postgres', "SELECT ($checkpointer) <> $before") or die 'not up again';
	return $out;
}

sub close
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	eval { $self->{run}->finish };
	return;
}

1;
