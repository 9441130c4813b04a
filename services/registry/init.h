/* SPDX-License-Identifier: Apache-2.0 */
/* init.h: a new hub: database, programme, workstreams, and the operator with its first key. Every other organisation
 * and key is enrolled by request. */
#ifndef BINOME_REGISTRY_INIT_H
#define BINOME_REGISTRY_INIT_H

#include "base/code.h"

struct bn_init {
    const char *operator_slug, *operator_name, *operator_key; /* key: z85, the public one */
    const char *programme, *currency, *language;
};

/* BN_ALREADY_EXISTS when the hub has a programme already: nothing is changed. BN_INVALID_ARGUMENT with *why for a value
 * that a request could not hold either. */
BN_CHECK enum bn_code bn_hub_init(const char *database, const struct bn_init *init, struct bn_why *why);

#endif
