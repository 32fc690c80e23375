#!/usr/bin/perl
# 40-ingest-framing -- envelopes cut into items (conformance list 1 to 18).
use strict;
use warnings;
use lib 't/lib';
use Ingest;
use Quern;
use Test::More;
use Time::HiRes 'time';

my $q = Quern->start(workers => 2);
my $w = Ingest->new($q);

sub header { my ($id) = @_; return qq({"event_id":"$id"}\n) }
sub attachments {
    my ($id) = @_;
    return @{ $q->api(GET => "/api/0/projects/default/default/events/$id/attachments/") };
}
sub bytes_of {
    my ($id, $n) = @_;
    my $a = (attachments($id))[$n // 0] // return undef;
    return $q->http(GET => "/api/0/projects/default/default/events/$id/attachments/$a->{id}/?download=1",
        headers => { Authorization => 'Bearer ' . $q->token })->{content};
}
sub stored { return defined $w->doc($_[0]) }

my $event = '{"message":"hello"}';

for my $end ("\n", '') {
    my ($n, $id) = ($end ? 1 : 2, new_id());
    my $r = $w->envelope(header($id) . qq({"type":"event","length":19}\n$event\n)
            . qq({"type":"attachment","length":6,"filename":"a.txt"}\na\r\nb\r\n$end));
    is($r->{status}, 200, "$n: event and attachment" . ($end ? '' : ' without the final LF'));
    is($r->{content}, qq({"id":"$id"}), "$n: answered with the id");
    ok(stored($id), "$n: the event is stored");
    is(bytes_of($id), "a\r\nb\r\n", "$n: the attachment's bytes are exact");
}
{
    my $id = new_id();
    my $r = $w->envelope(header($id) . qq({"type":"event"}\n$event));
    ok($r->{status} == 200 && stored($id), '3: without length, to the end');
    $id = new_id();
    $r = $w->envelope(header($id) . qq({"type":"event"}\n$event\n{"type":"attachment"}\nx));
    ok($r->{status} == 200 && stored($id) && bytes_of($id) eq 'x', '3: without length, and a second item');
}
{
    my ($id, $pretty) = (new_id(), qq({\n "message": "hello"\n}));
    my $r = $w->envelope(header($id) . qq({"type":"event","length":@{[length $pretty]}}\n$pretty));
    ok($r->{status} == 200 && stored($id), '4: LF in a payload with length');
    $id = new_id();
    $r = $w->envelope(header($id) . qq({"type":"event"}\n$pretty));
    is($r->{status}, 400, '4: and without');
    ok(!stored($id), '4: nothing is stored');
}
for my $tail ("\n\n", "\n", '') {
    my $id = new_id();
    my $r = $w->envelope(header($id) . qq({"type":"attachment","length":0}$tail));
    is($r->{status}, 200, '5: length 0, then ' . length($tail) . ' LF');
}
for ([1, 'unexpected end of file'], [-1, 'missing newline']) {
    my ($by, $why) = @$_;
    my $id = new_id();
    my $r = $w->envelope(header($id) . qq({"type":"event","length":@{[19 + $by]}}\n$event));
    is($r->{status}, 400, "6: length off by $by");
    like($r->{content}, qr/$why/, '6: with the cause');
    ok(!stored($id), '6: nothing is stored');
}
is($w->envelope(qq({}\n{"type":"session"}))->{status}, 200, '7: an item header and no more');
is($w->envelope($_->[0])->{status}, $_->[1], "8: $_->[2]")
    for ['{}', 200, 'a header alone'], ["{}\n", 200, 'and a LF'], ['', 400, 'nothing'], ["\n", 400, 'a LF'],
    ['hello', 400, 'no JSON'], ["[]\n", 400, 'a list'], ["null\n", 400, 'null'];
{
    my $id = new_id();
    my $r = $w->envelope(qq({"event_id":"$id"}\r\n\n{"type":"event"}\n$event\n\n \n));
    ok($r->{status} == 200 && stored($id), '9: CRLF behind the header, blank lines');
}
{
    my $id = new_id();
    my $r;
    my $n = $w->grew(1, sub { $r = $w->envelope(header($id) . qq({"type":"brand_new","length":3}\nabc\n{"type":"event"}\n$event)) },
        'unknown', 'unknown', 'brand_new');
    ok($r->{status} == 200 && stored($id), '10: the event behind an unknown item');
    is($n, 1, '10: the unknown one is counted');
    is($w->envelope(qq({}\n{"type":"brand_new"}\nabc))->{status}, 200, '10: only unknown items');
}
is($w->envelope(qq({}\n{"x":1}\nabc))->{status}, 400, '11: an item without type');
is($w->envelope(qq({}\n{"type":7}\nabc))->{status}, 400, '11: a type that is no string');
{
    my $id = new_id();
    my $r = $w->envelope(header($id) . qq({"type":"event"}\n{"message":"a\xffb"}));
    is($r->{status}, 200, '12: bytes that are no UTF-8 in a payload');
    is($w->doc($id)->{logentry}{formatted}, "a\x{fffd}b", '12: become U+FFFD');
    is($w->envelope(qq({"x":"\xff"}\n))->{status}, 400, '12: in the header line they are an error');
}
{
    my $id = new_id();
    my $r;
    my $n = $w->grew(1, sub {
        $r = $w->envelope(header($id) . qq({"type":"event"}\n$event\n{"type":"event"}\n{"message":"second"}\n));
    }, 'invalid', 'error', 'duplicate_item');
    is($r->{status}, 200, '13: two events');
    is($w->doc($id)->{logentry}{formatted}, 'hello', '13: the first is kept');
    is($n, 1, '13: the other is counted');
    $id = new_id();
    $n = $w->grew(1, sub {
        $r = $w->envelope(header($id) . qq({"type":"event"}\n$event\n{"type":"transaction"}\n{}\n));
    }, 'invalid', 'transaction', 'duplicate_item');
    ok($r->{status} == 200 && stored($id) && $n == 1, '13: an event and a transaction');
}
{
    my $id = $q->send_event(message => 'first');
    my $r = $w->envelope(header($id) . qq({"type":"attachment"}\nabc));
    ok($r->{status} == 200 && bytes_of($id) eq 'abc', '14: an attachment that comes after its event');
    my $kinds = qq({"type":"transaction"}\n{}\n{"type":"span","content_type":"application/vnd.sentry.items.span.v2+json",)
        . qq("item_count":2}\n{"version":2,"items":[{},{}]}\n{"type":"profile"}\n{}\n{"type":"attachment"}\nabc);
    my $n = $w->grew(1, sub { $r = $w->envelope(header(new_id()) . $kinds) }, 'unprocessed', 'profile');
    ok($r->{status} == 200 && $n == 1, '14: transaction, spans, profile, attachment in one envelope');
}
for my $sent ('garbage', '2026-01-01T10:00:00.1234567+02:00', '7') {
    my $id = new_id();
    my $r = $w->envelope(qq({"event_id":"$id","sent_at":"$sent"}\n{"type":"event"}\n$event));
    ok($r->{status} == 200 && stored($id), "15: sent_at $sent");
}
{
    my $id = new_id();
    my $dashed = uc join '-', unpack 'a8a4a4a4a12', $id;
    my $r = $w->envelope(qq({"event_id":"$dashed"}\n{"type":"event"}\n{"event_id":"@{[new_id()]}"}));
    is($r->{content}, qq({"id":"$id"}), '16: dashed, upper case, and before the payload\'s');
    is($w->doc($id)->{event_id}, $id, '16: in what is stored too');
}
{
    my $r = $w->envelope(qq({}\n{"type":"event"}\n$event));
    my $id = Ingest::id_of($r);
    ok($id && stored($id), '17: no id anywhere: one is made');
    my $n = $w->grew(1, sub { $r = $w->envelope(qq({}\n{"type":"attachment"}\nabc)) },
        'invalid', 'attachment', 'missing_event_id');
    ok($r->{status} == 200 && $n == 1, '17: an attachment without an id is dropped and counted');
}
{
    my $from = time;
    my $r = $w->envelope("{}\n" . qq({"type":"x"}\n\n) x 100000);
    ok($r->{status} == 200 || $r->{status} == 413, "18: 100,000 items: $r->{status}");
    ok(time - $from < 5, '18: in bounded time');
}
finish();
