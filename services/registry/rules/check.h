/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: what a request broke, gathered for its sender: field, rule and the rule's parameters.
 *
 * Bounded: after BN_VIOLATIONS_MAX further ones are only counted. Texts live in the arena of the request. */
#ifndef BINOME_REGISTRY_RULES_CHECK_H
#define BINOME_REGISTRY_RULES_CHECK_H

#include "base/code.h"
#include "base/rule.h"
#include "wire/arena.h"

#include <stdbool.h>

enum { BN_VIOLATIONS_MAX = 32, BN_VIOLATION_PARAMS_MAX = 3 };

struct bn_violation {
    const char *field;
    enum bn_rule rule;
    const char *params[BN_VIOLATION_PARAMS_MAX]; /* in the order of base/rule.h; NULL = none */
};

struct bn_check {
    struct bn_arena *arena;
    enum bn_code code; /* BN_OK, or that of the first violation */
    size_t count;      /* violations held */
    size_t dropped;
    struct bn_violation violations[BN_VIOLATIONS_MAX];
};

void bn_check_start(struct bn_check *check, struct bn_arena *arena);

/* Adds a violation: params are texts (copied), closed by NULL. Gives check->code, so that a rule can end with
 * `return bn_check_fail(...)`. */
enum bn_code bn_check_fail(struct bn_check *check, enum bn_code code, const char *field, enum bn_rule rule, ...)
    __attribute__((sentinel));

#define BN_FAIL(check, code, field, ...) bn_check_fail(check, code, field, __VA_ARGS__, (const char *)0)

/* Lends the decimal text of a number, in the arena ("?" when that is full). */
const char *bn_check_number(struct bn_check *check, int64_t value);

#endif
