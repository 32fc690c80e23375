# Spans, logs and errors added up, in rows and over time, as Grafana's Sentry data source and MCP servers ask
# for them; exact where they are counted, within a bucket's width where they are quantiles.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Otlp;
use POSIX 'strftime';
use Quern;
use Test::More;
use Time::HiRes 'time';

my $q = Quern->start(workers => 2);
my $o = Otlp->new($q);
my $a = Api->new($q);
my $org = '/organizations/default';

sub rows {
    my (%o) = (dataset => 'spans', statsPeriod => '24h', @_);
    my $r = $a->get("$org/events/", %o);
    is($r->{status}, 200, join ' ', map { ref $_ ? "@$_" : $_ } @o{qw(dataset field)}, $o{query} // '') or diag $r->{content};
    return $r->{json};
}
sub refused { my ($path, %o) = @_; my $r = $a->get("$org/$path/", %o); is($r->{status}, 400, "refused: $path " . join ' ', map { ref $_ ? "@$_" : $_ } %o); like($r->{json}{detail}, qr/\w/, 'and why') }
sub near { my ($got, $want, $name) = @_; return ok(defined $got && abs($got - $want) <= 0.02 * $want, "$name: " . ($got // 'nothing') . " of $want") }

is_deeply(rows(field => ['count()'])->{data}, [ { 'count()' => 0 } ], 'nothing: none');
is_deeply(rows(field => [ 'span.op', 'count()' ])->{data}, [], 'and no groups');
is_deeply(rows(field => ['avg(span.duration)'])->{data}, [ { 'avg(span.duration)' => undef } ], 'nor a mean');

# ---- 100 carts of 1 … 100 ms, one in ten in vain, and 50 queries of 2 ms, an hour ago ----

my $hour = int(time / 3600) * 3600 - 7200;
my @spans;
for my $n (1 .. 100) {
    my $trace = new_trace();
    my $root = new_span();
    push @spans, span(trace => $trace, id => $root, name => 'GET /cart', kind => 2, start => $hour + 60 + $n, end => $hour + 60 + $n + $n / 1000, status => $n % 10 ? 0 : 2,
        attr => { 'http.request.method' => 'GET', 'http.route' => $n % 4 ? '/cart' : '/basket', 'cart.size' => { int => $n }, half => { double => 0.5 } });
    push @spans, span(trace => $trace, parent => $root, name => 'SELECT', kind => 3, start => $hour + 1800 + $n, end => $hour + 1800 + $n + 0.002, attr => { 'db.system.name' => 'mysql' }) if $n <= 50;
}
$o->traces([ splice @spans, 0, 30 ], service => 'shop', resource => { 'deployment.environment.name' => 'prod' }) while @spans;
$o->traces([ span(name => 'other', start => $hour + 3000, end => $hour + 3001) ], service => 'other');

my $all = rows(field => [ 'span.op', 'count()', 'p50(span.duration)', 'p95(span.duration)', 'avg(span.duration)', 'min(span.duration)', 'max(span.duration)', 'sum(span.duration)', 'failure_count()', 'failure_rate()' ],
    query => 'service.name:shop', sort => '-count()');
is(join('|', map { "$_->{'span.op'} $_->{'count()'}" } @{ $all->{data} }), 'http.server 100|db 50', 'groups, the largest first');
my $carts = $all->{data}[0];
near($carts->{'p50(span.duration)'}, 50, 'the median');
near($carts->{'p95(span.duration)'}, 95, 'p95');
near($carts->{'avg(span.duration)'}, 50.5, 'the mean');
near($carts->{'sum(span.duration)'}, 5050, 'the sum');
near($carts->{'max(span.duration)'}, 100, 'the longest');
near($carts->{'min(span.duration)'}, 1, 'the shortest');
is($carts->{'failure_count()'}, 10, 'how many failed');
is($carts->{'failure_rate()'}, 0.1, 'which share');
is_deeply([ @{ $all->{meta}{fields} }{ 'span.op', 'count()', 'p95(span.duration)', 'failure_rate()' } ], [qw(string integer duration number)], 'types');
is($all->{meta}{units}{'p95(span.duration)'}, 'millisecond', 'unit');
is($all->{meta}{dataScanned}, 'full', 'of everything');
is_deeply(rows(field => [ 'http.route', 'count()' ], query => 'has:http.route')->{data}, [ { 'http.route' => '/cart', 'count()' => 75 }, { 'http.route' => '/basket', 'count()' => 25 } ], 'by an attribute');
my $numbers = rows(field => [ 'sum(cart.size)', 'avg(half)', 'p50(half)', 'count(cart.size)', 'count()' ])->{data}[0];
is_deeply([ @$numbers{ 'sum(cart.size)', 'avg(half)', 'count(cart.size)', 'count()' } ], [ 5050, 0.5, 100, 151 ], 'of attributes; what has none does not count');
near($numbers->{'p50(half)'}, 0.5, 'a quantile of fractions');
is_deeply(rows(field => [ 'service.name', 'count()' ], sort => 'count()')->{data}[0], { 'service.name' => 'other', 'count()' => 1 }, 'the smallest first');
is_deeply(rows(field => ['count()'], environment => 'prod')->{data}, [ { 'count()' => 150 } ], 'of an environment');
is_deeply(rows(field => ['count()'], dataset => 'transactions', query => 'service.name:shop')->{data}, [ { 'count()' => 100 } ], 'units of work');
my $first = $a->get("$org/events/", dataset => 'spans', statsPeriod => '24h', field => [ 'cart.size', 'count()' ], query => 'has:cart.size', per_page => 60);
is(scalar @{ $first->{json}{data} }, 60, 'a page of groups');
my ($next) = $first->{headers}{link} =~ /rel="next"; results="true"; cursor="([^"]+)"/;
ok($next, 'and a next one');
is(scalar @{ rows(field => [ 'cart.size', 'count()' ], query => 'has:cart.size', per_page => 60, cursor => $next)->{data} }, 40, 'with the rest');

$o->logs([ map { logrec(body => "line $_", severity => $_ % 5 ? 9 : 17, at => $hour + $_) } 1 .. 20 ], service => 'shop');
is_deeply(rows(dataset => 'logs', field => [ 'severity', 'count(message)' ])->{data}, [ { severity => 'info', 'count(message)' => 16 }, { severity => 'error', 'count(message)' => 4 } ], 'logs');
refused('events', dataset => 'spans', field => [ 'count()', 'count_unique(user)' ]);
refused('events', dataset => 'spans', field => [ 'span.op', 'count()' ], sort => '-p95(span.duration)');

# ---- over time: what grafana/sentry-datasource sends ----

my $iso = sub { strftime '%Y-%m-%dT%H:%M:%SZ', gmtime $_[0] };
my %range = (start => $iso->($hour), end => $iso->($hour + 3600), excludeOther => 1);
sub series {
    my ($path, %o) = @_;
    my $r = $a->get("$org/$path/", %range, query => '', %o);
    is($r->{status}, 200, "$path " . join ' ', map { ref $_ ? "@$_" : $_ } @o{ sort keys %o }) or diag $r->{content};
    return $r->{json};
}
my $s = series('events-timeseries', dataset => 'spans', yAxis => 'count()', interval => 600, query => 'service.name:shop');
is_deeply([ map { $_->{value} } @{ $s->{timeSeries}[0]{values} } ], [ 100, 0, 0, 50, 0, 0 ], 'spans, in steps of ten minutes');
is($s->{timeSeries}[0]{values}[1]{timestamp}, ($hour + 600) * 1000, 'at their times');
is_deeply([ @{ $s->{timeSeries}[0] }{'yAxis'}, @{ $s->{timeSeries}[0]{meta} }{qw(interval valueType)}, $s->{meta}{dataset} ], [ 'count()', 600_000, 'integer', 'spans' ], 'and what they are');
$s = series('events-timeseries', dataset => 'spans', yAxis => [ 'count()', 'p95(span.duration)' ], groupBy => 'span.op', topEvents => 2, sort => '-count()', interval => 1800, query => 'service.name:shop');
is_deeply([ map { $_->{groupBy}[0]{value} . ' ' . $_->{yAxis} } @{ $s->{timeSeries} } ], [ 'http.server count()', 'http.server p95(span.duration)', 'db count()', 'db p95(span.duration)' ], 'lines by group');
is_deeply([ map { $_->{value} } @{ $s->{timeSeries}[2]{values} } ], [ 0, 50 ], 'each with its own');
is($s->{timeSeries}[3]{values}[0]{value}, undef, 'no duration where nothing was');
near($s->{timeSeries}[3]{values}[1]{value}, 2, 'and one where something was');

$q->send_event($q->exception('Alpha', "n $_"), timestamp => $hour + 60 * $_) for 1 .. 6;
$q->send_event($q->exception('Beta', 'once'), timestamp => $hour + 10);
$s = series('events-timeseries', dataset => 'discover', yAxis => 'count()', interval => 300);
is_deeply([ map { $_->{value} } @{ $s->{timeSeries}[0]{values} } ], [7], 'errors, by the hour at the least');
is($s->{timeSeries}[0]{meta}{interval}, 3_600_000, 'which is said');
is(series('events-timeseries', dataset => 'discover', yAxis => 'count()', query => 'error.type:Alpha')->{timeSeries}[0]{values}[0]{value}, 6, 'those that fit');
$s = series('events-stats', yAxis => 'count()', field => [ 'title', 'count()' ], topEvents => 5, sort => '-count', interval => '1h');
is_deeply({ map { $_ => $s->{$_}{data}[0][1][0]{count} } keys %$s }, { 'Alpha: n 6' => 6, 'Beta: once' => 1 }, 'the older shape, by title');
is_deeply([ map { $s->{$_}{order} } 'Alpha: n 6', 'Beta: once' ], [ 0, 1 ], 'in order');
is($s->{'Alpha: n 6'}{data}[0][0], $hour, 'seconds');
is(series('events-stats', yAxis => 'count()', interval => '1h')->{data}[0][1][0]{count}, 7, 'without groups: one line');
is_deeply([ sort keys %{ series('events-stats', dataset => 'spans', yAxis => [ 'count()', 'avg(span.duration)' ]) } ], [ 'avg(span.duration)', 'count()' ], 'several functions');
refused('events-timeseries', dataset => 'errors', groupBy => 'release', yAxis => 'count()');
refused('events-timeseries', dataset => 'errors', yAxis => 'p95(transaction.duration)');
refused('events-stats', dataset => 'spans', yAxis => 'count()', topEvents => 50, field => 'span.op');
refused('events-stats', dataset => 'tea', yAxis => 'count()');
refused('events-stats', dataset => 'errors', yAxis => 'banana');
refused('events-stats', dataset => 'errors', yAxis => 'user_count');
is(series('events-stats', yAxis => 'event_count', interval => '1h')->{data}[0][1][0]{count}, 7, 'an older name of count()');
is(scalar @{ $a->get("$org/events-stats/", dataset => 'spans', statsPeriod => '90d', interval => '1s', yAxis => 'count()')->{json}{data} } < 1001, 1, 'never more than a thousand points');
is($a->get("$org/issues/")->{status}, 200, 'and the server is well');
$q->stop;
finish();
