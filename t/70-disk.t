#!/usr/bin/perl
# 70-disk -- a disk that fills up, and a folder that cannot be written: refused with a reason, nothing
# that was acknowledged is lost, and it goes on by itself once there is room.
use strict;
use warnings;
use lib 't/lib';
use Quern;
use Load;
use Test::More;
use Time::HiRes 'sleep';

skip_file('only root can mount the small disk that this test fills') if $> != 0;
my $disk = File::Temp->newdir('quern-disk-XXXXXX', TMPDIR => 1);
skip_file('mounting a tmpfs is not allowed here') if system("mount -t tmpfs -o size=112m,mode=0700 quern $disk 2>/dev/null") != 0;
my $owner = $$;
END {
    if ($owner && $owner == $$) {
        my $status = $?;
        Quern::end_all();
        system("umount -l $disk 2>/dev/null");
        $? = $status;
    }
}

sub free_bytes { my ($kib) = qx(df -k --output=avail $disk) =~ /(\d+)\s*$/; return $kib * 1024 }

# Leave so many bytes.
sub fill_up {
    my ($left) = @_;
    open my $f, '>>', "$disk/filler" or die;
    my $chunk = 'x' x 65536;
    while (free_bytes() > $left + 65536) { syswrite $f, $chunk or last }
    while ($left == 0 && syswrite $f, 'x' x 1024) { }
    close $f;
}

# A request that was taken in before the writer met the full disk waits for half a minute; we do not.
sub post {
    my ($q) = @_;
    local $q->{agent} = HTTP::Tiny->new(timeout => 2, keep_alive => 0);
    return $q->post_envelope({ event_id => new_id() }, [ { type => 'event' }, { message => 'small', platform => 'other' } ]);
}

# ---- the guard: refused before the disk is full ----
{
    my $q = Quern->start(data => "$disk/data", workers => 1, conf => "min_free_bytes = 16M\n");
    $q->allow(qr/disk\.full/);
    is(post($q)->{status}, 200, 'room enough: taken');
    fill_up(12 << 20);
    my $r = wait_until('the guard', sub { my $r = post($q); return $r->{status} != 200 && $r });
    is($r->{status}, 503, 'less than min_free_bytes left: 503');
    like($r->{headers}{'retry-after'}, qr/^\d+$/, '… with Retry-After');
    like($r->{content}, qr/disk|space|room|storage/i, '… and the reason');
    like($q->log_text, qr/error +writer disk\.full free_bytes=\d+ min_free_bytes=16777216/, '… and an error in the log');
    is($q->http(GET => '/readyz')->{status}, 503, '/readyz says that it is not ready');
    is($q->http(GET => '/healthz')->{status}, 200, '/healthz says that it lives');
    ok($q->api(GET => '/api/0/organizations/default/issues/?query=&statsPeriod='), 'what is stored can be read');
    unlink "$disk/filler";
    wait_until('it to take events again', sub { post($q)->{status} == 200 });
    pass('with room again it goes on by itself');
    is($q->stop, 0, 'and stops well');
}

# ---- no guard: really full, under load ----
for my $durability ('power', 'process') {
    my $q = Quern->start(data => "$disk/data-$durability", workers => 1, conf => "min_free_bytes = 0\ndurability = $durability\n");
    $q->allow(qr/./);    # whatever the full disk makes it say
    my $load = Load->start($q, rate => 400, connections => 8, issues => 20, resend => 1);
    wait_until('the load', sub { ($q->metric('events_stored') // 0) > 200 });
    for my $round (1 .. 3) {
        fill_up(0);
        wait_until('refusals', sub { my $r = post($q); $r->{status} == 503 || $r->{status} == 429 || $r->{status} == 599 });
        pass("$durability, round $round: a full disk is refusals");
        sleep 0.5;
        is($q->http(GET => '/healthz')->{status}, 200, '… it lives');
        if ($round == 2) {    # and the writer starts anew while the disk is full
            my $writer = $q->writer;
            kill 'KILL', $writer if $writer;
            sleep 0.5;
        }
        unlink "$disk/filler";
        wait_until('it to take events again', sub { post($q)->{status} == 200 });
        pass('… with room again it goes on by itself');
    }
    my $r = $load->stop;
    note $load->text;
    cmp_ok($r->{ok}, '>', 200, "$durability: events were acknowledged in between");
    $load->verify($q, $durability);
    is($q->stop, 0, "$durability: it stops well");
    system("rm -rf $disk/data-$durability");
}

# ---- full before it starts ----
{
    fill_up(0);
    my ($status, $out, $err) = Quern::run_tool('serve', '--data', "$disk/new", '--listen', '127.0.0.1:0');
    isnt($status, 0, 'a start on a full disk fails');
    like($err, qr/No space left/, '… and says why');
    unlink "$disk/filler";
    system("rm -rf $disk/new");
}

# ---- full when it starts again: no room even for the index of a WAL ----
{
    my $q = Quern->start(data => "$disk/data-again", workers => 1, conf => "min_free_bytes = 0\n");
    $q->allow(qr/database|recover|start\.failed|child\./);
    my @ids = map { $q->send_event($q->exception('Kept', "number $_")) } 1 .. 20;
    $q->slay;
    unlink glob "$disk/data-again/segments/*-shm";
    fill_up(0);
    my $at = $q->log_size;
    ok(!eval { $q->launch; 1 }, 'a start that finds no room to read its segments fails');
    unlike($q->log_text($at), qr/file\.damaged/, '… and takes none of them for damaged');
    unlink "$disk/filler";
    $q->launch;
    is(scalar(grep { $q->event_status($_) == 200 } @ids), 20, '… with room again it is all there');
    is($q->stop, 0, '… and it stops well');
    system("rm -rf $disk/data-again");
}

# ---- a folder that cannot be written ----
{
    my $q = Quern->start(data => "$disk/ro", workers => 1, conf => "min_free_bytes = 0\n");
    my $id = $q->send_event(message => 'kept');
    $q->stop;
    system("mount -o remount,ro $disk") == 0 or die "remount: $!\n";
    my ($status, $out, $err) = Quern::run_tool('serve', '--data', "$disk/ro", '--listen', '127.0.0.1:0');
    isnt($status, 0, 'a start in a read-only folder fails');
    like($err, qr/Read-only file system/, '… and says why');
    ($status, $out, $err) = Quern::run_tool('serve', '--data', "$disk/other", '--listen', '127.0.0.1:0');
    isnt($status, 0, 'likewise for a folder that is to be made there');
    like($err, qr/cannot make the data folder .*Read-only file system/, '… and says why');
    system("mount -o remount,rw $disk");
    $q->launch;
    is($q->event_status($id), 200, 'with a writable one it is all there');
    $q->stop;
}

finish();
