#!/usr/bin/perl
# 60-reload-load -- twenty reloads and three take-overs under load: no request fails, no event is lost.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Load;
use Test::More;
use Time::HiRes qw(sleep);

for my $durability ('power', 'process') {
    my $q = Quern->start(workers => 2, conf => "durability = $durability\n");
    my $load = Load->start($q, rate => 1500 / $Quern::slow, connections => 32, issues => 50);
    wait_until('the load', sub { ($q->metric('events_stored') // 0) > 500 });

    my ($hups, $takeovers) = (0, 0);
    for my $round (1 .. 23) {
        my $at = $q->log_size;
        if ($round % 7 == 0) {
            my $old = $q->master;
            $q->signal('USR2');
            $q->wait_log(qr/takeover\.done/, $at);
            $takeovers++ if $q->master != $old;
            wait_until('its writer', sub { $q->logged(qr/child\.ready child=writer/, $at) });
        }
        else {
            # Every other one concerns the writer as well.
            $q->write_conf("durability = $durability\nretention_days = " . (30 + $round % 2) . "\n");
            $q->signal('HUP');
            $q->wait_log(qr/reload\.done/, $at);
            $hups++;
        }
        sleep 0.05 + rand 0.1;
    }
    is($hups,      20, "$durability: twenty reloads were done");
    is($takeovers, 3,  "$durability: three binaries took over");
    my $r = $load->stop;
    note($load->text);
    cmp_ok($r->{ok}, '>', 2000 / $Quern::slow, "$durability: there was load");
    is($r->{ok}, $r->{sent}, "$durability: every request was answered with 200")
      or diag($load->text);
    is($r->{$_}, 0, "$durability: none was $_") for qw(limited refused other broken);
    $load->verify($q, $durability);
    my $text = $q->log_text;
    unlike($text, qr/child\.died/, "$durability: nobody died");
    unlike($text, qr/drain_cut|did not drain/, "$durability: nobody was cut off");
    $q->stop;
}

finish();
