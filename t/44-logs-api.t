# Log records: listed, searched, paged, followed, counted; as rows for Sentry's tools.
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

sub logs {
    my (%o) = @_;
    my $r = $a->get("$org/logs/", %o);
    is($r->{status}, 200, 'logs ' . join ' ', map { "$_=$o{$_}" } sort keys %o) or diag $r->{content};
    return $r->{json};
}
sub messages { return join '|', map { $_->{message} } @{ logs(@_) } }
sub count { return scalar @{ logs(per_page => 100, @_) } }

# Page by page to the end: all of the rows.
sub all {
    my ($what, %o) = @_;
    my (@rows, $cursor);
    do {
        my $r = $a->get("$org/$what/", %o, $cursor ? (cursor => $cursor) : ());
        die "$r->{status} $r->{content}\n" if $r->{status} != 200;
        push @rows, ref $r->{json} eq 'HASH' ? @{ $r->{json}{data} } : @{ $r->{json} };
        my $next = Api::links($r)->{next};
        $cursor = $next->{results} eq 'true' ? $next->{cursor} : undef;
    } while ($cursor && @rows < 10_000);
    return @rows;
}

my $r = $a->get("$org/logs/");
is($r->{content}, '[]', 'no log records yet');
my $empty = $r->{headers}{'x-quern-tail'};
ok($empty, 'a token to follow from');
is_deeply($a->get("$org/logs/volume/")->{json}{levels}, {}, 'none counted');

# ---- one record, with everything ----

my $now = int time;
my ($trace, $span) = (new_trace(), new_span());
is($o->logs([ logrec(severity => 17, body => 'card refused', at => $now - 100.25, trace => $trace, id => $span, event => 'payment.refused',
            attr => { 'order.id' => { int => 7 }, amount => { double => 9.5 }, vip => { bool => 1 }, user => 'ada' }) ],
        service => 'pay', scope => 'stripe', resource => { 'service.version' => '2', 'deployment.environment.name' => 'prod' })->{status}, 200, 'an OTLP log record');
my $one = logs()->[0];
like(delete $one->{id}, qr/^[0-9a-f]{32}$/, 'it has an id');
is_deeply($one, {
    timestamp => ($now - 100.25) * 1000, level => 'error', severity => 'error', severityNumber => 17, message => 'card refused',
    service => 'pay', project => 'default', release => 'pay@2', environment => 'prod', traceId => $trace, spanId => $span,
    scope => 'stripe', eventName => 'payment.refused', issue => undef,
    attributes => [ [ amount => 9.5 ], [ 'order.id' => 7 ], [ user => 'ada' ], [ vip => JSON::PP::true ] ],
    resource => [ [ 'deployment.environment.name' => 'prod' ], [ 'service.name' => 'pay' ], [ 'service.version' => '2' ] ],
}, 'and all that was sent');

# ---- Sentry's log items ----

my @items = map { { timestamp => $now - 50 + $_ / 10, trace_id => $trace, level => $_ % 2 ? 'info' : 'warn', body => "item $_",
        attributes => { 'sentry.environment' => { type => 'string', value => 'stage' }, n => { type => 'integer', value => $_ } } } } 1 .. 6;
my $body = $json->encode({ items => \@items });
is($q->http(POST => '/api/1/envelope/', headers => { 'X-Sentry-Auth' => 'Sentry sentry_key=' . $q->key },
        body => "{}\n" . $json->encode({ type => 'log', item_count => 6, content_type => 'application/vnd.sentry.items.log+json' }) . "\n$body\n")->{status}, 200, 'log items');
