package Web;
# Web.pm -- runs the browser programs of t/web/ against a server of t/lib/Quern.pm.
#
#   use Web;
#   my $q = Quern->start;
#   browse($q, 'triage');       # node t/web/triage.mjs: each line of its TAP becomes a test of this file
#   finish();
#
# The whole file is skipped, visibly, where there is no chromium or no node. What the programs need is
# pinned in t/web/package.json and installed into build/t-web (QUERN_T_WEB: another folder).
use strict;
use warnings;
use Exporter 'import';
use File::Copy 'copy';
use File::Path 'make_path';
use Quern;
use Test::More;

our @EXPORT = qw(browse);

my $from = "$Quern::root/t/web";
my $into = $ENV{QUERN_T_WEB} // "$Quern::root/build/t-web";
my ($chromium) = grep { $_ && -x } $ENV{CHROMIUM}, map { ("$_/chromium", "$_/chromium-browser", "$_/google-chrome") } split /:/, $ENV{PATH};
my ($node) = grep { -x } map { "$_/node" } split /:/, $ENV{PATH};
skip_file('no chromium on this machine') if !$chromium;
skip_file('no node on this machine')     if !$node;

sub newer { my ($file, $than) = @_; return ((stat $file)[9] // 0) > ((stat $than)[9] // 0) }

sub install {
    my @files = ('package.json', 'package-lock.json', '.npmrc');
    my $done = "$into/.installed";
    return if -e $done && !grep { newer("$from/$_", $done) } @files;
    make_path($into);
    copy("$from/$_", "$into/$_") or die "$into/$_: $!\n" for @files;
    my $said = qx(cd '$into' && npm ci --silent --no-audit --no-fund 2>&1);
    die "installing the programs' packages failed:\n$said" if $?;
    spew($done, '');
}

# Run one program; what it says in TAP is said here.
sub browse {
    my ($q, $program, %env) = @_;
    install();
    local %ENV = (
        %ENV,
        BASE      => $q->url,
        BOOTSTRAP => "$q->{data}/bootstrap.json",
        CHROMIUM  => $chromium,
        ROOT      => $Quern::root,
        PATIENCE  => $Quern::patience > 20 ? $Quern::patience / 2 : 10,
        %env
    );
    my ($count, $plan) = (0);
    open my $out, '-|', "cd '$into' && exec timeout 600 '$node' '$from/$program.mjs' 2>&1" or die "node: $!\n";
    while (my $line = <$out>) {
        chomp $line;
        if ($line =~ /^(not )?ok \d+ - (.*)/) { ok(!$1, $2); $count++ }
        elsif ($line =~ /^1\.\.(\d+)/) { $plan = $1 }
        else                           { diag($line) }
    }
    close $out;
    is($?, 0, "$program.mjs ended well");
    is($plan, $count, "$program.mjs ran all of its checks");
}

1;
