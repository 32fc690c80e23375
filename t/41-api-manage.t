# Projects, keys, releases, stats, status: what tools set up and look at. Numbers are the conformance
# cases of the API's reference.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Quern;
use Test::More;

my $q = Quern->start(workers => 2);
my $a = Api->new($q);
my ($org, $shop) = ('/organizations/default', '/projects/default/shop');
my $r;

# ---- projects ----

is_deeply($a->post("$org/projects/", {})->{json}, { name => ['This field is required.'] }, 'a project needs a name');
is($a->post("$org/projects/", { name => 'x', slug => '123' })->{status}, 400, 'and a slug that is no number');
$r = $a->post("$org/projects/", { name => 'Shop', platform => 'javascript' });
is_deeply([ $r->{status}, @{ $r->{json} }{qw(slug name platform)} ], [ 201, 'shop', 'Shop', 'javascript' ], 'a project is made');
my $pid = $r->{json}{id};
is($a->post("$org/projects/", { name => 'Shop again', slug => 'shop' })->{status}, 409, 'not twice');
is($a->post('/teams/default/any/projects/', { name => 'Teamed' })->{status}, 201, 'the way by a team works, too');
is_deeply([ map { $_->{slug} } @{ $a->get("$org/projects/")->{json} } ], [qw(default shop teamed)], 'projects are listed');
is($a->get('/projects/')->{json}[0]{organization}{slug}, 'default', 'with their organisation');
is($a->get("/projects/default/$pid/")->{json}{slug}, 'shop', 'a project by id');
is($a->get('/projects/default/nope/')->{status}, 404, 'an unknown one');
$r = $a->get("$shop/");
is_deeply([ @{ $r->{json} }{qw(dataScrubber scrubIPAddresses sensitiveFields resolveAge)} ], [ JSON::PP::true, JSON::PP::false, [], 0 ], 'settings have their defaults');
$r = $a->put("$shop/", { name => 'The shop', sensitiveFields => ['ssn'], scrubIPAddresses => JSON::PP::true, allowedDomains => ['*.shop.test'] });
is_deeply([ $r->{status}, @{ $r->{json} }{qw(name sensitiveFields scrubIPAddresses allowedDomains)} ],
    [ 200, 'The shop', ['ssn'], JSON::PP::true, ['*.shop.test'] ], 'and can be changed');
is($a->put("$shop/", { fingerprintingRules => 'nonsense' })->{status}, 400, 'rules that do not compile are refused');
is($a->put("$shop/", { fingerprintingRules => 'error.type:Foo -> foo' })->{json}{fingerprintingRules}, 'error.type:Foo -> foo', 'others are kept');
is($a->put("$shop/filters/localhost/", { active => JSON::PP::true })->{status}, 204, 'an inbound filter');
is_deeply({ map { $_->{id} => !!$_->{active} } @{ $a->get("$shop/filters/")->{json} } },
    { localhost => 1, 'browser-extensions' => '', 'web-crawlers' => '' }, 'is on, the others are off');
is($a->put("$shop/filters/nope/", { active => JSON::PP::true })->{status}, 404, 'an unknown one');
is($a->delete('/projects/default/teamed/')->{status}, 204, 'a project is deleted');
is($a->get('/projects/default/teamed/')->{status}, 404, 'and gone');
for my $list (qw(teams repos monitors)) { is_deeply($a->get("$org/$list/")->{json}, [], "$list: an empty list") }
is_deeply($a->get('/users/me/regions/')->{json}, { regions => [ { name => 'main', url => $q->url } ] }, 'regions');

{
    my $made = $a->post("$org/projects/", { name => 'Old name' })->{json};
    is($a->put('/projects/default/old-name/', { slug => 'new-name' })->{json}{slug}, 'new-name', '51: a project gets another slug');
    $r = $a->call(GET => '/projects/default/old-name/keys/', undef, a => 'b');
    is($r->{status}, 200, '51: who follows the redirect finds it');
    like($r->{url}, qr{/api/0/projects/default/new-name/keys/\?a=b$}, '51: there');
    my $plain = HTTP::Tiny->new(max_redirect => 0)->get($q->url('/api/0/projects/default/old-name/'), { headers => $a->{headers} });
    is($plain->{status}, 302, '51: by its old slug it has moved');
    is($plain->{headers}{location}, '/api/0/projects/default/new-name/', '51: to its new one');
    is_deeply(Quern::json_of($plain->{content})->{slug}, 'new-name', '51: which the body says');
    is($a->put('/projects/default/new-name/', { slug => 'newer' })->{status}, 200, '51: twice');
    is($a->get('/projects/default/old-name/')->{json}{id}, $made->{id}, '51: both lead there');
    is($a->post("$org/projects/", { name => 'x', slug => 'old-name' })->{status}, 201, '51: another project may take the name');
    isnt($a->get('/projects/default/old-name/')->{json}{id}, $made->{id}, '51: and has it then');
    $a->delete("/projects/default/$_/") for qw(newer old-name);
}

