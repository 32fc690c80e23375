#!/usr/bin/perl
# 40-ingest-items -- items that are not error events, limits, and the other endpoints (conformance list
# 57 to 69, as far as quern stores or counts them).
use strict;
use warnings;
use lib 't/lib';
use Ingest;
use Quern;
use Test::More;

my $q = Quern->start(workers => 2);
my $w = Ingest->new($q);
my $k = $q->key;

sub item { my ($head, $payload) = @_; return Quern::json_text($head) . "\n" . (ref $payload ? Quern::json_text($payload) : $payload) . "\n" }
sub counted {    # one item alone: 200, and counted so
    my ($name, $head, $payload, $n, @outcome) = @_;
    my $r;
    my $grew = $w->grew($n, sub { $r = $w->envelope("{}\n" . item($head, $payload)) }, @outcome);
    is($r->{status}, 200, "$name: 200");
    is($grew, $n, "$name: " . join(' ', @outcome) . " grew by $n");
}
sub attachments {
    my ($id) = @_;
    return @{ $q->api(GET => "/api/0/projects/default/default/events/$id/attachments/") };
}
sub download {
    my ($id, $a) = @_;
    return $q->http(GET => "/api/0/projects/default/default/events/$id/attachments/$a->{id}/?download=1",
        headers => { Authorization => 'Bearer ' . $q->token });
}
sub feedback { return @{ $q->api(GET => '/api/0/projects/default/default/user-feedback/') } }

# ---- kinds ----
my %log = (type => 'log', item_count => 3, content_type => 'application/vnd.sentry.items.log+json');
counted('61: logs without a body', {%log}, { items => [{}, {}, {}] }, 3, 'invalid', 'log_item');
delete $log{content_type};
counted('61: logs without content_type', {%log}, { items => [{}, {}, {}] }, 1, 'invalid', 'log_item');
my $session = { sid => '3f1d2a9e-6b74-4c08-9e51-d0a7c2b85f13', started => time, attrs => { release => 'a@1' } };
counted('64: a session without init', { type => 'session' }, $session, 1, 'unprocessed', 'session');
counted('64: an unknown status', { type => 'session' }, { %$session, status => 'weird' }, 1, 'invalid', 'session');
counted('64: six days old', { type => 'session' }, { %$session, started => time - 6 * 86400 }, 1, 'invalid', 'session');
counted('64: aggregates', { type => 'sessions' }, { aggregates => [{ started => time, exited => 3 }], attrs => { release => 'a@1' } },
    1, 'unprocessed', 'session');
counted('65: a check-in', { type => 'check_in' }, { monitor_slug => 'a', status => 'ok', check_in_id => '0' x 32, duration => undef },
    1, 'unprocessed', 'monitor');
counted('65: an empty slug', { type => 'check_in' }, { monitor_slug => '', status => 'ok' }, 1, 'invalid', 'monitor');
counted("$_", { type => $_ }, '{}', 1, 'unprocessed', 'replay') for 'replay_event', 'replay_recording';
counted('69: a binary profile chunk', { type => 'profile_chunk', content_type => 'application/x-perfetto-trace', meta_length => 2, length => 6 },
    "{}\0\n\xff\0", 1, 'unprocessed', 'profile_chunk');
counted('63: client report', { type => 'client_report' },
    { timestamp => time, discarded_events => [{ reason => 'before_send', category => 'error', quantity => 7 }] },
    7, 'client_discard', 'error', 'before_send');
counted('63: an unknown reason', { type => 'client_report' }, { discarded_events => [{ reason => 'odd_one', category => 'odd', quantity => 2 }] },
    2, 'client_discard', 'odd', 'odd_one');
is($w->envelope(qq({}\n{"type":"client_report"}\n{}))->{status}, 200, '63: an empty one');

