package Api;
# Api.pm -- the management API in tests: calls that hand back status, headers and decoded body, and never
# die, since refusals are what many tests are about.
#
#   use Api;
#   my $a = Api->new($q);                       # $q: a Quern
#   my $r = $a->get('/organizations/default/issues/', query => 'is:unresolved');
#   is($r->{status}, 200);  $r->{json}  $r->{headers}{link}
#   $a->put('/…', {…body…}, id => [1, 2]);       # parameters last
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub new {
    my ($class, $q, %o) = @_;
    return bless { q => $q, headers => { Authorization => 'Bearer ' . $q->token }, %o }, $class;
}

# The same server, other credentials: headers replace the token.
sub as { my ($self, %headers) = @_; return bless { %$self, headers => \%headers }, ref $self }

sub escape { my ($s) = @_; utf8::encode($s) if utf8::is_utf8($s); $s =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ge; return $s }

sub query {
    my (@pairs) = @_;
    my @out;
    while (my ($key, $value) = splice @pairs, 0, 2) {
        push @out, map { escape($key) . '=' . escape($_) } ref $value ? @$value : $value;
    }
    return @out ? '?' . join '&', @out : '';
}

sub call {
    my ($self, $method, $path, $body, %o) = @_;
    my %headers = (%{ $self->{headers} }, %{ delete $o{headers} // {} });
    $headers{'Content-Type'} //= 'application/json' if defined $body;
    $path = "/api/0$path" if $path !~ m{^/(?:api/0|metrics|healthz|readyz|_health)};
    my $r = $self->{q}->http(
        $method, $path . query(%o),
        headers => \%headers,
        defined $body ? (body => ref $body ? $json->encode($body) : $body) : (),
    );
    $r->{json} = eval { $json->decode($r->{content}) } if ($r->{headers}{'content-type'} // '') eq 'application/json';
    return $r;
}

sub get    { my ($self, $path, %o) = @_; return $self->call(GET => $path, undef, %o) }
sub post   { my ($self, $path, $body, %o) = @_; return $self->call(POST => $path, $body, %o) }
sub put    { my ($self, $path, $body, %o) = @_; return $self->call(PUT => $path, $body, %o) }
sub delete { my ($self, $path, $body, %o) = @_; return $self->call(DELETE => $path, $body, %o) }

# {previous => {results, cursor, url}, next => …} of a Link header.
sub links {
    my ($r) = @_;
    my %link;
    for my $one (split /, (?=<)/, $r->{headers}{link} // '') {
        $one =~ /^<([^>]*)>; rel="(\w+)"; results="(\w+)"; cursor="([^"]*)"$/ or next;
        $link{$2} = { url => $1, results => $3, cursor => $4 };
    }
    return \%link;
}

1;
