/* SPDX-License-Identifier: Apache-2.0 */
/* beta.gouv.fr: sponsors and incubators, projects, and the dated steps of their lives. */
#include "cli/import/record.h"

#include "base/clock.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static char scheme[] = "betagouv";
static char reason[] = "Imported: this step is recorded at beta.gouv.fr.";

static Binome__V1__OrganisationKind kind_of(const char *kind)
{
    static const struct {
        const char *name;
        Binome__V1__OrganisationKind kind;
    } kinds[] = {
        {"public", BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_PUBLIC_BODY},
        {"investor", BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_INVESTOR},
        {"group", BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_LARGE_GROUP},
    };
    for (size_t i = 0; i < BN_COUNT(kinds); i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return kinds[i].kind;
    return BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_PUBLIC_BODY;
}

static const char *after_colon(const char *id)
{
    const char *colon = strchr(id, ':');
    return colon == NULL ? id : colon + 1;
}

static char *describe(const struct bn_record *record)
{
    static const struct {
        const char *key, *label;
    } parts[] = {{"acronym", "Sigle : "}, {"type", "Type : "}, {"sector", "Secteur : "}};
    char text[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < BN_COUNT(parts); i++) {
        const char *value = bn_record_text(record, parts[i].key);
        if (value[0] != '\0' && used + strlen(value) + 32 < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s.", used == 0 ? "" : " ", parts[i].label,
                                     value);
    }
    return bn_arena_must_text(record->plan->arena, text);
}

static void organisation(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    char *id = bn_record_text(record, "id"), *name = bn_record_text(record, "name");
    bool enrolled = false;
    plan->read[BN_ITEM_ORGANISATION]++;
    /* A ministry and its incubator often share the id: the sponsor gets the plain name. */
    char base[160];
    snprintf(base, sizeof base, "%s%.128s", strncmp(id, "inc:", 4) == 0 ? "inc-" : "", after_colon(id));
    Binome__V1__Organisation *made = bn_arena_must(plan->arena, sizeof *made);
    Binome__V1__OrganisationEnrol *enrol = bn_arena_must(plan->arena, sizeof *enrol);
    binome__v1__organisation__init(made);
    binome__v1__organisation_enrol__init(enrol);
    made->slug = bn_record_organisation(record, scheme, id, "", base, &enrolled);
    if (name[0] == '\0') {
        name = id;
        bn_plan_remark(plan, BN_REMARK_NAME_FROM_ID, record->place);
    }
    made->legal_name = bn_record_cut(record, name, BN_NAME_MAX, BN_REMARK_TEXT_CUT);
    made->kind = kind_of(bn_record_text(record, "kind"));
    made->country = bn_arena_must_text(plan->arena, "FR");
    made->languages = bn_arena_must(plan->arena, sizeof *made->languages);
    made->languages[0] = bn_arena_must_text(plan->arena, "fr");
    made->n_languages = 1;
    made->description = describe(record);
    made->external_ref = bn_record_ref(plan, scheme, id);
    enrol->organisation = made;
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_ORGANISATION, record->place);
    item->request.body_case = BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL;
    item->request.organisation_enrol = enrol;
}

/* The first sponsor, else the incubator; the others are partners. */
static char *owner_and_partners(const struct bn_record *record, struct bn_words *partners)
{
    const struct bn_node *sponsors = bn_node_find(record->node, "sponsors");
    char *incubator = bn_record_owner(record, bn_record_text(record, "incubator")), *owner = NULL;
    bn_words_start(record, partners, BN_PARTNERS_MAX);
    const struct bn_node *node = sponsors == NULL || sponsors->type != BN_NODE_LIST ? NULL : sponsors->first_child;
    for (; node != NULL; node = node->next) {
        char *slug = node->text == NULL ? NULL : bn_record_owner(record, node->text);
        if (slug == NULL)
            continue;
        if (owner == NULL)
            owner = slug;
        else if (strcmp(owner, slug) != 0)
            bn_words_add(record, partners, slug, BN_PARTNER_MAX);
    }
    if (owner == NULL && incubator != NULL)
        bn_plan_remark(record->plan, BN_REMARK_OWNER_INCUBATOR, record->place);
    else if (incubator != NULL && strcmp(owner, incubator) != 0)
        bn_words_add(record, partners, incubator, BN_PARTNER_MAX);
    return owner == NULL ? incubator : owner;
}

