/* SPDX-License-Identifier: Apache-2.0 */
#include "link/endpoint.h"

#include "base/rule.h"
#include "link/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TCP "tcp://"
#define IPC "ipc://"
/* of hosts and of network interfaces */
#define NAME "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

const char *bn_endpoint_path(const char *endpoint)
{
    return starts_with(endpoint, IPC) ? endpoint + strlen(IPC) : NULL;
}

static bool port_is_good(const char *port)
{
    if (strcmp(port, "*") == 0)
        return true;
    unsigned value = 0;
    size_t digits = strspn(port, "0123456789");
    if (digits == 0 || digits > 5 || port[digits] != '\0')
        return false;
    for (const char *at = port; *at != '\0'; at++)
        value = 10 * value + (unsigned)(*at - '0');
    return value >= 1 && value <= 65535;
}

/* A name, an IPv4 address, an IPv6 address in brackets, or * for all interfaces. ';' would be libzmq's way to give a
 * source address. */
static bool host_is_good(const char *host, size_t size)
{
    if (size == 1 && host[0] == '*')
        return true;
    if (size > 2 && host[0] == '[' && host[size - 1] == ']')
        return strspn(host + 1, NAME ":%") == size - 2;
    return size > 0 && strspn(host, NAME) >= size;
}

enum bn_code bn_endpoint_check(const char *endpoint, struct bn_why *why)
{
    const char *path = bn_endpoint_path(endpoint);
    if (path != NULL) {
        if (path[0] == '\0' || path[0] == '@' || path[0] == '*')
            return bn_why_set(why, BN_INVALID_ARGUMENT, endpoint, bn_rule_name(BN_RULE_ENDPOINT_FORM),
                              "%s: ipc:// needs the path of a socket file", endpoint);
        if (strlen(path) > BN_IPC_PATH_MAX)
            return bn_why_set(why, BN_INVALID_ARGUMENT, endpoint, bn_rule_name(BN_RULE_ENDPOINT_FORM),
                              "%s: the path of a socket file has at most %d bytes", endpoint, BN_IPC_PATH_MAX);
        return BN_OK;
    }
    const char *host = starts_with(endpoint, TCP) ? endpoint + strlen(TCP) : NULL;
    const char *colon = host != NULL ? strrchr(host, ':') : NULL;
    if (colon == NULL || strlen(endpoint) >= BN_ENDPOINT_SIZE || !host_is_good(host, (size_t)(colon - host)) ||
        !port_is_good(colon + 1))
        return bn_why_set(why, BN_INVALID_ARGUMENT, endpoint, bn_rule_name(BN_RULE_ENDPOINT_FORM),
                          "%s: neither tcp://HOST:PORT nor ipc://PATH", endpoint);
    return BN_OK;
}

static enum bn_code cannot_write(const char *path, int error, struct bn_why *why)
{
    return bn_why_set(why, bn_code_of_errno(error), path, bn_rule_name(BN_RULE_FILE_WRITE), "%s: %s", path,
                      strerror(error));
}

/* 0 when a server answers at the socket file, else why not. Never waits: a full backlog is a server, too. */
static int knock(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return errno;
    int error = connect(probe, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(probe);
    return error == EAGAIN ? 0 : error;
}

enum bn_code bn_endpoint_clear(const char *endpoint, const char *path, struct bn_why *why)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? BN_OK : cannot_write(path, errno, why);
    /* libzmq would unlink whatever lies there, and a living server's file under its feet */
    if (!S_ISSOCK(status.st_mode))
        return bn_why_set(why, BN_ALREADY_EXISTS, path, bn_rule_name(BN_RULE_FILE_EXISTS),
                          "%s is there and is no socket; it is left alone", path);
    int error = knock(path);
    if (error == 0)
        return bn_why_set(why, BN_FAILED_PRECONDITION, endpoint, bn_rule_name(BN_RULE_ENDPOINT_IN_USE),
                          "%s: another server answers there", endpoint);
    if (error != ECONNREFUSED)
        return error == ENOENT ? BN_OK : cannot_write(path, error, why);
    return unlink(path) == 0 || errno == ENOENT ? BN_OK : cannot_write(path, errno, why);
}
