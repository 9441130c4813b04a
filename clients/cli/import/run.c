/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import/run.h"

#include "cli/explain.h"
#include "cli/hub.h"
#include "cli/lang.h"
#include "cli/progress.h"

#include <string.h>

enum { WINDOW_MAX = 100, TIMEOUT_MS = 120000, WAIT_MS = 1000 };

/* What an item's answer will be about. */
enum {
    WAITING,
    PROBING, /* does the hub know the id under which it was exported? */
    SENT,    /* the request itself */
};

struct run {
    struct bn_cli *cli;
    struct bn_plan *plan;
    struct bn_outcome *outcome;
    bool dry_run;
    size_t window, under_way, done, total;
    struct bn_progress progress;
    struct bn_items follow; /* status rows that may go now: before new proposals, so that few stay half told */
    int code;               /* not BN_EXIT_DONE: stop */
};

static enum binome_code send_body(struct run *run, struct bn_item *item, const Binome__V1__Request *request)
{
    struct binome_error error = {"", "", ""};
    unsigned timeout_ms = run->cli->timeout_ms == 0 ? TIMEOUT_MS : run->cli->timeout_ms;
    enum binome_code code = binome_send(run->cli->hub, request, NULL, timeout_ms, item, &error);
    if (code == BINOME_OK)
        run->under_way++;
    else if (code != BINOME_RESOURCE_EXHAUSTED)
        run->code = bn_explain_local(run->cli, code, &error);
    return code;
}

static enum binome_code send_probe(struct run *run, struct bn_item *item)
{
    Binome__V1__ProposalGet proposal = BINOME__V1__PROPOSAL_GET__INIT;
    Binome__V1__OfferGet offer = BINOME__V1__OFFER_GET__INIT;
    BN_REQUEST(request);
    proposal.id = offer.id = bn_arena_must_text(run->plan->arena, item->origin);
    if (item->kind == BN_ITEM_PROPOSAL)
        BN_BODY(request, PROPOSAL_GET, proposal_get, &proposal);
    else
        BN_BODY(request, OFFER_GET, offer_get, &offer);
    return send_body(run, item, &request);
}

/* A dry run judges what is said, not who says it: an owner that is not enrolled yet cannot be spoken for. */
static enum binome_code send_item(struct run *run, struct bn_item *item)
{
    char *owner = item->request.on_behalf_of;
    item->request.dry_run = run->dry_run;
    if (run->dry_run && owner[0] != '\0' && bn_plan_named(run->plan, "hub", owner) == NULL)
        item->request.on_behalf_of = bn_arena_must_text(run->plan->arena, "");
    enum binome_code code = send_body(run, item, &item->request);
    item->request.on_behalf_of = owner;
    return code;
}

static enum binome_code send_next_step(struct run *run, struct bn_item *item)
{
    if (item->state == PROBING)
        return send_probe(run, item);
    return send_item(run, item);
}

static void follow_push(struct run *run, struct bn_item *item)
{
    struct bn_items *follow = &run->follow;
    if (follow->count == follow->room) {
        size_t room = follow->room == 0 ? WINDOW_MAX : 2 * follow->room;
        struct bn_item **list = bn_arena_must(run->plan->arena, room * sizeof *list);
        if (follow->count > 0)
            memcpy(list, follow->list, follow->count * sizeof *list);
        follow->list = list;
        follow->room = room;
    }
    follow->list[follow->count++] = item;
}

static size_t rows_below(const struct bn_item *proposal)
{
    size_t count = 0;
    for (const struct bn_item *row = proposal->statuses; row != NULL; row = row->next)
        count++;
    return count;
}

static void refuse(struct run *run, struct bn_item *item, const struct binome_reply *reply)
{
    const Binome__V1__Error *error = reply->reply->error;
    size_t count = error == NULL ? 0 : error->n_violations;
    for (size_t i = 0; i < count; i++) {
        const Binome__V1__Violation *broken = error->violations[i];
        bn_plan_refuse(run->plan, item->place, broken->field, broken->rule,
                       bn_explain_cause(run->cli, broken->rule, (const Binome__V1__Param *const *)broken->params,
                                        broken->n_params, ""));
    }
    if (count == 0)
        bn_plan_refuse(run->plan, item->place, "", bn_code_name((enum bn_code)reply->code),
                       error == NULL ? "" : error->detail);
    run->outcome->refused[item->kind]++;
    run->done++;
}

/* The rows below a proposal that is not there cannot be told. */
static void drop_rows(struct run *run, const struct bn_item *proposal, size_t *counter)
{
    size_t rows = rows_below(proposal);
    *counter += rows;
    run->done += rows;
}

static void rows_go(struct run *run, struct bn_item *proposal, const char *id)
{
    char *kept = bn_arena_must_text(run->plan->arena, id);
    for (struct bn_item *row = proposal->statuses; row != NULL; row = row->next)
        row->request.status_update->proposal = kept;
    if (proposal->statuses != NULL)
        follow_push(run, proposal->statuses);
}

static const char *object_of(const Binome__V1__Reply *reply)
{
    if (reply->receipt != NULL && reply->receipt->object[0] != '\0')
        return reply->receipt->object;
    if (reply->body_case == BINOME__V1__REPLY__BODY_PROPOSAL)
        return reply->proposal->id;
    return "";
}

static void count_accepted(struct run *run, const struct bn_item *item, const Binome__V1__Reply *reply)
{
    bool versioned = item->kind != BN_ITEM_STATUS;
    if (reply->unchanged)
        run->outcome->unchanged[item->kind]++;
    else if (versioned && reply->receipt != NULL && reply->receipt->version > 1)
        run->outcome->changed[item->kind]++;
    else
        run->outcome->created[item->kind]++;
    run->done++;
}

