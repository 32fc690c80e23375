#!/usr/bin/perl
# 50-grouping -- one error, one issue: at ingest, by the project's rules, after merging and unmerging, after
# regrouping; and why.
use strict;
use warnings;
use lib 't/lib';
use Api;
use Quern;
use Test::More;

my $q = Quern->start(workers => 2);
my $a = Api->new($q);
my $project = '/projects/default/default/';
my $issues = '/organizations/default/issues/';

sub issue_of {
    my ($id) = @_;
    my $r = $a->get("/organizations/default/eventids/$id/");
    return $r->{status} == 200 ? $r->{json}{groupId} : "no issue: $r->{status}";
}
sub info { my ($id) = @_; return $a->get("${project}events/$id/grouping-info/") }
sub boom { my ($value, $line, %more) = @_; return $q->send_event($q->exception('Boom', $value, 'main', "f$line"), %more) }
sub count { my ($issue) = @_; return $a->get("/issues/$issue/")->{json}{count} }
sub tool { return Quern::run_tool(@_, '--data', $q->{data}) }

# ---- keys of one event after another ----

my $first = boom('v 1', 1);
my $second = $q->send_event($q->exception('Boom', 'v 2', 'main', 'f1'), release => 'b@2', tags => { x => 'y' });
is(issue_of($second), issue_of($first), 'another value, release and tag: the same issue');
my $other = boom('v 1', 2);
isnt(issue_of($other), issue_of($first), 'another function: another issue');

# ---- explained ----

my $r = info($first);
is($r->{status}, 200, 'grouping-info');
my ($app, $full) = @{ $r->{json}{variants} }{qw(app full)};
is($app->{type}, 'component', 'variants are components');
ok($app->{contributes} && !$app->{hashMismatch} && $app->{hash} =~ /^[0-9a-f]{32}$/, 'app counts');
is_deeply([ map { $_->{id} } @{ $app->{component}{values} } ], ['exception'], 'its tree begins with the exception');
my ($stack) = grep { $_->{id} eq 'stacktrace' } @{ $app->{component}{values}[0]{values} };
is_deeply([ sort keys %$stack ], [qw(contributes hint id name values)], 'nodes have the shape of Sentry\'s');
is($stack->{values}[1]{values}[2]{values}[0], 'f1', 'and end in literals');
my $hashes = $a->get('/issues/' . issue_of($first) . '/hashes/')->{json};
ok(scalar(grep { $_->{id} eq $app->{hash} } @$hashes), 'the issue has that hash');
is(info('0' x 32)->{status}, 404, 'no such event');

# ---- rules of the project ----

for my $case (
    [ 'fingerprintingRules', "type:Boom -> x\nnonsense", qr/line 2.*column 9/i ],
    [ 'fingerprintingRules', "colour:red -> x",          qr/line 1.*column 1.*unknown matcher/i ],
    [ 'groupingEnhancements', "function:a -nothing",      qr/line 1.*column 13/i ],
  )
{
    my ($key, $text, $says) = @$case;
    $r = $a->put($project, { $key => $text });
    is($r->{status}, 400, "refused: $text");
    like($r->{content}, $says, '… with line and column');
}
$r = $a->put($project, { fingerprintingRules => "# one for all\ntype:Boom -> boom title=\"Boom all over\"" });
is($r->{status}, 200, 'rules are saved') or diag($r->{content});
my $ruled = Quern::wait_until('the rule at work', sub { my $id = boom('v 1', 3); $a->get("/issues/" . issue_of($id) . '/')->{json}{title} eq 'Boom all over' ? $id : '' });
is(issue_of(boom('v 9', 77)), issue_of($ruled), 'the rule groups');
$r = info($ruled);
is($r->{json}{matchedRule}{line}, 2, 'the rule that matched');
is($r->{json}{variants}{custom}{matched_rule}, 'type:Boom -> boom title="Boom all over"', 'and its text');
is_deeply($r->{json}{variants}{custom}{values}, ['boom'], 'and its values');
ok(!$r->{json}{variants}{app}{contributes}, 'the stack trace does not count beside it');
$r = info($first);
ok($r->{json}{hashes}[0]{mismatch}, 'an event from before the rule has another key by now');

# ---- regroup: only said, then done ----

my ($status, $out, $err) = tool('regroup', '--dry-run', '--json');
is($status, 0, 'regroup --dry-run') or diag($err);
my $plan = Quern::json_of($out);
is(scalar @{ $plan->{merges} }, 1, 'one merge') or diag($out);
ok(scalar(grep { $_ == issue_of($ruled) } @{ $plan->{merges}[0]{issues} }), '… of the issues that the rule joins');
is(scalar @{ $plan->{splits} }, 0, 'no split');
isnt(issue_of($first), issue_of($ruled), 'and nothing is done yet');

($status, $out, $err) = tool('regroup');
is($status, 0, 'regroup') or diag($err);
is(issue_of($_), issue_of($ruled), 'the same issue now') for $first, $second, $other;
is(issue_of(boom('v', 123)), issue_of($first), 'new events follow');
($status, $out) = tool('regroup', '--dry-run');
like($out, qr/nothing would change/, 'a second time changes nothing');

# ---- events come in meanwhile ----

