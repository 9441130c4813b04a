/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations: enrol, revise, suspend, resume, leave. */
#include "registry/change_organisation.h"
#include "registry/change_object.h"
#include "registry/changes.h"
#include "registry/render.h"
#include "registry/rules/aggregate.h"
#include "registry/rules/phase.h"

#include <string.h>

enum {
    FIRST_VERSION = 1,
    ACTIVE = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE,
};

/* ---- text ---- */

/* Official identifiers must be nobody else's. Gives them normalised, those of private schemes left out. */
static enum bn_code judge_identifiers(struct bn_act *act, const Binome__V1__Organisation *organisation,
                                      const char *path, uint32_t number, struct bn_identifier **out, size_t *count)
{
    struct bn_arena *arena = act->job->arena;
    struct bn_check *check = &act->job->check;
    *count = 0;
    *out = bn_arena_take(arena, (organisation->n_identifiers + 1) * sizeof **out);
    for (size_t i = 0; *out != NULL && i < organisation->n_identifiers; i++) {
        const Binome__V1__Identifier *identifier = organisation->identifiers[i];
        char *value = bn_arena_text(arena, identifier->value);
        if (value == NULL || !bn_identifier_unique(identifier->scheme))
            continue;
        bn_identifier_normalise(identifier->scheme, value);
        (*out)[(*count)++] = (struct bn_identifier){identifier->scheme, value};
        uint32_t owner;
        enum bn_code code = bn_store_identifier_owner(act->store, identifier->scheme, value, &owner);
        if (code == BN_OK && owner != number) {
            const char *field = bn_arena_format(arena, "%s.identifiers[%zu]", path, i);
            BN_FAIL(check, BN_ALREADY_EXISTS, field != NULL ? field : path, BN_RULE_IDENTIFIER_TAKEN,
                    identifier->scheme, value);
        } else if (code != BN_OK && code != BN_NOT_FOUND) {
            return code;
        }
    }
    return check->code;
}

static enum bn_code put_identifiers(struct bn_act *act, uint32_t number, const struct bn_identifier *identifiers,
                                    size_t count)
{
    size_t taken;
    return bn_store_identifiers_put(act->store, number, identifiers, count, &taken);
}

static bool twice(Binome__V1__Key *const *keys, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(keys[i]->public_key, keys[index]->public_key) == 0)
            return true;
    return false;
}

/* ---- enrol and revise ---- */

static enum bn_code write_organisation(struct bn_act *act, struct bn_organisation *row,
                                       const Binome__V1__Organisation *organisation,
                                       const struct bn_identifier *identifiers, size_t identifier_count,
                                       const struct bn_digest *content)
{
    row->legal_name = organisation->legal_name;
    row->kind = (uint32_t)organisation->kind;
    row->country = organisation->country;
    row->body = act->job->accepted.sequence;
    row->recorded_ms = act->now_ms;
    act->directory_changed = true;
    enum bn_code code = bn_store_organisation_put(act->store, row);
    if (code == BN_OK)
        code = put_identifiers(act, row->number, identifiers, identifier_count);
    if (code == BN_OK)
        code = bn_external_keep(act, organisation->external_ref, BN_EXTERNAL_ORGANISATION, 0, row->number, content);
    return code;
}

/* What an organisation that is there already would get beside its text is given by requests of their own: said again,
 * keys and roles may only be those that it has, lest they be dropped in silence. */
static enum bn_code judge_again(struct bn_act *act, const struct bn_organisation *row,
                                const Binome__V1__OrganisationEnrol *enrol)
{
    struct bn_check *check = &act->job->check;
    for (size_t i = 0; i < enrol->n_keys; i++) {
        uint8_t public_key[BN_KEY_BYTES];
        struct bn_key known = {.organisation = 0};
        enum bn_code code = BN_NOT_FOUND;
        if (bn_z85_decode(enrol->keys[i]->public_key, public_key))
            code = bn_store_key_by_public(act->store, public_key, &known);
        if (code != BN_OK && code != BN_NOT_FOUND)
            return code;
        if (known.organisation == row->number)
            continue;
        const char *field = bn_arena_format(act->job->arena, "organisation_enrol.keys[%zu].public_key", i);
        field = field != NULL ? field : "organisation_enrol.keys";
        if (code == BN_OK)
            BN_FAIL(check, BN_ALREADY_EXISTS, field, BN_RULE_KEY_TAKEN);
        else
            BN_FAIL(check, BN_INVALID_ARGUMENT, field, BN_RULE_FIELD_NOT_ALLOWED);
    }
    if (enrol->n_roles > 0 &&
        (bn_roles_of(enrol->roles, enrol->n_roles) | BN_ROLE_MEMBER) != (row->roles | BN_ROLE_MEMBER))
        BN_FAIL(check, BN_INVALID_ARGUMENT, "organisation_enrol.roles", BN_RULE_FIELD_NOT_ALLOWED);
    return check->code;
}

