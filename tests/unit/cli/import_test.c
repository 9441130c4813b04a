/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping of each format, on made-up records. */
#include "fixture.h"

#include "cli/import/record.h"

#define ORG(plan, i)      ((plan)->items[BN_ITEM_ORGANISATION].list[i]->request.organisation_enrol->organisation)
#define OFFER(plan, i)    ((plan)->items[BN_ITEM_OFFER].list[i]->request.offer_publish->offer)
#define SUBMIT(plan, i)   ((plan)->items[BN_ITEM_PROPOSAL].list[i]->request.proposal_submit)
#define PROPOSAL(plan, i) (SUBMIT(plan, i)->proposal)
#define STATUS(plan, i)   ((plan)->items[BN_ITEM_STATUS].list[i]->request.status_update)

static struct bn_plan *plan_new(void)
{
    return bn_plan_create("startups", TEST_TODAY);
}

static void beta(struct bn_plan *plan, enum bn_file file, unsigned line, const char *json)
{
    map_record(plan, &bn_format_betagouv, file, line, json);
}

static void two_bodies(struct bn_plan *plan)
{
    beta(plan, BN_FILE_ORGANISATIONS, 1,
         "{\"id\":\"org:sea\",\"name\":\"Ministère de la Mer\",\"kind\":\"public\",\"acronym\":\"MM\",\"type\":\"t\"}");
    beta(plan, BN_FILE_ORGANISATIONS, 2, "{\"id\":\"inc:sea\",\"name\":\"Incubateur\",\"kind\":\"public\"}");
}

static void test_betagouv_organisations_get_a_short_name_each(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_ORGANISATIONS, 3, "{\"id\":\"org:bank\",\"name\":\"Caisse\",\"kind\":\"investor\"}");
    assert_string_equal(ORG(plan, 0)->slug, "sea");
    assert_string_equal(ORG(plan, 1)->slug, "inc-sea");
    assert_string_equal(ORG(plan, 0)->description, "Sigle : MM. Type : t.");
    assert_string_equal(ORG(plan, 0)->external_ref->id, "org:sea");
    assert_int_equal(ORG(plan, 0)->kind, BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_PUBLIC_BODY);
    assert_int_equal(ORG(plan, 2)->kind, BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_INVESTOR);
    bn_plan_destroy(&plan);
}

static void test_the_first_sponsor_owns_and_the_others_are_partners(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_ORGANISATIONS, 3, "{\"id\":\"org:port\",\"name\":\"Port\",\"kind\":\"public\"}");
    beta(plan, BN_FILE_PROPOSALS, 1,
         "{\"id\":\"bg:boats\",\"title\":\"Boats\",\"summary\":\"s\",\"body\":\"b\",\"sponsors\":[\"org:port\",\"org:"
         "sea\"],"
         "\"incubator\":\"inc:sea\",\"themes\":[\"Mer\"],\"usertypes\":[\"pêcheurs "
         "\",\"\"],\"techno\":[\"ruby\",\"pêcheurs\"],"
         "\"language\":\"fr\"}");
    assert_string_equal(plan->items[BN_ITEM_PROPOSAL].list[0]->request.on_behalf_of, "port");
    assert_int_equal(PROPOSAL(plan, 0)->n_partners, 2);
    assert_string_equal(PROPOSAL(plan, 0)->partners[0], "sea");
    assert_string_equal(PROPOSAL(plan, 0)->partners[1], "inc-sea");
    assert_string_equal(PROPOSAL(plan, 0)->workstream, "startups");
    assert_string_equal(PROPOSAL(plan, 0)->sectors[0], "Mer");
    assert_int_equal(PROPOSAL(plan, 0)->n_tags, 2);
    assert_string_equal(PROPOSAL(plan, 0)->tags[0], "pêcheurs");
    assert_int_equal(REMARKS(plan, LIST_DUPLICATE), 1);
    assert_int_equal(REMARKS(plan, OWNER_INCUBATOR), 0);
    bn_plan_destroy(&plan);
}