# ---- keys ----

$r = $a->get("$shop/keys/");
is(scalar @{ $r->{json} }, 1, 'a project comes with a key');
my $key = $r->{json}[0];
like($key->{dsn}{public}, qr{^http://[0-9a-f]{32}\@127\.0\.0\.1:\d+/$pid$}, 'its DSN');
is($key->{projectId}, $pid, 'projectId');
is($key->{id}, $key->{public}, 'the id is the public key');
$r = $a->post("$shop/keys/", { name => 'second', rateLimit => { window => 60, count => 5 } });
is_deeply([ $r->{status}, $r->{json}{name}, $r->{json}{rateLimit} ], [ 201, 'second', { window => 60, count => 5 } ], 'another key, limited');
my $second = $r->{json}{id};
is($a->get("$shop/keys/", cursor => '0:9223372036854775807:0')->{status}, 400, 'a cursor whose follower were no number');
$r = $a->get("$shop/keys/", cursor => '0:4611686018427387903:0');
is_deeply([ $r->{status}, $r->{json}, Api::links($r)->{next}{cursor} ], [ 200, [], '0:4611686018427388003:0' ], 'one that might be');
is($a->post("$shop/keys/", { rateLimit => { window => 'x', count => 5 } })->{status}, 400, 'a limit of numbers');
is($a->put("$shop/keys/$second/", { rateLimit => $_ })->{status}, 400, 'no limit by half or beyond all bounds: ' . Quern::json_text($_))
    for { count => 7 }, { count => -1, window => 60 }, { count => 1, window => 1e10 }, 'none';
is_deeply($a->get("$shop/keys/$second/")->{json}{rateLimit}, { window => 60, count => 5 }, 'the limit stays');
$r = $a->put("$shop/keys/$second/", { rateLimit => { window => undef, count => undef } });
is_deeply([ $r->{status}, $r->{json}{rateLimit} ], [ 200, undef ], "nulls, as Sentry's form has them, take it off");
$a->put("$shop/keys/$second/", { rateLimit => { window => 60, count => 5 } });
is($a->put("$shop/keys/$second/", { rateLimit => undef })->{json}{rateLimit}, undef, 'the limit is taken off');
is($a->put("$shop/keys/$second/", { isActive => JSON::PP::false })->{json}{isActive}, JSON::PP::false, 'the key is switched off');
is_deeply([ map { $_->{id} } @{ $a->get("$shop/keys/", status => 'inactive')->{json} } ], [$second], 'and listed so');
is($q->http(POST => "/api/$pid/store/?sentry_key=$second", body => '{"message":"x"}')->{status}, 403, 'and takes in nothing');
is($a->delete("$shop/keys/$second/")->{status}, 204, 'deleted');
is($a->get("$shop/keys/$second/")->{status}, 404, 'and gone');
is($a->get("/projects/default/default/keys/$key->{id}/")->{status}, 404, 'a key belongs to its project');

# ---- releases ----

$r = $a->post("$org/releases/", { version => 'a/b', projects => ['shop'] });
is_deeply([ $r->{status}, ref $r->{json}{version} ], [ 400, 'ARRAY' ], '29: a version with a slash');
is($a->post("$org/releases/", { version => $_, projects => [] })->{status}, 400, "29: so is '$_'") for '', '..', 'latest', "a\nb";
$r = $a->post("$org/releases/", { version => 'shop@1.4.0+77', projects => ['shop'] });
is($r->{status}, 201, '30: a release is made');
my $rid = $r->{json}{id};
unlike(Quern::json_text($rid), qr/"/, '30: its id is a number');
$r = $a->post("$org/releases/", { version => 'shop@1.4.0+77', projects => ['shop'] });
is_deeply([ $r->{status}, $r->{json}{id} ], [ 208, $rid ], '30: once more: 208 and the same');
is_deeply($a->post("$org/releases/", { version => 'v1', projects => ['nope'] })->{json}, { projects => ['Invalid project ids or slugs'] }, '31: an unknown project');
is_deeply($a->post("$org/releases/", { version => 'v1' })->{json}, { projects => ['This field is required.'] }, 'projects are needed');
is($a->post("$org/releases/", { version => 'v1', projects => [] })->{status}, 201, 'though there may be none');
is_deeply($a->get("$org/releases/v1/previous-with-commits/")->{json}, {}, '32: no history');
is($a->get("$org/releases/v9/previous-with-commits/")->{status}, 404, '32: nor this release');
$r = $a->put("$org/releases/v1/", { refs => [ { repository => 'x', commit => 'abc' } ] });
is_deeply([ $r->{status}, $r->{json} ], [ 400, { refs => ['Invalid repository names: x'] } ], '33: an unknown repository');
is($a->put("$org/releases/v1/", { refs => [] })->{status}, 200, 'no repository at all');
$r = $a->put("$org/releases/v1/", { dateReleased => '2026-03-01T10:00:00Z', url => 'https://x.test', status => 'archived' });
is_deeply([ @{ $r->{json} }{qw(dateReleased url status)} ], [ '2026-03-01T10:00:00Z', 'https://x.test', 'archived' ], 'a release is changed');
is_deeply([ map { $_->{version} } @{ $a->get("$org/releases/", status => 'open')->{json} } ], ['shop@1.4.0+77'], 'open ones');
is_deeply([ map { $_->{version} } @{ $a->get("$org/releases/", query => '1.4')->{json} } ], ['shop@1.4.0+77'], 'by part of the name');
is_deeply([ map { $_->{version} } @{ $a->get("$shop/releases/")->{json} } ], ['shop@1.4.0+77'], 'of a project');
$r = $a->get("$org/releases/" . Api::escape('shop@1.4.0+77') . '/')->{json};
is_deeply([ $r->{shortVersion}, $r->{versionInfo}{package}, $r->{versionInfo}{version}{buildCode} ], [ '1.4.0+77', 'shop', '77' ], 'what the name says');
is($a->get("$org/releases/v9/")->{status}, 404, 'an unknown release');
is_deeply($a->get("$org/releases/v1/$_/")->{json}, [], "$_: none") for qw(commits files);
is_deeply($a->get("$shop/releases/" . Api::escape('shop@1.4.0+77') . "/$_/")->{json}, [], "$_ of a project: none") for qw(commits files);

# ---- deploys ----

my $deploys = "$org/releases/v1/deploys/";
is_deeply($a->get($deploys)->{json}, [], 'no deploys');
is_deeply([ @{ $a->get("$org/releases/v1/")->{json} }{qw(deployCount lastDeploy)} ], [ 0, undef ], 'nor one as the last');
$r = $a->post($deploys, { environment => 'production', name => 'first', url => 'https://x.test', dateStarted => '2026-03-01T10:00:00Z',
        dateFinished => '2026-03-01T10:05:00Z' });
is($r->{status}, 201, 'a deploy');
like($r->{json}{id}, qr/^\d+$/, '... its id is a string of digits');
is_deeply([ @{ $r->{json} }{qw(environment name url dateStarted dateFinished)} ],
    [ 'production', 'first', 'https://x.test', '2026-03-01T10:00:00Z', '2026-03-01T10:05:00Z' ], '... is as it was sent');
$r = $a->post($deploys, { environment => 'production', name => undef, url => undef, dateStarted => undef, projects => ['shop'] });
is($r->{status}, 201, '35: another to the same environment');
like($r->{json}{dateFinished}, qr/^20.*Z$/, '35: which is over now');
$a->post($deploys, { environment => 'staging', dateFinished => '2026-03-01T09:00:00Z' });
is_deeply([ map { [ @$_{qw(environment name)} ] } @{ $a->get($deploys)->{json} } ], [ [ 'production', undef ], [ 'staging', undef ] ],
    '35: one row of each environment, the later');
$r = $a->get("$org/releases/v1/")->{json};
is_deeply([ $r->{deployCount}, $r->{lastDeploy}{environment} ], [ 3, 'production' ], 'the release knows of them');
is_deeply($a->post($deploys, {})->{json}, { environment => ['This field is required.'] }, 'none without an environment');
is($a->post($deploys, { environment => 'a/b' })->{status}, 400, 'nor with a path for one');
is_deeply($a->post($deploys, { environment => 'x', dateFinished => 'soon' })->{json}, { dateFinished => ['Datetime has wrong format.'] },
    'nor at no time');
is($a->post("$org/releases/v9/deploys/", { environment => 'x' })->{status}, 404, 'nor of an unknown release');
is($a->get("$org/releases/v1/meta/")->{json}{version}, 'v1', 'meta');
$q->send_event($q->exception('Seen', 'x'), release => 'app@2.0.0');
$r = $a->delete("$org/releases/app\@2.0.0/");
is($r->{status}, 400, '34: a release with issues stays');
like($r->{json}{detail}, qr/referenced by active issues/, '34: and why');
is($a->delete("$org/releases/v1/")->{status}, 204, 'another may go');
is($a->get("$org/releases/v1/")->{status}, 404, 'and is gone');
$a->post("$org/releases/", { version => 'v2', projects => ['shop'] });
is_deeply($a->get("$org/releases/v2/deploys/")->{json}, [], 'with its deploys');
$r = $a->get("$org/releases/app\@2.0.0/")->{json};
is_deeply([ $r->{newGroups}, $r->{projects}[0]{slug}, !!$r->{firstEvent} ], [ 1, 'default', 1 ], 'a release knows its issues and events');

# ---- stats ----

$q->http(POST => "/api/1/store/", body => '{broken');
$r = $a->get("$org/stats_v2/", field => 'sum(quantity)', groupBy => [ 'outcome', 'category' ], statsPeriod => '1d', category => 'error');
my ($accepted) = grep { $_->{by}{outcome} eq 'accepted' } @{ $r->{json}{groups} };
is($accepted->{totals}{'sum(quantity)'}, 1, 'stats_v2: one event accepted');
is(scalar @{ $accepted->{series}{'sum(quantity)'} }, scalar @{ $r->{json}{intervals} }, 'a value per interval');
$r = $a->get("$org/stats_v2/", field => 'sum(quantity)', groupBy => 'project');
ok(!exists $r->{json}{groups}[0]{series}, '60: by project: totals only');
is($r->{json}{groups}[0]{by}{project}, 1, '60: and which project');
is($a->get("$org/stats_v2/", groupBy => 'outcome')->{status}, 400, 'a field is needed');
is($a->get("$org/stats_v2/", field => 'sum(quantity)')->{status}, 400, 'so is a grouping');
is($a->get("$org/stats_v2/", field => 'sum(quantity)', groupBy => 'outcome', interval => '7h')->{status}, 400, 'and an interval that divides a day');
is($a->get("$org/stats_v2/", field => 'sum(quantity)', groupBy => 'outcome', start => '2026-03-02T00:00:00')->{json}{detail},
    'start and end are both required', '61: half a range');
$r = $a->get('/projects/default/default/stats/', stat => 'received', resolution => '1h');
is($r->{json}[-1][1], 1, 'stats of a project');
is($a->get('/projects/default/default/stats/', resolution => '1y')->{json}{detail}, 'Invalid resolution', 'a wrong resolution');
is($a->get('/projects/default/default/stats/', since => 'x')->{json}{detail}, 'since must be a numeric timestamp', 'a wrong time');
is($a->get("$org/stats/", group => 'project')->{json}{1}[-1][1], 1, 'stats by project');
is($a->get("$org/stats-summary/")->{json}{projects}[0]{stats}[0]{outcomes}{accepted}, 1, 'summary');

# ---- the server itself ----

# The writer puts its figures on the board once a second.
wait_until('the index to be counted', sub { ($r = $a->get('/quern/status/')->{json})->{index}{used} });
is_deeply([ sort map { $_->{role} } grep { $_->{state} eq 'ready' } @{ $r->{processes} } ], [ sort qw(master writer worker worker), (grep { $_ eq 'notifier' } map { $_->{role} } @{ $r->{processes} }) ], 'processes');
ok($r->{memoryPssKiB} > 0, 'their memory');
ok($r->{index}{load} > 0 && $r->{index}{slots} >= 1024, 'load of the index');
ok($r->{storage}{segments} >= 1, 'segments');
is($r->{storage}{retentionDays}, 90, 'retention as configured');
is($r->{storage}{retentionBytes}, 0, '... and no limit by size');
ok($r->{commits}{count} >= 1, 'commits');
is($r->{counters}{events_stored}, 1, 'counters');
ok((grep { $_->{outcome} eq 'accepted' } @{ $r->{outcomes24h} }), 'outcomes');
my $m = $a->get('/metrics')->{content};
my %type = $m =~ /^# TYPE (\w+) (\w+)$/mg;
my %help = $m =~ /^# HELP (\w+) (\S.*)$/mg;
is_deeply([ sort keys %type ], [ sort keys %help ], 'every metric has its help and its type');
my @bare = grep { !/^#/ && !/^quern_\w+(?:\{\w+="(?:[^"\\]|\\.)*"(?:,\w+="(?:[^"\\]|\\.)*")*\})? -?[0-9.e+-]+$/ } split /\n/, $m;
is_deeply(\@bare, [], 'and every line is Prometheus\' text format');
my %name = map { $_ => 1 } $m =~ /^(quern_\w+)/mg;
is_deeply([ grep { !$type{$_} } keys %name ], [], 'nothing without a type');
ok($name{$_}, $_) for qw(quern_process_pss_bytes quern_ring_lag_bytes quern_commit_last_seconds quern_fsync_last_seconds quern_index_used quern_segments quern_segment_bytes quern_outcomes_last_day);

finish();