static enum bn_code enrol_again(struct bn_act *act, const struct bn_external *external,
                                const Binome__V1__OrganisationEnrol *enrol, const struct bn_digest *content)
{
    struct bn_check *check = &act->job->check;
    struct bn_organisation row;
    enum bn_code code = bn_store_organisation_by_number(act->store, (uint32_t)external->object, &row);
    if (code != BN_OK)
        return code;
    row.slug = bn_arena_text(act->job->arena, row.slug); /* lent until the next look-up */
    row.legal_name = bn_arena_text(act->job->arena, row.legal_name);
    if (row.slug == NULL || row.legal_name == NULL)
        return BN_FAIL(check, BN_RESOURCE_EXHAUSTED, "organisation_enrol", BN_RULE_BODY_TOO_COMPLEX, "memory", "");
    code = judge_again(act, &row, enrol);
    if (code != BN_OK)
        return code;
    if (memcmp(&external->content, content, sizeof *content) == 0) {
        act->job->reply.unchanged = true;
        code = bn_render_organisation(act, &row, &act->job->reply.organisation);
        if (code == BN_OK)
            act->job->reply.body_case = BINOME__V1__REPLY__BODY_ORGANISATION;
        return code;
    }
    if (strcmp(row.slug, enrol->organisation->slug) != 0)
        return BN_FAIL(check, BN_ALREADY_EXISTS, "organisation_enrol.organisation.external_ref",
                       BN_RULE_EXTERNAL_REF_TAKEN, external->scheme, external->id);
    if (row.state == BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_LEFT)
        return BN_FAIL(check, BN_FAILED_PRECONDITION, "organisation_enrol.organisation.external_ref",
                       BN_RULE_ORGANISATION_STATE, "left");
    struct bn_identifier *identifiers;
    size_t count;
    code = judge_identifiers(act, enrol->organisation, "organisation_enrol.organisation", row.number, &identifiers,
                             &count);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    row.version++;
    code = bn_act_accept(act, NULL, 0, row.version);
    if (code != BN_OK)
        return code;
    return write_organisation(act, &row, enrol->organisation, identifiers, count, content);
}

static enum bn_code judge_new(struct bn_act *act, const Binome__V1__OrganisationEnrol *enrol,
                              struct bn_identifier **identifiers, size_t *count)
{
    struct bn_check *check = &act->job->check;
    struct bn_organisation taken;
    if (strcmp(enrol->organisation->slug, "me") == 0) /* lists take it for the caller's own */
        BN_FAIL(check, BN_INVALID_ARGUMENT, "organisation_enrol.organisation.slug", BN_RULE_SLUG_FORM, "me");
    enum bn_code code = bn_store_organisation_by_slug(act->store, enrol->organisation->slug, &taken);
    if (code == BN_OK)
        BN_FAIL(check, BN_ALREADY_EXISTS, "organisation_enrol.organisation.slug", BN_RULE_ORGANISATION_TAKEN,
                enrol->organisation->slug);
    else if (code != BN_NOT_FOUND)
        return code;
    code = judge_identifiers(act, enrol->organisation, "organisation_enrol.organisation", 0, identifiers, count);
    if (code != BN_OK && check->code == BN_OK)
        return code;
    for (size_t i = 0; i < enrol->n_keys; i++) {
        const char *field = bn_arena_format(act->job->arena, "organisation_enrol.keys[%zu].public_key", i);
        field = field != NULL ? field : "organisation_enrol.keys";
        if (twice(enrol->keys, i))
            BN_FAIL(check, BN_ALREADY_EXISTS, field, BN_RULE_KEY_TAKEN);
        code = bn_key_judge(act, enrol->keys[i], field);
        if (code != BN_OK && check->code == BN_OK)
            return code;
    }
    return check->code != BN_OK ? check->code : bn_change_id_free(act);
}

