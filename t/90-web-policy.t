#!/usr/bin/perl
# The headers that the interface is served with: nothing from elsewhere, nothing inline, cached for good
# under names that change with the content.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Test::More;

my $q = Quern->start;
my $r = $q->http(GET => '/');
is($r->{status}, 200, 'the page is there');
my %policy = map { my ($name, @of) = split ' '; ($name => "@of") } split /;\s*/, $r->{headers}{'content-security-policy'};
is_deeply(
    \%policy,
    {
        'default-src'     => "'none'",
        'script-src'      => "'self'",
        'style-src'       => "'self'",
        'img-src'         => "'self' data:",
        'connect-src'     => "'self'",
        'font-src'        => "'self'",
        'frame-ancestors' => "'none'",
        'base-uri'        => "'none'",
        'form-action'     => "'none'",
    },
    'the policy is exactly this strict'
);
is($r->{headers}{'x-content-type-options'}, 'nosniff',     'types are not guessed');
is($r->{headers}{'referrer-policy'},        'same-origin', 'other sites do not learn addresses');
is($r->{headers}{'cache-control'},          'no-cache',    'the page itself is asked for again');
unlike($r->{content}, qr{https?://|<script(?! type="module" src="/assets/)|<style|\son\w+=}, 'nothing inline, nothing from elsewhere');

my @assets = $r->{content} =~ m{(?:src|href)="(/assets/[^"]+)"}g;
cmp_ok(scalar @assets, '>=', 3, 'it names its script, style and icon');
my $bytes = length $r->{content};
for my $asset (@assets) {
    my $a = $q->http(GET => $asset, headers => { 'Accept-Encoding' => 'br' });
    is($a->{status}, 200, $asset) or next;
    like($asset, qr/-[0-9A-Za-z]{8}\.(?:js|css|svg)$/, 'its name has the hash of its content');
    is($a->{headers}{'cache-control'}, 'public, max-age=31536000, immutable', 'so it is kept for good');
    is($a->{headers}{'content-encoding'}, 'br', 'and comes compressed');
    is($a->{headers}{vary}, 'accept-encoding', 'to whom it may');
    $bytes += length $a->{content};
    my $same = $q->http(GET => $asset, headers => { 'If-None-Match' => $a->{headers}{etag} });
    is($same->{status}, 304, 'or not at all, when it is there already');
    my $plain = $q->http(GET => $asset);
    is($plain->{headers}{'content-encoding'}, undef, 'uncompressed for others');
    cmp_ok(length $plain->{content}, '>', length $a->{content}, 'which is longer');
}
cmp_ok($bytes, '<', 150 * 1024, "the first load is $bytes bytes, under 150 KB");

for my $address ('/issues', '/issues/17', '/issues/17/events/latest', '/releases/shop@4.12.0', '/releases/shop%404.12.0', '/settings/projects/a') {
    like($q->http(GET => $address)->{content}, qr/<div id="app">/, "$address is the interface's business");
}
for my $address ('/robots.txt', '/favicon.ico', '/assets/none-00000000.js', '/api/0/none/') {
    unlike($q->http(GET => $address)->{content}, qr/<div id="app">/, "$address is not");
}
is($q->http(POST => '/issues', body => 'x')->{status}, 404, 'only reading');
finish();
