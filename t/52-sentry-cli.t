#!/usr/bin/perl
# The published sentry-cli against a server: it reads logs, follows them, lists issues, events and projects,
# triages, makes a release with a deploy, sends events and check-ins.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Ingest;
use Otlp;
use Quern;
use Test::More;
use Time::HiRes 'time';

my $q = Quern->start(workers => 2);
my $o = Otlp->new($q);
local $ENV{SENTRY_URL} = $q->url('');
local $ENV{SENTRY_AUTH_TOKEN} = $q->token;
local $ENV{SENTRY_ORG} = 'default';
local $ENV{SENTRY_PROJECT} = 'default';
my $run = "$Quern::root/t/sdk/run sentry-cli";
my $out = "$q->{data}/cli.out";

sub cli {
    my ($arguments) = @_;
    my $text = `timeout 120 $run $arguments 2>$out.err`;
    my $status = $? >> 8;
    if ($status == 77) {
        $q->stop;
        skip_file(slurp("$out.err") =~ s/\s+\z//r);
    }
    is($status, 0, "sentry-cli $arguments") or diag $text, slurp("$out.err");
    return $text;
}

like(cli('--version'), qr/^sentry-cli \d/, 'the program itself');
like(cli('info'), qr/Default Organization: default/i, 'it knows where it is');

# ---- logs ----

$o->logs([ map { logrec(severity => $_, body => "line $_ of it", at => time - 30 + $_, trace => new_trace()) } 1 .. 20 ], service => 'pay');
my @rows = grep { /line \d+ of it/ } split /\n/, cli('logs list --max-rows 5');
is(join(' ', map { /line (\d+)/ } @rows), '20 19 18 17 16', 'the newest first');
@rows = grep { /line \d+ of it/ } split /\n/, cli('logs list --query level:error');
is(join(' ', map { /line (\d+)/ } @rows), '20 19 18 17', 'of a level');
@rows = grep { /line \d+ of it/ } split /\n/, cli(q{logs list --query '"line 7"'});
is(scalar @rows, 1, 'by their text');

my $pid = fork // die "fork: $!\n";
if (!$pid) {
    open STDOUT, '>', $out;
    open STDERR, '>&', \*STDOUT;
    exec split(/ /, $run), qw(logs list --live --poll-interval 1);
}
wait_until('the first page', sub { (slurp($out) // '') =~ /line 20 of it/ });
$o->logs([ logrec(body => 'the first live one') ], service => 'pay');
ok(wait_until('a record that came later', sub { slurp($out) =~ /the first live one/ }), 'it follows');
$o->logs([ logrec(body => 'the second live one') ], service => 'pay');
ok(wait_until('another', sub { slurp($out) =~ /the second live one/ }), 'and goes on');
kill 'INT', $pid;
waitpid $pid, 0;
is(scalar(() = slurp($out) =~ /the first live one/g), 1, 'each is told once');

# ---- issues, events, projects ----

$q->send_event($q->exception('Alpha', 'the first'), release => 'shop@1') for 1 .. 2;
like(cli('issues list'), qr/Alpha: the first/, 'issues');
like(cli('events list'), qr/Alpha: the first/, 'events');
like(cli('projects list'), qr/\bdefault\b/, 'projects');
like(cli('releases list'), qr/shop\@1/, 'releases');
like(cli('organizations list'), qr/\bdefault\b/, 'organisations');
like(cli('repos list'), qr/No repos/, 'no repositories');
cli('monitors list');

# ---- triage ----

my $api = Api->new($q);
my ($issue) = @{ $api->get('/organizations/default/issues/', query => '')->{json} };
my $status = sub { $api->get("/issues/$issue->{id}/")->{json}{status} };
cli("issues resolve -i $issue->{id}");
is($status->(), 'resolved', 'resolved');
cli("issues mute -i $issue->{id}");
is($status->(), 'ignored', 'muted');
cli("issues unresolve -i $issue->{id}");
is($status->(), 'unresolved', 'unresolved');

# ---- a release, as a pipeline makes it ----

cli('releases new shop@2');
cli('releases set-commits shop@2 --clear');
cli('releases finalize shop@2');
cli('deploys new --release shop@2 -e production -n first');
like(cli('deploys list --release shop@2'), qr/production/, 'its deploy');
like(cli('releases info shop@2'), qr/shop\@2/, 'what is known of it');
cli('releases archive shop@2');
cli('releases restore shop@2');
my $release = $api->get('/organizations/default/releases/shop%402/')->{json};
is_deeply([ $release->{status}, $release->{lastDeploy}{name}, defined $release->{dateReleased} ], [ 'open', 'first', 1 ], 'as it was made');
cli('releases delete shop@2');
is($api->get('/organizations/default/releases/shop%402/')->{status}, 404, 'deleted');

# ---- what it sends itself ----

local $ENV{SENTRY_DSN} = $q->dsn;
cli('send-event -m "from the command line" --release shop@1 --env test');
my $sent = wait_until('its event', sub {
    my ($one) = grep { $_->{title} eq 'from the command line' } @{ $api->get('/projects/default/default/events/')->{json} };
    return $one;
});
is((grep { $_->{key} eq 'environment' } @{ $sent->{tags} })[0]{value}, 'test', 'an event');
Quern::spew("$out.envelope", qq({}\n{"type":"event"}\n{"message":"in an envelope"}\n));
cli("send-envelope --raw $out.envelope");
cli('monitors run nightly -- true');
my $w = Ingest->new($q);
ok(wait_until('check-ins', sub { $w->outcome('unprocessed', 'monitor') == 2 }, 10), 'the check-ins of a job are counted');
unlink "$out.envelope";
finish();
