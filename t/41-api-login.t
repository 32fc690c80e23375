# Who may call the management API: tokens, sessions, the operator, and what each may do. Numbers are the
# conformance cases of the API's reference.
use strict;
use warnings;
use lib 't/lib';
use Api;
use IO::Uncompress::Gunzip ();
use MIME::Base64;
use Quern;
use Test::More;

my $q    = Quern->start(workers => 1);
my $a    = Api->new($q);
my $none = $a->as();
my $r;

# ---- the root, and bad credentials ----

is_deeply($none->get('/')->{json}, { version => '0', auth => undef, user => undef }, '1: root without a login');
$r = $a->as(Authorization => 'Bearer nope')->get('/');
is($r->{status}, 401, '2: an unknown token');
is_deeply($r->{json}, { detail => 'Invalid token' }, '2: says so');
is($r->{headers}{'www-authenticate'}, 'xBasic realm="api"', '2: without opening a password dialog');
is($r->{headers}{'content-type'}, 'application/json', '2: as plain application/json');
$r = $a->get('/');
is($r->{json}{user}{email}, 'owner@quern.local', 'a user token has a user');
ok((grep { $_ eq 'org:admin' } @{ $r->{json}{auth}{scopes} }), 'and the scopes it was made with');
$r = $a->as(Authorization => 'Bearer')->get('/organizations/');
is_deeply([ $r->{status}, $r->{json} ], [ 401, { detail => 'Invalid token header. No credentials provided.' } ], '4: scheme alone');
$r = $a->as(Authorization => 'Bearer a b')->get('/organizations/');
is_deeply([ $r->{status}, $r->{json} ],
    [ 401, { detail => 'Invalid token header. Token string should not contain spaces.' } ], 'a token with a blank');
