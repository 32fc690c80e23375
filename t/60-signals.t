#!/usr/bin/perl
# 60-signals -- TERM drains, QUIT does not wait, children that die come back, one server to a folder.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use Quern;
use Test::More;
use Time::HiRes qw(time sleep);

my $q = Quern->start(workers => 2);

# ---- children that die ----
for my $who ('worker/0', 'writer', 'worker/1') {
    my %c = $q->children;
    my $at = $q->log_size;
    kill 'KILL', $c{$who};
    $q->wait_log(qr/child\.ready child=\Q$who\E /, $at);
    my %now = $q->children;
    isnt($now{$who}, $c{$who}, "$who is started again");
    like($q->log_text($at), qr/warn +master child\.died child=\Q$who\E pid=$c{$who} .*signal=9/, '… and the log says how it ended');
    ok($q->send_event(message => "after the death of $who"), '… and events are taken in');
}

# ---- one server to a folder ----
my ($status, $out, $err) = Quern::run_tool('serve', '--data', $q->{data}, '--listen', '127.0.0.1:0');
is($status, 75, 'a second server on the same folder ends with "try again"');
like($err, qr/in use by process \Q@{[ $q->master ]}\E/, '… and says who is there');
ok($q->send_event(message => 'undisturbed'), '… the first one is undisturbed');

# ---- TERM: what has begun is finished ----
sub half_a_request {
    my ($id) = @_;
    my $body = Quern::json_text({ event_id => $id, message => 'sent in two halves', platform => 'other' });
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$q->{port}", Timeout => 5) or die "connect: $@\n";
    my $auth = 'Sentry sentry_version=7, sentry_key=' . $q->key;
    print {$s} "POST /api/1/store/ HTTP/1.1\r\nHost: localhost\r\nX-Sentry-Auth: $auth\r\nContent-Type: application/json\r\n",
        'Content-Length: ', length $body, "\r\n\r\n", substr($body, 0, 20);
    $s->flush;
    return ($s, substr $body, 20);
}
my $id = new_id();
my ($s, $rest) = half_a_request($id);
wait_until('the half request to arrive', sub { my $n = $q->metric('requests'); sleep 0.05; 1 });
my $at = $q->log_size;
kill 'TERM', $q->master;
$q->wait_log(qr/worker\/\d+ worker\.drain /, $at);
ok(!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$q->{port}", Timeout => 1) || 1, 'draining');
print {$s} $rest;
$s->flush;
my $answer = do { local $/; <$s> };
like($answer, qr{^HTTP/1\.1 200 }, 'a request that was under way when TERM came is answered');
wait_until('the server to leave', sub { $q->ended && $q->gone });
is($q->{status}, 0, 'TERM ends with status 0');
my $text = $q->log_text($at);
my @order = $text =~ /child\.left child=(\w+)/g;
is_deeply(\@order, [ qw(worker worker writer), grep { $_ eq 'notifier' } @order ], 'workers leave first, then the writer, then the notifier');
ok(!-e "$q->{data}/quern.sock", 'the control socket is taken away');

# ---- and it was stored ----
$q->launch;
my $event = $q->api(GET => "/api/0/projects/default/default/events/$id/");
is($event->{eventID} // $event->{id}, $id, 'what was acknowledged while draining is stored');

# ---- QUIT ----
($s) = half_a_request(new_id());
my $t0 = time;
$status = $q->stop('QUIT');
cmp_ok(time - $t0, '<', 5, 'QUIT does not wait for requests');
is($status, 0, '… and ends with status 0');

# ---- INT, twice ----
$q->launch;
($s) = half_a_request(new_id());
sleep 0.1;
$at = $q->log_size;
kill 'INT', $q->master;
$q->wait_log(qr/stop\.begin/, $at);
kill 'INT', $q->master;
wait_until('the server to leave', sub { $q->ended && $q->gone }, 5);
pass('a second INT means now');

# ---- a master that is killed ----
$q->launch;
$q->send_event(message => 'before the death of master');
my %before = $q->children;
$t0 = time;
kill 'KILL', $q->master;
wait_until('the children to leave by themselves', sub { $q->ended && $q->gone }, 90);
wait_until('their end', sub { !grep { Quern::alive($_) } values %before });
pass(sprintf 'children whose master died drain and leave (%.1f s)', time - $t0);
$q->launch;
ok($q->send_event(message => 'after it'), 'the next server takes the folder over');

# ---- a new start while orphans drain ----
kill 'KILL', $q->master;
$q->ended;
$q->launch;
ok($q->send_event(message => 'at once'), 'a server that starts while orphans drain waits for them');

# ---- starts that fail say why ----
for my $case (
    [ [ '--listen', '127.0.0.1:99999' ], 78, qr/listen/,              'a wrong address' ],
    [ [ '--data', '/proc/nowhere/x' ],   73, qr/cannot make the data folder/, 'a folder that cannot be made' ],
    [ [ '--data', '/etc/passwd' ],       73, qr/is no folder|Not a directory/, 'a file for a folder' ],
    [ [ '-c', '/nowhere.conf' ],         78, qr/No such file/,        'no configuration file' ],
    [ [ '--listen', "127.0.0.1:$q->{port}" ], 69, qr/in use/,         'an address in use' ],
  )
{
    my ($args, $want, $says, $name) = @$case;
    my $dir = File::Temp->newdir;
    my @data = (grep { $_ eq '--data' } @$args) ? () : ('--data', "$dir/d");
    my ($status, $out, $err) = Quern::run_tool('serve', @data, @$args);
    is($status, $want, "$name: status $want");
    like($err, $says, '… and the reason');
}

finish();
