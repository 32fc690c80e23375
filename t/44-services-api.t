# Services, operations, charts, the map of services: read back exactly as they were sent, by way of what was
# counted when they were written.
use strict;
use warnings;
use lib 't/lib';
use Api;
use JSON::PP;
use Otlp;
use Quern;
use Test::More;
use Time::HiRes 'time';

my $q = Quern->start(workers => 2);
my $o = Otlp->new($q);
my $a = Api->new($q);
my $org = '/organizations/default';
my $json = JSON::PP->new->canonical;

sub figures {
    my ($what, %o) = @_;
    my $r = $a->get("$org/$what/", %o);
    is($r->{status}, 200, "$what " . join ' ', map { ref $o{$_} ? "$_=@{$o{$_}}" : "$_=$o{$_}" } sort keys %o) or diag $r->{content};
    return $r->{json};
}
sub by_name { return { map { $_->{name} => $_ } @{ $_[0] } } }
sub sum { my $n = 0; $n += $_ // 0 for @_; return $n }
sub near { my ($got, $want, $name) = @_; return ok($got && abs($got - $want) <= 0.02 * $want, "$name: $got of $want") }

is_deeply(figures('services'), [], 'no services yet');
is_deeply(figures('service-graph'), { nodes => [], edges => [] }, 'nobody calls');
is(sum(@{ figures('red')->{calls} }), 0, 'no calls');

# ---- a shop: 100 carts of 1 … 100 ms, each asking the payments, which ask a database ----

my $at = int(time) - 600;
my (@shop, @pay);
for my $n (1 .. 100) {
    my ($trace, $root, $call, $served) = (new_trace(), new_span(), new_span(), new_span());
    my $start = $at + $n * 0.1;
    my $failed = $n % 10 == 0 ? 2 : 0;
    push @shop, span(trace => $trace, id => $root, name => 'GET /cart', kind => 2, start => $start, end => $start + $n / 1000, status => $failed),
        span(trace => $trace, id => $call, parent => $root, name => 'POST', kind => 3, start => $start, end => $start + 0.0005, status => $failed);
    push @pay, span(trace => $trace, id => $served, parent => $call, name => 'POST /pay', kind => 2, start => $start, end => $start + 0.0004),
        span(trace => $trace, parent => $served, name => 'SELECT', kind => 3, start => $start, end => $start + 0.0002,
        attr => { 'db.system.name' => 'postgresql', 'db.namespace' => 'ledger' });
}
my %prod = ('deployment.environment.name' => 'prod', 'service.version' => '1.0.0');
is($o->traces(\@shop, service => 'shop', resource => \%prod)->{status}, 200, 'shop');
is($o->traces(\@pay, service => 'pay', resource => { %prod, 'service.version' => '7' })->{status}, 200, 'pay');
my @canary = map { span(name => 'GET /cart', kind => 2, start => $at + $_, end => $at + $_ + 0.5) } 1 .. 5;
$o->traces(\@canary, service => 'shop', resource => { 'deployment.environment.name' => 'stage', 'service.version' => '1.1.0' });

my $services = figures('services', statsPeriod => '1h');
is(join(' ', map { $_->{name} } @$services), 'shop pay', 'the busiest first');
my $shop = $services->[0];
is($shop->{calls}, 105, 'units of work, not all spans');
is($shop->{errors}, 10, 'those that failed');
is($shop->{project}, 'default', 'its project');
near($shop->{p50Us}, 53_000, 'the median of 1 … 100 ms and five of 500');
near($shop->{p99Us}, 500_000, 'the 99th percentile');
near($shop->{perSecond}, 105 / 3600, 'calls a second');
near($shop->{totalUs}, 5_050_000 + 2_500_000, 'all of the time');
is(sum(@{ $shop->{series} }), 105, 'a chart of them');
is(sum(@{ $shop->{errorSeries} }), 10, 'and of those that failed');
is($shop->{interval}, 120, 'an hour in steps of two minutes');
my $bucket = int(($at * 1000 - $shop->{start}) / 120_000);
is($shop->{series}[$bucket] + ($shop->{series}[ $bucket + 1 ] // 0), 105, 'where they happened');
cmp_ok($shop->{firstSeen}, '<=', $shop->{lastSeen}, 'seen from when to when');
is(int($shop->{firstSeen} / 1000), $at, 'the first');

# ---- which of them ----

is($services->[1]{calls}, 100, 'pay');
is(by_name(figures('services', statsPeriod => '1h', environment => 'prod'))->{shop}{calls}, 100, 'one environment');
near(by_name(figures('services', statsPeriod => '1h', environment => 'prod'))->{shop}{p95Us}, 95_000, 'with its own durations');
is(join(' ', map { "$_->{name}:$_->{calls}" } @{ figures('services', statsPeriod => '1h', environment => 'stage') }), 'shop:5', 'the other');
is(by_name(figures('services', statsPeriod => '1h', environment => [ 'prod', 'stage' ]))->{shop}{calls}, 105, 'both');
is_deeply(figures('services', statsPeriod => '1h', environment => 'none'), [], 'one that there is not');
is(join(' ', map { "$_->{name}:$_->{calls}" } @{ figures('services', statsPeriod => '1h', release => 'shop@1.1.0') }), 'shop:5', 'one release');
is_deeply(figures('services', statsPeriod => '1h', release => 'shop@9'), [], 'one that there is not');
is_deeply(figures('services', statsPeriod => '5m'), [], 'nothing in the last five minutes');
is(scalar @{ figures('services', start => $at - 60, end => $at + 120) }, 2, 'a time of their own');
is_deeply(figures('services', start => $at - 7200, end => $at - 3600), [], 'before');
is(scalar @{ figures('services', statsPeriod => '14d') }, 2, 'by the hour');
is(figures('services', statsPeriod => '14d')->[0]{calls}, 105, 'as many');
is(join(' ', map { $_->{name} } @{ figures('services', statsPeriod => '1h', sort => 'name') }), 'pay shop', 'by name');
is(figures('services', statsPeriod => '1h', sort => '-p95', per_page => 1)->[0]{name}, 'shop', 'the slowest');
is(!!$a->get("$org/projects/")->{json}[0]{firstTransactionEvent}, 1, 'its project has had spans');
my $r = $a->get("$org/services/", statsPeriod => '1h', per_page => 1);
is(Api::links($r)->{next}{results}, 'true', 'a page of one has another');
$r = $a->get("$org/services/", statsPeriod => '1h', per_page => 1, cursor => Api::links($r)->{next}{cursor});
is($r->{json}[0]{name}, 'pay', 'the next page');
is(Api::links($r)->{next}{results}, 'false', 'is the last');
is($a->get("$org/services/", %$_)->{status}, 400, 'refused: ' . join '=', %$_)
    for { sort => 'beauty' }, { statsPeriod => 'x' }, { interval => 'x' }, { interval => 60, statsPeriod => '36h' }, { per_page => 0 };
is($a->get("$org/services/", project => 'nobody')->{content}, '[]', 'of a project that there is not');

# ---- months are added up by quarters of days, hours and what is left: the same sums ----

is(sum(@{ figures('services', statsPeriod => $_)->[0]{series} }), 105, "$_: as many, in a chart") for qw(7d 14d 30d 90d);
is(figures('services', statsPeriod => '30d')->[0]{errors}, 10, '30d: as many failed');
near(figures('services', statsPeriod => '30d')->[0]{p50Us}, 53_000, '30d: as fast');
is(sum(@{ figures('red', statsPeriod => '30d', service => 'shop', interval => $_)->{calls} }), 105, "red in steps of $_") for qw(1h 5h 6h 12h 1d 2d);
for my $hours (0 .. 12) {    # ranges begin and end anywhere within a day
    my ($before, $after) = ((int($at / 3600) - $hours) * 3600, (int(($at + 11) / 3600) + 1 + $hours) * 3600);
    my $calls = sub { sum(map { $_->{calls} } @{ figures('services', start => $_[0], end => $_[1], interval => '12h') }) };
    is($calls->($after - 40 * 86400, $after), 205, "a range that ends $hours hours later");
    is($calls->($before, $before + 40 * 86400), 205, 'one that begins as much earlier');
    is($calls->($before - 40 * 86400, $before), 0, 'one that ends before');
    is($calls->($after, $after + 40 * 86400), 0, 'one that begins after');
}

# ---- operations ----

my $operations = figures('services/pay/operations', statsPeriod => '1h');
is_deeply([ sort map { "$_->{name} $_->{kind} $_->{calls}" } @$operations ], [ 'POST /pay server 100', 'SELECT client 100' ],
    'what pay does, and what it calls');
is(join(' ', map { $_->{name} } @{ figures('services/pay/operations', statsPeriod => '1h', entry => 1) }), 'POST /pay', 'what it does');
near($operations->[0]{p50Us}, $operations->[0]{name} eq 'SELECT' ? 200 : 400, 'how long that takes');
is(figures('services/shop/operations', statsPeriod => '1h', sort => '-errors')->[0]{errors}, 10, 'what fails most often');
is_deeply(figures('services/nobody/operations'), [], 'of a service that there is not');

# ---- charts ----

my $red = figures('red', statsPeriod => '1h', service => 'shop');
is(sum(@{ $red->{calls} }), 105, 'a service');
is(sum(@{ $red->{errors} }), 10, 'its errors');
is(scalar @{ $red->{$_} }, scalar @{ $red->{calls} }, "$_ for each step") for qw(errors p50Us p95Us p99Us);
my ($busy) = grep { $red->{calls}[$_] } 0 .. $#{ $red->{calls} };
ok(defined $red->{p50Us}[$busy], 'durations where there are calls');
ok(!defined $red->{p50Us}[0], 'and none where there are not');
is_deeply([ sort map { $_->{version} } @{ $red->{releases} } ], [ 'shop@1.0.0', 'shop@1.1.0' ], 'the releases in it');
cmp_ok($red->{releases}[0]{first} / 1000, '>=', $at, 'since when');
is(sum(@{ figures('red', statsPeriod => '1h')->{calls} }), 205, 'everything');
is(sum(@{ figures('red', statsPeriod => '1h', service => 'shop', operation => 'POST')->{calls} }), 100, 'an operation');
is(sum(@{ figures('red', statsPeriod => '1h', kind => 'client')->{calls} }), 200, 'a kind');
is(sum(@{ figures('red', statsPeriod => '1h', service => 'shop', release => 'shop@1.1.0')->{calls} }), 5, 'a release');
$red = figures('red', statsPeriod => '1h', service => 'shop', environment => 'prod', interval => '1h');
is($red->{interval}, 3600, 'steps as asked for');
near((grep { defined } @{ $red->{p95Us} })[0], 95_000, 'p95 of the whole hour') if 1 == grep { $_ } @{ $red->{calls} };

# ---- who calls whom ----

my $map = figures('service-graph', statsPeriod => '1h');
my %node = map { $_->{name} => $_ } @{ $map->{nodes} };
is_deeply([ map { "$_: $node{$_}{kind}" } sort keys %node ], [ 'ledger: database', 'pay: service', 'shop: service', 'user: user' ], 'nodes');
is($node{shop}{calls}, 105, 'how often');
near($node{pay}{p95Us}, 400, 'how fast');
my %edge = map { ("$_->{from} $_->{kind} $_->{to}" => $_) } @{ $map->{edges} };
is_deeply([ sort keys %edge ], [ 'pay database ledger', 'shop call pay', 'user user shop' ], 'edges');
is($edge{'shop call pay'}{calls}, 100, 'calls are paired over two exports');
is($edge{'shop call pay'}{errors}, 10, 'the caller saw ten fail');
is($edge{'pay database ledger'}{calls}, 100, 'of a database');
near($edge{'pay database ledger'}{totalUs}, 20_000, 'and how long it took');
is($edge{'user user shop'}{calls}, 105, 'from outside');
$map = figures('service-graph', statsPeriod => '1h', environment => 'stage');
is_deeply([ map { "$_->{from} $_->{to} $_->{calls}" } @{ $map->{edges} } ], ['user shop 5'], 'of an environment');
is(sum(map { $_->{calls} } @{ figures('service-graph', statsPeriod => $_)->{edges} }), 305, "$_: the same calls") for qw(1h 7d 30d);

# ---- Sentry's transactions are units of work, too; samples count for what they stand for ----

my ($trace, $id) = (new_trace(), new_span());
my $transaction = { type => 'transaction', event_id => new_id(), transaction => 'checkout', platform => 'python', release => 'web@3', environment => 'prod',
    start_timestamp => $at, timestamp => $at + 0.25, server_name => 'web-1',
    contexts => { trace => { trace_id => $trace, span_id => $id, op => 'http.server', status => 'ok' } },
    spans => [ { trace_id => $trace, span_id => new_span(), parent_span_id => $id, op => 'db', description => 'SELECT 1',
            start_timestamp => $at, timestamp => $at + 0.1 } ] };
my $body = $json->encode($transaction);
is($q->http(POST => '/api/1/envelope/', headers => { 'X-Sentry-Auth' => 'Sentry sentry_key=' . $q->key },
    body => $json->encode({ event_id => $transaction->{event_id} }) . "\n" . $json->encode({ type => 'transaction' }) . "\n$body\n")->{status}, 200, 'a transaction');
my @found = grep { $_->{name} ne 'shop' && $_->{name} ne 'pay' } @{ figures('services', statsPeriod => '1h') };
is(scalar @found, 1, 'its service');
is($found[0]{calls}, 1, 'called once');
near($found[0]{p50Us}, 250_000, 'for a quarter of a second');
my ($checkout) = grep { $_->{entry} } @{ figures("services/$found[0]{name}/operations", statsPeriod => '1h') };
is($checkout->{name}, 'checkout', 'its operation');
is_deeply([ sort map { $_->{name} } @{ $a->get("$org/environments/")->{json} } ], [ 'prod', 'stage' ], 'environments of spans can be chosen');

my $none = $a->as(Authorization => 'Bearer nonsense');
is($none->get("$org/$_/")->{status}, 401, "401: $_") for qw(services red service-graph logs logs/volume events);
finish();