static void proposal(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    char *id = bn_record_text(record, "id");
    struct bn_words words;
    plan->read[BN_ITEM_PROPOSAL]++;
    Binome__V1__Proposal *made = bn_arena_must(plan->arena, sizeof *made);
    Binome__V1__ProposalSubmit *submit = bn_arena_must(plan->arena, sizeof *submit);
    binome__v1__proposal__init(made);
    binome__v1__proposal_submit__init(submit);
    char *owner = owner_and_partners(record, &words);
    if (owner == NULL) {
        bn_plan_refuse(plan, record->place, "sponsors", bn_rule_name(BN_RULE_FIELD_REQUIRED), "");
        return;
    }
    made->partners = words.list;
    made->n_partners = words.count;
    made->workstream = bn_arena_must_text(plan->arena, plan->workstream);
    made->summary = bn_record_cut(record, bn_record_text(record, "summary"), BN_SUMMARY_MAX, BN_REMARK_TEXT_CUT);
    bn_words_start(record, &words, BN_SECTORS_MAX);
    bn_words_add_list(record, &words, "themes", BN_WORD_MAX);
    made->sectors = words.list;
    made->n_sectors = words.count;
    char *theme = words.count > 0 ? words.list[0] : bn_arena_must_text(plan->arena, "");
    made->title = bn_record_title(record, bn_record_text(record, "title"), made->summary, theme);
    made->description = bn_record_cut(record, bn_record_text(record, "body"), BN_DESCRIPTION_MAX, BN_REMARK_TEXT_CUT);
    bn_words_start(record, &words, BN_TAGS_MAX);
    bn_words_add_list(record, &words, "usertypes", BN_WORD_MAX);
    bn_words_add_list(record, &words, "techno", BN_WORD_MAX);
    made->tags = words.list;
    made->n_tags = words.count;
    made->language = bn_record_text(record, "language");
    made->visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    made->external_ref = bn_record_ref(plan, scheme, id);
    submit->proposal = made;
    submit->submitted_on = bn_arena_must(plan->arena, BN_DATE_SIZE); /* filled when the steps are known */
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_PROPOSAL, record->place);
    item->request.on_behalf_of = owner;
    item->request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    item->request.proposal_submit = submit;
    bn_plan_proposal_keep(plan, id);
}

static const struct {
    const char *word;
    Binome__V1__Phase phase;
} phases[] = {
    {"investigation", BINOME__V1__PHASE__PHASE_UNDER_REVIEW},
    {"construction", BINOME__V1__PHASE__PHASE_OPEN},
    {"acceleration", BINOME__V1__PHASE__PHASE_ENGAGED},
    {"consolidation", BINOME__V1__PHASE__PHASE_ENGAGED},
    {"opere", BINOME__V1__PHASE__PHASE_DELIVERED},
    {"transfere", BINOME__V1__PHASE__PHASE_DELIVERED},
    {"abandon-investigation", BINOME__V1__PHASE__PHASE_REJECTED},
    {"abandon", BINOME__V1__PHASE__PHASE_WITHDRAWN},
};

static Binome__V1__Phase phase_of(const struct bn_record *record, const char *word)
{
    for (size_t i = 0; i < BN_COUNT(phases); i++)
        if (strcmp(phases[i].word, word) == 0)
            return phases[i].phase;
    bn_plan_remark(record->plan, BN_REMARK_PHASE_UNKNOWN, record->place);
    return BINOME__V1__PHASE__PHASE_UNSPECIFIED;
}

/* An event moves nothing: it is a milestone. One that lies ahead is planned as the whole update is, by effective_on:
 * the row must not depend on the day of the import, or a second import would differ. */
