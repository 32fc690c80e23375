#!/usr/bin/perl
# 70-kill -- kill -9 of worker, writer, master and all of them, at random moments under load. What was
# acknowledged is there exactly once, everything counted is stored, nothing is wedged.
#
# KILL_ROUNDS  rounds per durability level (default 100; t/soak.sh asks for many more)
# KILL_SEED    the seed that a failing run has printed
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Load;
use Test::More;
use Time::HiRes qw(sleep time);

my $rounds = $ENV{KILL_ROUNDS} // 100;
my $batch  = 25;
my $seed   = $ENV{KILL_SEED} // time ^ $$;
srand $seed;
note "KILL_SEED=$seed";

# One death; the name of who died.
sub kill_one {
    my ($q) = @_;
    my $die = rand;
    if ($die < 0.40) {
        my @workers = $q->workers;
        return 'nobody' if !@workers;
        kill 'KILL', $workers[ rand @workers ];
        return 'worker';
    }
    if ($die < 0.75) {
        my $writer = $q->writer // return 'nobody';
        kill 'KILL', $writer;
        return 'writer';
    }
    if ($die < 0.88) {
        kill 'KILL', $q->master;
        wait_until('the master to end', sub { $q->ended });
        sleep rand 0.05;
        $q->launch;    # while orphans may still drain
        return 'master';
    }
    $q->slay;
    $q->launch;
    return 'all';
}

for my $durability ('power', 'process') {
    # Small segments: sealing and what runs beside it is hit as well.
    my $q = Quern->start(workers => 2, conf => "durability = $durability\nsegment_rows = 4096\nseal_idle = 1\n");
    $q->allow(qr/child\.crash_loop/);
    my (%acknowledged, %deaths);
    my $load;
    for my $round (1 .. $rounds) {
        $load //= Load->start($q, rate => 1500, connections => 24, issues => 40, resend => 1);
        sleep 0.02 + rand 0.25;
        $deaths{ kill_one($q) }++;
        next if $round % $batch && $round != $rounds;

        # Everybody is well again, and what is under way gets its answer.
        wait_until('all to serve', sub { my %c = $q->children; keys %c >= 3 && $q->http(GET => '/readyz')->{status} == 200 });
        my $r = $load->stop;
        cmp_ok($r->{ok}, '>', 0, "$durability, round $round: $r->{ok} events were acknowledged, $r->{broken} requests broken by kills");
        my @ids = $load->ids;
        my $before = keys %acknowledged;
        @acknowledged{@ids} = ();
        is(keys(%acknowledged) - $before, @ids, "$durability, round $round: none was acknowledged twice");
        Store::verify($q, \%acknowledged, "$durability, round $round");
        undef $load;
    }
    note "$durability: ", join ', ', map { "$_ $deaths{$_}" } sort keys %deaths;
    cmp_ok($deaths{$_} // 0, '>', 0, "$durability: $_ was killed") for qw(worker writer), $rounds >= 50 ? qw(master all) : ();
    my $issues = $q->api(GET => '/api/0/organizations/default/issues/?query=&limit=100&statsPeriod=');
    is(scalar @$issues, 40, "$durability: forty kinds of error are forty issues");
    is($q->stop, 0, "$durability: it still stops well");
    # And what it left is whole.
    my ($status, $out) = Quern::run_tool('check', $q->{data});
    is($status, 0, "$durability: quern check finds nothing") or diag($out);
}

finish();
