# Events over the API: lists, details in the shape of Sentry's entries, the raw document, attachments.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Quern;
use Test::More;

my $q = Quern->start(workers => 2);
my $a = Api->new($q);
my $project = '/projects/default/default';
my $r;
sub entry { my ($event, $type) = @_; my ($e) = grep { $_->{type} eq $type } @{ $event->{entries} }; return $e && $e->{data} }

my %sent = (
    platform => 'javascript', environment => 'prod', release => 'shop@1.0.0', dist => '7', level => 'error', transaction => '/cart',
    tags => { color => 'blue' }, extra => { n => 1, deep => { list => [ 1, 2 ] } }, modules => { left => '1.0' },
    user => { id => '9', email => 'a@b.test', username => 'ada' },
    sdk => { name => 'sentry.javascript.browser', version => '9.0.0' },
    contexts => { runtime => { name => 'node', version => '20' }, trace => { trace_id => 'a' x 32, span_id => 'b' x 16 } },
    request => { url => 'https://shop.test/cart', method => 'post', query_string => 'a=1&b=2', headers => { Accept => 'x' }, cookies => 'c=d', data => { k => 'v' } },
    breadcrumbs => [ { timestamp => 1772445600.5, message => 'clicked', category => 'ui', type => 'ui', level => 'info', data => { x => 1 } }, { message => 'then' } ],
    exception => { values => [
        { type => 'KeyError', value => 'inner', mechanism => { type => 'chained', handled => JSON::PP::true } },
        { type => 'TypeError', value => 'x is undefined', module => 'app', thread_id => 1, mechanism => { type => 'onerror', handled => JSON::PP::false },
          stacktrace => { frames => [
            { function => 'lib', filename => 'node_modules/l.js', lineno => 1, in_app => JSON::PP::false },
            { function => 'pay', filename => 'app/cart.js', abs_path => 'https://shop.test/app/cart.js', lineno => 10, colno => 4, in_app => JSON::PP::true,
              pre_context => [ 'eight', 'nine' ], context_line => 'ten()', post_context => ['eleven'], vars => { total => '12' } },
          ] } },
    ] },
);
my $id = $q->send_event(%sent);
my $e  = $a->get("$project/events/$id/")->{json};

is($e->{$_->[0]}, $_->[1], $_->[0])
    for [ id => $id ], [ eventID => $id ], [ title => 'TypeError: x is undefined' ], [ culprit => '/cart' ], [ platform => 'javascript' ],
    [ type => 'error' ], [ projectID => '1' ], [ location => 'app/cart.js' ], [ dist => '7' ];
like($e->{dateCreated}, qr/Z$/, '62: dates end in Z');
is_deeply([ map { $_->{type} } @{ $e->{entries} } ], [qw(exception breadcrumbs request)], 'entries, in order');
my $x = entry($e, 'exception');
is_deeply([ map { $_->{type} } @{ $x->{values} } ], [ 'KeyError', 'TypeError' ], 'exceptions in payload order');
is($x->{hasSystemFrames}, JSON::PP::true, 'with system frames among them');
is($x->{values}[1]{threadId}, 1, 'threadId');
is($x->{values}[1]{mechanism}{handled}, JSON::PP::false, 'mechanism');
my $f = $x->{values}[1]{stacktrace}{frames}[1];
is_deeply($f->{context}, [ [ 8, 'eight' ], [ 9, 'nine' ], [ 10, 'ten()' ], [ 11, 'eleven' ] ], 'context with line numbers');
is_deeply([ @$f{qw(filename absPath function lineNo colNo inApp)} ], [ 'app/cart.js', 'https://shop.test/app/cart.js', 'pay', 10, 4, JSON::PP::true ], 'a frame');
is_deeply($f->{vars}, { total => '12' }, 'its variables');
is_deeply($x->{values}[1]{stacktrace}{frames}[0]{context}, [], 'a frame without source');
is(entry($e, 'breadcrumbs')->{values}[0]{timestamp}, '2026-03-02T10:00:00.500000Z', 'breadcrumb time as text');
is(entry($e, 'breadcrumbs')->{values}[1]{level}, 'info', 'breadcrumb level by default');
my $req = entry($e, 'request');
is_deeply([ @$req{qw(method url query cookies data)} ], [ 'POST', 'https://shop.test/cart', [ [ 'a', '1' ], [ 'b', '2' ] ], [ [ 'c', 'd' ] ], { k => 'v' } ], 'request');
is_deeply($req->{headers}, [ [ 'Accept', 'x' ] ], 'headers as pairs');
is_deeply([ @{ $e->{user} }{qw(id email username)} ], [ '9', 'a@b.test', 'ada' ], 'user');
is_deeply($e->{context}, $sent{extra}, 'extra is context');
is_deeply($e->{packages}, $sent{modules}, 'modules are packages');
is($e->{contexts}{runtime}{type}, 'runtime', 'contexts say their type');
is($e->{contexts}{trace}{trace_id}, 'a' x 32, 'trace');
is_deeply($e->{sdk}, $sent{sdk}, 'sdk');
is($e->{release}{version}, 'shop@1.0.0', 'release');
my %tag = map { $_->{key} => $_ } @{ $e->{tags} };
is($tag{$_->[0]}{value}, $_->[1], "tag $_->[0]") for [ color => 'blue' ], [ level => 'error' ], [ environment => 'prod' ], [ user => 'id:9' ], [ handled => 'no' ], [ mechanism => 'onerror' ];
is($tag{user}{query}, 'user.id:9', 'the user tag can be searched for');
like($e->{fingerprints}[0], qr/^[0-9a-f]{32}$/, 'fingerprints');
is_deeply([ @$e{qw(nextEventID previousEventID)} ], [ undef, undef ], 'no neighbours');
ok(exists $e->{$_}, "there is $_") for qw(occurrence _meta sdkUpdates resolvedWith userReport errors crashFile groupingConfig dateReceived size);

