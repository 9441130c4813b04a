/* SPDX-License-Identifier: Apache-2.0 */
/* judged.h: a judged collection behind an index: its documents put in as offers, its queries asked as anybody's are.
 *
 * Both files hold a JSON object a line. Documents: {"id", "title", "text", "sectors": [...]}; queries: {"id", "text",
 * "title", "sectors": [...] or "domain": "..."}. Only id and text are needed. For match-eval and the tests. */
#ifndef BINOME_REGISTRY_MATCH_EVAL_JUDGED_H
#define BINOME_REGISTRY_MATCH_EVAL_JUDGED_H

#include "registry/match/match.h"

struct bn_judged;

/* Gives the collection with all documents in the index. lang is theirs and the queries', "" = find out.
 * With *why as bn_file_read and bn_tree_parse have it. */
BN_CHECK enum bn_code bn_judged_open(const char *docs, const char *queries, const char *lang, struct bn_judged **judged,
                                     struct bn_why *why);
void bn_judged_close(struct bn_judged **judged);

size_t bn_judged_queries(const struct bn_judged *judged);
const char *bn_judged_query_id(const struct bn_judged *judged, size_t query);

/* The id of a document by its number in an answer. */
const char *bn_judged_doc_id(const struct bn_judged *judged, uint64_t number);

/* Asks a query by its index: as a text, or `like` a proposal. */
BN_CHECK enum bn_code bn_judged_ask(struct bn_judged *judged, size_t query, bool like, uint32_t limit,
                                    struct bn_match_answer *answer);

void bn_judged_figures(const struct bn_judged *judged, struct bn_match_figures *figures);

#endif
