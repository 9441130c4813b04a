/* SPDX-License-Identifier: Apache-2.0 */
/* What export wrote comes back; and finding, telling apart and reading the files of any format. */
#include "fixture.h"

#include "cli/import/source.h"

#define ORG(plan, i)      ((plan)->items[BN_ITEM_ORGANISATION].list[i]->request.organisation_enrol->organisation)
#define OFFER(plan, i)    ((plan)->items[BN_ITEM_OFFER].list[i]->request.offer_publish->offer)
#define SUBMIT(plan, i)   ((plan)->items[BN_ITEM_PROPOSAL].list[i]->request.proposal_submit)
#define PROPOSAL(plan, i) (SUBMIT(plan, i)->proposal)
#define STATUS(plan, i)   ((plan)->items[BN_ITEM_STATUS].list[i]->request.status_update)

static struct bn_plan *plan_new(void)
{
    return bn_plan_create("startups", TEST_TODAY);
}

static void exported(struct bn_plan *plan, enum bn_file file, unsigned line, const char *json)
{
    map_record(plan, &bn_format_binome, file, line, json);
}

#define ID_A "0190f4c2-6d1e-7a53-9c1b-2f6a1c0e4d7b"
#define ID_B "0190f4c2-6d1e-7a53-9c1b-2f6a1c0e4d7c"

static void test_what_was_exported_comes_back_without_what_the_hub_wrote(void **state)
{
    struct bn_plan *plan = plan_new();
    (void)state;
    exported(plan, BN_FILE_ORGANISATIONS, 1,
             "{\"slug\":\"acme\",\"legal_name\":\"Acme\",\"id\":\"" ID_B
             "\",\"version\":3,\"state\":\"ORGANISATION_STATE_ACTIVE\"}");
    exported(plan, BN_FILE_PROPOSALS, 1,
             "{\"workstream\":\"ai\",\"title\":\"Abc\",\"id\":\"" ID_A "\",\"owner\":\"acme\",\"version\":2,"
             "\"phase\":\"PHASE_OPEN\",\"submitted_at\":\"2024-05-06T07:08:09Z\"}");
    exported(plan, BN_FILE_STATUS, 1, "{\"proposal\":\"" ID_A "\",\"phase\":\"PHASE_SUBMITTED\",\"id\":\"" ID_A "\"}");
    exported(plan, BN_FILE_STATUS, 2,
             "{\"proposal\":\"" ID_A
             "\",\"phase\":\"PHASE_OPEN\",\"phase_before\":\"PHASE_SUBMITTED\",\"reason\":\"why\","
             "\"effective_on\":\"2024-05-01\",\"id\":\"" ID_B "\",\"by\":\"acme\",\"version\":2}");
    exported(plan, BN_FILE_STATUS, 3,
             "{\"proposal\":\"" ID_A
             "\",\"phase\":\"PHASE_OPEN\",\"phase_before\":\"PHASE_OPEN\",\"achieved\":\"x\",\"id\":\"x\","
             "\"recorded_at\":\"2024-06-01T00:00:00Z\"}");
    assert_string_equal(ORG(plan, 0)->external_ref->scheme, "binome");
    assert_string_equal(ORG(plan, 0)->external_ref->id, "acme");
    assert_string_equal(ORG(plan, 0)->id, "");
    assert_int_equal(ORG(plan, 0)->version, 0);
    assert_string_equal(PROPOSAL(plan, 0)->external_ref->id, ID_A);
    assert_string_equal(PROPOSAL(plan, 0)->owner, "");
    assert_int_equal(PROPOSAL(plan, 0)->phase, 0);
    assert_true(plan->items[BN_ITEM_PROPOSAL].list[0]->probe);
    assert_string_equal(plan->items[BN_ITEM_PROPOSAL].list[0]->request.on_behalf_of, "acme");
    assert_string_equal(SUBMIT(plan, 0)->submitted_on, "2024-05-01");
    assert_int_equal(plan->items[BN_ITEM_STATUS].count, 2);
    assert_int_equal(plan->skipped[BN_ITEM_STATUS], 1);
    assert_int_equal(STATUS(plan, 0)->phase, BINOME__V1__PHASE__PHASE_OPEN);
    assert_string_equal(STATUS(plan, 0)->external_ref->id, ID_B);
    assert_int_equal(STATUS(plan, 1)->phase, BINOME__V1__PHASE__PHASE_UNSPECIFIED);
    assert_string_equal(STATUS(plan, 1)->effective_on, "2024-06-01");
    bn_plan_destroy(&plan);
}