$r = $a->get("$project/events/$id/json/");
is($r->{json}{event_id}, $id, 'the raw document');
is($r->{json}{exception}{values}[1]{stacktrace}{frames}[1]{context_line}, 'ten()', 'in the SDK protocol');
is($a->get("/organizations/default/eventids/$id/")->{json}{event}{title}, $e->{title}, 'eventids');
is($a->get("$project/events/" . uc($id) . '/')->{status}, 200, 'ids in capitals');
is($a->get("$project/events/" . join('-', $id =~ /^(.{8})(.{4})(.{4})(.{4})(.{12})$/) . '/')->{status}, 200, 'ids with dashes');
is($a->get("$project/events/nonsense/")->{status}, 404, 'no id at all');
my $why = $a->get("$project/events/$id/grouping-info/")->{json};
ok($why->{hashes}[0]{reason}, 'why it was grouped so');

# ---- other kinds ----

my $m = $q->send_event(logentry => { message => 'hello %s', params => ['world'] }, platform => 'python', threads => { values => [ { id => 1, name => 'main', crashed => JSON::PP::true } ] });
$e = $a->get("$project/events/$m/")->{json};
is_deeply(entry($e, 'message'), { formatted => 'hello world', message => 'hello %s', params => ['world'] }, 'message');
is_deeply(entry($a->get("$project/events/" . $q->send_event(message => 'bare') . '/')->{json}, 'message'), { formatted => 'bare' }, 'no null beside it');
is(entry($e, 'threads')->{values}[0]{name}, 'main', 'threads');
is($e->{message}, 'hello world', 'and the text itself');

# ---- lists ----

