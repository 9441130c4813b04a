/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/matcher_inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    NICE = 5, /* feeding gives way to receipts when the machine is full */
    ARENA_BLOCK = 64 * 1024,
    ARENA_MAX = 16 * 1024 * 1024,
};

struct bn_matcher *bn_matcher_create(const char *path, const struct bn_store_options *options)
{
    struct bn_matcher *matcher = calloc(1, sizeof *matcher);
    if (matcher == NULL)
        return NULL;
    matcher->options = *options;
    matcher->path = strdup(path);
    if (matcher->path == NULL)
        bn_matcher_destroy(&matcher);
    return matcher;
}

void bn_matcher_destroy(struct bn_matcher **matcher)
{
    if (*matcher == NULL)
        return;
    free((*matcher)->path);
    free(*matcher);
    *matcher = NULL;
}

static enum bn_code start(void *state, struct bn_why *why)
{
    struct bn_matcher *matcher = state;
    enum bn_code code = bn_store_open_reader(matcher->path, &matcher->options, &matcher->store, why);
    if (code != BN_OK)
        return code;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    matcher->directory = bn_directory_create(matcher->store);
    matcher->index = bn_match_create();
    matcher->arena = bn_arena_create(ARENA_BLOCK, ARENA_MAX);
    matcher->answer = malloc(sizeof *matcher->answer);
    if (matcher->directory == NULL || matcher->index == NULL || matcher->arena == NULL || matcher->answer == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory for the match index");
    return BN_OK;
}

static void stop(void *state)
{
    struct bn_matcher *matcher = state;
    free(matcher->answer);
    free(matcher->absent);
    free(matcher->plans);
    bn_arena_destroy(&matcher->arena);
    bn_match_destroy(&matcher->index);
    bn_directory_destroy(&matcher->directory);
    bn_store_close(&matcher->store);
}

static void *work(void *state, void *passed)
{
    struct bn_matcher *matcher = state;
    struct bn_matcher_item *item = passed;
    if (item->job != NULL)
        bn_matcher_answer(matcher, item->job);
    else
        item->more = bn_matcher_feed(matcher);
    item->fed = matcher->reached;
    bn_match_figures_take(matcher->index, &item->figures);
    return item;
}

const struct bn_worker_kind bn_matcher_kind = {.name = "matcher", .start = start, .work = work, .stop = stop};