is(messages(query => 'item'), join('|', map { "item $_" } reverse 1 .. 6), 'newest first');
is(messages(query => 'item', sort => 'timestamp', per_page => 2), 'item 1|item 2', 'or oldest first');
is(messages(level => 'warn'), 'item 6|item 4|item 2', 'one level');
is(messages(level => 'WARNING'), 'item 6|item 4|item 2', 'by whatever word');
is(messages(environment => 'prod'), 'card refused', 'one environment');
is(messages(query => 'environment:stage n:>4'), 'item 6|item 5', 'a number');
is(messages(query => 'n:3'), 'item 3', 'a value');
is(messages(query => 'has:order.id'), 'card refused', 'presence');
is(messages(query => 'order.id:7 user:ada vip:true'), 'card refused', 'several');
is(messages(query => '!level:[info,warn]'), 'card refused', 'negation, a list');
is(messages(query => 'CARD'), 'card refused', 'text in any case');
is(messages(query => '"card refused"'), 'card refused', 'words in a row');
is(messages(query => 'refused card'), 'card refused', 'words anywhere');
is(messages(query => 'card*used'), 'card refused', 'a pattern');
is(messages(query => 'no such thing at all'), '', 'nothing');
is(messages(service => 'pay'), 'card refused', 'a service');
is(count(trace => $trace), 7, 'a trace, from both');
is(count(query => "trace:$trace"), 7, 'in words');
is(messages(trace => $trace, span => $span), 'card refused', 'a span');
is(messages(query => "trace:$trace span:$span"), 'card refused', 'in words');
is(count(trace => new_trace()), 0, 'a trace that there is not');
is(count(start => $now - 200, end => $now - 90), 1, 'a time');
is(count(start => $now - 90, end => $now), 6, 'another');
is(count(statsPeriod => '75s'), 6, 'a period');
is(count(project => 'default'), 7, 'the project');
is(count(project => 'other'), 0, 'another');
is($a->get("$org/logs/", %$_)->{status}, 400, 'refused: ' . join '=', %$_)
    for { level => 'loud' }, { trace => 'x' }, { span => 'x' }, { sort => 'level' }, { cursor => 'x' }, { after => 'x' }, { per_page => 101 },
    { query => '(' }, { query => '"' }, { statsPeriod => 'x' }, { cursor => '1.2.3.4:0:0' };

# ---- the error that a record speaks of ----

my %e = ('exception.type' => 'CardError', 'exception.message' => 'refused', 'exception.stacktrace' => "Traceback (most recent call last):\n  File \"/srv/pay.py\", line 9, in pay\n    charge()\nCardError: refused\n");
my ($t2, $s2) = (new_trace(), new_span());
$o->logs([ logrec(severity => 17, body => 'boom', trace => $t2, id => $s2, attr => \%e), logrec(severity => 9, body => 'fine', trace => $t2, id => $s2) ],
    service => 'pay', resource => { 'telemetry.sdk.language' => 'python' });
my %of = map { $_->{message} => $_->{issue} } @{ logs(trace => $t2) };
my $issue = $a->get("$org/issues/")->{json}[0];
is_deeply($of{boom} && { %{ $of{boom} }, eventId => length $of{boom}{eventId} }, { id => $issue->{id}, shortId => $issue->{shortId}, eventId => 32 }, 'its issue');
is($of{fine}, undef, 'and none where nothing failed');

# ---- pages, while records come late, at the same moment, and more than once ----

my %sent;
for my $batch (1 .. 40) {
    my @records;
    for my $n (1 .. 25) {
        my $at = $now - 3600 + $batch * 5 + ($n % 5) - ($n == 7 ? 600 : 0);    # the seventh is ten minutes late
        push @records, logrec(severity => 9, body => "page $batch.$n", at => $at, attr => { half => $n % 2 ? 'odd' : 'even' });
        $sent{"page $batch.$n"} = $at;
    }
    push @records, (logrec(severity => 9, body => 'again', at => $now - 3500)) x 3 if $batch == 20;
    $o->logs(\@records, service => $batch % 2 ? 'a' : 'b');
}
for my $sort ('-timestamp', 'timestamp') {
    my @rows = all('logs', query => 'page', sort => $sort, per_page => 37);
    is(scalar @rows, 1000, "$sort: every record");
    my %seen = map { $_->{message} => 1 } @rows;
    is(scalar keys %seen, 1000, "$sort: once");
    my $ordered = 1;
    for (1 .. $#rows) {
        my ($x, $y) = map { $_->{timestamp} } $sort eq 'timestamp' ? @rows[ $_ - 1, $_ ] : @rows[ $_, $_ - 1 ];
        $ordered = 0 if $x > $y;
    }
    ok($ordered, "$sort: in order of time, the late ones too");
}
is(scalar(all('logs', query => 'again', per_page => 1)), 3, 'three that are the same are three, over pages');
is(scalar(all('logs', query => 'page half:odd', service => 'a', per_page => 100)), 260, 'pages of what fits');
is(scalar(all('logs', start => $now - 3600, end => $now - 3500, query => 'page', per_page => 100)),
    scalar(grep { $_ >= $now - 3600 && $_ < $now - 3500 } values %sent), 'pages of a time');

# ---- following ----