is($a->put($project, { fingerprintingRules => '' })->{status}, 200, 'no rules');
Quern::wait_until('the rules gone', sub { issue_of(boom('v', 777)) != issue_of($first) });
my $events = 60;
my $sender = fork // die "fork: $!\n";
if (!$sender) {
    srand; # event ids of its own
    my $refused = grep { !eval { $q->send_event($q->exception('Meanwhile', "v $_", 'main', 'f' . $_ % 3)) } } 1 .. $events;
    require POSIX;
    POSIX::_exit($refused ? 1 : 0);
}
($status, $out, $err) = tool('regroup');
is($status, 0, 'regroup while events come in') or diag($err);
waitpid $sender, 0;
is($?, 0, 'none of which was refused');
Quern::wait_until('all of them', sub { my $n = 0; $n += $_->{count} for grep { $_->{title} =~ /^Meanwhile/ } @{ $a->get("${issues}?query=Meanwhile")->{json} }; $n == $events });
ok(Quern::wait_until('the split', sub { issue_of($first) != issue_of($other) }), 'what the rule joined falls apart');

# ---- what rules of files would do ----

Quern::spew("$q->{data}/stack.txt", "function:f2 -app\nfunction:f1 -app\nmodule:app.* -group\n");
($status, $out, $err) = tool('regroup', '--dry-run', '--stack-rules', "$q->{data}/stack.txt");
is($status, 0, 'rules to be tried') or diag($err);
Quern::spew("$q->{data}/stack.txt", "function:f2 nothing\n");
($status, $out, $err) = tool('regroup', '--dry-run', '--stack-rules', "$q->{data}/stack.txt");
is($status, 65, 'a wrong rule');
like($err, qr/stack trace rules, line 1, column 20/, '… with line and column');
($status, $out, $err) = tool('regroup', '--stack-rules', "$q->{data}/stack.txt");
is($status, 64, 'rules of files are never for real');

# ---- merge and unmerge by key ----

is($a->put($project, { fingerprintingRules => '' })->{status}, 200, 'no rules any more');
my $one = Quern::wait_until('the rule gone', sub { my $id = $q->send_event($q->exception('Bang', 'a', 'main', 'one')); issue_of($id) =~ /^\d+$/ ? $id : '' });
my $two = $q->send_event($q->exception('Bang', 'b', 'main', 'two'));
my ($i, $k) = (issue_of($one), issue_of($two));
isnt($i, $k, 'two issues');
$r = $a->put($issues, { merge => 1 }, id => [ $i, $k ]);
is($r->{status}, 200, 'merged');
is(issue_of($one), issue_of($two), 'one issue');
is(issue_of($q->send_event($q->exception('Bang', 'c', 'main', $_))), issue_of($one), "new events of $_ follow") for qw(one two);
my $parent = issue_of($one);
my $key = info($two)->{json}{variants}{app}{hash};
$r = $a->delete("/issues/$parent/hashes/", undef, id => $key);
is($r->{status}, 202, 'unmerged by key') or diag($r->{content});
my $back = $q->send_event($q->exception('Bang', 'd', 'main', 'two'));
isnt(issue_of($back), issue_of($one), 'new events go their own way again');

# ---- the same by the tool ----

($status, $out, $err) = tool('issue', 'merge', issue_of($back), issue_of($one));
is($status, 0, 'issue merge') or diag($err);
is($out, issue_of($one) . "\n", 'the number of the issue that is left');
is(issue_of($back), issue_of($one), 'one issue');
($status, $out) = tool('issue', 'hashes', issue_of($one));
is($status, 0, 'issue hashes');
like($out, qr/^\Q$key\E  /m, '… has those of both');
my $whole = issue_of($one);
($status, $out, $err) = tool('issue', 'unmerge', $whole, $key);
is($status, 0, 'issue unmerge') or diag($err);
my $apart = $out + 0;
ok(Quern::wait_until('its event there', sub { issue_of($back) == $apart }), 'its event moves to the issue that it says');
is(issue_of($one), $whole, 'and the others stay');
($status, $out, $err) = tool('issue', 'unmerge', $whole, 'f' x 32);
isnt($status, 0, 'a hash that it does not have');
like($err, qr/^quern issue unmerge: .*\w/, '… is said');
is((tool('issue', 'merge', 'x', '1'))[0], 64, 'no number');

# ---- the tool, without a server ----

my $dir = "$q->{data}/../";
Quern::spew("$q->{data}/a.json", '{"message":"order 1 failed"}');
Quern::spew("$q->{data}/b.json", '{"message":"order 2 failed"}');
Quern::spew("$q->{data}/c.json", '{"message":"order 2 cancelled"}');
Quern::spew("$q->{data}/d.json", '{"message":');
Quern::spew("$q->{data}/rules.txt", "message:\"order *\" -> orders\n");
for my $case (
    [ 0, 'b.json' ],
    [ 1, 'c.json' ],
    [ 2, 'd.json' ],
    [ 2, 'e.json' ],
    [ 0, 'c.json', '--fingerprint-rules', "$q->{data}/rules.txt" ],
  )
{
    my ($want, $file, @more) = @$case;
    ($status, $out, $err) = Quern::run_tool('group', "$q->{data}/a.json", '--against', "$q->{data}/$file", @more);
    is($status, $want, "group --against $file @more");
    like($want == 2 ? $err : $out, [ qr/^same issue: \w+ key [0-9a-f]{32} \(.+\)$/m, qr/^another issue/, qr/\Q$file\E/ ]->[$want], '… and why');
}
($status, $out) = Quern::run_tool('group', "$q->{data}/a.json");
is($status, 0, 'group FILE');
is(Quern::json_of($out)->{hashes}[0]{variant}, 'default', '… prints the explanation');
($status, $out) = Quern::run_tool('group', '--mask', 'order 18 of a@b.de');
is($out, "order <int> of <email>\n", 'group --mask');
($status) = Quern::run_tool('group');
is($status, 64, 'group of nothing');

finish();
