#!/usr/bin/perl
# group.pl -- what grouping costs: events of 13 KB, as SDKs of four platforms send them; the median time
# of each, and with valgrind the instructions, which do not depend on who else uses the machine.
#
#   --json      one line per platform, for run.pl
#   BUILD=DIR   where bench/model-group lies (build)
use strict;
use warnings;
use File::Temp 'tempdir';
use JSON::PP;

my $tool    = ($ENV{BUILD} // 'build') . '/bench/model-group';
my $as_json = @ARGV && $ARGV[0] eq '--json';
my $json    = JSON::PP->new->canonical;
my $bytes   = 13_000;

# ---- events ----

sub pick { my ($i, @of) = @_; return $of[ $i % @of ] }

sub python_frame {
    my ($i) = @_;
    my $app = $i % 3 == 2;
    my $module = $app ? pick($i / 6, qw(shop.views.cart shop.orders.models shop.payment)) : pick($i / 3, qw(django.core.handlers.base django.core.handlers.exception rest_framework.views));
    (my $path = $module) =~ tr{.}{/};
    return {
        module => $module, function => pick($i, qw(inner _get_response dispatch handle_exception checkout total)),
        filename => "$path.py", abs_path => ($app ? '/srv' : '/usr/local/lib/python3.12/site-packages') . "/$path.py",
        lineno => 100 + 7 * $i, in_app => $app ? JSON::PP::true : JSON::PP::false,
        pre_context => [ map { "        value_$_ = self.make_of(request, $_)" } 1 .. 5 ],
        context_line => "            response = get_response(request, number=$i)",
        post_context => [ map { "        if value_$_ is None:" } 1 .. 5 ],
        vars => { self => sprintf('<shop.Handler object at 0x7f%08x>', 4096 * $i), request => "<WSGIRequest: POST '/checkout/$i'>" },
    };
}

sub javascript_frame {
    my ($i) = @_;
    my $file = 'https://cdn.shop.example/assets/' . pick($i / 8, 'index-BxY8zK2q.js', 'vendor-C0ffee12.js');
    return {
        function => pick($i, 'Object.onClick', 'HTMLButtonElement.<anonymous>', 'e', 'Basket.push', 'Ne.render', 'async load'),
        filename => $file, abs_path => $file, lineno => 1, colno => 10_000 + 37 * $i, in_app => JSON::PP::true,
        context_line => '{snip} ' . 'e=t(n,r)' x 16 . ' {snip}', pre_context => [ ('!function(e){') x 3 ],
    };
}

sub java_frame {
    my ($i) = @_;
    my $app = $i % 5 == 4;
    my $module = $app ? pick($i / 10, 'com.acme.shop.CartController', 'com.acme.shop.OrderService$$SpringCGLIB$$0') : pick($i / 3, qw(org.apache.catalina.core.ApplicationFilterChain org.springframework.web.filter.OncePerRequestFilter java.lang.reflect.Method org.springframework.aop.framework.CglibAopProxy));
    return {
        module => $module, function => pick($i + $i / 5, qw(doFilter internalDoFilter invoke proceed lambda$handle$3)),
        filename => ($module =~ /(\w+)[^.]*$/)[0] . '.java', lineno => 40 + $i, in_app => $app ? JSON::PP::true : JSON::PP::false,
        native => JSON::PP::false, abs_path => "$module.java",
    };
}

sub cocoa_frame {
    my ($i) = @_;
    my $app = $i % 4 == 3;
    return {
        function => $app ? pick($i, '-[Cart addItem:count:]', 'Shop.Basket.total(for: Swift.Int) throws -> Swift.Double', 'std::__1::vector<shop::Item, std::__1::allocator<shop::Item> >::at(unsigned long) const') : pick($i, qw(_dispatch_call_block_and_release __CFRUNLOOP_IS_CALLING_OUT_TO_A_SOURCE0_PERFORM_FUNCTION__ UIApplicationMain)),
        package => $app ? '/private/var/containers/Bundle/Application/5E1FDE6C/Shop.app/Shop' : pick($i / 4, '/usr/lib/system/libdispatch.dylib', '/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation'),
        instruction_addr => sprintf('0x1%08x', 4096 * $i), symbol_addr => sprintf('0x1%08x', 4096 * $i - 64), image_addr => '0x100000000',
    };
}

# What SDKs send beside the frames: what happened before, where it ran, and of native code the images.
sub breadcrumbs {
    my @type = ([ 'http', 'GET /api/cart' ], [ 'ui.click', 'button#checkout' ], [ 'query', 'SELECT * FROM cart WHERE id = %s' ], [ 'navigation', '/cart' ]);
    return [ map { { timestamp => 1772359180 + $_, category => $type[ $_ % 4 ][0], message => $type[ $_ % 4 ][1], level => 'info', type => 'default', data => { status_code => 200, attempt => $_ } } } 1 .. 20 ];
}

sub contexts {
    return {
        trace   => { trace_id => '4bf92f3577b34da6a3ce929d0e0e4736', span_id => '00f067aa0ba902b7', op => 'http.server', status => 'internal_error' },
        os      => { name => 'Linux', version => '6.1.0', build => '6.1.0-13', kernel_version => '6.1.0-13-amd64' },
        runtime => { name => 'CPython', version => '3.12.1', build => '3.12.1 (main, Dec  8 2025, 00:00:00)' },
        device  => { arch => 'x86_64', family => 'server', memory_size => 17179869184, free_memory => 4294967296, processor_count => 8, model => 'm6i.xlarge', boot_time => '2026-01-31T09:14:07Z' },
        app     => { app_identifier => 'example.shop', app_version => '2.4.1', app_build => '4711', app_start_time => '2026-01-31T09:14:07Z' },
    };
}

sub images {
    return { images => [ map { { type => 'macho', debug_id => sprintf('4bf92f35-77b3-4da6-a3ce-%012x', $_), image_addr => sprintf('0x1%08x', 65536 * $_), image_size => 65536, code_file => "/System/Library/Frameworks/Part$_.framework/Part$_", arch => 'arm64' } } 1 .. 14 ] };
}

sub event {
    my ($platform, $frame, $type, $value) = @_;
    my %beside = (breadcrumbs => breadcrumbs(), contexts => contexts(), $platform eq 'cocoa' ? (debug_meta => images()) : ());
    my (@frames, $text);
    do {
        push @frames, $frame->(scalar @frames);
        $text = $json->encode({
            event_id => '0123456789abcdef0123456789abcdef', timestamp => 1772359200.5, platform => $platform, level => 'error', release => 'shop@2.4.1', transaction => '/checkout',
            %beside,
            tags => { region => 'eu-west-1' }, user => { id => '42' }, request => { url => 'https://shop.example/checkout', method => 'POST' },
            exception => { values => [ { type => $type, value => $value, mechanism => { type => 'generic', handled => JSON::PP::false }, stacktrace => { frames => \@frames } } ] },
        });
    } while (length $text < $bytes);
    return ($text, scalar @frames);
}

# ---- measuring ----

sub instructions {
    my ($file) = @_;
    my $said = qx(valgrind --tool=callgrind --toggle-collect=group_event --callgrind-out-file=/dev/null $tool -n 100 $file 2>&1);
    return $said =~ /Collected\s*:\s*(\d+)/ ? $1 / 100 : undef;
}

my $dir = tempdir('quern-bench-XXXX', TMPDIR => 1, CLEANUP => 1);
my @of  = (
    [ 'python',     \&python_frame,     'ValueError',            'order 123456 of bob@example.com failed after 250ms' ],
    [ 'javascript', \&javascript_frame, 'TypeError',             "Cannot read properties of undefined (reading 'price')" ],
    [ 'java',       \&java_frame,       'IllegalStateException', 'pool com.acme.Pool@1a2b3c4d exhausted after 30000 ms' ],
    [ 'cocoa',      \&cocoa_frame,      'EXC_BAD_ACCESS',        'KERN_INVALID_ADDRESS at 0x10' ],
);
my $has_valgrind = grep { -x "$_/valgrind" } split /:/, $ENV{PATH};

printf "%-12s %8s %8s %12s %14s\n", qw(platform bytes frames median instructions) if !$as_json;
for my $o (@of) {
    my ($platform, @how) = @$o;
    my ($text, $frames)  = event($platform, @how);
    my $file = "$dir/$platform.json";
    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out;
    my $got = decode_json(qx($tool -n 5000 $file));
    my $n   = $has_valgrind ? instructions($file) : undef;
    my %row = (platform => $platform, bytes => length $text, frames => $frames, median_ns => $got->{median_ns}, instructions => $n);
    if ($as_json) { print $json->encode(\%row), "\n" }
    else          { printf "%-12s %8d %8d %9.1f us %14s\n", $platform, $row{bytes}, $frames, $got->{median_ns} / 1000, $n // 'no valgrind' }
}
