/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals, offers, and the history of a proposal. */
#include "base/clock.h"
#include "registry/queries.h"
#include "registry/render.h"

#include <string.h>

/* ---- one object, in any of its versions ---- */

/* The body that held the text at a version: that of the newest change to the text up to it. */
static enum bn_code body_at(struct bn_act *act, const struct bn_object *object, uint32_t version, const char *field,
                            uint64_t *body)
{
    struct bn_check *check = &act->job->check;
    if (version > object->version)
        return BN_FAIL(check, BN_NOT_FOUND, field, BN_RULE_VERSION_ABSENT, bn_check_number(check, version),
                       bn_check_number(check, object->version));
    return bn_store_body_of_version(act->store, object->number, version, body);
}

/* The relations that a text sets up: where it stands, and whom it invites. */
struct reach {
    uint32_t visibility;
    char **workstreams, **invited;
    size_t workstream_count, invited_count;
};

static bool in_reach(struct bn_act *act, const struct reach *reach)
{
    const struct bn_view *view = &act->view;
    uint64_t places = 0;
    uint32_t number, seen = view->seen[BN_RELATION_ANY];
    for (size_t i = 0; i < reach->workstream_count; i++)
        if (bn_directory_workstream(act->directory, reach->workstreams[i], &number) == BN_OK)
            places |= UINT64_C(1) << number;
    if ((view->pilot_of & places) != 0)
        seen |= view->seen[BN_RELATION_PILOT];
    if ((view->member_of & places) != 0)
        seen |= view->seen[BN_RELATION_WORKSTREAM];
    for (size_t i = 0; i < reach->invited_count; i++)
        if (strcmp(reach->invited[i], act->caller->slug) == 0)
            seen |= view->seen[BN_RELATION_INVITED];
    return (seen & (1u << reach->visibility)) != 0;
}

/* Whether the text in that body is (or was, when it was the newest) open to the caller. The newest one is: the object
 * was found through the caller's view. */
static enum bn_code body_open(struct bn_act *act, const struct bn_object *object, uint64_t body, bool *open)
{
    Binome__V1__Request *request;
    *open = true;
    if (body == 0 || body == object->body || object->owner == act->view.organisation)
        return BN_OK;
    enum bn_code code = bn_act_body(act, body, &request);
    if (code != BN_OK)
        return code;
    const Binome__V1__Proposal *proposal = bn_proposal_of(request);
    const Binome__V1__Offer *offer = bn_offer_of(request);
    struct reach reach = {0};
    if (proposal != NULL)
        reach = (struct reach){.visibility = (uint32_t)proposal->visibility,
                               .workstreams = (char **)(uintptr_t)&proposal->workstream,
                               .workstream_count = 1,
                               .invited = proposal->invited,
                               .invited_count = proposal->n_invited};
    else if (offer != NULL)
        reach = (struct reach){.visibility = (uint32_t)offer->visibility,
                               .workstreams = offer->workstreams,
                               .workstream_count = offer->n_workstreams,
                               .invited = offer->invited,
                               .invited_count = offer->n_invited};
    *open = in_reach(act, &reach);
    return BN_OK;
}

/* A text is shown to those to whom it was open when it was the newest: what stood in a draft does not come out with the
 * version that was published. Such a version looks as if there were none. */
static enum bn_code judge_version(struct bn_act *act, const struct bn_object *object, uint64_t body, uint32_t version,
                                  const char *field)
{
    struct bn_check *check = &act->job->check;
    bool open;
    enum bn_code code = body_open(act, object, body, &open);
    if (code != BN_OK || open)
        return code;
    return BN_FAIL(check, BN_NOT_FOUND, field, BN_RULE_VERSION_ABSENT, bn_check_number(check, version),
                   bn_check_number(check, object->version));
}

