#!/usr/bin/perl
# 40-ingest-spans -- transactions, single spans, containers of spans and logs from Sentry SDKs, sent and
# read back (conformance list 57 to 62).
use strict;
use warnings;
use lib 't/lib';
use Api;
use Ingest;
use Otlp qw(new_trace new_span);
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $w = Ingest->new($q);
my $a = Api->new($q);
my $org = '/organizations/default';
my $now = time - 2;

sub item { my ($head, $body) = @_; $body = Quern::json_text($body) if ref $body; return Quern::json_text({ %$head, length => length $body }) . "\n$body\n" }
sub rows { my ($trace) = @_; return $a->get("$org/trace/$trace/table/")->{json}{spans} // 0 }
sub of_span { my ($trace, $id) = @_; return $a->get("$org/trace/$trace/spans/$id/")->{json} }
sub attributes { my ($s) = @_; return { map { @$_ } @{ $s->{attributes} } } }

# A transaction with everything in order; %o changes or (undef) removes members.
sub transaction {
    my ($trace, $id, %o) = @_;
    my $t = {
        type => 'transaction', transaction => 'GET /cart', platform => 'python', start_timestamp => $now, timestamp => $now + 1,
        contexts => { trace => { trace_id => $trace, span_id => $id, op => 'http.server' } }, spans => [], %o,
    };
    delete @$t{ grep { !defined $t->{$_} } keys %$t };
    return $t;
}
sub child {
    my ($trace, $parent, %o) = @_;
    return { trace_id => $trace, span_id => new_span(), parent_span_id => $parent, op => 'db', description => 'SELECT 1',
        start_timestamp => $now + 0.1, timestamp => $now + 0.2, %o };
}
sub send_transaction {
    my ($t, %head) = @_;
    return $w->envelope(Quern::json_text({ event_id => new_id(), %head }) . "\n" . item({ type => 'transaction' }, $t))->{status};
}

# ---- 57: what is no transaction ----
for my $case (
    [ 'no trace context', contexts => {} ],
    [ 'no contexts', contexts => undef ],
    [ 'an all-zero trace id', contexts => { trace => { trace_id => '0' x 32, span_id => '1' x 16 } } ],
    [ 'no span id', contexts => { trace => { trace_id => new_trace() } } ],
    [ 'it ends before it starts', timestamp => $now - 1 ],
    [ 'no start', start_timestamp => undef ],
  )
{
    my ($name, %o) = @$case;
    my ($trace, $status) = new_trace();
    my $n = $w->grew(1, sub { $status = send_transaction(transaction($trace, new_span(), %o)) }, 'invalid', 'transaction');
    is($status, 200, "57: $name: 200");
    is($n, 1, '57: ... counted as invalid');
    is(rows($trace), 0, '57: ... not stored');
}
{
    my ($trace, $root, $status) = (new_trace(), new_span());
    my $good = child($trace, $root);
    my $n = $w->grew(1, sub {
        $status = send_transaction(transaction($trace, $root, spans => [ child($trace, $root, timestamp => $now - 5), $good ]));
    }, 'invalid', 'span');
    is($status, 200, '57: one bad span');
    is(rows($trace), 2, '57: the rest is stored');
    is($n, 1, '57: the bad one is counted');
    is(of_span($trace, $good->{span_id})->{parentSpanId}, $root, '57: a good one below the root');
    is(of_span($trace, $root)->{name}, 'GET /cart', '57: which the transaction names');
}

# ---- 58: words for statuses ----
{
    my ($trace, $root) = (new_trace(), new_span());
    my @cases = ([ 'success', 'ok' ], [ 5, 'not_found' ], [ 'failure', 'internal_error' ], [ 'weird', 'unknown' ], [ undef, 'unset' ]);
    my @spans = map { child($trace, $root, status => $_->[0]) } @cases;
    is(send_transaction(transaction($trace, $root, spans => \@spans)), 200, '58: statuses');
    for my $n (0 .. $#cases) {
        my ($sent, $want) = @{ $cases[$n] };
        is(of_span($trace, $spans[$n]{span_id})->{status}, $want, '58: ' . ($sent // 'null'));
    }
}

# ---- 59: measurements ----
{
    my ($trace, $root) = (new_trace(), new_span());
    is(send_transaction(transaction($trace, $root, measurements => {
        lcp => { value => 2543.1, unit => 'millisecond' }, fcp => undef, fid => { value => 'soon' }, CLS => { value => 0.1 }, ttfb => { value => 1 },
    })), 200, '59: measurements');
    my $s = attributes(of_span($trace, $root));
    is($s->{'measurements.lcp'}, 2543.1, '59: a value');
    is($s->{'measurements.cls'}, 0.1, '59: an upper-case name is lowered');
    is($s->{'measurements.ttfb'}, 1, '59: a unit may be missing');
    ok(!exists $s->{"measurements.$_"}, "59: $_ is dropped") for qw(fcp fid);
    ok(!exists $w->event({ message => 'x', measurements => { lcp => { value => 1 } } })->{measurements}, '59: an error has none');
}

# ---- 60: the trace header ----
for my $case ([ 'a numeric sample_rate', sample_rate => 0.25, public_key => $q->key ], [ 'no public_key', sample_rate => '0.25' ],
    [ 'the key of another project', sample_rate => '0.25', public_key => 'f' x 32 ])
{
    my ($name, %dsc) = @$case;
    my ($trace, $root, $id) = (new_trace(), new_span(), new_id());
    is(send_transaction(transaction($trace, $root), trace => { trace_id => $trace, %dsc }), 200, "60: $name");
    is(of_span($trace, $root)->{project}, 'default', '60: ... stored under the key of the request');
    my $r = $w->envelope(Quern::json_text({ event_id => $id, trace => { trace_id => $trace, %dsc } }) . "\n" . item({ type => 'event' }, { message => 'x' }));
    ok($r->{status} == 200 && $w->doc($id), '60: ... an error likewise');
}

# ---- 61, 62: containers ----
my %of_spans = (type => 'span', content_type => 'application/vnd.sentry.items.span.v2+json');
my %of_logs = (type => 'log', content_type => 'application/vnd.sentry.items.log+json');
sub v2 { my ($trace, %o) = @_; return { trace_id => $trace, span_id => new_span(), name => 'step', status => 'ok', start_timestamp => $now, end_timestamp => $now + 0.1, %o } }
{
    my ($trace, $status) = new_trace();
    my $n = $w->grew(1, sub { $status = $w->envelope("{}\n" . item({ %of_spans, item_count => 3 }, { version => 2, items => [ v2($trace), v2($trace) ] }))->{status} }, 'invalid', 'span');
    is($status, 200, '61: item_count is wrong: 200');
    cmp_ok($n, '>=', 1, '61: ... counted');
    is(rows($trace), 0, '61: ... dropped');
    is($w->envelope("{}\n" . item({ %of_spans, item_count => 3 }, { version => 99, items => [ v2($trace), 7, v2($trace, attributes => undef) ] }))->{status},
        200, '61: a broken element, an unknown version');
    is(rows($trace), 2, '61: the others are stored');
}
{
    my $trace = new_trace();
    my $log = sub { return { timestamp => $now, level => 'info', body => "$_[0] in $trace", @_[1 .. $#_] } };
    my @items = (
        $log->('big', trace_id => $trace, attributes => { n => { value => '9223372036854775808', type => 'integer' } }),
        $log->('untyped', trace_id => $trace, attributes => { a => { value => 'x' } }),
        $log->('bare', trace_id => $trace),
        $log->('alone'),
    );
    my $text = Quern::json_text({ items => \@items });
    $text =~ s/"9223372036854775808"/9223372036854775808/;
    is($w->envelope("{}\n" . item({ %of_logs, item_count => 4 }, $text))->{status}, 200, '62: log records');
    my @found = map { @{ $a->get("$org/logs/", query => qq("$_ in $trace"))->{json} } } qw(big untyped bare alone);
    is_deeply([ map { $_->{message} } @found ], [ map { "$_ in $trace" } qw(big untyped bare alone) ], '62: an integer of 2^63, no type, no attributes, no trace: all are kept');
    is({ map { @$_ } @{ $found[1]{attributes} } }->{a}, 'x', '62: the type of a value is inferred');
    my $n = $w->grew(1, sub { $w->envelope("{}\n" . item({ type => 'log', item_count => 1 }, { items => [ $log->('untold', trace_id => $trace) ] })) }, 'invalid', 'log_item');
    is($n, 1, '61: without content_type a container of logs is dropped, and counted');
    is(scalar @{ $a->get("$org/logs/", query => qq("untold in $trace"))->{json} }, 0, '61: ... not stored');
}

finish();
