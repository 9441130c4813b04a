/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "registry/matcher_inside.h"
#include "registry/reader.h"
#include "registry/render.h"

#include <stdlib.h>
#include <string.h>

enum { WAIT_MS_MAX = 100 }; /* for the index to reach the caller's last receipt */

struct question {
    struct bn_matcher *matcher;
    uint64_t reached; /* by the index, before the store was looked at */
    uint64_t wanted;  /* the caller's last receipt */
};

static enum bn_code source_of(struct bn_matcher *matcher, struct bn_act *act, const Binome__V1__MatchFind *find,
                              struct bn_match_query *query, struct bn_match_doc *doc)
{
    bool from_offer = find->source_case == BINOME__V1__MATCH_FIND__SOURCE_OFFER;
    struct bn_object object;
    query->exclude_owner = act->caller->organisation;
    if (find->source_case == BINOME__V1__MATCH_FIND__SOURCE_TEXT) {
        query->text = find->text;
        query->text_language = "";
        query->target = BN_MATCH_OFFER;
    } else if (find->source_case == BINOME__V1__MATCH_FIND__SOURCE__NOT_SET) {
        return BN_FAIL(&act->job->check, BN_INVALID_ARGUMENT, "match_find.proposal", BN_RULE_FIELD_REQUIRED);
    } else {
        enum bn_code code =
            from_offer ? bn_act_object(act, "match_find.offer", find->offer, BN_OBJECT_OFFER, &object)
                       : bn_act_object(act, "match_find.proposal", find->proposal, BN_OBJECT_PROPOSAL, &object);
        if (code != BN_OK)
            return code;
        query->exclude_owner = object.owner;
        query->target = from_offer ? BN_MATCH_PROPOSAL : BN_MATCH_OFFER;
        code = bn_matcher_doc_load(matcher, act->job->arena, &object, doc);
        if (code != BN_OK)
            return code;
        query->like = doc;
    }
    if (find->target != 0)
        query->target = (enum bn_match_kind)find->target;
    return BN_OK;
}

static enum bn_code filter_of(struct bn_act *act, const Binome__V1__MatchFilter *filter, struct bn_match_query *query)
{
    if (filter == NULL)
        return BN_OK;
    for (size_t i = 0; i < filter->n_workstreams; i++) {
        uint32_t number;
        const char *field = bn_arena_format(act->job->arena, "match_find.filter.workstreams[%zu]", i);
        enum bn_code code = bn_act_workstream(act, field != NULL ? field : "match_find.filter.workstreams",
                                              filter->workstreams[i], &number);
        if (code != BN_OK)
            return code;
        query->workstreams |= UINT64_C(1) << number;
    }
    uint32_t *owners;
    enum bn_code code =
        bn_act_organisations(act, "match_find.filter.owners", filter->owners, filter->n_owners, &owners);
    if (code != BN_OK)
        return code;
    query->owners = owners;
    query->owner_count = filter->n_owners;
    for (size_t i = 0; i < filter->n_kinds; i++)
        query->owner_kinds |= 1u << filter->kinds[i];
    query->sectors = bn_matcher_texts(filter->sectors, filter->n_sectors);
    query->countries = bn_matcher_texts(filter->countries, filter->n_countries);
    query->regions = bn_matcher_texts(filter->regions, filter->n_regions);
    query->languages = bn_matcher_texts(filter->languages, filter->n_languages);
    query->trl_min = filter->trl_min;
    query->trl_max = filter->trl_max;
    return BN_OK;
}

static Binome__V1__Contribution *contribution_of(struct bn_arena *arena, const struct bn_match_reason *reason)
{
    Binome__V1__Contribution *contribution = bn_arena_take(arena, sizeof *contribution);
    if (contribution == NULL)
        return NULL;
    binome__v1__contribution__init(contribution);
    contribution->criterion = (char *)(uintptr_t)reason->criterion;
    contribution->field = (char *)(uintptr_t)reason->field;
    contribution->why = bn_arena_text(arena, reason->why);
    contribution->weight = reason->weight;
    contribution->points = reason->points;
    return contribution->why != NULL ? contribution : NULL;
}

static enum bn_code too_large(struct bn_act *act)
{
    return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
}