static void test_without_sponsor_the_incubator_owns_and_without_both_it_is_refused(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_PROPOSALS, 1, "{\"id\":\"bg:a\",\"title\":\"Abc\",\"sponsors\":[],\"incubator\":\"inc:sea\"}");
    beta(plan, BN_FILE_PROPOSALS, 2, "{\"id\":\"bg:b\",\"title\":\"Abc\",\"sponsors\":[],\"incubator\":null}");
    assert_string_equal(plan->items[BN_ITEM_PROPOSAL].list[0]->request.on_behalf_of, "inc-sea");
    assert_int_equal(REMARKS(plan, OWNER_INCUBATOR), 1);
    assert_int_equal(plan->refusals.count, 1);
    assert_int_equal(plan->refusals.list[0].place.line, 2);
    assert_string_equal(plan->refusals.list[0].field, "sponsors");
    assert_string_equal(plan->refusals.list[0].rule, "field.required");
    bn_plan_destroy(&plan);
}

static void test_steps_become_phases_and_keep_the_sources_word(void **state)
{
    static const struct {
        const char *word;
        Binome__V1__Phase phase;
    } steps[] = {
        {"investigation", BINOME__V1__PHASE__PHASE_UNDER_REVIEW},
        {"construction", BINOME__V1__PHASE__PHASE_OPEN},
        {"acceleration", BINOME__V1__PHASE__PHASE_ENGAGED},
        {"consolidation", BINOME__V1__PHASE__PHASE_ENGAGED},
        {"opere", BINOME__V1__PHASE__PHASE_DELIVERED},
        {"transfere", BINOME__V1__PHASE__PHASE_DELIVERED},
        {"abandon-investigation", BINOME__V1__PHASE__PHASE_REJECTED},
        {"abandon", BINOME__V1__PHASE__PHASE_WITHDRAWN},
    };
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_PROPOSALS, 1, "{\"id\":\"bg:a\",\"title\":\"Abc\",\"sponsors\":[\"org:sea\"]}");
    for (size_t i = 0; i < BN_COUNT(steps); i++) {
        char json[256];
        snprintf(json, sizeof json,
                 "{\"project\":\"bg:a\",\"kind\":\"phase\",\"name\":\"%s\",\"date\":\"2019-0%zu-01\",\"end\":\"2020-01-"
                 "01\"}",
                 steps[i].word, i + 2);
        beta(plan, BN_FILE_STATUS, (unsigned)i + 1, json);
        assert_int_equal(STATUS(plan, i)->phase, steps[i].phase);
        assert_string_equal(STATUS(plan, i)->source_word, steps[i].word);
        assert_string_equal(STATUS(plan, i)->ends_on, "2020-01-01");
        assert_true(strlen(STATUS(plan, i)->reason) > 3);
        assert_string_equal(plan->items[BN_ITEM_STATUS].list[i]->request.on_behalf_of, "sea");
    }
    bn_format_betagouv.finish(plan);
    assert_string_equal(SUBMIT(plan, 0)->submitted_on, "2019-02-01");
    assert_string_equal(STATUS(plan, 0)->effective_on, "2019-02-01");
    bn_plan_destroy(&plan);
}

static void test_events_are_milestones_and_move_nothing(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_PROPOSALS, 1, "{\"id\":\"bg:a\",\"title\":\"Abc\",\"sponsors\":[\"org:sea\"]}");
    beta(plan, BN_FILE_STATUS, 1,
         "{\"project\":\"bg:a\",\"kind\":\"event\",\"name\":\"committee\",\"date\":\"2024-03-05\",\"end\":null}");
    beta(plan, BN_FILE_STATUS, 2,
         "{\"project\":\"bg:a\",\"kind\":\"phase\",\"name\":\"levitation\",\"date\":\"2099-03-05\",\"end\":null}");
    assert_int_equal(STATUS(plan, 0)->phase, BINOME__V1__PHASE__PHASE_UNSPECIFIED);
    assert_string_equal(STATUS(plan, 0)->milestones[0]->name, "committee");
    assert_string_equal(STATUS(plan, 0)->milestones[0]->done_on, "2024-03-05");
    assert_string_equal(STATUS(plan, 0)->source_word, "committee");
    assert_string_equal(STATUS(plan, 0)->reason, "");
    assert_int_equal(STATUS(plan, 1)->phase, BINOME__V1__PHASE__PHASE_UNSPECIFIED);
    assert_int_equal(REMARKS(plan, PHASE_UNKNOWN), 1);
    bn_plan_destroy(&plan);
}

