/* SPDX-License-Identifier: Apache-2.0 */
/* The table of requests on their way, and the waits between attempts. */
#include "libbinome/answer.h"
#include "libbinome/flight.h"
#include "libbinome/session.h"
#include "support.h"

static struct bn_flight *a_flight(struct bn_flights *flights, uint64_t due_ms, uint64_t limit_ms)
{
    struct bn_id id = bn_id_make();
    struct bn_flight *flight = bn_flight_create(&id, 60, NULL);
    assert_non_null(flight);
    flight->due_ms = due_ms;
    flight->limit_ms = limit_ms;
    bn_flights_add(flights, flight);
    return flight;
}

static void test_a_flight_is_found_until_it_is_answered(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static struct bn_flight *all[COUNT];
    struct bn_flights *flights = malloc(sizeof *flights);
    bn_flights_start(flights);
    for (int i = 0; i < COUNT; i++)
        all[i] = a_flight(flights, 0, 1000);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(bn_flights_find(flights, &all[i]->id), all[i]);
    for (int i = 0; i < COUNT; i += 2)
        bn_flights_sent(flights, all[i], 500);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(bn_flights_find(flights, &all[i]->id), all[i]);
    for (int i = 0; i < COUNT; i += 3)
        bn_flights_answer(flights, all[i], NULL);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(bn_flights_find(flights, &all[i]->id), i % 3 == 0 ? NULL : all[i]);
    assert_int_equal(bn_flights_unanswered(flights), COUNT - COUNT / 3);
    bn_flights_finish(flights);
    free(flights);
}

static void test_a_lost_session_keeps_the_order(void **state)
{
    (void)state;
    struct bn_flights *flights = malloc(sizeof *flights);
    struct bn_flight *all[6];
    bn_flights_start(flights);
    for (int i = 0; i < 6; i++)
        all[i] = a_flight(flights, 0, 1000);
    for (int i = 0; i < 4; i++)
        bn_flights_sent(flights, all[i], 900);
    bn_flights_land(flights);
    assert_int_equal(flights->sent.count, 0);
    assert_int_equal(flights->waiting.count, 6);
    const struct bn_flight *flight = flights->waiting.first;
    for (int i = 0; i < 6; i++, flight = flight->next) {
        assert_ptr_equal(flight, all[i]);
        assert_int_equal(flight->due_ms, 0);
    }
    assert_null(flight);
    bn_flights_finish(flights);
    free(flights);
}

/* No moment may be missed; one that is over must not keep anybody awake. */
static void test_the_earliest_moment_is_never_missed(void **state)
{
    (void)state;
    struct bn_flights *flights = malloc(sizeof *flights);
    bn_flights_start(flights);
    assert_int_equal(flights->due_ms, BN_NEVER_MS);
    struct bn_flight *first = a_flight(flights, 0, 1000);
    assert_int_equal(flights->due_ms, 1000);
    struct bn_flight *second = a_flight(flights, 300, 800);
    assert_int_equal(flights->due_ms, 300);
    bn_flights_sent(flights, first, 200);
    assert_int_equal(flights->due_ms, 200);
    bn_flights_due(flights, 250);
    assert_int_equal(flights->due_ms, 300);
    bn_flights_due(flights, 350);
    assert_int_equal(flights->due_ms, 800);
    bn_flights_answer(flights, second, NULL);
    bn_flights_due(flights, 350);
    assert_int_equal(flights->due_ms, 1000);
    bn_flights_answer(flights, first, NULL);
    bn_flights_due(flights, 350);
    assert_int_equal(flights->due_ms, BN_NEVER_MS);
    bn_flights_finish(flights);
    free(flights);
}