/* Of a text only a few lines are shown: it is unpacked beside the answer, where a hundred long ones find no room. */
static enum bn_code text_of(struct bn_matcher *matcher, struct bn_act *act, const struct bn_object *object,
                            Binome__V1__Match *match)
{
    struct bn_arena *arena = act->job->arena;
    Binome__V1__Offer *offer = NULL;
    Binome__V1__Proposal *proposal = NULL;
    bn_arena_reset(matcher->arena);
    act->job->arena = matcher->arena;
    enum bn_code code = object->kind == BN_OBJECT_OFFER ? bn_render_offer(act, object, 0, 0, &offer)
                                                        : bn_render_proposal(act, object, 0, 0, &proposal);
    act->job->arena = arena;
    if (code != BN_OK)
        return code;
    match->kind = offer != NULL ? BINOME__V1__MATCH_TARGET__MATCH_TARGET_OFFERS
                                : BINOME__V1__MATCH_TARGET__MATCH_TARGET_PROPOSALS;
    match->version = offer != NULL ? offer->version : proposal->version;
    match->id = bn_arena_text(arena, offer != NULL ? offer->id : proposal->id);
    match->owner = bn_arena_text(arena, offer != NULL ? offer->owner : proposal->owner);
    match->title = bn_arena_text(arena, offer != NULL ? offer->title : proposal->title);
    match->summary = bn_arena_text(arena, offer != NULL ? offer->summary : proposal->summary);
    bool whole = match->id != NULL && match->owner != NULL && match->title != NULL && match->summary != NULL;
    return whole ? BN_OK : too_large(act);
}

/* The index says which; what is shown comes from the store, through the caller's view once more: it may have changed
 * since the index was fed. BN_NOT_FOUND: it may no longer be shown. */
static enum bn_code match_of(struct bn_matcher *matcher, struct bn_act *act, const struct bn_match_result *result,
                             Binome__V1__Match **out)
{
    struct bn_arena *arena = act->job->arena;
    struct bn_object object;
    const struct bn_brief *owner;
    enum bn_code code = bn_store_object_by_number(act->store, result->number, &act->view, &object);
    if (code == BN_OK)
        code = bn_directory_organisation(act->directory, object.owner, &owner);
    if (code != BN_OK)
        return code;
    Binome__V1__Match *match = bn_arena_take(arena, sizeof *match);
    if (match == NULL)
        return too_large(act);
    binome__v1__match__init(match);
    code = text_of(matcher, act, &object, match);
    if (code != BN_OK)
        return code;
    match->owner_name = bn_arena_text(arena, owner->legal_name);
    match->score = result->score;
    match->contributions = bn_arena_take(arena, (result->reason_count + 1) * sizeof *match->contributions);
    if (match->owner_name == NULL || match->contributions == NULL)
        return too_large(act);
    for (size_t i = 0; i < result->reason_count; i++) {
        Binome__V1__Contribution *contribution = contribution_of(arena, &result->reasons[i]);
        if (contribution == NULL)
            return too_large(act);
        match->contributions[match->n_contributions++] = contribution;
    }
    *out = match;
    return BN_OK;
}

/* A shared workstream is known to the index by number only: its name is put in here. */
static void name_workstreams(struct bn_act *act, struct bn_match_result *result)
{
    for (size_t i = 0; i < result->reason_count; i++) {
        struct bn_match_reason *reason = &result->reasons[i];
        if (strcmp(reason->criterion, "workstream") != 0)
            continue;
        char *end;
        unsigned long number = strtoul(reason->why, &end, 10);
        if (end != reason->why && *end == '\0')
            reason->why = bn_directory_workstream_slug(act->directory, (uint32_t)number);
    }
}

static bool owner_active(struct bn_act *act, uint32_t number)
{
    const struct bn_brief *brief;
    return bn_directory_organisation(act->directory, number, &brief) == BN_OK &&
           brief->state == BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE;
}

static enum bn_code set_absent(struct bn_matcher *matcher, uint32_t owner)
{
    if (matcher->absent_count == matcher->absent_room) {
        size_t room = matcher->absent_room == 0 ? 16 : 2 * matcher->absent_room;
        uint32_t *grown = realloc(matcher->absent, room * sizeof *grown);
        if (grown == NULL)
            return BN_RESOURCE_EXHAUSTED;
        matcher->absent = grown;
        matcher->absent_room = room;
    }
    matcher->absent[matcher->absent_count++] = owner;
    bn_match_owner_active(matcher->index, owner, false);
    return BN_OK;
}

