/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/rule.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key file is 40 characters and a line's end; twice that is read, to see that there is no more. */
enum { KEYFILE_BYTES_MAX = 96, READ_STEP = 4096 };

static enum bn_code errno_why(struct bn_why *why, enum bn_rule rule, const char *path, const char *doing)
{
    int error = errno;
    if (error == ENOENT)
        rule = BN_RULE_FILE_ABSENT;
    if (error == ENOSPC || error == EDQUOT)
        rule = BN_RULE_DISK_FULL;
    return bn_why_set(why, bn_code_of_errno(error), path, bn_rule_name(rule), "%s %s: %s", doing, path,
                      strerrordesc_np(error));
}

static ssize_t read_again(int fd, void *out, size_t size)
{
    ssize_t got;
    do
        got = read(fd, out, size);
    while (got < 0 && errno == EINTR);
    return got;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            data += put;
            size -= (size_t)put;
        }
    }
    return true;
}

/* O_NONBLOCK keeps a pipe somebody put there from holding us up; for a regular file it means nothing. */
static enum bn_code open_regular(const char *path, int flags, int *fd, struct stat *status, struct bn_why *why)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    if (*fd < 0)
        return errno_why(why, errno == ELOOP ? BN_RULE_FILE_LINK : BN_RULE_FILE_READ, path, "cannot open");
    enum bn_code code = BN_OK;
    if (fstat(*fd, status) != 0)
        code = errno_why(why, BN_RULE_FILE_READ, path, "cannot look at");
    else if (!S_ISREG(status->st_mode))
        code = bn_why_set(why, BN_FAILED_PRECONDITION, path, bn_rule_name(BN_RULE_FILE_FORM),
                          "%s is not a regular file", path);
    if (code != BN_OK)
        close(*fd);
    return code;
}

/* The size that fstat told is only where to start: files of /proc say 0, others grow while they are read. */
static enum bn_code read_open(int fd, const char *path, size_t guess, size_t size_max, char **data, size_t *size,
                              struct bn_why *why)
{
    size_t room = (guess < size_max ? guess : size_max) + 2, used = 0;
    char *text = malloc(room);
    while (text != NULL) {
        ssize_t got = read_again(fd, text + used, room - used - 1);
        if (got < 0) {
            free(text);
            return errno_why(why, BN_RULE_FILE_READ, path, "cannot read");
        }
        used += (size_t)got;
        if (used > size_max) {
            free(text);
            return bn_why_set(why, BN_RESOURCE_EXHAUSTED, path, bn_rule_name(BN_RULE_FILE_TOO_LONG),
                              "%s has more than %zu bytes", path, size_max);
        }
        if (got == 0) {
            text[used] = '\0';
            *data = text;
            *size = used;
            return BN_OK;
        }
        if (room - used < 2) {
            room += used + READ_STEP;
            char *larger = realloc(text, room);
            if (larger == NULL)
                free(text);
            text = larger;
        }
    }
    return bn_why_set(why, BN_RESOURCE_EXHAUSTED, path, bn_rule_name(BN_RULE_LIMIT_MEMORY), "out of memory for %s",
                      path);
}

enum bn_code bn_file_read(const char *path, size_t size_max, char **data, size_t *size, struct bn_why *why)
{
    int fd;
    struct stat status;
    enum bn_code code = open_regular(path, 0, &fd, &status, why);
    if (code != BN_OK)
        return code;
    code = read_open(fd, path, (size_t)status.st_size, size_max, data, size, why);
    close(fd);
    return code;
}

/* Length of the part of path that names its folder, slash included; 0 when it is the current one. */
static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static bool folder_sync(const char *path)
{
    size_t size = folder_size(path);
    char *folder = size == 0 ? strdup(".") : strndup(path, size);
    int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return false;
    bool done = fsync(fd) == 0 || errno == EINVAL; /* EINVAL: a file system that has no such thing */
    close(fd);
    return done;
}

/* Gives the name of a temporary file beside path with these bytes in it, on disk; NULL with errno set. */
static char *write_beside(const char *path, const void *data, size_t size, unsigned mode)
{
    size_t room = strlen(path) + sizeof "..XXXXXX";
    size_t folder = folder_size(path);
    char *name = malloc(room);
    if (name == NULL)
        return NULL;
    memcpy(name, path, folder);
    name[folder] = '.';
    strcpy(name + folder + 1, path + folder);
    strcat(name, ".XXXXXX");
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) {
        free(name);
        return NULL;
    }
    bool done = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, data, size) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && done) {
        error = errno;
        done = false;
    }
    if (done)
        return name;
    unlink(name);
    free(name);
    errno = error;
    return NULL;
}