is($a->as(Authorization => 'Basic YTo=')->get('/organizations/')->{json}{detail}, 'API key is not valid', 'Basic is refused');
is($none->get('/organizations/')->{json}{detail}, 'Authentication credentials were not provided.', 'nothing at all');
$r = $a->get('/nope/');
is($r->{status}, 404, '6: an unknown path');
is(ref \$r->{json}{detail}, 'SCALAR', '6: with a string for detail');
is($a->get('/nope/deeper/than/that')->{status}, 404, 'unknown, without the final slash');
is($a->get('/organizations/default')->{status}, 200, 'the final slash may be missing');
is($a->call(PATCH => '/organizations/')->{json}{detail}, 'Method "PATCH" not allowed.', '405 says which method');
is($a->call(PATCH => '/organizations/')->{headers}{allow}, 'GET, HEAD, OPTIONS', '... and which there are');
is($a->call(PATCH => '/projects/default/default/')->{headers}{allow}, 'GET, HEAD, PUT, DELETE, OPTIONS', '... of another');
is($a->get('/organizations/nope/')->{status}, 404, 'an unknown organisation');
is($a->get('/organizations/1/')->{json}{slug}, 'default', 'an organisation by id');
$r = $q->http(OPTIONS => '/api/0/organizations/', headers => { Origin => 'https://a.test', 'Access-Control-Request-Method' => 'GET' });
is($r->{status}, 200, 'preflight');
like($r->{headers}{'access-control-allow-headers'}, qr/Authorization/, 'tokens may come from pages');
is($r->{headers}{'access-control-allow-credentials'}, undef, 'cookies may not');
like($a->get('/organizations/')->{headers}{'access-control-expose-headers'}, qr/Link/, 'Link can be read by pages');
is($a->call(HEAD => '/organizations/')->{content} // '', '', 'HEAD has no body');

my @large = ('/organizations/default/stats_v2/', field => 'sum(quantity)', groupBy => 'outcome', statsPeriod => '14d');
$r = $a->get(@large, headers => { 'Accept-Encoding' => 'gzip' });
is($r->{headers}{'content-encoding'}, 'gzip', 'large answers are compressed for those who can read it');
IO::Uncompress::Gunzip::gunzip(\$r->{content} => \my $plain);
like($plain, qr/"intervals":/, 'and are the same');
is($a->get(@large, headers => { 'Accept-Encoding' => 'gzip;q=0' })->{headers}{'content-encoding'}, undef, 'for nobody else');

# ---- bodies ----

is($a->post('/organizations/default/projects/', '{"name":')->{status}, 400, 'broken JSON');
is($a->post('/organizations/default/projects/', '<a/>', headers => { 'Content-Type' => 'text/xml' })->{json}{detail},
    'Unsupported media type "text/xml" in request.', 'a body that is no JSON');
is($a->post('/organizations/default/projects/', '[' . ('1,' x 600_000) . '1]')->{status}, 413, 'a body beyond the limit');

# ---- tokens ----

$r = $a->post('/api-tokens/', { name => 't', scopes => ['event:read'] });
is($r->{status}, 403, 'a token cannot make tokens');

# login
my ($email, $password) = @{ $q->bootstrap }{qw(email password)};
$r = $none->post('/auth/login/', { email => $email, password => 'wrong' });
is($r->{status}, 401, 'a wrong password');
$r = $none->post('/auth/login/', { email => 'nobody@quern.local', password => 'wrong' });
is($r->{status}, 401, 'an unknown account: the same answer');
$r = $none->post('/auth/login/', { email => $email });
is_deeply($r->{json}, { password => ['This field is required.'] }, 'no password');
$r = $none->post('/auth/login/', { email => $email, password => $password });
is($r->{status}, 200, 'the right one');
my @cookies = ref $r->{headers}{'set-cookie'} ? @{ $r->{headers}{'set-cookie'} } : $r->{headers}{'set-cookie'};
my ($session) = map { /^(quern_session=\w+);/ ? $1 : () } @cookies;
my ($csrf)    = map { /^quern_csrf=(\w+);/   ? $1 : () } @cookies;
ok((grep { /^quern_session=/ && /; HttpOnly/ && /; SameSite=Lax/ && /; Path=\// } @cookies), 'session cookie: http-only, same-site');
ok((grep { /^quern_csrf=/ && !/HttpOnly/ } @cookies), 'CSRF cookie: readable');
is($r->{json}{csrfToken}, $csrf, 'the CSRF token is in the body, too');
is($r->{json}{user}{role}, 'owner', 'and whose session it is');
my $browser = $a->as(Cookie => "x=y; $session; z=1");
is($browser->get('/users/me/')->{json}{email}, $email, 'the session works');
isnt($browser->get('/users/me/')->{json}{lastLogin}, undef, 'the login is noted');
is($browser->post('/api-tokens/', { name => 'x', scopes => ['event:read'] })->{status}, 403, 'unsafe methods need the CSRF token');
my $safe = $a->as(Cookie => $session, 'X-CSRFToken' => $csrf);
is($a->as(Cookie => $session, 'X-CSRFToken' => 'x' x 32)->post('/api-tokens/', {})->{json}{detail},
    'CSRF Failed: CSRF token missing or incorrect.', 'and the right one');

$r = $safe->post('/api-tokens/', { name => 'ci', scopes => ['event:write'] });
is($r->{status}, 201, 'a session makes a token');
my $token = $r->{json}{token};
like($token, qr/^sntryu_[0-9a-f]{64}$/, 'in the known form');
is_deeply([ sort @{ $r->{json}{scopes} } ], [ 'event:read', 'event:write' ], 'write implies read');
is($r->{json}{tokenLastCharacters}, substr($token, -4), 'last four characters for display');
my $limited = $a->as(Authorization => "Bearer $token");
is($limited->get('/organizations/default/issues/')->{status}, 200, 'the token reads issues');
is_deeply($limited->get('/organizations/default/members/')->{json},
    { detail => 'You do not have permission to perform this action.' }, 'but not members');
is($limited->delete('/organizations/default/issues/', undef, id => 1)->{status}, 403, 'and deletes nothing');
is($safe->post('/api-tokens/', { scopes => ['event:fly'] })->{json}{scopes}[0], '"event:fly" is not a valid scope.', 'an unknown scope');
$r = $safe->get('/api-tokens/');
ok((grep { $_->{name} eq 'ci' && !exists $_->{token} } @{ $r->{json} }), 'tokens are listed without their secret');
my ($id) = map { $_->{id} } grep { $_->{name} eq 'ci' } @{ $r->{json} };
is($safe->delete("/api-tokens/$id/")->{status}, 204, 'and deleted');
is($limited->get('/')->{status}, 401, 'after which it is unknown');

# ---- organisation tokens ----

is_deeply($a->post('/organizations/default/org-auth-tokens/', { name => ' ' })->{json}, { detail => ['The name cannot be blank.'] }, 'a nameless one');
$r = $a->post('/organizations/default/org-auth-tokens/', { name => 'deploy' });
is($r->{status}, 201, 'an organisation token is made');
my ($prefix, $facts, $secret, @rest) = split /_/, $r->{json}{token};
is_deeply([ $prefix, scalar @rest, length $secret ], [ 'sntrys', 0, 43 ], 'two underscores, 43 characters');
my $claims = Quern::json_of(decode_base64($facts));
is_deeply([ $claims->{org}, $claims->{url}, !!$claims->{iat} ], [ 'default', $q->url, 1 ], 'it carries organisation and address');
my $ci = $a->as(Authorization => "Bearer $r->{json}{token}");
$r = $ci->get('/');
is_deeply([ $r->{json}{auth}{scopes}, $r->{json}{user} ], [ ['org:ci'], undef ], '3: its scopes, and no user');
$r = $ci->get('/organizations/default/projects/');
is_deeply([ $r->{status}, $r->{json} ], [ 403, { detail => 'You do not have permission to perform this action.' } ], '5: it lists no projects');
is($ci->get('/organizations/default/releases/')->{status}, 200, 'but releases');

# ---- members and roles ----

$r = $a->post('/organizations/default/members/', { email => 'vera@acme.test', orgRole => 'viewer', password => 'long enough' });
is($r->{status}, 201, 'a member is added');
is($r->{json}{orgRole}, 'viewer', 'as a viewer');
is_deeply($a->post('/organizations/default/members/', { email => 'VERA@acme.test' })->{json},
    { email => ['The user VERA@acme.test is already a member'] }, 'once');
is($a->post('/organizations/default/members/', { email => 'x' })->{status}, 400, 'with an address');
is($a->post('/organizations/default/members/', { email => 'w@acme.test', password => 'short' })->{status}, 400, 'and a password that is one');
is($a->post('/organizations/default/members/', { email => 'w@acme.test', orgRole => 'king' })->{status}, 400, 'and a role there is');
my $vera = $r->{json}{id};
$r = $none->post('/auth/login/', { email => 'vera@acme.test', password => 'long enough' });
my ($vs) = map { /^(quern_session=\w+);/ ? $1 : () } @{ $r->{headers}{'set-cookie'} };
my $viewer = $a->as(Cookie => $vs, 'X-CSRFToken' => $r->{json}{csrfToken});
is($viewer->get('/organizations/default/issues/')->{status}, 200, 'a viewer reads');
is($viewer->put('/organizations/default/issues/', { status => 'resolved' }, id => 1)->{status}, 403, 'and changes nothing');
is($viewer->post('/organizations/default/members/', { email => 'e@acme.test' })->{status}, 403, 'nor invites');
is($viewer->post('/api-tokens/', { scopes => ['org:admin'] })->{json}{scopes}[0], 'You may not grant scopes that you do not have.',
    'nor makes a token that could');
$r = $viewer->put('/users/me/', { name => 'Vera', password => 'another one', currentPassword => 'wrong' });
is($r->{status}, 400, 'a new password asks for the old one');
is($viewer->put('/users/me/', { name => 'Vera V' })->{json}{name}, 'Vera V', 'a name does not');
is($a->put("/organizations/default/members/$vera/", { orgRole => 'member' })->{json}{role}, 'member', 'a role is changed');
is($viewer->put('/organizations/default/issues/', { status => 'resolved' }, id => 1)->{status}, 204, '20: and means something at once: nothing to change, 204');
is($a->delete('/organizations/default/members/1/')->{json}{detail},
    'You cannot remove the only remaining owner of the organization.', 'the last owner stays');
is($a->delete("/organizations/default/members/$vera/")->{status}, 204, 'others may go');
is($viewer->get('/users/me/')->{status}, 401, 'and their sessions end');
is($a->post('/organizations/default/members/', { email => 'vera@acme.test', orgRole => 'viewer' })->{status}, 201, 'and they may come back');

# Who comes back comes back as what they were: that is more than a manager may hand out.
my $members = '/organizations/default/members/';
my $boss = $a->post($members, { email => 'boss@acme.test', orgRole => 'owner', password => 'long enough' })->{json}{id};
is($a->delete("$members$boss/")->{status}, 204, 'an owner leaves');
$a->post($members, { email => 'mana@acme.test', orgRole => 'manager', password => 'long enough' });
$r = $none->post('/auth/login/', { email => 'mana@acme.test', password => 'long enough' });
my ($ms) = map { /^(quern_session=\w+);/ ? $1 : () } @{ $r->{headers}{'set-cookie'} };
my $manager = $a->as(Cookie => $ms, 'X-CSRFToken' => $r->{json}{csrfToken});
for my $role (undef, 'viewer') {
    is($manager->post($members, { email => 'boss@acme.test', password => 'of my choice', $role ? (orgRole => $role) : () })->{status},
        403, 'a manager does not open an account of an owner again' . ($role ? ' with another role' : ''));
}
is($none->post('/auth/login/', { email => 'boss@acme.test', password => 'of my choice' })->{status}, 401, 'it stays closed');
is($manager->post($members, { email => 'vera@acme.test' })->{status}, 400, 'somebody active is a member already');
is($a->post($members, { email => 'boss@acme.test' })->{json}{role}, 'owner', 'an owner does');

$r = $safe->post('/api-tokens/', { name => 'inviter', scopes => ['member:invite'] });
my $inviter = $a->as(Authorization => "Bearer $r->{json}{token}");
is($inviter->post($members, { email => 'n1@acme.test', orgRole => 'member', password => 'long enough' })->{status}, 403,
    'a token makes nobody who may do more than itself');
is($inviter->post($members, { email => 'n2@acme.test', password => 'long enough' })->{status}, 403, 'nor without saying so');

for my $me ('me', 1) {
    is_deeply($safe->put("$members$me/", { password => 'a stolen one' })->{json},
        { currentPassword => ['The password you entered is not correct.'] }, "members/$me: one's own new password asks for the old one here, too");
}

is($safe->post('/auth/logout/')->{status}, 204, 'logout');
is($browser->get('/users/me/')->{status}, 401, 'the session is over');

# ---- trying passwords ----

my %seen;
$seen{ $none->post('/auth/login/', { email => 'guess@acme.test', password => "p$_" })->{status} }++ for 1 .. 12;
ok($seen{401} && $seen{401} <= 10 && $seen{429}, 'tries per account are limited') or diag explain \%seen;
$r = $none->post('/auth/login/', { email => 'guess@acme.test', password => 'p' });
like($r->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'and 429 says when to come back');
%seen = ();
$seen{ $manager->put('/users/me/', { password => 'of my choice', currentPassword => "p$_" })->{status} }++ for 1 .. 12;
ok($seen{400} && $seen{400} <= 10 && $seen{429}, 'nor is the old password guessed by a session') or diag explain \%seen;

# ---- the rest of the door ----

is($none->get('/healthz')->{content}, "ok\n", 'healthz');
is($none->get('/readyz')->{status}, 200, 'readyz');
like($none->get('/metrics')->{content}, qr/^quern_events_stored_total 0$/m, 'metrics, for local eyes');
is($none->get('/metrics', headers => { 'X-Forwarded-For' => '203.0.113.9' })->{status}, 401, 'but not through a proxy');
is($a->get('/metrics', headers => { 'X-Forwarded-For' => '203.0.113.9' })->{status}, 200, 'unless with a token');

finish();
