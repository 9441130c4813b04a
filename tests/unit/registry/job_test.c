/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <string.h>

static struct bn_jobs *jobs;

static int setup(void **state)
{
    (void)state;
    world_make();
    jobs = bn_jobs_create(3);
    return jobs == NULL;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(bn_jobs_out(jobs), 0);
    bn_jobs_destroy(&jobs);
    assert_null(jobs);
    return 0;
}

static void a_pool_lends_no_more_than_it_may(void **state)
{
    (void)state;
    struct bn_job *out[3];
    for (size_t i = 0; i < BN_COUNT(out); i++) {
        out[i] = bn_jobs_take(jobs);
        assert_non_null(out[i]);
    }
    assert_null(bn_jobs_take(jobs));
    bn_jobs_give(jobs, out[1]);
    assert_ptr_equal(bn_jobs_take(jobs), out[1]);
    for (size_t i = 0; i < BN_COUNT(out); i++)
        bn_jobs_give(jobs, out[i]);
}

static void a_good_request_is_read_with_its_digest(void **state)
{
    (void)state;
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 0);
    OK(bn_job_read(job));
    struct bn_digest digest;
    bn_digest_of(zmq_msg_data(&job->frames[BN_FRAME_BODY]), zmq_msg_size(&job->frames[BN_FRAME_BODY]), &digest);
    assert_memory_equal(&job->digest, &digest, sizeof digest);
    assert_string_equal(job->type->name, "proposal_submit");
    assert_string_equal(job->request->proposal_submit->proposal->title, "Un projet");
    assert_int_equal(job->from.ticket, 42);
    assert_true(bn_id_equal(&job->from.organisation, &world_acme()->id));
    bn_jobs_give(jobs, job);
}

/* What an earlier request left must not be seen by the next one that gets the same job. */
static void a_job_forgets_what_it_was(void **state)
{
    (void)state;
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_acme(), world_proposal("", "ai"), 0);
    assert_int_equal(bn_job_read(job), BN_INVALID_ARGUMENT);
    assert_true(job->check.count > 0);
    bn_job_pack(job);
    bn_jobs_give(jobs, job);
    assert_ptr_equal(bn_jobs_take(jobs), job);
    assert_false(job->packed);
    assert_int_equal(job->check.count, 0);
    assert_int_equal(job->code, BN_OK);
    assert_null(job->request);
    assert_null(job->type);
    world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 0);
    OK(bn_job_read(job));
    bn_jobs_give(jobs, job);
}

static void expect_read(struct bn_job *job, enum bn_code code, const char *field, enum bn_rule rule)
{
    assert_int_equal(bn_job_read(job), code);
    assert_int_equal(job->code, code);
    assert_true(job->check.count > 0);
    assert_string_equal(job->check.violations[0].field, field);
    assert_string_equal(bn_rule_name(job->check.violations[0].rule), bn_rule_name(rule));
    bn_jobs_give(jobs, job);
}

static void bodies_that_are_none_are_refused_by_name(void **state)
{
    (void)state;
    const struct bn_id id = bn_id_make();
    static const uint8_t salt_only[] = {0x0a, 1, 7}, torn[] = {0x0a, 200}, later[] = {0x82, 0xb5, 0x02, 0};
    const struct {
        const void *body;
        size_t size;
        uint32_t type;
        enum bn_code code;
        const char *field;
        enum bn_rule rule;
    } cases[] = {
        {"", 0, 60, BN_INVALID_ARGUMENT, "body", BN_RULE_BODY_EMPTY},
        {salt_only, sizeof salt_only, 60, BN_INVALID_ARGUMENT, "body", BN_RULE_BODY_EMPTY},
        {torn, sizeof torn, 60, BN_INVALID_ARGUMENT, "body", BN_RULE_BODY_MALFORMED},
        {later, sizeof later, 5000, BN_UNIMPLEMENTED, "body", BN_RULE_BODY_UNKNOWN_REQUEST},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        struct bn_job *job = bn_jobs_take(jobs);
        world_fill_bytes(job, world_acme(), &id, cases[i].type, cases[i].body, cases[i].size);
        assert_int_equal(bn_job_read(job), cases[i].code);
        assert_string_equal(bn_rule_name(job->check.violations[0].rule), bn_rule_name(cases[i].rule));
        bn_jobs_give(jobs, job);
    }
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 61);
    expect_read(job, BN_INVALID_ARGUMENT, "header.body_type", BN_RULE_HEADER_TYPE);
}

