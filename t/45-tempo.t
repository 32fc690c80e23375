#!/usr/bin/perl
# 45-tempo -- Tempo's API below /tempo, request by request as Grafana's Tempo data source sends them
# (docs/compatibility.md, "Traces", cases by number).
use strict;
use warnings;
use lib 't/lib';
use Grafana;
use Otlp;
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $o = Otlp->new($q);
my $g = Grafana->new($q, '/tempo');
my $now = int(time) - 20;
my %range = (start => $now - 3600, end => $now + 60);
my %protobuf = (headers => { Accept => 'application/protobuf' });

sub search { my (%p) = (%range, limit => 20, spss => 3, @_); return $g->get('/api/search', %p) }
sub found { my ($r) = @_; return [sort map { $_->{traceID} } @{ $r->{json}{traces} }] }
sub ql { return found(search(q => $_[0])) }
sub values_of { my ($tag, @p) = @_; return $g->get("/api/v2/search/tag/$tag/values", @p)->{json}{tagValues} }
sub words_of { return [map { $_->{value} } @{ values_of(@_) }] }

# Fields of a protobuf message: number => [values].
sub message {
    my ($bytes) = @_;
    my %out;
    my $number = sub {
        my ($v, $shift) = (0, 0);
        while (1) {
            my $n = ord substr $bytes, 0, 1, '';
            $v |= ($n & 127) << $shift;
            return $v if $n < 128;
            $shift += 7;
        }
    };
    while (length $bytes) {
        my $tag  = $number->();
        my $type = $tag & 7;
        my $v    = $type == 0 ? $number->() : $type == 1 ? unpack 'Q<', substr $bytes, 0, 8, '' : $type == 5 ? unpack 'L<', substr $bytes, 0, 4, '' : substr $bytes, 0, $number->(), '';
        push @{ $out{ $tag >> 3 } }, $v;
    }
    return \%out;
}
# The spans of ResourceSpans: id => [name, service].
sub spans_of {
    my (@resource_spans) = @_;
    my %out;
    for my $rs (map { message($_) } @resource_spans) {
        my ($service) = map { message(message($_->{2}[0])->{1} ? $_->{2}[0] : '')->{1}[0] } grep { $_->{1}[0] eq 'service.name' } map { message($_) } @{ message($rs->{1}[0])->{1} };
        for my $span (map { message($_) } map { @{ message($_)->{2} } } @{ $rs->{2} }) {
            $out{ unpack 'H*', $span->{2}[0] } = [$span->{5}[0], $service];
        }
    }
    return \%out;
}

my ($trace, $slow) = (new_trace(), new_trace());
my ($root, $call, $server) = map { new_span() } 1 .. 3;
$o->traces(
    [
        span(trace => $trace, id => $root, name => 'GET /cart', kind => 2, start => $now, end => $now + 0.5,
            attr => { 'http.route' => '/cart', 'http.response.status_code' => { int => 500 }, ratio => { double => 0.25 }, gift => { bool => 1 } },
            event => [{ at => $now + 0.2, name => 'exception', attr => { 'exception.type' => 'KeyError' } }], status => 2, message => 'no price'),
        span(trace => $trace, id => $call, parent => $root, name => 'POST', kind => 3, start => $now + 0.1, end => $now + 0.3),
    ],
    service => 'web', resource => { 'host.name' => 'web-1' });
$o->traces([span(trace => $trace, id => $server, parent => $call, name => 'POST /price', kind => 2, start => $now + 0.15, end => $now + 0.25)], service => 'price');
$o->traces([span(trace => $slow, name => 'GET /help', kind => 2, start => $now, end => $now + 3, attr => { 'http.response.status_code' => '500', 'http.route' => '/help' })], service => 'web');

