/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/figures.h"

#include "binome/v1/request.pb-c.h"
#include "common/figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_NUMBER_MAX = 511, TYPES_MAX = 256 };

const struct bn_counter_def bn_broker_counters[BN_BROKER_COUNTER_COUNT] = {
#define COUNTER_DEF(identifier, name, unit, help) {name, unit, help},
    BN_BROKER_COUNTERS(COUNTER_DEF)
#undef COUNTER_DEF
};

struct type {
    uint32_t number;
    const char *name;
    uint64_t codes[BN_CODES];
};

struct bn_figures_private {
    uint8_t type_places[TYPE_NUMBER_MAX + 1]; /* 0 is the place of what is unknown */
    struct type types[TYPES_MAX];
    size_t types_count;
    uint32_t *slots; /* organisations by id, open addressing, UINT32_MAX = empty */
    size_t mask, room;
};

static void types_fill(struct bn_figures_private *own)
{
    own->types[0].name = "unknown";
    own->types_count = 1;
    const ProtobufCMessageDescriptor *request = &binome__v1__request__descriptor;
    for (unsigned i = 0; i < request->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &request->fields[i];
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
            continue;
        assert(field->id <= TYPE_NUMBER_MAX && own->types_count < TYPES_MAX);
        own->type_places[field->id] = (uint8_t)own->types_count;
        own->types[own->types_count].number = field->id;
        own->types[own->types_count].name = field->name;
        own->types_count++;
    }
}

/* Ids are UUIDv7: the random bits are at the end. */
static size_t hash_id(const struct bn_id *id)
{
    uint64_t hash;
    memcpy(&hash, id->bytes + 8, sizeof hash);
    return (size_t)(hash * 0x9E3779B97F4A7C15ULL >> 20);
}

static uint32_t *slot_of(const struct bn_figures *figures, const struct bn_id *id)
{
    const struct bn_figures_private *own = figures->own;
    for (size_t at = hash_id(id);; at++) {
        uint32_t *slot = &own->slots[at & own->mask];
        if (*slot == UINT32_MAX || bn_id_equal(&figures->organisations[*slot].id, id))
            return slot;
    }
}

static bool organisations_grow(struct bn_figures *figures)
{
    struct bn_figures_private *own = figures->own;
    size_t room = own->room == 0 ? 64 : 2 * own->room;
    struct bn_organisation_figures *grown = realloc(figures->organisations, room * sizeof *grown);
    if (grown == NULL)
        return false;
    figures->organisations = grown;
    uint32_t *slots = malloc(2 * room * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0xFF, 2 * room * sizeof *slots);
    free(own->slots);
    own->slots = slots;
    own->mask = 2 * room - 1;
    own->room = room;
    for (size_t i = 0; i < figures->organisations_count; i++)
        *slot_of(figures, &figures->organisations[i].id) = (uint32_t)i;
    return true;
}

struct bn_figures *bn_figures_create(void)
{
    struct bn_figures *figures = calloc(1, sizeof *figures);
    if (figures == NULL)
        return NULL;
    figures->own = calloc(1, sizeof *figures->own);
    if (figures->own == NULL || !organisations_grow(figures)) {
        bn_figures_destroy(&figures);
        return NULL;
    }
    types_fill(figures->own);
    return figures;
}

void bn_figures_destroy(struct bn_figures **result)
{
    struct bn_figures *figures = *result;
    if (figures == NULL)
        return;
    for (size_t i = 0; i < figures->organisations_count; i++)
        free(figures->organisations[i].slug);
    free(figures->organisations);
    if (figures->own != NULL)
        free(figures->own->slots);
    free(figures->own);
    free(figures);
    *result = NULL;
}

uint32_t bn_figures_organisation(struct bn_figures *figures, const struct bn_id *id, const char *slug)
{
    uint32_t *slot = slot_of(figures, id);
    if (*slot != UINT32_MAX) {
        struct bn_organisation_figures *known = &figures->organisations[*slot];
        if (strcmp(known->slug, slug) != 0) {
            char *fresh = strdup(slug);
            if (fresh != NULL) {
                free(known->slug);
                known->slug = fresh;
            }
        }
        return *slot;
    }
    char *copy = strdup(slug);
    if (copy == NULL || (figures->organisations_count == figures->own->room && !organisations_grow(figures))) {
        free(copy);
        return UINT32_MAX;
    }
    uint32_t place = (uint32_t)figures->organisations_count++;
    figures->organisations[place] = (struct bn_organisation_figures){.id = *id, .slug = copy};
    *slot_of(figures, id) = place;
    return place;
}

void bn_figures_answered(struct bn_figures *figures, uint32_t type, enum bn_code code)
{
    size_t place = type <= TYPE_NUMBER_MAX ? figures->own->type_places[type] : 0;
    unsigned number = (unsigned)code;
    figures->own->types[place].codes[number < BN_CODES ? number : BN_UNKNOWN]++;
}

