#!/usr/bin/perl
# 40-ingest-event -- what becomes of an event's fields, whatever SDKs make of them (conformance list 36 to
# 56, and 70).
use strict;
use warnings;
use lib 't/lib';
use Ingest;
use JSON::PP;
use Quern;
use Test::More;
use utf8;

my $q = Quern->start(workers => 2);
my $w = Ingest->new($q);
my ($true, $false) = (JSON::PP::true, JSON::PP::false);

sub tags { return Ingest::tags(@_) }
sub faults { return Ingest::faults(@_) }
sub values_of { my ($doc) = @_; return @{ $doc->{exception}{values} // [] } }
my $stack = { frames => [map { { function => $_, module => "m.$_", filename => "m/$_.py", lineno => 7, in_app => $true } } qw(a b)] };
my $boom = { type => 'ValueError', value => 'boom', stacktrace => $stack };

# ---- exceptions ----
{
    my @docs = map { $w->event({ platform => 'python', exception => $_ }) }
        { values => [$boom] }, [$boom], $boom, { values => [undef, $boom, undef] };
    my %issues = map { $w->issue($_) => 1 } @docs;
    is(scalar keys %issues, 1, '36: values, list, one object, null members: one issue');
    ok(!exists $w->event({ exception => $_ })->{exception}, '36: ' . Quern::json_text($_) . ' is absent') for 'x', {};
    my ($e) = values_of($w->event({ exception => [{ value => 'ValueError: boom' }] }));
    is("$e->{type}/$e->{value}", 'ValueError/boom', '37: a type in the value');
    ($e) = values_of($w->event({ exception => [{ type => 'T', value => { a => $true } }, {}] }));
    is($e->{value}, '{"a":true}', '37: an object as value');
    is(scalar(values_of($w->event({ exception => [{ type => 'T', value => 'v' }, {}] }))), 1, '37: {} is dropped');
    my $doc = $w->event({ exception => { values => [{ type => undef, value => undef, stacktrace => {} }] } });
    like($w->shown($doc)->{title}, qr/^<unlabeled event>$|^Error$/, '38: an exception of nothing');
}

# ---- tags ----
{
    my $doc = $w->event({ tags => { a => $true, b => 1.9, c => undef, d => { x => 1 }, 'e f' => 'v', g => "x\ny" } });
    my $t = tags($doc);
    is($t->{a}, 'True', '39: true');
    like($t->{b}, qr/^1(\.9)?$/, '39: a number');
    is($t->{'e-f'}, 'v', '39: a blank in a key');
    ok(!exists $t->{c} && !exists $t->{d}, '39: null and objects are absent');
    is(tags($w->event({ tags => [['a', 'b'], ['c', 'd'], undef] }))->{c}, 'd', '39: pairs');
    $t = tags($w->event({ tags => { 'k' x 33 => 'v', 'k' x 201 => 'v', l => 'v' x 200, m => 'v' x 201 } }));
    is($t->{ 'k' x 33 }, 'v', '39: a key of 33');
    ok(!exists $t->{ 'k' x 201 }, '39: a key of 201 is not one');
    is(length($t->{l}), 200, '39: a value of 200');
    cmp_ok(length($t->{m} // ''), '<=', 200, '39: a value of 201 is not kept whole');
    $doc = $w->event({ tags => { environment => 'prod', release => 'r1' } });
    is($doc->{environment}, 'prod', '40: environment from a tag');
    ok(!exists tags($doc)->{release}, '40: release is no tag');
}

# ---- messages, levels ----
{
    my $text = sub { my $d = $w->event($_[0]); return $d->{logentry}{formatted} // $d->{logentry}{message} };
    is($text->({ message => 'hello' }), 'hello', '41: message');
    is($text->({ message => { message => 'a %s', params => ['b'] } }), 'a b', '41: an object');
    is($text->({ message => 42 }), '42', '41: a number');
    is($text->({ message => 'no', logentry => { formatted => 'yes' } }), 'yes', '41: logentry before message');
    $w->event({ message => $_ }) for $true, $false, '';
    pass('41: booleans and an empty one do no harm');
    like($text->({ logentry => { message => '%s of %s', params => ['1'] } }), qr/%s|1 of/, '42: too few params');
    for (['40', 'error'], ['critical', 'fatal'], ['log', 'info'], ['warn', 'warning'], ['foobar', 'error'], [undef, 'error']) {
        my ($sent, $level) = @$_;
        my $doc = $w->event({ level => defined $sent && $sent eq '40' ? 40 : $sent });
        is($doc->{level} // 'error', $level, '43: level ' . ($sent // 'null'));
        ok(exists faults($doc)->{level}, '43: noted') if ($sent // '') eq 'foobar';
    }
}

# ---- times ----
{
    my $now = time;
    my $near = sub {
        my ($doc, $at) = @_;
        my ($y, $m, $d, $h, $i, $s) = $doc->{timestamp} =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/ or return 0;
        require Time::Local;
        return abs(Time::Local::timegm($s, $i, $h, $d, $m - 1, $y) - $at) < 20;
    };
    my @t = gmtime $now;
    my $iso = sprintf '%04d-%02d-%02dT%02d:%02d:%02d', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0];
    ok($near->($w->event({ timestamp => $_->[0] }), $now), "44: $_->[1]")
        for ["${iso}Z", 'ISO'], [$iso, 'without zone'], [$now + 0, 'integer'], [$now + 0.25, 'fraction'],
        [$now * 1000, 'milliseconds'], ['not-a-timestamp', 'no time'], [-1, 'negative'];
    my $doc = $w->event({ timestamp => $now + 120 });
    ok($near->($doc, $now), '44: two minutes ahead is moved');
    ok((grep { /future|drift/ } values %{ faults($doc) }), '44: and noted');
    $doc = $w->event({ timestamp => $now - 31 * 86400 });
    ok($near->($doc, $now), '44: 31 days back is moved');
    for ([7200, 1], [3240, 0]) {
        my ($off, $shifted) = @$_;
        my $id = new_id();
        my @s = gmtime($now - $off);
        my $sent = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $s[5] + 1900, $s[4] + 1, @s[3, 2, 1, 0];
        $w->envelope(qq({"event_id":"$id","sent_at":"$sent"}\n{"type":"event"}\n{"timestamp":@{[$now - $off]}}));
        ok($near->($w->doc($id), $shifted ? $now : $now - $off), "45: a clock $off s behind is " . ($shifted ? 'corrected' : 'believed'));
    }
}

# ---- names of releases and the like ----
{
    my $of = sub { my ($key, $value) = @_; return $w->event({ $key => $value })->{$key} };
    is($of->(release => 42), '42', '46: a number as release');
    ok(!defined $of->(release => $_), "46: release $_") for 'latest', 'a/b', '..';
    is(length($of->(release => 'r' x 201)), 200, '46: 201 characters');
    is(length($of->(environment => 'e' x 65) // ''), 64, '46: environment of 65');
    ok(!defined $of->(environment => 'a/b'), '46: environment a/b');
    ok(!defined $of->(dist => '^%'), '46: dist ^%');
    my $doc = $w->event({ fingerprint => ['{{ default }}', 1, $true, 4.5, undef, ['x']] });
    is_deeply([map { "$_" } @{ $doc->{fingerprint} }], ['{{ default }}', '1', 'True', '4'], '47: fingerprint of all sorts');
    ok(!exists $w->event({ fingerprint => $_ })->{fingerprint}, '47: ' . Quern::json_text($_)) for 'x', [];
}

# ---- frames ----
{
    my $frames = sub { my $d = $w->event({ platform => 'javascript', exception => [{ type => 'T', value => 'v', stacktrace => { frames => $_[0] } }] });
        return $d->{exception}{values}[0]{stacktrace}{frames} };
    my $f = $frames->([map { { function => "f$_", filename => 'a.js' } } 1 .. 300]);
    is(scalar @$f, 250, '48: of 300 frames 250 are kept');
    is($f->[-1]{function}, 'f300', '48: with the crash');
    $f = $frames->([{ filename => 'http://foo.com/a/b.js?x', function => '?', lineno => '12' }, { filename => 'http://foo.com', function => 'g' }]);
    is($f->[0]{filename}, '/a/b.js', '48: a URL as file name');
    is($f->[1]{filename}, 'http://foo.com', '48: one without a path');
    ok(!defined $f->[0]{function}, '48: "?" is no function');
    is($f->[0]{lineno}, 12, '48: a line number as text');
    ok(!$frames->([]), '48: no frames, no stack');
    is(scalar @{ $frames->([undef, {}]) }, 1, '48: null and {}');
}

# ---- what no JSON writer should send ----
{
    my $deep = '[' x 200 . ']' x 200;
    for (['NaN and Infinity', '{"extra":{"a":NaN,"b":Infinity,"c":-Infinity}}'], ['\u0000', '{"message":"a\u0000b"}'],
        ['a lone surrogate', '{"message":"a\ud800b"}'], ['200 levels', qq({"extra":{"a":$deep}})],
        ['a text of 900 KB', qq({"message":"@{['x' x 900_000]}"})], ['an integer beyond 2^63', '{"extra":{"a":92233720368547758070}}'],
        ['a BOM', "\xef\xbb\xbf" . '{"message":"x"}'], ['a key twice', '{"message":"x","message":"y"}'])
    {
        my ($name, $body) = @$_;
        my $r = $w->store($body);
        is($r->{status}, 200, "49: $name");
        ok($w->doc(Ingest::id_of($r)), '49: ... is stored');
    }
}

# ---- user, request, others ----
{
    my $user = sub { $w->event({ user => $_[0] })->{user} };
    is($user->({ id => 1 })->{id}, '1', '50: a number as id');
    ok(!defined $user->({ id => 'a', ip_address => 'abc' })->{ip_address}, '50: ip_address that is none');
    is($user->({ ip_address => '{{auto}}' })->{ip_address}, '127.0.0.1', '50: {{auto}}');
    $w->event({ user => $_ }) for [], {};
    my $r = $w->event({ request => { url => 'https://a.example/p?x=1&y=2#top', method => 'FOO_BAR', cookies => 'a=1; b=2', headers => [['X-Y', ['p', 'q']]] } })->{request};
    is($r->{url}, 'https://a.example/p', '51: url without query and fragment');
    ok($r->{query_string}, '51: which go into their own fields');
    is($r->{method}, 'FOO_BAR', '51: method');
    is_deeply({ map { $_->[0] => $_->[1] } @{ $r->{cookies} } }, { a => 1, b => 2 }, '51: cookies as text');
    ok(!defined $w->event({ request => { url => 'http://a.example/', method => '1234' } })->{request}{method}, '51: method 1234');
    my $doc = $w->event({ message => 'kept', contexts => { os => undef, x => 1 }, extra => 'bar', sdk => 'x', breadcrumbs => {}, threads => { values => [{}] } });
    is($doc->{logentry}{formatted}, 'kept', '52: fields of the wrong kind do not cost the event');
    ok(!exists $doc->{extra} && !exists $doc->{contexts}{os}, '52: they are left out');
    $doc = $w->event({ brand_new => 1, _meta => [1, 'x'] });
    ok(!exists $doc->{brand_new}, '53: an unknown key');
    is(faults($doc)->{brand_new}, 'invalid_attribute', '53: is noted');
}

# ---- the same event more than once ----
{
    my $id = new_id();
    my @pids;
    for my $n (1 .. 8) {    # on both workers at once
        my $pid = fork // die;
        if (!$pid) {
            my $r = $w->store(qq({"event_id":"$id","message":"only once"}));
            require POSIX;
            POSIX::_exit($r->{status} == 200 ? 0 : 1);
        }
        push @pids, $pid;
    }
    my $good = 0;
    for (@pids) { waitpid $_, 0; $good++ if $? == 0 }
    is($good, 8, '54: one event eight times: all are told 200');
    my ($issue) = @{ $q->api(GET => '/api/0/projects/default/default/issues/?query=only+once') };
    is($issue->{count}, 1, '54: it is one');
}
{
    my $id = new_id();
    my $r = $w->envelope(qq({"event_id":"$id","sent_at":"2026-02-01T10:00:00Z","dsn":"@{[$q->dsn]}","sdk":{"name":"sentry.php","version":"4.1"}}\n)
            . qq({"type":"event","content_type":"application/json"}\n{"platform":"php","tags":[],"extra":[],"contexts":[],"user":[],"modules":[],"message":"p"}));
    is($r->{status}, 200, '55: PHP: the id in the header, [] for maps');
    is($w->doc($id)->{sdk}{name}, 'sentry.php', '55: sdk from the header');
    my $doc = $w->event({ platform => 'ruby', message => '', exception => { values => [$boom] } });
    is($w->shown($doc)->{title}, 'ValueError: boom', '55: Ruby: an empty message beside an exception');
    $doc = $w->event({ platform => 'native', exception => [{ %$boom, mechanism => { type => 'signal', synthetic => $true, handled => $false } }] });
    my $shown = $w->shown($doc);
    is($shown->{title}, 'b', '56: synthetic: the crash function is the title');
    is($shown->{culprit}, '', '56: and there is no culprit');
}

# ---- scrubbing ----
{
    my $doc = $w->event({
        message  => 'The password is wrong for card',
        request  => { url => 'https://a.example/', headers => { Authorization => 'Bearer abc', 'X-Fine' => 'yes' } },
        extra    => { card => 'pay 4111 1111 1111 1111 now', db_password => 'hunter2', note => 'fine' },
        user     => { id => '1', email => 'ann@a.example' },
        breadcrumbs => [{ message => 'GET https://u:pw@h.example/x' }],
        exception => [{ type => 'T', value => 'bad password', stacktrace => { frames => [{ function => 'f', filename => 'f.py',
                        vars => { key => "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", n => 1 } }] } }],
    });
    my $all = Quern::json_text($doc);
    unlike($all, qr/hunter2/, '70: a password by its key');
    unlike($all, qr/4111 1111/, '70: a card number');
    unlike($all, qr/Bearer abc/, '70: Authorization');
    unlike($all, qr/u:pw\@/, '70: a password in a URL');
    unlike($all, qr/MIIabc/, '70: a private key');
    like($doc->{logentry}{formatted}, qr/^The password is wrong/, '70: a message keeps its words');
    is($doc->{exception}{values}[0]{value}, 'bad password', '70: so does an exception');
    is($doc->{user}{email}, 'ann@a.example', '70: an address stays');
    is($doc->{extra}{note}, 'fine', '70: what is harmless stays');
    $q->api(PUT => '/api/0/projects/default/default/', { dataScrubber => $false });
    wait_until('scrubbing to be off', sub { $w->event({ extra => { db_password => 'hunter2' } })->{extra}{db_password} eq 'hunter2' });
    pass('70: unless the project wants none');
}
finish();
