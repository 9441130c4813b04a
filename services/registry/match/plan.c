/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FORMS_MAX = 12 }; /* terms behind one second key; there are never that many unless somebody tries */

void bn_plan_start(struct bn_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    bn_strings_start(&plan->keys);
}

void bn_plan_finish(struct bn_plan *plan)
{
    bn_strings_finish(&plan->keys);
    free(plan->asked);
    free(plan->texts);
    free(plan->scans);
    free(plan->lists);
    free(plan->groups);
    memset(plan, 0, sizeof *plan);
}

size_t bn_plan_bytes(const struct bn_plan *plan)
{
    return bn_strings_bytes(&plan->keys) + plan->asked_max * sizeof *plan->asked + plan->text_max +
           plan->scan_max * sizeof *plan->scans + plan->list_max * sizeof *plan->lists +
           plan->group_max * sizeof *plan->groups;
}

enum bn_code bn_plan_scan(struct bn_plan *plan)
{
    void *scans = plan->scans;
    if (!bn_grow(&scans, &plan->scan_max, plan->scan_count + 1, sizeof *plan->scans))
        return BN_RESOURCE_EXHAUSTED;
    plan->scans = scans;
    plan->scans[plan->scan_count++] = (struct bn_scan){.list_first = plan->list_count};
    return BN_OK;
}

enum bn_code bn_plan_list(struct bn_plan *plan, uint32_t term)
{
    struct bn_scan *scan = &plan->scans[plan->scan_count - 1];
    void *lists = plan->lists;
    for (uint32_t i = 0; i < scan->list_count; i++) {
        if (plan->lists[scan->list_first + i] == term)
            return BN_OK;
    }
    if (!bn_grow(&lists, &plan->list_max, plan->list_count + 1, sizeof *plan->lists))
        return BN_RESOURCE_EXHAUSTED;
    plan->lists = lists;
    plan->lists[plan->list_count++] = term;
    scan->list_count++;
    return BN_OK;
}

static bool level_counts(const struct bn_plan *plan, unsigned level)
{
    static const unsigned visibilities[BN_OPEN_LEVELS] = {[BN_OPEN_PROGRAMME] = 4, [BN_OPEN_PUBLIC] = 5};
    return (plan->query->view->seen[BN_RELATION_ANY] >> visibilities[level] & 1) != 0;
}

static void collection_measure(struct bn_plan *plan)
{
    uint64_t quarters = 0;
    plan->open_docs = 0;
    for (unsigned level = 0; level < BN_OPEN_LEVELS; level++) {
        if (!level_counts(plan, level))
            continue;
        plan->open_docs += plan->index->open_docs[level];
        quarters += plan->index->open_quarters[level];
    }
    plan->average = quarters == 0 ? 1 : (double)quarters / 4 / (double)plan->open_docs;
}

static uint32_t open_count(const struct bn_plan *plan, uint32_t term)
{
    uint32_t open = 0;
    for (unsigned level = 0; level < BN_OPEN_LEVELS; level++)
        open += level_counts(plan, level) ? plan->index->term_data[term].open[level] : 0;
    return open;
}

static double weight_of(const struct bn_plan *plan, uint32_t open, uint32_t quarters)
{
    double all = (double)plan->open_docs, held = open, asked = quarters / 4.0;
    if (held > all)
        held = all;
    return log(1 + (all - held + 0.5) / (held + 0.5)) * asked * (1 + BN_K3) / (asked + BN_K3);
}

