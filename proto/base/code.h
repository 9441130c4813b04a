/* SPDX-License-Identifier: Apache-2.0 */
/* code.h: one vocabulary of results from disk to wire, and what somebody must act on.
 *
 * The numbers are gRPC's and those of Code in envelope.proto: a code may be put into a Header as it is.
 * Foreign codes (errno, SQLite, ZeroMQ) are translated once, where they come in. */
#ifndef BINOME_BASE_CODE_H
#define BINOME_BASE_CODE_H

#include <stddef.h>
#include <stdint.h>

#define BN_CHECK               __attribute__((warn_unused_result))
#define BN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define BN_COUNT(array)        (sizeof(array) / sizeof((array)[0]))

enum bn_code {
    BN_OK = 0,
    BN_CANCELLED = 1,
    BN_UNKNOWN = 2,
    BN_INVALID_ARGUMENT = 3,
    BN_DEADLINE_EXCEEDED = 4,
    BN_NOT_FOUND = 5,
    BN_ALREADY_EXISTS = 6,
    BN_PERMISSION_DENIED = 7,
    BN_RESOURCE_EXHAUSTED = 8,
    BN_FAILED_PRECONDITION = 9,
    BN_ABORTED = 10,
    BN_OUT_OF_RANGE = 11,
    BN_UNIMPLEMENTED = 12,
    BN_INTERNAL = 13,
    BN_UNAVAILABLE = 14,
    BN_DATA_LOSS = 15,
    BN_UNAUTHENTICATED = 16,
    BN_CODES = 17
};

/* Lends the canonical name, such as "INVALID_ARGUMENT"; "UNKNOWN" for a number that is none. */
const char *bn_code_name(enum bn_code code);

/* The result for an errno value: ENOENT is NOT_FOUND, EACCES PERMISSION_DENIED, ENOSPC RESOURCE_EXHAUSTED,
 * ENOMEM RESOURCE_EXHAUSTED, EEXIST ALREADY_EXISTS, EADDRINUSE FAILED_PRECONDITION, ...; else INTERNAL. */
enum bn_code bn_code_of_errno(int error);

/* What a person must act on: which field or place, which rule of base/rule.h, and a sentence in English for logs.
 * A buffer of the caller's; functions fill it and never keep it. Every function takes NULL for "not interested". */
struct bn_why {
    char field[192];  /* path of a field, or a file with its line: "proposal.title", "broker.yaml:12" */
    char rule[64];    /* name of a rule, may be empty */
    char detail[384]; /* English, for logs */
};

/* Fills *why (when not NULL; texts that are too long are cut at a character's end) and returns code. */
enum bn_code bn_why_set(struct bn_why *why, enum bn_code code, const char *field, const char *rule,
                        const char *detail_format, ...) BN_PRINTF(5, 6);

#endif
