/* SPDX-License-Identifier: Apache-2.0 */
/* queries.h: the handlers of requests that only read, run by readers on a snapshot (act.h says how they behave).
 * Matching has a thread of its own (matcher.h) and is not among them. */
#ifndef BINOME_REGISTRY_QUERIES_H
#define BINOME_REGISTRY_QUERIES_H

#include "registry/act.h"

bn_act_fn bn_query_programme_get;
bn_act_fn bn_query_workstream_get;
bn_act_fn bn_query_workstream_list;
bn_act_fn bn_query_organisation_get;
bn_act_fn bn_query_organisation_list;
bn_act_fn bn_query_key_list;
bn_act_fn bn_query_proposal_get;
bn_act_fn bn_query_proposal_list;
bn_act_fn bn_query_status_list;
bn_act_fn bn_query_offer_get;
bn_act_fn bn_query_offer_list;
bn_act_fn bn_query_proof_get;

/* ---- pages: cut by key, by number of rows, by bytes, by what was looked at and by memory ---- */

/* The largest row, a status update of characters of four bytes each, has some 300 KiB: with it a page that was not full
 * stays below the 1 MiB that a client takes. Rows that were looked at and left out lie in the arena, too. */
enum {
    BN_PAGE_ROWS_DEFAULT = 50,
    BN_PAGE_ROWS_MAX = 500,
    BN_PAGE_BYTES_MAX = 640 * 1024,
    BN_PAGE_SCANNED_MAX = 20000,
    BN_PAGE_MEMORY_MAX = 5 * 1024 * 1024,
};

struct bn_page {
    uint64_t cursor; /* key of the last row looked at; 0 = from the start */
    uint32_t rows_max;
    size_t rows, bytes, scanned;
    const struct bn_arena *arena;
    size_t arena_before;
};

/* Reads a PageRequest (may be NULL). Refuses a token that is not one of ours. */
BN_CHECK enum bn_code bn_page_start(struct bn_act *act, const Binome__V1__PageRequest *request, const char *field,
                                    struct bn_page *page);
/* Whether there is room for another row. */
bool bn_page_open(const struct bn_page *page);
/* Counts a row that was put on the page; size is its packed size. */
void bn_page_add(struct bn_page *page, size_t size);
/* Gives the PageInfo: the token is empty when `finished`. */
Binome__V1__PageInfo *bn_page_end(struct bn_act *act, const struct bn_page *page, bool finished);

#endif
