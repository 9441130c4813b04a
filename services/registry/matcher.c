/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/matcher.h"

#include "base/clock.h"
#include "base/log.h"
#include "registry/reader.h"
#include "registry/render.h"
#include "registry/rules/phase.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FEED_CHUNK = 32,   /* objects between two looks for queries */
    WAIT_MS_MAX = 100, /* for the index to reach the caller's last receipt */
    NICE = 5,          /* feeding gives way to receipts when the machine is full */
    ARENA_BLOCK = 64 * 1024,
    ARENA_MAX = 16 * 1024 * 1024,
};

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
    struct bn_arena *arena; /* of the document being fed */
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

/* ---- documents ---- */

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static struct bn_match_texts texts_of(char **items, size_t count)
{
    return (struct bn_match_texts){(const char *const *)items, count};
}

/* Lists that are searched as one field. */
static const char *joined(struct bn_arena *arena, char **items, size_t count)
{
    const char *text = NULL;
    for (size_t i = 0; i < count; i++)
        text = text == NULL ? items[i] : bn_arena_format(arena, "%s\n%s", text, items[i]);
    return text;
}

static void doc_of_offer(struct bn_arena *arena, const Binome__V1__Offer *offer, struct bn_match_doc *doc)
{
    doc->kind = BN_MATCH_OFFER;
    doc->texts[BN_MATCH_TITLE] = text_or_null(offer->title);
    doc->texts[BN_MATCH_SUMMARY] = text_or_null(offer->summary);
    doc->texts[BN_MATCH_DESCRIPTION] = text_or_null(offer->description);
    doc->texts[BN_MATCH_CAPABILITIES] = joined(arena, offer->capabilities, offer->n_capabilities);
    doc->tags = texts_of(offer->tags, offer->n_tags);
    doc->sectors = texts_of(offer->sectors, offer->n_sectors);
    doc->regions = texts_of(offer->regions, offer->n_regions);
    doc->languages = texts_of(offer->languages, offer->n_languages);
    doc->language = offer->language;
    doc->trl_now = doc->trl_target = offer->trl;
    if (offer->country[0] != '\0')
        doc->country = offer->country;
}

static void doc_of_proposal(const Binome__V1__Proposal *proposal, struct bn_match_doc *doc)
{
    doc->kind = BN_MATCH_PROPOSAL;
    doc->texts[BN_MATCH_TITLE] = text_or_null(proposal->title);
    doc->texts[BN_MATCH_SUMMARY] = text_or_null(proposal->summary);
    doc->texts[BN_MATCH_DESCRIPTION] = text_or_null(proposal->description);
    doc->texts[BN_MATCH_CAPABILITIES] = text_or_null(proposal->seeks);
    doc->tags = texts_of(proposal->tags, proposal->n_tags);
    doc->sectors = texts_of(proposal->sectors, proposal->n_sectors);
    doc->regions = texts_of(proposal->regions, proposal->n_regions);
    doc->language = proposal->language;
    doc->trl_now = proposal->trl_now;
    doc->trl_target = proposal->trl_target;
}

/* Makes the document of an object; its texts are in the arena. BN_NOT_FOUND: the object carries no text of that kind.
 */
static enum bn_code doc_load(struct bn_matcher *matcher, struct bn_arena *arena, const struct bn_object *object,
                             struct bn_match_doc *doc)
{
    const void *body;
    size_t size;
    const struct bn_brief *owner;
    uint32_t *invited = NULL;
    *doc = (struct bn_match_doc){
        .number = object->number,
        .owner = object->owner,
        .version = object->version,
        .visibility = object->visibility,
        .workstreams = object->workstreams,
        .country = "",
    };
    if (object->invited_count > 0) {
        invited = bn_arena_take(arena, object->invited_count * sizeof *invited);
        if (invited == NULL)
            return BN_RESOURCE_EXHAUSTED;
        memcpy(invited, object->invited, object->invited_count * sizeof *invited);
        doc->invited = invited;
        doc->invited_count = object->invited_count;
    }
    uint64_t text = object->body;
    enum bn_code code = bn_directory_organisation(matcher->directory, object->owner, &owner);
    if (code == BN_OK)
        code = bn_store_body(matcher->store, text, &body, &size);
    if (code != BN_OK)
        return code;
    doc->owner_kind = owner->kind;
    doc->country = owner->country;
    Binome__V1__Request *request = binome__v1__request__unpack(bn_arena_allocator(arena), size, body);
    if (request == NULL)
        return BN_RESOURCE_EXHAUSTED;
    Binome__V1__Offer *offer = bn_offer_of(request);
    Binome__V1__Proposal *proposal = bn_proposal_of(request);
    if (offer != NULL)
        doc_of_offer(arena, offer, doc);
    else if (proposal != NULL)
        doc_of_proposal(proposal, doc);
    else
        return BN_NOT_FOUND;
    return BN_OK;
}

