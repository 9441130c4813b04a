/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/pack.h"

#include "base/id.h"
#include "base/rule.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof((struct binome_error *)0)->field == sizeof((struct bn_why *)0)->field, "the same texts");
_Static_assert(sizeof((struct binome_error *)0)->rule == sizeof((struct bn_why *)0)->rule, "the same texts");
_Static_assert(sizeof((struct binome_error *)0)->detail == sizeof((struct bn_why *)0)->detail, "the same texts");
_Static_assert((int)BINOME_UNAUTHENTICATED == (int)BN_UNAUTHENTICATED, "the same numbers");

const char *binome_code_name(enum binome_code code)
{
    return bn_code_name((enum bn_code)code);
}

const char *binome_version(void)
{
    return BN_VERSION;
}

enum binome_code bn_error_fill(struct binome_error *error, enum bn_code code, const struct bn_why *why)
{
    if (error != NULL) {
        memcpy(error->field, why->field, sizeof error->field);
        memcpy(error->rule, why->rule, sizeof error->rule);
        memcpy(error->detail, why->detail, sizeof error->detail);
    }
    return (enum binome_code)code;
}

void binome_id_make(uint8_t id[16])
{
    struct bn_id made = {{0}};
    if (bn_random_start() == BN_OK)
        made = bn_id_make();
    memcpy(id, made.bytes, sizeof made.bytes);
}

/* By name and not by address: a program that links the messages twice has two descriptors of the same type. */
static bool is_request(const Binome__V1__Request *request)
{
    return request != NULL && request->base.descriptor != NULL &&
           request->base.descriptor->magic == PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC &&
           strcmp(request->base.descriptor->name, binome__v1__request__descriptor.name) == 0;
}

enum bn_code bn_salted_make(const Binome__V1__Request *request, struct bn_salted *salted, struct bn_why *why)
{
    if (!is_request(request))
        return bn_why_set(why, BN_INVALID_ARGUMENT, "", bn_rule_name(BN_RULE_BODY_MALFORMED),
                          "not a Request that was initialised");
    if (request->body_case == BINOME__V1__REQUEST__BODY__NOT_SET || request->programme_get == NULL)
        return bn_why_set(why, BN_INVALID_ARGUMENT, "", bn_rule_name(BN_RULE_BODY_EMPTY),
                          "the request's body is not set");
    if (request->salt.len != 0 && request->salt.len != BN_SALT_BYTES)
        return bn_why_set(why, BN_INVALID_ARGUMENT, "salt", bn_rule_name(BN_RULE_BODY_SALT),
                          "the salt has %zu bytes, not %d", request->salt.len, BN_SALT_BYTES);
    salted->request = *request;
    if (request->salt.len != 0)
        return BN_OK;
    if (bn_random_start() != BN_OK)
        return bn_why_set(why, BN_INTERNAL, "", "", "the system has no randomness");
    bn_random_bytes(salted->salt, sizeof salted->salt);
    salted->request.salt.data = salted->salt;
    salted->request.salt.len = sizeof salted->salt;
    return BN_OK;
}

enum binome_code binome_pack(const Binome__V1__Request *request, uint8_t **body, size_t *size, uint32_t *type,
                             uint8_t digest[32], struct binome_error *error)
{
    struct bn_why why = {.field = ""};
    struct bn_salted salted;
    enum bn_code code = bn_salted_make(request, &salted, &why);
    if (code != BN_OK)
        return bn_error_fill(error, code, &why);
    size_t packed_size = protobuf_c_message_get_packed_size(&salted.request.base);
    uint8_t *packed = malloc(packed_size);
    if (packed == NULL)
        return bn_error_fill(error, bn_why_set(&why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory"), &why);
    protobuf_c_message_pack(&salted.request.base, packed);
    if (digest != NULL) {
        struct bn_digest taken;
        bn_digest_of(packed, packed_size, &taken);
        memcpy(digest, taken.bytes, sizeof taken.bytes);
    }
    *body = packed;
    *size = packed_size;
    *type = (uint32_t)request->body_case;
    return BINOME_OK;
}
