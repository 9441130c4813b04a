/* SPDX-License-Identifier: Apache-2.0 */
/* change_organisation.h: what changes of organisations and of their keys have in common. */
#ifndef BINOME_REGISTRY_CHANGE_ORGANISATION_H
#define BINOME_REGISTRY_CHANGE_ORGANISATION_H

#include "registry/act.h"

/* Reads the row of an organisation ("" = the caller's own) with its texts in the arena, so that it may be written back.
 * Refused with organisation.unknown. */
BN_CHECK enum bn_code bn_organisation_row(struct bn_act *act, const char *field, const char *slug,
                                          struct bn_organisation *row);

/* Refuses a key that anybody has already. */
BN_CHECK enum bn_code bn_key_judge(struct bn_act *act, const Binome__V1__Key *key, const char *field);
/* Writes a new key; the request has been accepted. */
BN_CHECK enum bn_code bn_key_put(struct bn_act *act, const Binome__V1__Key *key, uint32_t organisation);

#endif