static void test_the_rows_of_a_proposal_hang_below_it_in_the_sources_order(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_PROPOSALS, 1, "{\"id\":\"bg:a\",\"title\":\"Abc\",\"sponsors\":[\"org:sea\"]}");
    beta(plan, BN_FILE_PROPOSALS, 2, "{\"id\":\"bg:b\",\"title\":\"Abc\",\"sponsors\":[\"org:sea\"]}");
    beta(plan, BN_FILE_STATUS, 1,
         "{\"project\":\"bg:a\",\"kind\":\"phase\",\"name\":\"construction\",\"date\":\"2020-01-01\"}");
    beta(plan, BN_FILE_STATUS, 2,
         "{\"project\":\"bg:b\",\"kind\":\"phase\",\"name\":\"abandon\",\"date\":\"2020-01-01\"}");
    beta(plan, BN_FILE_STATUS, 3,
         "{\"project\":\"bg:a\",\"kind\":\"phase\",\"name\":\"abandon\",\"date\":\"2020-01-01\"}");
    beta(plan, BN_FILE_STATUS, 4,
         "{\"project\":\"bg:none\",\"kind\":\"phase\",\"name\":\"abandon\",\"date\":\"2020-01-01\"}");
    beta(plan, BN_FILE_STATUS, 5, "{\"project\":\"bg:a\",\"kind\":\"phase\",\"name\":\"abandon\",\"date\":\"soon\"}");
    const struct bn_item *row = plan->items[BN_ITEM_PROPOSAL].list[0]->statuses;
    assert_int_equal(row->place.line, 1);
    assert_int_equal(row->next->place.line, 3);
    assert_null(row->next->next);
    assert_ptr_equal(row->proposal, plan->items[BN_ITEM_PROPOSAL].list[0]);
    assert_int_equal(plan->refusals.count, 2);
    assert_string_equal(plan->refusals.list[1].rule, "date.wrong_form");
    bn_plan_destroy(&plan);
}

static void test_every_row_has_a_reference_of_its_own(void **state)
{
    struct bn_plan *plan = plan_new();
    static const char row[] =
        "{\"project\":\"bg:a\",\"kind\":\"event\",\"name\":\"committee\",\"date\":\"2020-01-01\"}";
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_PROPOSALS, 1, "{\"id\":\"bg:a\",\"title\":\"Abc\",\"sponsors\":[\"org:sea\"]}");
    for (unsigned i = 0; i < 3; i++)
        beta(plan, BN_FILE_STATUS, i + 1, row);
    assert_string_equal(STATUS(plan, 0)->external_ref->id, "bg:a event committee 2020-01-01");
    assert_string_equal(STATUS(plan, 1)->external_ref->id, "bg:a event committee 2020-01-01 2");
    assert_string_equal(STATUS(plan, 2)->external_ref->id, "bg:a event committee 2020-01-01 3");
    bn_plan_destroy(&plan);
}

static void test_a_project_with_only_planned_steps_is_submitted_today(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    two_bodies(plan);
    beta(plan, BN_FILE_PROPOSALS, 1, "{\"id\":\"bg:a\",\"title\":\"Abc\",\"sponsors\":[\"org:sea\"]}");
    beta(plan, BN_FILE_STATUS, 1,
         "{\"project\":\"bg:a\",\"kind\":\"phase\",\"name\":\"construction\",\"date\":\"2199-01-01\"}");
    bn_format_betagouv.finish(plan);
    assert_string_equal(SUBMIT(plan, 0)->submitted_on, "");
    assert_int_equal(REMARKS(plan, SUBMITTED_TODAY), 1);
    bn_plan_destroy(&plan);
}

static void ilab(struct bn_plan *plan, enum bn_file file, unsigned line, const char *json)
{
    map_record(plan, &bn_format_ilab, file, line, json);
}

static void test_an_unnamed_company_takes_its_siren_else_its_id(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    ilab(plan, BN_FILE_ORGANISATIONS, 1,
         "{\"id\":\"siren:732829320\",\"name\":null,\"siren\":\"732829320\",\"country\":\"FR\"}");
    ilab(plan, BN_FILE_OFFERS, 1,
         "{\"id\":\"ilab:0001\",\"name\":null,\"one_liner\":\"Un "
         "capteur\",\"tags\":[\"Chimie\"],\"siren\":null,\"country\":\"FR\"}");
    assert_string_equal(ORG(plan, 0)->legal_name, "732829320");
    assert_string_equal(ORG(plan, 0)->slug, "siren-732829320");
    assert_string_equal(ORG(plan, 0)->identifiers[0]->scheme, "siren");
    assert_string_equal(ORG(plan, 1)->legal_name, "ilab:0001");
    assert_string_equal(plan->items[BN_ITEM_OFFER].list[0]->request.on_behalf_of, "ilab-0001");
    assert_int_equal(REMARKS(plan, NAME_FROM_SIREN), 1);
    assert_int_equal(REMARKS(plan, NAME_FROM_ID), 1);
    bn_plan_destroy(&plan);
}

