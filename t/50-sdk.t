#!/usr/bin/perl
# Every published SDK, end to end: what t/sdk/README.md says is sent is what is read back, exactly.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Test::More;

my %exceptions = (    # [type, value] oldest cause first, as each language names them
    python  => [ [ 'KeyError',   "'inner cause'" ], [ 'ValueError', 'outer failed for order 42' ] ],
    node    => [ [ 'TypeError',  'inner cause' ],   [ 'Error',      'outer failed for order 42' ] ],
    browser => [ [ 'TypeError',  'inner cause' ],   [ 'Error',      'outer failed for order 42' ] ],
    go      => [ [ qr/errorString$/, 'inner cause' ], [ qr/wrapError$/, 'outer failed for order 42: inner cause' ] ],
    java    => [ [ 'IllegalArgumentException', 'inner cause' ], [ 'IllegalStateException', 'outer failed for order 42' ] ],
    ruby    => [ [ 'KeyError',   'inner cause' ],   [ 'ArgumentError', 'outer failed for order 42' ] ],
    rust    => [ [ 'Inner', 'inner cause' ], [ 'Outer', 'outer failed for order 42' ] ],
);
my %platform = (python => 'python', node => 'node', browser => 'javascript', go => 'go', java => 'java', ruby => 'ruby', rust => 'native');
my %no_files = (ruby => 1);    # of this age it sends none

sub entry { my ($event, $type) = @_; my ($e) = grep { $_->{type} eq $type } @{ $event->{entries} }; return $e && $e->{data} }
sub tag { my ($event, $key) = @_; my ($t) = grep { $_->{key} eq $key } @{ $event->{tags} }; return $t && $t->{value} }

sub same { my ($got, $want, $what) = @_; return ref $want ? like($got, $want, $what) : is($got, $want, $what) }

sub common {
    my ($lang, $event) = @_;
    is(tag($event, 'suite'),  "sdk-$lang", 'tag suite');
    is(tag($event, 'answer'), '42',        'tag answer');
    is($event->{user}{id},       'u-1',             'user id');
    is($event->{user}{email},    'ada@example.com', 'user email');
    is($event->{user}{username}, 'ada',             'user name');
    is($event->{release}{version}, 'quern-sdk@1.2.3', 'release');
    is(tag($event, 'environment'), 'e2e',             'environment');
    is($event->{platform} =~ /^(?:rust|other)$/ ? 'native' : $event->{platform}, $platform{$lang}, 'platform');
    my @steps = grep { ($_->{category} // '') eq 'test.step' } @{ (entry($event, 'breadcrumbs') // {})->{values} // [] };
    is_deeply([ map { [ $_->{message}, $_->{level} ] } @steps ], [ [ 'step one', 'info' ], [ 'step two', 'warning' ] ],
        'breadcrumbs in order, with their levels');
}

my $q = Quern->start;
my $project = '/api/0/projects/default/default';
for my $lang (qw(python node browser go java ruby rust)) {
    subtest $lang => sub {
        my $out  = qx(t/sdk/run $lang '@{[ $q->dsn ]}' 2>$q->{data}/$lang.err);
        my $code = $? >> 8;
        my $why  = Quern::slurp("$q->{data}/$lang.err") // '';
        if ($code == 77) {
            Quern::note_skip("$lang SDK: $why");
            plan skip_all => "$lang SDK: $why";
        }
        is($code, 0, 'the scenario ran') or return diag($why);
        my $ids = Quern::json_of($out);

        my $event = $q->api(GET => "$project/events/@{[ $ids->{exception} =~ tr/-//dr ]}/");
        my @values = @{ (entry($event, 'exception') // {})->{values} // [] };
        is(scalar @values, 2, 'two exceptions in the chain');
        for my $i (0, 1) {
            same($values[$i]{type},  $exceptions{$lang}[$i][0], "type of exception $i");
            same($values[$i]{value}, $exceptions{$lang}[$i][1], "value of exception $i");
        }
        my @frames = @{ ($values[1]{stacktrace} // $values[0]{stacktrace} // entry($event, 'threads') && entry($event, 'threads')->{values}[0]{stacktrace} // {})->{frames} // [] };
        cmp_ok(scalar @frames, '>', 0, 'a stack trace came along');
        is(tag($event, 'level'), 'error', 'level');
        common($lang, $event);

        my ($note) = grep { $_->{name} eq 'note.txt' } @{ $q->api(GET => "$project/events/$event->{eventID}/attachments/") };
        if (!$no_files{$lang}) {
            ok($note, 'the attachment is listed') or return;
            is($note->{size}, 16, 'with its size');
            my $file = $q->http(GET => "$project/events/$event->{eventID}/attachments/$note->{id}/?download=1",
                headers => { Authorization => "Bearer " . $q->token });
            is($file->{content}, 'hello attachment', 'and given back to the byte');
            like($file->{headers}{'content-disposition'}, qr/^attachment/, 'as a download, never inline');
        }

        my $message = $q->api(GET => "$project/events/@{[ $ids->{message} =~ tr/-//dr ]}/");
        is($message->{title}, "hello from $lang", 'the message is the title of its event');
        is(tag($message, 'level'), 'warning', 'level of the message');
        common($lang, $message);
        isnt($message->{groupID}, $event->{groupID}, 'message and exception are two issues');

        my $issue = $q->api(GET => "/api/0/organizations/default/issues/$event->{groupID}/");
        is($issue->{count}, '1', 'the issue counts one event');
        is($issue->{userCount}, 1, 'and one user');
        is($issue->{firstRelease}{version}, 'quern-sdk@1.2.3', 'first seen in that release');

        # the same again: the same issues, one event more
        my $again = Quern::json_of(scalar qx(t/sdk/run $lang '@{[ $q->dsn ]}' 2>/dev/null));
        my $second = $q->api(GET => "$project/events/@{[ $again->{exception} =~ tr/-//dr ]}/");
        is($second->{groupID}, $event->{groupID}, 'a second run joins the same issue');
        is($q->api(GET => "/api/0/organizations/default/issues/$event->{groupID}/")->{count}, '2', 'which counts two');
    };
}
$q->stop;
finish();
