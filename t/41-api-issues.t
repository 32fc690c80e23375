# Issue lists: search, sorting, paging. Numbers are the conformance cases of the API's reference.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Quern;
use Test::More;
use Time::HiRes 'time';

my $q = Quern->start(workers => 2);
my $a = Api->new($q);
my $org = '/organizations/default/issues/';
my $project = '/projects/default/default/issues/';
my $r;

sub titles { return [ map { $_->{title} } @{ $_[0]{json} } ] }
sub found { my ($query, @o) = @_; my $r = $a->get($org, query => $query, @o); return $r->{status} == 200 ? join ' ', sort map { $_->{title} =~ s/:.*//r } @{ $r->{json} } : $r->{content} }

# ---- an empty server ----

is_deeply($a->get($org)->{json}, [], 'no issues yet');
is_deeply($a->get($org)->{headers}{'x-hits'}, 0, 'and their number');

# ---- a small zoo of issues ----

my %base = (release => 'shop@1.0.0', environment => 'prod');
my $now = time;
sub event { my ($type, $value, %more) = @_; return $q->send_event($q->exception($type, $value, "fn_$type"), %base, %more) }

my $hex = event('Alpha', 'the first one', tags => { color => 'Blue', 'foo.bar' => 'bazaar' }, user => { id => 1 });
event('Alpha', 'the first one', user => { id => $_ }, tags => { color => 'red' }) for 2 .. 12;
event('Beta', 'boom "x"', level => 'fatal', environment => 'stage', release => 'shop@1.1.0', user => { email => 'a@b.test' });
event('Gamma', '100% of it', level => 'warning', environment => undef, release => undef, tags => { color => 'green' });
event('Delta', 'handled', timestamp => $now - 3 * 86400, level => 'error');
$q->send_event(message => 'plain message', level => 'info', platform => 'go', environment => 'prod');

$r = $a->get($org);
is($r->{headers}{'x-max-hits'}, 1000, 'hits are counted to a thousand');
is_deeply([ sort @{ titles($r) } ], [ 'Alpha: the first one', 'Beta: boom "x"', 'Delta: handled', 'Gamma: 100% of it' ],
    '12: without a query: unresolved, but for low priority');
is(scalar @{ $a->get($org, query => '')->{json} }, 5, '12: an empty query shows everything');
is(scalar @{ $a->get($project)->{json} }, 5, 'the project list hides no priority');
my ($alpha) = grep { $_->{title} =~ /Alpha/ } @{ $r->{json} };
is_deeply([ $alpha->{count}, $alpha->{userCount} ], [ '12', 12 ], 'count is a string, userCount a number');
like($alpha->{shortId}, qr/^DEFAULT-[0-9A-HJKMNP-TV-Z]+$/, 'short id');
like($alpha->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/, "62: $_ ends in Z") for qw(firstSeen lastSeen);
is_deeply($alpha->{metadata}, { type => 'Alpha', value => 'the first one', filename => 'app/fn_Alpha.py', function => 'fn_Alpha' }, 'metadata');
is(scalar @{ $alpha->{stats}{'24h'} }, 24, '24 buckets');
is($alpha->{stats}{'24h'}[-1][1], 12, 'the last one has all of them');
is($alpha->{stats}{'24h'}[-1][0] % 3600, 0, 'buckets are whole hours');
is($alpha->{project}{slug}, 'default', 'its project');
is($alpha->{permalink}, $q->url("/organizations/default/issues/$alpha->{id}/"), 'permalink is a URL');
is($a->get("/$_/$alpha->{id}/")->{json}{permalink}, $alpha->{permalink}, "... the same below /$_/") for 'issues', 'groups';

# ---- the query language, against aggregates ----

is(found('is:unresolved'), 'Alpha Beta Delta Gamma plain message', 'is:unresolved');
is(found('is:resolved'), '', 'is:resolved');
is(found('issue.type:error'), found(''), 'messages and exceptions are of the type "error", as they say');
is(found('issue.type:feedback'), '', 'none is feedback');
is(found('is:unresolved is:resolved'), '', 'both at once: nothing');
is(found('level:[error,fatal]'), 'Alpha Beta Delta', '16: list');
is(found('!level:error'), 'Beta Gamma plain message', 'negation');
is(found('!environment:prod'), 'Beta Gamma', '16: negated environment');
is(found('environment:prod'), 'Alpha Delta plain message', 'environment');
is(found('environment:""'), 'Gamma', 'no environment');
is(found('has:user'), 'Alpha Beta', '16: presence');
is(found('!has:color'), 'Beta Delta plain message', 'absence');
is(found('color:""'), 'Beta Delta plain message', 'absence, the other way to say it');
is(found('"boom \"x\""'), 'Beta', '16: quoted text with quotes');
is(found('!environment:prod has:user level:[error,fatal] "boom \"x\""'), 'Beta', '16: all at once');
is(found('BOOM'), 'Beta', 'free text in any case');
is(found('100%'), 'Gamma', 'per cent is a character');
is(found('first one'), 'Alpha', 'two words are one text');
is(found('foo.bar:baz*'), 'Alpha', '18: a tag with a prefix');
is(found('foo.bar:BAZ*'), 'Alpha', '18: patterns ignore case');
is(found('color:blue'), '', 'equality does not');
is(found('color:Blue'), 'Alpha', 'a tag value');
is(found('color:[Blue,green]'), 'Alpha Gamma', 'one of several tag values');
is(found('!color:[Blue,green]'), 'Beta Delta plain message', 'none of several');
is(found('tags[color]:green'), 'Gamma', 'a tag by force');
is(found('user.id:7'), 'Alpha', 'user by id');
is(found('user.email:a@b.test'), 'Beta', 'user by mail');
is(found('release:shop@1.0.0'), 'Alpha Delta', 'release');
is(found('release:shop@1.*'), 'Alpha Beta Delta', 'release by pattern');
is(found('release:latest'), 'Beta', 'the latest release');
is(found('release:""'), 'Gamma plain message', 'no release');
is(found('release.version:>1.0.0'), 'Beta', 'release by order of versions');
is(found('release.package:shop'), 'Alpha Beta Delta', 'release by package');
is(found('firstRelease:shop@1.1.0'), 'Beta', 'first release');
is(found('error.type:Gam*'), 'Gamma', 'exception type');
is(found('stack.function:fn_Delta'), 'Delta', 'function that crashed');
is(found('title:"Delta: handled"'), 'Delta', 'title');
is(found('platform:go'), 'plain message', 'platform');
is(found('issue.priority:low'), 'plain message', 'priority');
is(found('timesSeen:>10 age:-24h'), 'Alpha', '17: often, and lately');
is(found('timesSeen:1'), 'Beta Delta Gamma plain message', 'just once');
is(found('users_seen:>=12'), 'Alpha', 'by users');
is(found('age:+24h'), 'Delta', 'older than a day');
is(found('lastSeen:-1h'), 'Alpha Beta Gamma plain message', 'seen in the last hour');
is(found("issue:$alpha->{shortId}"), 'Alpha', 'by short id');
is(found("issue:[$alpha->{id}]"), 'Alpha', 'by id');
is(found("id:$hex"), 'Alpha', 'by event id');
is(found('assigned:me'), '', 'assigned to me');
is(found('is:unassigned level:fatal'), 'Beta', 'to nobody');
is(found('nothing:like-that'), '', 'an unknown tag');

for my $bad ([ 'is:banana', qr/^Error parsing search query: Invalid value for "is" search, valid values are \[/, '14' ],
    [ 'a OR b', qr/^Error parsing search query: Boolean statements/, '15' ],
    [ 'timesSeen:abc', qr/Invalid number: abc/, 'a number' ], [ 'age:yesterday', qr/Invalid date: yesterday/, 'a date' ],
    [ 'x:"y', qr/never closed/, 'a quote' ])
{
    $r = $a->get($org, query => $bad->[0]);
    is($r->{status}, 400, "$bad->[2]: $bad->[0] is refused");
    like($r->{json}{detail}, $bad->[1], "$bad->[2]: and says why");
}

# ---- parameters ----

is_deeply(titles($a->get($org, sort => 'freq'))->[0], 'Alpha: the first one', 'sort by frequency');
is_deeply(titles($a->get($org, sort => 'user'))->[0], 'Alpha: the first one', 'sort by users');
is_deeply(titles($a->get($org, sort => 'new'))->[-1], 'Delta: handled', 'sort by first seen');
is_deeply(titles($a->get($org))->[-1], 'Delta: handled', 'sort by last seen');
is(scalar @{ $a->get($org, statsPeriod => '24h', query => '')->{json} }, 4, 'only what happened in a day');
is(scalar @{ $a->get($org, environment => [ 'stage', '' ], query => '')->{json} }, 2, 'environments as parameters');
is(scalar @{ $a->get($org, project => 'default', query => '')->{json} }, 5, 'project by slug');
is(scalar @{ $a->get($org, project => -1, query => '')->{json} }, 5, 'all projects');
is(scalar @{ $a->get($org, project => 99, query => '')->{json} }, 0, 'a project that is not there');
is(scalar @{ $a->get($org, group => [ $alpha->{id} ], query => '')->{json} }, 1, 'by group');
is($a->get($org, group => 'x')->{json}{detail}, 'Group ids must be integers', 'group must be a number');
is($a->get($org, groupStatsPeriod => '7d')->{json}{detail}, "Invalid stats_period. Valid choices are '', '24h', '14d' and 'auto'", '19: a wrong chart period');
is(scalar @{ $a->get($org, groupStatsPeriod => '14d')->{json}[0]{stats}{'14d'} }, 14, 'fourteen days');
is_deeply($a->get($org, groupStatsPeriod => '')->{json}[0]{stats}, {}, 'no chart');
is($a->get($org, statsPeriod => '9x')->{json}{detail}, "Invalid statsPeriod: '9x'", 'a wrong period');
is($a->get($org, start => '2026-03-02T00:00:00')->{json}{detail}, 'start and end are both required', '61: half a range');
is($a->get($org, limit => 'x')->{json}{detail}, 'invalid limit', 'a wrong limit');
is($a->get($org, per_page => 0)->{status}, 400, 'a wrong per_page');
is($a->get($org, limit => 10000)->{status}, 200, '11: a limit beyond the maximum is cut');
is($a->get($org, cursor => 'x')->{json}{detail}, 'Invalid cursor parameter.', '7: a wrong cursor');
is_deeply(titles($a->get($org, cursor => '')), titles($a->get($org)), '8: an empty cursor is none');
my $counts = $a->get('/organizations/default/issues-count/', query => [ 'is:unresolved', 'level:fatal' ]);
is_deeply($counts->{json}, { 'is:unresolved' => 5, 'level:fatal' => 1 }, 'issues-count');
is($a->get('/organizations/default/issues-stats/', groups => $alpha->{id})->{json}[0]{count}, '12', 'issues-stats');

$r = $a->get($org, query => $hex);
is_deeply([ scalar @{ $r->{json} }, $r->{json}[0]{matchingEventId}, $r->{headers}{'x-sentry-direct-hit'} ], [ 1, $hex, 1 ], '13: an event id finds its issue');
$r = $a->get($org, query => lc $alpha->{shortId}, shortIdLookup => 1);
is_deeply([ $r->{json}[0]{id}, $r->{headers}{'x-sentry-direct-hit'} ], [ $alpha->{id}, 1 ], 'so does a short id');
my ($hash) = map { $_->{id} } @{ $a->get("/issues/$alpha->{id}/hashes/")->{json} };
is($a->get($project, hashes => $hash)->{json}[0]{id}, $alpha->{id}, 'and a fingerprint');
is($a->get($project, hashes => $hash, query => 'x')->{status}, 400, 'but not with a query');

# ---- counts of a range, and their order ----

# Old: 30 events five days ago; Fresh: 3 today. By frequency of the last day Fresh comes first.
event('Old', 'noisy once', timestamp => $now - 5 * 86400) for 1 .. 30;
event('Old', 'noisy once');
event('Fresh', 'noisy now') for 1 .. 3;
is_deeply([ map { s/:.*//r } @{ titles($a->get($org, sort => 'freq', statsPeriod => '24h', query => 'noisy')) } ], [ 'Fresh', 'Old' ], 'frequency within the range');
is_deeply([ map { s/:.*//r } @{ titles($a->get($org, sort => 'freq', query => 'noisy')) } ], [ 'Old', 'Fresh' ], 'and over all time');
my ($old) = grep { $_->{title} =~ /Old/ } @{ $a->get($org, statsPeriod => '24h')->{json} };
is_deeply([ $old->{count}, $old->{lifetime}{count} ], [ '1', '31' ], 'count is of the range, lifetime of always');

# ---- pages ----

event("Many$_", 'one of many', tags => { batch => $_ % 2 ? 'odd' : 'even' }) for 1 .. 250;
for my $how ([ sort => 'date' ], [ sort => 'new' ], [ sort => 'freq' ], [ sort => 'user' ], [ sort => 'freq', statsPeriod => '14d' ], [ query => 'batch:odd' ]) {
    my %o = (query => 'one of many', per_page => 100, @$how);
    my (@pages, %seen);
    my $cursor = '';
    while (1) {
        $r = $a->get($org, %o, cursor => $cursor);
        my $link = Api::links($r);
        push @pages, [ map { $_->{id} } @{ $r->{json} } ];
        $seen{$_}++ for @{ $pages[-1] };
        is($link->{previous}{results}, @pages == 1 ? 'false' : 'true', "9: @$how: previous of page " . @pages);
        if (@pages == 1) {
            (my $path = $link->{next}{url}) =~ s{^https?://[^/]+}{};
            is_deeply([ map { $_->{id} } @{ $a->get($path)->{json} } ], [ map { $_->{id} } @{ $a->get($org, %o, cursor => $link->{next}{cursor})->{json} } ],
                '10: the URL of the next page is the same page');
        }
        if (@pages == 2) {
            is_deeply([ map { $_->{id} } @{ $a->get($org, %o, cursor => $link->{previous}{cursor})->{json} } ], $pages[0], "@$how: and back again");
        }
        last if $link->{next}{results} eq 'false' || @pages > 5;
        $cursor = $link->{next}{cursor};
    }
    my $all = $o{query} eq 'batch:odd' ? 125 : 250;
    is(scalar(keys %seen), $all, "9: @$how: all on " . @pages . ' pages, ' . $all);
    is((grep { $_ > 1 } values %seen) + 0, 0, "@$how: none of them twice");
}
is($a->get($org, query => 'one of many')->{headers}{'x-hits'}, 250, 'hits are those of the whole search');

finish();