/* Those who are back take part again. */
static void review_absent(struct bn_matcher *matcher, struct bn_act *act)
{
    if (matcher->absent_version == matcher->directory_version)
        return;
    matcher->absent_version = matcher->directory_version;
    size_t kept = 0;
    for (size_t i = 0; i < matcher->absent_count; i++) {
        if (owner_active(act, matcher->absent[i]))
            bn_match_owner_active(matcher->index, matcher->absent[i], true);
        else
            matcher->absent[kept++] = matcher->absent[i];
    }
    matcher->absent_count = kept;
}

/* The index does not hear of suspensions: an owner that turns out to be away is left out, and the search done again. */
static enum bn_code find_active(struct bn_matcher *matcher, struct bn_act *act, const struct bn_match_query *query)
{
    review_absent(matcher, act);
    for (;;) {
        size_t before = matcher->absent_count;
        enum bn_code code = bn_match_find(matcher->index, query, matcher->answer);
        for (size_t i = 0; code == BN_OK && i < matcher->answer->count; i++)
            if (!owner_active(act, matcher->answer->results[i].owner))
                code = set_absent(matcher, matcher->answer->results[i].owner);
        if (code != BN_OK || matcher->absent_count == before)
            return code;
    }
}

static enum bn_code answer_find(void *ctx, struct bn_act *act)
{
    enum { LIMIT_DEFAULT = 10 };
    struct question *question = ctx;
    struct bn_matcher *matcher = question->matcher;
    struct bn_match_answer *answer = matcher->answer;
    const Binome__V1__MatchFind *find = act->job->request->match_find;
    struct bn_arena *arena = act->job->arena;
    struct bn_match_doc doc;
    struct bn_match_query query = {.view = &act->view, .limit = find->limit != 0 ? find->limit : LIMIT_DEFAULT};
    enum bn_code code = source_of(matcher, act, find, &query, &doc);
    if (code == BN_OK)
        code = filter_of(act, find->filter, &query);
    if (code == BN_OK)
        code = find_active(matcher, act, &query);
    if (code != BN_OK)
        return code;
    struct bn_log_head head;
    code = bn_store_log_head(matcher->store, &head);
    if (code != BN_OK)
        return code;
    uint64_t newest = head.size > question->wanted ? head.size : question->wanted;
    Binome__V1__Matches *matches = bn_arena_take(arena, sizeof *matches);
    Binome__V1__Match **list = bn_arena_take(arena, (answer->count + 1) * sizeof *list);
    if (matches == NULL || list == NULL)
        return too_large(act);
    binome__v1__matches__init(matches);
    matches->matches = list;
    for (size_t i = 0; i < answer->count; i++) {
        name_workstreams(act, &answer->results[i]);
        code = match_of(matcher, act, &answer->results[i], &list[matches->n_matches]);
        if (code == BN_OK)
            matches->n_matches++;
        else if (code != BN_NOT_FOUND)
            return code;
    }
    matches->index_sequence = question->reached;
    matches->behind = newest > question->reached ? newest - question->reached : 0;
    matches->algorithm = (char *)(uintptr_t)bn_match_algorithm();
    matches->candidates = answer->candidates;
    if (matches->n_matches == 0)
        matches->empty_because =
            (char *)(uintptr_t)(answer->empty_because != NULL ? answer->empty_because
                                                              : bn_rule_name(BN_RULE_MATCH_NOTHING));
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_MATCHES;
    act->job->reply.matches = matches;
    return BN_OK;
}

/* Waits by working: feeds until the caller's last receipt is in, or the time is up. A receipt was committed before it
 * was given, so where nothing is left to feed, a sequence that is not reached is one that nobody was given. */
static void catch_up(struct bn_matcher *matcher, uint64_t wanted)
{
    uint64_t until = bn_clock_mono_ms() + WAIT_MS_MAX;
    while (bn_matcher_feed(matcher) && matcher->reached < wanted && bn_clock_mono_ms() < until)
        ;
}

void bn_matcher_answer(struct bn_matcher *matcher, struct bn_job *job)
{
    uint64_t wanted = job->request->match_find->at_least_sequence;
    if (matcher->reached < wanted)
        catch_up(matcher, wanted);
    else if (bn_matcher_day_over(matcher))
        (void)bn_matcher_feed(matcher);
    struct question question = {.matcher = matcher, .reached = matcher->reached, .wanted = wanted};
    bn_read_answer(matcher->store, matcher->directory, &matcher->directory_version, job, answer_find, &question);
}
