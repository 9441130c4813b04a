/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import/plan.h"

#include "cli/cli.h"
#include "cli/lang.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
} remarks[] = {
#define REMARK_TEXT(identifier, name, text) {name, text},
    BN_REMARKS(REMARK_TEXT)
#undef REMARK_TEXT
};

const char *bn_remark_name(enum bn_remark_rule rule)
{
    return remarks[rule].name;
}

const char *bn_remark_text(enum bn_remark_rule rule)
{
    return remarks[rule].text;
}

/* Open addressing; grows in the arena, which is thrown away as a whole. */
struct bn_names {
    struct {
        const char *key, *text;
    } * slots;
    size_t count, size;
};

static size_t hash(const char *key)
{
    size_t value = 1469598103934665603U; /* FNV-1a: our own files, no adversary */
    for (; *key != '\0'; key++)
        value = (value ^ (unsigned char)*key) * 1099511628211U;
    return value;
}

static size_t slot_of(const struct bn_names *names, const char *key)
{
    size_t at = hash(key) & (names->size - 1);
    while (names->slots[at].key != NULL && strcmp(names->slots[at].key, key) != 0)
        at = (at + 1) & (names->size - 1);
    return at;
}

static void grow(struct bn_plan *plan)
{
    struct bn_names old = *plan->names;
    plan->names->size = old.size == 0 ? 1024 : 2 * old.size;
    plan->names->slots = bn_arena_must(plan->arena, plan->names->size * sizeof *old.slots);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].key != NULL)
            plan->names->slots[slot_of(plan->names, old.slots[i].key)] = old.slots[i];
}

static char *joined(struct bn_arena *arena, const char *space, const char *key)
{
    size_t first = strlen(space), second = strlen(key);
    char *text = bn_arena_must(arena, first + second + 2);
    memcpy(text, space, first);
    text[first] = ' ';
    memcpy(text + first + 1, key, second + 1);
    return text;
}

void bn_plan_name(struct bn_plan *plan, const char *space, const char *key, const char *text)
{
    if (2 * plan->names->count >= plan->names->size)
        grow(plan);
    char *whole = joined(plan->arena, space, key);
    size_t at = slot_of(plan->names, whole);
    if (plan->names->slots[at].key == NULL)
        plan->names->count++;
    plan->names->slots[at].key = whole;
    plan->names->slots[at].text = bn_arena_must_text(plan->arena, text);
}

const char *bn_plan_named(const struct bn_plan *plan, const char *space, const char *key)
{
    if (plan->names->size == 0)
        return NULL;
    char *whole = joined(plan->arena, space, key);
    return plan->names->slots[slot_of(plan->names, whole)].text;
}

struct bn_plan *bn_plan_create(const char *workstream, int32_t today)
{
    struct bn_arena *arena = bn_must(bn_arena_create((size_t)1 << 20, SIZE_MAX / 2));
    struct bn_plan *plan = bn_arena_must(arena, sizeof *plan);
    plan->arena = arena;
    plan->workstream = bn_arena_must_text(arena, workstream);
    plan->today = today;
    plan->names = bn_arena_must(arena, sizeof *plan->names);
    return plan;
}

void bn_plan_destroy(struct bn_plan **plan)
{
    if (*plan == NULL)
        return;
    struct bn_arena *arena = (*plan)->arena;
    bn_arena_destroy(&arena);
    *plan = NULL;
}

/* The hub keeps a SIREN as it was written: 732 829 320 or 732829320. */
static const char *digits_of(struct bn_plan *plan, const char *siren)
{
    char *digits = bn_arena_must_text(plan->arena, siren), *to = digits;
    for (const char *at = siren; *at != '\0'; at++)
        if (*at >= '0' && *at <= '9')
            *to++ = *at;
    *to = '\0';
    return digits;
}

void bn_plan_know(struct bn_plan *plan, const Binome__V1__Organisation *organisation)
{
    const Binome__V1__ExternalRef *ref = organisation->external_ref;
    bn_plan_name(plan, "slug", organisation->slug, organisation->slug);
    bn_plan_name(plan, "hub", organisation->slug, organisation->slug);
    if (ref != NULL)
        bn_plan_name(plan, "ref", joined(plan->arena, ref->scheme, ref->id), organisation->slug);
    for (size_t i = 0; i < organisation->n_identifiers; i++)
        if (strcmp(organisation->identifiers[i]->scheme, "siren") == 0)
            bn_plan_name(plan, "siren", digits_of(plan, organisation->identifiers[i]->value), organisation->slug);
}

void bn_plan_know_workstream(struct bn_plan *plan, const char *slug)
{
    bn_plan_name(plan, "workstream", slug, slug);
}

struct bn_item *bn_plan_add(struct bn_plan *plan, enum bn_item_kind kind, struct bn_place place)
{
    struct bn_items *items = &plan->items[kind];
    if (items->count == items->room) {
        size_t room = items->room == 0 ? 256 : 2 * items->room;
        struct bn_item **list = bn_arena_must(plan->arena, room * sizeof *list);
        if (items->count > 0)
            memcpy(list, items->list, items->count * sizeof *list);
        items->list = list;
        items->room = room;
    }
    struct bn_item *item = bn_arena_must(plan->arena, sizeof *item);
    item->kind = kind;
    item->place = place;
    binome__v1__request__init(&item->request);
    items->list[items->count++] = item;
    return item;
}

void bn_plan_proposal_keep(struct bn_plan *plan, const char *id)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", plan->items[BN_ITEM_PROPOSAL].count - 1);
    bn_plan_name(plan, "proposal", id, number);
}

struct bn_item *bn_plan_proposal(const struct bn_plan *plan, const char *id)
{
    const char *number = bn_plan_named(plan, "proposal", id);
    return number == NULL ? NULL : plan->items[BN_ITEM_PROPOSAL].list[strtoul(number, NULL, 10)];
}

void bn_plan_hang(struct bn_item *proposal, struct bn_item *status)
{
    if (proposal->statuses == NULL)
        proposal->statuses = status;
    else
        proposal->statuses_last->next = status;
    proposal->statuses_last = status;
    status->proposal = proposal;
}

void bn_plan_remark(struct bn_plan *plan, enum bn_remark_rule rule, struct bn_place place)
{
    plan->remarks[rule]++;
    if (plan->remarked.file != place.file || plan->remarked.line != place.line)
        plan->records_remarked++;
    plan->remarked = place;
}

void bn_plan_refuse(struct bn_plan *plan, struct bn_place place, const char *field, const char *rule, const char *cause)
{
    struct bn_refusals *refusals = &plan->refusals;
    if (refusals->count == refusals->room) {
        size_t room = refusals->room == 0 ? 32 : 2 * refusals->room;
        struct bn_refusal *list = bn_arena_must(plan->arena, room * sizeof *list);
        if (refusals->count > 0)
            memcpy(list, refusals->list, refusals->count * sizeof *list);
        refusals->list = list;
        refusals->room = room;
    }
    refusals->list[refusals->count++] =
        (struct bn_refusal){place, bn_arena_must_text(plan->arena, field), bn_arena_must_text(plan->arena, rule),
                            bn_arena_must_text(plan->arena, cause)};
}
