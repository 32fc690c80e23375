# What people do to issues: resolve, ignore, assign, merge, delete, comment. Numbers are the conformance
# cases of the API's reference. Every change is visible to the next read.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Quern;
use Test::More;

my $q = Quern->start(workers => 2);
my $a = Api->new($q);
my $org = '/organizations/default/issues/';
my $r;

sub event { my ($type, %more) = @_; return $q->send_event($q->exception($type, 'x', "fn_$type"), %more) }
sub issue { my ($type) = @_; my ($i) = grep { $_->{title} =~ /^$type:/ } @{ $a->get($org, query => '')->{json} }; return $i }
sub detail { return $a->get("/issues/$_[0]/")->{json} }
sub activity { return map { $_->{type} } @{ $a->get("${org}$_[0]/activities/")->{json}{activity} } }

# ---- status ----

event($_) for qw(One Two Three);
my ($one, $two, $three) = map { issue($_)->{id} } qw(One Two Three);
is($a->put($org, { status => 'resolved' }, id => 999999)->{status}, 204, '20: no such issue: 204');
$r = $a->put($org, { status => 'resolvedInNextRelease' }, id => $one);
is_deeply([ $r->{status}, $r->{json}{detail} ], [ 400, "No release data present in the system to form a basis for 'Next Release'" ], '21: without releases there is no next one');
$r = $a->put($org, { status => 'resolved' }, id => [ $one, $two ]);
is($r->{status}, 200, 'two at once');
is($r->{json}{status}, 'resolved', 'what was applied is echoed');
is_deeply([ map { detail($_)->{status} } $one, $two, $three ], [qw(resolved resolved unresolved)], 'and nothing else was touched');
is(detail($one)->{substatus}, undef, 'resolved has no substatus');
is($a->put("/issues/$one/", { status => 'unresolved' })->{json}{status}, 'unresolved', 'a single change answers with the issue');
$r = $a->put($org, { status => 'muted', snoozeDuration => undef }, id => $one);
is_deeply([ $r->{status}, $r->{json}{status} ], [ 200, 'ignored' ], '23: muted is ignored');
$r = $a->put("/issues/$one/", { status => 'ignored', statusDetails => { ignoreDuration => 60 } });
like($r->{json}{statusDetails}{ignoreUntil}, qr/Z$/, 'ignored for an hour');
is($r->{json}{substatus}, 'archived_until_condition_met', 'until something happens');
is($a->put($org, { status => 'unresolved' }, query => 'is:ignored')->{status}, 200, 'a whole search result');
is(detail($one)->{status}, 'unresolved', 'is changed');
is($a->put($org, { hasSeen => JSON::PP::true }, query => 'is:unresolved')->{status}, 204, 'but only its status');
is($a->put($org, { status => 'resolved' }, status => 'unresolved')->{status}, 200, 'the old form: by status');
is_deeply([ map { detail($_)->{status} } $one, $two, $three ], [qw(resolved resolved resolved)], 'all of them');
is($a->put("/issues/$one/", { status => 'gone' })->{status}, 400, 'a status that is none');
is($a->put("/issues/$one/", '[]')->{status}, 400, 'a body that is no object');

event('One');
is(detail($one)->{status}, 'unresolved', 'an event reopens a resolved issue');
is(detail($one)->{substatus}, 'regressed', 'as a regression');
ok((grep { $_ eq 'set_regression' } activity($one)), 'and the history says so');

# ---- resolved in the next release ----

event('Rel', release => 'app@1.0.0');
event('Rel', release => 'app@1.1.0');
my $rel = issue('Rel')->{id};
$r = $a->put($org, { status => 'resolvedInNextRelease' }, id => $rel);
is_deeply([ $r->{status}, $r->{json}{statusDetails}{inNextRelease} ], [ 200, JSON::PP::true ], '22: resolved in the next release');
is(detail($rel)->{statusDetails}{inNextRelease}, JSON::PP::true, '22: and shown so');
event('Rel', release => 'app@1.1.0');
is(detail($rel)->{status}, 'resolved', '22: the present release does not reopen it');
event('Rel', release => 'app@1.2.0');
is(detail($rel)->{status}, 'unresolved', '22: a later one does');
is((activity($rel))[0], 'set_regression', '22: as a regression');
$r = $a->put("/issues/$rel/", { status => 'resolved', statusDetails => { inRelease => 'app@9' } });
is($r->{status}, 400, 'an unknown release');
is($a->put("/issues/$rel/", { status => 'resolved', statusDetails => { inRelease => 'latest' } })->{json}{statusDetails}{inRelease}, 'app@1.2.0', 'the latest');
is_deeply([ map { $_->{id} } @{ $a->get('/organizations/default/releases/app@1.2.0/resolved/')->{json} } ], [$rel], 'and the release knows');

