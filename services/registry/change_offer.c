/* SPDX-License-Identifier: Apache-2.0 */
/* Offers: publish, revise, retire. */
#include "registry/changes.h"
#include "registry/render.h"
#include "registry/rules/aggregate.h"

#include <string.h>

enum { FIRST_VERSION = 1 };

struct text_facts {
    uint64_t workstreams;
    uint32_t *invited;
    struct bn_digest content;
};

static enum bn_code judge_text(struct bn_act *act, const Binome__V1__Offer *offer, const char *path,
                               struct text_facts *facts)
{
    struct bn_check *check = &act->job->check;
    bn_rule_offer_text(check, offer, path);
    for (size_t i = 0; i < offer->n_workstreams; i++) {
        uint32_t number = 0;
        const char *field = bn_arena_format(act->job->arena, "%s.workstreams[%zu]", path, i);
        enum bn_code code = bn_act_workstream(act, field != NULL ? field : path, offer->workstreams[i], &number);
        if (code == BN_OK)
            facts->workstreams |= UINT64_C(1) << number;
        else if (check->code == BN_OK)
            return code;
    }
    const char *field = bn_arena_format(act->job->arena, "%s.invited", path);
    enum bn_code code =
        bn_act_organisations(act, field != NULL ? field : path, offer->invited, offer->n_invited, &facts->invited);
    if (code != BN_OK && check->code == BN_OK)
        return code;
    return check->code;
}

static void apply_text(const Binome__V1__Offer *offer, const struct text_facts *facts, struct bn_object *object)
{
    object->visibility = (uint32_t)offer->visibility;
    object->workstreams = facts->workstreams;
    object->invited = facts->invited;
    object->invited_count = offer->n_invited;
    object->language = offer->language;
}

static enum bn_code put_external(struct bn_act *act, const Binome__V1__ExternalRef *ref, const struct bn_object *object,
                                 const struct bn_digest *content)
{
    if (ref == NULL)
        return BN_OK;
    const struct bn_external external = {.owner = object->owner,
                                         .kind = BN_EXTERNAL_OFFER,
                                         .scheme = ref->scheme,
                                         .id = ref->id,
                                         .object = object->number,
                                         .content = *content};
    return bn_store_external_put(act->store, &external);
}

/* Ledger row, head row and history of a change to an offer that exists. */
static enum bn_code write_change(struct bn_act *act, struct bn_object *object, uint32_t state, bool with_text)
{
    const struct bn_id id = object->id;
    uint32_t before = object->state;
    enum bn_code code = bn_act_accept(act, &id, object->number, object->version + 1);
    if (code != BN_OK)
        return code;
    object->version++;
    object->changed = act->job->accepted.sequence;
    if (with_text) {
        object->body = object->changed;
        object->recorded_ms = act->now_ms;
    }
    if (state != before) {
        object->state = state;
        object->state_day = act->today;
    }
    code = bn_store_object_change(act->store, object, with_text);
    if (code != BN_OK)
        return code;
    const struct bn_change change = {.sequence = object->changed,
                                     .object = object->number,
                                     .type = act->job->type->number,
                                     .version = object->version,
                                     .state_before = before,
                                     .state_after = state,
                                     .effective_day = act->today};
    return bn_store_change_add(act->store, &change);
}

static enum bn_code publish_again(struct bn_act *act, const struct bn_external *external,
                                  const Binome__V1__Offer *offer, const struct text_facts *facts)
{
    struct bn_object object;
    enum bn_code code = bn_store_object_by_number(act->store, external->object, NULL, &object);
    if (code != BN_OK)
        return code;
    if (memcmp(&external->content, &facts->content, sizeof facts->content) == 0) {
        act->job->reply.unchanged = true;
        code = bn_render_offer(act, &object, 0, 0, &act->job->reply.offer);
        if (code == BN_OK)
            act->job->reply.body_case = BINOME__V1__REPLY__BODY_OFFER;
        return code;
    }
    code = bn_rule_offer_change(&act->job->check, act->owner->number, &object, object.version, "offer_publish.offer");
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    apply_text(offer, facts, &object);
    code = write_change(act, &object, object.state, true);
    return code != BN_OK ? code : put_external(act, offer->external_ref, &object, &facts->content);
}

