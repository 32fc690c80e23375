/* sig.h -- signals as readable bytes, for master's loop and for its children.
 * Master blocks what it wants to hear and reads it from a signalfd: no handler runs anywhere.
 * Children hear TERM only (drain and leave); what a terminal or an operator sends to the whole
 * group (INT, QUIT, HUP, USR2) is master's business, who passes on what it means. */
#ifndef QUERN_MASTER_SIG_H
#define QUERN_MASTER_SIG_H

/* Block HUP, USR2, TERM, INT, QUIT and CHLD; ignore PIPE. The descriptor that tells of them, or a
 * negative errno. */
int sig_open(void);
/* The next signal that came, or 0. */
int sig_next(int fd);
/* In a child, after fork: forget master's, hear TERM. The descriptor for it, or a negative errno.
 */
int sig_child(void);
/* Before exec of a new binary: nothing blocked, all as it was. */
void sig_exec(void);

#endif