$r = $a->get("$org/logs/", per_page => 1);
my $token = $r->{headers}{'x-quern-tail'};
is($a->get("$org/logs/", after => $token)->{content}, '[]', 'nothing new');
$o->logs([ logrec(body => 'new 1', at => $now - 7200) ], service => 'a');
$o->logs([ logrec(body => 'new 2') ], service => 'b');
$r = $a->get("$org/logs/", after => $token);
is(join('|', map { $_->{message} } @{ $r->{json} }), 'new 2|new 1', 'what came since, however old it says it is');
is($a->get("$org/logs/", after => $token, service => 'b')->{json}[0]{message}, 'new 2', 'of a service');
is($a->get("$org/logs/", after => $r->{headers}{'x-quern-tail'})->{content}, '[]', 'and nothing after that');
$r = $a->get("$org/logs/", after => $token, per_page => 1);
is($r->{headers}{'x-quern-skipped'}, 1, 'when more came than a page holds, it says so');
cmp_ok(scalar @{ $a->get("$org/logs/", after => $empty, per_page => 100)->{json} }, '>', 50, 'from the very beginning');

# ---- volume ----

my $volume = $a->get("$org/logs/volume/", statsPeriod => '24h')->{json};
my %total;
for my $level (keys %{ $volume->{levels} }) { $total{$level} += $_ for @{ $volume->{levels}{$level} } }
is_deeply(\%total, { error => 2, warn => 3, info => 3 + 1 + 1003 + 2 }, 'by level');
is_deeply({ map { $_->{name} => $_->{records} } grep { $_->{name} =~ /^(?:a|b|pay)$/ } @{ $volume->{services} } },
    { a => 501, b => 504, pay => 3 }, 'by service');
is($volume->{interval}, 3600, 'by the hour');
$volume = $a->get("$org/logs/volume/", statsPeriod => '5m')->{json};
is($volume->{interval}, 60, 'of minutes, by the minute');
$total{five} += $_ for map { @$_ } values %{ $volume->{levels} };
is($total{five}, 1 + 6 + 2 + 1, 'the last five');
$volume = $a->get("$org/logs/volume/", statsPeriod => '24h', level => 'error', service => 'pay', environment => 'prod')->{json};
is_deeply([ keys %{ $volume->{levels} } ], ['error'], 'one level of one service in one environment');
is($volume->{services}[0]{records}, 1, 'once');
is($a->get("$org/logs/volume/", level => 'loud')->{status}, 400, 'refused');

# ---- rows for Sentry's tools: what sentry-cli's `logs list` sends, and what it follows with ----

my @columns = ('sentry.item_id', 'trace', 'severity', 'message', 'timestamp');
my %cli = (dataset => 'logs', field => \@columns, sort => '-timestamp', per_page => 100, statsPeriod => '90d');
$r = $a->get("$org/events/", %cli, query => 'card');
is($r->{status}, 200, 'events') or diag $r->{content};
my $row = $r->{json}{data}[0];
is_deeply([ sort keys %$row ], [ sort @columns ], 'the columns that were asked for');
like($row->{'sentry.item_id'}, qr/^[0-9a-f]{32}$/, 'an id');
is($row->{trace}, $trace, 'its trace');
is("$row->{severity} $row->{message}", 'error card refused', 'what it says');
like($row->{timestamp}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.750*Z$/, 'when');
is_deeply($r->{json}{meta}{fields}, { 'sentry.item_id' => 'string', trace => 'string', severity => 'string', message => 'string', timestamp => 'date' }, 'types');
is($r->{json}{meta}{dataset}, 'logs', 'the data set');
my @rows = all('events', %cli);
is(scalar @rows, 7 + 2 + 1003 + 2, 'all of them, over pages');
my %ids = map { $_->{'sentry.item_id'} => 1 } @rows;
cmp_ok(scalar keys %ids, '>=', @rows - 2, 'ids tell them apart, but for the three that are the same');
my $ns = sprintf '%d', ($now - 50) * 1_000_000_000 + 450_000_000;
$r = $a->get("$org/events/", %cli, query => "sentry.timestamp_precise:>$ns item");
is(join('|', map { $_->{message} } @{ $r->{json}{data} }), 'item 6|item 5', 'what came after a moment');
$r = $a->get("$org/events/", dataset => 'logs', field => [ 'message', 'n', 'tags[n,number]', 'project', 'project.id', 'severity_number', 'sentry.timestamp_precise', 'nothing' ], query => 'n:6 item');
is_deeply({ %{ $r->{json}{data}[0] }, 'sentry.timestamp_precise' => 1 }, { message => 'item 6', n => 6, 'tags[n,number]' => 6, project => 'default', 'project.id' => 1,
        severity_number => 13, 'sentry.timestamp_precise' => 1, nothing => undef }, 'attributes are columns');
