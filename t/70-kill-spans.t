#!/usr/bin/perl
# 70-kill-spans -- kill -9 of workers, the writer and all of them while spans and log records come in, from an
# exporter that sends a batch again until it is told that it was taken. Afterwards each of them is there exactly
# once, and what was counted is what is stored.
#
# KILL_ROUNDS  kills per durability level (default 25)
use strict;
use warnings;
use lib 't/lib';
use Api;
use Otlp;
use Quern;
use Test::More;
use Time::HiRes qw(sleep time);

my $rounds = $ENV{KILL_ROUNDS} // 25;

sub kill_one {
    my ($q) = @_;
    my $die = rand;
    my @pids = $die < 0.5 ? $q->workers : $q->writer // ();
    if ($die > 0.9) {
        $q->slay;
        $q->launch;
    } elsif (@pids) {
        kill 'KILL', $pids[ rand @pids ];
    }
}

# As exporters do: what was not answered, or refused for now, goes again.
sub deliver {
    my ($send) = @_;
    my $end = time + $Quern::patience;
    while (time < $end) {
        my $r = $send->();
        return 1 if $r->{status} == 200;
        die "$r->{status} $r->{content}\n" if $r->{status} != 599 && $r->{status} != 503 && $r->{status} != 429;
        sleep 0.02;
    }
    return 0;
}

# A child that sends until it is told to stop; what it sent is then in the file.
sub exporter {
    my ($q, $file, $who) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    my ($stop, $o, %n) = (0, Otlp->new($q));
    local $SIG{TERM} = sub { $stop = 1 };
    srand $$;
    while (!$stop) {
        $n{batch}++;
        my @spans = map { span(name => "op $_", kind => 2, start => time - 1, end => time - 0.9) } 1 .. 1 + rand 20;
        my @logs = map { logrec(body => "line $who.$n{batch}.$_", severity => 9, at => time) } 1 .. 1 + rand 30;
        last if !deliver(sub { $o->traces(\@spans, service => $who, resource => { 'deployment.environment.name' => 'prod' }) });
        $n{spans} += @spans;
        last if !deliver(sub { $o->logs(\@logs, service => $who) });
        $n{logs} += @logs;
    }
    spew($file, join ' ', map { $n{$_} // 0 } qw(spans logs batch));
    require POSIX;
    POSIX::_exit(0);
}

for my $durability ('power', 'process') {
    my $q = Quern->start(workers => 2, conf => "durability = $durability\n");
    $q->allow(qr/child\.crash_loop/);
    my $a = Api->new($q);
    my $org = '/organizations/default';
    my @who = ('a', 'b', 'c');
    my %pid = map { $_ => exporter($q, "$q->{data}/$_.sent", $_) } @who;
    for (1 .. $rounds) {
        sleep 0.02 + rand 0.2;
        kill_one($q);
    }
    wait_until('all to serve', sub { my %c = $q->children; keys %c >= 3 && $q->http(GET => '/readyz')->{status} == 200 });
    kill 'TERM', values %pid;
    waitpid $_, 0 for values %pid;
    my (%spans, %logs);
    for (@who) {
        ($spans{$_}, $logs{$_}, my $batches) = split / /, slurp("$q->{data}/$_.sent") // '0 0 0';
        cmp_ok($batches, '>', 3, "$durability: $_ sent $batches batches, $spans{$_} spans, $logs{$_} log records");
    }

    # durability = process: what was answered may still be in a ring.
    wait_until('the rings to be empty', sub { $a->get('/quern/status/')->{json}{ringLagBytes} == 0 });
    my ($cursor, %stored, %twice);
    do {
        my $r = $a->get("$org/logs/", per_page => 100, $cursor ? (cursor => $cursor) : ());
        is($r->{status}, 200, 'logs') or last if $r->{status} != 200;
        for (@{ $r->{json} }) { $stored{ $_->{service} }++; $twice{ $_->{message} }++ }
        my $next = Api::links($r)->{next};
        $cursor = $next->{results} eq 'true' ? $next->{cursor} : undef;
    } while ($cursor);
    is_deeply(\%stored, \%logs, "$durability: the log records of each, all of them");
    is(scalar(grep { $_ > 1 } values %twice), 0, "$durability: none twice");
    my $volume = $a->get("$org/logs/volume/", statsPeriod => '1h')->{json};
    is_deeply({ map { $_->{name} => $_->{records} } @{ $volume->{services} } }, \%logs, "$durability: as many were counted");
    my %calls = map { $_->{name} => $_->{calls} } @{ $a->get("$org/services/", statsPeriod => '1h', environment => 'prod')->{json} };
    is_deeply(\%calls, \%spans, "$durability: calls of each service");
    for my $who (@who) {
        my $n = 0;
        $n += $_->{calls} for @{ $a->get("$org/services/$who/operations/", statsPeriod => '1h')->{json} };
        is($n, $spans{$who}, "$durability: calls of the operations of $who");
    }
    my ($found, %seen) = (0);
    undef $cursor;
    do {
        my $r = $a->get("$org/events/", dataset => 'spans', field => [ 'id', 'service' ], per_page => 100, $cursor ? (cursor => $cursor) : ());
        for (@{ $r->{json}{data} }) { $found++; $seen{ $_->{id} } = 1 }
        my $next = Api::links($r)->{next};
        $cursor = $next->{results} eq 'true' ? $next->{cursor} : undef;
    } while ($cursor);
    my $sent = $spans{a} + $spans{b} + $spans{c};
    is($found, $sent, "$durability: every span is stored");
    is(scalar keys %seen, $sent, "$durability: once");
    is($q->stop, 0, "$durability: it still stops well");
    my ($status, $out) = Quern::run_tool('check', $q->{data});
    is($status, 0, "$durability: quern check finds nothing") or diag($out);
}
finish();
