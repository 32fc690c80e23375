package Quern;
# Quern.pm -- a throw-away server for a test: its own port, data folder and log.
#
#   use lib 't/lib';
#   use Quern;
#   my $q  = Quern->start(workers => 2, conf => "durability = process\n");
#   my $id = $q->send_event(message => 'hello');           # dies unless answered with 200
#   my $issues = $q->api(GET => '/api/0/organizations/default/issues/');
#   $q->stop;                                              # TERM, waits, returns the exit status
#   finish();                                              # the two checks of every file, and the plan
#
# Waits for states, never for seconds. Servers that still run at the end are stopped.
# QUERN_BIN chooses the binary (a sanitized build, say), QUERN_KEEP=1 keeps the folders.
use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Temp ();
use HTTP::Tiny;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ':sys_wait_h';
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(finish skip_file skip_some wait_until new_id slurp spew json_of);

our $root = do { my $here = __FILE__; $here =~ s{[^/]+$}{}; abs_path($here . '../..') };
our $bin  = $ENV{QUERN_BIN} // "$root/build/quern";
our $slow = $ENV{QUERN_SLOW} // 1;    # how much slower than usual things may be: a sanitized binary, valgrind
our $patience = ($ENV{QUERN_PATIENCE} // 60) * $slow;    # seconds until a state that does not come is a failure
my @all;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# ---- small things ----

sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or return undef;
    local $/;
    return scalar <$in>;
}

