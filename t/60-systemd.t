#!/usr/bin/perl
# 60-systemd -- both sides of the protocols: notify, watchdog, sockets; and what the unit files are worth.
use strict;
use warnings;
use lib 't/lib';
use Fcntl;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Quern;
use Socket;
use Test::More;
use Time::HiRes qw(time);

# ---- notify and watchdog: we are systemd ----
my $dir = File::Temp->newdir;
my $notify = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "$dir/notify") or die "notify: $!\n";
my @heard;    # [time, {KEY => value}]

sub hear {
    my ($seconds) = @_;
    my $end = time + $seconds;
    while ((my $left = $end - time) > 0) {
        last if !IO::Select->new($notify)->can_read($left);
        $notify->recv(my $text, 65536);
        push @heard, [ time, { map { /^(\w+)=(.*)/ ? ($1, $2) : () } split /\n/, $text } ];
        return $heard[-1][1];
    }
    return undef;
}

sub hear_until {
    my ($key, $from) = @_;
    $from //= @heard;
    my $end = time + $Quern::patience;
    while (time < $end) {
        hear(0.2);
        for my $m (@heard[ $from .. $#heard ]) { return $m->[1] if exists $m->[1]{$key} }
    }
    return {};
}

my $q = Quern->start(
    workers => 1,
    env     => { NOTIFY_SOCKET => "$dir/notify", WATCHDOG_USEC => 1_000_000 },
);
my $ready = hear_until('READY', 0);
is($ready->{READY}, 1, 'READY=1 when it serves');
like($ready->{STATUS}, qr/serving/, '… with a status for systemctl');
is($q->http(GET => '/healthz')->{status}, 200, '… and it does');

my $from = @heard;
hear(0.1) for 1 .. 25;
my @dogs = map { $_->[0] } grep { $_->[1]{WATCHDOG} } @heard[ $from .. $#heard ];
cmp_ok(scalar @dogs, '>=', 3, 'WATCHDOG=1 keeps coming');
my $longest = 0;
for my $i (1 .. $#dogs) { $longest = $dogs[$i] - $dogs[ $i - 1 ] if $dogs[$i] - $dogs[ $i - 1 ] > $longest }
cmp_ok($longest, '<=', 0.9, "… within the interval ($longest s of 1 s)");

$from = @heard;
$q->signal('HUP');
my $reloading = hear_until('RELOADING', $from);
is($reloading->{RELOADING}, 1, 'a reload is announced');
like($reloading->{MONOTONIC_USEC}, qr/^\d{6,}$/, '… with its time');
is(hear_until('READY', $from)->{READY}, 1, '… and its end');
$q->write_conf("nonsense = 1\n");
$q->allow(qr/reload\.refused/);
$from = @heard;
$q->signal('HUP');
hear_until('RELOADING', $from);
is(hear_until('READY', $from)->{READY}, 1, 'a refused one ends as well');
$q->write_conf('');

my $old = $q->master;
$from = @heard;
$q->signal('USR2');
my $main = hear_until('MAINPID', $from)->{MAINPID};
ok($main && $main != $old, 'a take-over names the new main process');
is(hear_until('READY', $from)->{READY}, 1, '… which is ready');
wait_until('the old one to leave', sub { $q->ended });
is($q->master, $main, '… and serves');
$from = @heard;
hear(0.1) for 1 .. 15;
cmp_ok(scalar(grep { $_->[1]{WATCHDOG} } @heard[ $from .. $#heard ]), '>=', 1, '… and feeds the watchdog itself');

$from = @heard;
$q->stop;
is(hear_until('STOPPING', $from)->{STOPPING}, 1, 'TERM is announced');

# A master that hangs must not feed it.
$q->launch;
$from = @heard;
hear(0.5);
kill 'STOP', $q->master;
hear(0.1) for 1 .. 10;
$from = @heard;
hear(0.1) for 1 .. 10;
is(scalar(grep { $_->[1]{WATCHDOG} } @heard[ $from .. $#heard ]), 0, 'a master that hangs is silent, so that systemd acts');
kill 'CONT', $q->master;
$q->stop;

# ---- sockets: LISTEN_FDS ----
my @sockets = map { IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16, ReuseAddr => 1) // die } 1 .. 2;
my $activated = Quern->new(workers => 1, listen => []);
sub activate {
    my $pid = fork // die;
    if (!$pid) {
        my @fds = map { fcntl($_, F_DUPFD, 50) } @sockets;
        for my $i (0 .. $#fds) {
            POSIX::dup2($fds[$i], 3 + $i);
            POSIX::close($fds[$i]);
        }
        my %env = $activated->child_environment;
        @ENV{ keys %env } = values %env;
        $ENV{LISTEN_PID} = $$;
        $ENV{LISTEN_FDS} = 2;
        open STDERR, '>>', $activated->{log};
        open STDOUT, '>>', "$activated->{base}/out";
        $^F = 10;
        exec $Quern::bin, 'serve', '-c', $activated->{file}, '--data', $activated->{data}, '--workers', 1 or POSIX::_exit(127);
    }
    $activated->{pid} = $activated->{started} = $pid;
    delete $activated->{status};
}
my @early = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $_->sockport) // die } @sockets;
print {$_} "GET /healthz HTTP/1.0\r\n\r\n" for @early;
activate();
$activated->wait_log(qr/serve\.ready/);
for my $s (@early) {
    my $answer = do { local $/; <$s> };
    like($answer, qr{^HTTP/1\.\d 200}, 'a connection from before the start is answered');
}
unlike($activated->log_text, qr/listen address=127\.0\.0\.1:9000/, 'the default address is not opened besides');
$activated->{port} = $sockets[0]->sockport;
is($activated->http(GET => '/healthz')->{status}, 200, 'the socket of systemd is served');
my $at = $activated->log_size;
$activated->signal('HUP');
$activated->wait_log(qr/reload\.done/, $at);
is($activated->http(GET => '/healthz')->{status}, 200, '… also after a reload');
$at = $activated->log_size;
$activated->signal('USR2');
$activated->wait_log(qr/takeover\.done/, $at);
is($activated->http(GET => '/healthz')->{status}, 200, '… and after a take-over');
$activated->stop;
wait_until('everybody to leave', sub { $activated->gone });

# ---- unit files ----
SKIP: {
    skip_some('no systemd-analyze', 3) if system('command -v systemd-analyze >/dev/null');
    my $units = File::Temp->newdir;
    for my $unit ('quern.service', 'quern.socket') {
        my $text = slurp("$Quern::root/etc/$unit");
        # The binary under test stands in for the installed one, or verify misses it.
        $text =~ s{\@PREFIX\@/bin/quern}{$Quern::bin}g;
        $text =~ s{file:\@PREFIX\@}{file:/usr};
        spew("$units/$unit", $text);
    }
    my $said = qx(cd $units && systemd-analyze verify ./quern.service ./quern.socket 2>&1);
    is($?, 0, 'systemd-analyze verify finds nothing') or diag($said);
    unlike($said, qr/quern\.(service|socket)/, '… to complain of');
    $said = qx(cd $units && systemd-analyze security --offline=true --threshold=20 ./quern.service 2>&1);
    my ($exposure) = $said =~ /exposure level for quern.service: ([\d.]+)/;
    ok(defined $exposure && $exposure <= 2.0, 'exposure ' . ($exposure // '?') . ' of 10');
}

finish();
