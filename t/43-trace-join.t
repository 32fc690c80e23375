#!/usr/bin/perl
# 43-trace-join -- what belongs together in a trace, and is shown so: errors and log records on their spans,
# issues and their traces, halves that came late, twice, over different protocols, in odd shapes
# (docs/compatibility.md, "OTLP", cases by number); Sentry's own trace endpoints.
use strict;
use warnings;
use lib 't/lib';
use Api;
use JSON::PP ();
use Otlp;
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $o = Otlp->new($q);
my $api = Api->new($q);
my $org = '/organizations/default';
my $now = time - 60;

sub table { my ($id) = @_; return $api->get("$org/trace/$id/table/")->{json} }
sub of_span { my ($trace, $id, %p) = @_; return $api->get("$org/trace/$trace/spans/$id/", %p)->{json} }
sub list { my (%p) = @_; return $api->get("$org/traces/", %p)->{json} }
sub names_of { my ($t) = @_; return [map { $t->{names}[$_->[3]] } @{ $t->{rows} }] }
sub parents_of { my ($t) = @_; return [map { $_->[1] } @{ $t->{rows} }] }
sub pairs { my ($list) = @_; return { map { @$_ } @$list } }

# A Sentry transaction with one child span; its trace, root and child.
sub transaction {
    my (%t) = @_;
    my ($id, $root, $child) = ($t{trace} // new_trace(), $t{root} // new_span(), new_span());
    my $event = $t{event_id} // Quern::new_id();
    my $r = $q->post_envelope(
        { event_id => $event },
        [
            { type => 'transaction' },
            {
                type => 'transaction', event_id => $event, platform => 'javascript', transaction => $t{name} // '/checkout',
                release => 'front@3', environment => 'staging', start_timestamp => $now, timestamp => $now + 2,
                contexts => { trace => { trace_id => $id, span_id => $root, op => 'pageload', status => 'ok',
                        $t{parent} ? (parent_span_id => $t{parent}) : () } },
                measurements => { lcp => { value => 1200, unit => 'millisecond' } },
                spans => [{ trace_id => $id, span_id => $child, parent_span_id => $root, op => 'http.client',
                        description => 'GET /api/items', start_timestamp => $now + 0.1, timestamp => $now + 1, status => 'ok' }],
            }
        ]
    );
    is($r->{status}, 200, 'a transaction');
    return ($id, $root, $child, $event);
}

# ---- a Sentry half and an OTel half, an error in each, log records ----
{
    my ($id, $root, $child, $transaction) = transaction();
    my ($server, $db) = (new_span(), new_span());
    $o->traces(
        [
            span(trace => $id, id => $server, parent => $child, name => 'GET /api/items', kind => 2, start => $now + 0.2, end => $now + 0.9),
            span(trace => $id, id => $db, parent => $server, name => 'SELECT', kind => 3, start => $now + 0.3, end => $now + 0.8, status => 2,
                attr => { 'db.system.name' => 'mysql' },
                event => [{ name => 'exception', at => $now + 0.7,
                        attr => { 'exception.type' => 'Deadlock', 'exception.message' => 'lock wait',
                            'exception.stacktrace' => qq(Traceback (most recent call last):\n  File "/app/db.py", line 4, in run\nDeadlock: lock wait) } }]),
        ],
        service => 'items', resource => { 'telemetry.sdk.language' => 'python' });
    my $event = $q->send_event(level => 'warning', message => 'cart is odd', transaction => '/checkout',
        contexts => { trace => { trace_id => $id, span_id => $child } });
    my $far = $q->send_event(message => 'elsewhere', contexts => { trace => { trace_id => $id, span_id => new_span() } });
    $o->logs([map { logrec(trace => $id, id => $server, body => "step $_", at => $now + 0.5) } 1 .. 3], service => 'items');
    $o->logs([logrec(trace => $id, body => 'no span', at => $now)], service => 'items');

    my $t = table($id);
    is_deeply(names_of($t), ['/checkout', 'GET /api/items', 'GET /api/items', 'SELECT'], 'one trace of both halves');
    is_deeply(parents_of($t), [-1, 0, 1, 2], 'one below the other');
    is_deeply([map { $t->{services}[$_->[2]] } @{ $t->{rows} }[1, 2]], [qw(default items)], 'two services');
    my %error = map { $_->{title} => $_ } @{ $t->{errors} };
    is(scalar keys %error, 3, 'three errors');
    is($error{'cart is odd'}{row}, 1, 'the one of the SDK on its span');
    is($error{'cart is odd'}{level}, 'warning', 'with its level');
    is($error{'cart is odd'}{eventId}, $event, 'and its event');
    is($error{elsewhere}{row}, -1, 'one of a span that is not here');
    is($error{'Deadlock: lock wait'}{row}, 3, 'the one that OpenTelemetry told of on its span');
    is_deeply($t->{logs}, [[2, 3]], 'log records on theirs');
    is($t->{logCount}, 4, 'and one of no span');

    my $issue = $api->get("$org/issues/$error{'Deadlock: lock wait'}{issue}/events/latest/")->{json};
    is($issue->{contexts}{trace}{trace_id}, $id, 'an event knows its trace');
    is($issue->{contexts}{trace}{span_id}, $db, 'and its span');
    my ($row) = @{ list(query => "trace:$id") };
    is_deeply([sort map { $_->{title} } @{ $row->{issues} }], [sort keys %error], 'a list names the issues of a trace');
    like($row->{issues}[0]{shortId}, qr/^DEFAULT-/, 'by their short ids');

    is_deeply([map { $_->{traceId} } @{ list(issue => $error{'Deadlock: lock wait'}{issue}) }], [$id], 'an issue has its traces');
    is_deeply([map { $_->{traceId} } @{ list(issue => $error{'cart is odd'}{issue}, service => 'nobody') }], [], 'that fit');
    is($api->get("$org/traces/", issue => 'DEFAULT-ZZZ')->{status}, 404, 'an unknown issue');

    # ---- the same as Sentry tells it ----
    my $nodes = $api->get("$org/trace/$id/")->{json};
    is(scalar @$nodes, 2, 'a root, and the error without a span');
    my ($first, $stray) = @$nodes;
    is($stray->{event_type}, 'error', 'it stands beside');
    is($first->{event_id}, $root, 'spans by their ids');
    is($first->{transaction_id}, $transaction, 'a transaction by that of its event');
    is("$first->{event_type} $first->{op} $first->{transaction} $first->{project_slug}", 'span pageload /checkout default', 'what it is');
    ok($first->{is_transaction} && !$first->{children}[0]{is_transaction}, 'transactions are told');
    is($first->{duration}, 2000, 'durations in ms');
    is($first->{measurements}{'measurements.lcp'}, 1200, 'measurements');
    is($first->{children}[0]{errors}[0]{event_id}, $event, 'errors in their spans');
    like($first->{children}[0]{errors}[0]{short_id}, qr/^DEFAULT-/, 'with their issues');
    my $deep = $first->{children}[0]{children}[0]{children}[0];
    is($deep->{event_id}, $db, 'spans in spans');
    is($deep->{transaction}, 'GET /api/items', 'under their transaction');
    is($deep->{parent_span_id}, $server, 'parents');
    is_deeply($api->get("$org/trace/" . new_trace() . '/')->{json}, [], 'an unknown trace has no nodes');
    is($api->get("$org/trace/nonsense/")->{status}, 400, 'what is no id');
    is(scalar @{ $api->get("$org/trace/$id/", limit => 1)->{json}[0]{children} }, 0, 'a limit');
    my $meta = $api->get("$org/trace-meta/$id/")->{json};
    is("$meta->{spansCount} $meta->{errorsCount} $meta->{logsCount}", '4 3 4', 'its figures');
    is($meta->{span_count}, 4, 'under the old names as well');
    is($meta->{spansCountMap}{db}, 1, 'by op');
    my %children = map { $_->{'transaction.event_id'} => $_->{'count()'} } @{ $meta->{transactionChildCountMap} };
    is($children{$transaction}, 2, 'and by transaction');
}

# ---- an issue of many traces ----
{
    my @ids = map { new_trace() } 1 .. 12;
    for my $id (@ids) {
        my $span = new_span();
        $o->traces([span(trace => $id, id => $span, name => 'often', kind => 2)]);
        $q->send_event(message => 'it happens often', contexts => { trace => { trace_id => $id, span_id => $span } });
    }
    $q->send_event(message => 'it happens often', contexts => { trace => { trace_id => $_, span_id => new_span() } }) for @ids[3, 5], new_trace();
    my ($issue) = map { $_->{issue} } @{ table($ids[0])->{errors} };
    my (@seen, $cursor);
    do {
        my $r = $api->get("$org/traces/", issue => $issue, per_page => 5, $cursor ? (cursor => $cursor) : ());
        push @seen, map { $_->{traceId} } @{ $r->{json} };
        my $next = Api::links($r)->{next};
        $cursor = $next->{results} eq 'true' ? $next->{cursor} : undef;
    } while ($cursor && @seen < 50);
    is_deeply([sort @seen], [sort @ids], 'page by page, each once');
    is_deeply([@seen[0, 1]], [@ids[5, 3]], 'by their newest event');
}

# ---- odd shapes ----
{
    my ($id, $x, $y, $z) = (new_trace(), map { new_span() } 1 .. 3);
    $o->traces([span(trace => $id, id => $x, parent => $x, name => 'own parent')]);
    is_deeply(parents_of(table($id)), [-1], '23: its own parent: a root');
    $id = new_trace();
    $o->traces([span(trace => $id, id => $x, parent => $y, name => 'x', start => $now), span(trace => $id, id => $y, parent => $x, name => 'y', start => $now + 1)]);
    is_deeply(parents_of(table($id)), [-1, 0], '23: parents of each other: the earlier one is the root');
    is(scalar @{ $api->get("$org/trace/$id/")->{json} }, 1, '23: and the view ends');
    is(list(query => "trace:$id")->[0]{rootName}, 'x', '23: in a list, too');

    $id = new_trace();
    $o->traces([span(trace => $id, id => $x, name => 'call', kind => 3, start => $now, end => $now + 1)], service => 'one');
    $o->traces([span(trace => $id, id => $x, name => 'served', kind => 2, start => $now + 0.1, end => $now + 0.9)], service => 'two');
    my $t = table($id);
    is_deeply(names_of($t), [qw(call served)], '33: one id, client and server: two spans');
    is_deeply(parents_of($t), [-1, 0], '33: the server below the client');
    is(of_span($id, $x)->{count}, 2, '33: both by that id');
    is_deeply([map { of_span($id, $x, n => $_)->{name} } 0, 1], [qw(call served)], '33: one after the other');

    $id = new_trace();
    $o->traces([span(trace => $id, id => $y, parent => $x, name => 'child', start => $now + 1, end => $now + 2)], service => 'two');
    is(list(query => "trace:$id")->[0]{orphans}, 1, '34: a child whose parent is not here');
    $o->traces([span(trace => $id, name => 'filler', trace => new_trace())]) for 1 .. 20;
    $o->traces([span(trace => $id, id => $x, name => 'parent', kind => 2, start => $now, end => $now + 3)], service => 'one');
    $t = table($id);
    is_deeply(names_of($t), [qw(parent child)], '34: that came long after');
    is(scalar(grep { $_->{traceId} eq $id } @{ list(per_page => 100) }), 1, '34: is listed once');
    is(list(query => "trace:$id")->[0]{orphans}, 0, '34: whole');

    $id = new_trace();
    my $body = traces_pb([span(trace => $id, id => $x, name => 'again')]);
    is($o->post('/v1/traces', $body)->{status}, 200, "32: sent $_") for 'once', 'twice';
    is(table($id)->{spans}, 1, '32: one copy');
    $o->traces([span(trace => $id, id => $x, name => 'again', start => $now, end => $now + 1), span(trace => $id, id => $y, name => 'more', start => $now)]);
    is_deeply([table($id)->{spans}, table($id)->{duplicates}], [2, 1], '32: the fuller copy of two');
}

# ---- values keep their kinds ----
{
    my ($id, $span) = (new_trace(), new_span());
    my @attr = (
        { key => 'nan', value => { doubleValue => 'NaN' } },
        { key => 'half', value => { doubleValue => 0.5 } },
        { key => 'big', value => { intValue => '9007199254740993' } },
        { key => 'yes', value => { boolValue => JSON::PP::true } },
        { key => 'none', value => {} },
        { key => 'absent', value => undef },
        { key => 'bytes', value => { bytesValue => 'AQID' } },
        { key => 'list', value => { arrayValue => { values => [{ intValue => 1 }, { stringValue => 'two' }] } } },
        { key => 'map', value => { kvlistValue => { values => [{ key => 'deep', value => { boolValue => JSON::PP::false } }] } } },
    );
    my $r = $o->json('/v1/traces', { resourceSpans => [{ scopeSpans => [{ spans => [{
        traceId => uc $id, spanId => $span, name => 'kinds', kind => 'SPAN_KIND_SERVER',
        startTimeUnixNano => $now . '123456789', endTimeUnixNano => $now . '123456790', attributes => \@attr,
        links => [{ traceId => $id, spanId => $span, attributes => [] }],
        events => [{ timeUnixNano => $now . '123456889', name => 'tick', attributes => [{ key => 'n', value => { intValue => 7 } }] }],
    }] }] }] });
    is($r->{status}, 200, 'JSON in');
    my $s = of_span($id, $span);
    my $a = pairs($s->{attributes});
    is($a->{nan}, 'NaN', '27: NaN as a string');
    ok(exists $a->{none} && !defined $a->{none}, '28: a key without a value');
    is($a->{half}, 0.5, '28: fractions');
    is($a->{big}, 9007199254740993, '25: integers of any size');
    ok(ref $a->{yes} && $a->{yes}, '28: truth');
    is_deeply($a->{list}, [1, 'two'], '28: lists');
    is_deeply($a->{map}, { deep => JSON::PP::false }, '28: maps');
    is($a->{bytes}, 'AQID', '28: bytes');
    is($s->{durationUs}, 0.001, '25: a nanosecond');
    is($s->{kind}, 'server', '26: kinds by name');
    is($s->{events}[0]{offsetUs}, 0.1, 'an event in its time');
    is(pairs($s->{events}[0]{attributes})->{n}, 7, 'with its attributes');
    is($s->{links}[0]{traceId}, $id, 'a link');
    is($s->{service}, 'unknown_service', '40: no service named');
}

# ---- 36: large ----
{
    my ($id, $root) = (new_trace(), new_span());
    my $made = 0;
    for my $part (1 .. 20) {
        my @spans = map { span(trace => $id, parent => $root, name => 'row ' . $_ % 50, start => $now + ++$made / 1000, end => $now + $made / 1000 + 0.0005) } 1 .. 250;
        is($o->traces(\@spans, service => 'batch')->{status}, 200, '36: 250 spans') if $part == 1;
        $o->traces(\@spans, service => 'batch') if $part > 1;
    }
    $o->traces([span(trace => $id, id => $root, name => 'nightly', kind => 5, start => $now, end => $now + 10)], service => 'batch');
    my $t = table($id);
    is("$t->{spans} " . @{ $t->{rows} }, '5001 5001', '36: all of them');
    is($t->{orphans}, 0, '36: below their root, that came last');
    my ($row) = grep { $_->{traceId} eq $id } @{ list(sort => '-spans') };
    is($row->{spans}, 5001, '36: counted in the list');
    is($row->{services}[0]{spans}, 5001, '36: and by service');
    is(list(sort => '-spans')->[0]{traceId}, $id, '36: the largest first');
}

# ---- beside each other ----
{
    my @ids = map { new_trace() } 1, 2;
    for my $n (0, 1) {
        my $root = new_span();
        $o->traces([
            span(trace => $ids[$n], id => $root, name => 'GET /cart', kind => 2, start => $now, end => $now + 1 + $n),
            map({ span(trace => $ids[$n], parent => $root, name => 'SELECT', kind => 3, start => $now + 0.1 * $_, end => $now + 0.1 * $_ + 0.05, status => $n ? 2 : 0) } 1 .. 1 + 2 * $n),
            $n ? span(trace => $ids[$n], parent => $root, name => 'retry', start => $now + 0.5, end => $now + 0.6) : (),
        ], service => 'web');
    }
    my $r = $api->get("$org/traces/compare/", left => $ids[0], right => $ids[1]);
    is($r->{status}, 200, 'two traces');
    $r = $r->{json};
    is("$r->{left}{traceId} $r->{right}{traceId}", "@ids", 'side by side');
    my %row = map { $_->{name} => $_ } @{ $r->{rows} };
    is("$row{SELECT}{left}{spans} $row{SELECT}{right}{spans} $row{SELECT}{right}{errors}", '1 3 3', 'counted by place');
    ok(!defined $row{retry}{left} && $row{retry}{right}{spans} == 1, 'what only one of them has');
    is($row{SELECT}{depth}, 1, 'in the tree');
    is($api->get("$org/traces/compare/", left => $ids[0])->{status}, 400, 'both are needed');
    is($api->get("$org/traces/compare/", left => $ids[0], right => new_trace())->{status}, 404, 'and must be there');
}

finish();