# ---- assignment, flags ----

my $me = $a->get('/users/me/')->{json};
for my $who ($me->{id}, "user:$me->{id}", $me->{email}) {
    is($a->put("/issues/$two/", { assignedTo => $who })->{json}{assignedTo}{email}, $me->{email}, "assigned to $who");
    is($a->put("/issues/$two/", { assignedTo => '' })->{json}{assignedTo}, undef, 'and to nobody');
}
is_deeply($a->put("/issues/$two/", { assignedTo => 'nobody@x' })->{json}, { assignedTo => ['Unknown actor input'] }, 'to a stranger');
$a->put("/issues/$two/", { assignedTo => $me->{id} });
is_deeply([ map { $_->{id} } @{ $a->get($org, query => 'assigned:me')->{json} } ], [$two], 'assigned:me finds it');
is_deeply([ map { $_->{id} } @{ $a->get($org, query => "assigned:$me->{email}")->{json} } ], [$two], 'so does the address');
is_deeply([ map { $_->{id} } @{ $a->get($org, query => 'is:assigned')->{json} } ], [$two], 'and is:assigned');
$r = $a->put("/issues/$two/", { hasSeen => JSON::PP::true, isBookmarked => JSON::PP::true, priority => 'low' });
is_deeply([ @{ $r->{json} }{qw(hasSeen isBookmarked priority)} ], [ JSON::PP::true, JSON::PP::true, 'low' ], 'flags and priority');
is_deeply([ map { $_->{id} } @{ $a->get($org, query => 'bookmarks:me')->{json} } ], [$two], 'bookmarks');

# ---- merge ----

event('Left', user => { id => 1 }) for 1 .. 3;
event('Right', user => { id => 2 });
my ($left, $right) = map { issue($_) } qw(Left Right);
my ($old) = map { $_->{eventID} } @{ $a->get("/issues/$right->{id}/events/")->{json} };
$r = $a->put($org, { merge => 1 }, id => [ $left->{id}, $right->{id} ]);
is_deeply($r->{json}, { merge => { parent => $left->{id}, children => [ $right->{id} ] } }, 'the larger one is the parent');
is(issue('Right'), undef, 'the child is in no list');
$r = $a->get("/issues/$right->{id}/");
is_deeply([ $r->{status}, $r->{json}{id}, $r->{json}{count}, $r->{json}{userCount} ], [ 200, $left->{id}, '4', 2 ], '25: its number leads to the parent');
is($a->get("$org$right->{shortId}/")->{json}{id}, $left->{id}, '25: so does its short id');
is(scalar(map { $_->{id} } @{ $a->get("/issues/$left->{id}/hashes/")->{json} }) >= 2, 1, '25: the parent has the fingerprints of both');
is(scalar @{ $a->get("/issues/$left->{id}/events/")->{json} }, 4, 'and the events of both');
is($a->get("/issues/$left->{id}/events/$old/")->{json}{groupID}, $left->{id}, 'an event of the child is one of the parent');
event('Right');
is(detail($left->{id})->{count}, '5', 'and so are new ones');
is(scalar @{ $a->get("/issues/$left->{id}/events/")->{json} }, 5, 'in the list, too');
my @order = map { $_->{dateCreated} } @{ $a->get("/issues/$left->{id}/events/")->{json} };
is_deeply(\@order, [ reverse sort @order ], 'newest first');

# ---- and unmerge ----

event('East') for 1 .. 2;
event('West');
my ($east, $west) = map { issue($_) } qw(East West);
my @whash = map { $_->{id} } @{ $a->get("/issues/$west->{id}/hashes/")->{json} };
$a->put($org, { merge => 1 }, id => [ $east->{id}, $west->{id} ]);
event('West');
event('East');
$r = $a->put("/issues/$east->{id}/hashes/", undef, id => \@whash);
is($r->{status}, 202, 'fingerprints are parted from an issue');
my $parted = $r->{json}{id};
wait_until('the events to follow', sub { @{ $a->get("/issues/$parted/events/")->{json} } == 2 });
event('West');
event('East');
is_deeply([ map { $_->{title} } @{ $a->get("/issues/$parted/events/")->{json} } ], [ ('West: x') x 3 ], 'their events follow, those of both issues');
is_deeply([ map { $_->{title} } @{ $a->get("/issues/$east->{id}/events/")->{json} } ], [ ('East: x') x 4 ], 'the others stay');
is($a->get("/issues/$parted/events/oldest/")->{json}{previousEventID}, undef, 'the oldest is found');
is($a->put("/issues/$parted/hashes/", undef, id => 'x')->{status}, 400, 'fingerprints must be some');

