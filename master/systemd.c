/* systemd.c -- see systemd.h. */
#include "master/systemd.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "shm/world.h"

void systemd_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void systemd_reloading(void)
{
    /* Type=notify-reload (systemd 253 and later) matches READY to RELOADING by this time. */
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading",
               (long long)world_ticks_us());
}

void systemd_stopping(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=draining");
}

void systemd_main_pid(pid_t pid)
{
    sd_notifyf(0, "MAINPID=%d", (int)pid);
}

void systemd_watchdog(void)
{
    sd_notify(0, "WATCHDOG=1");
}

uint64_t systemd_watchdog_us(void)
{
    uint64_t us = 0;

    return sd_watchdog_enabled(0, &us) > 0 ? us : 0;
}

uint32_t systemd_sockets(struct systemd_socket *out, uint32_t room)
{
    char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names);
    uint32_t count = 0;

    for (int i = 0; i < n; i++) {
        if (count < room) {
            out[count].fd = SD_LISTEN_FDS_START + i;
            snprintf(out[count].name, sizeof(out[count].name), "%s",
                     names && names[i] ? names[i] : "");
            count++;
        }
        if (names)
            free(names[i]);
    }
    free(names);
    return count;
}
