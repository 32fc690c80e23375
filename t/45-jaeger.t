#!/usr/bin/perl
# 45-jaeger -- Jaeger's query API below /jaeger, versions 1 and 3, request by request as Grafana's Jaeger data
# source sends them (docs/compatibility.md, "Traces", cases by number).
use strict;
use warnings;
use lib 't/lib';
use Grafana;
use MIME::Base64;
use Otlp;
use POSIX 'strftime';
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $o = Otlp->new($q);
my $g = Grafana->new($q, '/jaeger');
my $now = time - 20;

sub us { my ($s) = @_; return int($s * 1e6 + 0.5) }
sub tags_of { my ($list) = @_; return { map { $_->{key} => $_->{value} } @$list } }
sub types_of { my ($list) = @_; return { map { $_->{key} => $_->{type} } @$list } }
sub ids_of { my ($r) = @_; return [sort map { $_->{traceID} } @{ $r->{json}{data} }] }
sub search { my %p = (start => us($now - 3600), end => us($now + 60), limit => 20, @_); return $g->get('/api/traces', %p) }

# ---- what is there: a trace of two services, one that is slow, one that failed ----
my ($trace, $slow, $failed) = map { new_trace() } 1 .. 3;
my ($root, $call, $server, $query) = map { new_span() } 1 .. 4;
$o->traces(
    [
        span(trace => $trace, id => $root, name => 'GET /cart', kind => 2, start => $now, end => $now + 0.5,
            attr => { 'http.route' => '/cart', 'http.response.status_code' => { int => 500 }, big => { int => 9007199254740993 }, ratio => { double => 0.25 },
                gift => { bool => 1 }, items => { list => ['a', { int => 2 }] } },
            event => [{ at => $now + 0.2, name => 'exception', attr => { 'exception.type' => 'KeyError', 'exception.message' => 'sku' } }],
            status => 2, message => 'no price', link => [{ trace => '0102030405060708090a0b0c0d0e0f10', id => '0102030405060708' }]),
        span(trace => $trace, id => $call, parent => $root, name => 'POST', kind => 3, start => $now + 0.1, end => $now + 0.3),
    ],
    service => 'web', resource => { 'host.name' => 'web-1', 'service.version' => '1.2' });
$o->traces(
    [
        span(trace => $trace, id => $server, parent => $call, name => 'POST /price', kind => 2, start => $now + 0.15, end => $now + 0.25),
        span(trace => $trace, id => $query, parent => $server, name => 'SELECT prices', kind => 3, start => $now + 0.16, end => $now + 0.2,
            attr => { 'db.system.name' => 'mysql' }),
    ],
    service => 'price/list');
$o->traces([span(trace => $slow, name => 'GET /cart', kind => 2, start => $now, end => $now + 3, attr => { 'http.response.status_code' => '500' })], service => 'web');
$o->traces([span(trace => $failed, name => 'GET /help', kind => 2, start => $now, end => $now + 0.01, attr => { 'http.response.status_code' => { int => 404 } })],
    service => 'web');

# ---- who may ----
{
    is($g->get('/api/services', headers => { Authorization => '' })->{status}, 401, 'no credentials: 401');
    my $r = $g->get('/api/services', headers => { Authorization => 'Basic ' . encode_base64('a:wrong', '') });
    is($r->{status}, 401, 'a wrong password: 401');
    is($r->{json}{errors}[0]{code}, 401, "in Jaeger's envelope");
    like($r->{headers}{'www-authenticate'}, qr/^Basic /, 'and says what is wanted');
    is($g->get('/api/services', headers => { Authorization => 'Bearer ' . $q->token })->{status}, 200, 'a token as Bearer');
    is($q->http(GET => '/api/0/organizations/', headers => { Authorization => $g->{auth} })->{status}, 401, 'a password is no way into the other API');
    is($g->get('/api/nothing')->{status}, 404, 'an unknown path');
}