# ---- attachments ----
{
    my $id = new_id();
    my $big = join '', map { chr rand 256 } 1 .. 400_000;
    my $r = $w->envelope(qq({"event_id":"$id"}\n) . item({ type => 'event' }, { message => 'x' })
            . item({ type => 'attachment', filename => '../../etc/passwd', content_type => 'text/html', length => 12 }, '<b>hello</b>')
            . item({ type => 'attachment', length => 0 }, '')
            . item({ type => 'attachment', filename => 'big.bin', length => length $big }, $big));
    is($r->{status}, 200, '69: three attachments');
    my @a = sort { $a->{size} <=> $b->{size} } attachments($id);
    is(scalar @a, 3, '69: are listed');
    is($a[0]{size}, 0, '69: one of 0 bytes is kept');
    is("$a[0]{type} $a[0]{mimetype}", 'event.attachment application/octet-stream', '69: which says what it is');
    is($a[1]{name}, 'passwd', '69: only the base name is kept');
    my $got = download($id, $a[1]);
    is($got->{content}, '<b>hello</b>', '69: served back');
    like($got->{headers}{'content-disposition'}, qr/^attachment/, '69: as a download');
    unlike($got->{headers}{'content-type'}, qr{text/html}, '69: not as a page');
    is(download($id, $a[2])->{content}, $big, '69: one too large for the ring, byte for byte');
    $r = $w->post("/api/1/events/$id/attachments/", qq(--b\r\nContent-Disposition: form-data; name="x"; filename="f.txt"\r\n\r\nform\r\n--b--\r\n),
        'Content-Type' => 'multipart/form-data; boundary=b');
    is($r->{status}, 201, 'a file for an event by form');
    is(scalar(attachments($id)), 4, '... is one more');
    is($w->post("/api/1/events/$id/attachments/", 'x', 'Content-Type' => 'text/plain')->{status}, 400, '... not without a form');
    my $huge = join '', map { pack 'N', rand 2**32 } 1 .. 1_500_000;
    $id = new_id();
    is($w->envelope(qq({"event_id":"$id"}\n) . item({ type => 'event' }, { message => 'x' }) . item({ type => 'attachment', length => length $huge }, $huge))->{status},
        200, 'a request that is larger than a ring');
    is((attachments($id))[0]{size}, length $huge, '... is no less welcome');
}

# ---- feedback ----
{
    my $id = $q->send_event(message => 'broken');
    my $r = $w->envelope(qq({"event_id":"$id"}\n) . item({ type => 'user_report' }, { event_id => $id, name => 'Ann', email => 'a@b.example', comments => 'It broke' }));
    is($r->{status}, 200, 'a user report');
    my ($f) = wait_until('the report', sub { grep { $_->{comments} eq 'It broke' } feedback() });
    $r = $w->envelope("{}\n" . item({ type => 'feedback' }, { type => 'feedback', contexts => { feedback => { message => 'No button', contact_email => 'c@d.example' } } }));
    is($r->{status}, 200, 'a feedback item');
    ok(wait_until('the feedback', sub { grep { $_->{comments} eq 'No button' } feedback() }), '... is kept');
    my $page = "/api/embed/error-page/?dsn=http://$k\@h/1&eventId=$id";
    $r = $w->post("$page&title=%3C%2Fscript%3E%3Cb%3E", undef, method => 'GET', nokey => 1);
    is($r->{status}, 200, 'the dialog');
    like($r->{headers}{'content-type'}, qr/javascript/, '... is a script');
    $r = $w->post($page, 'name=Bob&email=b%40c.example&comments=From+the+dialog', nokey => 1, 'Content-Type' => 'application/x-www-form-urlencoded');
    is($r->{status}, 200, '... filled in');
    ok(wait_until('the dialog\'s', sub { grep { $_->{comments} eq 'From the dialog' } feedback() }), '... is kept');
    is($w->post($page, 'name=&email=&comments=', nokey => 1, 'Content-Type' => 'application/x-www-form-urlencoded')->{status}, 400, '... empty: 400');
    $r = $w->post($page, 'name=', nokey => 1, 'Content-Type' => 'application/x-www-form-urlencoded', Accept => 'text/javascript');
    ok($r->{status} == 400 && $r->{content} eq '' && $r->{headers}{'x-sentry-context'} =~ /"errors"/, '... for a script: the reason in a header');
    is($w->post("/api/embed/error-page/?dsn=http://$k\@h/1", undef, method => 'GET', nokey => 1)->{status}, 400, '... without an event');
    is($w->post("/api/embed/error-page/?dsn=http://@{['1' x 32]}\@h/1&eventId=$id", undef, method => 'GET', nokey => 1)->{status}, 404, '... of an unknown key');
    $r = $w->post('/api/0/projects/default/default/user-feedback/', Quern::json_text({ event_id => $id, name => 'n', email => 'e', comments => 'Old way' }),
        nokey => 1, Authorization => "DSN http://$k\@h/1", 'Content-Type' => 'application/json');
    is($r->{status}, 200, 'the old address with a DSN');
    is($w->post('/api/0/projects/default/other/user-feedback/', Quern::json_text({ event_id => $id, comments => 'x' }), nokey => 1,
            Authorization => "DSN http://$k\@h/1", 'Content-Type' => 'application/json')->{status}, 400, '... for another project');
}

