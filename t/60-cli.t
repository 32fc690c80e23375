#!/usr/bin/perl
# 60-cli -- the tools, on a running and on a stopped server: the same commands, the same answers.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);

sub tool { return Quern::run_tool(@_, (grep { $_ eq '--data' } @_) ? () : ('--data', $q->{data})) }

sub fine {
    my ($name, @args) = @_;
    my ($status, $out, $err) = tool(@args);
    is($status, 0, $name) or diag($err);
    chomp $out;
    return $out;
}

sub wrong {
    my ($name, $want, $says, @args) = @_;
    my ($status, $out, $err) = tool(@args);
    is($status, $want, "$name: status $want");
    like($err, $says, '… and why') or diag($err);
    is($out, '', '… and nothing else');
}

sub accepted {
    my ($dsn) = @_;
    my ($key, $id) = $dsn =~ m{^http://(\w{32})\@127\.0\.0\.1:\d+/(\d+)$} or return "no DSN: $dsn";
    my $r = $q->http(POST => "/api/$id/store/?sentry_key=$key", body => '{"message":"by its DSN"}');
    return $r->{status};
}

# ---- help ----
my ($status, $out, $err) = Quern::run_tool('--help');
is($status, 0, '--help');
my @commands = $out =~ /^  quern ([a-z]+(?: [a-z]+)?) +\S/mg;
cmp_ok(scalar @commands, '>=', 16, 'lists the commands');
for my $command (@commands) {
    ($status, $out, $err) = Quern::run_tool(split(/ /, $command), '--help');
    is($status, 0, "$command --help");
    like($out, qr/^usage: quern \Q$command\E/, '… says how it is used');
}
($status, $out) = Quern::run_tool('version');
like($out, qr/^quern \d+\.\d+\.\d+ /, 'version');
for my $case (
    [ [],                       64, qr/quern serve/ ],
    [ ['dance'],                64, qr/no command "dance"/ ],
    [ ['project'],              64, qr/quern project add/ ],
    [ [ 'project', 'add' ],     64, qr/usage: quern project add NAME/ ],
    [ [ 'status', '--loud' ],   64, qr/no option --loud/ ],
    [ [ 'serve', '--data' ],    64, qr/--data wants a value/ ],
    [ [ 'status', 'x' ],        64, qr/what is "x"/ ],
    [ [ 'key', 'limit', 'a' x 32, 'often', '--data', $q->{data} ], 64, qr{COUNT/SECONDS} ],
  )
{
    my ($args, $want, $says) = @$case;
    ($status, $out, $err) = Quern::run_tool(@$args);
    is($status, $want, "quern @$args: status $want");
    like($err, $says, '… and why');
}

# ---- configuration ----
($status, $out) = Quern::run_tool('config', '--explain');
my @keys = $out =~ /^(\w+) = /mg;
cmp_ok(scalar @keys, '>=', 18, 'config --explain explains every key');
($status, $out) = Quern::run_tool('config', '--file');
is($out, slurp("$Quern::root/etc/quern.conf"), 'etc/quern.conf is what the table says');
like($out, qr/^#\Q$_\E =/m, "$_ stands in it") for @keys;
my $file = "$q->{base}/some.conf";
spew($file, "workers = 2\n");
($status, $out) = Quern::run_tool('serve', '-t', '-c', $file);
is($status, 0, 'serve -t: a good file');
spew($file, "workers = 2\nworkers = zwei\nretention = 3\n");
($status, $out, $err) = Quern::run_tool('serve', '-t', '-c', $file);
is($status, 78, 'serve -t: a wrong one');
like($err, qr/^\Q$file\E:2: workers: .*\n\Q$file\E:3: retention: /, '… with file, line, key and reason of each mistake');

# ---- the same on a running and on a stopped server ----
for my $state ('running', 'stopped') {
    if ($state eq 'stopped') {
        is($q->stop, 0, 'the server stops');
    }
    my $dsn = fine("$state: project add", 'project', 'add', "Shop $state");
    my ($key) = $dsn =~ m{//(\w+)\@};
    like(fine("$state: project list", 'project', 'list'), qr/^\d+ +shop-$state +\Q$dsn\E$/m, '… has it, with its DSN');
    like(fine("$state: project list --json", 'project', 'list', '--json'), qr/"slug":"shop-$state"/, '… in JSON as well');

    my $second = fine("$state: key add", 'key', 'add', "shop-$state", '--name', 'second', '--rate', '5/60');
    my ($other) = $second =~ m{//(\w+)\@};
    my $keys = fine("$state: key list", 'key', 'list', '--project', "shop-$state");
    like($keys, qr{^$other +enabled +5/60 s +shop-$state +second$}m, '… shows it with its limit');
    is(scalar(() = $keys =~ /\n/g), 1, '… beside the first one');
    fine("$state: key limit", 'key', 'limit', $other, 'none');
    fine("$state: key disable", 'key', 'disable', $key);
    $keys = fine("$state: key list", 'key', 'list');
    like($keys, qr/^$other +enabled +no limit/m, '… the limit is lifted');
    like($keys, qr/^$key +disabled/m, '… the other key is disabled');
    if ($state eq 'running') {
        is(accepted($second), 200, 'the new key is accepted at once');
        is(accepted($dsn), 403, 'the disabled one is refused at once');
    }
    fine("$state: key enable", 'key', 'enable', $key);
    fine("$state: key delete", 'key', 'delete', $other);
    unlike(fine("$state: key list", 'key', 'list'), qr/$other/, '… it is gone');

    my $password = fine("$state: user add", 'user', 'add', "$state\@example.com", '--name', 'Some One', '--role', 'admin');
    like($password, qr/^[a-z2-9]{20}$/, '… prints the password that it made');
    like(fine("$state: user list", 'user', 'list'), qr/^\d+ +$state\@example\.com +admin +active +Some One$/m, '… has her');
    my $changed = fine("$state: user passwd", 'user', 'passwd', "$state\@example.com");
    isnt($changed, $password, '… prints another one');
    my $token = fine("$state: token add", 'token', 'add', '--name', 'ci', '--scopes', 'project:read');
    like($token, qr/^sntryu_[0-9a-f]{64}$/, '… prints it');
    if ($state eq 'running') {
        $q->api(GET => '/api/0/organizations/default/projects/', undef, token => $token);
        pass('the token is good for what it was made for');
        $q->api(POST => '/api/0/organizations/default/projects/', { name => 'x' }, token => $token, status => 403);
        pass('… and for nothing else');
    }
    $q->{tokens}{$state} = $token;
    $q->{dsns}{$state}   = $dsn;

    wrong("$state: a key for a project that there is none of", 1, qr/./, 'key', 'add', 'nowhere');
    wrong("$state: a key that there is none of", 1, qr/./, 'key', 'disable', '0' x 32);
    wrong("$state: a user twice", 1, qr/./, 'user', 'add', "$state\@example.com");
    wrong("$state: no such role", 1, qr/./, 'user', 'add', 'x@example.com', '--role', 'king');
    wrong("$state: a token for nobody", 1, qr/no user/, 'token', 'add', '--user', 'nobody@example.com');
}

# ---- what needs the one or the other ----
wrong('status of a stopped server', 69, qr/no server runs on/, 'status');
is((tool('check'))[0], 0, 'check of a stopped folder');
$q->launch;
$q->api(GET => '/api/0/organizations/default/projects/', undef, token => $q->{tokens}{stopped});
pass('what was done while it was stopped is there when it starts: the token');
is(accepted($q->{dsns}{stopped}), 200, '… and the key');
like(fine('status', 'status'), qr/^quern .* data in \Q$q->{data}\E.*^  worker\/0 +\d+  ready .*^  writer .*^  master /ms, 'shows the processes');
my $json = json_of(fine('status --json', 'status', '--json'));
is($json->{processes}[0]{state}, 'ready', 'in JSON as well');
wrong('check of a running one', 75, qr/in use by process \d+; stop the server first/, 'check');
wrong('a folder that is not there', 66, qr/No such file/, 'status', '--data', '/nowhere');
my $empty = File::Temp->newdir;
wrong('an empty folder', 66, qr/holds no data of quern/, 'project', 'list', '--data', "$empty");
wrong('check of one', 66, qr/holds no data of quern/, 'check', "$empty");
is_deeply([ glob "$empty/*" ], [], '… leaves nothing behind in it');
wrong('a scope that there is none of', 64, qr/"project:release" is no scope/, 'token', 'add', '--scopes', 'org:ci project:release');
wrong('an option that would change nothing', 64, qr/no option --json/, 'token', 'add', '--json');
SKIP: {
    skip_some('no /dev/full', 2) if !-c '/dev/full';
    my $said = `'$Quern::bin' token add --data '$q->{data}' 2>&1 >/dev/full`;
    is($? >> 8, 74, 'a token that could not be printed is no success');
    like($said, qr/standard output: No space left/, '… and it says so');
}

# ---- who may ----
SKIP: {
    skip_some('not root: no other user to be', 3) if $> != 0;
    my $nobody = getpwnam('nobody') // skip_some('no user nobody', 3);
    chmod 0755, $q->{base}, $q->{data};
    chmod 0666, "$q->{data}/quern.sock";
    my $pid = open(my $said, '-|') // die;
    if (!$pid) {
        $> = $< = $nobody;
        my $s = IO::Socket::UNIX->new("$q->{data}/quern.sock") or die "connect: $!";
        print {$s} "GET /api/0/quern/status/ HTTP/1.0\r\n\r\n";
        print while <$s>;
        POSIX::_exit(0) if close STDOUT;
    }
    my $answer = do { local $/; <$said> };
    like($answer, qr{^HTTP/1\.\d 401}, 'the control socket is no login for another user');
    my $r = $q->http(POST => '/api/0/quern/commands/project.list/', body => '{}',
        headers => { Authorization => 'Bearer ' . $q->token, 'Content-Type' => 'application/json' });
    is($r->{status}, 403, 'nor is the owner\'s token one for the operator\'s commands');
    chmod 0700, $q->{data};
    pass('done');
}

# A page is 100 rows: more are all told. (A hundred passwords would take their time to hash.)
system('sqlite3', "$q->{data}/quern.db", 'PRAGMA busy_timeout = 10000; INSERT INTO user (email, name, role, created_ms) '
    . "SELECT 'u' || value || '\@example.com', '', 'member', 0 FROM generate_series(1, 105)") == 0 or die "sqlite3\n";
my @users = split /\n/, fine('user list of many', 'user', 'list');
is(scalar(grep { / u\d+\@/ } @users), 105, 'a list of more than a page is whole');
is(json_of((split /\n/, fine('user list --json', 'user', 'list', '--json'))[-1])->{email}, 'u105@example.com', '… in JSON, too');
like(fine('token add --user', 'token', 'add', '--user', 'u105@example.com'), qr/^sntryu_/, '… and a token can be made for the last');
is((tool('user', 'add', 'short@example.com', '--password-stdin'))[0], 64, 'an empty password is refused');
$q->api(POST => '/api/0/organizations/default/projects/', { name => "many $_" }) for 1 .. 103;
my @rows = split /\n/, fine('project list of many', 'project', 'list');
is(scalar(grep { /many-/ } @rows), 103, 'a list of more than a page is whole');

finish();