# ---- 62: Grafana's Jaeger data source, in the order of its pages ----
{
    my $r = $g->get('/api/services');    # "Save & test"
    is($r->{status}, 200, '62: the test of the data source');
    is_deeply($r->{json}, { data => ['price/list', 'web'], total => 2, limit => 0, offset => 0, errors => undef }, '62: services');
    $r = $g->get('/api/services/web/operations');
    is_deeply($r->{json}{data}, ['GET /cart', 'GET /help', 'POST'], '62: operations');
    is($r->{json}{total}, 3, 'and how many');
    is_deeply($g->get('/api/services/price%2Flist/operations')->{json}{data}, ['POST /price', 'SELECT prices'], 'of a service with a slash');
    is_deeply($g->get('/api/services/price/list/operations')->{json}{data}, ['POST /price', 'SELECT prices'], 'which Grafana leaves as it is');
    is_deeply($g->get('/api/services/nobody/operations')->{json}{data}, [], 'of nobody');

    $r = search(service => 'web');
    is($r->{status}, 200, '62: search');
    is_deeply(ids_of($r), [sort $trace, $slow, $failed], 'every trace of the service');
    ok(!(grep { !@{ $_->{spans} } } @{ $r->{json}{data} }), 'none without spans: Grafana sorts by the first');
    my ($found) = grep { $_->{traceID} eq $trace } @{ $r->{json}{data} };
    is(scalar @{ $found->{spans} }, 4, 'whole, with the spans of the other service');
    is_deeply(ids_of(search(service => 'web', operation => 'GET /help')), [$failed], 'by operation');
    is_deeply(ids_of(search(service => 'web', tags => '{"http.response.status_code":"500"}')), [sort $trace, $slow], '63: a tag, sent as int or as string');
    is_deeply(ids_of(search(service => 'web', tag => ['http.response.status_code:404'])), [$failed], 'a tag as key:value');
    is_deeply(ids_of(search(service => 'web', tags => '{"error":"true"}')), [sort $trace, $slow], 'error=true: by status, or a server that said 500');
    is_deeply(ids_of(search(service => 'web', tags => '{"http.route":"/cart","span.kind":"server"}')), [$trace], 'several');
    is_deeply(ids_of(search(service => 'web', tags => '{"exception.type":"KeyError"}')), [$trace], 'a field of a log of a span');
    is_deeply(ids_of(search(service => 'web', tags => '{"exception.type":"OtherError"}')), [], 'of none');
    is_deeply(ids_of(search(service => 'web', minDuration => '1.5s')), [$slow], 'at least so long');
    is_deeply(ids_of(search(service => 'web', operation => 'GET /cart', maxDuration => '600ms')), [$trace], 'at most so long');
    is_deeply(ids_of(search(service => 'web', start => us($now - 7200), end => us($now - 3600))), [], 'another time');
    is(scalar @{ search(service => 'web', limit => 1)->{json}{data} }, 1, 'no more than asked for');
    is_deeply(ids_of($g->get('/api/traces', traceID => [$trace, $slow, 'ffff'])), [sort $trace, $slow], 'by ids, as far as they are there');

    my $lost = Grafana->new($q, '');
    is_deeply(ids_of($lost->get('/api/traces', service => 'web', limit => 20, start => us($now - 3600), end => us($now + 60))), [sort $trace, $slow, $failed],
        'Grafana 12.0 asks without the path of its data source');
    is($lost->get('/api/traces', service => 'web', headers => { Authorization => '' })->{status}, 401, 'and shows its token there, too');

    $r = $g->get("/api/traces/$trace", start => int($now * 1000), end => int($now * 1000));    # milliseconds, as Grafana sends them
    is($r->{status}, 200, '62: a trace');
    is($r->{json}{total}, 1, 'one');
    my $t = $r->{json}{data}[0];
    is($t->{traceID}, $trace, 'its id');
    my %span = map { $_->{spanID} => $_ } @{ $t->{spans} };
    is_deeply([sort keys %span], [sort $root, $call, $server, $query], 'its spans');
    is_deeply($span{$call}{references}, [{ refType => 'CHILD_OF', traceID => $trace, spanID => $root }], 'below one another');
    is_deeply($span{$root}{references}, [{ refType => 'FOLLOWS_FROM', traceID => '0102030405060708090a0b0c0d0e0f10', spanID => '0102030405060708' }], 'a link');
    ok(abs($span{$root}{startTime} - us($now)) <= 1, 'start in microseconds');
    ok(abs($span{$root}{duration} - 500_000) <= 1, 'duration likewise');
    my $process = $t->{processes}{ $span{$root}{processID} };
    is($process->{serviceName}, 'web', 'its process');
    is_deeply(tags_of($process->{tags}), { 'host.name' => 'web-1', 'service.version' => '1.2' }, 'with the tags of the resource');
    is($t->{processes}{ $span{$server}{processID} }{serviceName}, 'price/list', "and the other service's");
    my ($tags, $types) = (tags_of($span{$root}{tags}), types_of($span{$root}{tags}));
    is($tags->{'span.kind'}, 'server', 'kind');
    is($tags->{'http.response.status_code'}, 500, 'an integer');
    is($tags->{big}, '9007199254740993', 'a large one, to the last digit');
    is_deeply([@$types{qw(http.response.status_code ratio gift items http.route)}], [qw(int64 float64 bool string string)], 'types');
    is($tags->{items}, '["a",2]', 'a list as JSON');
    ok($tags->{error}, 'failed');
    is($tags->{'otel.status_description'}, 'no price', 'because');
    is_deeply(tags_of($span{$root}{logs}[0]{fields}), { event => 'exception', 'exception.type' => 'KeyError', 'exception.message' => 'sku' }, 'an event is a log');
    is_deeply($span{$call}{logs}, [], 'none: an empty list');

    $r = $g->get('/api/dependencies', endTs => int(time * 1000), lookback => 3600000);
    is($r->{status}, 200, '62: dependencies');
    my %edge = map { ("$_->{parent}>$_->{child}" => $_->{callCount}) } @{ $r->{json}{data} };
    is($edge{'web>price/list'}, 1, 'who calls whom, how often');
    is($edge{'price/list>mysql'}, 1, 'a database');
    ok(!(grep {/^user>/} keys %edge), 'who calls from outside is no service');
    is_deeply($g->get('/api/dependencies', endTs => int(($now - 86400) * 1000), lookback => 3600000)->{json}{data}, [], 'nothing a day ago');
    # A sanitized server would not survive a sum that overflows.
    my $max = '9223372036854775807';
    is_deeply($g->get('/api/dependencies', endTs => $max, lookback => 1)->{json}{data}, [], 'nor at the end of time');
    is($g->get('/api/metrics/calls', service => 'web', endTs => $max, lookback => $max, step => $max)->{status}, 200, 'nor of all of it in one step');
}