static int by_weight(const void *a, const void *b)
{
    const struct bn_asked *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Keeps the words that promise most by their first key alone, before other forms are looked up. */
static void asked_cut(struct bn_plan *plan)
{
    if (plan->asked_count <= BN_QUERY_CONSIDERED_MAX)
        return;
    for (uint32_t i = 0; i < plan->asked_count; i++) {
        struct bn_asked *asked = &plan->asked[i];
        const char *key = bn_strings_text(&plan->keys, i);
        uint32_t term = bn_strings_find(&plan->index->terms, key, bn_strings_size(&plan->keys, i));
        uint32_t open = term == BN_STRING_NONE ? 0 : open_count(plan, term);
        asked->weight = weight_of(plan, open, asked->quarters) + (open > 0 ? 1000 : 0); /* the known first */
    }
    qsort(plan->asked, plan->asked_count, sizeof *plan->asked, by_weight);
    plan->asked_count = BN_QUERY_CONSIDERED_MAX;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The terms behind a second key; should there be very many, the first by their text, so that it is always the same. */
static enum bn_code aliases_list(struct bn_plan *plan, const char *key, size_t size)
{
    const struct bn_index *index = plan->index;
    uint32_t second = bn_strings_find(&index->seconds, key, size), count = 0;
    const char *texts[4 * FORMS_MAX];
    enum bn_code code = BN_OK;
    if (second == BN_STRING_NONE)
        return BN_OK;
    for (uint32_t at = index->alias_heads[second]; at != 0; at = index->aliases[at - 1].next) {
        texts[count++] = bn_strings_text(&index->terms, index->aliases[at - 1].term);
        if (count == BN_COUNT(texts)) {
            qsort(texts, count, sizeof *texts, by_text);
            count = FORMS_MAX;
        }
    }
    qsort(texts, count, sizeof *texts, by_text);
    for (uint32_t i = 0; i < count && i < FORMS_MAX && code == BN_OK; i++)
        code = bn_plan_list(plan, bn_strings_find(&index->terms, texts[i], strlen(texts[i])));
    return code;
}

/* Every form of the word in one language. */
static enum bn_code forms_list(struct bn_plan *plan, enum bn_lang lang, const char *text, size_t size)
{
    const struct bn_index *index = plan->index;
    struct bn_keys keys;
    enum bn_code code = bn_words_keys(index->words, lang, text, size, &keys);
    if (code != BN_OK || keys.first_size == 0 || (keys.stop && !plan->only_stops))
        return code;
    uint32_t first = bn_strings_find(&index->terms, keys.first, keys.first_size);
    uint32_t second = bn_strings_find(&index->terms, keys.second, keys.second_size);
    if (first != BN_STRING_NONE)
        code = bn_plan_list(plan, first);
    if (second != BN_STRING_NONE && code == BN_OK)
        code = bn_plan_list(plan, second);
    return code == BN_OK ? aliases_list(plan, keys.second, keys.second_size) : code;
}

static enum bn_code asked_resolve(struct bn_plan *plan, struct bn_asked *asked)
{
    asked->scan_first = plan->scan_count;
    asked->open = 0;
    for (unsigned lang = 0; lang < BN_LANGS; lang++) {
        if (plan->index->lang_docs[lang] == 0)
            continue;
        enum bn_code code = bn_plan_scan(plan);
        if (code == BN_OK)
            code = forms_list(plan, (enum bn_lang)lang, plan->texts + asked->text, asked->size);
        if (code != BN_OK)
            return code;
        const struct bn_scan *scan = &plan->scans[plan->scan_count - 1];
        for (uint32_t i = 0; i < scan->list_count; i++)
            asked->open += open_count(plan, plan->lists[scan->list_first + i]);
        if (scan->list_count == 0)
            plan->scan_count--;
    }
    asked->scan_count = plan->scan_count - asked->scan_first;
    asked->weight = weight_of(plan, asked->open, asked->quarters);
    return BN_OK;
}

/* The most telling of the words that open documents hold, and a few of the others. Whether a hidden document holds one
 * of these makes no difference here. */
static void asked_choose(struct bn_plan *plan)
{
    uint32_t kept = 0, known = 0, strange = 0;
    if (plan->asked_count > 1)
        qsort(plan->asked, plan->asked_count, sizeof *plan->asked, by_weight);
    for (uint32_t i = 0; i < plan->asked_count; i++) {
        const struct bn_asked *asked = &plan->asked[i];
        bool keep =
            asked->open > 0 ? known++ < BN_QUERY_WORDS_MAX : !asked->compound && strange++ < BN_QUERY_STRANGE_MAX;
        if (keep)
            plan->asked[kept++] = *asked;
    }
    plan->asked_count = kept;
}

static enum bn_code group_add(struct bn_plan *plan, enum bn_criterion criterion, double points, uint32_t scan_first,
                              uint32_t scan_count)
{
    void *groups = plan->groups;
    uint32_t weight = (uint32_t)points;
    if (!bn_grow(&groups, &plan->group_max, plan->group_count + 1, sizeof *plan->groups))
        return BN_RESOURCE_EXHAUSTED;
    plan->groups = groups;
    plan->groups[plan->group_count++] = (struct bn_group){criterion, weight, scan_first, scan_count};
    for (uint32_t i = 0; i < scan_count; i++) {
        struct bn_scan *scan = &plan->scans[scan_first + i];
        scan->weight = weight;
        scan->only_with_others = criterion == BN_CRITERION_REGION || criterion == BN_CRITERION_LANGUAGE;
    }
    return BN_OK;
}

/* Of a fact: fewer when there are many words. */
static double fact_points(const struct bn_plan *plan, unsigned share)
{
    double points = (double)BN_POINTS_ALL / BN_SHARES * share;
    return plan->asked_count <= BN_SHARE_WORDS ? points : points * BN_SHARE_WORDS / plan->asked_count;
}

static enum bn_code label_list(struct bn_plan *plan, enum bn_place place, const char *label, bool *said)
{
    char key[BN_KEY_ROOM];
    size_t size;
    if (!bn_label_key(place, label, key, &size))
        return BN_RESOURCE_EXHAUSTED;
    uint32_t term = size == 0 ? BN_STRING_NONE : bn_strings_find(&plan->index->terms, key, size);
    *said = *said || size != 0;
    return term == BN_STRING_NONE ? BN_OK : bn_plan_list(plan, term);
}

/* One group of all the source's labels of a kind: to share any of them is to have all the points. */
static enum bn_code labels_group(struct bn_plan *plan, enum bn_criterion criterion, enum bn_place place,
                                 const struct bn_match_texts *labels, const char *another, unsigned share)
{
    bool said = false;
    enum bn_code code = bn_plan_scan(plan);
    for (size_t i = 0; i < labels->count && code == BN_OK; i++)
        code = label_list(plan, place, labels->items[i], &said);
    if (code == BN_OK && another != NULL)
        code = label_list(plan, place, another, &said);
    if (code != BN_OK || !said)
        return code;
    return group_add(plan, criterion, fact_points(plan, share), plan->scan_count - 1, 1);
}

static enum bn_code face_group(struct bn_plan *plan, enum bn_criterion criterion, bool said, unsigned share)
{
    return said ? group_add(plan, criterion, fact_points(plan, share), 0, 0) : BN_OK;
}

static enum bn_code facts_group(struct bn_plan *plan, const struct bn_match_doc *like)
{
    enum bn_code code = labels_group(plan, BN_CRITERION_SECTOR, BN_PLACE_SECTOR, &like->sectors, NULL, BN_SHARE_SECTOR);
    if (code == BN_OK)
        code = labels_group(plan, BN_CRITERION_REGION, BN_PLACE_REGION, &like->regions, NULL, BN_SHARE_REGION);
    if (code == BN_OK)
        code = labels_group(plan, BN_CRITERION_LANGUAGE, BN_PLACE_LANGUAGE, &like->languages, like->language,
                            BN_SHARE_LANGUAGE);
    if (code == BN_OK)
        code = face_group(plan, BN_CRITERION_WORKSTREAM, like->workstreams != 0, BN_SHARE_WORKSTREAM);
    if (code == BN_OK)
        code = face_group(plan, BN_CRITERION_TRL, (like->trl_now | like->trl_target) != 0, BN_SHARE_TRL);
    return code;
}

/* The words share what the facts left. */
static enum bn_code words_group(struct bn_plan *plan)
{
    double all = 0, points = BN_POINTS_ALL;
    enum bn_code code = BN_OK;
    for (uint32_t i = 0; i < plan->group_count; i++)
        points -= plan->groups[i].weight;
    for (uint32_t i = 0; i < plan->asked_count; i++)
        all += plan->asked[i].weight;
    for (uint32_t i = 0; i < plan->asked_count && code == BN_OK; i++) {
        const struct bn_asked *asked = &plan->asked[i];
        code = group_add(plan, BN_CRITERION_WORD, points * asked->weight / all, asked->scan_first, asked->scan_count);
    }
    return code;
}

enum bn_code bn_plan_make(struct bn_plan *plan, const struct bn_index *index, const struct bn_match_query *query)
{
    plan->index = index;
    plan->query = query;
    plan->scan_count = plan->list_count = plan->group_count = 0;
    collection_measure(plan);
    enum bn_code code = bn_plan_ask(plan);
    if (code == BN_OK)
        asked_cut(plan);
    for (uint32_t i = 0; i < plan->asked_count && code == BN_OK; i++)
        code = asked_resolve(plan, &plan->asked[i]);
    if (code == BN_OK) {
        asked_choose(plan);
        code = query->like == NULL ? BN_OK : facts_group(plan, query->like);
    }
    return code == BN_OK ? words_group(plan) : code;
}
