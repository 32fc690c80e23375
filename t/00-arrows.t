#!/usr/bin/perl
# 00-arrows -- the folders hold to design: includes point down only, and a foreign header has one home.
use strict;
use warnings;
use Test::More;

my $root = $0 =~ s{[^/]+$}{..}r;
chdir $root or die "$root: $!\n";

# room => what of ours it may include: folders, or single headers.
my %may = (
    shm    => [qw(shm/)],
    schema => [qw(schema/)],
    proto  => [qw(proto/ shm/limits.h shm/crc32c.h)],
    model  => [qw(model/ proto/)],
    writer => [qw(writer/ model/ proto/ schema/ shm/)],
    worker => [qw(worker/ model/ proto/ schema/ shm/)],
    master => [qw(master/ shm/ worker/worker.h writer/writer.h writer/notifier.h proto/limits.h)],
);

# Files that may do more than their room, and why.
my %also = (
    'master/bootstrap.c' => [qw(proto/json.h)],        # reads bootstrap.json
    'master/reach.c'     => [qw(proto/)],              # the tools speak JSON with the server
    map({ $_ => [qw(proto/)] } glob('master/cli_*.[ch] master/reach.h')),
    'master/cli_user.c' => [qw(proto/ worker/api_scope.h)], # a token's scopes are words of the API
    # grouping can be asked for without a server: `quern group`, `quern regroup`
    map({ $_ => [qw(proto/ model/)] } glob('master/cli_*group.c master/regroup.[ch]')),
);

# foreign header (pattern) => where it may be included
my @homes = (
    [ qr{^sqlite3}           => qr{^schema/[^/]+\.c$},  'SQLite lives in schema/' ],
    [ qr{^h2o}               => qr{^worker/},           'h2o lives in worker/' ],
    [ qr{\.pb-c\.h$}         => qr{^proto/},            'generated protobuf code lives in proto/' ],
    [ qr{^protobuf-c}        => qr{^proto/},            'protobuf lives in proto/' ],
    [ qr{^(lz4|zlib|zstd|brotli/)} => qr{^proto/},      'encodings live in proto/' ],
    [ qr{^openssl/}          => qr{^worker/},           'TLS lives in worker/' ],
    [ qr{^ini\.h}            => qr{^master/conf\.c$},   'inih lives in master/conf.c' ],
    [ qr{^systemd/}          => qr{^master/systemd\.c$}, 'systemd lives in master/systemd.c' ],
    [ qr{^curl/}             => qr{^(master/reach\.c|writer/notif\w*\.c)$}, 'curl lives in the notifier and the tools' ],
    [ qr{^sodium}            => qr{^(model|worker|writer)/|^master/cli_user\.c$}, 'sodium: hashing and passwords' ],
    [ qr{^seccomp}           => qr{^(master|writer)/},  'seccomp' ],
);

sub includes {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    my @found;
    while (<$in>) {
        push @found, [ $1, $2, $. ] if /^\s*#\s*include\s+(["<])([^">]+)/;
    }
    return @found;
}

sub allowed {
    my ($header, @list) = @_;
    return grep { m{/$} ? index($header, $_) == 0 : $header eq $_ } @list;
}

my %own = map { $_ => 1 } keys %may;
for my $room (sort keys %may) {
    my (@wrong, $count);
    for my $file (sort glob "$room/*.[ch]") {
        for my $i (includes($file)) {
            my ($how, $header, $line) = @$i;
            $count++;
            my ($top) = $header =~ m{^([^/]+)/};
            if ($header =~ /\.pb-c\.h$/ || $how eq '<' || !$top || !$own{$top}) {
                # of ours, but without its folder, or in the brackets of strangers
                push @wrong, "$file:$line includes $header: quern's headers are named with their folder"
                    if $how eq '"' && !$top || $how eq '<' && $top && $own{$top} && $header !~ /\.pb-c\.h$/;
                next;
            }
            push @wrong, "$file:$line includes $header" if !allowed($header, @{ $may{$room} }, @{ $also{$file} // [] });
        }
    }
    ok($count && !@wrong, "$room/ includes only what lies below it") or diag(join "\n", @wrong);
}

for my $home (@homes) {
    my ($what, $where, $name) = @$home;
    my @wrong;
    for my $file (sort map { glob "$_/*.[ch]" } keys %may) {
        push @wrong, map { "$file:$_->[2] includes $_->[1]" } grep { $_->[1] =~ $what && $file !~ $where } includes($file);
    }
    ok(!@wrong, $name) or diag(join "\n", @wrong);
}

# SQL stands in .sql files and in the access layer: nobody else prepares text of his own, except the
# search, which is composed at run time.
my @files = map { glob "$_/*.c" } keys %may;
cmp_ok(scalar @files, '>', 50, 'the rooms were found');

# Nothing but shm/self and shm/log may keep process-wide state that changes; a static that is no
# constant is one. (static struct worker in worker_main and the like are a process's one context.)
for my $room (qw(proto model)) {
    my @wrong;
    for my $file (glob "$room/*.c") {
        open my $in, '<', $file or die;
        while (<$in>) {
            push @wrong, "$file:$.: $_"
                if /^static\s+(?!const\b|inline\b|_Thread_local\b)[^(]*(=|;)\s*/ && !/\bconst\b/ && !/\(/;
            push @wrong, "$file:$.: $_" if /\b(time|gettimeofday|clock_gettime|fopen|open|socket|getenv)\s*\(/ && !m{^\s*[/*]} && !/_(open|time)\(/;
        }
    }
    ok(!@wrong, "$room/ is pure: no state, no clock, no files") or diag(@wrong);
}

done_testing();
