/* SPDX-License-Identifier: Apache-2.0 */
/* directory.h: organisations, keys and workstreams as one thread remembers them, so that a request costs no look-ups.
 *
 * A cache over one store (or one reader's snapshot), owned by its thread. Whoever changes organisations, keys or
 * workstreams forgets it; readers forget theirs when a job says that the directory has a newer version. Functions give
 * BN_NOT_FOUND where there is none, or the store's code. */
#ifndef BINOME_REGISTRY_DIRECTORY_H
#define BINOME_REGISTRY_DIRECTORY_H

#include "registry/rules/caller.h"
#include "registry/store/store.h"
#include "wire/header.h"

struct bn_directory;

struct bn_directory *bn_directory_create(struct bn_store *store);
void bn_directory_destroy(struct bn_directory **directory);
void bn_directory_forget(struct bn_directory *directory);

/* Who stands behind an Origin; lent until forgotten. BN_UNAUTHENTICATED with the rule in *check when it may not speak.
 */
BN_CHECK enum bn_code bn_directory_caller(struct bn_directory *directory, const struct bn_origin *origin,
                                          int64_t now_ms, struct bn_check *check, const struct bn_caller **caller);

struct bn_brief {
    uint32_t number, kind, state;
    struct bn_id id;
    char slug[BN_SLUG_SIZE];
    char country[4];
    char *legal_name;
};

/* Lent until forgotten. */
BN_CHECK enum bn_code bn_directory_organisation(struct bn_directory *directory, uint32_t number,
                                                const struct bn_brief **brief);
BN_CHECK enum bn_code bn_directory_organisation_named(struct bn_directory *directory, const char *slug,
                                                      const struct bn_brief **brief);

BN_CHECK enum bn_code bn_directory_workstream(struct bn_directory *directory, const char *slug, uint32_t *number);
/* Lends the slug; "" when there is no such number. */
const char *bn_directory_workstream_slug(struct bn_directory *directory, uint32_t number);
size_t bn_directory_workstream_count(struct bn_directory *directory);

#endif