# ---- 62: what the data source asks when it is saved, and for a trace ----
{
    is($g->get('/api/echo', headers => { Authorization => '' })->{status}, 401, 'no credentials: 401');
    my $r = $g->get('/api/echo');
    is($r->{status}, 200, '62: the test of the data source');
    is($r->{content}, 'echo', '62: echo');
    like($g->get('/api/status/buildinfo')->{json}{version}, qr/^2\.\d+\.\d+$/, '62: a version, by which Grafana chooses');

    $r = $g->get("/api/v2/traces/$trace", %range, %protobuf);
    is($r->{status}, 200, '62: a trace, version 2');
    is($r->{headers}{'content-type'}, 'application/protobuf', 'in protobuf');
    my $answer = message($r->{content});
    ok(!$answer->{3}, 'complete');
    my $want = { $root => ['GET /cart', 'web'], $call => ['POST', 'web'], $server => ['POST /price', 'price'] };
    is_deeply(spans_of(@{ message($answer->{1}[0])->{1} }), $want, '62: all spans of both services');
    $r = $g->get("/api/traces/$trace", %protobuf);
    is_deeply(spans_of(@{ message($r->{content})->{1} }), $want, 'the same in version 1');
    is($o->post('/v1/traces', $r->{content})->{status}, 200, 'which is what an exporter would send');
    my ($span) = map { message($_) } map { @{ message($_)->{2} } } map { @{ message($_)->{2} } } @{ message($r->{content})->{1} };
    my %attr = map { $_->{1}[0] => message($_->{2}[0]) } map { message($_) } @{ $span->{9} };
    is_deeply([map { keys %{ $attr{$_} } } 'http.route', 'gift', 'http.response.status_code', 'ratio'], [1, 2, 3, 4], 'attributes have their types');
    is(message($span->{11}[0])->{2}[0], 'exception', 'events are there');
    is_deeply(message($span->{15}[0]), { 2 => ['no price'], 3 => [2] }, 'and the status');

    $r = $g->get("/api/v2/traces/$trace")->{json};
    is($r->{status}, 'COMPLETE', 'in JSON, version 2');
    is($r->{trace}{resourceSpans}[0]{scopeSpans}[0]{spans}[0]{traceId}, $trace, 'with ids in hex');
    is(scalar @{ $g->get("/api/traces/$trace")->{json}{batches} }, 2, 'version 1: batches');
    $r = $g->get('/api/v2/traces/' . new_trace(), %protobuf);
    is($r->{status}, 404, 'an unknown trace');
    like($r->{headers}{'content-type'}, qr{^text/plain}, 'in plain text, as Tempo says it');
    is($g->get('/api/traces/xyz')->{status}, 400, 'no id');
}

# ---- 62: search ----
{
    my $r = search(q => '{}');
    is_deeply(found($r), [sort $trace, $slow], '62: search: {} is everything');
    my ($t) = grep { $_->{traceID} eq $trace } @{ $r->{json}{traces} };
    is($t->{rootServiceName}, 'web', 'root service');
    is($t->{rootTraceName}, 'GET /cart', 'root span');
    is($t->{startTimeUnixNano}, $now . '000000000', 'start, as a string');
    is($t->{durationMs}, 500, 'duration, as a number');
    is_deeply($t->{serviceStats}, { web => { spanCount => 2, errorCount => 1 }, price => { spanCount => 1 } }, 'services');
    is($t->{spanSets}[0]{matched}, 3, 'all spans fit');
    is(scalar @{ $t->{spanSets}[0]{spans} }, 3, 'as many as asked for');
    is(scalar @{ (grep { $_->{traceID} eq $trace } @{ search(q => '{}', spss => 1)->{json}{traces} })[0]{spanSets}[0]{spans} }, 1, 'or fewer');
    is_deeply([sort keys %{ $r->{json}{metrics} }], ['inspectedBytes', 'inspectedTraces'], 'metrics');

    $r = search(q => '{ resource.service.name="web" && span.http.response.status_code=500 && kind=server } | select(span.ratio)');
    is_deeply(found($r), [sort $trace, $slow], "63: the query builder's filter: int and string");
    ($t) = grep { $_->{traceID} eq $trace } @{ $r->{json}{traces} };
    my $span = $t->{spanSets}[0]{spans}[0];
    is($span->{spanID}, $root, 'the span that fits');
    is($span->{durationNanos}, '500000000', 'its duration in ns');
    is_deeply({ map { $_->{key} => $_->{value} } @{ $span->{attributes} } },
        { 'service.name' => { stringValue => 'web' }, 'http.response.status_code' => { intValue => '500' }, kind => { stringValue => 'server' }, ratio => { doubleValue => 0.25 } },
        'with what was asked about, typed');
    is_deeply(ql('{ status = error }'), [sort $trace, $slow], 'status');
    is_deeply(ql('{ status = error && name = "GET /cart" }'), [$trace], 'name');
    is_deeply(ql('{ span.http.route =~ "/c.*" }'), [$trace], 'an expression');
    is_deeply(ql('{ duration > 1s }'), [$slow], 'duration of a span');
    is_deeply(ql('{ traceDuration < 1s && .gift = true }'), [$trace], 'of the trace');
    is_deeply(ql('{ rootName = "GET /cart" && resource.service.name = "price" }'), [$trace], 'the root, seen from another span');
    is_deeply(ql('{ resource.service.name = "web" } >> { resource.service.name = "price" }'), [$trace], 'structure');
    is_deeply(ql('{ resource.service.name = "price" } >> { resource.service.name = "web" }'), [], 'the other way round');
    is_deeply(ql('{ } | count() > 2'), [$trace], 'number of spans');
    is_deeply(ql('{ event.exception.type = "KeyError" }'), [$trace], 'events');
    is_deeply(ql('{ span.nothing = 1 }'), [], 'nothing');
    is_deeply(found(search(q => '{}', limit => 1)), found({ json => { traces => [search(q => '{}')->{json}{traces}[0]] } }), 'no more than asked for: the newest');
    is_deeply(found(search(q => '{}', start => $now - 7200, end => $now - 3600)), [], 'another time');
    is_deeply(found(search(q => '{}', minDuration => '1s')), [$slow], 'traces that took so long');

    is_deeply(found(search(tags => 'service.name=web http.route="/cart"')), [$trace], 'tags in logfmt');
    is_deeply(found(search(tags => 'service.name=price http.route="/cart"')), [$trace], 'of different spans');
    is_deeply(found(search(tags => 'http.route="say \"x\""')), [], 'with quotes in them');
    is_deeply(found(search(tags => 'name="GET /help"', maxDuration => '10s')), [$slow], 'a name');
    is_deeply(found(search()), [sort $trace, $slow], 'nothing asked: everything');

    $r = search(q => '{ span.x = }');
    is($r->{status}, 400, 'no TraceQL');
    like($r->{content}, qr/^invalid TraceQL query: /, 'says so in plain text');
    is(search(q => '{}', limit => 'x')->{status}, 400, 'a limit that is none');
    is(search(q => '{}', start => $now, end => $now - 1)->{status}, 400, 'a range that is none');
}

