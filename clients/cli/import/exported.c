/* SPDX-License-Identifier: Apache-2.0 */
/* What `binome export` wrote. The objects keep their own references; those without one get scheme `binome` with the id
 * that they had, so that a second import changes nothing. Where the hub knows that id it is the hub that was exported
 * from, and there is nothing to do. */
#include "cli/import/record.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "cli/fields.h"
#include "cli/lang.h"
#include "text/message.h"

#include <string.h>

/* A message on the heap is copied into the arena, so that the plan owns everything in one way. */
static void *read_message(const struct bn_record *record, const ProtobufCMessageDescriptor *type)
{
    struct bn_why why = {"", "", ""};
    ProtobufCMessage *message = NULL;
    enum bn_code code = bn_message_from_tree(record->node, type, BN_RECORD_NAME, &message, &why);
    if (code != BN_OK) {
        bn_plan_refuse(record->plan, record->place, why.field, why.rule, why.detail);
        return NULL;
    }
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = bn_arena_must(record->plan->arena, size + 1);
    protobuf_c_message_pack(message, packed);
    protobuf_c_message_free_unpacked(message, NULL);
    return bn_must(protobuf_c_message_unpack(type, bn_arena_allocator(record->plan->arena), size, packed));
}

/* Day of a point in time as a date, in the arena; "" for none. */
static char *day_of(struct bn_plan *plan, const Google__Protobuf__Timestamp *time)
{
    char *date = bn_arena_must(plan->arena, BN_DATE_SIZE);
    if (time != NULL && time->seconds != 0)
        bn_date_format(bn_date_of_ms(bn_instant_ms(time->seconds, 0)), date);
    return date;
}

/* What the hub writes is left out of a request: it would only make equal content look different. */
static void forget_hubs(struct bn_plan *plan, ProtobufCMessage *message)
{
    ProtobufCMessage *empty = bn_arena_must(plan->arena, message->descriptor->sizeof_message);
    protobuf_c_message_init(message->descriptor, empty);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (bn_field_is_hubs(message->descriptor, &message->descriptor->fields[i]))
            bn_field_exchange(message, empty, &message->descriptor->fields[i]);
}

static void organisation(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    plan->read[BN_ITEM_ORGANISATION]++;
    Binome__V1__Organisation *made = read_message(record, &binome__v1__organisation__descriptor);
    if (made == NULL)
        return;
    if (bn_plan_named(plan, "hub", made->slug) != NULL) {
        plan->skipped[BN_ITEM_ORGANISATION]++;
        return;
    }
    Binome__V1__OrganisationEnrol *enrol = bn_arena_must(plan->arena, sizeof *enrol);
    binome__v1__organisation_enrol__init(enrol);
    if (made->external_ref == NULL)
        made->external_ref = bn_record_ref(plan, "binome", made->slug);
    forget_hubs(plan, &made->base);
    enrol->organisation = made;
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_ORGANISATION, record->place);
    item->request.body_case = BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL;
    item->request.organisation_enrol = enrol;
}

static void workstream(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    plan->read[BN_ITEM_WORKSTREAM]++;
    Binome__V1__Workstream *made = read_message(record, &binome__v1__workstream__descriptor);
    if (made == NULL)
        return;
    if (bn_plan_named(plan, "workstream", made->slug) != NULL) {
        bn_plan_remark(plan, BN_REMARK_WORKSTREAM_HERE, record->place);
        plan->skipped[BN_ITEM_WORKSTREAM]++;
        return;
    }
    Binome__V1__WorkstreamEdit *edit = bn_arena_must(plan->arena, sizeof *edit);
    binome__v1__workstream_edit__init(edit);
    forget_hubs(plan, &made->base);
    edit->workstream = made;
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_WORKSTREAM, record->place);
    item->request.body_case = BINOME__V1__REQUEST__BODY_WORKSTREAM_EDIT;
    item->request.workstream_edit = edit;
}