static void milestone(struct bn_plan *plan, Binome__V1__StatusUpdate *status, char *word, char *date)
{
    Binome__V1__Milestone *made = bn_arena_must(plan->arena, sizeof *made);
    binome__v1__milestone__init(made);
    made->name = word;
    made->done_on = date;
    status->milestones = bn_arena_must(plan->arena, sizeof *status->milestones);
    status->milestones[0] = made;
    status->n_milestones = 1;
}

/* Unique within the source, and the same at the next import: project, kind, name, date, and a number for doubles. */
static char *step_id(struct bn_plan *plan, const char *project, const char *kind, const char *word, const char *date)
{
    char text[256];
    snprintf(text, sizeof text, "%.100s %.20s %.40s %.10s", project, kind, word, date);
    const char *seen = bn_plan_named(plan, "step", text);
    unsigned number = 0;
    if (seen != NULL)
        sscanf(seen, "%u", &number);
    char digits[16];
    snprintf(digits, sizeof digits, "%u", number + 1);
    bn_plan_name(plan, "step", text, digits);
    size_t size = strlen(text);
    if (number > 0)
        snprintf(text + size, sizeof text - size, " %u", number + 1);
    return bn_arena_must_text(plan->arena, text);
}

static void status(const struct bn_record *record)
{
    struct bn_plan *plan = record->plan;
    char *project = bn_record_text(record, "project"), *kind = bn_record_text(record, "kind");
    char *word = bn_record_text(record, "name"), *date = bn_record_text(record, "date");
    struct bn_item *owner = bn_plan_proposal(plan, project);
    int32_t day = 0;
    plan->read[BN_ITEM_STATUS]++;
    if (owner == NULL) {
        bn_plan_refuse(plan, record->place, "project", bn_rule_name(BN_RULE_OBJECT_ABSENT), project);
        return;
    }
    if (!bn_date_parse(date, &day)) {
        bn_plan_refuse(plan, record->place, "date", bn_rule_name(BN_RULE_DATE_FORM), date);
        return;
    }
    Binome__V1__StatusUpdate *made = bn_arena_must(plan->arena, sizeof *made);
    binome__v1__status_update__init(made);
    if (strcmp(kind, "phase") == 0)
        made->phase = phase_of(record, word);
    if (made->phase == BINOME__V1__PHASE__PHASE_UNSPECIFIED)
        milestone(plan, made, word, date);
    else
        made->reason = reason;
    made->effective_on = date;
    made->ends_on = bn_record_text(record, "end");
    made->source_word = word;
    made->external_ref = bn_record_ref(plan, scheme, step_id(plan, project, kind, word, date));
    /* The proposal was submitted on the day of its first dated step. */
    char *submitted = owner->request.proposal_submit->submitted_on;
    if (day <= plan->today && (submitted[0] == '\0' || strcmp(date, submitted) < 0))
        bn_date_format(day, submitted);
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_STATUS, record->place);
    item->request.on_behalf_of = owner->request.on_behalf_of;
    item->request.body_case = BINOME__V1__REQUEST__BODY_STATUS_UPDATE;
    item->request.status_update = made;
    bn_plan_hang(owner, item);
}

static void map(struct bn_plan *plan, enum bn_file file, const struct bn_node *node, struct bn_place place)
{
    struct bn_record record = {plan, node, place};
    if (file == BN_FILE_ORGANISATIONS)
        organisation(&record);
    else if (file == BN_FILE_PROPOSALS)
        proposal(&record);
    else if (file == BN_FILE_STATUS)
        status(&record);
}

static void finish(struct bn_plan *plan)
{
    const struct bn_items *items = &plan->items[BN_ITEM_PROPOSAL];
    for (size_t i = 0; i < items->count; i++)
        if (items->list[i]->request.proposal_submit->submitted_on[0] == '\0')
            bn_plan_remark(plan, BN_REMARK_SUBMITTED_TODAY, items->list[i]->place);
}

const struct bn_format bn_format_betagouv = {"betagouv", "org: inc: bg:", reason, map, finish};
