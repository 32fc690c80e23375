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
my $api = Api->new($q);
my $w = Ingest->new($q);
my $org = '/organizations/default';

sub table { my ($id) = @_; return $api->get("$org/trace/$id/table/") }
sub of_span { my ($trace, $id, %p) = @_; return $api->get("$org/trace/$trace/spans/$id/", %p)->{json} }
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
    is_deeply([map { table(new_trace())->{$_}{rows} } 'json'], [[]], 'an unknown trace is an empty one: it may have been sampled away');
    is(table('xyz')->{status}, 400, 'what is none');
    is($api->as(Authorization => 'Bearer x')->get("$org/trace/$trace/table/")->{status}, 401, 'nobody without a token');

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
    is($api->get("$org/trace/$trace/spans/" . new_span() . '/')->{status}, 404, 'an unknown span');
    is($api->get("$org/trace/$trace/spans/7/")->{status}, 400, 'what is none');
}

sub list { my (%p) = @_; return $api->get("$org/traces/", %p) }
sub ids_of { my ($r) = @_; return [$r->{content}] if $r->{status} != 200; return [map { $_->{traceId} } @{ $r->{json} }] }

# ---- in a list ----
{
    my $r = list();
    is($r->{status}, 200, 'traces');
    is_deeply(ids_of($r), [$trace], 'the one');
    my $t = $r->{json}[0];
    is("$t->{rootService} $t->{rootName} $t->{kind}", 'web GET /cart server', 'its root');
    is("$t->{spans} $t->{errors} $t->{orphans}", '4 1 0', 'spans, errors, orphans');
    is_deeply($t->{services}, [{ name => 'web', spans => 2, errors => 0 }, { name => 'items', spans => 2, errors => 1 }], 'services');
    is("$t->{project} $t->{environment} $t->{release}", 'default staging web@1.2', 'where it ran');
    is(near($t->{durationUs}), 500_000, 'how long');
    is_deeply($t->{issues}, [], 'no issues');
    is(Api::links($r)->{next}{results}, 'false', 'no more of them');
}

# ---- what is asked for ----
{
    my %other = (service => 'billing', resource => { 'service.version' => '9' });
    my @ids = map { new_trace() } 1 .. 3;
    $o->traces([span(trace => $ids[0], name => 'charge', kind => 5, start => $now - 100, end => $now - 98, attr => { 'http.response.status_code' => { int => 500 } })], %other);
    $o->traces([span(trace => $ids[1], name => 'charge', kind => 5, start => $now - 50, end => $now - 49.9, attr => { 'http.response.status_code' => '500' })], %other);
    $o->traces([map({ span(trace => $ids[2], name => "step $_", kind => 1, parent => 'abababababababab', start => $now - 20 + $_, end => $now - 19 + $_) } 1 .. 9)], %other);
    is_deeply(ids_of(list()), [$ids[2], $ids[1], $ids[0], $trace], 'newest received first');
    is_deeply(ids_of(list(service => 'items')), [$trace], 'by service');
    is_deeply(ids_of(list(service => 'billing', operation => 'charge')), [@ids[1, 0]], 'by operation');
    is_deeply(ids_of(list(service => 'web', operation => 'charge')), [], 'of that service');
    is_deeply(ids_of(list(query => 'http.response.status_code:500')), [@ids[1, 0]], '63: a number, and the same as text');
    is_deeply(ids_of(list(query => 'http.status_code:500')), [@ids[1, 0]], '63: under its old name');
    is_deeply(ids_of(list(query => '{ span.http.response.status_code = 500 }')), [@ids[1, 0]], '63: in TraceQL');
    is_deeply(ids_of(list(query => 'span.duration:>1.5s')), [$ids[0]], 'by duration');
    is_deeply(ids_of(list(query => 'error:true')), [$trace], 'by error');
    is_deeply(ids_of(list(query => 'release:web@1.2')), [$trace], 'by release');
    is_deeply(ids_of(list(environment => 'staging')), [$trace], 'by environment');
    is_deeply(ids_of(list(environment => 'mars')), [], 'of which there is none');
    is_deeply(ids_of(list(project => 1, service => 'items')), [$trace], 'by project');
    is_deeply(ids_of(list(project => 99)), [], 'which must be there');
    is_deeply(ids_of(list(query => '{ resource.service.name = "web" } >> { status = error }')), [$trace], 'below one another');
    is_deeply(ids_of(list(query => '{ resource.service.name = "items" } >> { resource.service.name = "web" }')), [], 'not above');
    is_deeply(ids_of(list(query => '{} | count() > 8')), [$ids[2]], 'by number of spans');
    is_deeply(ids_of(list(query => 'step')), [$ids[2]], 'by a word of a name');
    is_deeply(ids_of(list(start => int($now - 60), end => int($now - 30))), [$ids[1]], 'by time');
    is_deeply(ids_of(list(statsPeriod => '30s')), [$ids[2], $trace], 'of the last half minute');
    is(list(query => '{ nonsense')->{status}, 400, 'bad TraceQL');
    is(list(query => 'a:>x OR (')->{status}, 400, 'bad words');
    is(list(sort => 'name')->{status}, 400, 'a sort that is none');
    is(list(per_page => 101)->{status}, 400, 'pages are bounded');

    my ($orphan) = grep { $_->{traceId} eq $ids[2] } @{ list()->{json} };
    is($orphan->{rootName}, 'step 1', '35: no root: the earliest span stands for it');
    is($orphan->{orphans}, 9, '35: orphans are counted');
    is_deeply([map { $_->[1] } @{ table($ids[2])->{json}{rows} }], [(-1) x 9], '35: side by side');

    is_deeply(ids_of(list(sort => '-duration', query => 'service:billing name:charge')), [@ids[0, 1]], 'longest first');
    is_deeply(ids_of(list(sort => 'duration', query => 'service:billing name:charge')), [@ids[1, 0]], 'shortest first');
    is_deeply(ids_of(list(sort => '-duration', service => 'billing', operation => 'charge')), [@ids[0, 1]], 'longest of an operation');
    is_deeply(ids_of(list(sort => '-spans'))->[0], $ids[2], 'most spans first');
    is_deeply(ids_of(list(sort => '-spans', service => 'billing', operation => 'charge')), [sort @ids[0, 1]], 'of an operation');
    is_deeply(ids_of(list(sort => '-spans', service => 'nobody')), [], 'of nobody');
    is_deeply([sort @{ ids_of(list(sort => $_)) }], [sort $trace, @ids], "$_: each once") for qw(-duration duration -spans -timestamp);
}

