#!/usr/bin/perl
# 51-otel -- every published OpenTelemetry SDK over OTLP/HTTP, set up by its environment alone: what
# t/sdk/README.md says is sent is what is read back, exactly, and exceptions become issues; both encodings
# where there are two, each way to show the key, compressed or not. Then Sentry SDKs with tracing on, and
# one trace that is half Sentry's and half OpenTelemetry's.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use POSIX ':sys_wait_h';
use Quern;
use Test::More;

my %outer = (    # [type, value] oldest cause first, as each language tells them
    python => [ [ 'KeyError', "'inner cause'" ], [ 'ValueError', 'outer failed for order 42' ] ],
    node   => [ [ 'Error', 'outer failed for order 42' ] ],    # V8 prints no causes
    go     => [ [ '*fmt.wrapError', 'outer failed for order 42: inner cause' ] ],
    java   => [ [ 'IllegalArgumentException', 'inner cause' ], [ 'IllegalStateException', 'outer failed for order 42' ] ],
    rust   => [ [ '', 'outer failed for order 42' ] ],         # its API knows no types
);
my %logged   = (python => 'RuntimeError', node => 'RangeError', go => '*shop.LogError', java => 'UnsupportedOperationException', rust => 'LogFailure');
my %frames   = (python => 1, node => 1, go => 1, java => 1, rust => 0);
my %json     = (python => 1, node => 1, rust => 1);            # the others know protobuf only
my %no_query = (go => 1, java => 1);                           # Go's drops the query of its address, Java's refuses to start
my $issues   = '/api/0/organizations/default/issues/';

my $q = Quern->start(workers => 2);

# Where to and with which key: by header in two forms, at Sentry's path, or in the address of each signal.
sub environment {
    my ($lang, $protocol, $way) = @_;
    my ($url, $key) = ($q->url, $q->key);
    my %env = (
        OTEL_SERVICE_NAME             => "$lang-shop",
        OTEL_RESOURCE_ATTRIBUTES      => 'service.version=1.2.3,deployment.environment.name=e2e',
        OTEL_EXPORTER_OTLP_PROTOCOL   => $protocol,
        OTEL_METRICS_EXPORTER         => 'none',
        OTEL_EXPORTER_OTLP_ENDPOINT   => $url,
        OTEL_EXPORTER_OTLP_HEADERS    => $way eq 'bearer' ? "authorization=Bearer%20$key" : "x-sentry-auth=sentry%20sentry_key%3D$key",
    );
    if ($way eq 'query') {
        delete @env{qw(OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_HEADERS)};
        $env{"OTEL_EXPORTER_OTLP_\U${_}_ENDPOINT"} = "$url/v1/$_?sentry_key=$key" for 'traces', 'logs';
    }
    $env{OTEL_EXPORTER_OTLP_ENDPOINT}    = "$url/api/1/integration/otlp" if $way eq 'path';
    $env{OTEL_EXPORTER_OTLP_COMPRESSION} = 'gzip' if $way eq 'header';
    return %env;
}