# ---- ids, errors ----
{
    is($g->get('/api/traces', service => 'x')->{status}, 200, '60: a search without a match');
    is_deeply($g->get('/api/traces', service => 'x')->{json}{data}, [], '60: is an empty list');
    my $r = $g->get('/api/traces/ffff');
    is($r->{status}, 404, '60: an unknown trace');
    is_deeply($r->{json}, { data => undef, total => 0, limit => 0, offset => 0, errors => [{ code => 404, msg => 'trace not found' }] }, "60: in Jaeger's envelope");
    is($g->get('/api/traces/xyz')->{status}, 400, 'no id at all');
    my $short = '00000000000000001' . substr new_trace(), 0, 15;
    $o->traces([span(trace => $short, name => 'zipkin')], service => 'old');
    (my $bare = $short) =~ s/^0+//;
    is($g->get("/api/traces/$bare")->{json}{data}[0]{traceID}, $short, 'an id without its leading zeros');
    for (
        [{}, qr/parameter 'service' is required/],
        [{ service => 'web', start => 'x' }, qr/unable to parse param 'start'/],
        [{ service => 'web', tags => '{' }, qr/malformed 'tags' parameter, cannot unmarshal JSON/],
        [{ service => 'web', tag => 'x' }, qr/malformed 'tag' parameter, expecting key:value/],
        [{ service => 'web', minDuration => 'long' }, qr/unable to parse param 'minDuration'/],
        [{ service => 'web', minDuration => '2s', maxDuration => '1s' }, qr/'maxDuration' should be greater than 'minDuration'/],
        )
    {
        my ($params, $want) = @$_;
        my $r = $g->get('/api/traces', %$params);
        is($r->{status}, 400, "refused: $want");
        like($r->{json}{errors}[0]{msg}, $want, 'with the reason');
    }
    is($g->get('/api/operations')->{status}, 400, 'operations of nobody');
    is_deeply($g->get('/api/operations', service => 'web', spanKind => 'client')->{json}{data}, [{ name => 'POST', spanKind => 'client' }], 'operations of a kind');
}

