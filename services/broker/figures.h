/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h: all that the broker counts: counters, latency, and per organisation and type of request.
 *
 * Types and their names come from the Request message's descriptor; a number that is none of them is counted as type 0,
 * "unknown". Organisations are added when the key table names them and stay, so that figures never go down. Owned by
 * the loop's thread; counting never allocates. */
#ifndef BINOME_BROKER_FIGURES_H
#define BINOME_BROKER_FIGURES_H

#include "base/id.h"
#include "binome/v1/stats.pb-c.h"
#include "broker/counters.h"

#include <stdbool.h>

enum { BN_FIGURES_ORGANISATIONS_MAX = 1000 }; /* in a snapshot; the others are summed up */

struct bn_organisation_figures {
    struct bn_id id;
    char *slug;
    uint32_t connections;
    uint64_t requests, refused, bytes_in, bytes_out;
};

struct bn_figures {
    uint64_t counters[BN_BROKER_COUNTER_COUNT];
    struct bn_histogram latency; /* microseconds from a request's arrival to its answer's departure */
    struct bn_organisation_figures *organisations;
    size_t organisations_count;
    struct bn_figures_private *own;
};

/* What a snapshot holds beside the counts. */
struct bn_figures_state {
    uint64_t number, uptime_ms;
    int64_t taken_ms;
    bool registry_up;
    uint64_t registry_seen_ms, registry_restarts;
    Binome__V1__RegistryFigures *registry; /* lent; NULL = none yet */
};

/* NULL when out of memory. */
struct bn_figures *bn_figures_create(void);
void bn_figures_destroy(struct bn_figures **figures);

/* Gives the place of an organisation in organisations[], made if need be; its slug is taken anew. UINT32_MAX when out
 * of memory. The array may move. */
uint32_t bn_figures_organisation(struct bn_figures *figures, const struct bn_id *id, const char *slug);

/* Counts one answer to a request of that type. */
void bn_figures_answered(struct bn_figures *figures, uint32_t type, enum bn_code code);

/* Gives a packed Stats from malloc(). BN_RESOURCE_EXHAUSTED when out of memory. */
BN_CHECK enum bn_code bn_figures_pack(const struct bn_figures *figures, const struct bn_figures_state *state,
                                      uint8_t **data, size_t *size);

#endif
