/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/check.h"

#include <inttypes.h>
#include <stdarg.h>

void bn_check_start(struct bn_check *check, struct bn_arena *arena)
{
    check->arena = arena;
    check->code = BN_OK;
    check->count = 0;
    check->dropped = 0;
}

/* A refusal must reach its sender even when the arena is full: then it goes without the text that does not fit. */
static const char *keep(struct bn_check *check, const char *text)
{
    const char *copy = bn_arena_text(check->arena, text);
    return copy != NULL ? copy : "";
}

enum bn_code bn_check_fail(struct bn_check *check, enum bn_code code, const char *field, enum bn_rule rule, ...)
{
    if (check->code == BN_OK)
        check->code = code;
    if (check->count == BN_VIOLATIONS_MAX) {
        check->dropped++;
        return check->code;
    }
    struct bn_violation *violation = &check->violations[check->count++];
    *violation = (struct bn_violation){.field = keep(check, field), .rule = rule};
    va_list params;
    va_start(params, rule);
    for (size_t i = 0; i < BN_VIOLATION_PARAMS_MAX; i++) {
        const char *param = va_arg(params, const char *);
        if (param == NULL)
            break;
        violation->params[i] = keep(check, param);
    }
    va_end(params);
    return check->code;
}

const char *bn_check_number(struct bn_check *check, int64_t value)
{
    const char *text = bn_arena_format(check->arena, "%" PRId64, value);
    return text != NULL ? text : "?";
}
