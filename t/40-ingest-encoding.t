#!/usr/bin/perl
# 40-ingest-encoding -- content encodings, sizes, the store endpoint (conformance list 29 to 35).
use strict;
use warnings;
use lib 't/lib';
use Ingest;
use MIME::Base64 'encode_base64';
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
my $w = Ingest->new($q);

sub one { my ($id) = @_; return qq({"event_id":"$id"}\n{"type":"event"}\n{"message":"hello"}) }
sub memory {    # KiB of all workers
    my $sum = 0;
    for my $pid ($q->workers) { $sum += $1 if (slurp("/proc/$pid/status") // '') =~ /^VmRSS:\s*(\d+)/m }
    return $sum;
}

my %header = (gzip => 'gzip', deflate => 'deflate', raw => 'deflate', br => 'br', zstd => 'zstd');
for my $how (sort keys %header) {
    my $id = new_id();
    my $body = packed($how, one($id));
SKIP: {
        skip("no program makes $how here", 2) if !defined $body;
        is($w->envelope($body, 'Content-Encoding' => $header{$how})->{status}, 200, "29: $how");
        ok($w->doc($id), "29: $how is stored");
    }
}
for my $none ('', 'identity', 'UTF-8', 'Identity') {
    is($w->envelope(one(new_id()), 'Content-Encoding' => $none)->{status}, 200, "29: '$none' is none");
}
is($w->envelope(packed('gzip', one(new_id())))->{status}, 200, '29: gzip that no header tells of');
is($w->envelope(packed('gzip', one(new_id())) . 'garbage', 'Content-Encoding' => 'gzip')->{status}, 200, '29: garbage behind it');

my $gzip = packed('gzip', one(new_id()));
is($w->envelope(substr($gzip, 0, length($gzip) - 12), 'Content-Encoding' => 'gzip')->{status}, 400, '30: gzip cut short');
is($w->envelope(one(new_id()), 'Content-Encoding' => 'gzip')->{status}, 400, '30: not gzip');
is($w->envelope(one(new_id()), 'Content-Encoding' => 'br')->{status}, 400, '30: not brotli');
is($w->envelope(one(new_id()), 'Content-Encoding' => 'zstd')->{status}, 400, '30: not zstd');
is($w->envelope(one(new_id()), 'Content-Encoding' => 'lzw')->{status}, 415, '30: an unknown coding');
{
    my $before = memory();
    my $bomb = packed('gzip', "\0" x (400 << 20));
    is($w->envelope($bomb, 'Content-Encoding' => 'gzip')->{status}, 413, '31: a gzip bomb');
    is($w->envelope($bomb, 'Content-Encoding' => 'gzip')->{status}, 413, '31: and again') for 1 .. 3;
    my $br = packed('br', "\0" x (400 << 20));
SKIP: {
        skip('no program makes brotli here', 1) if !defined $br;
        is($w->envelope($br, 'Content-Encoding' => 'br')->{status}, 413, '31: a brotli bomb');
    }
    my $after;
    eval { wait_until("memory", sub { ($after = memory()) - $before < 30 << 10 }, 5) };
    cmp_ok($after - $before, '<', 30 << 10, "31: memory is given back ($before to $after KiB)");
    is($w->envelope(packed('gzip', ''), 'Content-Encoding' => 'gzip')->{status}, 400, '31: gzip of nothing');
}
{
    my $auth = $w->auth;
    my $head = "POST /api/1/envelope/ HTTP/1.1\r\nHost: h\r\nX-Sentry-Auth: $auth\r\n";
    my ($id, $other) = (new_id(), new_id());
    my @chunks = unpack '(a17)*', one($id);
    my $chunked = join '', map { sprintf "%x\r\n%s\r\n", length $_, $_ } @chunks;
    my ($r) = $w->raw("${head}Transfer-Encoding: chunked\r\n\r\n${chunked}0\r\n\r\n");
    ok($r->[0] == 200 && $w->doc($id), '32: a chunked body');
    my $body = one($other);
    ($r) = $w->raw("${head}Expect: 100-continue\r\nContent-Length: @{[length $body]}\r\n\r\n$body");
    ok($r->[0] == 200 && $w->doc($other), '32: Expect: 100-continue');
    my @r = $w->raw("${head}Content-Length: @{[length $body]}\r\n\r\n${body}" x 3, 3);
    is(join(' ', map { $_->[0] } @r), '200 200 200', 'requests in a row on one connection');
    ($r) = $w->raw("${head}Content-Length: @{[40 << 20]}\r\n\r\n" . 'x' x (40 << 20));
    is($r->[0], 413, '32: a body over the limit');
    like($r->[1], qr/access-control-allow-origin: \*/i, '32: with CORS');
    like($r->[2], qr/"detail"/, '32: and a reason, read to its end');
    ($r) = $w->raw("${head}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    ok($r->[0] == 400 && $r->[2] =~ /"detail"/, 'broken chunks');
}
{
    my $id = new_id();
    my $large = qq({"message":"@{['x' x (1 << 20)]}"});
    my $sessions = '{"aggregates":[{"started":"' . Quern::json_text(time) . '","exited":3}],"attrs":{"release":"a@1"}}';
    $sessions = qq({"aggregates":[{"started":@{[time]},"exited":3}],"attrs":{"release":"a\@1"}});
    my $r;
    my $n = $w->grew(1, sub { $r = $w->envelope(qq({"event_id":"$id"}\n{"type":"event"}\n$large\n{"type":"sessions"}\n$sessions)) },
        'invalid', 'error', 'too_large:event');
    is($r->{status}, 200, '33: an event over 1 MiB beside sessions');
    is($n, 1, '33: the event is counted');
    ok(!$w->doc($id), '33: and not stored');
    $r = $w->envelope(qq({"event_id":"$id"}\n{"type":"event"}\n$large));
    is($r->{status}, 413, '33: alone it is refused');
    like($r->{content}, qr/size limits for type 'event'/, '33: by name');
}
{
    require Compress::Zlib;
    my $n = 0;
    for my $form (
        ['plain JSON',             sub { $_[0] }],
        ['base64 of JSON',         sub { encode_base64($_[0], '') }],
        ['base64 of zlib of JSON', sub { encode_base64(Compress::Zlib::compress($_[0]), '') }],
        ['base64 with line ends',  sub { encode_base64(Compress::Zlib::compress($_[0])) }],
        )
    {
        my ($name, $code) = @$form;
        my $id = new_id();
        my $body = $code->(qq({"event_id":"$id","message":"hello"}));
        ok($w->store($body)->{status} == 200 && $w->doc($id), "34: $name");
        $id = new_id();
        $body = $code->(qq({"event_id":"$id","message":"hello"}));
        ok($w->store(packed('gzip', $body), 'Content-Encoding' => 'gzip')->{status} == 200 && $w->doc($id), "34: gzip of $name");
    }
    my $id = new_id();
    my $data = encode_base64(Compress::Zlib::compress(qq({"event_id":"$id","message":"a>b?c"})), '');
    my $r = $w->post("/api/1/store/?sentry_version=7&sentry_key=@{[$q->key]}&sentry_data=$data", undef, method => 'GET', nokey => 1);
    is($r->{status}, 200, '34: GET');
    is($r->{headers}{'content-type'}, 'image/gif', '34: answered with a picture');
    like($r->{content}, qr/^GIF89a/, '34: that is one');
    ok($w->doc($id), '34: the event is stored');
    is($w->post('/api/store/', '{"message":"x"}')->{status}, 200, 'store without project takes the key\'s');
    is($w->store('[')->{status}, 400, 'store: neither JSON nor base64');
    $id = new_id();
    is($w->store(qq({"event_id":"$id"}\n{"type":"event"}\n{}), 'Content-Type' => 'application/x-sentry-envelope')->{status}, 200,
        'an envelope at the store endpoint');
    ok($w->doc($id), '... is taken as one');
}
is($w->store('{"event_id":"xyz"}')->{status}, 400, '35: a bad event_id');
{
    my $r;
    my $n = $w->grew(1, sub { $r = $w->store('{"type":"transaction","transaction":"/x"}') }, 'invalid', 'transaction');
    ok($r->{status} == 200 && $n == 1, '35: it is taken as a transaction, 57: which wants a trace context');
}
finish();