/* The parts of a snapshot that are lists; in one block, so that one free() ends them. */
struct lists {
    Binome__V1__Counter counters[BN_BROKER_COUNTER_COUNT], *counter_list[BN_BROKER_COUNTER_COUNT];
    Binome__V1__OrganisationFigures organisations[BN_FIGURES_ORGANISATIONS_MAX + 1],
        *organisation_list[BN_FIGURES_ORGANISATIONS_MAX + 1];
    Binome__V1__TypeFigures types[TYPES_MAX], *type_list[TYPES_MAX];
    Binome__V1__CodeCount codes[TYPES_MAX][BN_CODES], *code_list[TYPES_MAX][BN_CODES];
};

static void counters_list(const struct bn_figures *figures, struct lists *lists, Binome__V1__Stats *stats)
{
    bn_figures_counters(bn_broker_counters, figures->counters, BN_BROKER_COUNTER_COUNT, lists->counters);
    for (size_t i = 0; i < BN_BROKER_COUNTER_COUNT; i++)
        lists->counter_list[i] = &lists->counters[i];
    stats->counters = lists->counter_list;
    stats->n_counters = BN_BROKER_COUNTER_COUNT;
}

static void organisations_list(const struct bn_figures *figures, struct lists *lists, Binome__V1__Stats *stats)
{
    static char others[] = "others";
    size_t count = 0;
    for (size_t i = 0; i < figures->organisations_count; i++) {
        const struct bn_organisation_figures *from = &figures->organisations[i];
        size_t place = i < BN_FIGURES_ORGANISATIONS_MAX ? i : BN_FIGURES_ORGANISATIONS_MAX;
        Binome__V1__OrganisationFigures *to = &lists->organisations[place];
        if (place == count) {
            binome__v1__organisation_figures__init(to);
            to->slug = place < BN_FIGURES_ORGANISATIONS_MAX ? from->slug : others;
            lists->organisation_list[count++] = to;
        }
        to->connections += from->connections;
        to->requests += from->requests;
        to->refused += from->refused;
        to->bytes_in += from->bytes_in;
        to->bytes_out += from->bytes_out;
    }
    stats->organisations = lists->organisation_list;
    stats->n_organisations = count;
}

/* Only types that were asked for, and only the codes that were given. */
static void types_list(const struct bn_figures *figures, struct lists *lists, Binome__V1__Stats *stats)
{
    size_t count = 0;
    for (size_t i = 0; i < figures->own->types_count; i++) {
        const struct type *from = &figures->own->types[i];
        size_t codes = 0;
        for (unsigned code = 0; code < BN_CODES; code++) {
            if (from->codes[code] == 0)
                continue;
            Binome__V1__CodeCount *to = &lists->codes[count][codes];
            binome__v1__code_count__init(to);
            to->code = code;
            to->count = from->codes[code];
            lists->code_list[count][codes++] = to;
        }
        if (codes == 0)
            continue;
        Binome__V1__TypeFigures *to = &lists->types[count];
        binome__v1__type_figures__init(to);
        to->type = from->number;
        to->name = (char *)(uintptr_t)from->name; /* packed only */
        to->codes = lists->code_list[count];
        to->n_codes = codes;
        lists->type_list[count++] = to;
    }
    stats->types = lists->type_list;
    stats->n_types = count;
}

enum bn_code bn_figures_pack(const struct bn_figures *figures, const struct bn_figures_state *state, uint8_t **data,
                             size_t *size)
{
    static char version[] = BN_VERSION;
    struct lists *lists = malloc(sizeof *lists);
    if (lists == NULL)
        return BN_RESOURCE_EXHAUSTED;
    Binome__V1__Stats stats = BINOME__V1__STATS__INIT;
    Binome__V1__Histogram latency;
    bn_figures_histogram(&figures->latency, &latency);
    stats.number = state->number;
    stats.version = version;
    stats.uptime_ms = state->uptime_ms;
    stats.taken_ms = state->taken_ms;
    stats.registry_up = state->registry_up;
    stats.registry_seen_ms = state->registry_seen_ms;
    stats.registry_restarts = state->registry_restarts;
    stats.registry = state->registry;
    stats.latency = &latency;
    counters_list(figures, lists, &stats);
    organisations_list(figures, lists, &stats);
    types_list(figures, lists, &stats);
    *size = binome__v1__stats__get_packed_size(&stats);
    *data = malloc(*size);
    if (*data != NULL)
        binome__v1__stats__pack(&stats, *data);
    free(lists);
    return *data != NULL ? BN_OK : BN_RESOURCE_EXHAUSTED;
}