static void test_a_wrong_siren_is_kept_as_unverified(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    ilab(plan, BN_FILE_ORGANISATIONS, 1, "{\"id\":\"siren:732829321\",\"name\":\"Abc\",\"siren\":\"732829321\"}");
    assert_string_equal(ORG(plan, 0)->identifiers[0]->scheme, "siren-unverified");
    assert_int_equal(REMARKS(plan, SIREN_UNVERIFIED), 1);
    assert_true(bn_siren_check("732829320"));
    assert_false(bn_siren_check("000000000") || bn_siren_check("73282932") || bn_siren_check("73282932a"));
    bn_plan_destroy(&plan);
}

static void test_the_title_falls_back_to_pitch_then_first_tag(void **state)
{
    struct bn_plan *plan = plan_new();
    char json[1200], pitch[700] = "";
    (void)state;
    for (int i = 0; i < 60; i++)
        strcat(pitch, "accroche ");
    snprintf(json, sizeof json, "{\"id\":\"ilab:3\",\"name\":null,\"one_liner\":\"%s\",\"tags\":[\"Chimie\"]}", pitch);
    ilab(plan, BN_FILE_OFFERS, 1,
         "{\"id\":\"ilab:1\",\"name\":\"Nom\",\"one_liner\":\"Accroche\",\"tags\":[\"Chimie\"]}");
    ilab(plan, BN_FILE_OFFERS, 2, "{\"id\":\"ilab:2\",\"name\":null,\"one_liner\":\"Accroche\",\"tags\":[\"Chimie\"]}");
    ilab(plan, BN_FILE_OFFERS, 3, json);
    ilab(plan, BN_FILE_OFFERS, 4, "{\"id\":\"ilab:4\",\"name\":null,\"one_liner\":null,\"tags\":[\"Chimie\"]}");
    assert_string_equal(OFFER(plan, 0)->title, "Nom");
    assert_string_equal(OFFER(plan, 0)->summary, "Accroche");
    assert_string_equal(OFFER(plan, 1)->title, "Accroche");
    assert_string_equal(OFFER(plan, 1)->summary, "");
    assert_true(strlen(OFFER(plan, 2)->title) <= 202);
    assert_non_null(strstr(OFFER(plan, 2)->title, "accroche…"));
    assert_int_equal(strlen(OFFER(plan, 2)->summary), 60 * 9 - 1);
    assert_string_equal(OFFER(plan, 3)->title, "Chimie");
    assert_int_equal(REMARKS(plan, TITLE_FROM_PITCH), 2);
    assert_int_equal(REMARKS(plan, TITLE_FROM_TAG), 1);
    assert_int_equal(REMARKS(plan, TITLE_CUT), 1);
    bn_plan_destroy(&plan);
}

static void test_offers_of_one_siren_have_one_owner(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    ilab(plan, BN_FILE_OFFERS, 1,
         "{\"id\":\"ilab:1\",\"name\":\"Nom\",\"siren\":\"732829320\",\"tags\":[],\"award_year\":2001,\"stage\":\"s\","
         "\"grand_prix\":true,\"website\":\"Mycelium technologies\"}");
    ilab(plan, BN_FILE_OFFERS, 2, "{\"id\":\"ilab:2\",\"name\":\"Nom\",\"siren\":\"732829320\",\"tags\":[]}");
    assert_int_equal(plan->items[BN_ITEM_ORGANISATION].count, 1);
    assert_string_equal(plan->items[BN_ITEM_OFFER].list[1]->request.on_behalf_of, "nom");
    assert_string_equal(OFFER(plan, 0)->references[0], "Concours i-Lab 2001, s, grand prix");
    assert_string_equal(ORG(plan, 0)->website, "");
    assert_int_equal(REMARKS(plan, WEBSITE_DROPPED), 1);
    bn_plan_destroy(&plan);
}

static void crunch(struct bn_plan *plan, unsigned line, const char *json)
{
    map_record(plan, &bn_format_crunchbase, BN_FILE_OFFERS, line, json);
}

