#!/usr/bin/perl
# 42-otlp-ingest -- OTLP over HTTP: types, encodings, answers, keys, CORS; exceptions become issues
# (docs/compatibility.md, "OTLP", cases by number).
use strict;
use warnings;
use lib 't/lib';
use Ingest;
use MIME::Base64;
use Otlp;
use Quern;
use Test::More;

my $q = Quern->start(workers => 1, conf => "local_project = default\n");
my $o = Otlp->new($q);
my $w = Ingest->new($q);

sub json_span {
    my (%s) = @_;
    my $t = $s{trace} // new_trace();
    return qq({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"$t","spanId":") . new_span()
        . qq(","name":"x","startTimeUnixNano":") . time . qq(000000000","endTimeUnixNano":") . time . qq(000000001"}]}]}]});
}

# ---- success ----
{
    my $r = $o->post('/v1/traces', '');
    is($r->{status}, 200, '1: an empty protobuf body');
    is($r->{content}, '', '1: zero bytes back');
    is($r->{headers}{'content-type'}, 'application/x-protobuf', '66: exactly that type');
    $r = $o->json('/v1/traces', '{}');
    is($r->{status}, 200, '1: {}');
    is($r->{content}, '{}', '1: {} back');
    is($r->{headers}{'content-type'}, 'application/json', '66: exactly that type');
    ok(!$r->{headers}{'content-encoding'}, '66: never compressed');
    is($o->json('/v1/traces', '')->{status}, 400, '2: an empty JSON body');
    is($o->json('/v1/traces', $_)->{status}, 200, "3: $_")
        for '{"resourceSpans":[]}', '{"resourceSpans":[{}]}', '{"resourceSpans":[{"scopeSpans":[{}]}]}';
    $r = $o->json('/v1/traces', '{}', type => 'APPLICATION/JSON; Charset="UTF-8"');
    is($r->{status}, 200, '4: letter case and parameters');
    is($r->{headers}{'content-type'}, 'application/json', '4: none of them in the answer');
    is($o->traces([span()])->{status}, 200, 'a span');
    is($o->json('/v1/traces', json_span())->{status}, 200, 'a span in JSON');
    is($o->logs([logrec()])->{status}, 200, 'a log record');
    is($o->post($_, traces_pb([span()]))->{status}, 200, "8: $_")
        for '/v1/traces/', '//v1//traces', '/prefix/v1/traces', '/api/1/otlp/v1/traces', '/api/1/otlp/v1/traces/',
        '/api/1/integration/otlp/v1/traces', '/api/1/integration/otlp/v1/traces/';
    is($o->post($_, logs_pb([logrec()]))->{status}, 200, "8: $_") for '/api/1/otlp/v1/logs', '/api/1/integration/otlp/v1/logs/';
}

# ---- types, methods, paths ----
{
    my $body = traces_pb([span()]);
    my $r;
    my ($bare) = $w->raw("POST /v1/traces HTTP/1.1\r\nHost: h\r\nX-Sentry-Auth: sentry sentry_key=" . $q->key
            . "\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
    is($bare->[0], 415, '5: no content type');
    like($bare->[2], qr/"message":/, '5: a Status says why');
    is($o->post('/v1/traces', '{}', type => 'text/plain')->{status}, 415, '5: text/plain');
    $r = $o->post('/v1/traces', $body, type => 'application/grpc');
    is($r->{status}, 415, '6: gRPC');
    like(status_of($r)->{message}, qr/HTTP/, '6: with a hint');
    $r = $o->post('/v1/traces', undef, method => 'GET');
    is($r->{status}, 405, '7: GET');
    is($r->{headers}{allow}, 'POST, OPTIONS', '7: Allow');
    $r = $o->post('/', $body);
    is($r->{status}, 404, '8: POST to /');
    like(status_of($r)->{message}, qr{/v1/traces}, '8: names the right path');
    $r = $o->post('/v1development/profiles', '');
    is($r->{status}, 404, 'profiles are not taken');
    like(status_of($r)->{message}, qr/profiles/, '... which is said in protobuf');
}

# ---- encodings ----
{
    my $body = traces_pb([span()]);
    is($o->post('/v1/traces', packed('gzip', $body), 'Content-Encoding' => 'gzip')->{status}, 200, '9: gzip');
    is($o->post('/v1/traces', packed('gzip', substr $body, 0, 9) . packed('gzip', substr $body, 9), 'Content-Encoding' => 'gzip')->{status},
        200, '9: of two members');
    my $r = $o->post('/v1/traces', $body, 'Content-Encoding' => 'gzip');
    is($r->{status}, 400, '10: gzip said, plain sent');
    is($r->{headers}{'content-type'}, 'application/x-protobuf', '10: a Status in the encoding of the request');
    is(status_of($r)->{code}, 3, '10: INVALID_ARGUMENT');
    $r = $o->post('/v1/traces', packed('gzip', "\0" x (80 << 20)), 'Content-Encoding' => 'gzip');
    is($r->{status}, 413, '11: a gzip bomb');
    is($o->post('/v1/traces', packed('deflate', $body), 'Content-Encoding' => 'deflate')->{status}, 200, '13: deflate');
    is($o->post('/v1/traces', $body, 'Content-Encoding' => 'lzw')->{status}, 415, '13: an unknown coding');
    my $gz = packed('gzip', $body);
    my $head = "POST /v1/traces HTTP/1.1\r\nHost: h\r\nX-Sentry-Auth: sentry sentry_key=" . $q->key
        . "\r\nContent-Type: application/x-protobuf\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n";
    my ($answer) = $w->raw($head . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $gz, $gz));
    is($answer->[0], 200, '14: chunked gzip, as Go sends it');
    is($o->post('/v1/traces', $_)->{status}, 400, '15: not protobuf') for substr($body, 0, -3), 'hello';
    $r = $o->json('/v1/traces', '{"resourceSpans":7}');
    is($r->{status}, 400, '17: JSON of another shape');
    is(status_of($r)->{code}, 3, '17: a Status in JSON');
    is($o->json('/v1/traces', '[' x 10000)->{status}, 400, '18: 10,000 open brackets');
}

# ---- events of spans that have no time ----
{
    my ($trace, $now) = (new_trace(), time);
    my $span = qq("traceId":"$trace","spanId":"@{[new_span()]}","name":"x","startTimeUnixNano":${now}000000000,"endTimeUnixNano":${now}000001000);
    my $events = '"events":[{"name":"none"},{"name":"odd","timeUnixNano":"18446744073709551615"}]';
    is($o->json('/v1/traces', qq({"resourceSpans":[{"scopeSpans":[{"spans":[{$span,$events}]}]}]}))->{status}, 200, 'events without a time');
    my $logs = $q->api(GET => "/jaeger/api/traces/$trace")->{data}[0]{spans}[0]{logs};
    is_deeply([ map { $_->{timestamp} } @$logs ], [ ($now * 1_000_000 + 1) x 2 ], '... are at the end of their span, not in 1970');
}

# ---- large requests ----
{
    for my $type ('application/x-protobuf', 'application/json') {
        my ($r) = $w->raw("POST /v1/traces HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example\r\nContent-Type: $type\r\n"
                . "Content-Length: @{[30 << 20]}\r\n\r\n" . 'x' x (30 << 20));
        is($r->[0], 413, "12: a body over the limit, $type");
        like($r->[1], qr/^content-type: \Q$type\E\r$/mi,                        '12: a Status in the encoding of the request');
        like($r->[1], qr{^access-control-allow-origin: https://shop.example\r$}mi, '12: with CORS');
        like($r->[2], $type =~ /json/ ? qr/"code":2,"message":/ : qr/^\x08\x02\x12/, '12: which it is');
    }
}

# What nothing can compress, twice as much as a ring holds.
sub many_spans {
    my ($trace) = @_;
    open my $noise, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    my @spans;
    for (1 .. 140) {
        read $noise, my $bytes, 45_000;
        push @spans, span(trace => $trace, attr => { text => encode_base64($bytes, '') });
    }
    return \@spans;
}
for my $durability ('power', 'process') {
    my $server = $durability eq 'power' ? $q : Quern->start(workers => 1, conf => "durability = process\n");
    my $trace  = new_trace();
    my $r      = Otlp->new($server)->traces(many_spans($trace));
    is($r->{status}, 200, "$durability: more than a ring holds is stored in parts") or diag($r->{content});
    is($server->api(GET => "/api/0/organizations/default/trace-meta/$trace/")->{span_count}, 140, '... all of it, when the answer is there');
    $server->stop if $durability eq 'process';
}

# ---- partial success ----
{
    my @ten = map { span() } 1 .. 10;
    $ten[3]{trace} = '0102030405060708090a0b0c0d0e0f';
    my $r = $o->traces(\@ten);
    is($r->{status}, 200, '19: one bad span of ten');
    is(success_of($r)->{rejected}, 1, '19: one rejected');
    like(success_of($r)->{message}, qr/trace_id/, '19: and why');
    my @zero = map { span(trace => '0' x 32) } 1 .. 3;
    $r = $o->traces(\@zero);
    is($r->{status}, 400, '20: all spans bad');
    like(status_of($r)->{message}, qr/3 .*trace_id/, '20: and why');
    $r = $o->traces([span(parent => '0102')]);
    is($r->{status}, 200, '22: a short parent');
    is(success_of($r)->{rejected}, 0, '22: nothing rejected');
    like(success_of($r)->{message}, qr/root/, '22: but told');
    $r = $o->traces([span(), span(start => time - 400 * 86400, end => time - 400 * 86400 + 1)]);
    is(success_of($r)->{rejected}, 1, '31: older than the retention');
    $r = $o->logs([logrec(), logrec(at => 1)]);
    is(success_of($r)->{rejected}, 1, '31: a log record likewise, of 1970 for example');
    my $base64 = json_span(trace => 'S/kvNXezTaajzpKdDg5HNg==');
    is($o->json('/v1/traces', $base64)->{status}, 400, '24: base64 ids');
    $r = $o->post('/v1/metrics', pb_bytes(1, pb_bytes(2, pb_bytes(2, pb_bytes(5, pb_bytes(1, '') x 4)))));
    is($r->{status}, 200, '56: metrics');
    is(success_of($r)->{rejected}, 4, '56: their points are rejected');
    like(success_of($r)->{message}, qr/OTEL_METRICS_EXPORTER/, '56: with advice');
    is($o->json('/v1/metrics', '{}')->{status}, 200, '56: no metrics');
}

# ---- keys ----
{
    my $body = traces_pb([span()]);
    my $key = $q->key;
    is($o->post('/v1/traces', $body, nokey => 1, Authorization => "Bearer $key")->{status}, 200, 'Authorization: Bearer');
    is($o->post("/v1/traces?sentry_key=$key", $body, nokey => 1)->{status}, 200, '?sentry_key=');
    is($o->post('/v1/traces', $body, nokey => 1)->{status}, 200, 'no key, from this machine, into the project of the config');
    my $r = $o->post('/v1/traces', $body, nokey => 1, 'X-Forwarded-For' => '203.0.113.9');
    is($r->{status}, 401, 'no key, on behalf of somebody else');
    is(status_of($r)->{code}, 16, 'UNAUTHENTICATED');
    $r = $o->post('/v1/traces', $body, nokey => 1, Authorization => 'Bearer ' . 'f' x 32);
    is($r->{status}, 401, '57: an unknown key');
    is($o->post('/v1/traces', $body, nokey => 1, Authorization => 'Bearer nonsense')->{status}, 401, '57: what cannot be a key');
    my $auth = "sentry sentry_key=$key";
    is($o->post('/v1/traces', $body, nokey => 1, Authorization => 'Bearer nonsense', 'x-sentry-auth' => $auth)->{status}, 200,
        'a token for the proxy in front, beside the key');
    is($o->post('/v1/traces', $body, nokey => 1, Authorization => 'Bearer ' . 'f' x 32, 'x-sentry-auth' => $auth)->{status}, 401,
        'but not beside another key');
    is($o->post('/api/2/otlp/v1/traces', $body)->{status}, 403, 'a key of another project');
}

# ---- CORS ----
{
    my $r = $q->http(OPTIONS => '/v1/traces', headers => { Origin => 'https://shop.example', 'Access-Control-Request-Method' => 'POST',
            'Access-Control-Request-Headers' => 'content-type,traceparent' });
    is($r->{status}, 204, '59: preflight');
    is($r->{headers}{'access-control-allow-origin'}, 'https://shop.example', '59: a concrete origin');
    is($r->{headers}{'access-control-allow-headers'}, 'content-type,traceparent', '59: headers echoed');
    is($r->{headers}{'access-control-allow-credentials'}, 'true', '59: credentials');
    $r = $o->json('/v1/traces', json_span(), Origin => 'https://shop.example');
    is($r->{headers}{'access-control-allow-origin'}, 'https://shop.example', '59: on the answer');
    is($r->{headers}{'access-control-allow-credentials'}, 'true', '59: likewise');
    $r = $o->json('/v1/traces', 'x', Origin => 'https://shop.example');
    is($r->{headers}{'access-control-allow-origin'}, 'https://shop.example', '59: and on errors');
}

# ---- exceptions become issues ----
sub issues { return $q->api(GET => '/api/0/organizations/default/issues/') }
my $python = "Traceback (most recent call last):\n  File \"/srv/price.py\", line 9, in price\n    return T[s]\nKeyError: 'sku'\n\n"
    . "The above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n"
    . "  File \"/srv/cart.py\", line 41, in add\n    price(x)\nshop.errors.CartError: no price\n";
{
    my %e = ('exception.type' => 'shop.errors.CartError', 'exception.message' => 'no price', 'exception.stacktrace' => $python);
    my $trace = new_trace();
    my ($a, $b, $c) = map { new_span() } 1 .. 3;
    my @nested = (
        span(trace => $trace, id => $a, parent => $b, status => 2, event => [{ attr => \%e }]),
        span(trace => $trace, id => $b, parent => $c, status => 2, event => [{ attr => \%e }]),
        span(trace => $trace, id => $c, kind => 2, name => 'GET /cart', status => 2, event => [{ attr => \%e }]),
    );
    my %o = (service => 'cart', resource => { 'telemetry.sdk.language' => 'python', 'service.version' => '1.2',
            'deployment.environment.name' => 'prod' });
    is($o->traces(\@nested, %o)->{status}, 200, '46: the same exception on three nested spans');
    $o->logs([logrec(severity => 17, body => 'failed', trace => $trace, id => $a, attr => \%e)], %o);
    my $list = issues();
    is(scalar @$list, 1, '45 46 47: one issue');
    is($list->[0]{title}, 'CartError: no price', '45: its title');
    is($list->[0]{count}, '1', '46 47: one event, though four things carried it');
    my $event = $q->api(GET => "/api/0/organizations/default/issues/$list->[0]{id}/events/latest/");
    my ($exception) = map { $_->{data} } grep { $_->{type} eq 'exception' } @{ $event->{entries} };
    is(join(' ', map { $_->{type} } @{ $exception->{values} }), 'KeyError CartError', '45: two exception values, the cause first');
    is($event->{contexts}{trace}{trace_id}, $trace, 'the event knows its trace');
    is($event->{contexts}{trace}{span_id}, $a, '46: and the deepest span');
    is($event->{release}{version}, 'cart@1.2', 'its release is service@version');
    my %tags = map { $_->{key} => $_->{value} } @{ $event->{tags} };
    is($tags{service}, 'cart', 'its service is a tag');
    is($tags{environment}, 'prod', 'its environment');
    $o->traces(\@nested, %o);
    is(issues()->[0]{count}, '1', '32: the batch again: still one event');
}
{
    my $before = @{ issues() };
    my %e = ('exception.type' => 'java.lang.X', 'exception.message' => 'm');
    $o->logs([logrec(severity => 13, event => 'http.client.request.exception', attr => \%e)]);
    is(scalar @{ issues() }, $before, '49: WARN makes no issue');
    $o->logs([logrec(severity => 17, attr => \%e)]);
    is(scalar @{ issues() }, $before + 1, '48: an ERROR record without ids does');
    $o->traces([span(status => 2)]);
    is(scalar @{ issues() }, $before + 1, 'a failed span without exception makes none');
}

# ---- larger than a ring ----
{
    my $t = new_trace();
    is($o->traces([span(trace => $t, attr => { big => 'x' x (5 << 20) })])->{status}, 200, '38: a value of 5 MiB');
    my $spans = $q->api(GET => "/api/0/organizations/default/trace/$t/table/");
    is(scalar @{ $spans->{rows} }, 1, '38: is stored, cut');
}

# ---- quota ----
{
    my $keys = $q->api(GET => '/api/0/projects/default/default/keys/');
    $q->api(PUT => "/api/0/projects/default/default/keys/$keys->[0]{id}/", { rateLimit => { count => 5, window => 3600 } });
    my ($r, @seen);
    for (1 .. 4) { push @seen, ($r = $o->traces([map { span() } 1 .. 3]))->{status} }
    is($seen[0], 200, '57: within the quota');
    is($seen[-1], 429, '57: above it');
    like($r->{headers}{'retry-after'}, qr/^\d+$/, '57: Retry-After is an integer');
    is(status_of($r)->{code}, 8, '57: RESOURCE_EXHAUSTED');
}
finish();
