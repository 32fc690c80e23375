#!/usr/bin/perl
# run.pl -- the table of the README: quern beside a bare h2o handler, in one run, on this machine.
#
# Every figure that speaks of speed is a ratio to the null handler, measured in turn with quern (the
# median of three pairs), so that both meet the same neighbours. Stored rows are compared with
# acknowledged ones; a difference ends the run. One line a figure, with its target and whether it is met.
#
#   QUICK=1     less of everything: "after 5 million events" becomes "after 1 million"
#   SPANS=N     spans stored where every list is asked for (2 million; QUICK: 500,000)
#   BUILD=DIR   where quern, load and null lie (build)
use strict;
use warnings;
use Cwd 'abs_path';
use File::Temp 'tempdir';
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX ':sys_wait_h';
use Time::HiRes qw(sleep time);

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR; # names of lists have an ellipsis

my $build = $ENV{BUILD} // 'build';
my $quick = $ENV{QUICK};
my $http  = HTTP::Tiny->new(timeout => 60);
my %pids;
$SIG{INT} = $SIG{TERM} = sub { exit 1 };
END { my $status = $?; kill 'TERM', keys %pids if %pids; waitpid $_, 0 for keys %pids; $? = $status }

sub free_port {
    my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no port: $!\n";
    return $s->sockport;
}

sub start {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>', $log;
        open STDOUT, '>&', \*STDERR;
        exec @command or die "$command[0]: $!\n";
    }
    $pids{$pid} = 1;
    return $pid;
}

sub stop {
    my ($pid) = @_;
    kill 'TERM', $pid;
    waitpid $pid, 0;
    delete $pids{$pid};
}

sub wait_for {
    my ($what, $seconds, $check) = @_;
    my $end = time + $seconds;
    while (time < $end) {
        my $got = $check->();
        return $got if $got;
        sleep 0.01;
    }
    die "$what did not come within $seconds s\n";
}