static void test_crunchbase_countries_of_three_letters_become_two(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    crunch(plan, 1,
           "{\"id\":\"cb:a\",\"name\":\"Aaa\",\"country\":\"TWN\",\"tags\":[\"web\",\"x\"],\"source\":\"http://s\"}");
    crunch(plan, 2, "{\"id\":\"cb:b\",\"name\":\"Aaa\",\"country\":\"ROM\",\"tags\":[]}");
    crunch(plan, 3, "{\"id\":\"cb:c\",\"name\":\"Ccc\",\"country\":\"XYZ\",\"tags\":[]}");
    crunch(plan, 4, "{\"id\":\"cb:d\",\"name\":\"Ddd\",\"country\":null,\"tags\":[]}");
    crunch(plan, 5, "{\"id\":\"cb:e\",\"name\":\"Eee\",\"country\":\"us\",\"tags\":[]}");
    assert_string_equal(ORG(plan, 0)->country, "TW");
    assert_string_equal(OFFER(plan, 0)->country, "TW");
    assert_string_equal(ORG(plan, 1)->country, "RO");
    assert_string_equal(ORG(plan, 2)->country, "");
    assert_string_equal(ORG(plan, 3)->country, "");
    assert_string_equal(ORG(plan, 4)->country, "US");
    assert_string_equal(OFFER(plan, 0)->sectors[0], "web");
    assert_string_equal(OFFER(plan, 0)->references[0], "http://s");
    assert_string_equal(ORG(plan, 0)->slug, "aaa");
    assert_string_equal(ORG(plan, 1)->slug, "aaa-cb-b");
    bn_plan_destroy(&plan);
}

static void test_a_second_import_finds_the_same_short_names(void **state)
{
    struct bn_plan *plan = plan_new();
    Binome__V1__Organisation known = BINOME__V1__ORGANISATION__INIT;
    Binome__V1__ExternalRef ref = BINOME__V1__EXTERNAL_REF__INIT;
    char slug[] = "aaa-cb-b", scheme[] = "crunchbase", id[] = "cb:b";
    (void)state;
    known.slug = slug;
    known.external_ref = &ref;
    ref.scheme = scheme;
    ref.id = id;
    bn_plan_know(plan, &known);
    crunch(plan, 1, "{\"id\":\"cb:b\",\"name\":\"Aaa\",\"tags\":[]}");
    assert_string_equal(ORG(plan, 0)->slug, "aaa-cb-b");
    bn_plan_destroy(&plan);
}

static void test_a_name_that_somebody_else_has_is_made_longer(void **state)
{
    struct bn_plan *plan = plan_new();
    Binome__V1__Organisation known = BINOME__V1__ORGANISATION__INIT;
    char slug[] = "aaa";
    (void)state;
    known.slug = slug;
    bn_plan_know(plan, &known);
    crunch(plan, 1, "{\"id\":\"cb:aaa\",\"name\":\"Aaa\",\"tags\":[]}");
    assert_string_equal(ORG(plan, 0)->slug, "aaa-cb-aaa");
    bn_plan_destroy(&plan);
}

static void test_a_siren_that_the_hub_has_is_that_organisation(void **state)
{
    struct bn_plan *plan = plan_new();
    Binome__V1__Organisation known = BINOME__V1__ORGANISATION__INIT;
    Binome__V1__Identifier identifier = BINOME__V1__IDENTIFIER__INIT, *identifiers[] = {&identifier};
    char slug[] = "acme", scheme[] = "siren", value[] = "732829320";
    (void)state;
    known.slug = slug;
    known.identifiers = identifiers;
    known.n_identifiers = 1;
    identifier.scheme = scheme;
    identifier.value = value;
    bn_plan_know(plan, &known);
    ilab(plan, BN_FILE_OFFERS, 1, "{\"id\":\"ilab:1\",\"name\":\"Other\",\"siren\":\"732829320\",\"tags\":[]}");
    assert_int_equal(plan->items[BN_ITEM_ORGANISATION].count, 0);
    assert_string_equal(plan->items[BN_ITEM_OFFER].list[0]->request.on_behalf_of, "acme");
    assert_int_equal(REMARKS(plan, OWNER_SAME_SIREN), 1);
    bn_plan_destroy(&plan);
}

