package Otlp;
# Otlp.pm -- OTLP requests made by hand, in protobuf and in JSON, and a client for them.
#
#   use Otlp;
#   my $o = Otlp->new($q);                                    # a server of Quern.pm
#   my $r = $o->traces([span(name => 'GET /', kind => 2)]);   # protobuf; service => 'cart', json => 1
#   my $spans = [span(trace => $trace, id => $id, parent => $p, start => $s, end => $e, attr => {…})];
# Ids are hex; times are seconds (floats are fine), nanoseconds on the wire.
use strict;
use warnings;
use Exporter 'import';
use JSON::PP;
use Quern;

our @EXPORT = qw(span logrec pb_bytes pb_uint pb_fixed64 pb_fixed32 pb_attr new_trace new_span traces_pb
    logs_pb success_of status_of);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub new_trace { return join '', map { sprintf '%04x', 1 + int rand 65535 } 1 .. 8 }
sub new_span { return join '', map { sprintf '%04x', 1 + int rand 65535 } 1 .. 4 }

# ---- protobuf ----

sub varint {
    my ($v) = @_;
    my $out = '';
    while ($v >= 128) { $out .= chr($v & 127 | 128); $v >>= 7 }
    return $out . chr $v;
}
sub pb_bytes { my ($field, $bytes) = @_; return varint($field << 3 | 2) . varint(length $bytes) . $bytes }
sub pb_uint { my ($field, $v) = @_; return varint($field << 3) . varint($v) }
sub pb_fixed64 { my ($field, $v) = @_; return varint($field << 3 | 1) . pack('Q<', $v) }
sub pb_fixed32 { my ($field, $v) = @_; return varint($field << 3 | 5) . pack('L<', $v) }

# A value: {int => 5}, {bool => 1}, {double => 0.5}, {bytes => …}, {list => [...]}, or a string.
sub pb_any {
    my ($v) = @_;
    return pb_bytes(1, $v) if !ref $v;
    return pb_uint(2, $v->{bool} ? 1 : 0) if exists $v->{bool};
    return pb_uint(3, $v->{int}) if exists $v->{int};
    return varint(4 << 3 | 1) . pack('d<', $v->{double}) if exists $v->{double};
    return pb_bytes(7, $v->{bytes}) if exists $v->{bytes};
    return pb_bytes(5, join '', map { pb_bytes(1, pb_any($_)) } @{ $v->{list} }) if exists $v->{list};
    return '';
}
sub pb_attr { my ($field, $key, $v) = @_; return pb_bytes($field, pb_bytes(1, $key) . pb_bytes(2, pb_any($v))) }
sub pb_attrs { my ($field, $map) = @_; return join '', map { pb_attr($field, $_, $map->{$_}) } sort keys %$map }

sub nano { my ($s) = @_; return int($s) * 1_000_000_000 + int(($s - int $s) * 1e9 + 0.5) }

# ---- items ----

# A span with everything in order; `event` a list of {name, at, attr}, `link` of {trace, id}.
sub span {
    my (%s) = (trace => new_trace(), id => new_span(), name => 'work', kind => 1, @_);
    $s{start} //= time - 1;
    $s{end} //= $s{start} + 0.05;
    return \%s;
}
sub logrec { my (%l) = (body => 'hello', severity => 9, at => time, @_); return \%l }