static void a_change_needs_salt_and_a_query_none(void **state)
{
    (void)state;
    uint8_t body[64];
    const struct bn_id id = bn_id_make();
    Binome__V1__Request query = BINOME__V1__REQUEST__INIT;
    Binome__V1__WorkstreamList list = BINOME__V1__WORKSTREAM_LIST__INIT;
    query.body_case = BINOME__V1__REQUEST__BODY_WORKSTREAM_LIST;
    query.workstream_list = &list;
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill_bytes(job, world_acme(), &id, 23, body, binome__v1__request__pack(&query, body));
    OK(bn_job_read(job));
    bn_jobs_give(jobs, job);

    Binome__V1__Request *change = world_proposal("Un projet", "ai");
    job = bn_jobs_take(jobs);
    world_fill_bytes(job, world_acme(), &id, 60, body, binome__v1__request__pack(change, body));
    expect_read(job, BN_INVALID_ARGUMENT, "salt", BN_RULE_BODY_SALT);
}

static void frames_that_cannot_even_be_answered_are_data_loss(void **state)
{
    (void)state;
    for (int frame = BN_FRAME_ORIGIN; frame <= BN_FRAME_HEADER; frame++) {
        struct bn_job *job = bn_jobs_take(jobs);
        world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 0);
        memset(zmq_msg_data(&job->frames[frame]), 0xff, zmq_msg_size(&job->frames[frame]));
        assert_int_equal(bn_job_read(job), BN_DATA_LOSS);
        bn_jobs_give(jobs, job);
    }
}

/* Every cut and every flipped bit of a body ends in a verdict, and the job can be used again. */
static void broken_bodies_do_no_harm(void **state)
{
    (void)state;
    uint8_t body[256], changed[256];
    const struct bn_id id = bn_id_make();
    static uint8_t salt[16];
    struct test_random random = test_random_start();
    Binome__V1__Request *request = world_proposal("Un projet commun", "ai");
    request->salt = (ProtobufCBinaryData){sizeof salt, salt};
    size_t size = binome__v1__request__pack(request, body);
    for (int round = 0; round < 20000; round++) {
        size_t length = 1 + test_random_below(&random, size);
        memcpy(changed, body, size);
        for (uint64_t flips = test_random_below(&random, 4); flips > 0; flips--)
            changed[test_random_below(&random, size)] ^= (uint8_t)(1u << test_random_below(&random, 8));
        struct bn_job *job = bn_jobs_take(jobs);
        world_fill_bytes(job, world_acme(), &id, 60, changed, length);
        enum bn_code code = bn_job_read(job);
        assert_true(code == BN_OK || job->check.count > 0);
        bn_job_pack(job);
        bn_jobs_give(jobs, job);
    }
}