enum bn_code bn_query_proposal_get(struct bn_act *act)
{
    const Binome__V1__ProposalGet *get = act->job->request->proposal_get;
    struct bn_object object;
    uint64_t body = 0;
    enum bn_code code = bn_act_object(act, "proposal_get.id", get->id, BN_OBJECT_PROPOSAL, &object);
    if (code == BN_OK && get->version != 0)
        code = body_at(act, &object, get->version, "proposal_get.version", &body);
    if (code == BN_OK)
        code = judge_version(act, &object, body, get->version, "proposal_get.version");
    if (code != BN_OK)
        return code;
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_PROPOSAL;
    return bn_render_proposal(act, &object, body, get->version, &act->job->reply.proposal);
}

enum bn_code bn_query_offer_get(struct bn_act *act)
{
    const Binome__V1__OfferGet *get = act->job->request->offer_get;
    struct bn_object object;
    uint64_t body = 0;
    enum bn_code code = bn_act_object(act, "offer_get.id", get->id, BN_OBJECT_OFFER, &object);
    if (code == BN_OK && get->version != 0)
        code = body_at(act, &object, get->version, "offer_get.version", &body);
    if (code == BN_OK)
        code = judge_version(act, &object, body, get->version, "offer_get.version");
    if (code != BN_OK)
        return code;
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_OFFER;
    return bn_render_offer(act, &object, body, get->version, &act->job->reply.offer);
}

/* ---- lists ---- */

/* What both lists are asked for, and what is said of each row when it is on the page. */
struct list {
    const char *name; /* of the request's member */
    const Binome__V1__PageRequest *page;
    const char *workstream, *owner, *sector, *language;
    const Binome__V1__ExternalRef *external_ref;
    struct bn_object_filter filter;
    enum bn_external_kind external_kind;
    /* Renders a row; *sectors and *sector_count are those of its text. */
    enum bn_code (*render)(struct bn_act *act, const struct bn_object *object, ProtobufCMessage **message,
                           char ***sectors, size_t *sector_count);
};

static enum bn_code render_proposal(struct bn_act *act, const struct bn_object *object, ProtobufCMessage **message,
                                    char ***sectors, size_t *sector_count)
{
    Binome__V1__Proposal *proposal;
    enum bn_code code = bn_render_proposal(act, object, 0, 0, &proposal);
    if (code != BN_OK)
        return code;
    *message = &proposal->base;
    *sectors = proposal->sectors;
    *sector_count = proposal->n_sectors;
    return BN_OK;
}

static enum bn_code render_offer(struct bn_act *act, const struct bn_object *object, ProtobufCMessage **message,
                                 char ***sectors, size_t *sector_count)
{
    Binome__V1__Offer *offer;
    enum bn_code code = bn_render_offer(act, object, 0, 0, &offer);
    if (code != BN_OK)
        return code;
    *message = &offer->base;
    *sectors = offer->sectors;
    *sector_count = offer->n_sectors;
    return BN_OK;
}

static const char *member_field(struct bn_act *act, const struct list *list, const char *name)
{
    const char *field = bn_arena_format(act->job->arena, "%s.%s", list->name, name);
    return field != NULL ? field : name;
}

static enum bn_code list_filter(struct bn_act *act, struct list *list)
{
    struct bn_object_filter *filter = &list->filter;
    filter->today = act->today;
    filter->language = list->language[0] != '\0' ? list->language : NULL;
    if (list->workstream[0] != '\0') {
        uint32_t number;
        enum bn_code code = bn_act_workstream(act, member_field(act, list, "workstream"), list->workstream, &number);
        if (code != BN_OK)
            return code;
        filter->workstreams = UINT64_C(1) << number;
    }
    if (strcmp(list->owner, "me") == 0) {
        filter->owner = act->caller->organisation;
    } else if (list->owner[0] != '\0') {
        const struct bn_brief *brief;
        enum bn_code code = bn_act_organisation(act, member_field(act, list, "owner"), list->owner, &brief);
        if (code != BN_OK)
            return code;
        filter->owner = brief->number;
    }
    if (list->external_ref != NULL && filter->owner == 0)
        return BN_FAIL(&act->job->check, BN_INVALID_ARGUMENT, member_field(act, list, "owner"), BN_RULE_FIELD_REQUIRED);
    return BN_OK;
}

