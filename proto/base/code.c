/* SPDX-License-Identifier: Apache-2.0 */
#include "base/code.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[] = {
    [BN_OK] = "OK",
    [BN_CANCELLED] = "CANCELLED",
    [BN_UNKNOWN] = "UNKNOWN",
    [BN_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
    [BN_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
    [BN_NOT_FOUND] = "NOT_FOUND",
    [BN_ALREADY_EXISTS] = "ALREADY_EXISTS",
    [BN_PERMISSION_DENIED] = "PERMISSION_DENIED",
    [BN_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
    [BN_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
    [BN_ABORTED] = "ABORTED",
    [BN_OUT_OF_RANGE] = "OUT_OF_RANGE",
    [BN_UNIMPLEMENTED] = "UNIMPLEMENTED",
    [BN_INTERNAL] = "INTERNAL",
    [BN_UNAVAILABLE] = "UNAVAILABLE",
    [BN_DATA_LOSS] = "DATA_LOSS",
    [BN_UNAUTHENTICATED] = "UNAUTHENTICATED",
};
_Static_assert(BN_COUNT(code_names) == BN_CODES, "name every code");

static const struct {
    int error;
    enum bn_code code;
} errno_codes[] = {
    {0, BN_OK},
    {ENOENT, BN_NOT_FOUND},
    {ENODEV, BN_NOT_FOUND},
    {ENXIO, BN_NOT_FOUND},
    {EACCES, BN_PERMISSION_DENIED},
    {EPERM, BN_PERMISSION_DENIED},
    {EROFS, BN_PERMISSION_DENIED},
    {ENOSPC, BN_RESOURCE_EXHAUSTED},
    {EDQUOT, BN_RESOURCE_EXHAUSTED},
    {EFBIG, BN_RESOURCE_EXHAUSTED},
    {ENOMEM, BN_RESOURCE_EXHAUSTED},
    {EMFILE, BN_RESOURCE_EXHAUSTED},
    {ENFILE, BN_RESOURCE_EXHAUSTED},
    {ENOBUFS, BN_RESOURCE_EXHAUSTED},
    {EEXIST, BN_ALREADY_EXISTS},
    {EADDRINUSE, BN_FAILED_PRECONDITION},
    {EADDRNOTAVAIL, BN_FAILED_PRECONDITION},
    {EISDIR, BN_FAILED_PRECONDITION},
    {ENOTDIR, BN_FAILED_PRECONDITION},
    {ENOTEMPTY, BN_FAILED_PRECONDITION},
    {ELOOP, BN_FAILED_PRECONDITION},
    {ETXTBSY, BN_FAILED_PRECONDITION},
    {EINVAL, BN_INVALID_ARGUMENT},
    {ENAMETOOLONG, BN_INVALID_ARGUMENT},
    {EILSEQ, BN_INVALID_ARGUMENT},
    {EAGAIN, BN_UNAVAILABLE},
    {EBUSY, BN_UNAVAILABLE},
    {ECONNREFUSED, BN_UNAVAILABLE},
    {ECONNRESET, BN_UNAVAILABLE},
    {EHOSTUNREACH, BN_UNAVAILABLE},
    {ENETUNREACH, BN_UNAVAILABLE},
    {EPIPE, BN_UNAVAILABLE},
    {ETIMEDOUT, BN_DEADLINE_EXCEEDED},
    {EINTR, BN_CANCELLED},
    {ECANCELED, BN_CANCELLED},
    {ERANGE, BN_OUT_OF_RANGE},
    {EOVERFLOW, BN_OUT_OF_RANGE},
    {ENOSYS, BN_UNIMPLEMENTED},
    {ENOTSUP, BN_UNIMPLEMENTED},
};

const char *bn_code_name(enum bn_code code)
{
    return (unsigned)code < BN_CODES ? code_names[code] : code_names[BN_UNKNOWN];
}

enum bn_code bn_code_of_errno(int error)
{
    for (size_t i = 0; i < BN_COUNT(errno_codes); i++)
        if (errno_codes[i].error == error)
            return errno_codes[i].code;
    return BN_INTERNAL;
}

/* memmove, because a caller may pass a part of the same struct: a field's path with something put in front. What was
 * cut within a character, or came from a stranger and could play tricks on a terminal, becomes a question mark. */
static void put_text(char *out, size_t out_size, const char *text)
{
    if (text == NULL)
        text = "";
    size_t size = bn_utf8_cut(text, strlen(text), out_size - 1);
    memmove(out, text, size);
    out[size] = '\0';
    for (size_t fault; bn_utf8_check(out, size, &fault) != BN_UTF8_GOOD;)
        out[fault] = '?';
}

enum bn_code bn_why_set(struct bn_why *why, enum bn_code code, const char *field, const char *rule,
                        const char *detail_format, ...)
{
    if (why == NULL)
        return code;
    char detail[2 * sizeof why->detail] = "";
    if (detail_format != NULL) {
        va_list args;
        va_start(args, detail_format);
        if (vsnprintf(detail, sizeof detail, detail_format, args) < 0)
            detail[0] = '\0';
        va_end(args);
    }
    put_text(why->field, sizeof why->field, field);
    put_text(why->rule, sizeof why->rule, rule);
    put_text(why->detail, sizeof why->detail, detail);
    return code;
}
