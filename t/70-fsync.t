#!/usr/bin/perl
# 70-fsync -- fsyncs and writes that fail: the commit is tried again in place until the disk has it, who waits
# is answered then, and everything is there once.
use strict;
use warnings;
use lib 't/lib';
use POSIX ();
use Quern;
use Test::More;

skip_file('strace is not installed') if system('command -v strace >/dev/null') != 0;
skip_file('processes may not be traced here') if system('strace -o /dev/null true 2>/dev/null') != 0;

my $q = Quern->start(workers => 1);
$q->allow(qr/commit|checkpoint|database|flush/);
my @ids = map { $q->send_event($q->exception('Kept', "number $_")) } 1 .. 5;

# Calls of the writer that fail while `run` goes on.
sub failing {
    my ($call, $when, $run) = @_;
    my $said = "$q->{base}/strace";
    my @strace = ('strace', '-f', '-o', '/dev/null', '-p', $q->writer, '-e', "trace=$call", '-e', "inject=$call:error=EIO:when=$when");
    unlink $said;    # what the one before said
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', $said;
        exec @strace or POSIX::_exit(127);
    }
    my $good = eval { wait_until('strace to be attached', sub { (slurp($said) // '') =~ /attached/ }); $run->(); 1 };
    my $why = $@;
    kill 'TERM', $pid;
    my $gone = eval { wait_until('strace to let go', sub { waitpid($pid, 1) != 0 }, 10); 1 };
    kill 'KILL', $pid if !$gone;
    die $why if !$good;
}

for my $case ([ fdatasync => '1..3' ], [ pwrite64 => '1..2' ]) {
    my ($call, $when) = @$case;
    my $writer = $q->writer;
    failing($call, $when, sub { push @ids, $q->send_event($q->exception($call, 'waits')) });
    wait_until('the guard to go down', sub { eval { push @ids, $q->send_event($q->exception($call, 'comes after')) } });
    is($q->writer, $writer, "$call fails: the writer goes on");
    is(scalar(grep { $q->event_status($_) == 200 } @ids), scalar @ids, '… what waited was stored and answered');
}

like($q->log_text, qr/error +writer (?:commit|database) /, 'the log says so');
my $counted = 0;
$counted += $_->{count} for @{ $q->api(GET => '/api/0/organizations/default/issues/?query=&statsPeriod=') };
is($counted, scalar @ids, 'each is counted once');
is($q->stop, 0, 'it stops well');

finish();