static void test_texts_are_put_right_and_cut_at_words(void **state)
{
    struct bn_arena *arena = bn_arena_create(4096, 1 << 20);
    bool repaired;
    (void)state;
    assert_string_equal(bn_text_repair(arena,
                                       "  l\xc2\x92"
                                       "eau \xc2\x80 5\r\nx\x01y\t",
                                       &repaired),
                        "l’eau € 5\nxy");
    assert_true(repaired);
    assert_string_equal(bn_text_repair(arena, "déjà ", &repaired), "déjà");
    assert_false(repaired);
    char text[] = "un deux trois", endless[] = "aaaaaaaaaaaaaaaaaaaa", accents[] = "éééé éééé éééé";
    assert_ptr_equal(bn_text_shorten(arena, text, 13), text);
    assert_string_equal(bn_text_shorten(arena, text, 12), "un deux…");
    assert_string_equal(bn_text_shorten(arena, endless, 5), "aaaa…");
    assert_string_equal(bn_text_shorten(arena, accents, 12), "éééé éééé…");
    bn_arena_destroy(&arena);
}

static void test_short_names_are_of_a_z_0_9_and_hyphens(void **state)
{
    static const struct {
        const char *text, *slug;
    } names[] = {
        {"Énergie & Cœur d'Été", "energie-coeur-dete"},       {"  --A--  ", "a"}, {"林", ""},
        {"données-et-territoires", "donnees-et-territoires"}, {"X_Y.Z", "x-y-z"},
    };
    struct bn_arena *arena = bn_arena_create(4096, 1 << 20);
    char many[200];
    (void)state;
    for (size_t i = 0; i < BN_COUNT(names); i++)
        assert_string_equal(bn_text_slug(arena, names[i].text), names[i].slug);
    memset(many, 'a', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    assert_int_equal(strlen(bn_text_slug(arena, many)), 63);
    bn_arena_destroy(&arena);
}

static void test_random_names_always_get_a_free_short_name_of_the_right_form(void **state)
{
    struct test_random random = test_random_start();
    struct bn_plan *plan = plan_new();
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        static const char *const parts[] = {"a", "é", "-", "林", " ", "9", "Œ", ".", "société ", "\xf0\x9f\x9a\x80"};
        char name[256] = "", json[1024];
        for (uint64_t n = test_random_below(&random, 24); n > 0; n--)
            strcat(name, parts[test_random_below(&random, BN_COUNT(parts))]);
        /* a name may end with digits: the number in front keeps the ids apart */
        snprintf(json, sizeof json, "{\"id\":\"cb:%u:%s\",\"name\":\"x%s\",\"tags\":[]}", i, name, name);
        crunch(plan, i + 1, json);
        const char *slug = ORG(plan, i)->slug;
        assert_true(strlen(slug) >= 2 && strlen(slug) <= 63);
        assert_int_equal(strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(slug));
        for (unsigned other = 0; other < i; other++)
            assert_string_not_equal(ORG(plan, other)->slug, slug);
    }
    bn_plan_destroy(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_betagouv_organisations_get_a_short_name_each),
        cmocka_unit_test(test_the_first_sponsor_owns_and_the_others_are_partners),
        cmocka_unit_test(test_without_sponsor_the_incubator_owns_and_without_both_it_is_refused),
        cmocka_unit_test(test_steps_become_phases_and_keep_the_sources_word),
        cmocka_unit_test(test_events_are_milestones_and_move_nothing),
        cmocka_unit_test(test_the_rows_of_a_proposal_hang_below_it_in_the_sources_order),
        cmocka_unit_test(test_every_row_has_a_reference_of_its_own),
        cmocka_unit_test(test_a_project_with_only_planned_steps_is_submitted_today),
        cmocka_unit_test(test_an_unnamed_company_takes_its_siren_else_its_id),
        cmocka_unit_test(test_a_wrong_siren_is_kept_as_unverified),
        cmocka_unit_test(test_the_title_falls_back_to_pitch_then_first_tag),
        cmocka_unit_test(test_offers_of_one_siren_have_one_owner),
        cmocka_unit_test(test_crunchbase_countries_of_three_letters_become_two),
        cmocka_unit_test(test_a_second_import_finds_the_same_short_names),
        cmocka_unit_test(test_a_name_that_somebody_else_has_is_made_longer),
        cmocka_unit_test(test_a_siren_that_the_hub_has_is_that_organisation),
        cmocka_unit_test(test_texts_are_put_right_and_cut_at_words),
        cmocka_unit_test(test_short_names_are_of_a_z_0_9_and_hyphens),
        cmocka_unit_test(test_random_names_always_get_a_free_short_name_of_the_right_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
