/* SPDX-License-Identifier: Apache-2.0 */
/* i-Lab and CrunchBase: companies, and what each one offers. The two differ in a few members; the way is one. */
#include "cli/import/record.h"

#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static char ilab[] = "ilab", crunchbase[] = "crunchbase";

/* Adds the organisation of a record, whose id at the source is `id`, and gives its short name. */
static char *company(const struct bn_record *record, char *scheme, char *id, const char *siren)
{
    struct bn_plan *plan = record->plan;
    char *name = bn_record_text(record, "name"), *base = name;
    bool enrolled = false;
    if (name[0] == '\0') {
        bn_plan_remark(plan, siren[0] != '\0' ? BN_REMARK_NAME_FROM_SIREN : BN_REMARK_NAME_FROM_ID, record->place);
        name = bn_arena_must_text(plan->arena, siren[0] != '\0' ? siren : id);
        base = id;
    }
    char *slug = bn_record_organisation(record, scheme, id, bn_siren_check(siren) ? siren : "", base, &enrolled);
    if (enrolled) {
        plan->skipped[BN_ITEM_ORGANISATION]++;
        return slug;
    }
    Binome__V1__Organisation *made = bn_arena_must(plan->arena, sizeof *made);
    Binome__V1__OrganisationEnrol *enrol = bn_arena_must(plan->arena, sizeof *enrol);
    binome__v1__organisation__init(made);
    binome__v1__organisation_enrol__init(enrol);
    made->slug = slug;
    made->legal_name = bn_record_cut(record, name, BN_NAME_MAX, BN_REMARK_TEXT_CUT);
    made->kind = BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_STARTUP;
    bn_record_siren(record, made, siren);
    made->country = bn_record_country(record, bn_record_text(record, "country"));
    made->website = bn_record_website(record, bn_record_text(record, "website"));
    struct bn_words regions;
    bn_words_start(record, &regions, 1);
    bn_words_add(record, &regions, bn_record_text(record, "region"), BN_WORD_MAX);
    made->regions = regions.list;
    made->n_regions = regions.count;
    made->external_ref = bn_record_ref(plan, scheme, id);
    enrol->organisation = made;
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_ORGANISATION, record->place);
    item->request.body_case = BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL;
    item->request.organisation_enrol = enrol;
    return slug;
}

/* The company of an offer: by SIREN as in the file of organisations, else by the offer's own id. */
static char *owner_of(const struct bn_record *record, char *scheme)
{
    char *id = bn_record_text(record, "id"), *siren = bn_record_text(record, "siren"), whole[64];
    if (siren[0] != '\0') {
        snprintf(whole, sizeof whole, "siren:%.40s", siren);
        id = bn_arena_must_text(record->plan->arena, whole);
    }
    char *owner = bn_record_owner(record, id);
    return owner != NULL ? owner : company(record, scheme, id, siren);
}

/* What shows where the record comes from and what it won. */
static void references(const struct bn_record *record, Binome__V1__Offer *offer)
{
    char *year = bn_record_text(record, "award_year"), *stage = bn_record_text(record, "stage");
    const struct bn_node *prize = bn_node_find(record->node, "grand_prix");
    struct bn_words words;
    char text[BN_REFERENCE_MAX];
    bn_words_start(record, &words, 4);
    if (year[0] != '\0') {
        bool grand = prize != NULL && prize->text != NULL && strcmp(prize->text, "true") == 0;
        snprintf(text, sizeof text, "Concours i-Lab %.8s%s%.100s%s", year, stage[0] == '\0' ? "" : ", ", stage,
                 grand ? ", grand prix" : "");
        bn_words_add(record, &words, text, BN_REFERENCE_MAX);
    }
    bn_words_add(record, &words, bn_record_text(record, "project"), BN_REFERENCE_MAX);
    bn_words_add(record, &words, bn_record_text(record, "research_unit"), BN_REFERENCE_MAX);
    bn_words_add(record, &words, bn_record_text(record, "source"), BN_REFERENCE_MAX);
    offer->references = words.list;
    offer->n_references = words.count;
}

static void offer(const struct bn_record *record, char *scheme)
{
    struct bn_plan *plan = record->plan;
    struct bn_words tags, sectors, regions;
    plan->read[BN_ITEM_OFFER]++;
    Binome__V1__Offer *made = bn_arena_must(plan->arena, sizeof *made);
    Binome__V1__OfferPublish *publish = bn_arena_must(plan->arena, sizeof *publish);
    binome__v1__offer__init(made);
    binome__v1__offer_publish__init(publish);
    char *owner = owner_of(record, scheme), *pitch = bn_record_text(record, "one_liner");
    bn_words_start(record, &tags, BN_TAGS_MAX);
    bn_words_add_list(record, &tags, "tags", BN_WORD_MAX);
    bn_words_start(record, &sectors, 1);
    bn_words_start(record, &regions, 1);
    if (tags.count > 0)
        bn_words_add(record, &sectors, tags.list[0], BN_WORD_MAX);
    bn_words_add(record, &regions, bn_record_text(record, "region"), BN_WORD_MAX);
    made->workstreams = bn_arena_must(plan->arena, sizeof *made->workstreams);
    made->workstreams[0] = bn_arena_must_text(plan->arena, plan->workstream);
    made->n_workstreams = 1;
    made->sectors = sectors.list;
    made->n_sectors = sectors.count;
    made->tags = tags.list;
    made->n_tags = tags.count;
    made->regions = regions.list;
    made->n_regions = regions.count;
    char *tag = tags.count > 0 ? tags.list[0] : bn_arena_must_text(plan->arena, "");
    made->title = bn_record_title(record, bn_record_text(record, "name"), pitch, tag);
    made->summary = strcmp(made->title, pitch) == 0 ? bn_arena_must_text(plan->arena, "")
                                                    : bn_record_cut(record, pitch, BN_SUMMARY_MAX, BN_REMARK_TEXT_CUT);
    made->description =
        bn_record_cut(record, bn_record_text(record, "description"), BN_DESCRIPTION_MAX, BN_REMARK_TEXT_CUT);
    references(record, made);
    made->language = bn_record_text(record, "language");
    made->country = bn_record_country(record, bn_record_text(record, "country"));
    made->visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    made->external_ref = bn_record_ref(plan, scheme, bn_record_text(record, "id"));
    publish->offer = made;
    struct bn_item *item = bn_plan_add(plan, BN_ITEM_OFFER, record->place);
    item->request.on_behalf_of = owner;
    item->request.body_case = BINOME__V1__REQUEST__BODY_OFFER_PUBLISH;
    item->request.offer_publish = publish;
}

static void map_ilab(struct bn_plan *plan, enum bn_file file, const struct bn_node *node, struct bn_place place)
{
    struct bn_record record = {plan, node, place};
    if (file == BN_FILE_ORGANISATIONS) {
        plan->read[BN_ITEM_ORGANISATION]++;
        company(&record, ilab, bn_record_text(&record, "id"), bn_record_text(&record, "siren"));
    } else if (file == BN_FILE_OFFERS) {
        offer(&record, ilab);
    }
}

static void map_crunchbase(struct bn_plan *plan, enum bn_file file, const struct bn_node *node, struct bn_place place)
{
    struct bn_record record = {plan, node, place};
    if (file == BN_FILE_OFFERS)
        offer(&record, crunchbase);
}

const struct bn_format bn_format_ilab = {"ilab", "ilab: siren:", NULL, map_ilab, NULL};
const struct bn_format bn_format_crunchbase = {"crunchbase", "cb:", NULL, map_crunchbase, NULL};
