#!/usr/bin/perl
# 70-starve -- no descriptors are left: nobody takes a healthy file for damaged, and it goes on by itself
# once there are some.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Test::More;

skip_file('prlimit(1) is not installed') if system('command -v prlimit >/dev/null') != 0;

# Only the soft limit: to raise the hard one again takes a privilege that not every machine gives.
sub limit { my ($pid, $most) = @_; system('prlimit', '--pid', $pid, "--nofile=$most:") == 0 or die "prlimit\n" }

use constant { FEW => 3, ENOUGH => 256, STEP => 8 };

# Kill the writer where it lives, and let the next one open no more than `most` descriptors: 'unborn', master
# itself lacked them; 'starved', the writer did; 'ready'.
sub next_writer {
    my ($q, $most) = @_;
    my $from = $q->log_size;
    limit($q->master, $most);
    kill 'KILL', $q->writer if $q->writer;
    return wait_until(
        'a writer to fail or to start',
        sub {
            return 'ready'   if $q->logged(qr/child\.ready child=writer/,                    $from);
            return 'starved' if $q->logged(qr/child\.died child=writer .* state=starting/,   $from);
            return 'unborn'  if $q->logged(qr/child\.start_failed child=writer/,             $from);
        });
}

# ---- the writer: what a new one may open is what its master may ----
{
    my $q = Quern->start(workers => 1);
    $q->allow(qr/./);    # whatever the want of descriptors makes it say
    my @ids = map { $q->send_event($q->exception('Kept', "number $_")) } 1 .. 20;
    my $at  = $q->log_size;

    # How many it takes nobody has to know: halving finds a number that is too small for the writer alone …
    my ($few, $enough, $most, $became) = (FEW, ENOUGH);
    while ($few <= $enough) {
        $most   = int(($few + $enough) / 2);
        $became = next_writer($q, $most);
        last if $became eq 'starved';
        if ($became eq 'ready') { $enough = $most - 1 }
        else                    { $few    = $most + 1 }
    }
    is($became, 'starved', "with $most descriptors a writer starves");

    # … and from there it is given a few more at a time.
    while ($became ne 'ready' && $most < ENOUGH) { $became = next_writer($q, $most += STEP) }
    is($became, 'ready', "… and starts by itself with $most");
    limit($q->master, ENOUGH);
    unlike($q->log_text($at), qr/file\.damaged|segment\.missing/, 'a writer without descriptors takes no segment for damaged');
    is(scalar(grep { $q->event_status($_) == 200 } @ids), 20, '… and with them it is all there');
    ok($q->send_event($q->exception('After', 'it')), '… ingest goes on');
    is($q->stop, 0, '… and it stops well');
}

finish();
