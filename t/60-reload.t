#!/usr/bin/perl
# 60-reload -- HUP: a right configuration takes effect, a wrong one changes nothing and says why.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use Quern;
use Test::More;

our $q = Quern->start(conf => "workers = 1\n");

# HUP, and what the log then says: "done" or what went wrong.
sub reload {
    my ($expect) = @_;
    my $at = $q->log_size;
    $q->signal('HUP');
    $q->wait_log($expect, $at);
    return $q->log_text($at);
}

sub generation { my ($g) = $_[0] =~ /reload\.done generation=(\d+)/; return $g }

sub other_port {
    my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die;
    return $s->sockport;
}

sub answers {
    my ($port) = @_;
    my $r = HTTP::Tiny->new(timeout => 5)->get("http://127.0.0.1:$port/healthz");
    return $r->{status};
}

my @first = $q->workers;
is(scalar @first, 1, 'one worker to begin with');

# ---- what may change ----
$q->write_conf("workers = 3\n");
my $log = reload(qr/reload\.done/);
like($log, qr/reload\.done generation=\d+ workers=3/, 'more workers');
wait_until('the old worker to leave', sub { !Quern::alive($first[0]) });
pass('the old generation leaves');
wait_until('three workers', sub { (() = $q->workers) == 3 });
pass('three workers serve');
unlike($log, qr/child=writer/, 'the writer is not concerned');
is(answers($q->{port}), 200, 'the same socket is served');

my $extra = other_port();
my $two = Quern->start(conf => "workers = 1\nlisten = 127.0.0.1:$extra\n", listen => []);
$two->{port} = $extra;
is(answers($extra), 200, 'an address from the file');
my $more = other_port();
{
    local $q = $two;
    $q->write_conf("workers = 1\nlisten = 127.0.0.1:$extra\nlisten = 127.0.0.1:$more\n");
    reload(qr/reload\.done/);
    is(answers($more), 200, 'an address was added');
    is(answers($extra), 200, 'the other one stays');
    $q->write_conf("workers = 1\nlisten = 127.0.0.1:$more\n");
    reload(qr/reload\.done/);
    is(answers($more), 200, 'the added one stays');
    wait_until('the removed address to close',
        sub { !IO::Socket::INET->new(PeerAddr => "127.0.0.1:$extra", Timeout => 1) });
    pass('an address was removed: nobody listens there any more');
    $two->{port} = $more;
}

my $writer = $q->writer;
$q->write_conf("workers = 1\nretention_days = 7\nlog_level = debug\ndurability = process\n");
$log = reload(qr/reload\.done/);
like($log, qr/child\.left child=writer/, 'the writer drains for what concerns it');
isnt($q->writer, $writer, 'and another one serves before the reload is done');
my $at = $q->log_size;
ok($q->send_event(message => 'after the reload'), 'an event is taken in');
reload(qr/reload\.done/);
ok($q->logged(qr/ debug /, $at), 'the log level has changed');

# ---- what may not ----
my $good = "workers = 1\nlog_level = notice\n";
$q->write_conf($good);
reload(qr/reload\.done/);
$q->allow(qr/reload\.(refused|no_socket|failed)/);
wait_until('the old generation to leave', sub { (() = $q->workers) == 1 });
my @before = sort $q->workers;
for my $case (
    [ "workers = none\n",               'workers',  1,     'a wrong value' ],
    [ "$good\nworkerz = 1\n",           'workerz',  4,     'an unknown key' ],
    [ "listen = 127.0.0.1:9\nnonsense\n", undef,    2,     'a line that is none' ],
    [ "tls_cert = /dev/null\n",         'tls_key',  0,     'a certificate without its key' ],
  )
{
    my ($conf, $key, $line, $name) = @$case;
    $q->write_conf($conf);
    my $log = reload(qr/reload\.refused/);
    like($log, qr/reload\.refused file="\Q$q->{file}\E" line=$line /, "$name: the log says where");
    like($log, qr/reload\.refused .* key=$key reason="..+"/, '… which key, and why') if $key;
    is_deeply([ sort $q->workers ], \@before, '… nothing has changed');
    is(answers($q->{port}), 200, '… the old configuration serves');
}

unlink $q->{file};
like(reload(qr/reload\.refused/), qr/No such file/, 'a file that has gone');
is_deeply([ sort $q->workers ], \@before, '… changes nothing');