static void accepted(struct run *run, struct bn_item *item, const Binome__V1__Reply *reply)
{
    count_accepted(run, item, reply);
    if (item->kind == BN_ITEM_STATUS && item->next != NULL)
        follow_push(run, item->next);
    if (item->kind != BN_ITEM_PROPOSAL)
        return;
    if (run->dry_run && !reply->unchanged)
        drop_rows(run, item, &run->outcome->unjudged[BN_ITEM_STATUS]);
    else if (item->origin != NULL && strcmp(item->origin, object_of(reply)) == 0)
        drop_rows(run, item, &run->outcome->unchanged[BN_ITEM_STATUS]); /* the hub that it was exported from */
    else
        rows_go(run, item, object_of(reply));
}

/* Not about one record, but about who imports or whether the hub is there: going on would only repeat it thousands of
 * times. A refused move of one proposal is PERMISSION_DENIED too, and is about that record. */
static bool stops(const struct binome_reply *reply)
{
    static const enum bn_rule personal[] = {BN_RULE_ON_BEHALF_OPERATOR, BN_RULE_OPERATOR_ONLY, BN_RULE_KEY_ROLE};
    const Binome__V1__Error *error = reply->reply->error;
    switch (reply->code) {
    case BINOME_PERMISSION_DENIED:
        for (size_t i = 0; i < BN_COUNT(personal); i++)
            if (error != NULL && error->n_violations > 0 &&
                strcmp(error->violations[0]->rule, bn_rule_name(personal[i])) == 0)
                return true;
        return false;
    case BINOME_UNAUTHENTICATED:
    case BINOME_UNAVAILABLE:
    case BINOME_DEADLINE_EXCEEDED:
    case BINOME_CANCELLED:
    case BINOME_UNIMPLEMENTED:
    case BINOME_INTERNAL:
    case BINOME_RESOURCE_EXHAUSTED:
        return true;
    default:
        return false;
    }
}

static void answered(struct run *run, struct binome_reply *reply)
{
    struct bn_item *item = reply->tag;
    run->under_way--;
    if (item->state == PROBING && reply->code == BINOME_NOT_FOUND) {
        item->state = SENT;
        follow_push(run, item);
    } else if (item->state == PROBING && reply->code == BINOME_OK) {
        run->outcome->unchanged[item->kind]++;
        run->done++;
        drop_rows(run, item, &run->outcome->unchanged[BN_ITEM_STATUS]);
    } else if (reply->code == BINOME_OK) {
        accepted(run, item, reply->reply);
    } else if (stops(reply)) {
        fprintf(run->cli->err, "%s:%u:\n", item->place.file, item->place.line);
        run->code = bn_explain_reply(run->cli, reply);
    } else {
        refuse(run, item, reply);
        if (item->kind == BN_ITEM_PROPOSAL)
            drop_rows(run, item, &run->outcome->refused[BN_ITEM_STATUS]);
        else if (item->kind == BN_ITEM_STATUS && item->next != NULL)
            follow_push(run, item->next); /* the others may still be good: all faults are listed in one run */
    }
    bn_progress_at(&run->progress, run->done);
}

static void take_answer(struct run *run)
{
    struct binome_reply *reply = NULL;
    enum binome_code code = binome_next(run->cli->hub, WAIT_MS, &reply);
    if (code == BINOME_OK) {
        answered(run, reply);
        binome_reply_free(&reply);
    } else if (code != BINOME_DEADLINE_EXCEEDED) {
        struct binome_error error = {"", "", ""};
        run->code = bn_explain_local(run->cli, code, &error);
    }
}

/* Sends a list and everything that follows from it; returns when all is answered or the run must stop. */
static void drain(struct run *run, const struct bn_items *items)
{
    size_t next = 0;
    while (run->code == BN_EXIT_DONE && (next < items->count || run->follow.count > 0 || run->under_way > 0)) {
        bool follows = run->follow.count > 0;
        if (run->under_way >= run->window || (!follows && next >= items->count)) {
            take_answer(run);
            continue;
        }
        struct bn_item *item = follows ? run->follow.list[run->follow.count - 1] : items->list[next];
        if (item->state == WAITING)
            item->state = item->probe ? PROBING : SENT;
        enum binome_code code = send_next_step(run, item);
        if (code == BINOME_RESOURCE_EXHAUSTED) {
            take_answer(run); /* the hub's window is smaller than ours */
            continue;
        }
        if (follows)
            run->follow.count--;
        else
            next++;
    }
}

int bn_import_run(struct bn_cli *cli, struct bn_plan *plan, bool dry_run, struct bn_outcome *outcome)
{
    struct run run = {.cli = cli, .plan = plan, .outcome = outcome, .dry_run = dry_run, .window = WINDOW_MAX};
    static const enum bn_item_kind order[] = {BN_ITEM_ORGANISATION, BN_ITEM_WORKSTREAM, BN_ITEM_OFFER,
                                              BN_ITEM_PROPOSAL};
    memset(outcome, 0, sizeof *outcome);
    for (int kind = 0; kind < BN_ITEM_KINDS; kind++) {
        run.total += plan->items[kind].count;
        outcome->unchanged[kind] = plan->skipped[kind];
        outcome->refused[kind] = plan->unmapped[kind];
    }
    bn_progress_start(&run.progress, cli, _("importing"), run.total);
    for (size_t i = 0; i < BN_COUNT(order) && run.code == BN_EXIT_DONE; i++)
        drain(&run, &plan->items[order[i]]);
    bn_progress_end(&run.progress);
    return run.code;
}