static void test_the_wait_between_attempts_doubles_up_to_its_bound(void **state)
{
    (void)state;
    assert_int_equal(bn_random_start(), BN_OK);
    uint64_t width = 200;
    for (unsigned n = 1; n <= 40; n++) {
        uint64_t least = UINT64_MAX, most = 0;
        for (int i = 0; i < 300; i++) {
            uint64_t wait = bn_backoff_ms(n, 0);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_in_range(least, width / 2, width);
        assert_in_range(most, width, 3 * width / 2);
        width = width * 2 < 30000 ? width * 2 : 30000;
    }
    assert_in_range(bn_backoff_ms(0, 0), 100, 300);
    assert_in_range(bn_backoff_ms(UINT32_MAX, 0), 15000, 45000);
    assert_int_equal(bn_backoff_ms(1, 60000), 60000);
}

static void test_an_answer_of_our_own_reads_like_the_hubs(void **state)
{
    (void)state;
    struct bn_why why;
    struct binome_reply *made =
        bn_answer_make(BN_UNAVAILABLE, BN_RULE_HUB_UNREACHABLE, "tcp://hub:1", "nobody answers");
    struct binome_reply *copy = bn_answer_copy(made);
    binome_reply_free(&made);
    assert_int_equal(bn_answer_why(copy, &why), BN_UNAVAILABLE);
    TEST_WHY(why, "", "hub.unreachable");
    assert_string_equal(why.detail, "nobody answers");
    const Binome__V1__Violation *violation = copy->reply->error->violations[0];
    assert_string_equal(violation->params[0]->name, "endpoint");
    assert_string_equal(violation->params[0]->value, "tcp://hub:1");
    assert_true(bn_answer_has_rule(copy, BN_RULE_HUB_UNREACHABLE));
    assert_false(bn_answer_has_rule(copy, BN_RULE_HUB_WRONG_KEY));
    binome_reply_free(&copy);
}

static void test_a_reply_always_says_why(void **state)
{
    (void)state;
    struct bn_header header = {.code = BN_NOT_FOUND};
    struct binome_reply *reply = bn_answer_read(&header, NULL, 0);
    assert_int_equal(reply->code, BINOME_NOT_FOUND);
    assert_non_null(reply->reply->error);
    binome_reply_free(&reply);
    header.code = (enum bn_code)4711;
    reply = bn_answer_read(&header, NULL, 0);
    assert_int_equal(reply->code, BINOME_UNKNOWN);
    binome_reply_free(&reply);
    header.code = BN_OK;
    reply = bn_answer_read(&header, "\x0a\xff", 2);
    assert_int_equal(reply->code, BINOME_DATA_LOSS);
    binome_reply_free(&reply);
    reply = bn_answer_read(&header, NULL, 0);
    assert_int_equal(reply->code, BINOME_OK);
    assert_null(reply->reply->error);
    binome_reply_free(&reply);
}

static void test_a_reply_fits_what_was_asked(void **state)
{
    (void)state;
    static const struct {
        uint32_t asked, member;
        bool fits;
    } cases[] = {
        {BINOME__V1__REQUEST__BODY_PROPOSAL_GET, BINOME__V1__REPLY__BODY_PROPOSAL, true},
        {BINOME__V1__REQUEST__BODY_PROPOSAL_GET, BINOME__V1__REPLY__BODY_PROPOSAL_PAGE, false},
        {BINOME__V1__REQUEST__BODY_PROPOSAL_GET, BINOME__V1__REPLY__BODY__NOT_SET, false},
        {BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT, BINOME__V1__REPLY__BODY__NOT_SET, true},
        {BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT, BINOME__V1__REPLY__BODY_PROPOSAL, true},
        {BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT, BINOME__V1__REPLY__BODY_OFFER, false},
        {BINOME__V1__REQUEST__BODY_OFFER_REVISE, BINOME__V1__REPLY__BODY_OFFER, true},
        {BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL, BINOME__V1__REPLY__BODY_ORGANISATION, true},
        {BINOME__V1__REQUEST__BODY_WORKSTREAM_EDIT, BINOME__V1__REPLY__BODY_PROGRAMME, false},
        {BINOME__V1__REQUEST__BODY_PROOF_GET, BINOME__V1__REPLY__BODY_PROOF, true},
        {300, BINOME__V1__REPLY__BODY_PROOF, true}, /* this version does not know better */
    };
    Binome__V1__Reply message = BINOME__V1__REPLY__INIT;
    struct binome_reply reply = {.code = BINOME_OK, .reply = &message};
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        message.body_case = (Binome__V1__Reply__BodyCase)cases[i].member;
        assert_true(bn_answer_fits(&reply, cases[i].asked) == cases[i].fits);
    }
    reply.code = BINOME_NOT_FOUND;
    message.body_case = BINOME__V1__REPLY__BODY__NOT_SET;
    assert_true(bn_answer_fits(&reply, BINOME__V1__REQUEST__BODY_PROPOSAL_GET));
}

/* Whatever a hub sends is a reply or DATA_LOSS; run under the sanitizers. */
static void test_no_reply_does_harm(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    uint8_t good[512], bytes[512];
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Binome__V1__Receipt receipt = BINOME__V1__RECEIPT__INIT;
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT, *proposals[] = {&proposal, &proposal};
    Binome__V1__ProposalPage page = BINOME__V1__PROPOSAL_PAGE__INIT;
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    at.seconds = 1795593600;
    receipt.request_id = "01a211b7-fc00-7000-8000-000000000001";
    receipt.recorded_at = &at;
    proposal.title = "Forecast";
    proposal.recorded_at = &at;
    page.n_proposals = BN_COUNT(proposals);
    page.proposals = proposals;
    reply.receipt = &receipt;
    reply.body_case = BINOME__V1__REPLY__BODY_PROPOSAL_PAGE;
    reply.proposal_page = &page;
    size_t size = binome__v1__reply__pack(&reply, good);
    for (int i = 0; i < 50000; i++) {
        memcpy(bytes, good, size);
        for (uint64_t changes = test_random_below(&random, 4) + 1; changes > 0; changes--)
            bytes[test_random_below(&random, size)] = (uint8_t)test_random_next(&random);
        size_t cut = test_random_one_in(&random, 3) ? test_random_below(&random, size + 1) : size;
        struct bn_header header = {.code = (enum bn_code)test_random_below(&random, 20)};
        struct binome_reply *answer = bn_answer_read(&header, bytes, cut);
        assert_non_null(answer);
        binome_reply_free(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_flight_is_found_until_it_is_answered),
        cmocka_unit_test(test_a_lost_session_keeps_the_order),
        cmocka_unit_test(test_the_earliest_moment_is_never_missed),
        cmocka_unit_test(test_the_wait_between_attempts_doubles_up_to_its_bound),
        cmocka_unit_test(test_an_answer_of_our_own_reads_like_the_hubs),
        cmocka_unit_test(test_a_reply_always_says_why),
        cmocka_unit_test(test_a_reply_fits_what_was_asked),
        cmocka_unit_test(test_no_reply_does_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
