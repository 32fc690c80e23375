package Web;
# Web.pm -- runs the browser programs of t/web/ against a server of t/lib/Quern.pm.
#
#   use Web;
#   my $q = Quern->start;
#   browse($q, 'triage');       # t/web/triage.mjs: each line of its TAP becomes a test of this file
#   finish();
#
# The whole file is skipped, visibly, where there is no chromium or no node.
use strict;
use warnings;
use Exporter 'import';
use Quern;
use Test::More;

our @EXPORT = qw(browse);

$ENV{QUERN_T_WEB} //= ($ENV{QUERN_BUILD} // "$Quern::root/build") . '/t-web';
my $run  = "$Quern::root/t/web/run";
my $said = qx('$run' 2>&1);
skip_file($said =~ s/\n.*//sr) if $? >> 8 == 77;
die $said if $?;

# Run one program; what it says in TAP is said here.
sub browse {
    my ($q, $program) = @_;
    local %ENV = (
        %ENV,
        BASE      => $q->url,
        BOOTSTRAP => "$q->{data}/bootstrap.json",
        PATIENCE  => $Quern::patience / 2,
    );
    my ($count, $plan) = (0, 'no plan');
    open my $out, '-|', "exec timeout 900 '$run' '$program' 2>&1" or die "$run: $!\n";
    while (my $line = <$out>) {
        chomp $line;
        if ($line =~ /^(not )?ok \d+ - (.*)/) { ok(!$1, $2); $count++ }
        elsif ($line =~ /^1\.\.(\d+)/) { $plan = $1 }
        else                           { diag($line) }
    }
    close $out;
    is($?, 0, "$program ended well");
    is($plan, $count, "$program ran all of its checks");
}

1;