static void a_receipt_is_packed_as_it_was_filled(void **state)
{
    (void)state;
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 0);
    OK(bn_job_read(job));
    const struct bn_id id = job->head.request_id;
    job->receipted = true;
    job->accepted = (struct bn_accepted){.sequence = 9,
                                         .request = id,
                                         .organisation = world_acme()->id,
                                         .recorded_ms = 1795593600123,
                                         .type = 60,
                                         .digest = job->digest,
                                         .version = 1};
    job->object = id;
    job->log_size = 11;
    memset(job->log_root.bytes, 5, sizeof job->log_root.bytes);
    bn_job_pack(job);
    struct bn_header head;
    Binome__V1__Reply *reply = world_reply(job, &head);
    char text[BN_ID_TEXT_SIZE];
    bn_id_format(&id, text);
    assert_int_equal(head.kind, BN_KIND_REPLY);
    assert_int_equal(head.code, BN_OK);
    assert_true(bn_id_equal(&head.in_reply_to, &id));
    assert_null(reply->error);
    assert_int_equal(reply->receipt->sequence, 9);
    assert_string_equal(reply->receipt->request_id, text);
    assert_string_equal(reply->receipt->object, text);
    assert_int_equal(reply->receipt->recorded_at->seconds, 1795593600);
    assert_int_equal(reply->receipt->recorded_at->nanos, 123000000);
    assert_int_equal(reply->receipt->log_size, 11);
    assert_int_equal(reply->receipt->log_root.len, BN_DIGEST_BYTES);
    assert_int_equal(reply->receipt->log_root.data[31], 5);
    assert_memory_equal(reply->receipt->digest.data, job->digest.bytes, BN_DIGEST_BYTES);
    binome__v1__reply__free_unpacked(reply, NULL);
    /* Route and origin go back as they came. */
    assert_int_equal(zmq_msg_size(&job->frames[BN_FRAME_ROUTE]), 5);
    struct bn_origin origin;
    OK(bn_origin_read(zmq_msg_data(&job->frames[BN_FRAME_ORIGIN]), zmq_msg_size(&job->frames[BN_FRAME_ORIGIN]),
                      &origin));
    assert_int_equal(origin.ticket, 42);
    bn_jobs_give(jobs, job);
}

static void a_refusal_is_packed_with_rule_field_and_named_parameters(void **state)
{
    (void)state;
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 0);
    OK(bn_job_read(job));
    BN_FAIL(&job->check, BN_ABORTED, "proposal_revise.expected_version", BN_RULE_VERSION_STALE, "3", "4");
    job->code = job->check.code;
    job->retry_after_ms = 70;
    job->reply.body_case = BINOME__V1__REPLY__BODY_PROGRAMME; /* half an answer, made before the refusal */
    bn_job_pack(job);
    struct bn_header head;
    Binome__V1__Reply *reply = world_reply(job, &head);
    assert_int_equal(head.code, BN_ABORTED);
    assert_int_equal(head.body_type, 0);
    assert_int_equal(head.retry_after_ms, 70);
    assert_int_equal(reply->body_case, BINOME__V1__REPLY__BODY__NOT_SET);
    assert_null(reply->receipt);
    assert_int_equal(reply->error->n_violations, 1);
    const Binome__V1__Violation *violation = reply->error->violations[0];
    assert_string_equal(violation->rule, "version.stale");
    assert_int_equal(violation->n_params, 2);
    assert_string_equal(violation->params[0]->name, "expected");
    assert_string_equal(violation->params[0]->value, "3");
    assert_string_equal(violation->params[1]->name, "current");
    assert_string_equal(violation->params[1]->value, "4");
    binome__v1__reply__free_unpacked(reply, NULL);
    bn_jobs_give(jobs, job);
}

