/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: from a query to what is looked for, and what each part is worth.
 *
 * A group is one criterion: a word in all the forms under which it may stand in the index, or one of the source's
 * facts. A scan is a group's lists of one language: a document has one language, so a group's scans share no document
 * and their points may be added; within a scan the best list counts. */
#ifndef BINOME_REGISTRY_MATCH_PLAN_H
#define BINOME_REGISTRY_MATCH_PLAN_H

#include "registry/match/index.h"

/* Points are counted in 2^-24 of all that can be had. */
enum { BN_POINT_BITS = 24, BN_POINTS_ALL = 1 << BN_POINT_BITS };

enum bn_criterion {
    BN_CRITERION_WORD,
    BN_CRITERION_SECTOR,
    BN_CRITERION_REGION,
    BN_CRITERION_LANGUAGE,
    BN_CRITERION_WORKSTREAM, /* these two have no lists: they stand in the document's face */
    BN_CRITERION_TRL,
    BN_CRITERIA
};

struct bn_group {
    enum bn_criterion criterion;
    uint32_t weight; /* points */
    uint32_t scan_first, scan_count;
};

struct bn_scan {
    uint32_t weight;
    uint32_t list_first, list_count;
    bool only_with_others; /* such a fact alone makes nobody a counterpart */
};

/* A word of the query. */
struct bn_asked {
    uint32_t text, size; /* in texts */
    uint32_t quarters;   /* how often, by the fields' weights */
    uint32_t order;      /* of its first coming */
    bool compound;
    uint32_t open; /* open documents that hold it, at most */
    double weight;
    uint32_t scan_first, scan_count;
};

struct bn_plan {
    const struct bn_index *index;
    const struct bn_match_query *query;
    enum bn_lang lang;
    bool only_stops;        /* the query has no other words */
    uint64_t open_docs;     /* that count for this caller */
    double average;         /* length of these, in words */
    struct bn_strings keys; /* first keys of the words: number = index of asked before it is sorted */
    struct bn_asked *asked; /* by key, later by weight */
    uint32_t asked_count, asked_max;
    char *texts;
    uint32_t text_used, text_max;
    struct bn_scan *scans;
    uint32_t scan_count, scan_max;
    uint32_t *lists; /* terms */
    uint32_t list_count, list_max;
    struct bn_group *groups;
    uint32_t group_count, group_max;
    uint32_t word_groups;
};

/* In place; zeros are a plan that was never made. */
void bn_plan_start(struct bn_plan *plan);
void bn_plan_finish(struct bn_plan *plan);
size_t bn_plan_bytes(const struct bn_plan *plan);

/* Lends index and query until the search is over. */
BN_CHECK enum bn_code bn_plan_make(struct bn_plan *plan, const struct bn_index *index,
                                   const struct bn_match_query *query);

/* ---- between the files of the plan ---- */

/* The words of the query, all different, in the order of coming. */
BN_CHECK enum bn_code bn_plan_ask(struct bn_plan *plan);
/* Starts a scan, and adds lists to the newest one. */
BN_CHECK enum bn_code bn_plan_scan(struct bn_plan *plan);
BN_CHECK enum bn_code bn_plan_list(struct bn_plan *plan, uint32_t term);

#endif
