/* systemd.h -- what the service manager is told, and what it hands over. All of it does nothing
 * when there is none (no NOTIFY_SOCKET, no LISTEN_FDS, no WATCHDOG_USEC).
 * Source     sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3). */
#ifndef QUERN_MASTER_SYSTEMD_H
#define QUERN_MASTER_SYSTEMD_H

#include <stdint.h>
#include <sys/types.h>

void systemd_ready(const char *status);
void systemd_reloading(void); /* to be followed by systemd_ready() */
void systemd_stopping(void);
void systemd_main_pid(pid_t pid); /* another process is the service from now on */
void systemd_watchdog(void);
/* Microseconds between signs of life that are asked for; 0: none are. */
uint64_t systemd_watchdog_us(void);

struct systemd_socket {
    int fd;
    char name[64]; /* FileDescriptorName=; "tls" means HTTPS */
};
/* The sockets handed over, close-on-exec; returns how many. The environment forgets them. */
uint32_t systemd_sockets(struct systemd_socket *out, uint32_t room);

#endif
