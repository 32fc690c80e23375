#!/usr/bin/perl
# 70-durability -- what a 200 stands for. durability = power: the event is in a segment, and the segment was
# told to the disk, before the answer leaves. durability = process: it is in the ring, whatever the writer does.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use Quern;
use Test::More;
use Time::HiRes qw(sleep time);

# A request that is under way; answered() is its status, or undef.
sub begin {
    my ($q, $id) = @_;
    my $event = Quern::json_text({ event_id => $id, message => 'kept', platform => 'other' });
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $q->{port}) or die "connect: $!\n";
    print $s "POST /api/1/store/?sentry_key=" . $q->key . " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($event) . "\r\nConnection: close\r\n\r\n$event";
    $s->flush;
    $s->blocking(0);
    return { socket => $s, in => '' };
}
sub answered {
    my ($r) = @_;
    sysread $r->{socket}, $r->{in}, 65536, length $r->{in};
    return $r->{in} =~ m{^HTTP/1\.1 (\d+)} ? $1 : undef;
}
sub stored { my ($q, $id) = @_; return exists Store::events($q)->{$id} }

require Load;    # Store

for my $durability ('power', 'process') {
    my $q = Quern->start(workers => 2, conf => "durability = $durability\n");
    $q->send_event(message => 'first');
    my @ids = map { new_id() } 1 .. 6;
    kill 'STOP', $q->writer;
    my @requests = map { begin($q, $_) } @ids;
    if ($durability eq 'power') {
        sleep 1.5;    # nothing is to come: there is no state to wait for
        is(scalar(grep { defined answered($_) } @requests), 0, 'power: while the writer stands still nobody is told 200');
        is($q->http(GET => '/healthz')->{status}, 200, '... others are served meanwhile');
        kill 'CONT', $q->writer;
        wait_until('the answers', sub { @requests == grep { answered($_) } @requests });
        is(join(' ', map { answered($_) } @requests), join(' ', (200) x 6), '... they are once it goes on');
        is(scalar(grep { stored($q, $_) } @ids), 6, '... and then the events are in a segment');
    } else {
        wait_until('the answers', sub { @requests == grep { answered($_) } @requests });
        is(join(' ', map { answered($_) } @requests), join(' ', (200) x 6), 'process: the ring is enough for a 200');
        is(scalar(grep { stored($q, $_) } @ids), 0, '... the writer has not seen them');
        $q->slay;
        $q->launch;
        wait_until('the ring to be drained', sub { 6 == grep { stored($q, $_) } @ids });
        pass('... and after everybody was killed they are stored all the same');
    }
    $q->stop;
}

# How often the disk is asked to keep something while `count` events come one after the other.
sub syncs {
    my ($durability, $count) = @_;
    my $q = Quern->start(workers => 1, conf => "durability = $durability\n");
    $q->send_event(message => 'first');
    my $out = File::Temp->new;
    my $writer = $q->writer;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec 'strace', '-f', '-qq', '-e', 'trace=fdatasync,fsync', '-o', $out->filename, '-p', $writer or POSIX::_exit(127);
    }
    my $traced = sub { (Quern::slurp("/proc/$writer/status") // '') =~ /TracerPid:\s*[1-9]/ };
    my $good = eval { wait_until('strace', sub { $traced->() || waitpid($pid, 1) != 0 }, 10) && $traced->() };
    if ($good) { $q->send_event(message => "number $_") for 1 .. $count }
    my $synced = () = Quern::slurp($out->filename) =~ /sync\(\d+/g;
    kill 'INT', $pid;
    waitpid $pid, 0;
    $q->stop;
    return $good ? $synced : undef;
}

SKIP: {
    my $power = syncs('power', 20);
    skip_some('strace may not look at processes here', 2) if !defined $power;
    cmp_ok($power, '>=', 20, "power: twenty events one by one were synced to disk each ($power syncs)");
    my $process = syncs('process', 20);
    cmp_ok($process, '<', 20, "process: they were not ($process)");
}

finish();
