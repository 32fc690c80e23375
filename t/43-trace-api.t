#!/usr/bin/perl
# 43-trace-api -- traces that came over OTLP or from Sentry SDKs, read back: the waterfall's table, single
# spans, search, comparison, Sentry's endpoints, errors on spans (docs/compatibility.md, "Traces", cases by
# number).
use strict;
use warnings;
use lib 't/lib';
use Api;
use Ingest;
use Otlp;
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $o = Otlp->new($q);
my $a = Api->new($q);
my $w = Ingest->new($q);
my $org = '/organizations/default';

sub table { my ($id) = @_; return $a->get("$org/trace/$id/table/") }
sub of_span { my ($trace, $id, %p) = @_; return $a->get("$org/trace/$trace/spans/$id/", %p)->{json} }
sub names_of { my ($t) = @_; return [map { $t->{names}[$_->[3]] } @{ $t->{rows} }] }
sub near { my ($us) = @_; return int($us / 10 + 0.5) * 10 } # seconds as floats know no nanoseconds
sub pairs { my ($list) = @_; return { map { @$_ } @$list } }

# ---- a trace of two services ----
my $trace = new_trace();
my ($root, $call, $server, $db) = map { new_span() } 1 .. 4;
my $now = time - 5;
{
    my $r = $o->traces(
        [
            span(trace => $trace, id => $call, parent => $root, name => 'GET', kind => 3, start => $now + 0.01, end => $now + 0.4),
            span(trace => $trace, id => $root, name => 'GET /cart', kind => 2, start => $now, end => $now + 0.5,
                attr => { 'http.route' => '/cart', 'http.response.status_code' => { int => 200 } }),
        ],
        service => 'web', resource => { 'service.version' => '1.2', 'deployment.environment.name' => 'staging' });
    is($r->{status}, 200, 'the half of one service');
    $r = $o->traces(
        [
            span(trace => $trace, id => $db, parent => $server, name => 'SELECT items', kind => 3, start => $now + 0.1, end => $now + 0.3,
                status => 2, message => 'deadlock', attr => { 'db.system.name' => 'mysql', 'db.query.text' => 'SELECT 1' }),
            span(trace => $trace, id => $server, parent => $call, name => 'GET /items', kind => 2, start => $now + 0.05, end => $now + 0.35),
        ],
        service => 'items');
    is($r->{status}, 200, 'and of the other');

    my $t = table($trace);
    is($t->{status}, 200, 'its table');
    $t = $t->{json};
    is($t->{traceId}, $trace, 'the id');
    is($t->{spans}, 4, 'four spans');
    ok(!$t->{cut}, 'all of them');
    is_deeply(names_of($t), ['GET /cart', 'GET', 'GET /items', 'SELECT items'], 'depth first');
    is_deeply([map { $_->[1] } @{ $t->{rows} }], [-1, 0, 1, 2], 'below one another');
    is_deeply([map { $t->{services}[$_->[2]] } @{ $t->{rows} }], [qw(web web items items)], 'of two services');
    ok(abs($t->{start} - $now * 1000) < 1, 'its start');
    is(near($t->{durationUs}), 500_000, 'its duration');
    is(near($t->{rows}[3][4]), 100_000, 'a start behind it');
    is(near($t->{rows}[3][5]), 200_000, 'a duration');
    is(near($t->{rows}[0][6]), 110_000, 'self time');
    ok($t->{rows}[3][7] & 1, 'an error');
    ok($t->{rows}[2][7] & 8, 'work begins in the second service');
    ok($t->{rows}[3][7] & 4 && @{ $t->{critical} } >= 4, 'the critical path');
    is_deeply($t->{errors}, [], 'no error events');
    is(table(uc $trace)->{json}{spans}, 4, '24: ids in capitals');
    is(table(join '-', unpack 'A8A4A4A4A12', $trace)->{json}{spans}, 4, 'ids with dashes');
    is(table(new_trace())->{status}, 404, 'an unknown trace');
    is(table('xyz')->{status}, 400, 'what is none');
    is($a->as(Authorization => 'Bearer x')->get("$org/trace/$trace/table/")->{status}, 401, 'nobody without a token');

    my $s = of_span($trace, $db);
    is($s->{parentSpanId}, $server, 'a span: its parent');
    is("$s->{kind} $s->{status} $s->{statusMessage}", 'client error deadlock', 'kind and status');
    is(pairs($s->{attributes})->{'db.query.text'}, 'SELECT 1', 'attributes');
    is(pairs($s->{resource})->{'service.name'}, 'items', 'resource');
    is($s->{op}, 'db', 'op');
    $s = of_span($trace, $root);
    is($s->{release}, 'web@1.2', 'release');
    is($s->{environment}, 'staging', 'environment');
    is($s->{project}, 'default', 'project');
    is(pairs($s->{attributes})->{'http.response.status_code'}, 200, 'numbers are numbers');
    is($a->get("$org/trace/$trace/spans/" . new_span() . '/')->{status}, 404, 'an unknown span');
    is($a->get("$org/trace/$trace/spans/7/")->{status}, 400, 'what is none');
}

done_testing();