$a->post('/organizations/default/projects/', { name => 'Other' });
my ($okey) = map { $_->{public} } @{ $a->get('/projects/default/other/keys/')->{json} };
my ($opid) = map { $_->{id} } grep { $_->{slug} eq 'other' } @{ $a->get('/projects/')->{json} };
$q->http(POST => "/api/$opid/store/?sentry_key=$okey", body => Quern::json_text({ message => 'elsewhere', event_id => new_id() }), headers => { 'Content-Type' => 'application/json' });
my ($other) = map { $_->{id} } @{ $a->get('/projects/default/other/issues/')->{json} };
ok($other, 'an issue of another project');
$r = $a->put($org, { merge => 1 }, id => [ $one, $other ]);
is_deeply([ $r->{status}, $r->{json} ], [ 200, { detail => 'Merging across multiple projects is not supported' } ], '24: not across projects');

# ---- one issue ----

$r = $a->get("$org" . lc($left->{shortId}) . '/events/latest/');
is_deeply([ $r->{status}, $r->{json}{nextEventID} ], [ 200, undef ], '27: latest event by short id in small letters');
ok($r->{json}{previousEventID}, '27: with the one before it');
my $back = $a->get("/issues/$left->{id}/events/$r->{json}{previousEventID}/")->{json};
is($back->{nextEventID}, $r->{json}{eventID}, 'from which the way leads back');
is($a->get("/issues/$left->{id}/events/oldest/")->{json}{previousEventID}, undef, 'the oldest has none before it');
is_deeply($a->get("/issues/$left->{id}/events/" . new_id() . '/')->{json}, { detail => 'No matching event' }, 'an event that is not there');
$r = $a->get("$org$one/activities/");
is(ref $r->{json}, 'HASH', '28: activities: an object');
is($r->{json}{activity}[-1]{type}, 'first_seen', '28: that ends with first_seen');
is($a->get("/organizations/default/shortids/$left->{shortId}/")->{json}{groupId}, $left->{id}, 'shortids');
is($a->get("/organizations/default/groups/$one/")->{json}{id}, $one, 'groups is another word for issues');
is($a->get("/issues/DEFAULT-1/")->{status}, 200, 'short ids without an organisation');
is($a->get('/issues/DEFAULT-ZZZ/')->{status}, 404, 'one that is not there');
is($a->get('/issues/18446744073709551616/')->{status}, 404, 'nor this number');

# ---- comments ----

my $notes = "/issues/$one/comments/";
is_deeply($a->post($notes, { text => '  ' })->{json}, { text => ['This field may not be blank.'] }, 'an empty comment');
$r = $a->post($notes, { text => 'looks like #12' });
is($r->{status}, 201, 'a comment');
is_deeply([ $r->{json}{type}, $r->{json}{data}{text}, $r->{json}{user}{email} ], [ 'note', 'looks like #12', $me->{email} ], 'with its text and author');
is($a->post($notes, { text => 'looks like #12' })->{json}{detail}, 'You have already posted that comment.', 'not twice');
my $id = $r->{json}{id};
is(detail($one)->{numComments}, 1, 'the issue counts it');
is($a->put("$notes$id/", { text => 'no, #13' })->{json}{data}{text}, 'no, #13', 'changed');
is_deeply([ map { $_->{data}{text} } @{ $a->get("/issues/$one/notes/")->{json} } ], ['no, #13'], 'listed');
is($a->put("/issues/$two/comments/$id/", { text => 'x' })->{status}, 404, 'not under another issue');
is($a->delete("$notes$id/")->{status}, 204, 'deleted');
is(detail($one)->{numComments}, 0, 'and counted off');

# ---- delete ----

is($a->delete("$org$three/")->{status}, 202, '26: single delete');
is($a->get("/issues/$three/")->{status}, 404, '26: gone at once');
is($a->delete($org, undef, id => [ $one, $two ])->{status}, 204, '26: bulk delete');
is($a->get("/issues/$_/")->{status}, 404, '26: gone at once') for $one, $two;
is($a->delete($org, undef, id => $one)->{status}, 204, 'once more: nothing to do');
event('Three');
isnt(issue('Three')->{id}, $three, 'a new event of a deleted issue makes a new one');
my $new = issue('Three')->{id};
is($a->put("/issues/$new/", { discard => JSON::PP::true })->{status}, 204, 'discard');
event('Three');
is(issue('Three'), undef, 'what follows of it is dropped');

finish();
