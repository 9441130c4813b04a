/* SPDX-License-Identifier: Apache-2.0 */
/* What a daemon's loop hears from the system and tells it: signals, and systemd's notify protocol. That protocol is one
 * datagram to an address in the environment, so there is no library for it here. */
#include "link/loop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum bn_code bn_signal_open(const int *signals, size_t count, int *descriptor)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++)
        if (sigaddset(&set, signals[i]) != 0)
            return BN_INVALID_ARGUMENT;
    int opened = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (opened < 0)
        return bn_code_of_errno(errno);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) {
        close(opened);
        return bn_code_of_errno(error);
    }
    *descriptor = opened;
    return BN_OK;
}

int bn_signal_next(int descriptor)
{
    struct signalfd_siginfo info;
    ssize_t size;
    do {
        size = read(descriptor, &info, sizeof info);
    } while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void bn_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path)
        return;
    size_t length = strlen(path);
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* an abstract address has no NUL at its end, and one at its start */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sender < 0)
        return;
    /* Nobody acts on a failure here: systemd that does not hear from us will say so itself. */
    ssize_t sent = sendto(sender, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    (void)sent;
    close(sender);
}

unsigned bn_notify_watchdog_ms(void)
{
    const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (interval == NULL || (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    char *end;
    errno = 0;
    unsigned long long us = strtoull(interval, &end, 10);
    if (errno != 0 || end == interval || *end != '\0' || us == 0)
        return 0;
    unsigned long long half_ms = us / 2000;
    if (half_ms == 0)
        return 1;
    return half_ms < UINT32_MAX ? (unsigned)half_ms : UINT32_MAX;
}