# ---- figures: the Monitor tab of Jaeger's UI ----
{
    my %time = (endTs => int((time + 60) * 1000), lookback => 1800000, step => 60000);
    my $sum = sub { my ($m) = @_; my $n = 0; $n += $_->{gaugeValue}{doubleValue} for @{ $m->{metricPoints} }; return $n };
    my $r = $g->get('/api/metrics/calls', service => 'web', %time);
    is($r->{json}{name}, 'service_call_rate', 'rates of a service');
    is(sprintf('%.0f', 60 * $sum->($r->{json}{metrics}[0])), 3, 'calls, of servers alone');
    $r = $g->get('/api/metrics/calls', service => 'web', groupByOperation => 'true', %time);
    my %by = map { tags_of([map { { key => $_->{name}, value => $_->{value} } } @{ $_->{labels} }])->{operation} => $_ } @{ $r->{json}{metrics} };
    is(sprintf('%.0f', 60 * $sum->($by{'GET /cart'})), 2, 'by operation');
    $r = $g->get('/api/metrics/errors', service => 'web', %time);
    ok((grep { abs($_->{gaugeValue}{doubleValue} - 2 / 3) < 1e-9 } @{ $r->{json}{metrics}[0]{metricPoints} }), 'errors as a share of the calls');
    $r = $g->get('/api/metrics/latencies', service => 'web', groupByOperation => 'true', quantile => 0.95, %time);
    my ($help) = grep { $_->{labels}[0]{value} eq 'GET /help' } @{ $r->{json}{metrics} };
    ok(abs($help->{metricPoints}[0]{gaugeValue}{doubleValue} - 10) < 0.3, 'durations in ms');
    like($help->{metricPoints}[0]{timestamp}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/, 'at a minute');
    is($g->get('/api/metrics/latencies', service => 'web')->{status}, 400, 'which quantile?');
    is($g->get('/api/metrics/calls')->{status}, 400, 'of whom?');
    is($g->get('/api/metrics/calls', service => [1 .. 17])->{status}, 400, 'of too many at a time');
}