/* ---- feeding ---- */

/* Drafts are nobody's business; what is closed, engaged or done seeks nobody. */
static bool seeks_counterpart(const struct bn_object *object, int32_t today)
{
    if (object->visibility == BINOME__V1__VISIBILITY__VISIBILITY_DRAFT)
        return false;
    if (object->kind == BN_OBJECT_OFFER)
        return object->state == BINOME__V1__OFFER_STATE__OFFER_STATE_PUBLISHED;
    uint32_t phase = bn_phase_on(object, today);
    return phase == BINOME__V1__PHASE__PHASE_SUBMITTED || phase == BINOME__V1__PHASE__PHASE_UNDER_REVIEW ||
           phase == BINOME__V1__PHASE__PHASE_OPEN;
}

static enum bn_code feed_object(struct bn_matcher *matcher, const struct bn_object *object)
{
    struct bn_match_doc doc;
    if (!seeks_counterpart(object, matcher->today)) {
        bn_match_remove(matcher->index, object->number);
        return BN_OK;
    }
    bn_arena_reset(matcher->arena);
    enum bn_code code = doc_load(matcher, matcher->arena, object, &doc);
    return code == BN_OK ? bn_match_put(matcher->index, &doc) : code;
}

static void remember_plan(struct bn_matcher *matcher, const struct bn_object *object)
{
    if (object->planned_state == 0 || object->planned_day <= matcher->today)
        return;
    if (matcher->plan_count == matcher->plan_room) {
        size_t room = matcher->plan_room == 0 ? 16 : 2 * matcher->plan_room;
        struct plan *grown = realloc(matcher->plans, room * sizeof *grown);
        if (grown == NULL) {
            BN_LOG(WARN, "matcher.plan_forgotten", "object", BN_NUM(object->number));
            return;
        }
        matcher->plans = grown;
        matcher->plan_room = room;
    }
    matcher->plans[matcher->plan_count++] = (struct plan){object->number, object->planned_day};
}

static bool day_is_over(const struct bn_matcher *matcher)
{
    return bn_date_of_ms(bn_clock_wall_ms()) != matcher->today;
}

/* What was planned takes effect on its day without a request, so the index hears of it here. A plan that was given up
 * meanwhile does no harm: the proposal is fed as it is. */
static void feed_due(struct bn_matcher *matcher)
{
    size_t kept = 0;
    if (!day_is_over(matcher))
        return;
    matcher->today = bn_date_of_ms(bn_clock_wall_ms());
    for (size_t i = 0; i < matcher->plan_count; i++) {
        const struct plan plan = matcher->plans[i];
        struct bn_object object;
        if (plan.day > matcher->today) {
            matcher->plans[kept++] = plan;
            continue;
        }
        enum bn_code code = bn_store_object_by_number(matcher->store, plan.object, NULL, &object);
        if (code == BN_OK)
            code = feed_object(matcher, &object);
        if (code != BN_OK)
            BN_LOG(WARN, "matcher.not_indexed", "object", BN_NUM(plan.object), "code", bn_code_name(code));
    }
    matcher->plan_count = kept;
}

/* Feeds up to FEED_CHUNK changes from one snapshot; true = there are more. An object that cannot be indexed is said in
 * the log and passed over: the others must not wait for it. */
static bool feed_some(struct bn_matcher *matcher)
{
    struct bn_log_head head;
    bool more = false;
    if (bn_store_begin(matcher->store) != BN_OK || bn_store_log_head(matcher->store, &head) != BN_OK) {
        BN_LOG(WARN, "matcher.store_failed", "error", bn_store_error(matcher->store));
        bn_store_rollback(matcher->store);
        return false;
    }
    feed_due(matcher);
    for (int i = 0; i <= FEED_CHUNK; i++) {
        struct bn_object object;
        uint64_t sequence;
        enum bn_code code =
            bn_store_object_changed_next(matcher->store, matcher->sequence, matcher->object, &sequence, &object);
        if (code != BN_OK) {
            if (code != BN_NOT_FOUND)
                BN_LOG(WARN, "matcher.store_failed", "error", bn_store_error(matcher->store));
            else
                matcher->reached = head.size;
            break;
        }
        if (i == FEED_CHUNK) {
            more = true;
            break;
        }
        uint64_t number = object.number;
        remember_plan(matcher, &object);
        code = feed_object(matcher, &object);
        if (code != BN_OK)
            BN_LOG(WARN, "matcher.not_indexed", "object", BN_NUM(number), "code", bn_code_name(code));
        matcher->sequence = matcher->reached = sequence;
        matcher->object = number;
    }
    bn_store_rollback(matcher->store);
    return more;
}

