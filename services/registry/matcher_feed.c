/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/log.h"
#include "registry/matcher_inside.h"
#include "registry/render.h"
#include "registry/rules/phase.h"

#include <stdlib.h>
#include <string.h>

enum { FEED_CHUNK = 64 }; /* objects for one leave */

/* ---- documents ---- */

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
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
    doc->tags = bn_matcher_texts(offer->tags, offer->n_tags);
    doc->sectors = bn_matcher_texts(offer->sectors, offer->n_sectors);
    doc->regions = bn_matcher_texts(offer->regions, offer->n_regions);
    doc->languages = bn_matcher_texts(offer->languages, offer->n_languages);
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
    doc->tags = bn_matcher_texts(proposal->tags, proposal->n_tags);
    doc->sectors = bn_matcher_texts(proposal->sectors, proposal->n_sectors);
    doc->regions = bn_matcher_texts(proposal->regions, proposal->n_regions);
    doc->language = proposal->language;
    doc->trl_now = proposal->trl_now;
    doc->trl_target = proposal->trl_target;
}

enum bn_code bn_matcher_doc_load(struct bn_matcher *matcher, struct bn_arena *arena, const struct bn_object *object,
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
    enum bn_code code = bn_matcher_doc_load(matcher, matcher->arena, object, &doc);
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

bool bn_matcher_day_over(const struct bn_matcher *matcher)
{
    return bn_date_of_ms(bn_clock_wall_ms()) != matcher->today;
}

/* What was planned takes effect on its day without a request, so the index hears of it here. A plan that was given up
 * meanwhile does no harm: the proposal is fed as it is. */
static void feed_due(struct bn_matcher *matcher)
{
    size_t kept = 0;
    if (!bn_matcher_day_over(matcher))
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

bool bn_matcher_feed(struct bn_matcher *matcher)
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
