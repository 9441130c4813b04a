/* SPDX-License-Identifier: Apache-2.0 */
/* source.h: the files of a corpus, one JSON object a line, read into a plan. */
#ifndef BINOME_CLI_IMPORT_SOURCE_H
#define BINOME_CLI_IMPORT_SOURCE_H

#include "cli/import/plan.h"

/* Which files a folder holds, or the one file that was named. Paths are on the heap. */
struct bn_source {
    char *paths[BN_FILES]; /* NULL = there is none */
};

/* Finds organisations.jsonl, workstreams.jsonl, proposals.jsonl, offers.jsonl and status.jsonl in a folder; of a single
 * file the name says what it holds. BN_NOT_FOUND with *why when there is none of them. */
BN_CHECK enum bn_code bn_source_open(const char *path, struct bn_source *source, struct bn_why *why);
void bn_source_close(struct bn_source *source);

/* Lends the format whose ids the first records have; NULL when no format fits. */
const struct bn_format *bn_source_detect(const struct bn_source *source);

/* Maps every record of every file into the plan, organisations first. A line that is no record becomes a refusal. */
BN_CHECK enum bn_code bn_source_map(const struct bn_source *source, const struct bn_format *format,
                                    struct bn_plan *plan, struct bn_why *why);

#endif
