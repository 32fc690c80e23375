/* api_operate.c -- /api/0/quern/commands/NAME/: the command line's way to the writer. The tools speak the
 * writer's own language (writer/command.h), so that they do the same to a running server as to a
 * stopped one. Over the control socket alone: no token, however mighty, is the operator. */
#include "worker/api_resources.h"

void operate_command(struct api_call *c)
{
    const char *name = arena_dup(c->arena, c->arg[0].at, c->arg[0].len);

    if (c->caller.by != API_OPERATOR) {
        api_forbid(c);
        return;
    }
    if (!json_is(c->body, JSON_OBJECT)) {
        api_detail(c, 400, "Arguments must be a JSON object.");
        return;
    }
    if (name)
        api_command(c, name, c->req.body, NULL);
    else
        api_detail(c, 503, "Out of memory.");
}