my $issue = $a->get("/organizations/default/eventids/$id/")->{json}{groupId};
my @more = map { $q->send_event(%sent, tags => { n => $_ }) } 1 .. 25;
$r = $a->get("/issues/$issue/events/", per_page => 10);
is(scalar @{ $r->{json} }, 10, 'a page of an issue\'s events');
is($r->{json}[0]{eventID}, $more[-1], 'newest first');
is($r->{json}[0]{'event.type'}, 'error', 'event.type');
my $next = Api::links($r)->{next};
my $second = $a->get("/issues/$issue/events/", per_page => 10, cursor => $next->{cursor});
is($second->{json}[0]{eventID}, $more[14], 'the second page goes on');
my $back = $a->get("/issues/$issue/events/", per_page => 10, cursor => Api::links($second)->{previous}{cursor});
is_deeply([ map { $_->{eventID} } @{ $back->{json} } ], [ map { $_->{eventID} } @{ $r->{json} } ], 'and back');
my $third = $a->get("/issues/$issue/events/", per_page => 10, cursor => Api::links($second)->{next}{cursor});
is(scalar @{ $third->{json} }, 6, 'the last page');
is(Api::links($third)->{next}{results}, 'false', 'is the last');
is($third->{json}[-1]{eventID}, $id, 'down to the first event');
is_deeply([ map { $_->{eventID} } @{ $a->get("/issues/$issue/events/", query => 'n:[3,5]')->{json} } ], [ @more[ 4, 2 ] ], 'filtered by tag');
is(scalar @{ $a->get("/issues/$issue/events/", query => 'nonsense:1')->{json} }, 0, 'filtered away');
is($a->get("/issues/$issue/events/", query => 'age:x')->{status}, 400, 'a wrong filter');
ok($a->get("/issues/$issue/events/", full => 1, per_page => 2)->{json}[1]{entries}, 'full events');
$r = $a->get("$project/events/", per_page => 5);
is_deeply([ map { $_->{eventID} } @{ $r->{json} } ], [ reverse @more[ 20 .. 24 ] ], 'events of the project');
is($a->get("$project/events/", per_page => 5, cursor => Api::links($r)->{next}{cursor})->{json}[0]{eventID}, $more[19], 'its second page');
my $mid = $a->get("/issues/$issue/events/$more[10]/")->{json};
is_deeply([ @$mid{qw(nextEventID previousEventID)} ], [ @more[ 11, 9 ] ], 'neighbours');
is($a->get("/issues/$issue/events/$_/")->{json}{eventID}, $more[-1], $_) for qw(latest recommended);
is($a->get("/issues/$issue/events/oldest/")->{json}{eventID}, $id, 'oldest');
is($a->get("/issues/$issue/events/$m/")->{status}, 404, 'an event of another issue');

# ---- tags ----

my ($n) = grep { $_->{key} eq 'n' } @{ $a->get("/issues/$issue/tags/")->{json} };
is_deeply([ $n->{totalValues}, $n->{uniqueValues}, scalar @{ $n->{topValues} } ], [ 25, 25, 4 ], 'tag with its top four');
is(scalar @{ $a->get("/issues/$issue/tags/n/")->{json}{topValues} }, 9, 'nine of one tag');
is($a->get("/issues/$issue/tags/nope/")->{status}, 404, 'an unknown one');
is(scalar @{ $a->get("/issues/$issue/tags/n/values/", per_page => 20)->{json} }, 20, 'values in pages');
is($a->get("$project/tags/color/values/", query => 'lu')->{json}[0]{value}, 'blue', 'values for completion');
ok((grep { $_->{key} eq 'color' } @{ $a->get('/organizations/default/tags/')->{json} }), 'keys for completion');
is_deeply($a->get('/organizations/default/environments/')->{json}, [ { id => 'prod', name => 'prod' } ], 'environments');
is($a->put("$project/environments/prod/", { isHidden => JSON::PP::true })->{json}{isHidden}, JSON::PP::true, 'one is hidden');
is_deeply($a->get('/organizations/default/environments/')->{json}, [], 'and not shown any more');
is(scalar @{ $a->get('/organizations/default/environments/', visibility => 'hidden')->{json} }, 1, 'but where it is asked for');

# ---- attachments ----

my $evil = "<script>alert(1)</script>\0\xff";
my $big  = join '', map { chr($_ * 7 & 255) } 1 .. 400_000;
my $aid  = new_id();
$q->post_envelope({ event_id => $aid }, [ { type => 'event' }, { event_id => $aid, message => 'with files' } ],
    [ { type => 'attachment', filename => "page\".html", content_type => 'text/html' }, $evil ],
    [ { type => 'attachment', filename => 'dump.bin', attachment_type => 'event.attachment' }, $big ]);
