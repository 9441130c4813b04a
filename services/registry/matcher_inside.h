/* SPDX-License-Identifier: Apache-2.0 */
/* matcher_inside.h: what the matcher's files share. Nobody else includes it.
 *
 *   matcher.c  the thread    matcher_feed.c  from the store into the index    matcher_answer.c  from it to callers */
#ifndef BINOME_REGISTRY_MATCHER_INSIDE_H
#define BINOME_REGISTRY_MATCHER_INSIDE_H

#include "registry/act.h"
#include "registry/matcher.h"

/* A phase that holds from a later day on. */
struct plan {
    uint64_t object;
    int32_t day;
};

struct bn_matcher {
    char *path;
    struct bn_store_options options;
    struct bn_store *store;
    struct bn_directory *directory;
    uint64_t directory_version;
    struct bn_match *index;
    struct bn_arena *arena; /* of the document being fed, or of the text being shown */
    struct bn_match_answer *answer;
    uint64_t sequence, object; /* the last change fed */
    uint64_t reached;          /* ledger sequence up to which everything is fed */
    int32_t today;             /* the day for which the index stands */
    struct plan *plans;        /* of proposals that have been fed and whose day is to come */
    size_t plan_count, plan_room;
    uint32_t *absent; /* owners found suspended or gone; looked at again when the directory has changed */
    size_t absent_count, absent_room;
    uint64_t absent_version;
};

static inline struct bn_match_texts bn_matcher_texts(char **items, size_t count)
{
    return (struct bn_match_texts){(const char *const *)items, count};
}

/* ---- matcher_feed.c ---- */

/* Makes the document of an object; its texts are in the arena. BN_NOT_FOUND: the object carries no text of that kind.
 */
BN_CHECK enum bn_code bn_matcher_doc_load(struct bn_matcher *matcher, struct bn_arena *arena,
                                          const struct bn_object *object, struct bn_match_doc *doc);
/* Feeds a chunk of changes from one snapshot; true = there are more. An object that cannot be indexed is said in the
 * log and passed over: the others must not wait for it. */
bool bn_matcher_feed(struct bn_matcher *matcher);
/* Whether the index stands for a day that is past. */
bool bn_matcher_day_over(const struct bn_matcher *matcher);

/* ---- matcher_answer.c ---- */

/* Answers a MatchFind and packs the reply. */
void bn_matcher_answer(struct bn_matcher *matcher, struct bn_job *job);

#endif
