#!/usr/bin/perl
# 70-litter -- an attachment that was being written when its worker was killed leaves a file under a passing name;
# it goes when it is old enough to belong to nobody.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Test::More;

my $q = Quern->start(workers => 1);
$q->stop;
my $dir = "$q->{data}/attachments";
mkdir $dir;
my ($old, $young, $whole) = map { "$dir/$_" } 'a' x 32 . '.tmp', 'b' x 32 . '.tmp', 'c' x 32;
Quern::spew($_, 'x') for $old, $young, $whole;
utime time - 7200, time - 7200, $old, $whole;
$q->launch;
ok(Quern::wait_until('the old one gone', sub { !-e $old }), 'what was left behind long ago is removed');
ok(-e $young, 'what may still be written stays');
ok(-e $whole, 'and so does what is whole');
like($q->log_text, qr/attachments\.litter removed=1/, 'the log says so');
finish();