# ---- pages ----
{
    my @many = map { new_trace() } 1 .. 40;
    for my $at (0 .. $#many) {
        my $root = new_span();
        $o->traces([span(trace => $many[$at], id => $root, name => 'paged', kind => 2, start => $now - 1000 + $at, end => $now - 1000 + $at + 0.1 + $at % 7)],
            service => 'front');
        $o->traces([span(trace => $many[$at], parent => $root, name => 'paged', kind => 2, start => $now - 1000 + $at, end => $now - 1000 + $at + 0.05)],
            service => 'back') if $at % 2;
    }
    $o->traces([map { span(trace => $_, name => 'paged', kind => 1, parent => 'cdcdcdcdcdcdcdcd', start => $now - 900, end => $now - 900 + 0.01) } @many[10 .. 20]],
        service => 'late');
    for my $sort (qw(-timestamp -duration duration -spans)) {
        my (@seen, $cursor, $pages);
        do {
            my $r = list(query => 'name:paged', sort => $sort, per_page => 7, $cursor ? (cursor => $cursor) : ());
            diag($r->{content}) if $r->{status} != 200;
            push @seen, @{ ids_of($r) };
            my $next = Api::links($r)->{next};
            $cursor = $next->{results} eq 'true' ? $next->{cursor} : undef;
        } while ($cursor && ++$pages < 20);
        is_deeply([sort @seen], [sort @many], "$sort: page by page, each once");
        if ($sort =~ /duration/) {
            my %long = map { $_->{traceId} => $_->{durationUs} } @{ list(query => 'name:paged', per_page => 100)->{json} };
            my @got = map { int($long{$_} / 1e6) } grep { my $id = $_; !grep { $id eq $_ } @many[10 .. 20] } @seen;
            my @want = sort { $sort =~ /^-/ ? $b <=> $a : $a <=> $b } @got;
            is_deeply(\@got, \@want, "$sort: in order");
        }
    }
    my $r = list(service => 'front', operation => 'paged', sort => '-duration', per_page => 30);
    my $more = list(service => 'front', operation => 'paged', sort => '-duration', per_page => 30, cursor => Api::links($r)->{next}{cursor});
    is_deeply([sort @{ ids_of($r) }, @{ ids_of($more) }], [sort @many], 'an operation by duration, page by page');
    is(Api::links($more)->{previous}{results}, 'true', 'and back');
}

# ---- a part of a large trace ----
{
    my ($id, @chain) = (new_trace(), map { new_span() } 1 .. 12);
    my @beside = map { new_span() } 1 .. 40;
    $o->traces([
        (map { span(trace => $id, id => $chain[$_], $_ ? (parent => $chain[ $_ - 1 ]) : (), name => "level $_", start => $now + $_ / 100, end => $now + 1) } 0 .. 11),
        (map { span(trace => $id, id => $beside[$_], parent => $chain[0], name => "beside $_", start => $now + 0.001 * $_, end => $now + 0.005 + 0.001 * $_) } 0 .. 39),
    ], service => 'deep');
    my $part = $api->get("$org/trace/$id/table/", limit => 20, span => $chain[6])->{json};
    is(scalar @{ $part->{rows} }, 20, 'a part has as many rows as it may');
    is("$part->{spans} $part->{rowCount}", '52 52', 'and says how many there are');
    my %row = map { $part->{rows}[$_][0] => $_ } 0 .. 19;
    is_deeply([map { $part->{rows}[ $row{ $chain[$_] } ][1] } 0 .. 6], [-1, map { $row{ $chain[ $_ - 1 ] } } 1 .. 6],
        'the way from the root to the span is in it');
    ok($row{ $chain[7] }, 'and what is in the span');
    my @above = grep { $_->[1] >= 0 && $part->{rows}[ $_->[1] ][4] > $_->[4] } @{ $part->{rows} };
    is(scalar @above, 0, 'parents are parents');
    is(scalar @{ $api->get("$org/trace/$id/table/", limit => 3, span => $chain[9])->{json}{rows} }, 3, 'fewer rows than levels');
    is(scalar @{ $api->get("$org/trace/$id/table/", limit => 20, span => new_span())->{json}{rows} }, 20, 'no such span');
    is($api->get("$org/trace/$id/table/", limit => 0)->{status}, 400, 'no rows are no table');
    is($api->get("$org/trace/$id/table/", span => 'x')->{status}, 400, 'no span id');
}

finish();
