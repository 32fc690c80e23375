#!/usr/bin/perl
# 50-grouping-cost -- what grouping an event costs is linear in its size and bounded, whatever is in it: counted in
# instructions, which do not depend on the machine.
use strict;
use warnings;
use lib 't/lib';
use File::Temp 'tempdir';
use Quern;
use Test::More;

my $tool = ($ENV{QUERN_BUILD} // 'build') . '/bench/model-group';
Quern::skip_file('bench/model-group is not built') if !-x $tool;
Quern::skip_file('no valgrind') if !grep { -x "$_/valgrind" } split /:/, $ENV{PATH};
my $dir = tempdir(CLEANUP => 1);

sub instructions {
    my ($event, $rules) = @_;
    Quern::spew("$dir/event.json", Quern::json_text($event));
    Quern::spew("$dir/rules.txt", $rules) if $rules;
    my $said = qx(valgrind --tool=callgrind --toggle-collect=group_event --callgrind-out-file=/dev/null $tool -n 1 @{[ $rules ? "-s $dir/rules.txt" : '' ]} $dir/event.json 2>&1);
    return $said =~ /"keys":\d.*Collected\s*:\s*(\d+)/s ? $1 : die "callgrind: $said";
}

sub message { my ($pattern, $bytes) = @_; return { message => substr($pattern x (1 + $bytes / length $pattern), 0, $bytes) } }

sub frames {
    my ($count, $platform, $make) = @_;
    return { platform => $platform, exception => { values => [ { type => 'E', stacktrace => { frames => [ map { $make->($_) } 1 .. $count ] } } ] } };
}

# ---- messages: what could make a scanner look at the same bytes again and again ----

for my $pattern ('a.', 'a@', "a='", '{"a":', '1:', '::1', '-1', 'A1b2_', ')=(', "SELECT '", ', "', '1,', "\x{4e00}1", '/tmp/tmp', '-bcdfghjk-') {
    my ($half, $whole) = map { instructions(message($pattern, $_)) } 4000, 8000;
    cmp_ok($whole, '<', 2.4 * $half + 100_000, sprintf 'message %-12s twice the text, twice the work: %d and %d', "'" . Quern::json_text([$pattern]) . "'", $half, $whole);
    cmp_ok($whole, '<', 25_000_000, '… and not much of it');
}
my ($short, $long) = map { instructions(message('order 18 of a@b.de failed; ', $_)) } 10_000, 1_000_000;
cmp_ok($long, '<', 1.1 * $short, "a megabyte is no more work than what is looked at: $short and $long");

# ---- stack traces ----

my %kind = (
    plain      => [ 'python', sub { return { module => "m$_[0]", function => "f$_[0]", context_line => "x = $_[0]", in_app => \1 } } ],
    recursion  => [ 'python', sub { return { module => 'm', function => 'f' . $_[0] % 7, in_app => \1 } } ],
    'almost so' => [ 'python', sub { return { module => 'm', function => 'f' . ($_[0] % 8 ? 1 : $_[0]), in_app => \1 } } ],
    native     => [ 'native', sub { return { function => 'a<' x 100 . "x$_[0]" . '>' x 100 . '(b (*)(c))', package => "/usr/lib/l$_[0].so" } } ],
    java       => [ 'java', sub { return { module => 'a$' x 100 . $_[0], function => 'lambda$' . $_[0] } } ],
    script     => [ 'javascript', sub { return { function => 'a.' x 100, abs_path => 'app:///' . 'a1-b2.' x 30 . "$_[0].js", filename => 'app:///' . 'a1-b2.' x 30 . "$_[0].js", in_app => \1 } } ],
    paths      => [ 'node', sub { return { function => 'f', abs_path => '/vendor' x 30 . $_[0], filename => '/vendor' x 30 . $_[0] } } ],
);
for my $name (sort keys %kind) {
    my $most = $name =~ /plain|recursion|almost/ ? 10_000 : 1_500; # an event has at most a megabyte
    my ($half, $whole, $many) = map { instructions(frames($_, @{ $kind{$name} })) } 125, 250, $most;
    cmp_ok($whole, '<', 2.5 * $half, "$name: twice the frames, twice the work: $half and $whole");
    cmp_ok($many, '<', 1.3 * $whole + 50_000, "… and $most are as 250: $many");
    cmp_ok($whole, '<', 25_000_000, '… and not much');
}

# ---- patterns that make backtrackers weep ----

my $rules = join '', map { "$_\n" } 'function:' . '*a' x 16 . 'b -app', 'path:' . '**/a*a*a*/' x 3 . '**/b -app', 'function:' . '{a,b}' x 6 . 'c -group', 'function:' . '[a-z]*' x 5 . '! -group';
my ($half, $whole) = map { my $n = $_; instructions(frames(50, 'other', sub { return { function => 'a' x $n, abs_path => '/a' x ($n / 2) } }), $rules) } 120, 240;
cmp_ok($whole, '<', 2.5 * $half, "patterns: twice the names, twice the work: $half and $whole");
cmp_ok($whole, '<', 60_000_000, '… of which each rule has its share');

done_testing();
