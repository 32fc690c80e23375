#!/usr/bin/perl
# 70-starve -- no descriptors are left: nobody takes a healthy file for damaged, and it goes on by itself
# once there are some.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Test::More;

skip_file('prlimit(1) is not installed') if system('command -v prlimit >/dev/null') != 0;

sub descriptors { my ($pid) = @_; my @open = glob "/proc/$pid/fd/*"; return scalar @open }
sub limit { my ($pid, $most) = @_; system('prlimit', '--pid', $pid, "--nofile=$most:4096") == 0 or die "prlimit\n" }

# ---- the writer: what a new one may open is what its master may ----
{
    my $q = Quern->start(workers => 1);
    $q->allow(qr/./);    # whatever the want of descriptors makes it say
    my @ids = map { $q->send_event($q->exception('Kept', "number $_")) } 1 .. 20;
    my $at  = $q->log_size;
    for my $spare (0, 1) {
        my $from = $q->log_size;
        limit($q->master, descriptors($q->master) + $spare);
        kill 'KILL', $q->writer;
        wait_until('a writer to fail or to start', sub { $q->logged(qr/child\.(?:died child=writer .* state=starting|ready child=writer)/, $from) });
        limit($q->master, 4096);
        wait_until('the next one to start', sub { $q->logged(qr/child\.ready child=writer/, $from) });
    }
    unlike($q->log_text($at), qr/file\.damaged|segment\.missing/, 'a writer without descriptors takes no segment for damaged');
    is(scalar(grep { $q->event_status($_) == 200 } @ids), 20, '… and with them it is all there');
    ok($q->send_event($q->exception('After', 'it')), '… ingest goes on');
    is($q->stop, 0, '… and it stops well');
}

finish();
