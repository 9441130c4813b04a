/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "registry/rules/fields.h"

#include <string.h>

static struct world_party operator_party, acme_party, nova_party;

static struct world_party enrol(struct bn_store *store, const char *slug, uint32_t roles)
{
    struct bn_organisation organisation = {.id = bn_id_make(),
                                           .slug = slug,
                                           .legal_name = slug,
                                           .kind = BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_STARTUP,
                                           .state = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE,
                                           .roles = roles,
                                           .version = 1,
                                           .country = "FR"};
    OK(bn_store_organisation_put(store, &organisation));
    struct bn_key key = {.id = bn_id_make(),
                         .organisation = organisation.number,
                         .role = BN_KEY_MEMBER,
                         .state = BINOME__V1__KEY_STATE__KEY_STATE_ACTIVE,
                         .label = ""};
    bn_random_bytes(key.public_key, sizeof key.public_key);
    OK(bn_store_key_put(store, &key));
    return (struct world_party){organisation.number, organisation.id, key.id, slug};
}

const char *world_make(void)
{
    static char place[TEST_PATH_SIZE];
    static const char *const workstreams[] = {"ai", "skills"};
    struct bn_store *store = NULL;
    struct bn_why why = {.detail = ""};
    OK(bn_random_start());
    OK(bn_fields_start(&why));
    snprintf(place, sizeof place, "%s", test_path(test_folder(), "registry.sqlite3"));
    OK(bn_store_open(place, NULL, &store, &why));
    OK(bn_store_begin(store));
    operator_party = enrol(store, "operator", BN_ROLE_MEMBER | BN_ROLE_OPERATOR);
    acme_party = enrol(store, "acme", BN_ROLE_MEMBER);
    nova_party = enrol(store, "nova", BN_ROLE_MEMBER);
    for (size_t i = 0; i < BN_COUNT(workstreams); i++) {
        struct bn_workstream workstream = {.is_new = true,
                                           .id = bn_id_make(),
                                           .slug = workstreams[i],
                                           .title = workstreams[i],
                                           .pilot = i == 0 ? nova_party.number : 0,
                                           .version = 1};
        OK(bn_store_workstream_put(store, &workstream));
    }
    OK(bn_store_commit(store));
    bn_store_close(&store);
    return place;
}

const struct world_party *world_operator(void)
{
    return &operator_party;
}

const struct world_party *world_acme(void)
{
    return &acme_party;
}

const struct world_party *world_nova(void)
{
    return &nova_party;
}

static void set_frame(zmq_msg_t *frame, const void *data, size_t size)
{
    zmq_msg_close(frame);
    assert_int_equal(zmq_msg_init_size(frame, size), 0);
    if (size > 0)
        memcpy(zmq_msg_data(frame), data, size);
}

void world_fill_bytes(struct bn_job *job, const struct world_party *by, const struct bn_id *id, uint32_t type,
                      const void *body, size_t size)
{
    uint8_t origin[BN_ORIGIN_BYTES_MAX], header[BN_HEADER_BYTES_MAX];
    const struct bn_origin from = {.connection = 7,
                                   .organisation = by->id,
                                   .key = by->key,
                                   .role = BN_KEY_MEMBER,
                                   .timeout_ms = 30000,
                                   .ticket = 42};
    const struct bn_header head = {
        .version = BN_PROTOCOL_VERSION, .kind = BN_KIND_REQUEST, .request_id = *id, .body_type = type};
    set_frame(&job->frames[BN_FRAME_ROUTE], "route", 5);
    set_frame(&job->frames[BN_FRAME_ORIGIN], origin, bn_origin_write(&from, origin));
    set_frame(&job->frames[BN_FRAME_HEADER], header, bn_header_write(&head, header));
    set_frame(&job->frames[BN_FRAME_BODY], body, size);
}

void world_fill(struct bn_job *job, const struct world_party *by, Binome__V1__Request *request, uint32_t type)
{
    static uint8_t salt[16] = {1, 2, 3};
    const struct bn_id id = bn_id_make();
    if (request->salt.len == 0)
        request->salt = (ProtobufCBinaryData){sizeof salt, salt};
    size_t size = binome__v1__request__get_packed_size(request);
    uint8_t *body = malloc(size + 1);
    assert_non_null(body);
    binome__v1__request__pack(request, body);
    world_fill_bytes(job, by, &id, type != 0 ? type : (uint32_t)request->body_case, body, size);
    free(body);
}

Binome__V1__Request *world_proposal(const char *title, const char *workstream)
{
    static Binome__V1__Request request;
    static Binome__V1__ProposalSubmit submit;
    static Binome__V1__Proposal proposal;
    binome__v1__request__init(&request);
    binome__v1__proposal_submit__init(&submit);
    binome__v1__proposal__init(&proposal);
    proposal.title = (char *)(uintptr_t)title;
    proposal.workstream = (char *)(uintptr_t)workstream;
    proposal.visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    submit.proposal = &proposal;
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;
    return &request;
}

Binome__V1__Reply *world_reply(struct bn_job *job, struct bn_header *head)
{
    assert_true(job->packed);
    OK(bn_header_read(zmq_msg_data(&job->frames[BN_FRAME_HEADER]), zmq_msg_size(&job->frames[BN_FRAME_HEADER]), head));
    Binome__V1__Reply *reply = binome__v1__reply__unpack(NULL, zmq_msg_size(&job->frames[BN_FRAME_BODY]),
                                                         zmq_msg_data(&job->frames[BN_FRAME_BODY]));
    assert_non_null(reply);
    return reply;
}