is($r->{json}{meta}{fields}{n}, 'number', 'of their type');

# ---- spans ----

my ($st, $root) = (new_trace(), new_span());
$o->traces([ span(trace => $st, id => $root, name => 'GET /cart', kind => 2, start => $now - 20, end => $now - 19.5, attr => { 'http.route' => '/cart', 'http.request.method' => 'GET', 'cart.size' => { int => 3 } }),
        span(trace => $st, parent => $root, name => 'SELECT', kind => 3, start => $now - 19.9, end => $now - 19.8, status => 2, attr => { 'db.system.name' => 'mysql' }) ], service => 'shop');
my @mcp = ('id', 'trace', 'span.op', 'span.description', 'span.duration', 'transaction', 'project', 'timestamp');
$r = $a->get("$org/events/", dataset => 'spans', field => [ @mcp, 'is_transaction', 'parent_span', 'cart.size' ], sort => '-timestamp', query => "trace:$st");
is($r->{status}, 200, 'spans') or diag $r->{content};
is(join('|', map { $_->{'span.op'} } @{ $r->{json}{data} }), 'db|http.server', 'newest first');
my $cart = $r->{json}{data}[1];
is($cart->{id}, $root, 'span id');
is($cart->{'span.duration'}, 500, 'milliseconds');
is($cart->{'cart.size'}, 3, 'an attribute');
ok($cart->{is_transaction}, 'it starts a unit of work');
is($r->{json}{data}[0]{parent_span}, $root, 'the other one is called by it');
is($r->{json}{meta}{fields}{'span.duration'}, 'duration', 'a duration');
is($r->{json}{meta}{units}{'span.duration'}, 'millisecond', 'in milliseconds');
is(scalar(all('events', dataset => 'spans', field => ['id'], query => 'span.op:db')), 1, 'by operation');
is(scalar(all('events', dataset => 'transactions', field => ['id'])), 1, 'units of work alone');

# ---- which attributes there are ----

sub keys_of { my (%o) = @_; $r = $a->get("$org/trace-items/attributes/", %o); is($r->{status}, 200, 'attributes ' . join ' ', %o) or diag $r->{content};
    return { map { $_->{key} => $_ } @{ $r->{json} } } }
my $keys = keys_of(itemType => 'logs');
ok($keys->{$_}, "logs: $_") for qw(message severity user half service.name), 'tags[order.id,number]', 'tags[vip,boolean]';
ok(!$keys->{$_}, "logs: no $_") for qw(span.op http.route), 'order.id';
is_deeply([ @{ $keys->{half} }{qw(name attributeType)}, $keys->{half}{attributeSource}{source_type} ], [ 'half', 'string', 'user' ], 'what is told of one');
$keys = keys_of(itemType => 'spans', attributeType => 'number');
is_deeply([ sort keys %$keys ], [ 'span.duration', 'tags[cart.size,number]' ], 'spans: numbers');
is_deeply([ keys %{ keys_of(itemType => 'spans', attributeType => 'string', substringMatch => 'route') } ], ['http.route'], 'spans: by a part of the name');
sub values_of { my ($key, %o) = @_; $r = $a->get("$org/trace-items/attributes/$key/values/", %o); is($r->{status}, 200, "values of $key"); return join ' ', map { "$_->{value}:$_->{count}" } @{ $r->{json} } }
is(values_of('half', itemType => 'logs', query => 'page'), 'even:480 odd:520', 'values of an attribute, and how often');
is(values_of('severity', itemType => 'logs', query => 'item'), 'info:3 warn:3', 'of a column');
is(values_of('half', itemType => 'logs', substringMatch => 'OD', query => 'page'), 'odd:520', 'by a part of it');
is(values_of('span.op', itemType => 'spans', attributeType => 'string'), 'db:1 http.server:1', 'of spans');
is($a->get("$org/trace-items/attributes/", %$_)->{status}, 400, 'refused: ' . join '=', %$_) for { itemType => 'tea' }, { attributeType => 'tea' };

# ---- errors ----

