#!/usr/bin/perl
# 70-litter -- files that belong to nobody. An attachment that was being written when its worker was killed leaves
# one under a passing name, which goes when it is old enough. One whose request was refused after all, or that was
# sent before, leaves none.
use strict;
use warnings;
use lib 't/lib';
use Ingest;
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
$q->stop;

# An event with attachments of so many bytes; the status.
sub attach {
    my ($id, @sizes) = @_;
    my $n = 0;
    my @files = map { [ { type => 'attachment', filename => 'f' . $n++ }, 'x' x $_ ] } @sizes;
    my $event = { event_id => $id, message => 'with files', platform => 'other' };
    return $q->post_envelope({ event_id => $id }, [ { type => 'event' }, $event ], @files)->{status};
}
sub files { return scalar grep { -f && !/\/[abc]+(\.tmp)?$/ } glob "$dir/*" }

$q = Quern->start(workers => 1, conf => "durability = process\n");
$dir = "$q->{data}/attachments";
my $id = new_id();
is(attach($id, 300_000), 200, 'a large attachment');
is(files(), 1, 'is a file');
is(attach($id, 300_000), 200, 'sent again, for the answer was lost');
Quern::wait_until('it to be known as a duplicate', sub { $q->metric('events_duplicate') >= 1 });
is(files(), 1, 'it is one file still');
my $list = $q->api(GET => "/api/0/projects/default/default/events/$id/attachments/");
is(scalar @$list, 1, 'that of the event');
is(length $q->http(GET => "/api/0/projects/default/default/events/$id/attachments/$list->[0]{id}/?download=1",
        headers => { Authorization => 'Bearer ' . $q->token })->{content}, 300_000, 'which has it all');

kill 'STOP', $q->writer;
for (1 .. 40) { last if attach(new_id(), 200_000) != 200 }
# Packed it is short enough to be let in: that there is no room for it is found when its file is written.
my $last = join "\n", qq({"event_id":"$id"}), map { qq({"type":"attachment","filename":"l$_","length":$_}\n) . 'x' x $_ } 300_000, 250_000;
is($q->http(POST => '/api/1/envelope/', body => Ingest::packed(gzip => $last),
        headers => { 'Content-Encoding' => 'gzip', 'X-Sentry-Auth' => 'Sentry sentry_version=7, sentry_key=' . $q->key })->{status},
    429, 'a ring that is full refuses it');
ok(Quern::wait_until('the file to go', sub { files() == 1 }), 'and the file that was written first is gone');
kill 'CONT', $q->writer;
finish();