# ---- limits ----
{
    my $key = $q->api(POST => '/api/0/projects/default/default/keys/', { name => 'slow' });
    $q->api(PUT => "/api/0/projects/default/default/keys/$key->{id}/", { rateLimit => { window => 3600, count => 1 } });
    my $slow = $key->{public} // $key->{id};
    my $event = item({ type => 'event' }, { message => 'x' });
    my $send = sub { $w->post("/api/1/envelope/?sentry_key=$slow", $_[0], nokey => 1) };
    wait_until('the limit to hold', sub { $send->("{}\n$event")->{status} == 429 });
    my $r = $send->("{}\n$event");
    is($r->{status}, 429, '66: an event over the limit');
    like($r->{headers}{'retry-after'}, qr/^\d+$/, '66: Retry-After in whole seconds');
    like($r->{headers}{'x-sentry-rate-limits'}, qr/^\d+:error;default;security:key:\w+$/, '66: X-Sentry-Rate-Limits');
    like($r->{headers}{'access-control-expose-headers'}, qr/x-sentry-rate-limits.*retry-after/, '66: readable by a page');
    my $n = $w->grew(1, sub { $r = $send->("{}\n$event" . item({ type => 'session' }, $session)) }, 'unprocessed', 'session');
    is($r->{status}, 200, '66: with a session beside it');
    is($n, 1, '66: the session is counted');
    unlike($r->{headers}{'x-sentry-rate-limits'} // '-', qr/ |\d\.\d|^-/, '66: the header is there, without a blank');
    is($send->("{}\n" . item({ type => 'client_report' }, {}))->{status}, 200, '63: a client report meanwhile');
    is($w->post("/api/1/store/?sentry_key=$slow", '{}', nokey => 1)->{status}, 429, 'store: over the limit too');
    is($w->post("/api/1/minidump/?sentry_key=$slow", 'MDMPxxxx', nokey => 1, 'Content-Type' => 'application/x-dmp')->{status}, 200,
        '68: a crash upload is never told 429');
    ok(wait_until('the refused ones to be counted', sub { $w->outcome('rate_limited', 'error') >= 4 }, 10),
        '66: all of them are counted');
}

# ---- security reports ----
{
    my $at = "/api/1/security/?sentry_key=$k&sentry_release=shop%401&sentry_environment=prod";
    my $csp = sub { Quern::json_text({ 'csp-report' => { 'document-uri' => 'https://a.example/1', 'blocked-uri' => 'https://evil.example/x.js', @_ } }) };
    my $issues = sub { @{ $q->api(GET => '/api/0/projects/default/default/issues/?query=logger%3Acsp') } };
    is($w->post($at, $csp->('violated-directive' => 'img-src https:', 'line-number' => '12'), nokey => 1,
            'Content-Type' => 'application/csp-report; charset=utf-8')->{status}, 200, '67: Firefox\'s shape');
    is($w->post($at, $csp->('effective-directive' => 'img-src', 'document-uri' => 'https://a.example/other'), nokey => 1,
            'Content-Type' => 'application/csp-report')->{status}, 200, '67: another page');
    my ($issue) = $issues->();
    ok($issue && $issue->{count} == 2, '67: are one issue');
    my $report = sub { { type => 'csp-violation', body => { documentURL => 'https://a.example/', effectiveDirective => $_[0], blockedURL => 'https://x.example/' } } };
    is($w->post($at, Quern::json_text([$report->('script-src'), { type => 'deprecation', body => {} }, $report->('font-src')]), nokey => 1,
            'Content-Type' => 'application/reports+json')->{status}, 200, '67: a list of three');
    is(scalar($issues->()), 3, '67: of which two are stored');
    is($w->post($at, '{"x":1}', nokey => 1, 'Content-Type' => 'application/csp-report')->{status}, 400, '67: no report');
    is($w->post($at, $csp->(), nokey => 1, 'Content-Type' => 'text/html')->{status}, 415, '67: another type');
    is($w->post("/api/1/csp-report/?sentry_key=$k", $csp->('effective-directive' => 'img-src'), nokey => 1, 'Content-Type' => 'application/csp-report')->{status},
        200, '67: at its other address');
    is($w->post("/api/1/nel/?sentry_key=$k", '[{"type":"network-error","body":{}}]', nokey => 1, 'Content-Type' => 'application/reports+json')->{status}, 200, 'network errors');
    counted('raw_security', { type => 'raw_security' }, $csp->('effective-directive' => 'media-src'), 1, 'accepted', 'security');
}

# ---- crashes ----
{
    my $at = "/api/1/minidump/?sentry_key=$k";
    my $part = sub { my ($name, $more, $data) = @_; qq(--b\r\nContent-Disposition: form-data; name="$name"$more\r\n\r\n$data\r\n) };
    my @form = (nokey => 1, 'Content-Type' => 'multipart/form-data; boundary=b');
    my $id = new_id();
    my $r = $w->post($at, $part->('upload_file_minidump', '; filename="crash.dmp.gz"', packed('gzip', 'MDMPdata'))
            . $part->('sentry', '', qq({"event_id":"$id","release":"a\@1"})) . $part->('note', '; filename="n.txt"', 'text')
            . $part->('os', '', 'linux') . "--b--\r\n", @form);
    is($r->{status}, 200, '68: a packed dump');
    is($r->{content}, lc(join '-', unpack 'a8a4a4a4a12', $id), '68: answered with the id, dashed');
    my $doc = $w->doc($id);
    is($doc->{level}, 'fatal', '68: the event is fatal');
    is($doc->{platform}, 'native', '68: and native');
    is($doc->{extra}{os}, 'linux', '68: other fields are extra');
    is($doc->{exception}{values}[0]{mechanism}{type}, 'minidump', '68: its exception stands for the dump');
    is($w->shown($doc)->{title}, 'Crash dump of a native program', '68: and is its title');
    my @a = sort { $a->{name} cmp $b->{name} } attachments($id);
    is(join(' ', map { $_->{name} } @a), 'crash.dmp n.txt', '68: dump and file are kept');
    is(download($id, $a[0])->{content}, 'MDMPdata', '68: the dump unpacked');
    is($w->post($at, $part->('x', '', 'y') . "--b--\r\n", @form)->{status}, 400, '68: no dump');
    is($w->post($at, $part->('upload_file_minidump', '; filename="c"', 'nonsense') . "--b--\r\n", @form)->{status}, 400, '68: another magic');
    for my $packed ("\xfd7zXZ\0\0\4data", 'BZh91AY&SYdata') {
        $r = $w->post($at, $part->('upload_file_minidump', '; filename="c"', $packed) . "--b--\r\n", @form);
        is($r->{status}, 400, '68: packed in a way that is not read');
        like($r->{content}, qr/compressed with xz or bzip2/, '68: which the answer says');
    }
    (my $inner = $part->('upload_file_minidump', '; filename="c"', 'MDMPnested') . "--b--\r\n") =~ s/--b/--c/g;
    is($w->post($at, $part->('upload_file_minidump', '; filename="c"', $inner) . "--b--\r\n", @form)->{status}, 200, '68: a form in the field');
    is($w->post("/api/1/minidump?sentry_key=$k", 'MDMPraw', nokey => 1, 'Content-Type' => 'application/octet-stream')->{status}, 200, '68: a bare dump');
    is($w->post("/api/1/unreal/$k/?UserID=u7", "\x78\x9cwhatever", nokey => 1)->{status}, 200, 'an Unreal crash');
}

# ---- cron ----
is($w->post("/api/1/cron/nightly/$k/?status=ok", undef, method => 'GET', nokey => 1)->{status}, 202, 'a check-in by GET');
is($w->post("/api/1/cron/nightly/?sentry_key=$k", '{"status":"error"}', nokey => 1, 'Content-Type' => 'application/json')->{status}, 202, 'by POST');
is($w->post("/api/1/cron/nightly/$k/", undef, method => 'GET', nokey => 1)->{status}, 400, 'without status');
is($w->post('/api/1/playstation/', 'x')->{status}, 404, 'an endpoint that is not served');
finish();
