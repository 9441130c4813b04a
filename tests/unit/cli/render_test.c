/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "cli/fields.h"
#include "cli/lang.h"
#include "cli/render.h"

static char *rendered(struct bn_cli *cli, bool json, void (*print)(struct bn_cli *cli))
{
    char *text = NULL;
    size_t size = 0;
    FILE *kept = cli->out;
    cli->out = cli->screen.out = open_memstream(&text, &size);
    cli->json = json;
    print(cli);
    fclose(cli->out);
    cli->out = cli->screen.out = kept;
    return text;
}

static void proposal(struct bn_cli *cli)
{
    Binome__V1__Proposal shown = BINOME__V1__PROPOSAL__INIT;
    Binome__V1__Money money = BINOME__V1__MONEY__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Binome__V1__Health health = BINOME__V1__HEALTH__INIT;
    char title[] = "Pompes", id[] = "0190", tag[] = "eau", *tags[] = {tag}, currency[] = "EUR";
    time.seconds = 1700000000;
    money.minor_units = 1500000;
    money.currency = currency;
    health.overall = BINOME__V1__HEALTH_STATE__HEALTH_STATE_AT_RISK;
    health.cost = BINOME__V1__HEALTH_STATE__HEALTH_STATE_ON_TRACK;
    shown.title = title;
    shown.id = id;
    shown.tags = tags;
    shown.n_tags = 1;
    shown.support_asked = &money;
    shown.recorded_at = &time;
    shown.health = &health;
    shown.phase = BINOME__V1__PHASE__PHASE_UNDER_REVIEW;
    shown.progress__case = BINOME__V1__PROPOSAL__PROGRESS__PROGRESS_PERCENT;
    shown.progress_percent = 0;
    bn_render_object(cli, &shown.base);
}

static void test_an_object_is_shown_with_labels_and_without_what_is_not_set(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    bn_lang_start("en");
    char *text = rendered(&cli, false, proposal);
    assert_string_equal(text, "Pompes\n"
                              "Id                0190\n"
                              "Phase             under-review\n"
                              "Progress          0\n"
                              "Health            at-risk, cost on-track\n"
                              "Recorded          2023-11-14 22:13:20 UTC\n"
                              "State support     15 000 EUR\n"
                              "Tags              eau\n");
    free(text);
    text = rendered(&cli, true, proposal);
    assert_non_null(strstr(text, "\"support_asked\":{\"minor_units\":\"1500000\",\"currency\":\"EUR\"}"));
    assert_non_null(strstr(text, "\"phase\":\"PHASE_UNDER_REVIEW\""));
    free(text);
    cli_finish(&cli);
}

static void no_proposals(struct bn_cli *cli)
{
    bn_render_list(cli, BN_LIST_PROPOSALS, NULL, 0);
}

static void test_an_empty_list_is_said_to_people_and_is_a_list_to_programs(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    char *text = rendered(&cli, false, no_proposals);
    assert_string_equal(text, "Nothing to show.\n");
    free(text);
    text = rendered(&cli, true, no_proposals);
    assert_string_equal(text, "{\"proposals\":[]}\n");
    free(text);
    cli_finish(&cli);
}

static void matches(struct bn_cli *cli)
{
    Binome__V1__Matches shown = BINOME__V1__MATCHES__INIT;
    Binome__V1__Match match = BINOME__V1__MATCH__INIT, *list[] = {&match};
    Binome__V1__Contribution part = BINOME__V1__CONTRIBUTION__INIT, *parts[] = {&part, &part};
    char why[] = "pompes", owner[] = "Acme SA", title[] = "Capteurs", id[] = "0190";
    part.why = why;
    part.points = 300;
    match.contributions = parts;
    match.n_contributions = 2;
    match.score = 600;
    match.owner_name = owner;
    match.title = title;
    match.id = id;
    shown.matches = list;
    shown.n_matches = 1;
    shown.candidates = 4;
    shown.behind = 2;
    bn_render_matches(cli, &shown);
}

static void test_matches_are_shown_with_score_and_reasons(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    char *text = rendered(&cli, false, matches);
    assert_non_null(strstr(text, "  600  0190  Acme SA  Capteurs\n       pompes +300, pompes +300\n"));
    assert_non_null(strstr(text, "1 of 4 candidates"));
    assert_non_null(strstr(text, "newest 2 requests"));
    free(text);
    cli_finish(&cli);
}

static void no_matches(struct bn_cli *cli)
{
    Binome__V1__Matches shown = BINOME__V1__MATCHES__INIT;
    char because[] = "match.no_words";
    shown.empty_because = because;
    bn_render_matches(cli, &shown);
}

static void test_no_match_comes_with_its_reason_and_what_to_do(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    char *text = rendered(&cli, false, no_matches);
    assert_non_null(strstr(text, "no word that could be searched"));
    assert_non_null(strstr(text, "Describe the need"));
    free(text);
    cli_finish(&cli);
}

static void test_exchanging_a_member_moves_it_whole(void **state)
{
    Binome__V1__Proposal a = BINOME__V1__PROPOSAL__INIT, b = BINOME__V1__PROPOSAL__INIT;
    char tag[] = "x", *tags[] = {tag};
    (void)state;
    b.tags = tags;
    b.n_tags = 1;
    b.progress__case = BINOME__V1__PROPOSAL__PROGRESS__PROGRESS_PERCENT;
    b.progress_percent = 40;
    static const char *const names[] = {"tags", "progress_percent"};
    for (size_t i = 0; i < BN_COUNT(names); i++)
        bn_field_exchange(&a.base, &b.base,
                          protobuf_c_message_descriptor_get_field_by_name(a.base.descriptor, names[i]));
    assert_ptr_equal(a.tags, tags);
    assert_int_equal(a.n_tags, 1);
    assert_int_equal(b.n_tags, 0);
    assert_int_equal(a.progress_percent, 40);
    assert_int_equal(b.progress__case, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_object_is_shown_with_labels_and_without_what_is_not_set),
        cmocka_unit_test(test_an_empty_list_is_said_to_people_and_is_a_list_to_programs),
        cmocka_unit_test(test_matches_are_shown_with_score_and_reasons),
        cmocka_unit_test(test_no_match_comes_with_its_reason_and_what_to_do),
        cmocka_unit_test(test_exchanging_a_member_moves_it_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
