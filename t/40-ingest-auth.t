#!/usr/bin/perl
# 40-ingest-auth -- whose data it is, and what a page may do (conformance list 19 to 28).
use strict;
use warnings;
use lib 't/lib';
use Ingest;
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $w = Ingest->new($q);
my $k = $q->key;
my $event = qq({}\n{"type":"event"}\n{"message":"hello"});

sub try {
    my ($expect, $name, $path, $body, %headers) = @_;
    my $r = $w->post($path, $body, nokey => 1, %headers);
    is($r->{status}, $expect, $name);
    is($r->{headers}{'access-control-allow-origin'}, '*', '... with CORS');
    if ($expect >= 400) {
        my $detail = eval { json_of($r->{content})->{detail} };
        ok($detail, '... with a reason');
        is($r->{headers}{'x-sentry-error'}, $detail, '... in a header too');
    }
    return $r;
}

my $e = '/api/1/envelope/';
try(200, "19: $_", $e, $event, 'X-Sentry-Auth' => $_)
    for "Sentry sentry_key=$k", "Sentry sentry_version=7,sentry_client=a/1,sentry_key=$k",
    "sentry sentry_key=$k, sentry_version=7, sentry_timestamp=1700000000.12, x=y",
    "Sentry sentry_client=sentry.python/2.1, sentry_key=$k";
try(200, '19: in Authorization', $e, $event, Authorization => "Sentry sentry_key=$k");
try(200, '19: in the query', "$e?sentry_version=7&sentry_key=$k&sentry_client=sentry.javascript.browser%2F10.1.0", $event);
try(200, '20: empty header, dsn in the envelope', $e, qq({"dsn":"https://$k\@elsewhere/1"}\n{"type":"event"}\n{}), 'X-Sentry-Auth' => '');
try(401, '20: no key', $e, $event);
try(401, '20: no key, and a first line that is no JSON', $e, 'nonsense');
try(200, '21: the same key twice', "$e?sentry_key=$k", $event, 'X-Sentry-Auth' => "Sentry sentry_key=$k");
try(401, '21: two keys', "$e?sentry_key=" . '1' x 32, $event, 'X-Sentry-Auth' => "Sentry sentry_key=$k");
try(403, '22: unknown key', "$e?sentry_key=" . '1' x 32, $event);
try(400, '22: a key of another length', "$e?sentry_key=123", $event);
try(403, '22: a project that is not the key\'s', "/api/99/envelope/?sentry_key=$k", $event);
try(400, '22: project abc', "/api/abc/envelope/?sentry_key=$k", $event);
{
    my $new = $q->api(POST => '/api/0/projects/default/default/keys/', { name => 'other' });
    my $other = $new->{public} // $new->{id};
    try(200, '22: a second key', "$e?sentry_key=$other", $event);
    $q->api(PUT => "/api/0/projects/default/default/keys/$new->{id}/", { isActive => JSON::PP::false });
    wait_until('the key to be off', sub { $w->post("$e?sentry_key=$other", $event, nokey => 1)->{status} == 403 });
    try(403, '22: once disabled', "$e?sentry_key=$other", $event);
}
try($_->[1], "23: version $_->[0]", $e, $event, 'X-Sentry-Auth' => "Sentry sentry_version=$_->[0],sentry_key=$k")
    for ['8', 400], ['7.0', 200], ['2.0', 200], ['5', 200], ['x', 401];
try(200, "24: $_", "$_?sentry_key=$k", $event) for '/api/1/envelope', '//api/1//envelope/', '/./api/1/envelope/';
{
    my $r = try(405, '24: GET', "$e?sentry_key=$k", undef, method => 'GET');
    like($r->{headers}{allow}, qr/POST/, '24: says what is allowed');
}
try(200, '25: below a path', "/errors/api/1/envelope/?sentry_key=$k", $event);
{
    my $r = $w->post($e, undef, nokey => 1, method => 'OPTIONS', Origin => 'https://a.example',
        'Access-Control-Request-Headers' => 'x-sentry-auth');
    is($r->{status}, 200, '26: preflight');
    like($r->{headers}{'access-control-allow-headers'}, qr/x-sentry-auth/, '26: allows the header');
    like($r->{headers}{'access-control-allow-methods'}, qr/POST/, '26: and the method');
    is($r->{headers}{'access-control-max-age'}, 3600, '26: for an hour');
    ok(!exists $r->{headers}{'access-control-allow-credentials'}, '26: without credentials');
    $q->api(PUT => '/api/0/projects/default/default/', { allowedDomains => ['*.a.example', 'https://b.example'] });
    wait_until('the domains to hold',
        sub { $w->post("$e?sentry_key=$k", $event, nokey => 1, Origin => 'https://evil.example')->{status} == 403 });
    try(403, '26: a foreign origin', "$e?sentry_key=$k", $event, Origin => 'https://evil.example');
    try(403, '26: by Referer', "$e?sentry_key=$k", $event, Referer => 'https://evil.example/page');
    try(403, '26: another scheme', "$e?sentry_key=$k", $event, Origin => 'http://b.example');
    try(200, '26: an allowed one', "$e?sentry_key=$k", $event, Origin => 'https://x.a.example');
    try(200, '26: no page at all', "$e?sentry_key=$k", $event);
    $q->api(PUT => '/api/0/projects/default/default/', { allowedDomains => ['*'] });
    wait_until('all domains', sub { $w->post("$e?sentry_key=$k", $event, nokey => 1, Origin => 'https://evil.example')->{status} == 200 });
}
try(200, "27: Content-Type $_", "$e?sentry_key=$k", $event, 'Content-Type' => $_)
    for 'text/plain;charset=UTF-8', 'application/json', 'multipart/x', 'nonsense';
try(200, '28: tunnel', '/api/tunnel/', qq({"dsn":"https://$k\@unknown.example/1"}\n{"type":"event"}\n{}));
try(200, '28: a client report through it', '/api/tunnel/', qq({"dsn":"https://$k\@unknown.example/1"}\n{"type":"client_report"}\n{}));
try(403, '28: for an unknown key', '/api/tunnel/', qq({"dsn":"https://@{['1' x 32]}\@unknown.example/1"}\n));
try(401, '28: without a dsn', '/api/tunnel/', "{}\n");
finish();