enum bn_code bn_change_organisation_enrol(struct bn_act *act)
{
    struct bn_job *job = act->job;
    const Binome__V1__OrganisationEnrol *enrol = job->request->organisation_enrol;
    const Binome__V1__Organisation *organisation = enrol->organisation;
    struct bn_identifier *identifiers;
    size_t count;
    struct bn_digest content;
    enum bn_code code = bn_rule_organisation_text(&job->check, organisation, "organisation_enrol.organisation");
    if (code == BN_OK)
        code = bn_act_content(act, &organisation->base, &content);
    if (code != BN_OK)
        return code;
    if (organisation->external_ref != NULL) {
        struct bn_external external = {.owner = 0,
                                       .kind = BN_EXTERNAL_ORGANISATION,
                                       .scheme = organisation->external_ref->scheme,
                                       .id = organisation->external_ref->id};
        code = bn_store_external_find(act->store, &external);
        if (code != BN_NOT_FOUND)
            return code == BN_OK ? enrol_again(act, &external, enrol, &content) : code;
    }
    code = judge_new(act, enrol, &identifiers, &count);
    if (code != BN_OK || job->request->dry_run)
        return code;
    code = bn_act_accept(act, &job->head.request_id, 0, FIRST_VERSION);
    if (code != BN_OK)
        return code;
    struct bn_organisation row = {
        .id = job->head.request_id,
        .slug = organisation->slug,
        .state = ACTIVE,
        .roles = bn_roles_of(enrol->roles, enrol->n_roles) | BN_ROLE_MEMBER,
        .version = FIRST_VERSION,
    };
    code = write_organisation(act, &row, organisation, identifiers, count, &content);
    for (size_t i = 0; code == BN_OK && i < enrol->n_keys; i++)
        code = bn_key_put(act, enrol->keys[i], row.number);
    if (enrol->n_keys > 0)
        act->standing_changed = row.number;
    return code;
}

/* A reference names one organisation in the hub. */
static enum bn_code judge_external(struct bn_act *act, const Binome__V1__ExternalRef *ref, uint32_t number)
{
    if (ref == NULL)
        return BN_OK;
    struct bn_external external = {.owner = 0, .kind = BN_EXTERNAL_ORGANISATION, .scheme = ref->scheme, .id = ref->id};
    enum bn_code code = bn_store_external_find(act->store, &external);
    if (code == BN_OK && external.object != number)
        return BN_FAIL(&act->job->check, BN_ALREADY_EXISTS, "organisation_revise.organisation.external_ref",
                       BN_RULE_EXTERNAL_REF_TAKEN, ref->scheme, ref->id);
    return code == BN_NOT_FOUND ? BN_OK : code;
}

enum bn_code bn_change_organisation_revise(struct bn_act *act)
{
    struct bn_job *job = act->job;
    const Binome__V1__OrganisationRevise *revise = job->request->organisation_revise;
    struct bn_organisation row;
    struct bn_identifier *identifiers;
    size_t count;
    struct bn_digest content;
    enum bn_code code =
        bn_organisation_row(act, "organisation_revise.organisation.slug", revise->organisation->slug, &row);
    if (code == BN_OK)
        code = bn_rule_organisation_revise(&job->check, act->caller, &row, revise);
    if (code == BN_OK)
        code = bn_rule_organisation_text(&job->check, revise->organisation, "organisation_revise.organisation");
    if (code == BN_OK)
        code = judge_identifiers(act, revise->organisation, "organisation_revise.organisation", row.number,
                                 &identifiers, &count);
    if (code == BN_OK)
        code = judge_external(act, revise->organisation->external_ref, row.number);
    if (code == BN_OK)
        code = bn_act_content(act, &revise->organisation->base, &content);
    if (code != BN_OK || job->request->dry_run)
        return code;
    row.version++;
    code = bn_act_accept(act, NULL, 0, row.version);
    if (code != BN_OK)
        return code;
    if (revise->n_roles > 0)
        row.roles = bn_roles_of(revise->roles, revise->n_roles) | BN_ROLE_MEMBER | (row.roles & BN_ROLE_OPERATOR);
    return write_organisation(act, &row, revise->organisation, identifiers, count, &content);
}

/* ---- suspend, resume, leave ---- */

