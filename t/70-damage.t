#!/usr/bin/perl
# 70-damage -- torn and bit-flipped files: a clear line in the log, and service goes on with what is whole.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Load;
use Test::More;

# ---- files ----
sub flip {
    my ($file, $at) = @_;
    open my $f, '+<:raw', $file or die "$file: $!\n";
    seek $f, $at, 0;
    read $f, my $byte, 1;
    seek $f, $at, 0;
    print {$f} chr(ord($byte) ^ 0x40);
    close $f or die;
}

sub find_bytes {
    my ($file, $bytes) = @_;
    my $at = index slurp($file), $bytes;
    die "no such bytes in $file\n" if $at < 0;
    return $at;
}

sub shm { my ($q, $name) = @_; return "$q->{data}/shm/$name" }

# The titles of all issues with their counts: what a person would miss.
sub issues {
    my ($q) = @_;
    my $list = $q->api(GET => '/api/0/organizations/default/issues/?query=&limit=100&statsPeriod=');
    return { map { $_->{title} => 0 + $_->{count} } @$list };
}

sub event { my ($q, $id) = @_; return $q->http(GET => "/api/0/projects/default/default/events/$id/", headers => { Authorization => 'Bearer ' . $q->token }) }

# ---- a ring with records that nobody has drained ----
{
    my $q = Quern->start(workers => 1, conf => "durability = process\n");
    $q->allow(qr/ring\./);
    $q->send_event($q->exception('Before', 'one'));
    wait_until('it to be stored', sub { $q->metric('events_stored') >= 1 });
    kill 'STOP', $q->writer;
    my @ids = map { $q->send_event($q->exception('Waiting', "number $_ xyzzy$_")) } 1 .. 20;
    $q->slay;
    flip(shm($q, 'ring.00'), find_bytes(shm($q, 'ring.00'), 'number 7 xyzzy7'));
    my $at = $q->log_size;
    $q->launch;
    wait_until('the rest to be drained', sub { (issues($q)->{'Waiting: number 1 xyzzy1'} // issues($q)->{(grep { /^Waiting/ } keys %{ issues($q) })[0] // ''} // 0) >= 19 });
    like($q->log_text($at), qr/warn +writer ring\.torn .*skipped_bytes=\d+/, 'ring: a flipped bit is told');
    is(scalar(grep { event($q, $_)->{status} == 200 } @ids), 19, '… and costs the one record that it hit');
    is(event($q, $ids[6])->{status}, 404, '… which is the one');
    ok($q->send_event($q->exception('After', 'two')), '… ingest goes on');
    $q->stop;
}

# ---- rings, tables and index thrown away or overwritten while the server is stopped ----
{
    my $q = Quern->start(workers => 1);
    $q->allow(qr/ring\.|region\.|index\.|registry\./);
    $q->send_event($q->exception("Kind$_", 'some value')) for 1 .. 30;
    my $before = issues($q);
    is(scalar keys %$before, 30, 'thirty kinds of error');
    my $id = $q->send_event($q->exception('Kind1', 'some value'));
    $before = issues($q);
    $q->stop;

    my %ways = (
        'every file of shared memory deleted'    => sub { unlink glob shm($q, '*') },
        'every one overwritten with noise'       => sub { for my $f (glob shm($q, '*')) { spew($f, join '', map { chr int rand 256 } 1 .. 5000) } },
        'every one cut short'                    => sub { for my $f (glob shm($q, '*')) { truncate $f, (-s $f) / 2 } },
        'every one emptied'                      => sub { for my $f (glob shm($q, '*')) { truncate $f, 0 } },
        'a bit flipped in each table of the index' => sub { for my $f (glob shm($q, 'index.*')) { flip($f, 4096 + 16 * int rand 1000) for 1 .. 50 } },
        'the stamp of each flipped'              => sub { for my $f (glob shm($q, '*')) { flip($f, 8) } },
        'a folder in the way of a ring'          => sub { unlink shm($q, 'ring.05'); spew(shm($q, 'stray'), 'x') },
    );
    for my $way (sort keys %ways) {
        $ways{$way}->();
        my $at = $q->log_size;
        $q->launch;
        is_deeply(issues($q), $before, "shared memory, $way: nothing is missing");
        my $new = $q->send_event($q->exception('Kind1', 'some value'));
        is($q->send_event(event_id => $new, $q->exception('Kind1', 'some value')), $new, '… a retry is taken');
        $before->{ (grep { /^Kind1(?!\d)/ } keys %$before)[0] }++;
        is_deeply(issues($q), $before, '… a known error is counted once, into its issue');
        is(event($q, $id)->{status}, 200, '… an old event is found');
        unlike($q->log_text($at), qr/child\.died/, '… and nobody died of it');
        is($q->stop, 0, '… and it stops well');
    }
}

# ---- a folder of a later version ----
sub catalogue {
    my ($q, $sql) = @_;
    my $said = `sqlite3 '$q->{data}/quern.db' '$sql'`;
    chomp $said;
    return $said;
}

{
    my $q = Quern->start(workers => 1);
    $q->allow(qr/catalogue\.newer|start\.failed|child\.died/);
    $q->send_event($q->exception('Kind', 'some value'));
    $q->stop;
    my $db = catalogue($q, 'PRAGMA user_version');
    catalogue($q, 'PRAGMA user_version = 999');
    my $at = $q->log_size;
    $q->launch(no_wait => 1);
    wait_until('it to refuse', sub { $q->ended });
    is($q->{status} >> 8, 65, 'a catalogue that a later version made is refused');
    like($q->log_text($at), qr/catalogue\.newer .*a later version of quern/, '… and the log says why');
    is(catalogue($q, 'PRAGMA user_version'), '999', '… it stands where it stood');
    catalogue($q, "PRAGMA user_version = $db");
    $q->launch;
    is(scalar keys %{ issues($q) }, 1, '… whole');
    is($q->stop, 0, '… and its own version goes on with it');
}

# ---- segments and catalogue ----
{
    my $q = Quern->start(workers => 1, conf => "segment_rows = 64\nseal_idle = 1\n");
    $q->allow(qr/block\.|segment\.|file\.damaged|database|recover|commit|catalogue/);
    my %id;
    for my $n (1 .. 200) { $id{$n} = $q->send_event($q->exception("Kind" . $n % 10, 'v')) }
    wait_until('segments to be sealed', sub { (Store::sqlite("$q->{data}/quern.db", "SELECT COUNT(*) FROM segment WHERE state IN ('sealed', 'packed')"))[0] >= 3 });
    $q->stop;
    my @segments = Store::segments($q);
    cmp_ok(scalar @segments, '>=', 4, 'several segments');

    # A block of a sealed one: its events are lost to view, the others are not.
    my ($blob) = Store::sqlite($segments[0], 'SELECT hex(substr(data, length(data) / 2, 40)) FROM block ORDER BY length(data) DESC LIMIT 1');
    flip($segments[0], 20 + find_bytes($segments[0], pack 'H*', $blob));
    my $at = $q->log_size;
    $q->launch;
    my %by_status;
    $by_status{ event($q, $id{$_})->{status} }++ for 1 .. 200;
    cmp_ok($by_status{200} // 0, '>=', 130, "segment: a flipped bit in a block leaves the other blocks readable ($by_status{200} of 200)");
    is(($by_status{200} // 0) + ($by_status{404} // 0) + ($by_status{500} // 0), 200, '… the hit ones are refused, not made up');
    is(scalar(keys %{ issues($q) }), 10, '… all issues are listed');
    ok($q->send_event($q->exception('Kind1', 'v')), '… ingest goes on');
    is($q->stop, 0, '… and it stops well');

    # A whole sealed segment, and the active one, turned into noise.
    for my $state ('sealed', 'active') {
        my ($name, $first) = split /\|/,
            (Store::sqlite("$q->{data}/quern.db", "SELECT file, first_seq FROM segment WHERE state "
                . ($state eq 'active' ? "= 'active'" : "IN ('sealed', 'packed') AND id > 1") . ' ORDER BY id LIMIT 1'))[0];
        my $file = "$q->{data}/segments/$name";
        my ($lost) = map { lc } Store::sqlite($file, 'SELECT hex(id) FROM event ORDER BY seq LIMIT 1');
        spew($file, join '', map { chr int rand 256 } 1 .. 20000);
        unlink "$file-wal", "$file-shm";
        $at = $q->log_size;
        $q->launch;
        my $new = $q->send_event($q->exception('Kind2', 'v'));
        is(event($q, $new)->{status}, 200, "the $state segment is noise: ingest and reading go on");
        is(scalar(keys %{ issues($q) }), 10, '… all issues are listed');
        like(event($q, $lost)->{status}, qr/^(404|500)$/, '… an event of it is not found');
        wait_until("the log to name $name", sub { $q->logged(qr/(?:warn|error) .*\Q$name\E/, $at) });
        pass('… and the log names the file');
        is($q->stop, 0, '… and it stops well');
    }

    # The catalogue.
    spew("$q->{data}/quern.db", join '', map { chr int rand 256 } 1 .. 20000);
    unlink "$q->{data}/quern.db-wal", "$q->{data}/quern.db-shm";
    $at = $q->log_size;
    $q->launch;
    delete $q->{bootstrap};
    like($q->log_text($at), qr/file\.damaged file="\S*quern\.db"/, 'the catalogue is noise: the log says so');
    my ($aside) = glob "$q->{data}/quern.db*damaged* $q->{data}/*/quern.db*";
    ok($aside, '… it is set aside, not deleted');
    ok($q->send_event($q->exception('Kind2', 'v')), '… a new one is made, and events are taken in');
    cmp_ok(scalar keys %{ issues($q) }, '>=', 9, '… issues are made again from the segments');
    $q->stop;
}

finish();
