/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/answer.h"

#include "wire/scan.h"

#include <stdlib.h>
#include <string.h>

/* A hub that was chosen by its key is trusted further than a stranger: a page holds 500 rows, and what a newer hub says
 * beyond this version is kept out of the way, not refused. What it can cost stays bounded all the same. */
static const struct bn_scan_limits reply_limits = {
    .nodes_max = 262144, .depth_max = 16, .unknown_bytes_max = 1U << 20, .items_max = 100000};

static struct binome_reply *answer_of(enum bn_code code, size_t size, const uint8_t *packed)
{
    struct binome_reply *answer = calloc(1, sizeof *answer);
    if (answer == NULL)
        return NULL;
    answer->code = (enum binome_code)code;
    answer->reply = binome__v1__reply__unpack(NULL, size, packed);
    if (answer->reply == NULL)
        binome_reply_free(&answer);
    return answer;
}

/* The public header promises an error with every code but OK. */
static bool error_is_there(struct binome_reply *answer)
{
    if (answer->code == BINOME_OK || answer->reply->error != NULL)
        return true;
    answer->reply->error = malloc(sizeof *answer->reply->error);
    if (answer->reply->error == NULL)
        return false;
    binome__v1__error__init(answer->reply->error);
    return true;
}

struct binome_reply *bn_answer_read(const struct bn_header *header, const void *body, size_t size)
{
    static const uint8_t nothing[1];
    const uint8_t *packed = size == 0 ? nothing : body;
    struct bn_scan scan;
    if (bn_wire_scan(&binome__v1__reply__descriptor, "body", packed, size, &reply_limits, &scan) != BN_OK)
        return bn_answer_make(BN_DATA_LOSS, BN_RULE_BODY_MALFORMED, NULL, "the hub's reply is damaged");
    enum bn_code code = (unsigned)header->code < BN_CODES ? header->code : BN_UNKNOWN;
    struct binome_reply *answer = answer_of(code, size, packed);
    if (answer != NULL && !error_is_there(answer))
        binome_reply_free(&answer);
    return answer;
}

/* The changes of a family, and the object that an answer to one may show. */
static const struct {
    uint32_t first, last, object;
} families[] = {
    {21, 21, BINOME__V1__REPLY__BODY_PROGRAMME},    {24, 24, BINOME__V1__REPLY__BODY_WORKSTREAM},
    {40, 59, BINOME__V1__REPLY__BODY_ORGANISATION}, {60, 79, BINOME__V1__REPLY__BODY_PROPOSAL},
    {80, 99, BINOME__V1__REPLY__BODY_OFFER},
};

bool bn_answer_fits(const struct binome_reply *answer, uint32_t request_type)
{
    uint32_t member = (uint32_t)answer->reply->body_case;
    const ProtobufCFieldDescriptor *of_query =
        protobuf_c_message_descriptor_get_field(&binome__v1__reply__descriptor, request_type);
    if (answer->code != BINOME_OK)
        return true; /* the code says it all */
    if (of_query != NULL && (of_query->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return member == request_type;
    if (member == BINOME__V1__REPLY__BODY__NOT_SET)
        return true;
    for (size_t i = 0; i < BN_COUNT(families); i++)
        if (request_type >= families[i].first && request_type <= families[i].last)
            return member == families[i].object;
    return true;
}

static struct binome_reply *answer_pack(enum bn_code code, const Binome__V1__Reply *reply)
{
    size_t size = protobuf_c_message_get_packed_size(&reply->base);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return NULL;
    protobuf_c_message_pack(&reply->base, packed);
    struct binome_reply *answer = answer_of(code, size, packed);
    free(packed);
    return answer;
}

static char *lent(const char *text)
{
    return (char *)(uintptr_t)text; /* the generated structures know no const; packing only reads */
}

/* Packed and unpacked again, so that every text in it is on the heap and no field can be forgotten. */
static struct binome_reply *answer_build(enum bn_code code, const char *field, const char *rule, const char *detail,
                                         Binome__V1__Param *param)
{
    Binome__V1__Violation violation = BINOME__V1__VIOLATION__INIT, *violations[] = {&violation};
    violation.field = lent(field);
    violation.rule = lent(rule);
    violation.n_params = param != NULL;
    violation.params = &param;
    Binome__V1__Error error = BINOME__V1__ERROR__INIT;
    error.n_violations = 1;
    error.violations = violations;
    error.detail = lent(detail);
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.error = &error;
    return answer_pack(code, &reply);
}

struct binome_reply *bn_answer_make(enum bn_code code, enum bn_rule rule, const char *value, const char *detail)
{
    char name[32] = "";
    const char *names = bn_rule_params(rule);
    size_t length = strcspn(names, " ");
    if (length < sizeof name)
        memcpy(name, names, length);
    Binome__V1__Param param = BINOME__V1__PARAM__INIT;
    param.name = name;
    param.value = lent(value);
    return answer_build(code, "", bn_rule_name(rule), detail, value != NULL && name[0] != '\0' ? &param : NULL);
}

struct binome_reply *bn_answer_of_why(enum bn_code code, const struct bn_why *why)
{
    return answer_build(code, why->field, why->rule, why->detail, NULL);
}

struct binome_reply *bn_answer_copy(const struct binome_reply *answer)
{
    return answer_pack((enum bn_code)answer->code, answer->reply);
}

bool bn_answer_has_rule(const struct binome_reply *answer, enum bn_rule rule)
{
    const Binome__V1__Error *error = answer->reply->error;
    for (size_t i = 0; error != NULL && i < error->n_violations; i++)
        if (strcmp(error->violations[i]->rule, bn_rule_name(rule)) == 0)
            return true;
    return false;
}

enum bn_code bn_answer_why(const struct binome_reply *answer, struct bn_why *why)
{
    const Binome__V1__Error *error = answer->reply->error;
    const Binome__V1__Violation *first = error != NULL && error->n_violations > 0 ? error->violations[0] : NULL;
    return bn_why_set(why, (enum bn_code)answer->code, first != NULL ? first->field : "",
                      first != NULL ? first->rule : "", "%s", error != NULL ? error->detail : "");
}

void binome_reply_free(struct binome_reply **reply)
{
    if (reply == NULL || *reply == NULL)
        return;
    binome__v1__reply__free_unpacked((*reply)->reply, NULL);
    free(*reply);
    *reply = NULL;
}
