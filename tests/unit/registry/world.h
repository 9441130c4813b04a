/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: a small hub in a file, and requests to it as jobs, without sockets or threads. */
#ifndef BINOME_TESTS_REGISTRY_WORLD_H
#define BINOME_TESTS_REGISTRY_WORLD_H

#include "registry/job.h"
#include "registry/store/store.h"
#include "test.h"

#define OK(call) assert_int_equal((call), BN_OK)

struct world_party {
    uint32_t number;
    struct bn_id id, key;
    const char *slug;
};

/* Lends the path of a new database with two workstreams (ai, skills) and these three: operator, and two members. */
const char *world_make(void);
const struct world_party *world_operator(void), *world_acme(void), *world_nova(void);

/* Fills a job with what a broker would have sent; the frames are copies. type 0 = the member that is set. */
void world_fill(struct bn_job *job, const struct world_party *by, Binome__V1__Request *request, uint32_t type);
/* The same with body bytes as they are, and this id. */
void world_fill_bytes(struct bn_job *job, const struct world_party *by, const struct bn_id *id, uint32_t type,
                      const void *body, size_t size);

/* A proposal to be submitted; lent until the next call. */
Binome__V1__Request *world_proposal(const char *title, const char *workstream);

/* The reply that a packed job holds; the caller frees it with binome__v1__reply__free_unpacked. */
Binome__V1__Reply *world_reply(struct bn_job *job, struct bn_header *head);

#endif