# The folder is fixed while the server runs.
{
    my $dir = File::Temp->newdir;
    local $q = Quern->new(workers => 1);
    $q->{args} = [];
    $q->write_conf("data = $q->{data}\n");
    $q->{no_data} = 1;
    $q->launch;
    $q->allow(qr/reload\.refused/);
    $q->write_conf("data = $dir\n");
    like(reload(qr/reload\.refused/), qr/key=data reason="cannot change while running/, 'another data folder: refused');
    is(answers($q->{port}), 200, '… it serves the old one');
}

# A socket that cannot be had.
my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die;
$two->write_conf("workers = 1\nlisten = 127.0.0.1:$more\nlisten = 127.0.0.1:" . $taken->sockport . "\n");
{
    local $q = $two;
    $q->allow(qr/reload\.no_socket/);
    like(reload(qr/reload\.no_socket/), qr/in use/, 'an address in use: refused');
    is(answers($more), 200, '… the old ones serve');
}

# What only the worker itself can find out.
my $cert = "$two->{base}/cert.pem";
spew($cert, "no certificate\n");
my $tls = other_port();
{
    local $q = $two;
    $q->allow(qr/reload\.failed/, qr/ worker\/\d+ /);
    @before = sort $q->workers;
    $q->write_conf("workers = 1\nlisten = 127.0.0.1:$more\nlisten = 127.0.0.1:$tls tls\ntls_cert = $cert\ntls_key = $cert\n");
    like(reload(qr/reload\.failed/), qr/the old one stays/, 'a certificate that is none: the new generation gives up');
    is_deeply([ sort $q->workers ], \@before, '… the old one goes on');
    is(answers($more), 200, '… and serves');
    ok(!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$tls", Timeout => 1), '… the new address is closed again');
    SKIP: {
        skip_some('no openssl', 2) if system("command -v openssl >/dev/null");
        system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout $two->{base}/key.pem -out $cert 2>/dev/null");
        $q->write_conf("workers = 1\nlisten = 127.0.0.1:$more\nlisten = 127.0.0.1:$tls tls\ntls_cert = $cert\ntls_key = $two->{base}/key.pem\n");
        reload(qr/reload\.done/);
        pass('with a good one the reload works');
        my $said = qx(openssl s_client -connect 127.0.0.1:$tls -servername localhost </dev/null 2>/dev/null);
        like($said, qr/CN ?= ?localhost/, 'and TLS is served');
    }
}

# New workers that are killed before all of them serve, again and again.
{
    my $dying = Quern->start(conf => "workers = 1\n");
    local $q = $dying;
    $q->allow(qr/reload\.failed/, qr/child\.crash_loop/);
    my $children = '/proc/' . $q->master . '/task/' . $q->master . '/children';
    my %old = map { $_ => 1 } split ' ', slurp($children) // '';
  SKIP: {
        skip_some("no $children", 3) if !%old;
        $q->write_conf("workers = 8\n");
        my $at = $q->log_size;
        $q->signal('HUP');
        my $end = time + 60 * $Quern::slow;
        while (time < $end && !$q->logged(qr/reload\.(?:failed|done)/, $at)) {
            for (1 .. 50) {
                kill 'KILL', grep { !$old{$_} } split ' ', slurp($children) // '';
                select undef, undef, undef, 0.0005;
            }
        }
        ok($q->logged(qr/reload\.failed.*the old one stays/, $at), 'workers that are killed again and again: the new generation gives up');
        is(answers($q->{port}), 200, '… the old one serves');
        $q->write_conf("workers = 2\n");
        like(reload(qr/reload\.done/), qr/workers=2/, '… and the next reload is heard');
    }
}

# A take-over that fails when the new binary serves already: while an old worker still drains and the
# rows of the new ones are not cleared yet, no slots are free for as many workers as there may be.
{
    my $many = Quern->start(conf => "workers = 32\n");
    $many->allow(qr/takeover\.failed/);
    my $slow = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$many->{port}") or die;
    $slow->autoflush(1);
    print $slow "POST /api/1/envelope/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n";
    like(scalar <$slow>, qr/^HTTP\/1\.1 100 /, 'a worker waits for a body');
    my $at = $many->log_size;
    $many->signal('USR2');
    $many->wait_log(qr/takeover\.go pid=\d+/, $at);
    my ($heir) = $many->log_text($at) =~ /takeover\.go pid=(\d+)/;
    kill 'KILL', $heir;
    $many->wait_log(qr/takeover\.failed.* handed=1/, $at);
    ok(wait_until('workers', sub { answers($many->{port}) == 200 }), 'a new binary that dies once it serves: the old one serves again');
    close $slow;
}

# Many HUPs at once: they come down to what is needed, the last configuration is in force.
$q->write_conf("workers = 2\n");
$at = $q->log_size;
kill 'HUP', $q->master for 1 .. 30;
wait_until('the reloads to end', sub { my $t = $q->log_text($at); $t =~ /workers=2.*\n?/ && $t =~ /reload\.done[^\n]*\n(?!.*reload\.begin)/s });
is(answers($q->{port}), 200, 'thirty HUPs in a row: it serves');
wait_until('the last generation to be alone', sub { (() = $q->workers) == 2 });
pass('… with the last configuration');

finish();