static void proposal(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    plan->read[BN_ITEM_PROPOSAL]++;
    Binome__V1__Proposal *made = read_message(record, &binome__v1__proposal__descriptor);
    if (made == NULL)
        return;
    Binome__V1__ProposalSubmit *submit = bn_arena_must(plan->arena, sizeof *submit);
    binome__v1__proposal_submit__init(submit);
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_PROPOSAL, record->place);
    bn_plan_proposal_keep(plan, made->id);
    item->origin = made->id;
    item->probe = made->external_ref == NULL;
    if (made->external_ref == NULL)
        made->external_ref = bn_record_ref(plan, "binome", made->id);
    submit->proposal = made;
    submit->submitted_on = day_of(plan, made->submitted_at);
    item->request.on_behalf_of = made->owner;
    forget_hubs(plan, &made->base);
    item->request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    item->request.proposal_submit = submit;
}

static void offer(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    plan->read[BN_ITEM_OFFER]++;
    Binome__V1__Offer *made = read_message(record, &binome__v1__offer__descriptor);
    if (made == NULL)
        return;
    if (made->state == BINOME__V1__OFFER_STATE__OFFER_STATE_RETIRED) {
        plan->skipped[BN_ITEM_OFFER]++; /* taken back where it was: not to be published anew */
        return;
    }
    Binome__V1__OfferPublish *publish = bn_arena_must(plan->arena, sizeof *publish);
    binome__v1__offer_publish__init(publish);
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_OFFER, record->place);
    item->origin = made->id;
    item->probe = made->external_ref == NULL;
    if (made->external_ref == NULL)
        made->external_ref = bn_record_ref(plan, "binome", made->id);
    publish->offer = made;
    publish->published_on = day_of(plan, made->published_at);
    item->request.on_behalf_of = made->owner;
    forget_hubs(plan, &made->base);
    item->request.body_case = BINOME__V1__REQUEST__BODY_OFFER_PUBLISH;
    item->request.offer_publish = publish;
}

static void status(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    plan->read[BN_ITEM_STATUS]++;
    Binome__V1__StatusUpdate *made = read_message(record, &binome__v1__status_update__descriptor);
    if (made == NULL)
        return;
    struct bn_item *owner = bn_plan_proposal(plan, made->proposal);
    if (owner == NULL) {
        bn_plan_refuse(plan, record->place, "proposal", bn_rule_name(BN_RULE_OBJECT_ABSENT), made->proposal);
        return;
    }
    char *submitted = owner->request.proposal_submit->submitted_on;
    if (strcmp(made->id, made->proposal) == 0) { /* the submission itself: it tells on which day it was */
        if (made->effective_on[0] != '\0')
            memcpy(submitted, made->effective_on, strnlen(made->effective_on, BN_DATE_SIZE - 1) + 1);
        plan->skipped[BN_ITEM_STATUS]++;
        return;
    }
    if (made->external_ref == NULL)
        made->external_ref = bn_record_ref(plan, "binome", made->id);
    if (made->phase == made->phase_before && made->reason[0] == '\0')
        made->phase = BINOME__V1__PHASE__PHASE_UNSPECIFIED; /* the hub names the phase also where it stays */
    if (made->effective_on[0] == '\0')
        made->effective_on = day_of(plan, made->recorded_at);
    if (submitted[0] != '\0' && strcmp(made->effective_on, submitted) < 0)
        memcpy(submitted, made->effective_on, strnlen(made->effective_on, BN_DATE_SIZE - 1) + 1);
    made->expected_version = 0;
    forget_hubs(plan, &made->base);
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_STATUS, record->place);
    item->request.on_behalf_of = owner->request.on_behalf_of;
    item->request.body_case = BINOME__V1__REQUEST__BODY_STATUS_UPDATE;
    item->request.status_update = made;
    bn_plan_hang(owner, item);
}

static void map(struct bn_plan *plan, enum bn_file file, const struct bn_node *node, struct bn_place place)
{
    static void (*const maps[BN_FILES])(const struct bn_record *record) = {
        [BN_FILE_ORGANISATIONS] = organisation,
        [BN_FILE_WORKSTREAMS] = workstream,
        [BN_FILE_PROPOSALS] = proposal,
        [BN_FILE_OFFERS] = offer,
        [BN_FILE_STATUS] = status,
    };
    struct bn_record record = {plan, node, place};
    maps[file](&record);
}

const struct bn_format bn_format_binome = {"binome", "", NULL, map, NULL};