$q->send_event($q->exception('Alpha', "n $_"), environment => 'prod', release => 'shop@1', tags => { color => $_ % 2 ? 'red' : 'blue' }) for 1 .. 5;
my %errors = (field => [ 'id', 'title', 'issue', 'issue.id', 'project', 'timestamp', 'release', 'color' ], sort => '-timestamp', per_page => 2);
@rows = all('events', dataset => 'errors', %errors, query => 'error.type:Alpha');
is(join('|', map { $_->{title} } @rows), join('|', map { "Alpha: n $_" } reverse 1 .. 5), 'error events, newest first, over pages');
is($rows[0]{color}, 'red', 'a tag');
is($rows[0]{release}, 'shop@1', 'the release');
like($rows[0]{issue}, qr/^DEFAULT-/, 'the issue');
{
    my $trace = '5' x 32;
    $q->send_event($q->exception('Gamma', "m $_"), environment => 'dev', contexts => { trace => { trace_id => $trace, span_id => '7' x 16 } }) for 1 .. 5;
    my @of = all('events', dataset => 'errors', %errors, query => "trace:$trace");
    is(join('|', map { $_->{title} } @of), join('|', map { "Gamma: m $_" } reverse 1 .. 5), 'those of a trace, newest first, over pages');
    is(scalar(all('events', %errors, query => "trace:$trace error.type:Alpha")), 0, 'that are of a kind, too');
    is(scalar(all('events', %errors, query => "!trace:$trace error.type:Gamma")), 0, 'or of none');
    is(scalar(all('events', %errors, query => 'trace:' . '6' x 32)), 0, 'of a trace without any');
}
is(scalar(all('events', %errors, query => 'color:blue')), 2, 'without a data set: errors');
is(scalar(all('events', %errors, environment => 'prod')), 5, 'of an environment');
is(scalar(all('events', %errors, query => $_->[0])), $_->[1], "events: $_->[0]")
    for [ 'color:blue OR color:red', 5 ], [ 'color:blue or color:green', 2 ], [ 'color:red AND release:shop@1 OR color:blue', 5 ], [ 'color:[red, green] OR title:"a OR b"', 3 ];
is($a->get("$org/events/", %errors, query => $_)->{status}, 400, "refused: $_") for 'color:blue OR', 'OR color:blue', '(color:blue)', join ' OR ', map { "n:$_" } 1 .. 17;

# ---- errors added up: as MCP servers ask ----

my %sums = (dataset => 'errors', field => [ 'issue', 'issue.id', 'title', 'project', 'count()', 'last_seen()' ], statsPeriod => '24h');
$q->send_event($q->exception('Beta', 'once'), environment => 'stage');
$r = $a->get("$org/events/", %sums, sort => '-count', query => 'error.type:[Alpha,Beta]');
is($r->{status}, 200, 'errors per issue') or diag $r->{content};
is(join('|', map { "$_->{title} $_->{'count()'} $_->{project}" } @{ $r->{json}{data} }), 'Alpha: n 5 5 default|Beta: once 1 default', 'the most frequent first');
like($r->{json}{data}[0]{'last_seen()'}, qr/^\d{4}-\d\d-\d\dT.*Z$/, 'when they were seen last');
is($r->{json}{meta}{fields}{'count()'}, 'integer', 'counts are integers');
is($a->get("$org/events/", %sums, sort => '-last_seen()')->{json}{data}[0]{title}, 'Beta: once', 'the newest first');
is(scalar(all('events', %sums, per_page => 1)), 4, 'page by page');
is($a->get("$org/events/", dataset => 'errors', field => [ 'release', 'count()' ])->{status}, 400, 'but not by anything else');
is($a->get("$org/events/", dataset => 'errors', field => 'count()')->{status}, 400, 'nor all in one');

for my $bad ({ dataset => 'tea' }, { dataset => 'logs' }, { dataset => 'logs', field => 'count_unique(user)' }, { dataset => 'logs', field => 'message', sort => '-message' },
    { dataset => 'logs', field => 'message', sort => '-timestamp' }, { dataset => 'spans', field => [ map { "f$_" } 1 .. 51 ] }) {
    $r = $a->get("$org/events/", %$bad);
    is($r->{status}, 400, 'refused: ' . substr $json->encode($bad), 0, 60);
    like($r->{json}{detail}, qr/\w/, 'and why');
}

# ---- of a trace all records, however old ----

my $old = new_trace();
$o->logs([ logrec(at => $now - 30 * 86400, trace => $old) ]);
is(count(trace => $old), 1, 'a trace of a month ago');
is(count(query => "trace:$old"), 1, 'in words');
is(count(trace => $old, statsPeriod => '14d'), 0, 'unless a time is asked for');

# ---- a restart changes nothing ----

my $before = $json->encode([ map { { %$_ } } all('logs', per_page => 100) ]);
$q->stop;
$q->launch;
is($json->encode([ all('logs', per_page => 100) ]), $before, 'the same records in the same order after a restart');
finish();
