#include "shm/self.h"

static struct self self = {.role = ROLE_TOOL};

void self_set(enum role role, uint32_t slot, uint32_t generation)
{
    self = (struct self){.role = role, .slot = slot, .generation = generation};
}

const struct self *self_get(void)
{
    return &self;
}

const char *role_name(enum role role)
{
    switch (role) {
    case ROLE_TOOL:
        return "tool";
    case ROLE_MASTER:
        return "master";
    case ROLE_WORKER:
        return "worker";
    case ROLE_WRITER:
        return "writer";
    case ROLE_NOTIFIER:
        return "notifier";
    }
    return "unknown";
}