# A program of t/sdk: (status, standard output, standard error).
sub tool {
    my ($arguments) = @_;
    my $out = qx(t/sdk/run $arguments 2>$q->{data}/tool.err);
    return ($? >> 8, $out, Quern::slurp("$q->{data}/tool.err") // '');
}

sub run {
    my ($lang, @with) = @_;
    local @ENV{ grep {/^OTEL_/} keys %ENV } = ();
    my %env = environment($lang, @with);
    local @ENV{ keys %env } = values %env;
    return tool("otel-$lang");
}

sub skip_if_missing {
    my ($what, $code, $why) = @_;
    return if $code != 77;
    Quern::note_skip("$what: $why");
    plan skip_all => "$what: $why";
}

# The spans of a trace by id, as Jaeger tells them, each with its service.
sub spans_of {
    my ($trace) = @_;
    my $t = $q->api(GET => "/jaeger/api/traces/$trace")->{data}[0];
    $_->{service} = $t->{processes}{ $_->{processID} }{serviceName} for @{ $t->{spans} };
    return { map { $_->{spanID} => $_ } @{ $t->{spans} } };
}
sub tags { my ($list) = @_; return { map { $_->{key} => $_->{value} } @{ $list // [] } } }
sub tag { my ($span, $key) = @_; return tags($span->{tags})->{$key} }
sub parent { my ($span) = @_; my ($r) = grep { $_->{refType} eq 'CHILD_OF' } @{ $span->{references} }; return $r && $r->{spanID} }

# What every language sends alike.
sub check_spans {
    my ($lang, $ids) = @_;
    my $span = spans_of($ids->{trace});
    my ($root, $charge, $select) = map { $span->{ $ids->{$_} } } qw(root charge select);
    is(scalar keys %$span, 3, 'three spans');
    is_deeply([ map { $_->{operationName} } $root, $charge, $select ], [ 'GET /checkout', 'charge card', 'SELECT orders' ], 'their names');
    is_deeply([ map { parent($_) } $root, $charge, $select ], [ undef, @$ids{qw(root charge)} ], 'one below the other');
    is_deeply([ map { tag($_, 'span.kind') } $root, $charge, $select ], [qw(server client client)], 'their kinds');
    my %sent = (
        'http.request.method' => [ string => 'GET' ], 'http.route' => [ string => '/checkout' ], 'http.response.status_code' => [ int64 => 500 ],
        'cart.total' => [ float64 => 12.5 ], 'cart.gift' => [ bool => JSON::PP::true ], 'cart.items' => [ string => '["book","pen"]' ],
        'cart.counts' => [ string => '[1,2]' ], 'cart.big' => [ int64 => 4503599627370497 ],
    );
    is_deeply({ map { $_->{key} => [ @$_{qw(type value)} ] } grep { $sent{ $_->{key} } } @{ $root->{tags} } }, \%sent, 'attributes of every type');
    is(tag($charge, 'otel.status_code'),        'ERROR',         'status');
    is(tag($charge, 'otel.status_description'), 'card declined', 'and why');
    my ($link) = grep { $_->{refType} eq 'FOLLOWS_FROM' } @{ $charge->{references} };
    is_deeply([ @$link{qw(traceID spanID)} ], [qw(0102030405060708090a0b0c0d0e0f10 0102030405060708)], 'a link');
    my %event = map { my $f = tags($_->{fields}); ($f->{event} => $f) } @{ $charge->{logs} };
    is($event{'cache.miss'}{'cache.key'}, 'sku-9', 'an event');
    is($event{exception}{'exception.message'}, $outer{$lang}[-1][1], 'the exception, as an event');

    my $resource = $q->api(GET => "/tempo/api/traces/$ids->{trace}")->{batches};
    is(scalar @$resource, 1, 'from one process');
    my %said = map { $_->{key} => $_->{value}{stringValue} } @{ $resource->[0]{resource}{attributes} };
    is_deeply([ @said{qw(service.name service.version deployment.environment.name)} ], [ "$lang-shop", '1.2.3', 'e2e' ], 'service, version, environment');
    ok($said{'telemetry.sdk.language'}, 'and its language');
}

sub entry { my ($event, $type) = @_; my ($e) = grep { $_->{type} eq $type } @{ $event->{entries} }; return $e && $e->{data} }

# The issue of this service with that exception.
sub issue {
    my ($title, $service) = @_;
    for my $i (@{ $q->api(GET => "$issues?query=&limit=100") }) {
        next if index($i->{title}, $title) < 0;
        my $event = $q->api(GET => "/api/0/issues/$i->{id}/events/latest/");
        return ($i, $event) if ($event->{release}{version} // '') eq "$service\@1.2.3";
    }
    return;
}

for my $lang (qw(python node go java rust)) {
    my @runs = ([ 'http/protobuf', 'bearer' ], [ 'http/protobuf', 'header' ], 
        [ $json{$lang} ? 'http/json' : 'http/protobuf', $no_query{$lang} ? 'path' : 'query' ]);
    subtest $lang => sub {
        my @ids;
        for my $with (@runs) {
            my ($code, $out, $why) = run($lang, @$with);
            skip_if_missing("$lang OpenTelemetry SDK", $code, $why);
            is($code, 0, "the scenario ran: @$with") or return diag($why);
            unlike($why, qr/export|partial|reject/i, 'and the exporter has nothing to complain about') or diag($why);
            push @ids, Quern::json_of($out);
        }
        my $runs = scalar @runs;
        check_spans($lang, $_) for @ids;
        my ($issue, $event) = issue($outer{$lang}[-1][1], "$lang-shop");
        ok($issue, 'the exception recorded on a span is an issue') or return;
        is($issue->{count}, $runs, "of $runs events, whatever they came in");
        is($issue->{level}, 'error', 'an error');
        my @values = map { [ $_->{type} // '', $_->{value} ] } @{ entry($event, 'exception')->{values} };
        is_deeply(\@values, $outer{$lang}, 'its types and messages, causes first');
        my $stack = entry($event, 'exception')->{values}[-1]{stacktrace}{frames} // [];
        cmp_ok(scalar @$stack, $frames{$lang} ? '>' : '==', 0, $frames{$lang} ? 'frames read from its text' : 'no stack was sent');
        is($event->{contexts}{trace}{trace_id}, $ids[-1]{trace},  'it belongs to the trace');
        is($event->{contexts}{trace}{span_id},  $ids[-1]{charge}, 'and to the span that recorded it');
        my ($environment) = grep { $_->{key} eq 'environment' } @{ $event->{tags} };
        is($environment->{value}, 'e2e', 'environment');

        my ($log, $from_log) = issue('log failure', "$lang-shop");
        ok($log, 'the exception in a log record is an issue') or return;
        is($log->{count}, $runs, "of $runs events");
        is(entry($from_log, 'exception')->{values}[-1]{type}, $logged{$lang}, 'its type');
        is($from_log->{contexts}{trace}{span_id}, $ids[-1]{charge}, 'and its span');
    };
}

# ---- by way of the Collector, which reads answers more strictly than SDKs ----
sub collector {
    my ($encoding) = @_;
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "socket: $!\n";
    my $port   = $socket->sockport;
    close $socket;
    my ($url, $key) = ($q->url, $q->key);
    Quern::spew("$q->{base}/collector.yaml", <<"END");
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:$port" } } }
exporters:
  otlp_http: { endpoint: "$url", encoding: $encoding, headers: { authorization: "Bearer $key" } }
service:
  telemetry: { metrics: { level: none }, logs: { level: warn } }
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp_http] }
    logs: { receivers: [otlp], exporters: [otlp_http] }
END
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', "$q->{base}/collector.log";
        open STDERR, '>&', \*STDOUT;
        exec 't/sdk/run', 'collector', "$q->{base}/collector.yaml" or POSIX::_exit(127);
    }
    my $up = eval {
        Quern::wait_until('the collector', sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") || waitpid($pid, WNOHANG) == $pid }, 900);
        kill 0 => $pid;
    };
    return ($pid, $port, $up);
}

for my $encoding (qw(proto json)) {
    subtest "the Collector, $encoding" => sub {
        my ($pid, $port, $up) = collector($encoding);
        if (!$up) {
            my $status = $? >> 8;
            skip_if_missing('OpenTelemetry Collector', $status, Quern::slurp("$q->{base}/collector.log"));
            return ok(0, 'it runs') || diag(Quern::slurp("$q->{base}/collector.log"));
        }
        local @ENV{ grep {/^OTEL_/} keys %ENV } = ();
        my %env = (environment('node', 'http/protobuf', 'bearer'), OTEL_EXPORTER_OTLP_ENDPOINT => "http://127.0.0.1:$port", OTEL_EXPORTER_OTLP_HEADERS => '');
        local @ENV{ keys %env } = values %env;
        my ($code, $out, $why) = tool('otel-node');
        kill TERM => $pid;    # it sends what it has
        waitpid $pid, 0;
        skip_if_missing('Node OpenTelemetry SDK', $code, $why);
        is($code, 0, 'the scenario ran') or return diag($why);
        check_spans('node', Quern::json_of($out));
        is(Quern::slurp("$q->{base}/collector.log"), '', 'it has nothing to complain about');
    };
}

# ---- Sentry SDKs with tracing on ----
my $sentry = '/api/0/projects/default/default';
for my $lang (qw(python node)) {
    subtest "$lang, Sentry's" => sub {
        my ($code, $out, $why) = tool("$lang-tracing '@{[ $q->dsn ]}'");
        skip_if_missing("$lang Sentry SDK", $code, $why);
        is($code, 0, 'the program ran') or return diag($why);
        my $ids  = Quern::json_of($out);
        my $span = spans_of($ids->{trace});
        is(scalar keys %$span, 3, 'a transaction and two spans');
        is($span->{ $ids->{root} }{operationName}, 'GET /checkout', 'the transaction');
        is(tag($span->{ $ids->{root} }, 'span.kind'), 'server', 'its op says that it serves');
        is(tag($span->{ $ids->{root} }, 'sentry.op'), 'http.server', 'and is kept');
        is(tag($span->{ $ids->{root} }, 'cart.items'), 2, 'its data');
        is(tag($span->{ $ids->{select} }, 'db.system'), 'postgresql', "a span's data");
        is(parent($span->{$_}), $ids->{root}, 'below it') for @$ids{qw(select charge)};
        ok(tag($span->{ $ids->{charge} }, 'error'), 'its status says that it failed');
        my $event = $q->api(GET => "$sentry/events/@{[ $ids->{event} =~ tr/-//dr ]}/");
        is($event->{contexts}{trace}{trace_id}, $ids->{trace},  'the error is of that trace');
        is($event->{contexts}{trace}{span_id},  $ids->{charge}, 'and of that span');
    };
}

# ---- one trace, two languages, two protocols ----
subtest 'Node with Sentry calls Python with OpenTelemetry' => sub {
    local @ENV{ grep {/^OTEL_/} keys %ENV } = ();
    my %env = environment('python', 'http/protobuf', 'bearer');
    local @ENV{ keys %env } = values %env;
    my $pid = open my $server, '-|', "exec t/sdk/run otel-python-server 2>$q->{data}/server.err" or die "run: $!\n";
    my $url = <$server>;
    my ($code, $out, $why) = defined $url ? tool("node-tracing '@{[ $q->dsn ]}' '@{[ $url =~ s/\s+$//r ]}'") : (0, '', '');
    kill TERM => $pid if $code || !defined $url;
    close $server;
    skip_if_missing('Python OpenTelemetry SDK', $? >> 8, Quern::slurp("$q->{data}/server.err")) if !defined $url;
    skip_if_missing('Node Sentry SDK', $code, $why);
    is($code, 0, 'the program ran') or return diag($why);
    my $ids = Quern::json_of($out);
    is($ids->{answer}{trace}, $ids->{trace}, 'traceparent was taken up');
    my $span = spans_of($ids->{trace});
    is(scalar keys %$span, 6, 'one trace of both halves');
    my $served = $span->{ $ids->{answer}{span} };
    my $call   = $span->{ parent($served) };
    is($served->{service}, 'python-shop', "OpenTelemetry's half");
    is(tag($call, 'sentry.op'), 'http.client', "below the call in Sentry's half");
    is(parent($call), $ids->{charge}, 'which the program made');
    my %edge = map { ("$_->{parent}>$_->{child}" => $_->{callCount}) } @{ $q->api(GET => '/jaeger/api/dependencies')->{data} };
    is($edge{"$call->{service}>python-shop"}, 1, 'an edge between the services');
    my ($issue) = grep { $_->{title} =~ /sku-9/ } @{ $q->api(GET => "$issues?query=&limit=100") };
    my $event = $issue && $q->api(GET => "/api/0/issues/$issue->{id}/events/latest/");
    is($event->{contexts}{trace}{trace_id}, $ids->{trace}, "OpenTelemetry's exception is an issue of the same trace");
};

subtest 'Python with OpenTelemetry calls Node with Sentry' => sub {
    my $pid = open my $server, '-|', "exec t/sdk/run node-server '@{[ $q->dsn ]}' 2>$q->{data}/server.err" or die "run: $!\n";
    my $url = <$server>;
    local @ENV{ grep {/^OTEL_/} keys %ENV } = ();
    my %env = environment('python', 'http/protobuf', 'bearer');
    local @ENV{ keys %env } = values %env;
    my ($code, $out, $why) = defined $url ? tool("otel-python-client '@{[ $url =~ s/\s+$//r ]}'") : (0, '', '');
    kill TERM => $pid if $code || !defined $url;
    close $server;
    skip_if_missing('Node Sentry SDK', $? >> 8, Quern::slurp("$q->{data}/server.err")) if !defined $url;
    skip_if_missing('Python OpenTelemetry SDK', $code, $why);
    is($code, 0, 'the program ran') or return diag($why);
    my $ids = Quern::json_of($out);
    is($ids->{answer}{trace}, $ids->{trace}, 'sentry-trace was taken up');
    my $span = spans_of($ids->{trace});
    is(parent($span->{ $ids->{answer}{span} }), $ids->{call}, "Sentry's half is below the call of OpenTelemetry's");
    is(tag($span->{ $ids->{answer}{span} }, 'sentry.op'), 'http.server', 'as what serves it');
    is($span->{ $ids->{call} }{service}, 'python-shop', 'and the call belongs to the other service');
    my $event = $q->api(GET => "$sentry/events/$ids->{answer}{event}/");
    is($event->{contexts}{trace}{trace_id}, $ids->{trace}, 'the error in it is of the same trace');
};

# Nothing of it was refused.
my @outcomes = $q->http(GET => '/metrics')->{content} =~ /^quern_outcomes_last_day\{([^}]*)\} [1-9]/mg;
is_deeply([ grep { !/outcome="accepted"/ && !/category="session"/ } @outcomes ], [], 'nothing was refused or passed over');
$q->stop;
finish();
