/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/directory.h"

#include "binome/v1/envelope.pb-c.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS_START = 64 };

struct known_workstream {
    char slug[BN_SLUG_SIZE];
    uint32_t pilot;
    uint32_t *members;
    size_t member_count;
};

/* What a request needs to know of its sender; key_id zero = a local connection. */
struct known_caller {
    struct bn_id key_id;
    bool has_key;
    struct bn_key key;
    uint32_t organisation_state;
    struct bn_caller caller;
};

struct bn_directory {
    struct bn_store *store;
    bool workstreams_loaded;
    struct known_workstream workstreams[BN_WORKSTREAMS_MAX];
    size_t workstream_count;
    struct known_caller **callers; /* open addressing by (organisation, key), power of two */
    size_t caller_slots, caller_count;
    struct bn_brief **briefs; /* by number */
    size_t brief_slots;
};

struct bn_directory *bn_directory_create(struct bn_store *store)
{
    struct bn_directory *directory = calloc(1, sizeof *directory);
    if (directory != NULL)
        directory->store = store;
    return directory;
}

static void forget_workstreams(struct bn_directory *directory)
{
    for (size_t i = 0; i < directory->workstream_count; i++)
        free(directory->workstreams[i].members);
    directory->workstream_count = 0;
    directory->workstreams_loaded = false;
}

void bn_directory_forget(struct bn_directory *directory)
{
    forget_workstreams(directory);
    for (size_t i = 0; i < directory->caller_slots; i++)
        free(directory->callers[i]);
    free(directory->callers);
    directory->callers = NULL;
    directory->caller_slots = directory->caller_count = 0;
    for (size_t i = 0; i < directory->brief_slots; i++) {
        if (directory->briefs[i] == NULL)
            continue;
        free(directory->briefs[i]->legal_name);
        free(directory->briefs[i]);
    }
    free(directory->briefs);
    directory->briefs = NULL;
    directory->brief_slots = 0;
}

void bn_directory_destroy(struct bn_directory **directory)
{
    if (*directory == NULL)
        return;
    bn_directory_forget(*directory);
    free(*directory);
    *directory = NULL;
}

static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

/* ---- workstreams ---- */

static enum bn_code load_workstreams(struct bn_directory *directory)
{
    if (directory->workstreams_loaded)
        return BN_OK;
    forget_workstreams(directory); /* what an attempt that failed has left */
    for (uint32_t number = 0; number < BN_WORKSTREAMS_MAX; number++) {
        struct bn_workstream row;
        enum bn_code code = bn_store_workstream(directory->store, number, &row);
        if (code == BN_NOT_FOUND)
            break;
        if (code != BN_OK)
            return code;
        struct known_workstream *known = &directory->workstreams[number];
        known->members = NULL;
        if (row.member_count > 0) {
            known->members = malloc(row.member_count * sizeof *known->members);
            if (known->members == NULL)
                return BN_RESOURCE_EXHAUSTED;
            memcpy(known->members, row.members, row.member_count * sizeof *known->members);
        }
        known->member_count = row.member_count;
        known->pilot = row.pilot;
        copy_text(known->slug, sizeof known->slug, row.slug);
        directory->workstream_count = number + 1;
    }
    directory->workstreams_loaded = true;
    return BN_OK;
}

enum bn_code bn_directory_workstream(struct bn_directory *directory, const char *slug, uint32_t *number)
{
    enum bn_code code = load_workstreams(directory);
    if (code != BN_OK)
        return code;
    for (uint32_t i = 0; i < directory->workstream_count; i++)
        if (strcmp(directory->workstreams[i].slug, slug) == 0) {
            *number = i;
            return BN_OK;
        }
    return BN_NOT_FOUND;
}

const char *bn_directory_workstream_slug(struct bn_directory *directory, uint32_t number)
{
    if (load_workstreams(directory) != BN_OK || number >= directory->workstream_count)
        return "";
    return directory->workstreams[number].slug;
}

size_t bn_directory_workstream_count(struct bn_directory *directory)
{
    return load_workstreams(directory) == BN_OK ? directory->workstream_count : 0;
}

/* ---- organisations ---- */

static enum bn_code brief_keep(struct bn_directory *directory, const struct bn_organisation *row,
                               const struct bn_brief **out)
{
    if (row->number >= directory->brief_slots) {
        size_t slots = row->number + 64;
        struct bn_brief **grown = realloc(directory->briefs, slots * sizeof *grown);
        if (grown == NULL)
            return BN_RESOURCE_EXHAUSTED;
        memset(grown + directory->brief_slots, 0, (slots - directory->brief_slots) * sizeof *grown);
        directory->briefs = grown;
        directory->brief_slots = slots;
    }
    struct bn_brief *brief = calloc(1, sizeof *brief);
    if (brief == NULL || (brief->legal_name = strdup(row->legal_name)) == NULL) {
        free(brief);
        return BN_RESOURCE_EXHAUSTED;
    }
    brief->number = row->number;
    brief->kind = row->kind;
    brief->state = row->state;
    brief->id = row->id;
    copy_text(brief->slug, sizeof brief->slug, row->slug);
    copy_text(brief->country, sizeof brief->country, row->country);
    directory->briefs[row->number] = brief;
    *out = brief;
    return BN_OK;
}