static bool has_sector(char **sectors, size_t count, const char *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(sectors[i], wanted) == 0)
            return true;
    return false;
}

/* By reference there is one row or none; else the next one of the list. */
static enum bn_code next_row(struct bn_act *act, const struct list *list, uint64_t before, struct bn_object *object)
{
    if (list->external_ref == NULL)
        return bn_store_object_next(act->store, before, &list->filter, &act->view, object);
    struct bn_external external = {.owner = list->filter.owner,
                                   .kind = (uint32_t)list->external_kind,
                                   .scheme = list->external_ref->scheme,
                                   .id = list->external_ref->id};
    if (before != 0)
        return BN_NOT_FOUND;
    enum bn_code code = bn_store_external_find(act->store, &external);
    return code == BN_OK ? bn_store_object_by_number(act->store, external.object, &act->view, object) : code;
}

static enum bn_code list_rows(struct bn_act *act, struct list *list, ProtobufCMessage ***out, size_t *count,
                              Binome__V1__PageInfo **info)
{
    struct bn_page page;
    enum bn_code code = bn_page_start(act, list->page, member_field(act, list, "page.token"), &page);
    if (code == BN_OK)
        code = list_filter(act, list);
    if (code != BN_OK)
        return code;
    ProtobufCMessage **rows = bn_arena_take(act->job->arena, page.rows_max * sizeof *rows);
    if (rows == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    *count = 0;
    while (bn_page_open(&page)) {
        struct bn_object object;
        code = next_row(act, list, page.cursor, &object);
        if (code != BN_OK)
            break;
        page.cursor = object.number;
        page.scanned++;
        char **sectors;
        size_t sector_count;
        ProtobufCMessage *message;
        code = list->render(act, &object, &message, &sectors, &sector_count);
        if (code != BN_OK)
            return code;
        if (list->sector[0] != '\0' && !has_sector(sectors, sector_count, list->sector))
            continue;
        rows[(*count)++] = message;
        bn_page_add(&page, protobuf_c_message_get_packed_size(message));
    }
    if (code != BN_OK && code != BN_NOT_FOUND)
        return code;
    *out = rows;
    *info = bn_page_end(act, &page, code == BN_NOT_FOUND);
    return BN_OK;
}

enum bn_code bn_query_proposal_list(struct bn_act *act)
{
    const Binome__V1__ProposalList *ask = act->job->request->proposal_list;
    struct list list = {
        .name = "proposal_list",
        .page = ask->page,
        .workstream = ask->workstream,
        .owner = ask->owner,
        .sector = ask->sector,
        .language = ask->language,
        .external_ref = ask->external_ref,
        .filter = {.kind = BN_OBJECT_PROPOSAL, .state = (uint32_t)ask->phase},
        .external_kind = BN_EXTERNAL_PROPOSAL,
        .render = render_proposal,
    };
    Binome__V1__ProposalPage *page = bn_arena_take(act->job->arena, sizeof *page);
    if (page == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__proposal_page__init(page);
    ProtobufCMessage **rows;
    enum bn_code code = list_rows(act, &list, &rows, &page->n_proposals, &page->page);
    if (code != BN_OK)
        return code;
    page->proposals = (Binome__V1__Proposal **)rows;
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_PROPOSAL_PAGE;
    act->job->reply.proposal_page = page;
    return BN_OK;
}

enum bn_code bn_query_offer_list(struct bn_act *act)
{
    const Binome__V1__OfferList *ask = act->job->request->offer_list;
    struct list list = {
        .name = "offer_list",
        .page = ask->page,
        .workstream = ask->workstream,
        .owner = ask->owner,
        .sector = ask->sector,
        .language = ask->language,
        .external_ref = ask->external_ref,
        .filter = {.kind = BN_OBJECT_OFFER, .state = (uint32_t)ask->state},
        .external_kind = BN_EXTERNAL_OFFER,
        .render = render_offer,
    };
    Binome__V1__OfferPage *page = bn_arena_take(act->job->arena, sizeof *page);
    if (page == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__offer_page__init(page);
    ProtobufCMessage **rows;
    enum bn_code code = list_rows(act, &list, &rows, &page->n_offers, &page->page);
    if (code != BN_OK)
        return code;
    page->offers = (Binome__V1__Offer **)rows;
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_OFFER_PAGE;
    act->job->reply.offer_page = page;
    return BN_OK;
}

/* ---- history of a proposal ---- */

static bool is_text_change(uint32_t type)
{
    return type == BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT || type == BINOME__V1__REQUEST__BODY_PROPOSAL_REVISE;
}

/* The first row of a history is the submission itself; changes of the text are versions, not statuses. */
static enum bn_code creation_row(struct bn_act *act, const struct bn_object *object, struct bn_change *change)
{
    Binome__V1__Request *request;
    *change = (struct bn_change){
        .sequence = object->number,
        .object = object->number,
        .type = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT,
        .version = 1,
        .state_after = BINOME__V1__PHASE__PHASE_SUBMITTED,
        .effective_day = bn_date_of_ms(object->created_ms),
    };
    enum bn_code code = bn_act_body(act, object->number, &request);
    if (code != BN_OK)
        return code;
    if (request->body_case == BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT) {
        int32_t day;
        if (bn_date_parse(request->proposal_submit->submitted_on, &day))
            change->effective_day = day;
    }
    return BN_OK;
}

static enum bn_code next_status(struct bn_act *act, const struct bn_object *object, uint64_t after,
                                struct bn_change *change)
{
    if (after == 0)
        return creation_row(act, object, change);
    enum bn_code code;
    do {
        code = bn_store_change_next(act->store, object->number, after, change);
        after = change->sequence;
    } while (code == BN_OK && is_text_change(change->type));
    return code;
}

/* What was said of a proposal is open to those to whom its text of that time was: a report on a draft does not come out
 * when the draft is published. The phases and their days do. */
static enum bn_code status_open(struct bn_act *act, const struct bn_object *object, uint32_t version, uint64_t *body,
                                bool *open)
{
    uint64_t before = *body;
    enum bn_code code = bn_store_body_of_version(act->store, object->number, version, body);
    if (code != BN_OK || *body == before)
        return code;
    return body_open(act, object, *body, open);
}

enum bn_code bn_query_status_list(struct bn_act *act)
{
    const Binome__V1__StatusList *ask = act->job->request->status_list;
    struct bn_arena *arena = act->job->arena;
    struct bn_object object;
    struct bn_page page;
    enum bn_code code = bn_page_start(act, ask->page, "status_list.page.token", &page);
    if (code == BN_OK)
        code = bn_act_object(act, "status_list.proposal", ask->proposal, BN_OBJECT_PROPOSAL, &object);
    if (code != BN_OK)
        return code;
    Binome__V1__StatusPage *out = bn_arena_take(arena, sizeof *out);
    Binome__V1__StatusUpdate **rows = bn_arena_take(arena, page.rows_max * sizeof *rows);
    if (out == NULL || rows == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__status_page__init(out);
    out->updates = rows;
    uint64_t body = 0; /* of the text that the rows before this one spoke of */
    bool open = true;
    while (bn_page_open(&page)) {
        struct bn_change change;
        code = next_status(act, &object, page.cursor, &change);
        if (code != BN_OK)
            break;
        page.cursor = change.sequence;
        page.scanned++;
        Binome__V1__StatusUpdate *update;
        code = status_open(act, &object, change.version, &body, &open);
        if (code == BN_OK)
            code = bn_render_status(act, &change, open, &update);
        if (code != BN_OK)
            return code;
        update->proposal = ask->proposal;
        rows[out->n_updates++] = update;
        bn_page_add(&page, protobuf_c_message_get_packed_size(&update->base));
    }
    if (code != BN_OK && code != BN_NOT_FOUND)
        return code;
    out->page = bn_page_end(act, &page, code == BN_NOT_FOUND);
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_STATUS_PAGE;
    act->job->reply.status_page = out;
    return BN_OK;
}