enum bn_code bn_file_write(const char *path, const void *data, size_t size, unsigned mode, struct bn_why *why)
{
    char *name = write_beside(path, data, size, mode);
    if (name == NULL)
        return errno_why(why, BN_RULE_FILE_WRITE, path, "cannot write");
    enum bn_code code = BN_OK;
    if (rename(name, path) != 0) {
        code = errno_why(why, BN_RULE_FILE_WRITE, path, "cannot put in place");
        unlink(name);
    } else if (!folder_sync(path)) {
        code = errno_why(why, BN_RULE_FILE_WRITE, path, "cannot sync the folder of");
    }
    free(name);
    return code;
}

static enum bn_code folder_one(const char *path, unsigned mode, struct bn_why *why)
{
    struct stat status;
    if (mkdir(path, (mode_t)mode) == 0)
        return BN_OK;
    int error = errno;
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return BN_OK;
        error = ENOTDIR;
    }
    errno = error;
    return errno_why(why, BN_RULE_FILE_WRITE, path, "cannot make folder");
}

enum bn_code bn_folder_make(const char *path, unsigned mode, struct bn_why *why)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return errno_why(why, BN_RULE_LIMIT_MEMORY, path, "cannot make folder");
    enum bn_code code = BN_OK;
    for (char *at = copy; code == BN_OK && *at != '\0'; at++) {
        if (*at != '/' || at == copy || at[-1] == '/')
            continue;
        *at = '\0';
        code = folder_one(copy, mode, why);
        *at = '/';
    }
    if (code == BN_OK)
        code = folder_one(copy, mode, why);
    free(copy);
    return code;
}

void bn_keypair_make(struct bn_keypair *pair)
{
    crypto_box_keypair(pair->public_key, pair->secret_key);
}

/* Judged on the open descriptor: a look at the name could be answered about another file. */
static enum bn_code keyfile_judge(const char *path, const struct stat *status, struct bn_why *why)
{
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return bn_why_set(why, BN_FAILED_PRECONDITION, path, bn_rule_name(BN_RULE_FILE_OWNER),
                          "%s belongs to user %u, neither to this one nor to root", path, (unsigned)status->st_uid);
    if ((status->st_mode & 077) != 0)
        return bn_why_set(why, BN_FAILED_PRECONDITION, path, bn_rule_name(BN_RULE_FILE_MODE),
                          "%s has mode %04o: group or others have rights on a secret key; make it 0600", path,
                          (unsigned)(status->st_mode & 07777));
    return BN_OK;
}

static bool keyfile_parse(char *text, size_t size, struct bn_keypair *pair)
{
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size > 0 && text[size - 1] == '\r')
        size--;
    text[size] = '\0';
    return bn_z85_decode(text, pair->secret_key) && strlen(text) == size &&
           crypto_scalarmult_base(pair->public_key, pair->secret_key) == 0;
}

enum bn_code bn_keyfile_read(const char *path, struct bn_keypair *pair, struct bn_why *why)
{
    int fd;
    struct stat status;
    enum bn_code code = open_regular(path, O_NOFOLLOW, &fd, &status, why);
    if (code != BN_OK)
        return code;
    code = keyfile_judge(path, &status, why);
    if (code == BN_OK) {
        char text[KEYFILE_BYTES_MAX];
        struct bn_keypair read = {{0}, {0}};
        ssize_t size = read_again(fd, text, sizeof text - 1);
        if (size < 0)
            code = errno_why(why, BN_RULE_FILE_READ, path, "cannot read");
        else if (!keyfile_parse(text, (size_t)size, &read))
            code = bn_why_set(why, BN_INVALID_ARGUMENT, path, bn_rule_name(BN_RULE_KEY_FORM),
                              "%s is not one line of 40 characters of z85", path);
        else
            *pair = read;
        bn_wipe(text, sizeof text);
        bn_wipe(&read, sizeof read);
    }
    close(fd);
    return code;
}

/* link() and not rename(), because it refuses to take the place of a file that is there. */
enum bn_code bn_keyfile_write(const char *path, const struct bn_keypair *pair, struct bn_why *why)
{
    char text[BN_Z85_SIZE + 1];
    bn_z85_encode(pair->secret_key, text);
    text[BN_Z85_SIZE - 1] = '\n';
    char *name = write_beside(path, text, BN_Z85_SIZE, 0600);
    bn_wipe(text, sizeof text);
    if (name == NULL)
        return errno_why(why, BN_RULE_FILE_WRITE, path, "cannot write");
    enum bn_code code = BN_OK;
    if (link(name, path) != 0)
        code = errno_why(why, errno == EEXIST ? BN_RULE_FILE_EXISTS : BN_RULE_FILE_WRITE, path, "cannot write");
    unlink(name);
    if (code == BN_OK && !folder_sync(path))
        code = errno_why(why, BN_RULE_FILE_WRITE, path, "cannot sync the folder of");
    free(name);
    return code;
}

void bn_wipe(void *data, size_t size)
{
    sodium_memzero(data, size);
}