static enum bn_code move(struct bn_act *act, const char *field, const char *slug, enum bn_organisation_verb verb,
                         struct bn_organisation *row)
{
    uint32_t to;
    enum bn_code code = bn_organisation_row(act, field, slug, row);
    if (code == BN_OK)
        code = bn_rule_organisation_move(&act->job->check, act->caller, row, verb, &to);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    row->state = to;
    row->version++;
    code = bn_act_accept(act, NULL, 0, row->version);
    if (code != BN_OK)
        return code;
    act->directory_changed = true;
    act->standing_changed = row->number;
    return bn_store_organisation_put(act->store, row);
}

enum bn_code bn_change_organisation_suspend(struct bn_act *act)
{
    struct bn_organisation row;
    return move(act, "organisation_suspend.slug", act->job->request->organisation_suspend->slug,
                BN_ORGANISATION_SUSPEND, &row);
}

enum bn_code bn_change_organisation_resume(struct bn_act *act)
{
    struct bn_organisation row;
    return move(act, "organisation_resume.slug", act->job->request->organisation_resume->slug, BN_ORGANISATION_RESUME,
                &row);
}

static bool revoke_one(void *ctx, const struct bn_key *key)
{
    struct bn_key *found = ctx;
    if (key->state != BINOME__V1__KEY_STATE__KEY_STATE_ACTIVE)
        return true;
    *found = *key;
    return false;
}

/* Keys are changed one after the other: the list is read again after each, for no row may be written under the cursor.
 */
static enum bn_code revoke_all(struct bn_act *act, uint32_t organisation)
{
    for (;;) {
        struct bn_key key = {0};
        enum bn_code code = bn_store_keys(act->store, organisation, revoke_one, &key);
        if (code != BN_OK || key.organisation == 0)
            return code;
        char *label = bn_arena_text(act->job->arena, key.label != NULL ? key.label : "");
        key.label = label != NULL ? label : "";
        key.state = BINOME__V1__KEY_STATE__KEY_STATE_REVOKED;
        code = bn_store_key_put(act->store, &key);
        if (code != BN_OK)
            return code;
    }
}

static bool object_open(const struct bn_object *object, int32_t today)
{
    if (object->kind == BN_OBJECT_OFFER)
        return object->state == BINOME__V1__OFFER_STATE__OFFER_STATE_PUBLISHED;
    uint32_t phase = bn_phase_on(object, today);
    return !bn_phase_closed(phase) && phase != BINOME__V1__PHASE__PHASE_DELIVERED;
}

static enum bn_code close_object(struct bn_act *act, struct bn_object *object)
{
    bool offer = object->kind == BN_OBJECT_OFFER;
    uint32_t before = offer ? object->state : bn_phase_on(object, act->today);
    object->state = offer ? BINOME__V1__OFFER_STATE__OFFER_STATE_RETIRED : BINOME__V1__PHASE__PHASE_WITHDRAWN;
    object->state_day = act->today;
    object->planned_state = 0;
    object->planned_day = 0;
    return bn_object_write_along(act, object, before, object->state, act->today);
}

/* What a departed organisation left open would wait for it for ever. */
static enum bn_code close_all(struct bn_act *act, uint32_t owner, enum bn_object_kind kind)
{
    const struct bn_object_filter filter = {.kind = (uint32_t)kind, .owner = owner};
    struct bn_view everything = {.organisation = owner};
    for (size_t i = 0; i < BN_RELATIONS; i++)
        everything.seen[i] = ~0u;
    for (uint64_t before = 0;;) {
        struct bn_object object;
        enum bn_code code = bn_store_object_next(act->store, before, &filter, &everything, &object);
        if (code != BN_OK)
            return code == BN_NOT_FOUND ? BN_OK : code;
        before = object.number;
        if (!object_open(&object, act->today))
            continue;
        char *language = bn_arena_text(act->job->arena, object.language);
        object.language = language != NULL ? language : "";
        code = close_object(act, &object);
        if (code != BN_OK)
            return code;
    }
}

enum bn_code bn_change_organisation_leave(struct bn_act *act)
{
    struct bn_organisation row;
    enum bn_code code =
        move(act, "organisation_leave.slug", act->job->request->organisation_leave->slug, BN_ORGANISATION_LEAVE, &row);
    if (code != BN_OK || !act->job->receipted)
        return code;
    code = revoke_all(act, row.number);
    if (code == BN_OK)
        code = close_all(act, row.number, BN_OBJECT_PROPOSAL);
    if (code == BN_OK)
        code = close_all(act, row.number, BN_OBJECT_OFFER);
    return code;
}