/* A request with very many faults is answered with some of them and says how many more there are. */
static void violations_are_bounded_and_the_rest_is_counted(void **state)
{
    (void)state;
    enum { TAGS = 50 };
    struct bn_job *job = bn_jobs_take(jobs);
    char texts[TAGS][16], *tags[TAGS];
    for (size_t i = 0; i < TAGS; i++) {
        snprintf(texts[i], sizeof texts[i], "line %zu\n", i);
        tags[i] = texts[i];
    }
    Binome__V1__Request *request = world_proposal("Un projet", "ai");
    request->proposal_submit->proposal->tags = tags;
    request->proposal_submit->proposal->n_tags = TAGS;
    world_fill(job, world_acme(), request, 0);
    assert_int_equal(bn_job_read(job), BN_INVALID_ARGUMENT);
    bn_job_pack(job);
    struct bn_header head;
    Binome__V1__Reply *reply = world_reply(job, &head);
    assert_int_equal(reply->error->n_violations, BN_VIOLATIONS_MAX);
    assert_string_equal(reply->error->violations[BN_VIOLATIONS_MAX - 1]->field, "proposal_submit.proposal.tags[31]");
    assert_string_equal(reply->error->detail, "18 more violations");
    binome__v1__reply__free_unpacked(reply, NULL);
    bn_jobs_give(jobs, job);
}

/* The kind by which brokers speak for themselves is of no use to who speaks through one. */
static void a_link_message_of_a_client_is_dropped(void **state)
{
    (void)state;
    for (uint64_t connection = 0; connection < 2; connection++) {
        struct bn_job *job = bn_jobs_take(jobs);
        uint8_t origin[BN_ORIGIN_BYTES_MAX], header[BN_HEADER_BYTES_MAX];
        const struct bn_origin from = {.connection = connection};
        const struct bn_header head = {.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_LINK};
        size_t origin_size = bn_origin_write(&from, origin), header_size = bn_header_write(&head, header);
        OK(zmq_msg_init_size(&job->frames[BN_FRAME_ORIGIN], origin_size));
        memcpy(zmq_msg_data(&job->frames[BN_FRAME_ORIGIN]), origin, origin_size);
        OK(zmq_msg_init_size(&job->frames[BN_FRAME_HEADER], header_size));
        memcpy(zmq_msg_data(&job->frames[BN_FRAME_HEADER]), header, header_size);
        assert_int_equal(bn_job_read(job), connection == 0 ? BN_OK : BN_DATA_LOSS);
        bn_jobs_give(jobs, job);
    }
}

/* libzmq would cut off a client that is sent more than it takes, and its retry would be cut off again. */
static void a_reply_that_no_client_takes_becomes_a_refusal(void **state)
{
    (void)state;
    static char text[BN_REPLY_BYTES_MAX + 1];
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_acme(), world_proposal("Un projet", "ai"), 0);
    OK(bn_job_read(job));
    memset(text, 'x', sizeof text - 1);
    Binome__V1__Programme programme = BINOME__V1__PROGRAMME__INIT;
    programme.description = text;
    job->reply.body_case = BINOME__V1__REPLY__BODY_PROGRAMME;
    job->reply.programme = &programme;
    bn_job_pack(job);
    struct bn_header head;
    Binome__V1__Reply *reply = world_reply(job, &head);
    assert_int_equal(head.code, BN_RESOURCE_EXHAUSTED);
    assert_int_equal(head.body_type, 0);
    assert_string_equal(reply->error->violations[0]->rule, "limit.memory");
    binome__v1__reply__free_unpacked(reply, NULL);
    bn_jobs_give(jobs, job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_lends_no_more_than_it_may),
        cmocka_unit_test(a_good_request_is_read_with_its_digest),
        cmocka_unit_test(a_job_forgets_what_it_was),
        cmocka_unit_test(bodies_that_are_none_are_refused_by_name),
        cmocka_unit_test(a_change_needs_salt_and_a_query_none),
        cmocka_unit_test(frames_that_cannot_even_be_answered_are_data_loss),
        cmocka_unit_test(broken_bodies_do_no_harm),
        cmocka_unit_test(a_receipt_is_packed_as_it_was_filled),
        cmocka_unit_test(a_refusal_is_packed_with_rule_field_and_named_parameters),
        cmocka_unit_test(violations_are_bounded_and_the_rest_is_counted),
        cmocka_unit_test(a_link_message_of_a_client_is_dropped),
        cmocka_unit_test(a_reply_that_no_client_takes_becomes_a_refusal),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