enum bn_code bn_directory_organisation(struct bn_directory *directory, uint32_t number, const struct bn_brief **brief)
{
    if (number < directory->brief_slots && directory->briefs[number] != NULL) {
        *brief = directory->briefs[number];
        return BN_OK;
    }
    struct bn_organisation row;
    enum bn_code code = bn_store_organisation_by_number(directory->store, number, &row);
    return code == BN_OK ? brief_keep(directory, &row, brief) : code;
}

enum bn_code bn_directory_organisation_named(struct bn_directory *directory, const char *slug,
                                             const struct bn_brief **brief)
{
    struct bn_organisation row;
    enum bn_code code = bn_store_organisation_by_slug(directory->store, slug, &row);
    if (code != BN_OK)
        return code;
    if (row.number < directory->brief_slots && directory->briefs[row.number] != NULL) {
        *brief = directory->briefs[row.number];
        return BN_OK;
    }
    return brief_keep(directory, &row, brief);
}

/* ---- callers ---- */

static size_t slot_of(const struct bn_directory *directory, const struct bn_id *organisation, const struct bn_id *key)
{
    uint64_t a, b;
    memcpy(&a, organisation->bytes + 8, sizeof a);
    memcpy(&b, key->bytes + 8, sizeof b);
    return (size_t)((a ^ (b * UINT64_C(0x9E3779B97F4A7C15))) >> 7) & (directory->caller_slots - 1);
}

static struct known_caller **caller_place(const struct bn_directory *directory, const struct bn_origin *origin)
{
    size_t slot = slot_of(directory, &origin->organisation, &origin->key);
    for (;; slot = (slot + 1) & (directory->caller_slots - 1)) {
        struct known_caller **place = &directory->callers[slot];
        if (*place == NULL ||
            (bn_id_equal(&(*place)->key_id, &origin->key) && bn_id_equal(&(*place)->caller.id, &origin->organisation)))
            return place;
    }
}

static enum bn_code callers_grow(struct bn_directory *directory)
{
    if (directory->caller_slots > 2 * (directory->caller_count + 1))
        return BN_OK;
    size_t old_slots = directory->caller_slots;
    struct known_caller **old = directory->callers;
    size_t slots = old_slots == 0 ? CALLERS_START : 2 * old_slots;
    struct known_caller **grown = calloc(slots, sizeof *grown);
    if (grown == NULL)
        return BN_RESOURCE_EXHAUSTED;
    directory->callers = grown;
    directory->caller_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i] == NULL)
            continue;
        struct bn_origin origin = {.organisation = old[i]->caller.id, .key = old[i]->key_id};
        *caller_place(directory, &origin) = old[i];
    }
    free(old);
    return BN_OK;
}

static bool is_member(const struct known_workstream *workstream, uint32_t organisation)
{
    for (size_t i = 0; i < workstream->member_count; i++)
        if (workstream->members[i] == organisation)
            return true;
    return false;
}

static enum bn_code caller_load(struct bn_directory *directory, const struct bn_origin *origin,
                                struct known_caller *known)
{
    struct bn_organisation row;
    enum bn_code code = load_workstreams(directory);
    if (code == BN_OK)
        code = bn_store_organisation_by_id(directory->store, &origin->organisation, &row);
    if (code != BN_OK)
        return code;
    struct bn_caller *caller = &known->caller;
    caller->organisation = row.number;
    caller->id = row.id;
    caller->roles = row.roles;
    caller->key_role = (uint32_t)origin->role;
    copy_text(caller->slug, sizeof caller->slug, row.slug);
    known->organisation_state = row.state;
    known->key_id = origin->key;
    known->has_key = !bn_id_is_zero(&origin->key);
    for (size_t i = 0; i < directory->workstream_count; i++) {
        const struct known_workstream *workstream = &directory->workstreams[i];
        if (workstream->pilot == caller->organisation)
            caller->pilot_of |= UINT64_C(1) << i;
        if (is_member(workstream, caller->organisation))
            caller->member_of |= UINT64_C(1) << i;
    }
    if (!known->has_key)
        return BN_OK;
    code = bn_store_key_by_id(directory->store, &origin->key, &known->key);
    if (code != BN_OK)
        return code;
    known->key.label = NULL; /* lent by the store */
    caller->key_role = known->key.role;
    /* A key speaks for its own organisation, whatever the frame in front says. */
    return known->key.organisation == caller->organisation ? BN_OK : BN_NOT_FOUND;
}

enum bn_code bn_directory_caller(struct bn_directory *directory, const struct bn_origin *origin, int64_t now_ms,
                                 struct bn_check *check, const struct bn_caller **caller)
{
    enum bn_code code = callers_grow(directory);
    if (code != BN_OK)
        return code;
    struct known_caller **place = caller_place(directory, origin);
    if (*place == NULL) {
        struct known_caller *known = calloc(1, sizeof *known);
        if (known == NULL)
            return BN_RESOURCE_EXHAUSTED;
        code = caller_load(directory, origin, known);
        if (code != BN_OK) {
            free(known);
            return code == BN_NOT_FOUND ? BN_FAIL(check, BN_UNAUTHENTICATED, "key", BN_RULE_KEY_UNKNOWN) : code;
        }
        *place = known;
        directory->caller_count++;
    }
    const struct known_caller *known = *place;
    const struct bn_organisation standing = {.state = known->organisation_state};
    code = bn_rule_standing(check, known->has_key ? &known->key : NULL, &standing, now_ms);
    *caller = &known->caller;
    return code;
}
