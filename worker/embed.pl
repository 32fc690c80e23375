#!/usr/bin/perl
# embed.pl WEB OUT -- the built browser interface below OUT as a C table (worker/assets.h). Files named
# X.br are the brotli form of X. Without OUT/index.html the table is empty and quern serves no pages.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Find;

my ($web, $out) = @ARGV;
my %type = (
    html => 'text/html; charset=utf-8', js => 'text/javascript; charset=utf-8',
    css  => 'text/css; charset=utf-8',  svg => 'image/svg+xml', png => 'image/png',
    json => 'application/json',         woff2 => 'font/woff2',  ico => 'image/x-icon',
    txt  => 'text/plain; charset=utf-8', map => 'application/json',
);

sub bytes_of {
    my ($file) = @_;
    open my $fh, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$fh>;
}

# A string literal, cut into lines; octal escapes end after three digits, whatever follows.
sub literal {
    my ($bytes) = @_;
    my @lines = unpack '(a64)*', $bytes;
    return '""' unless @lines;
    return join "\n", map {
        s/([^ !#-\[\]-~])|(\?)/sprintf '\\%03o', ord($1 \/\/ $2)/ger =~ s/(.*)/    "$1"/sr
    } @lines;
}

my %file;
if (-e "$out/index.html") {
    find({no_chdir => 1, wanted => sub { $file{substr $_, length $out} = bytes_of($_) if -f }}, $out);
}
print "/* made by worker/embed.pl */\n#include \"worker/assets.h\"\n\nconst struct asset assets[] = {\n";
my $count = 0;
for my $path (sort grep { !/\.br$/ } keys %file) {
    my ($ending) = $path =~ /\.([a-z0-9]+)$/;
    my $packed = $file{"$path.br"};
    printf "{\"%s\", \"%s\", \"\\\"%s\\\"\",\n%s,\n%s,\n%d, %d},\n", $path,
        $type{$ending // ''} // 'application/octet-stream', substr(sha256_hex($file{$path}), 0, 16),
        literal($file{$path}), defined $packed ? literal($packed) : 'NULL', length $file{$path},
        length($packed // '');
    $count++;
}
print "{NULL, NULL, NULL, NULL, NULL, 0, 0}};\nconst size_t asset_count = $count;\n";