# ---- 62: completion ----
{
    my $r = $g->get('/api/v2/search/tags', %range);
    my %tags = map { $_->{name} => $_->{tags} } @{ $r->{json}{scopes} };
    is_deeply([sort keys %tags], [qw(event instrumentation intrinsic link resource span)], '62: tags by scope');
    is_deeply($tags{resource}, ['host.name', 'service.name'], 'of resources');
    is_deeply($tags{span}, [qw(gift http.response.status_code http.route ratio)], 'of spans');
    is_deeply($tags{event}, ['exception.type'], 'of events');
    ok((grep { $_ eq 'traceDuration' } @{ $tags{intrinsic} }), 'intrinsics');
    is_deeply([map { $_->{name} } @{ $g->get('/api/v2/search/tags', scope => 'span')->{json}{scopes} }], ['span'], 'one scope');
    is_deeply($g->get('/api/search/tags')->{json}, { tagNames => [qw(gift host.name http.response.status_code http.route ratio service.name)] }, '62: version 1');

    is_deeply(values_of('resource.service.name'), [map { { type => 'string', value => $_ } } 'price', 'web'], '62: values: services');
    is_deeply(values_of('span.http.response.status_code'), [{ type => 'string', value => '500' }, { type => 'int', value => '500' }], 'each type it has');
    is_deeply(values_of('.ratio'), [{ type => 'float', value => '0.25' }], 'float');
    is_deeply(values_of('span.gift'), [{ type => 'bool', value => 'true' }], 'bool');
    is_deeply(values_of('status'), [map { { type => 'keyword', value => $_ } } qw(error ok unset)], 'keywords');
    is_deeply(words_of('name'), ['GET /cart', 'GET /help', 'POST', 'POST /price'], 'names');
    is_deeply(words_of('rootName'), ['GET /cart', 'GET /help'], 'names of roots');
    is_deeply(words_of('span.http.route', q => '{ name = "GET /help" }'), ['/help'], 'of what is filtered already');
    is_deeply(words_of('span.http.route', q => '{ name = "GET /he'), ['/cart', '/help'], 'an unfinished query does not filter');
    is_deeply(words_of('duration'), [], 'durations are typed, not picked');
    is_deeply(words_of('span.nothing'), [], 'an unknown tag');
    is_deeply($g->get('/api/search/tag/http.route/values')->{json}, { tagValues => ['/cart', '/help'] }, 'version 1');
    is_deeply($g->get('/api/search/tag/service.name/values')->{json}, { tagValues => ['price', 'web'] }, 'services likewise');
}

# ---- a large trace ----
{
    my $large = new_trace();
    for my $round (1 .. 12) {
        $o->traces([map { span(trace => $large, name => 'step', start => $now, end => $now + 0.1, attr => { note => 'x' x 500 }) } 1 .. 1000], service => 'batch');
    }
    my $r = $g->get("/api/v2/traces/$large", %protobuf);
    my $answer = message($r->{content});
    my $shown = keys %{ spans_of(@{ message($answer->{1}[0])->{1} }) };
    ok($shown > 5000 && $shown < 12000, "$shown of 12,000 spans");
    is($answer->{3}[0], 1, 'partial');
    is($answer->{4}[0], (12000 - $shown) . ' of 12000 spans are not shown', 'and says what is missing');
    is($g->get("/api/v2/traces/$large")->{json}{status}, 'PARTIAL', 'in JSON as well');
}
$q->stop;
finish();