sub span_pb {
    my ($s) = @_;
    my $out = pb_bytes(1, pack 'H*', $s->{trace}) . pb_bytes(2, pack 'H*', $s->{id});
    $out .= pb_bytes(4, pack 'H*', $s->{parent}) if $s->{parent};
    $out .= pb_bytes(5, $s->{name}) . pb_uint(6, $s->{kind});
    $out .= pb_fixed64(7, nano $s->{start}) . pb_fixed64(8, nano $s->{end}) . pb_attrs(9, $s->{attr} // {});
    for my $e (@{ $s->{event} // [] }) {
        $out .= pb_bytes(11, pb_fixed64(1, nano($e->{at} // $s->{start})) . pb_bytes(2, $e->{name} // 'exception')
                . pb_attrs(3, $e->{attr} // {}));
    }
    $out .= pb_bytes(13, pb_bytes(1, pack 'H*', $_->{trace}) . pb_bytes(2, pack 'H*', $_->{id})) for @{ $s->{link} // [] };
    $out .= pb_bytes(15, pb_bytes(2, $s->{message} // '') . pb_uint(3, $s->{status})) if $s->{status};
    $out .= pb_fixed32(16, $s->{flags}) if $s->{flags};
    return $out;
}

sub log_pb {
    my ($l) = @_;
    my $out = pb_fixed64(1, nano $l->{at}) . pb_uint(2, $l->{severity}) . pb_bytes(5, pb_any($l->{body}));
    $out .= pb_attrs(6, $l->{attr} // {});
    $out .= pb_bytes(9, pack 'H*', $l->{trace}) if $l->{trace};
    $out .= pb_bytes(10, pack 'H*', $l->{id}) if $l->{id};
    return $out . ($l->{event} ? pb_bytes(12, $l->{event}) : '');
}

sub request_pb {
    my ($items, $make, %o) = @_;
    my %resource = ('service.name' => $o{service} // 'shop', %{ $o{resource} // {} });
    my $scope = pb_bytes(1, pb_bytes(1, $o{scope} // 'test'));
    return pb_bytes(1, pb_bytes(1, pb_attrs(1, \%resource)) . pb_bytes(2, $scope . join '', map { pb_bytes(2, $make->($_)) } @$items));
}
sub traces_pb { my ($spans, %o) = @_; return request_pb($spans, \&span_pb, %o) }
sub logs_pb { my ($logs, %o) = @_; return request_pb($logs, \&log_pb, %o) }

# ---- answers ----

sub fields_of {
    my ($bytes) = @_;
    my %out;
    while (length $bytes) {
        my ($tag, $n) = (ord substr $bytes, 0, 1, '');
        my $v = 0;
        for (my $shift = 0;; $shift += 7) {
            $n = ord substr $bytes, 0, 1, '';
            $v |= ($n & 127) << $shift;
            last if $n < 128;
        }
        $v = substr $bytes, 0, $v, '' if ($tag & 7) == 2;
        $out{ $tag >> 3 } = $v;
    }
    return \%out;
}

# {rejected, message} of a 200, whichever encoding it came in.
sub success_of {
    my ($r) = @_;
    if ($r->{headers}{'content-type'} eq 'application/json') {
        my $p = $json->decode($r->{content})->{partialSuccess} // {};
        my ($n) = map { $p->{$_} } grep { /^rejected/ } keys %$p;
        return { rejected => $n // 0, message => $p->{errorMessage} // '' };
    }
    my $p = fields_of(fields_of($r->{content})->{1} // '');
    return { rejected => $p->{1} // 0, message => $p->{2} // '' };
}

# {code, message} of a google.rpc.Status.
sub status_of {
    my ($r) = @_;
    return $json->decode($r->{content}) if $r->{headers}{'content-type'} eq 'application/json';
    my $s = fields_of($r->{content});
    return { code => $s->{1}, message => $s->{2} };
}

# ---- the client ----

sub new { my ($class, $q) = @_; return bless { q => $q }, $class }

# POST bytes. nokey => 1 leaves the key out; type, encoding, other headers as given.
sub post {
    my ($self, $path, $body, %h) = @_;
    my %headers = ('Content-Type' => delete $h{type} // 'application/x-protobuf', %h);
    delete $headers{$_} for qw(nokey method);
    $headers{'X-Sentry-Auth'} = 'sentry sentry_key=' . $self->{q}->key if !$h{nokey};
    return $self->{q}->http($h{method} // 'POST', $path, body => $body, headers => \%headers);
}
sub traces { my ($self, $spans, %o) = @_; return $self->post('/v1/traces', traces_pb($spans, %o), %{ $o{headers} // {} }) }
sub logs { my ($self, $logs, %o) = @_; return $self->post('/v1/logs', logs_pb($logs, %o), %{ $o{headers} // {} }) }
sub json { my ($self, $path, $what, %h) = @_; return $self->post($path, ref $what ? $json->encode($what) : $what, type => 'application/json', %h) }

1;
