#!/usr/bin/perl
# 51-otel -- every published OpenTelemetry SDK over OTLP/HTTP, set up by its environment alone: what
# t/sdk/README.md says is sent arrives, and exceptions become issues; both encodings where there are two,
# each way to show the key, compressed or not.
use strict;
use warnings;
use lib 't/lib';
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

sub run {
    my ($lang, @with) = @_;
    local @ENV{ grep {/^OTEL_/} keys %ENV } = ();
    my %env = environment($lang, @with);
    local @ENV{ keys %env } = values %env;
    my $out = qx(t/sdk/run otel-$lang 2>$q->{data}/$lang.err);
    return ($? >> 8, $out, Quern::slurp("$q->{data}/$lang.err") // '');
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
            if ($code == 77) {
                Quern::note_skip("$lang OpenTelemetry SDK: $why");
                plan skip_all => "$lang OpenTelemetry SDK: $why";
            }
            is($code, 0, "the scenario ran: @$with") or return diag($why);
            unlike($why, qr/export|partial|reject/i, 'and the exporter has nothing to complain about') or diag($why);
            push @ids, Quern::json_of($out);
        }
        my $runs = scalar @runs;
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

# Nothing of it was refused.
my @outcomes = $q->http(GET => '/metrics')->{content} =~ /^quern_outcomes_last_day\{([^}]*)\} [1-9]/mg;
is_deeply([ grep { !/outcome="accepted"/ } @outcomes ], [], 'nothing was refused or passed over');
$q->stop;
finish();
