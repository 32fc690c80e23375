/* sig.c -- see sig.h. */
#include "master/sig.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int for_master[] = {SIGHUP, SIGUSR2, SIGTERM, SIGINT, SIGQUIT, SIGCHLD};
static const int not_for_children[] = {SIGHUP, SIGUSR2, SIGINT, SIGQUIT};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int listen_to(const sigset_t *set)
{
    int fd;

    if (sigprocmask(SIG_SETMASK, set, NULL) != 0)
        return -errno;
    fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd == -1 ? -errno : fd;
}

int sig_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < COUNT(for_master); i++) {
        /* An ignored signal never reaches a signalfd, and nohup leaves HUP ignored. */
        signal(for_master[i], SIG_DFL);
        sigaddset(&set, for_master[i]);
    }
    signal(SIGPIPE, SIG_IGN);
    return listen_to(&set);
}

int sig_next(int fd)
{
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof(info)) != sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

int sig_child(void)
{
    sigset_t set;

    for (size_t i = 0; i < COUNT(not_for_children); i++)
        signal(not_for_children[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    return listen_to(&set);
}

void sig_exec(void)
{
    sigset_t none;

    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