sub median { my @s = sort { $a <=> $b } @_; return $s[ $#s / 2 ] }
sub percentile { my ($p, @v) = @_; my @s = sort { $a <=> $b } @v; return $s[ int($#s * $p) ] }

sub tool {
    my ($name, @args) = @_;
    my $out = qx($build/bench/$name @args);
    die "$name @args failed\n" if $?;
    return decode_json($out);
}

sub load { return tool('load', @_) }

# ---- the server under test ----
# %conf: lines of its config file.
sub serve {
    my ($dir, %conf) = @_;
    my $port = free_port();
    open my $out, '>', "$dir.conf" or die "$dir.conf: $!\n";
    print $out "$_ = $conf{$_}\n" for sort keys %conf;
    close $out;
    my $t0  = time;
    my $pid = start("$dir.log", "$build/quern", 'serve', '-c', "$dir.conf", '--data', $dir, '--listen', "127.0.0.1:$port");
    wait_for('the server', 30, sub {
        die "the server ended; see $dir.log\n" if waitpid($pid, WNOHANG) == $pid;
        my $r = $http->get("http://127.0.0.1:$port/readyz");
        return $r->{status} == 200;
    });
    my $boot = do { local (@ARGV, $/) = ("$dir/bootstrap.json"); decode_json(<>) };
    return { pid => $pid, port => $port, dir => $dir, key => $boot->{public_key}, token => $boot->{token},
        start_s => time - $t0 };
}

sub get {
    my ($server, $path) = @_;
    my $t0 = time;
    my $r  = $http->get("http://127.0.0.1:$server->{port}$path", { headers => { Authorization => "Bearer $server->{token}" } });
    my $ms = (time - $t0) * 1000;
    die "GET $path: $r->{status} $r->{content}\n" if $r->{status} != 200;
    return ($r->{content} =~ /^[\[{]/ ? decode_json($r->{content}) : $r->{content}, $ms);
}

sub stored {
    my ($server, $what) = @_;
    my ($text) = get($server, '/metrics');
    my ($n) = $text =~ /^quern_${what}_stored(?:_total)?(?:\{[^}]*\})? (\d+)/m or die "no quern_${what}_stored in /metrics\n";
    return $n;
}

sub processes {
    my ($root) = @_;
    my %children;
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        my ($pid, $ppid) = <$in> =~ /^(\d+) \(.*\) \S (\d+)/ or next;
        push @{ $children{$ppid} }, $pid;
    }
    my @all = ($root);
    for (my $i = 0 ; $i < @all ; $i++) { push @all, @{ $children{ $all[$i] } // [] } }
    return @all;
}

sub pss_mb {
    my ($server) = @_;
    my $kb = 0;
    for my $pid (processes($server->{pid})) {
        open my $in, '<', "/proc/$pid/smaps_rollup" or next;
        while (<$in>) { $kb += $1 if /^Pss:\s+(\d+)/ }
    }
    return $kb / 1024;
}

# While `work` runs: the highest sum of PSS seen.
sub watched {
    my ($server, $work) = @_;
    my $file = "$server->{dir}.pss";
    my $pid  = fork // die "fork: $!\n";
    if (!$pid) {
        my $most = 0;
        local $SIG{TERM} = sub { open my $out, '>', $file; print $out $most; close $out; POSIX::_exit(0) };
        while (1) { sleep 0.5; my $mb = pss_mb($server); $most = $mb if $mb > $most }
    }
    my $result = $work->();
    kill 'TERM', $pid;
    waitpid $pid, 0;
    my $most = do { local (@ARGV, $/) = ($file); <> };
    return ($result, $most);
}

sub start_null {
    my $port = free_port();
    my $pid  = start('/dev/null', "$build/bench/null", $port);
    wait_for('the null handler', 5, sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") });
    return ($pid, $port);
}

my @table;
sub row { my ($what, $target, $got, $good) = @_; push @table, [@_]; printf STDERR "  %-70s %-22s %-16s %s\n", $what, $got, $target, $good ? 'met' : 'MISSED' }

sub same_count {
    my ($server, $acknowledged, $when, $what) = @_;
    my $n = stored($server, $what // 'events');
    die "$when: $n rows stored, $acknowledged acknowledged\n" if $n != $acknowledged;
}

# 0. grouping, alone: time, and instructions where valgrind is there
{
    my ($here) = __FILE__ =~ m{^(.*?)[^/]*$};
    local $ENV{BUILD} = $build;
    for my $line (qx(perl ${here}group.pl --json)) {
        my $g = decode_json($line);
        my $n = $g->{instructions} ? sprintf(', %d k instructions', $g->{instructions} / 1000) : '';
        row("grouping a 13 KB event, $g->{platform}, $g->{frames} frames", 'median <= 10 us', sprintf('%.1f us%s', $g->{median_ns} / 1000, $n), $g->{median_ns} <= 10_000);
    }
}

my $scratch = tempdir('quern-bench-XXXX', TMPDIR => 1, CLEANUP => 1);

# 1. rates beside the null handler, memory under that load, latency at half of it
for my $size (3, 13) {
    my ($null_pid, $null_port) = start_null();
    my $server = serve("$scratch/rate$size");
    my $seconds = $quick ? 3 : 5;
    my @to      = ("--port $server->{port} --key $server->{key} --size $size --connections 256");
    my $acked   = load(@to, "--seconds $seconds")->{ok}; # issues and tag values come into being
    my ($most, @rates, @nulls) = (0);
    for (1 .. 3) {
        push @nulls, load("--port $null_port --key x --size $size --seconds 2 --connections 64")->{rate};
        my ($r, $mb) = watched($server, sub { load(@to, "--seconds $seconds") });
        $most = $mb if $mb > $most;
        $acked += $r->{ok};
        push @rates, $r->{rate};
    }
    stop($null_pid);
    same_count($server, $acked, "$size KB events");
    my ($rate, $null) = (median(@rates), median(@nulls));
    my $ratio  = median(map { $rates[$_] / $nulls[$_] } 0 .. 2);
    my $target = $size == 3 ? 0.45 : 0.25;
    row("$size KB events, durable before the 200 (null: $null/s)", ">= $target x", sprintf('%.0f/s = %.2f x', $rate, $ratio), $ratio >= $target);
    row("memory under that load, sum of PSS", '<= 52 MB', sprintf('%.1f MB', $most), $most <= 52);
    my $half = load(@to, "--seconds 4 --rate " . int($rate / 2));
    row("reply latency at half that rate, $size KB", 'p99 <= 10 ms', sprintf('p50 %.1f, p99 %.1f ms', $half->{p50_us} / 1000, $half->{p99_us} / 1000), $half->{p99_us} <= 10_000);
    same_count($server, $acked + $half->{ok}, "$size KB events at half the rate");
    stop($server->{pid});
}

# Once all segments but the active one are packed: their files.
sub at_rest {
    my ($server) = @_;
    my $dir = "$server->{dir}/segments";
    wait_for('packing of the sealed segments', 300, sub {
        sleep 0.2;
        my @packed = glob "$dir/*.packed.db";
        return @packed && (my @all = glob "$dir/*.db") == @packed + 1;
    });
    return glob "$dir/*.packed.db";
}

# Their bytes, and how many events they have.
sub packed {
    my ($server) = @_;
    my @files = at_rest($server);
    my ($bytes, $rows) = (0, 0);
    for my $file (@files) {
        my $n = qx(sqlite3 -readonly $file 'SELECT count(*) FROM event');
        die "no events in $file\n" if $n !~ /^[1-9]\d*$/;
        $bytes += -s $file;
        $rows  += $n;
    }
    return { bytes => $bytes, rows => $rows };
}

# 2. bytes per event once sealed and packed
{
    my $rows   = $quick ? 20_000 : 100_000;
    my $server = serve("$scratch/bytes", segment_rows => $rows, seal_idle => 1);
    my $r      = load("--port $server->{port} --key $server->{key} --size 13 --count " . ($rows + 100) . " --connections 64 --seconds 120");
    same_count($server, $r->{ok}, '13 KB events');
    my $packed = packed($server);
    my $per    = $packed->{bytes} / $packed->{rows};
    row('bytes on disk per 13 KB event, sealed and packed', '<= 1500', sprintf('%.0f', $per), $per <= 1500);
    stop($server->{pid});
}

# 3. spans, and their bytes: some events roll the segment
{
    my $server = serve("$scratch/spans", segment_rows => 64, seal_idle => 1);
    my $count  = $quick ? 400_000 : 600_000;
    my ($acked, $most, @rates) = (0, 0);
    for (1 .. 3) {
        my ($r, $mb) = watched($server, sub { tool('proto-spans', "--port $server->{port} --key $server->{key} --spans $count") });
        $most = $mb if $mb > $most;
        $acked += $r->{ok};
        push @rates, $r->{rate};
        last if $quick && @rates == 1;
    }
    same_count($server, $acked, 'spans', 'spans');
    my $rate = median(@rates);
    row('spans over OTLP protobuf, batches of 512, durable before the 200', '>= 100000/s', sprintf('%.0f/s', $rate), $rate >= 100_000);
    row('memory under that load, sum of PSS', '<= 52 MB', sprintf('%.1f MB', $most), $most <= 52);
    load("--port $server->{port} --key $server->{key} --count 100");
    my $packed = packed($server);
    my $per    = $packed->{bytes} / $acked;
    row('bytes on disk per span, sealed and packed', '<= 40', sprintf('%.1f', $per), $per <= 40);
    stop($server->{pid});
}

# What a person waits for: from a key or a click to the painted result, in a real browser.
sub paint {
    my ($server) = @_;
    my ($here)   = __FILE__ =~ m{^(.*?)[^/]*$};
    local $ENV{BASE}        = "http://127.0.0.1:$server->{port}";
    local $ENV{BOOTSTRAP}   = abs_path("$server->{dir}/bootstrap.json");
    local $ENV{QUERN_T_WEB} = $ENV{QUERN_T_WEB} // abs_path($build) . '/t-web';
    my $json = qx(sh ${here}../web/run paint);
    if ($? >> 8 == 77) { print STDERR "  (no browser here: interaction to paint is left out)\n"; return }
    die "t/web/paint.mjs failed\n" if $?;
    for my $step (@{ decode_json($json) }) {
        my $most = $step->{most};
        row("interaction to paint: $step->{what}", "p95 <= $most ms", sprintf('p50 %.0f, p95 %.0f ms', $step->{p50}, $step->{p95}), $step->{p95} <= $most);
    }
}

# 4. a million and five million events: does speed depend on what is stored? how fast are reads?
{
    my $dir    = "$scratch/many";
    my $server = serve($dir);
    my $acked  = 0;
    my $empty  = load("--port $server->{port} --key $server->{key} --size 3 --seconds 5 --connections 128");
    $acked += $empty->{ok};
    my $fill = sub {
        my ($to) = @_;
        return if $acked >= $to;
        $acked += load("--port $server->{port} --key $server->{key} --size 3 --count " . ($to - $acked) . " --connections 128 --seconds 600")->{ok};
    };
    $fill->(1_000_000);
    same_count($server, $acked, '1 M events');
    stop($server->{pid});
    $server = serve($dir);
    row('start with 1 M events stored, until the first request', '<= 1 s', sprintf('%.2f s', $server->{start_s}), $server->{start_s} <= 1);
    my (@list, @page, @event);
    my ($issues) = get($server, '/api/0/organizations/default/issues/?query=&limit=100');
    for my $i (1 .. 100) {
        my $issue = $issues->[ $i % @$issues ];
        push @list,  (get($server, '/api/0/organizations/default/issues/?query=is:unresolved&limit=25&sort=' . (qw(date new freq user))[ $i % 4 ]))[1];
        push @page,  (get($server, "/api/0/organizations/default/issues/$issue->{id}/"))[1];
        push @event, (get($server, "/api/0/organizations/default/issues/$issue->{id}/events/latest/"))[1];
    }
    row('issue list with 1 M events', 'p95 <= 20 ms', sprintf('%.1f ms', percentile(0.95, @list)), percentile(0.95, @list) <= 20);
    row('issue page with 1 M events', 'p95 <= 20 ms', sprintf('%.1f ms', percentile(0.95, @page)), percentile(0.95, @page) <= 20);
    my $traces = tool('proto-spans', "--port $server->{port} --key $server->{key} --spans 100000");
    same_count($server, $traces->{ok}, 'spans', 'spans');
    my ($list) = get($server, '/api/0/organizations/default/traces/?statsPeriod=1h&per_page=50');
    my @trace;
    for my $i (1 .. 100) {
        my ($table, $ms) = get($server, "/api/0/organizations/default/trace/$list->[ $i % @$list ]{traceId}/table/");
        die "a trace without spans\n" if !$table->{spans};
        push @trace, $ms;
    }
    row('trace page with 1 M events and 100,000 spans', 'p95 <= 20 ms', sprintf('%.1f ms', percentile(0.95, @trace)), percentile(0.95, @trace) <= 20);
    row('its latest event', 'p95 <= 20 ms', sprintf('%.1f ms', percentile(0.95, @event)), percentile(0.95, @event) <= 20);
    at_rest($server); # packing a million events takes one of two cores; a person comes later
    paint($server);
    $fill->(5_000_000) if !$quick;
    my $full = median(map { my $r = load("--port $server->{port} --key $server->{key} --size 3 --seconds 5 --connections 128"); $acked += $r->{ok}; $r->{rate} } 1 .. 3);
    row('the 3 KB rate after ' . ($quick ? 1 : 5) . ' M events', '>= 0.90 x empty', sprintf('%.2f x', $full / $empty->{rate}), $full / $empty->{rate} >= 0.9);
    stop($server->{pid});
}

# 5. every list there is, over a month of traffic of sixty services: the slowest of each sort
{
    my $spans = $ENV{SPANS} // ($quick ? 500_000 : 2_000_000);
    my $dir   = "$scratch/lists";
    my ($here) = __FILE__ =~ m{^(.*?)[^/]*$};
    mkdir $dir or die "$dir: $!\n";
    tool('worker-fill', $dir, $spans);
    my $server = serve($dir);
    my $runs   = $quick ? 10 : 30;
    my (%worst, %count, @sorts);
    for my $line (qx(perl ${here}lists.pl --json --runs $runs --url http://127.0.0.1:$server->{port} --token $server->{token} --pid $server->{pid})) {
        my $l = decode_json($line);
        my ($sort) = $l->{list} =~ /^([^,:]+)/;
        push @sorts, $sort if !$count{$sort}++;
        $worst{$sort} = $l if !$worst{$sort} || $l->{cpu_p95} > $worst{$sort}{cpu_p95};
    }
    die "t/bench/lists.pl asked for nothing\n" if !@sorts;
    for my $sort (@sorts) {
        my $l = $worst{$sort};
        my $n = $count{$sort} > 1 ? ", slowest of $count{$sort}" . ($l->{list} eq $sort ? '' : " ($l->{list})") : '';
        row("lists with $spans spans: $sort$n", 'p95 <= 20 ms', sprintf('p50 %.1f, p95 %.1f ms of CPU, %.1f by the clock', @$l{qw(cpu_p50 cpu_p95 p95)}), $l->{cpu_p95} <= 20);
    }
    stop($server->{pid});
}

print "| what | target | measured |\n|---|---|---|\n";
print "| $_->[0] | $_->[1] | $_->[2]", ($_->[3] ? '' : ' (missed)'), " |\n" for @table;