enum bn_code bn_change_offer_publish(struct bn_act *act)
{
    struct bn_job *job = act->job;
    const Binome__V1__OfferPublish *publish = job->request->offer_publish;
    const Binome__V1__Offer *offer = publish->offer;
    struct text_facts facts = {0};
    enum bn_code code = judge_text(act, offer, "offer_publish.offer", &facts);
    if (code != BN_OK)
        return code;
    if (offer->external_ref != NULL) {
        struct bn_external external = {.owner = act->owner->number,
                                       .kind = BN_EXTERNAL_OFFER,
                                       .scheme = offer->external_ref->scheme,
                                       .id = offer->external_ref->id};
        code = bn_act_content(act, &offer->base, &facts.content);
        if (code != BN_OK)
            return code;
        code = bn_store_external_find(act->store, &external);
        if (code != BN_NOT_FOUND)
            return code == BN_OK ? publish_again(act, &external, offer, &facts) : code;
    }
    code = bn_change_id_free(act);
    if (code != BN_OK || job->request->dry_run)
        return code;
    code = bn_act_accept(act, &job->head.request_id, 0, FIRST_VERSION);
    if (code != BN_OK)
        return code;
    uint64_t sequence = job->accepted.sequence;
    struct bn_object object = {
        .number = sequence,
        .id = job->head.request_id,
        .kind = BN_OBJECT_OFFER,
        .owner = act->owner->number,
        .state = BINOME__V1__OFFER_STATE__OFFER_STATE_PUBLISHED,
        .state_day = bn_act_day(act, publish->published_on),
        .version = FIRST_VERSION,
        .body = sequence,
        .changed = sequence,
        .progress = -1,
        .created_ms = act->now_ms,
        .recorded_ms = act->now_ms,
    };
    apply_text(offer, &facts, &object);
    code = bn_store_object_create(act->store, &object);
    return code != BN_OK ? code : put_external(act, offer->external_ref, &object, &facts.content);
}

enum bn_code bn_change_offer_revise(struct bn_act *act)
{
    const Binome__V1__OfferRevise *revise = act->job->request->offer_revise;
    struct bn_object object;
    struct text_facts facts = {0};
    enum bn_code code = bn_act_object(act, "offer_revise.id", revise->id, BN_OBJECT_OFFER, &object);
    if (code == BN_OK)
        code = bn_rule_offer_change(&act->job->check, act->owner->number, &object, revise->expected_version,
                                    "offer_revise.expected_version");
    if (code == BN_OK)
        code = judge_text(act, revise->offer, "offer_revise.offer", &facts);
    if (code == BN_OK)
        code = bn_change_external_kept(act, "offer_revise.offer.external_ref", revise->offer->external_ref,
                                       BN_EXTERNAL_OFFER, &object);
    if (code == BN_OK)
        code = bn_act_content(act, &revise->offer->base, &facts.content);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    apply_text(revise->offer, &facts, &object);
    code = write_change(act, &object, object.state, true);
    return code != BN_OK ? code : put_external(act, revise->offer->external_ref, &object, &facts.content);
}

enum bn_code bn_change_offer_retire(struct bn_act *act)
{
    const Binome__V1__OfferRetire *retire = act->job->request->offer_retire;
    struct bn_object object;
    enum bn_code code = bn_act_object(act, "offer_retire.id", retire->id, BN_OBJECT_OFFER, &object);
    if (code == BN_OK)
        code = bn_rule_offer_change(&act->job->check, act->owner->number, &object, retire->expected_version,
                                    "offer_retire.id");
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return write_change(act, &object, BINOME__V1__OFFER_STATE__OFFER_STATE_RETIRED, false);
}
