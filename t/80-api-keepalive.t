# Many calls of the management API, side by side over connections that stay open: the buffers of the
# worker's loop and of its query thread must not mix. (They once came from one pool without a lock: after
# some thousand calls every second request of a connection was answered with 400.)
use strict;
use warnings;
use lib 't/lib';
use HTTP::Tiny;
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
$q->send_event($q->exception("Kind$_", 'x', "fn$_")) for 1 .. 20;
my @paths = map { "/api/0$_" } '/', '/organizations/default/issues/', '/organizations/default/issues/?query=nothing',
    '/organizations/default/tags/', '/projects/default/default/events/?per_page=5', '/issues/1/', '/nope/';
my ($clients, $rounds) = (8, $ENV{QUERN_ROUNDS} // 150);
my @pids;
for my $n (1 .. $clients) {
    my $pid = fork // die;
    if (!$pid) {
        my $agent = HTTP::Tiny->new(keep_alive => $n % 2, timeout => 60, default_headers => { Authorization => 'Bearer ' . $q->token });
        my $bad = 0;
        for my $i (1 .. $rounds) {
            for my $path (@paths) {
                my $r = $agent->get($q->url($path));
                $bad++ if $r->{status} != ($path =~ /nope/ ? 404 : 200) || $r->{headers}{'content-length'} != length $r->{content};
            }
        }
        POSIX::_exit($bad ? 1 : 0);
    }
    push @pids, $pid;
}
my $failed = 0;
for my $pid (@pids) { waitpid $pid, 0; $failed++ if $? }
is($failed, 0, "$clients clients, " . $rounds * @paths . ' calls each, all answered as they should');

finish();