# ---- version 3 ----
{
    my @time = map { strftime('%Y-%m-%dT%H:%M:%S', gmtime $_) } $now - 3600, $now + 60;
    my %time = ('query.startTimeMin' => "$time[0].000000001Z", 'query.startTimeMax' => "$time[1]Z");
    is_deeply($g->get('/api/v3/services')->{json}, { services => ['old', 'price/list', 'web'] }, 'services');
    is_deeply($g->get('/api/v3/operations', service => 'price/list')->{json},
        { operations => [{ name => 'POST /price', spanKind => 'server' }, { name => 'SELECT prices', spanKind => 'client' }] }, 'operations');
    my $r = $g->get("/api/v3/traces/$trace", startTime => "$time[0]Z");
    is($r->{status}, 200, 'a trace');
    my %service;
    for my $rs (@{ $r->{json}{result}{resourceSpans} }) {
        my ($name) = map { $_->{value}{stringValue} } grep { $_->{key} eq 'service.name' } @{ $rs->{resource}{attributes} };
        $service{$name} += @{ $_->{spans} } for @{ $rs->{scopeSpans} };
    }
    is_deeply(\%service, { web => 2, 'price/list' => 2 }, 'in OTLP/JSON');
    my ($first) = map { @{ $_->{spans} } } map { @{ $_->{scopeSpans} } } @{ $r->{json}{result}{resourceSpans} };
    is($first->{spanId}, $root, 'ids are hex');
    my ($code) = grep { $_->{key} eq 'http.response.status_code' } @{ $first->{attributes} };
    is_deeply($code->{value}, { intValue => '500' }, 'integers are strings: Grafana reads them so');

    $r = $g->get('/api/v3/traces', 'query.serviceName' => 'web');
    is($r->{status}, 400, '61: a search without times');
    is($r->{json}{error}{httpCode}, 400, '61: in the envelope of version 3');
    $r = $g->get('/api/v3/traces', 'query.serviceName' => 'web', 'query.attributes' => '{"http.response.status_code":"500"}', %time);
    my %found = map { $_->{traceId} => 1 } map { @{ $_->{spans} } } map { @{ $_->{scopeSpans} } } @{ $r->{json}{result}{resourceSpans} };
    is_deeply([sort keys %found], [sort $trace, $slow], 'search');
    $r = $g->get('/api/v3/traces', 'query.service_name' => 'nobody', %time);
    is($r->{status}, 404, 'nothing found');
    is($r->{json}{error}{message}, 'No traces found', 'is an error there');
    my $blank = $time[1] . ' 00:00';    # "+00:00", not encoded
    is($g->get('/api/v3/traces', 'query.startTimeMin' => "$time[0]Z", 'query.startTimeMax' => $blank)->{status}, 200, 'a blank for the plus of a zone');

    $r = $g->get('/api/v3/trace-summaries', 'query.serviceName' => 'price/list', %time);
    is(scalar @{ $r->{json}{summaries} }, 1, 'summaries');
    my $s = $r->{json}{summaries}[0];
    my ($from, $to) = delete @$s{qw(minStartTimeUnixNano maxEndTimeUnixNano)};
    is_deeply($s, { traceId => $trace, rootServiceName => 'web', rootOperationName => 'GET /cart', spanCount => 4, errorSpanCount => 1,
        services => [{ name => 'web', spanCount => 2, errorSpanCount => 1 }, { name => 'price/list', spanCount => 2 }] }, 'of a trace');
    is(sprintf('%.3f', ($to - $from) / 1e9), '0.500', 'its length in ns, as strings');
    is($g->get('/api/v3/trace-summaries')->{status}, 400, 'these want times, too');
    $r = $g->get('/api/v3/trace-summaries', 'query.service_name' => 'web', 'query.span_name' => 'GET /help', %time);
    is_deeply([map { $_->{traceId} } @{ $r->{json}{summaries} }], [$failed], "an operation, by the name that Jaeger's interface sends");
    $r = $g->get('/api/v3/dependencies', startTime => "$time[0]Z", endTime => "$time[1]Z");
    my ($link) = grep { $_->{parent} eq 'web' && $_->{child} eq 'price/list' } @{ $r->{json}{dependencies} };
    is_deeply($link, { parent => 'web', child => 'price/list', callCount => '1' }, 'dependencies');
    is($g->get('/api/v3/dependencies', startTime => "$time[1]Z", endTime => "$time[0]Z")->{status}, 400, 'of a time that there is');
    is($g->get('/api/v3/dependencies', start_time => "$time[0]Z")->{status}, 400, 'with both ends');
}

# ---- a needle in many blocks ----
{
    my @want;
    for my $round (1 .. 30) {
        push @want, new_trace();
        my @noise = map { my $note = join '', map { chr 97 + rand 26 } 1 .. 400; span(name => 'noise', kind => 2, start => $now, end => $now + 0.1, attr => { note => $note }) } 1 .. 400;
        $o->traces([@noise, span(trace => $want[-1], name => 'rare', kind => 2, start => $now + $round / 100, attr => { needle => 'yes' })], service => 'hay');
    }
    my $r = search(service => 'hay', tags => '{"needle":"yes"}', limit => 25);
    is($r->{status}, 200, 'a search through many blocks');
    is_deeply(ids_of($r), [sort @want[5 .. 29]], 'finds the newest');
}

# ---- a large trace: as much of it as fits, and the truth about the rest ----
{
    my $large = new_trace();
    my $top = new_span();
    $o->traces([span(trace => $large, id => $top, name => 'batch', kind => 2, start => $now, end => $now + 1)], service => 'batch');
    for my $round (1 .. 12) {
        $o->traces([map { span(trace => $large, parent => $top, name => 'step', start => $now, end => $now + 0.1, attr => { note => 'x' x 500 }) } 1 .. 1000], service => 'batch');
    }
    my $r = $g->get("/api/traces/$large");
    is($r->{status}, 200, 'a trace of 12,001 spans');
    my $t = $r->{json}{data}[0];
    my $shown = @{ $t->{spans} };
    ok($shown > 5000 && $shown < 12001, "$shown of them");
    is($t->{spans}[0]{spanID}, $top, 'from the root down');
    like($t->{warnings}[0], qr/^@{[12001 - $shown]} of its 12001 spans are not shown/, 'which it says');
}
$q->stop;
finish();
