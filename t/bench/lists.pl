#!/usr/bin/perl
# lists.pl -- what every list costs a running server that has much stored (t/bench/worker-fill makes such a
# folder): each is asked many times over one connection, never twice in a row for the same, and both the clock
# and the CPU time of all processes of the server are taken.
#
#   lists.pl --url http://127.0.0.1:9000 --token T --pid MASTER [--runs 40] [--only WORD] [--most 20]
#
# A line for each list: p50 and p95 in milliseconds. With --json one object a line. Exits with 1 when the p95 of
# the CPU time of any is above `most`: the clock depends on neighbours, the CPU time only on the work.
use strict;
use warnings;
use Getopt::Long;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes 'time';

my %o = (runs => 40, most => 20, url => 'http://127.0.0.1:9000');
GetOptions(\%o, 'url=s', 'token=s', 'pid=i', 'runs=i', 'only=s', 'most=f', 'json') && $o{token} && $o{pid} or die "usage: see the head of $0\n";

my $http = HTTP::Tiny->new(timeout => 60, keep_alive => 1);
my $org  = '/api/0/organizations/default';
my ($missed, $last) = (0, '');

# ---- CPU time ----

# The files that tell how long each thread of the server has run, in nanoseconds. Threads come and go: asked anew for each list.
sub clocks {
    my (%children, @files);
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        my ($pid, $ppid) = <$in> =~ /^(\d+) \(.*\) \S (\d+)/ or next;
        push @{ $children{$ppid} }, $pid;
    }
    my @all = ($o{pid});
    for (my $i = 0 ; $i < @all ; $i++) { push @all, @{ $children{ $all[$i] } // [] } }
    return map { glob "/proc/$_/task/*/schedstat" } @all;
}

sub cpu_ms {
    my $ns = 0;
    for my $file (@_) {
        open my $in, '<', $file or next;
        $ns += (split ' ', <$in>)[0];
    }
    return $ns / 1e6;
}

# ---- asking ----

sub get {
    my ($path) = @_;
    my $r = $http->get("$o{url}$path", { headers => { Authorization => "Bearer $o{token}" } });
    my $none = $r->{status} == 404 && $r->{content} =~ /No traces found/;    # Jaeger's way to say so
    die "GET $path: $r->{status} $r->{content}\n" if $r->{status} != 200 && !$none;
    return $r;
}

sub json { my $r = get(@_); return decode_json($r->{content}) }
sub percentile { my ($p, @v) = @_; my @s = sort { $a <=> $b } @v; return $s[ int($#s * $p) ] }

# `next` makes a path of the number of the run; with `pages` the Link header leads on for so many.
sub list {
    my ($name, $next, %how) = @_;
    return if $o{only} && $name !~ /$o{only}/;
    my (@wall, @cpu, $page, $bytes);
    my @clocks = clocks();
    for my $run (-2 .. $o{runs} - 1) {    # the first two lay what is kept between requests
        my $path = $page // $next->($run + 2);
        $path .= ($path =~ /\?/ ? '&' : '?') . "run=$run" if $path eq $last;
        $last = $path;
        my ($cpu, $t) = (cpu_ms(@clocks), time);
        my $r = get($path);
        if ($run >= 0) {
            push @wall, (time - $t) * 1000;
            push @cpu,  cpu_ms(@clocks) - $cpu;
            $bytes = length $r->{content};
        }
        my ($link) = ($r->{headers}{link} // '') =~ /<([^>]*)>; rel="next"; results="true"/;
        $link =~ s/^https?:\/\/[^\/]*// if $link;
        $page = $how{pages} && $run % $how{pages} ? $link : undef;
    }
    my %line = (list => $name, cpu_p50 => percentile(0.5, @cpu), cpu_p95 => percentile(0.95, @cpu), p50 => percentile(0.5, @wall), p95 => percentile(0.95, @wall), bytes => $bytes);
    $missed++ if $line{cpu_p95} > $o{most};
    if ($o{json}) { print JSON::PP->new->canonical->encode(\%line), "\n" }
    else {
        printf "%-62s cpu p50 %6.1f p95 %6.1f   clock p50 %6.1f p95 %6.1f ms %8d B%s\n", @line{qw(list cpu_p50 cpu_p95 p50 p95 bytes)}, $line{cpu_p95} > $o{most} ? '  MISSED' : '';
    }
}

# ---- what there is to ask for ----

sub escape { my ($t) = @_; $t =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge; return $t }

my @services = map { $_->{name} } @{ json("$org/services/?per_page=100&statsPeriod=30d") };
die "no services\n" if !@services;
my %operations;
sub service { return $services[ $_[0] % @services ] }

sub operation {
    my ($n) = @_;
    my $s = service($n);
    $operations{$s} //= [map { $_->{name} } @{ json("$org/services/" . escape($s) . "/operations/?per_page=100&entry=1&statsPeriod=30d") }];
    my $of = $operations{$s};
    return ($s, @$of ? $of->[ $n * 7 % @$of ] : '');
}

my @traces = map { $_->{traceId} } map { @{ json("$org/traces/?per_page=50&statsPeriod=$_") } } '1h', '7d', '30d';
my @failed = map { $_->{traceId} } @{ json("$org/traces/?per_page=50&statsPeriod=30d&query=" . escape('error:true')) };
my @issues = map { $_->{id} } @{ json("$org/issues/?query=&limit=100") };
my @releases = map { $_->{version} } @{ json("$org/releases/?per_page=100") };
my %periods = ('1 h' => '1h', '24 h' => '24h', '7 d' => '7d', '30 d' => '30d');
my @lengths = ('1 h', '24 h', '7 d', '30 d');
my $now = int time;

# ---- traces ----

for my $period (@lengths) {
    my $p = "$org/traces/?per_page=25&statsPeriod=$periods{$period}";
    my %q = (
        'all'                      => sub { "&n=$_[0]" },
        'service'                  => sub { '&service=' . service($_[0]) },
        'service and operation'    => sub { my ($s, $op) = operation($_[0]); "&service=$s&operation=" . escape($op) },
        'errors'                   => sub { '&query=' . escape('error:true') . "&n=$_[0]" },
        'errors of a service'      => sub { '&query=' . escape('error:true') . '&service=' . service($_[0]) },
        'longer than 60 ms'        => sub { '&query=' . escape('span.duration:>' . (60 + $_[0] / 10) . 'ms') },
        'longer than 20 s: none'   => sub { '&query=' . escape('span.duration:>' . (20 + $_[0]) . 's') },
        'a value that is rare'     => sub { '&query=' . escape('user.id:user-' . $_[0] * 97) },
        'a value that nobody has'  => sub { '&query=' . escape("cart.id:$_[0]") },
        'a word in names: none'    => sub { '&query=' . escape("checkout$_[0]") },
        'all together'             => sub { my ($s, $op) = operation($_[0]); "&service=$s&operation=" . escape($op) . '&query=' . escape('error:true http.request.method:GET span.duration:>5ms') },
        'TraceQL'                  => sub { '&query=' . escape('{span.http.response.status_code=500 && resource.service.name="' . service($_[0]) . '"}') },
        'TraceQL, below one another' => sub { '&query=' . escape('{resource.service.name="' . service($_[0]) . '"}>>{kind=server}') },
        'environment'              => sub { '&environment=' . (qw(production staging canary))[ $_[0] % 3 ] },
    );
    list("traces, $period: $_", do { my $f = $q{$_}; sub { $p . $f->(@_) } }) for sort keys %q;
    for my $sort (qw(-duration duration -spans)) {
        list("traces, $period, $sort: all", sub { "$p&sort=$sort&n=$_[0]" });
        list("traces, $period, $sort: service", sub { "$p&sort=$sort&service=" . service($_[0]) });
        list("traces, $period, $sort: service and operation", sub { my ($s, $op) = operation($_[0]); "$p&sort=$sort&service=$s&operation=" . escape($op) });
        list("traces, $period, $sort: errors", sub { "$p&sort=$sort&query=" . escape('error:true') . "&n=$_[0]" });
    }
}
list("traces, 30 d, page by page: $_->[0]", do { my $q = $_->[1]; sub { "$org/traces/?per_page=25&statsPeriod=30d$q&n=$_[0]" } }, pages => 10)
    for ['all', ''], ['service', '&service=' . service(3)], ['errors', '&query=error:true'], ['rare', '&query=user.id:user-4711'], ['-duration', '&sort=-duration'], ['-spans', '&sort=-spans'];
list('traces of an issue, 30 d', sub { "$org/traces/?per_page=25&statsPeriod=30d&issue=" . $issues[ $_[0] % @issues ] }) if @issues;

# ---- one trace ----

list('a trace: table', sub { "$org/trace/" . $traces[ $_[0] % @traces ] . '/table/' });
list('a trace: with errors', sub { "$org/trace/" . $failed[ $_[0] % @failed ] . '/table/' });
list('a trace: nested (Sentry)', sub { "$org/trace/" . $traces[ $_[0] % @traces ] . '/' });
list('a trace: meta (Sentry)', sub { "$org/trace-meta/" . $traces[ $_[0] % @traces ] . '/' });
list('a trace: nobody has it', sub { sprintf "$org/trace/%032x/table/", 4711 + $_[0] });
list('a trace: Jaeger', sub { '/jaeger/api/traces/' . $traces[ $_[0] % @traces ] });
list('a trace: Jaeger v3', sub { '/jaeger/api/v3/traces/' . $traces[ $_[0] % @traces ] });
list('a trace: Tempo', sub { '/tempo/api/traces/' . $traces[ $_[0] % @traces ] });
list('a trace: Tempo v2', sub { '/tempo/api/v2/traces/' . $traces[ $_[0] % @traces ] });
list('two traces beside one another', sub { "$org/traces/compare/?left=" . $traces[ $_[0] % @traces ] . '&right=' . $traces[ ($_[0] + 1) % @traces ] });

# ---- services ----

for my $period (@lengths) {
    my $p = "statsPeriod=$periods{$period}";
    list("services, $period", sub { "$org/services/?per_page=100&$p&sort=" . (qw(-calls -p95 -errors name))[ $_[0] % 4 ] });
    list("services, $period: environment", sub { "$org/services/?per_page=100&$p&environment=" . (qw(production staging canary))[ $_[0] % 3 ] });
    list("services, $period: release", sub { "$org/services/?per_page=100&$p&release=" . escape($releases[ $_[0] % @releases ]) }) if @releases;
    list("operations, $period", sub { "$org/services/" . service($_[0]) . "/operations/?$p&per_page=100" });
    list("operations, $period: entries, -p95", sub { "$org/services/" . service($_[0]) . "/operations/?$p&entry=1&sort=-p95" });
    list("red, $period: all", sub { "$org/red/?$p&n=$_[0]" });
    list("red, $period: environment", sub { "$org/red/?$p&environment=" . (qw(production staging canary))[ $_[0] % 3 ] });
    list("red, $period: service", sub { "$org/red/?$p&service=" . service($_[0]) });
    list("red, $period: operation", sub { my ($s, $op) = operation($_[0]); "$org/red/?$p&service=$s&operation=" . escape($op) });
    list("red, $period: kind of a service", sub { "$org/red/?$p&kind=client&service=" . service($_[0]) });
    list("service graph, $period", sub { "$org/service-graph/?$p&n=$_[0]" });
    list("service graph, $period: environment", sub { "$org/service-graph/?$p&environment=" . (qw(production staging canary))[ $_[0] % 3 ] });
    list("log volume, $period", sub { "$org/logs/volume/?$p&n=$_[0]" });
    list("log volume, $period: service, level", sub { "$org/logs/volume/?$p&level=" . (qw(error warn info))[ $_[0] % 3 ] . '&service=' . service($_[0]) });
}

# ---- logs ----

for my $period (@lengths) {
    my $p = "$org/logs/?per_page=50&statsPeriod=$periods{$period}";
    list("logs, $period: all", sub { "$p&n=$_[0]" });
    list("logs, $period: level", sub { "$p&n=$_[0]&level=" . (qw(error warn debug))[ $_[0] % 3 ] });
    list("logs, $period: service", sub { "$p&service=" . service($_[0]) });
    list("logs, $period: service and level", sub { "$p&level=error&service=" . service($_[0]) });
    list("logs, $period: text", sub { "$p&query=" . escape(('cart is empty', 'signed in', 'payment took')[ $_[0] % 3 ]) . "&n=$_[0]" });
    list("logs, $period: rare text", sub { "$p&query=" . escape('"user ' . (1000 + $_[0] * 131) . ' signed in"') });
    list("logs, $period: no such text", sub { "$p&query=" . escape("\"out of memory $_[0]\"") });
    list("logs, $period: rare attribute", sub { "$p&query=" . escape("request.id:req-$_[0]") });
    list("logs, $period: attribute that nobody has", sub { "$p&query=" . escape("cart.id:$_[0]") });
    list("logs, $period: oldest first", sub { "$p&sort=timestamp&n=$_[0]" });
}
list('logs of a trace', sub { "$org/logs/?statsPeriod=30d&trace=" . $traces[ $_[0] % @traces ] });
list('logs, 30 d, page by page', sub { "$org/logs/?per_page=100&statsPeriod=30d&n=$_[0]" }, pages => 10);

# ---- as Sentry has it ----

my %fields = (
    spans => 'field=id&field=span.op&field=span.description&field=span.duration&field=timestamp&field=trace&sort=-timestamp',
    ourlogs => 'field=sentry.item_id&field=message&field=severity&field=timestamp&field=trace&sort=-timestamp',
    errors => 'field=id&field=title&field=timestamp&field=trace&sort=-timestamp',
    transactions => 'field=id&field=transaction&field=transaction.duration&field=timestamp&sort=-timestamp',
);
$fields{logs} = $fields{ourlogs};
for my $dataset (sort keys %fields) {
    for my $period ('24 h', '30 d') {
        my $p = "$org/events/?dataset=$dataset&$fields{$dataset}&statsPeriod=$periods{$period}&per_page=50";
        list("events/, $dataset, $period: all", sub { "$p&n=$_[0]" });
        next if $dataset eq 'errors';
        list("events/, $dataset, $period: service", sub { "$p&query=" . escape('service.name:' . service($_[0])) });
        list("events/, $dataset, $period: nobody has it", sub { "$p&query=" . escape("cart.id:$_[0]") });
    }
    list("events/, $dataset, errors of a trace", sub { "$org/events/?dataset=$dataset&$fields{$dataset}&statsPeriod=30d&query=trace:" . $traces[ $_[0] % @traces ] });
}
for my $kind (qw(spans logs)) {
    list("trace-items/attributes/, $kind, 24 h", sub { "$org/trace-items/attributes/?itemType=$kind&statsPeriod=24h&attributeType=" . (qw(string number))[ $_[0] % 2 ] });
    list("trace-items/attributes/, $kind, 30 d", sub { "$org/trace-items/attributes/?itemType=$kind&statsPeriod=30d&substringMatch=" . chr(97 + $_[0] % 26) });
    list("trace-items/…/values/, $kind, 30 d", sub { "$org/trace-items/attributes/" . (qw(service.name user.id http.route request.id))[ $_[0] % 4 ] . "/values/?itemType=$kind&statsPeriod=30d" });
}
list('issues', sub { "$org/issues/?query=&limit=25&sort=" . (qw(date new freq user))[ $_[0] % 4 ] });
list('projects', sub { "$org/projects/?n=$_[0]" });
list('releases', sub { "$org/releases/?per_page=50&n=$_[0]" });
list('environments', sub { "$org/environments/?n=$_[0]" });
list('a release beside another', sub { "$org/releases/" . escape($releases[ $_[0] % @releases ]) . '/compare/?with=' . escape($releases[ ($_[0] + 1) % @releases ]) }) if @releases > 1;

# ---- as Jaeger and Tempo have it ----

sub us { return $_[0] * 1_000_000 }
sub rfc { my @t = gmtime $_[0]; return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0] }

list('Jaeger: services', sub { "/jaeger/api/services?n=$_[0]" });
list('Jaeger: operations', sub { '/jaeger/api/services/' . service($_[0]) . '/operations' });
list('Jaeger v3: services', sub { "/jaeger/api/v3/services?n=$_[0]" });
list('Jaeger v3: operations', sub { '/jaeger/api/v3/operations?service=' . service($_[0]) });
for (['1 h', 3600], ['24 h', 86400], ['7 d', 7 * 86400], ['30 d', 30 * 86400]) {
    my ($period, $s) = @$_;
    my $from = $now - $s;
    my $v1   = '/jaeger/api/traces?limit=20&start=' . us($from) . '&end=' . us($now);
    list("Jaeger: traces, $period, service", sub { "$v1&service=" . service($_[0]) });
    list("Jaeger: traces, $period, operation", sub { my ($n, $op) = operation($_[0]); "$v1&service=$n&operation=" . escape($op) });
    list("Jaeger: traces, $period, tags", sub { "$v1&service=" . service($_[0]) . '&tags=' . escape('{"http.response.status_code":"500"}') });
    list("Jaeger: traces, $period, minDuration", sub { "$v1&minDuration=50ms&service=" . service($_[0]) });
    list("Jaeger: traces, $period, nobody", sub { "$v1&service=nobody$_[0]" });
    my $v3 = '/jaeger/api/v3/traces?query.num_traces=20&query.start_time_min=' . rfc($from) . '&query.start_time_max=' . rfc($now);
    list("Jaeger v3: traces, $period, service", sub { "$v3&query.service_name=" . service($_[0]) });
    list("Jaeger: dependencies, $period", sub { '/jaeger/api/dependencies?endTs=' . (($now - $_[0]) * 1000) . '&lookback=' . $s * 1000 });
    my $t = "/tempo/api/search?limit=20&start=$from&end=$now";
    list("Tempo: search, $period, all", sub { "$t&n=$_[0]" });
    list("Tempo: search, $period, service", sub { "$t&q=" . escape('{resource.service.name="' . service($_[0]) . '"}') });
    list("Tempo: search, $period, errors", sub { "$t&q=" . escape('{status=error && resource.service.name="' . service($_[0]) . '"}') });
    list("Tempo: search, $period, tags", sub { "$t&tags=" . escape('service.name=' . service($_[0])) });
    list("Tempo: search, $period, minDuration", sub { "$t&minDuration=" . (50 + $_[0]) . 'ms' });
    list("Tempo: search, $period, rare", sub { "$t&q=" . escape('{span.user.id="user-' . $_[0] * 97 . '"}') });
    list("Tempo: search, $period, nobody", sub { "$t&q=" . escape("{.cart.id=$_[0]}") });
    list("Tempo: tags, $period", sub { "/tempo/api/search/tags?start=$from&end=$now&n=$_[0]" });
    list("Tempo: tags v2, $period", sub { "/tempo/api/v2/search/tags?start=$from&end=$now&scope=" . (qw(span resource))[ $_[0] % 2 ] });
    list("Tempo: values, $period", sub { '/tempo/api/search/tag/' . (qw(service.name user.id http.route name))[ $_[0] % 4 ] . "/values?start=$from&end=$now" });
    list("Tempo: values v2, $period", sub { '/tempo/api/v2/search/tag/' . (qw(resource.service.name span.user.id span.http.route name))[ $_[0] % 4 ] . "/values?start=$from&end=$now" });
    list("Tempo: values v2 with TraceQL, $period", sub { "/tempo/api/v2/search/tag/span.http.route/values?start=$from&end=$now&q=" . escape('{resource.service.name="' . service($_[0]) . '"}') });
}
list("Jaeger: metrics, $_", do { my $kind = $_; sub { "/jaeger/api/metrics/$kind?quantile=0.95&lookback=3600000&step=60000&ratePer=60000&groupByOperation=" . ($_[0] % 2 ? 'true' : 'false') . '&service=' . service($_[0]) } })
    for qw(latencies calls errors);

exit($missed ? 1 : 0);
