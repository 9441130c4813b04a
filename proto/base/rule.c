/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rule.h"

#include <string.h>

static const struct {
    const char *name, *params;
} rules[] = {
#define RULE_ROW(identifier, name, params) [BN_RULE_##identifier] = {name, params},
    BN_RULES(RULE_ROW)
#undef RULE_ROW
};

const char *bn_rule_name(enum bn_rule rule)
{
    return (unsigned)rule < BN_RULE_COUNT ? rules[rule].name : "";
}

const char *bn_rule_params(enum bn_rule rule)
{
    return (unsigned)rule < BN_RULE_COUNT ? rules[rule].params : "";
}

enum bn_rule bn_rule_find(const char *name)
{
    for (unsigned i = 0; name != NULL && i < BN_RULE_COUNT; i++)
        if (strcmp(rules[i].name, name) == 0)
            return (enum bn_rule)i;
    return BN_RULE_COUNT;
}