$r = $a->get("$project/events/$aid/attachments/");
is_deeply([ map { $_->{name} } @{ $r->{json} } ], [ 'page".html', 'dump.bin' ], 'attachments of an event');
is_deeply([ map { $_->{size} } @{ $r->{json} } ], [ length $evil, length $big ], 'their sizes');
my @files = @{ $r->{json} };
$r = $a->get("$project/events/$aid/attachments/$files[0]{id}/", download => 1);
is($r->{content}, $evil, 'a small one comes back as it was');
is($a->get("$project/events/$aid/attachments/$files[0]{id}/?download")->{content}, $evil, 'without a value, too');
is($r->{headers}{'content-type'}, 'application/octet-stream', 'as nothing that a browser would run');
like($r->{headers}{'content-disposition'}, qr/^attachment; filename="page_.html"$/, 'to be saved');
is($r->{headers}{'x-content-type-options'}, 'nosniff', 'not to be guessed at');
like($r->{headers}{'content-security-policy'}, qr/sandbox/, 'and in a sandbox');
$r = $a->get("$project/events/$aid/attachments/$files[1]{id}/", download => 1);
ok($r->{content} eq $big, 'a large one comes back as it was');
is($r->{headers}{'content-type'}, 'application/octet-stream', 'in the same wrapping');
like($r->{headers}{'content-security-policy'}, qr/sandbox/, 'sandbox and all');
is($a->get("$project/events/$aid/attachments/$files[1]{id}/")->{json}{mimetype}, $files[1]{mimetype}, 'what it is');
is($a->get("$project/events/$id/attachments/$files[1]{id}/", download => 1)->{status}, 404, 'not under another event');
is($a->get("$project/events/$aid/attachments/../../etc/passwd/", download => 1)->{status}, 404, 'nor anything else');
my $with = $a->get("/organizations/default/eventids/$aid/")->{json}{groupId};
is(scalar @{ $a->get("/issues/$with/attachments/")->{json} }, 2, 'attachments of an issue');

# ---- user reports ----

$q->post_envelope({ event_id => $id }, [ { type => 'user_report' }, { event_id => $id, name => 'Ada', email => 'a@b.test', comments => 'it broke' } ]);
# Reports are no events: they are counted with the next flush, within a second or so.
wait_until('the report to be listed', sub { @{ ($r = $a->get("$project/user-feedback/"))->{json} } });
is_deeply([ $r->{json}[0]{comments}, $r->{json}[0]{eventID} ], [ 'it broke', $id ], 'user feedback of the project');
wait_until('the report to be linked to its issue', sub { @{ ($r = $a->get("/issues/$issue/user-reports/"))->{json} } });
is($r->{json}[0]{name}, 'Ada', 'of the issue');
is($a->get("$project/events/$id/")->{json}{userReport}{comments}, 'it broke', 'and with its event');
$r = $a->post("$project/user-feedback/", { event_id => $m, name => 'Bob', email => 'b@b.test', comments => 'so it did' });
is($r->{status}, 200, 'a report with a token');
is_deeply([ @{ $r->{json} }{qw(eventID name email comments)} ], [ $m, 'Bob', 'b@b.test', 'so it did' ], 'is as it was sent');
my $first = $r->{json}{id};
is($a->post("$project/user-feedback/", { event_id => $m, comments => 'twice' })->{json}{id}, $first, 'another of the same event replaces it');
is($a->get("$project/events/$m/")->{json}{userReport}{comments}, 'twice', 'which the event shows');
is_deeply($a->post("$project/user-feedback/", { event_id => 'x', comments => 'y' })->{json}, { event_id => ['Enter a valid event id.'] }, 'of no event: none');
is_deeply($a->post("$project/user-feedback/", { event_id => $m })->{json}, { comments => ['This field is required.'] }, 'nor one without words');

{
    my $r = $a->get('/organizations/default/events/', dataset => 'banana', field => 'id');
    is($r->{status}, 400, '58: an unknown data set');
    like($r->{json}{detail}, qr/^dataset must be one of: /, '58: ... and which there are');
}

# ---- environments ----

my @of = map { $q->send_event(%sent, environment => $_) } qw(prod-eu staging prod-us);
for my $path ("/issues/$issue/events/", "$project/events/") {
    my $of = sub { return [ map { $_->{eventID} } @{ $a->get($path, per_page => 5, environment => [@_])->{json} } ] };
    is_deeply($of->('staging'), [ $of[1] ], 'events of an environment');
    is_deeply($of->(qw(prod-eu prod-us)), [ @of[ 2, 0 ] ], 'of one of two');
    is_deeply($of->('nowhere'), [], 'of none there is');
    is_deeply([ @{ $of->() }[ 0 .. 2 ] ], [ reverse @of ], 'of any');
}
finish();