static void test_what_the_hub_has_is_not_sent_and_what_was_retired_stays_so(void **state)
{
    struct bn_plan *plan = plan_new();
    Binome__V1__Organisation known = BINOME__V1__ORGANISATION__INIT;
    char slug[] = "acme";
    (void)state;
    known.slug = slug;
    bn_plan_know(plan, &known);
    bn_plan_know_workstream(plan, "ai");
    exported(plan, BN_FILE_ORGANISATIONS, 1, "{\"slug\":\"acme\",\"legal_name\":\"Acme\"}");
    exported(plan, BN_FILE_WORKSTREAMS, 1, "{\"slug\":\"ai\",\"title\":\"AI\"}");
    exported(plan, BN_FILE_WORKSTREAMS, 2, "{\"slug\":\"quantum\",\"title\":\"Q\",\"version\":4}");
    exported(plan, BN_FILE_OFFERS, 1, "{\"title\":\"Abc\",\"owner\":\"acme\",\"state\":\"OFFER_STATE_RETIRED\"}");
    exported(plan, BN_FILE_OFFERS, 2,
             "{\"title\":\"Abc\",\"owner\":\"acme\",\"external_ref\":{\"scheme\":\"crm\",\"id\":\"1\"}}");
    exported(plan, BN_FILE_OFFERS, 3, "{\"titel\":\"Abc\"}");
    assert_int_equal(plan->items[BN_ITEM_ORGANISATION].count, 0);
    assert_int_equal(plan->items[BN_ITEM_WORKSTREAM].count, 1);
    assert_int_equal(REMARKS(plan, WORKSTREAM_HERE), 1);
    assert_int_equal(plan->items[BN_ITEM_OFFER].count, 1);
    assert_false(plan->items[BN_ITEM_OFFER].list[0]->probe);
    assert_string_equal(OFFER(plan, 0)->external_ref->scheme, "crm");
    assert_int_equal(plan->refusals.count, 1);
    assert_string_equal(plan->refusals.list[0].rule, "file.unknown_key");
    bn_plan_destroy(&plan);
}

static void detect(const char *file, const char *line, const struct bn_format *wanted)
{
    struct bn_source source;
    struct bn_why why = {"", "", ""};
    const char *path = test_file(test_folder(), file, line);
    assert_int_equal(bn_source_open(path, &source, &why), BN_OK);
    assert_ptr_equal(bn_source_detect(&source), wanted);
    bn_source_close(&source);
}

static void test_the_format_is_found_out_from_the_files(void **state)
{
    (void)state;
    detect("proposals.jsonl", "{\"id\":\"bg:a\"}\n", &bn_format_betagouv);
    detect("organisations.jsonl", "{\"id\":\"inc:a\"}\n", &bn_format_betagouv);
    detect("status.jsonl", "{\"project\":\"bg:a\"}\n", &bn_format_betagouv);
    detect("organisations.jsonl", "{\"id\":\"siren:1\"}\n", &bn_format_ilab);
    detect("offers.jsonl", "{\"id\":\"ilab:1\"}\n", &bn_format_ilab);
    detect("offers.jsonl", "{\"id\":\"cb:x\"}\n", &bn_format_crunchbase);
    detect("offers.jsonl", "{\"title\":\"x\",\"id\":\"" ID_A "\",\"owner\":\"acme\"}\n", &bn_format_binome);
    detect("organisations.jsonl", "{\"slug\":\"acme\"}\n", &bn_format_binome);
    detect("offers.jsonl", "{\"id\":\"other:x\"}\n", NULL);
    detect("offers.jsonl", "no JSON\n", NULL);
}

static void test_a_line_that_is_no_record_is_refused_with_its_place_and_the_rest_goes_on(void **state)
{
    struct bn_plan *plan = plan_new();
    struct bn_source source;
    struct bn_why why = {"", "", ""};
    (void)state;
    const char *path =
        test_file(test_folder(), "offers.jsonl",
                  "{\"id\":\"cb:a\",\"name\":\"Aaa\",\"tags\":[]}\n\n[1]\n{\"id\":\"cb:b\",\"name\n"
                  "{\"id\":\"cb:\xff\",\"name\":\"Bbb\"}\n{\"id\":\"cb:c\",\"name\":\"Ccc\",\"tags\":[]}");
    assert_int_equal(bn_source_open(path, &source, &why), BN_OK);
    assert_int_equal(bn_source_map(&source, &bn_format_crunchbase, plan, &why), BN_OK);
    assert_int_equal(plan->items[BN_ITEM_OFFER].count, 2);
    assert_int_equal(plan->items[BN_ITEM_OFFER].list[1]->place.line, 6);
    assert_int_equal(plan->refusals.count, 3);
    assert_int_equal(plan->refusals.list[0].place.line, 3);
    assert_int_equal(plan->refusals.list[2].place.line, 5);
    bn_source_close(&source);
    bn_plan_destroy(&plan);
}

static void test_a_folder_without_files_is_told(void **state)
{
    struct bn_source source;
    struct bn_why why = {"", "", ""};
    (void)state;
    assert_int_equal(bn_source_open(test_folder(), &source, &why), BN_NOT_FOUND);
    assert_string_equal(why.rule, "file.wrong_form");
    assert_int_equal(bn_source_open("/nonexistent/folder", &source, &why), BN_NOT_FOUND);
    assert_string_equal(why.rule, "file.absent");
    struct ran ran = RUN("import", "/nonexistent/folder");
    assert_int_equal(ran.code, BN_EXIT_REFUSED);
    ran_free(&ran);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_exported_comes_back_without_what_the_hub_wrote),
        cmocka_unit_test(test_what_the_hub_has_is_not_sent_and_what_was_retired_stays_so),
        cmocka_unit_test(test_the_format_is_found_out_from_the_files),
        cmocka_unit_test(test_a_line_that_is_no_record_is_refused_with_its_place_and_the_rest_goes_on),
        cmocka_unit_test(test_a_folder_without_files_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
