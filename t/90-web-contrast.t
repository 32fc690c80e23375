#!/usr/bin/perl
# Every pair of colours that text is read by, in both themes, computed from web/src/theme.css as
# WCAG 2.2 says (1.4.3): 4.5 for text, 3 for parts of controls and of charts (1.4.11).
use strict;
use warnings;
use Test::More;

open my $in, '<', 'web/src/theme.css' or die "theme.css: $!\n";
my $css = do { local $/; <$in> };
my %theme;
my ($light) = $css =~ /:root\s*\{([^}]*color-scheme:\s*light[^}]*)\}/;
my ($dark)  = $css =~ /:root\[data-theme="dark"\]\s*\{([^}]*)\}/;
$theme{light} = { $light =~ /--([\w-]+):\s*(#[0-9a-fA-F]{6})/g };
$theme{dark}  = { %{ $theme{light} }, $dark =~ /--([\w-]+):\s*(#[0-9a-fA-F]{6})/g };

sub luminance {
    my @part = map { my $c = hex($_) / 255; $c <= 0.04045 ? $c / 12.92 : (($c + 0.055) / 1.055)**2.4 } $_[0] =~ /[0-9a-fA-F]{2}/g;
    return 0.2126 * $part[0] + 0.7152 * $part[1] + 0.0722 * $part[2];
}
sub contrast {
    my ($x, $y) = sort { $b <=> $a } map { luminance($_) } @_;
    return ($x + 0.05) / ($y + 0.05);
}

my @grounds = qw(surface surface-sunk surface-raised surface-hover surface-picked);
my @pairs = (
    (map { my $on = $_; map { [ $_, $on, 4.5 ] } qw(text text-quiet accent) } @grounds),
    (map { [ 'text-faint', $_, 4.5 ] } qw(surface surface-sunk)),
    (map { my $word = $_; map { [ $word, $_, 4.5 ] } qw(surface surface-hover) } qw(fatal error warning info debug ok)),
    [ 'text', 'error-soft', 4.5 ], [ 'text', 'accent-soft', 4.5 ], [ 'text-quiet', 'accent-soft', 4.5 ],
    [ 'accent-strong', 'accent-soft', 4.5 ], [ 'error', 'error-soft', 4.5 ], [ 'text', 'mark', 4.5 ],
    [ 'text-inverse', 'accent', 4.5 ], [ 'text-inverse', 'accent-strong', 4.5 ], [ 'text-inverse', 'error', 4.5 ],
    (map { [ "service-$_", 'surface', 3 ] } 0 .. 11),
);
for my $name (qw(light dark)) {
    my $of = $theme{$name};
    for my $pair (@pairs) {
        my ($front, $back, $least) = @$pair;
        my $have = $of->{$front} && $of->{$back} ? contrast($of->{$front}, $of->{$back}) : 0;
        cmp_ok($have, '>=', $least, sprintf '%s: %s on %s is %.2f, at least %s', $name, $front, $back, $have, $least);
    }
    my %seen;
    $seen{ $of->{"service-$_"} }++ for 0 .. 11;
    is(scalar keys %seen, 12, "$name: twelve services, twelve colours");
}
cmp_ok(contrast('#000000', '#ffffff'), '==', 21, 'black on white is 21, as defined');
done_testing();
