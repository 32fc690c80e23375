/* command_issue.h -- what the commands on issues share. */
#ifndef QUERN_WRITER_COMMAND_ISSUE_H
#define QUERN_WRITER_COMMAND_ISSUE_H

#include "writer/command_parts.h"

struct command_issue {
    uint32_t id, project;
    uint8_t status, type;
    int64_t events, users;
    struct text assignee, priority;
};

/* An issue, or the one it was merged into. False: there is none (or the command is broken). */
bool command_issue_get(struct command *c, int64_t id, struct command_issue *out);
/* Those that "ids" names, each once, what is not there passed over. False: refused. */
bool command_issues(struct command *c, struct command_issue **out, uint32_t *count);
/* status, statusDetails, substatus; adds to the answer what was applied. False: refused. */
bool command_status(struct command *c, const struct command_issue *issues, uint32_t count);
/* Take an issue's rows out of the catalogue, those merged into it as well. */
bool command_issue_remove(struct command *c, uint32_t id);

#endif