/* ---- answering ---- */

struct question {
    struct bn_matcher *matcher;
    uint64_t reached, behind;
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
        code = doc_load(matcher, act->job->arena, &object, doc);
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
    query->sectors = texts_of(filter->sectors, filter->n_sectors);
    query->countries = texts_of(filter->countries, filter->n_countries);
    query->regions = texts_of(filter->regions, filter->n_regions);
    query->languages = texts_of(filter->languages, filter->n_languages);
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

/* The index says which; what is shown comes from the store, through the caller's view once more: it may have changed
 * since the index was fed. BN_NOT_FOUND: it may no longer be shown. */
static enum bn_code match_of(struct bn_act *act, const struct bn_match_result *result, Binome__V1__Match **out)
{
    struct bn_arena *arena = act->job->arena;
    struct bn_object object;
    enum bn_code code = bn_store_object_by_number(act->store, result->number, &act->view, &object);
    if (code != BN_OK)
        return code;
    bool is_offer = object.kind == BN_OBJECT_OFFER;
    Binome__V1__Match *match = bn_arena_take(arena, sizeof *match);
    if (match == NULL)
        return too_large(act);
    binome__v1__match__init(match);
    const struct bn_brief *owner;
    code = bn_directory_organisation(act->directory, object.owner, &owner);
    if (code != BN_OK)
        return code;
    Binome__V1__Offer *offer;
    Binome__V1__Proposal *proposal;
    if (is_offer) {
        code = bn_render_offer(act, &object, 0, 0, &offer);
        if (code != BN_OK)
            return code;
        match->id = offer->id, match->owner = offer->owner, match->title = offer->title;
        match->summary = offer->summary, match->version = offer->version;
    } else {
        code = bn_render_proposal(act, &object, 0, 0, &proposal);
        if (code != BN_OK)
            return code;
        match->id = proposal->id, match->owner = proposal->owner, match->title = proposal->title;
        match->summary = proposal->summary, match->version = proposal->version;
    }
    match->kind =
        is_offer ? BINOME__V1__MATCH_TARGET__MATCH_TARGET_OFFERS : BINOME__V1__MATCH_TARGET__MATCH_TARGET_PROPOSALS;
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
    Binome__V1__Matches *matches = bn_arena_take(arena, sizeof *matches);
    Binome__V1__Match **list = bn_arena_take(arena, (answer->count + 1) * sizeof *list);
    if (matches == NULL || list == NULL)
        return too_large(act);
    binome__v1__matches__init(matches);
    matches->matches = list;
    for (size_t i = 0; i < answer->count; i++) {
        name_workstreams(act, &answer->results[i]);
        code = match_of(act, &answer->results[i], &list[matches->n_matches]);
        if (code == BN_OK)
            matches->n_matches++;
        else if (code != BN_NOT_FOUND)
            return code;
    }
    matches->index_sequence = question->reached;
    matches->behind = question->behind;
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

/* Waits by working: feeds until the caller's last receipt is in, or the time is up. */
static void catch_up(struct bn_matcher *matcher, uint64_t wanted)
{
    uint64_t until = bn_clock_mono_ms() + WAIT_MS_MAX;
    do {
        if (!feed_some(matcher) && matcher->reached >= wanted)
            return;
    } while (matcher->reached < wanted && bn_clock_mono_ms() < until);
}

static void *work(void *state, void *passed)
{
    struct bn_matcher *matcher = state;
    struct bn_matcher_item *item = passed;
    if (item->job != NULL) {
        uint64_t wanted = item->job->request->match_find->at_least_sequence;
        if (matcher->reached < wanted)
            catch_up(matcher, wanted);
        else if (day_is_over(matcher))
            (void)feed_some(matcher);
        struct question question = {.matcher = matcher, .reached = matcher->reached};
        if (wanted > matcher->reached)
            question.behind = wanted - matcher->reached;
        bn_read_answer(matcher->store, matcher->directory, &matcher->directory_version, item->job, answer_find,
                       &question);
    } else {
        item->more = feed_some(matcher);
    }
    item->fed = matcher->reached;
    bn_match_figures_take(matcher->index, &item->figures);
    return item;
}

const struct bn_worker_kind bn_matcher_kind = {.name = "matcher", .start = start, .work = work, .stop = stop};
