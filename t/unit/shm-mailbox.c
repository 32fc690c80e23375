/* The way back: answers reach the worker that asked, and nobody after it. */
#include "shm/mailbox.h"

#include "t/lib/scratch.h"
#include "t/lib/tap.h"

static int dir;

static bool take_is(struct mailbox *m, uint64_t id, uint16_t status, const char *body)
{
    struct mail mail;

    return mailbox_take(m, &mail) && mail.id == id && mail.status == status &&
           mail.len == strlen(body) && memcmp(mail.body, body, mail.len) == 0;
}

int main(void)
{
    struct mailbox *worker, *writer, *heir;
    struct mail mail;
    static char big[40000];
    int took = 0, put = 0;

    dir = scratch();
    is_int(mailbox_open(dir, "mail", 65536, &worker), 0, "made");
    is_int(mailbox_open(dir, "mail", 65536, &writer), 0, "opened from the other side");
    mailbox_clear(worker);
    ok(!mailbox_take(worker, &mail), "empty");
    ok(mailbox_put(writer, 7, 200, "{\"a\":1}", 7), "an answer goes in");
    ok(mailbox_put(writer, UINT64_MAX, 404, "", 0), "one without a body too");
    ok(take_is(worker, 7, 200, "{\"a\":1}"), "and comes out");
    ok(take_is(worker, UINT64_MAX, 404, ""), "in order");
    ok(!mailbox_take(worker, &mail), "once");

    memset(big, 'j', sizeof(big));
    ok(!mailbox_put(writer, 1, 200, big, sizeof(big)), "an answer above half the box is refused");
    while (mailbox_put(writer, (uint64_t)put, 200, big, 1000))
        put++;
    ok(put > 50 && put < 66, "full after %d of 1000 bytes", put);
    while (mailbox_take(worker, &mail))
        took += mail.id == (uint64_t)took && mail.len == 1000;
    is_int(took, put, "all of them come out");
    ok(mailbox_put(writer, 1, 200, big, 1000), "and there is room again");

    /* The worker dies; its answer waits for nobody. */
    mailbox_close(worker);
    is_int(mailbox_open(dir, "mail", 65536, &heir), 0, "the next worker of the slot");
    mailbox_clear(heir);
    ok(!mailbox_take(heir, &mail), "does not read its predecessor's mail");
    ok(mailbox_put(writer, 2, 201, "mine", 4) && take_is(heir, 2, 201, "mine"), "but its own");

    /* Damage: the mail is lost, the asker times out, the next one arrives. */
    mailbox_put(writer, 3, 200, "damaged", 7);
    for (off_t at = 4096; at < 4096 + 65536; at++) {
        char found[7];

        file_read(dir, "mail", at, found, 7);
        if (memcmp(found, "damaged", 7) == 0) {
            file_flip(dir, "mail", at, 1);
            break;
        }
    }
    mailbox_put(writer, 4, 200, "whole", 5);
    said_begin();
    ok(take_is(heir, 4, 200, "whole"), "damaged mail is passed over");
    is_int(said_count("ring.torn"), 1, "with a log line");
    mailbox_close(heir);
    mailbox_close(writer);
    return done_testing();
}
