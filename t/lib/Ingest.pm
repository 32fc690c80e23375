package Ingest;
# Ingest.pm -- what the tests of the ingest endpoints share: sending bytes as they are, and reading back
# what became of them.
#
#   use Ingest;
#   my $w = Ingest->new($q);                     # a server of Quern.pm
#   my $r = $w->envelope($bytes);                # POST to /api/1/envelope/ with the key
#   my $doc = $w->event({tags => {...}});        # send one event, give back what is stored of it
#   $w->outcome('invalid', 'error', 'too_large:event')  # a count; $w->grew(sub {...}, …) for a difference
use strict;
use warnings;
use Exporter 'import';
use IO::Socket::INET;
use JSON::PP;
use Quern;

our @EXPORT = qw(packed);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub new { my ($class, $q) = @_; return bless { q => $q }, $class }

sub auth { my ($self) = @_; return 'Sentry sentry_version=7, sentry_key=' . $self->{q}->key }

# One request; headers as given, with the key unless `nokey`. The answer: status, headers, content.
sub post {
    my ($self, $path, $body, %headers) = @_;
    my $nokey = delete $headers{nokey};
    my $method = delete $headers{method} // 'POST';
    $headers{'X-Sentry-Auth'} //= $self->auth if !$nokey;
    return $self->{q}->http($method => $path, body => $body, headers => \%headers);
}

sub envelope { my ($self, $body, %headers) = @_; return $self->post('/api/1/envelope/', $body, %headers) }
sub store { my ($self, $body, %headers) = @_; return $self->post('/api/1/store/', $body, %headers) }

# Bytes as they are, on a connection of their own; [status, head, body] of each answer until it closes
# or `answers` have come.
sub raw {
    my ($self, $bytes, $answers) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{q}{port}, Timeout => 10)
        or die "connect: $!\n";
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm 20;
    my $at = 0;
    while ($at < length $bytes) {
        my $n = syswrite $s, $bytes, 65536, $at;
        last if !$n;    # refused before all was sent
        $at += $n;
    }
    my ($in, @got) = ('');
    while (@got < ($answers // 1)) {
        if ($in =~ /^(HTTP\/1\.1 (\d+).*?\r\n)\r\n/s) {
            my ($head, $status, $whole) = ($1, $2, $+[0]);
            my ($length) = $head =~ /^content-length: *(\d+)/mi;
            if (length $in >= $whole + ($length // 0)) {
                push @got, [$status, $head, substr $in, $whole, $length // 0] if $status != 100;
                $in = substr $in, $whole + ($length // 0);
                next;
            }
        }
        last if !sysread $s, $in, 65536, length $in;
    }
    alarm 0;
    return @got;
}

# The stored document; undef: there is none.
sub doc {
    my ($self, $id) = @_;
    $id =~ s/-//g;
    my $r = $self->{q}->http(GET => "/api/0/projects/default/default/events/\L$id\E/json/",
        headers => { Authorization => 'Bearer ' . $self->{q}->token });
    return $r->{status} == 200 ? $json->decode($r->{content}) : undef;
}

sub id_of { my ($r) = @_; my ($id) = $r->{content} =~ /"id":"([0-9a-f]{32})"/; return $id }

# Send JSON text or a structure as an event by the store endpoint. Dies unless 200.
sub event {
    my ($self, $event) = @_;
    my $r = $self->store(ref $event ? $json->encode($event) : $event);
    die "event: $r->{status} $r->{content}\n" if $r->{status} != 200;
    return $self->doc(id_of($r));
}

# The event as Sentry's API shows it: title, culprit, groupID, tags …
sub shown {
    my ($self, $doc) = @_;
    return $self->{q}->api(GET => "/api/0/projects/default/default/events/$doc->{event_id}/");
}
sub issue { my ($self, $doc) = @_; return $self->shown($doc)->{groupID} }

sub tags { my ($doc) = @_; return { map { $_->[0] => $_->[1] } @{ $doc->{tags} // [] } } }
# Names of the fields that were found wanting.
sub faults { my ($doc) = @_; return { map { ($_->{name} // '') => $_->{type} } @{ $doc->{errors} // [] } } }

sub outcome {
    my ($self, $outcome, $category, $reason) = @_;
    my $url = '/api/0/organizations/default/stats_v2/?field=sum(quantity)&groupBy=outcome&groupBy=category'
        . '&groupBy=reason&statsPeriod=2h&interval=1h';
    my $sum = 0;
    for my $group (@{ $self->{q}->api(GET => $url)->{groups} }) {
        my $by = $group->{by};
        next if $by->{outcome} ne $outcome || $by->{category} ne $category;
        next if defined $reason && $by->{reason} ne $reason;
        $sum += $group->{totals}{'sum(quantity)'};
    }
    return $sum;
}

# By how much an outcome grows through `what`: waits until it has reached `expect`, or a while.
sub grew {
    my ($self, $expect, $what, @outcome) = @_;
    my $before = $self->outcome(@outcome);
    my $after = $before;
    $what->();
    eval {
        wait_until('outcome', sub { ($after = $self->outcome(@outcome)) >= $before + $expect }, 5);
    };
    return $after - $before;
}

# Compressed by a program or module that is there: gzip, deflate, raw, br, zstd; undef: none is.
sub packed {
    my ($how, $bytes) = @_;
    require Compress::Zlib;
    return Compress::Zlib::memGzip($bytes) if $how eq 'gzip';
    return Compress::Zlib::compress($bytes) if $how eq 'deflate';
    if ($how eq 'raw') {
        my ($d) = Compress::Zlib::deflateInit(-WindowBits => -15);
        my ($a) = $d->deflate($bytes);
        my ($b) = $d->flush;
        return $a . $b;
    }
    my %tool = (br => 'brotli -c', zstd => 'zstd -qc');
    my ($name) = $tool{$how} =~ /^(\w+)/;
    return undef if !grep { -x "$_/$name" } split /:/, $ENV{PATH};
    my $file = File::Temp->new;
    print $file $bytes;
    close $file;
    return qx{$tool{$how} < $file};
}

1;
