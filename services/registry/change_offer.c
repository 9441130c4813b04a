/* SPDX-License-Identifier: Apache-2.0 */
/* Offers: publish, revise, retire. */
#include "registry/change_object.h"
#include "registry/changes.h"
#include "registry/render.h"
#include "registry/rules/aggregate.h"

static enum bn_code judge_text(struct bn_act *act, const Binome__V1__Offer *offer, const char *path,
                               struct bn_text *text)
{
    *text = (struct bn_text){
        .kind = BN_OBJECT_OFFER,
        .message = &offer->base,
        .visibility = (uint32_t)offer->visibility,
        .language = offer->language,
        .external_ref = offer->external_ref,
    };
    bn_rule_offer_text(&act->job->check, offer, path);
    return bn_text_resolve(act, path, offer->workstreams, offer->n_workstreams, offer->invited, offer->n_invited, text);
}

static enum bn_code publish_again(struct bn_act *act, struct bn_object *object, bool same, const struct bn_text *text)
{
    struct bn_job *job = act->job;
    if (same) {
        job->reply.unchanged = true;
        enum bn_code code = bn_render_offer(act, object, 0, 0, &job->reply.offer);
        if (code == BN_OK)
            job->reply.body_case = BINOME__V1__REPLY__BODY_OFFER;
        return code;
    }
    enum bn_code code = bn_rule_offer_change(&job->check, act->owner->number, object, object->version,
                                             "offer_publish.offer.external_ref", "offer_publish.offer.external_ref");
    if (code != BN_OK || job->request->dry_run)
        return code;
    return bn_object_revise(act, object, text);
}

enum bn_code bn_change_offer_publish(struct bn_act *act)
{
    const Binome__V1__OfferPublish *publish = act->job->request->offer_publish;
    struct bn_object object;
    struct bn_text text;
    bool same;
    enum bn_code code = judge_text(act, publish->offer, "offer_publish.offer", &text);
    if (code != BN_OK)
        return code;
    code = bn_object_sent_before(act, &text, &object, &same);
    if (code != BN_NOT_FOUND)
        return code == BN_OK ? publish_again(act, &object, same, &text) : code;
    code = bn_change_id_free(act);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return bn_object_create(act, &text, BINOME__V1__OFFER_STATE__OFFER_STATE_PUBLISHED,
                            bn_act_day(act, publish->published_on));
}

enum bn_code bn_change_offer_revise(struct bn_act *act)
{
    const Binome__V1__OfferRevise *revise = act->job->request->offer_revise;
    struct bn_object object;
    struct bn_text text;
    enum bn_code code = bn_act_object(act, "offer_revise.id", revise->id, BN_OBJECT_OFFER, &object);
    if (code == BN_OK)
        code = bn_rule_offer_change(&act->job->check, act->owner->number, &object, revise->expected_version,
                                    "offer_revise.id", "offer_revise.expected_version");
    if (code == BN_OK)
        code = judge_text(act, revise->offer, "offer_revise.offer", &text);
    if (code == BN_OK)
        code = bn_change_external_kept(act, "offer_revise.offer.external_ref", text.external_ref, BN_EXTERNAL_OFFER,
                                       &object);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return bn_object_revise(act, &object, &text);
}

enum bn_code bn_change_offer_retire(struct bn_act *act)
{
    const Binome__V1__OfferRetire *retire = act->job->request->offer_retire;
    struct bn_object object;
    enum bn_code code = bn_act_object(act, "offer_retire.id", retire->id, BN_OBJECT_OFFER, &object);
    if (code == BN_OK)
        code = bn_rule_offer_change(&act->job->check, act->owner->number, &object, retire->expected_version,
                                    "offer_retire.id", "offer_retire.expected_version");
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    uint32_t before = object.state;
    object.state = BINOME__V1__OFFER_STATE__OFFER_STATE_RETIRED;
    object.state_day = act->today;
    return bn_object_write(act, &object, before, object.state, act->today);
}
