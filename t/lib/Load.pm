package Load;
# Load.pm -- t/bench/load as a process beside the test: it sends distinct events, open loop, and writes
# down the id of each that was acknowledged. verify() holds the server to them.
use strict;
use warnings;
use File::Temp ();
use Quern ();
use Test::More;

# Options: rate, connections, issues, size, resend, seconds (an upper bound).
sub start {
    my ($class, $q, %o) = @_;
    my $self = bless { ids => File::Temp->new, out => File::Temp->new }, $class;
    my $tool = ($ENV{QUERN_TOOLS} // $ENV{QUERN_BUILD} // "$Quern::root/build") . "/bench/load";
    die "$tool is not there: make tools\n" if !-x $tool;
    my @args = (
        '--port', $q->{port}, '--key', $q->key, '--ids', $self->{ids}->filename,
        '--rate', $o{rate} // 1000, '--connections', $o{connections} // 32, '--issues', $o{issues} // 50,
        '--size', $o{size} // 3, '--seconds', $o{seconds} // 300,
        $o{resend} ? '--resend' : (),
    );
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>&', $self->{out};
        exec $tool, @args or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    return $self;
}

# Let what is under way end; the figures.
sub stop {
    my ($self) = @_;
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
    delete $self->{pid};
    return $self->{figures} = Quern::json_of($self->text);
}
sub text { return Quern::slurp($_[0]{out}->filename) }

sub ids {
    my ($self) = @_;
    return split /\n/, Quern::slurp($self->{ids}->filename);
}

# Every acknowledged id is found exactly once, and what is counted is what is stored.
sub verify {
    my ($self, $q, $name) = @_;
    my @ids = $self->ids;
    my %acknowledged = map { $_ => 1 } @ids;
    is(scalar(keys %acknowledged), scalar @ids, "$name: ids are distinct");
    Store::verify($q, \%acknowledged, $name);
}

sub DESTROY {
    my ($self) = @_;
    return if !$self->{pid};
    local $?;
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}

package Store;
# What the data folder holds, read from its files behind the server's back.
use Test::More;

sub sqlite {
    my ($file, $sql) = @_;
    open my $out, '-|', 'sqlite3', '-readonly', '-batch', '-noheader', '-separator', '|', "file:$file?mode=ro", $sql
        or die "sqlite3: $!\n";
    my @rows = <$out>;
    close $out or die "sqlite3 $file: $sql\n";
    chomp @rows;
    return @rows;
}

# The files that count are those the catalogue names: while a segment is packed its copy lies beside it.
sub segments { my ($q) = @_; return map { "$q->{data}/segments/$_" } sqlite("$q->{data}/quern.db", 'SELECT file FROM segment ORDER BY id') }

# id => how often. A packed copy may take its segment's place between two looks: look again.
sub events {
    my ($q) = @_;
    my $seen;
    Quern::wait_until('the segments to hold still', sub {
        my @before = segments($q);
        $seen = {};
        eval { $seen->{ lc $_ }++ for map { sqlite($_, 'SELECT hex(id) FROM event') } @before; 1 } or return 0;
        return "@before" eq join ' ', segments($q);
    });
    return $seen;
}

# The sum of a catalogue's column once the aggregates have caught up.
sub counted {
    my ($q, $sql) = @_;
    return (sqlite("$q->{data}/quern.db", $sql))[0] // 0;
}

sub verify {
    my ($q, $acknowledged, $name) = @_;
    # With durability = process an acknowledged event may still lie in its ring, above all when the
    # writer was just killed and waits out its back-off: give it the time to take what is there.
    my ($seen, @lost);
    for (1 .. 150 * $Quern::slow) {
        $seen = events($q);
        @lost = grep { !$seen->{$_} } keys %$acknowledged;
        last if !@lost;
        select undef, undef, undef, 0.1;
    }
    is(scalar @lost, 0, "$name: every acknowledged event is stored (" . keys(%$acknowledged) . ' of them)')
        or diag('lost: ', join ' ', @lost > 5 ? @lost[0 .. 4] : @lost);
    # Ask through the API: it waits for the aggregates of what is committed.
    my @issues = $q->api(GET => '/api/0/organizations/default/issues/?query=&limit=1&statsPeriod=');
    my %sums = (
        'issues'        => 'SELECT COALESCE(SUM(events), 0) FROM issue',
        'issue hours'   => 'SELECT COALESCE(SUM(events), 0) FROM issue_hour',
        'issue days'    => 'SELECT COALESCE(SUM(events), 0) FROM issue_day',
        'project hours' => 'SELECT COALESCE(SUM(events), 0) FROM project_hour',
        'accepted'      => "SELECT COALESCE(SUM(quantity), 0) FROM outcome WHERE category = 'error' AND outcome = 0",
    );
    # What nobody was told of, since its worker died, may still come out of a ring: what is stored and what
    # is counted are looked at together until they hold still.
    my ($stored, %counted);
    eval {
        Quern::wait_until('the sums', sub {
            $seen    = events($q);
            $stored  = keys %$seen;
            %counted = map { $_ => counted($q, $sums{$_}) } keys %sums;
            return !grep { $_ != $stored } values %counted;
        }, 10);
    };
    is($counted{$_}, $stored, "$name: $_ add up to the $stored stored events") for sort keys %sums;
    my @twice = grep { $seen->{$_} > 1 } keys %$seen;
    is(scalar @twice, 0, "$name: none is stored twice") or diag('twice: ', join ' ', @twice > 5 ? @twice[0 .. 4] : @twice);
    my $claims = $q->metric('index_claims');
    is($claims, 0, "$name: no claim is left behind") if defined $claims;
}

1;