sub spew {
    my ($path, @text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out @text;
    close $out or die "$path: $!\n";
}

sub json_of { return $json->decode($_[0]) }
sub json_text { return $json->encode($_[0]) }

sub new_id { return join '', map { sprintf '%04x', int rand 65536 } 1 .. 8 }

# Call `check` until it gives something true; that is returned. Dies after a while, saying `what`.
sub wait_until {
    my ($what, $check, $seconds) = @_;
    my $end = time + ($seconds ? $seconds * $slow : $patience);
    my $step = 0.002;
    while (1) {
        my $got = $check->();
        return $got if $got;
        die "waited for $what in vain\n" if time > $end;
        sleep $step;
        $step *= 1.5 if $step < 0.05;
    }
}

# The whole file, or part of it, cannot run here: say why, loudly (t/check.sh lists these).
sub note_skip {
    my ($why) = @_;
    open my $out, '>>', $ENV{QUERN_SKIPS} or return if $ENV{QUERN_SKIPS};
    print $out "$0: $why\n" if $ENV{QUERN_SKIPS};
}
sub skip_file { my ($why) = @_; note_skip($why); plan(skip_all => $why) }
sub skip_some { my ($why, $count) = @_; note_skip($why); skip($why, $count) }

# ---- life ----

# Options: data (an existing folder), conf (text of the file), workers, args (more arguments),
# env (hash), listen (default: a free port), clock ("-100d", with libfaketime), expect_failure.
sub new {
    my ($class, %o) = @_;
    my $tmp = $o{data} ? undef : File::Temp->newdir('quern-XXXXXX', TMPDIR => 1, CLEANUP => !$ENV{QUERN_KEEP});
    my $dir = $o{data} // "$tmp/data";
    my $self = bless {
        tmp  => $tmp,
        data => $dir,
        base => $tmp ? "$tmp" : "$dir.t",
        %o,
        data    => $dir,
        allowed => [],
        owner   => $$,
    }, $class;
    mkdir $self->{base} if !-d $self->{base};
    $self->{log}  = "$self->{base}/log";
    $self->{file} = "$self->{base}/quern.conf";
    $self->write_conf($o{conf} // '');
    push @all, $self;
    return $self;
}

sub start {
    my ($class, %o) = @_;
    my $self = $class->new(%o);
    return $self->launch;
}

sub write_conf {
    my ($self, $text) = @_;
    spew($self->{file}, $text);
}

sub find_faketime {
    my ($lib) = glob '/usr/lib/*/faketime/libfaketime.so.1';
    return $lib;
}

sub child_environment {
    my ($self) = @_;
    my %env = %{ $self->{env} // {} };
    if ($self->{clock}) {
        $env{LD_PRELOAD} = find_faketime() // die "no libfaketime\n";
        $env{FAKETIME}   = $self->{clock};
        $env{FAKETIME_DONT_FAKE_MONOTONIC} = 1;
        $env{FAKETIME_NO_CACHE} = 0;
    }
    # Freed memory goes back soon: a test looks whether it does.
    $env{ASAN_OPTIONS}  //= 'quarantine_size_mb=8:allocator_release_to_os_interval_ms=200';
    $env{UBSAN_OPTIONS} //= 'print_stacktrace=1';
    $env{LSAN_OPTIONS}  //= "suppressions=$root/t/lib/lsan.supp:print_suppressions=0";
    return %env;
}

# Start (again), on the same folder, and wait until it serves.
sub launch {
    my ($self, %o) = @_;
    my @args = ('serve', '-c', $self->{file});
    push @args, '--data', $self->{data} if !$self->{no_data};    # else the file names it
    push @args, '--workers', $self->{workers} if $self->{workers};
    push @args, map { ('--listen', $_) } @{ $self->{listen} // ['127.0.0.1:' . ($self->{port} // 0)] };
    push @args, @{ $self->{args} // [] };
    my $log_at = -s $self->{log} // 0;
    my $pid    = fork // die "fork: $!\n";
    if (!$pid) {
        my %env = $self->child_environment;
        @ENV{ keys %env } = values %env;
        open STDIN,  '<',  '/dev/null';
        open STDOUT, '>>', "$self->{base}/out";
        open STDERR, '>>', $self->{log};
        exec $bin, @args or POSIX::_exit(127);
    }
    $self->{pid}    = $self->{started} = $pid;
    $self->{log_at} = $log_at;
    delete $self->{status};
    return $self if $o{no_wait};
    wait_until(
        "the server to serve",
        sub {
            return 1 if $self->logged(qr/ serve\.ready /, $log_at);
            die "the server ended with status " . ($self->{status} >> 8) . ":\n" . $self->log_text($log_at)
                if $self->ended;
            return 0;
        }
    );
    ($self->{port}) = $self->log_text($log_at) =~ /listen address=\S+?:(\d+) /
        if !$self->{listen} && !$self->{port};
    return $self;
}

# Has the process that we started ended? (its status is in {status})
sub ended {
    my ($self) = @_;
    return 1 if defined $self->{status};
    my $got = waitpid $self->{started}, WNOHANG;
    $self->{status} = $? if $got == $self->{started};
    return $got != 0;
}

# The master's pid now: after a take-over it is another one.
sub master {
    my ($self) = @_;
    my ($pid) = (slurp("$self->{data}/lock") // '') =~ /^(\d+)/;
    return $pid // $self->{pid};
}

sub signal {
    my ($self, $signal) = @_;
    kill $signal, $self->master or die "kill $signal: $!\n";
}

# A process that runs: one that has ended but was not waited for by whoever adopted it does not.
sub alive {
    my ($pid) = @_;
    my ($state) = (slurp("/proc/$pid/stat") // '') =~ /\) (\S)/;
    return defined $state && $state !~ /[ZX]/;
}

# Pids by name, as the log told them last: "writer", "worker/0" …; only those still alive.
sub children {
    my ($self) = @_;
    my %pid;
    my $text = $self->log_text;
    $pid{$1} = $2 while $text =~ /child\.ready child=(\S+) pid=(\d+)/g;
    alive($pid{$_}) or delete $pid{$_} for keys %pid;
    return %pid;
}
sub workers { my %c = $_[0]->children; return map { $c{$_} } grep { m{^worker/} } sort keys %c }
sub writer { my %c = $_[0]->children; return $c{writer} }

# Nobody holds the folder any more: master and all its children have gone.
sub gone {
    my ($self) = @_;
    open my $lock, '<', "$self->{data}/lock" or return 1;
    return flock $lock, 2 | 4;    # LOCK_EX | LOCK_NB, given back at once
}

# Stop by signal (TERM), wait for everybody, give the exit status of the process that we started
# (undef: another binary took over from it).
sub stop {
    my ($self, $signal) = @_;
    my $pid = $self->master;
    $signal //= 'TERM';
    kill $signal, $pid;
    kill $signal, $self->{started} if $pid != $self->{started} && !$self->ended;
    wait_until("the server to leave after $signal", sub { $self->ended; $self->gone && !alive($pid) }, 120);
    wait_until('its status', sub { $self->ended }) if $pid == $self->{started};
    return $pid == $self->{started} ? $self->{status} : undef;
}

# kill -9 of everybody.
sub slay {
    my ($self) = @_;
    my @pids = ($self->master, values %{ { $self->children } });
    kill 'KILL', @pids, $self->{started};
    wait_until('the killed to be gone', sub { $self->ended && $self->gone });
}

# ---- log ----

sub log_text {
    my ($self, $from) = @_;
    open my $in, '<:raw', $self->{log} or return '';
    seek $in, $from // 0, 0;
    local $/;
    return scalar(<$in>) // '';
}
sub log_size { return -s $_[0]{log} // 0 }
sub logged { my ($self, $what, $from) = @_; return $self->log_text($from) =~ $what }

sub wait_log {
    my ($self, $what, $from) = @_;
    return wait_until("the log to say $what", sub { $self->logged($what, $from) });
}

# Error lines that this test means to cause.
sub allow { my ($self, @what) = @_; push @{ $self->{allowed} }, @what }

sub unexpected_errors {
    my ($self) = @_;
    return grep {
        my $line = $_;
        $line =~ /^(?:<\d>)?\S+Z error / && !grep { $line =~ $_ } @{ $self->{allowed} }
    } split /\n/, $self->log_text;
}

sub sanitizer_reports {
    my ($self) = @_;
    return grep { /ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer|Assertion .* failed/ } split /\n/,
        $self->log_text;
}

# ---- HTTP ----

sub url { my ($self, $path) = @_; return "http://127.0.0.1:$self->{port}" . ($path // '') }

sub bootstrap { my ($self) = @_; return $self->{bootstrap} //= json_of(slurp("$self->{data}/bootstrap.json")) }
sub key   { return $_[0]->bootstrap->{public_key} }
sub token { return $_[0]->bootstrap->{token} }
sub dsn   { my ($self) = @_; return "http://" . $self->key . "\@127.0.0.1:$self->{port}/1" }

sub http {
    my ($self, $method, $path, %o) = @_;
    $self->{agent} //= HTTP::Tiny->new(timeout => $patience, keep_alive => 0);
    my %request = (headers => $o{headers} // {});
    $request{content} = $o{body} if defined $o{body};
    return $self->{agent}->request($method, $self->url($path), \%request);
}

# The management API with the owner's token; JSON both ways. Dies unless 2xx, or `status` when given.
sub api {
    my ($self, $method, $path, $body, %o) = @_;
    my %headers = (Authorization => 'Bearer ' . ($o{token} // $self->token));
    $headers{'Content-Type'} = 'application/json' if defined $body;
    my $r = $self->http($method, $path, headers => \%headers, body => defined $body ? json_text($body) : undef);
    my $good = defined $o{status} ? $r->{status} == $o{status} : $r->{success};
    die "$method $path: $r->{status} $r->{content}\n" if !$good;
    $self->{last} = $r;
    return length $r->{content} && $r->{content} =~ /^\s*[\[{"\d]/ ? json_of($r->{content}) : $r->{content};
}

# One event as an SDK would send it; its id. Dies unless it was accepted.
sub send_event {
    my ($self, %event) = @_;
    my $id = delete $event{event_id} // new_id();
    my ($r) = $self->post_envelope({ event_id => $id }, [ { type => 'event' }, { event_id => $id, platform => 'other', %event } ]);
    die "event $id: $r->{status} $r->{content}\n" if $r->{status} != 200;
    return $id;
}

# With what status an event of the first project is read: 200 when it is stored.
sub event_status {
    my ($self, $id) = @_;
    my %headers = (Authorization => 'Bearer ' . $self->token);
    return $self->http(GET => "/api/0/projects/default/default/events/$id/", headers => \%headers)->{status};
}

# Envelope header, then [item header, payload (hash: JSON; scalar: bytes)] …; the response.
sub post_envelope {
    my ($self, $header, @items) = @_;
    my $body = json_text($header) . "\n";
    for my $item (@items) {
        my ($head, $payload) = @$item;
        $payload = json_text($payload) if ref $payload;
        $body .= json_text({ length => length $payload, %$head }) . "\n$payload\n";
    }
    return $self->http(
        POST    => '/api/1/envelope/',
        body    => $body,
        headers => {
            'Content-Type'  => 'application/x-sentry-envelope',
            'X-Sentry-Auth' => 'Sentry sentry_version=7, sentry_client=quern-test/1, sentry_key=' . $self->key,
        }
    );
}

# An exception with a stack, so that events of one `type` group into one issue.
sub exception {
    my ($self, $type, $value, @functions) = @_;
    @functions = ('main', 'handle', 'work') if !@functions;
    my $line = 10;
    my @frames = map { { function => $_, module => "app.$_", filename => "app/$_.py", lineno => $line++, in_app => JSON::PP::true } } @functions;
    return (exception => { values => [ { type => $type, value => $value, stacktrace => { frames => \@frames } } ] }, platform => 'python');
}

# One value of /metrics.
sub metric {
    my ($self, $name) = @_;
    my $text = $self->http(GET => '/metrics')->{content};
    my $sum;
    $sum += $1 while $text =~ /^quern_\Q$name\E(?:_total)?(?:\{[^}]*\})? (\S+)/mg;
    return $sum;
}

# ---- the tools ----

# `quern ARGS` as a process: (exit status, standard output, standard error).
sub run_tool {
    my (@args) = @_;
    my $dir = File::Temp->newdir;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec $bin, @args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    my $status = $?;
    return ($status >> 8 || $status, slurp("$dir/out"), slurp("$dir/err"));
}

# ---- the end ----

sub finish {
    for my $q (@all) {
        $q->stop if defined $q->{started} && !$q->{slain} && (!$q->ended || !$q->gone);
        my @errors = $q->unexpected_errors;
        ok(!@errors, 'no unexpected error in the log') or diag(join "\n", @errors > 20 ? @errors[0 .. 19] : @errors);
        my @reports = $q->sanitizer_reports;
        ok(!@reports, 'no sanitizer report') or diag(join "\n", @reports, "log: $q->{log}");
    }
    done_testing();
}

# Nobody stays behind, however the test ended.
sub end_all {
    for my $q (@all) {
        next if $q->{owner} != $$ || !defined $q->{started};
        my %children = $q->children;
        my @left = grep { $_ && alive($_) } $q->master, $q->{started}, values %children;
        kill 'KILL', @left if @left && !$q->{status};
        waitpid $q->{started}, 0 if !defined $q->{status};
    }
    @all = ();
}

END {
    my $status = $?;
    end_all();
    $? = $status;
}

1;
