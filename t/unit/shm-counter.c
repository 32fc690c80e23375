/* Statistics: each adds for himself, the sum is of all, and stays when one dies. */
#include "shm/counter.h"

#include <signal.h>

#include "t/lib/scratch.h"
#include "t/lib/tap.h"

int main(void)
{
    int dir = scratch(), unnamed = 0, strange = 0;
    struct counters *c;
    pid_t pid[4];

    is_int(counter_open(dir, &c), 0, "made");
    for (int i = 0; i < COUNTERS; i++) {
        const char *name = counter_name((enum counter)i);

        unnamed += !*name || !*counter_unit((enum counter)i) || !*counter_help((enum counter)i);
        strange += strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name);
    }
    is_int(unnamed, 0, "every counter has name, unit and meaning");
    is_int(strange, 0, "names are fit for /metrics");
    is_int(counter_sum(c, COUNTER_requests), 0, "none yet");
    for (uint32_t i = 0; i < 4; i++)
        if ((pid[i] = fork()) == 0) {
            for (int n = 0; n < 10000; n++)
                counter_add(c, i, COUNTER_requests, 1);
            counter_add(c, i, COUNTER_bytes_in, 1000 * (i + 1));
            kill(getpid(), SIGKILL);
        }
    for (int i = 0; i < 4; i++)
        waitpid(pid[i], NULL, 0);
    is_int(counter_sum(c, COUNTER_requests), 40000, "the sum of four processes, all dead");
    is_int(counter_sum(c, COUNTER_bytes_in), 10000, "counters are apart");
    counter_add(c, COUNTER_SLOT_WRITER, COUNTER_requests, 5);
    is_int(counter_sum(c, COUNTER_requests), 40005, "the writer counts too");
    counter_add(c, COUNTER_SLOTS, COUNTER_requests, 5);
    counter_add(c, 0, COUNTERS, 5);
    is_int(counter_sum(c, COUNTER_requests), 40005, "no slot, no count");
    is_int(counter_sum(c, COUNTERS), 0, "no counter, no sum");
    is_str(counter_name(COUNTERS), "", "no name either");
    counter_close(c);
    counter_open(dir, &c);
    is_int(counter_sum(c, COUNTER_requests), 40005, "kept while the machine runs");
    counter_close(c);
    return done_testing();
}
