/* SPDX-License-Identifier: Apache-2.0 */
/* Header and Origin: what we take, protobuf-c takes with the same values, and writing it again says the same. */
#include "binome/v1/envelope.pb-c.h"
#include "wire/header.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool id_is(const struct bn_id *id, const ProtobufCBinaryData *bytes)
{
    static const struct bn_id zero;
    return bytes->len == BN_ID_BYTES ? memcmp(id->bytes, bytes->data, BN_ID_BYTES) == 0
                                     : memcmp(id, &zero, sizeof zero) == 0;
}

static void try_header(const uint8_t *data, size_t size)
{
    struct bn_header header, again;
    uint8_t out[BN_HEADER_BYTES_MAX];
    if (bn_header_read(data, size, &header) != BN_OK)
        return;
    Binome__V1__Header *other = binome__v1__header__unpack(NULL, size, data);
    assert(other != NULL);
    assert(other->version == header.version && (int)other->kind == (int)header.kind);
    assert(other->request_id.len == header.request_id_size && id_is(&header.request_id, &other->request_id));
    assert(other->body_type == header.body_type && (int)other->code == (int)header.code);
    assert(other->timeout_ms == header.timeout_ms && other->retry_after_ms == header.retry_after_ms);
    assert(id_is(&header.in_reply_to, &other->in_reply_to) && id_is(&header.trace_id, &other->trace_id));
    assert(other->clock_ms == header.clock_ms);
    binome__v1__header__free_unpacked(other, NULL);
    enum bn_code code = bn_header_read(out, bn_header_write(&header, out), &again);
    assert(code == BN_OK && again.kind == header.kind && again.code == header.code &&
           again.clock_ms == header.clock_ms);
}

static void try_origin(const uint8_t *data, size_t size)
{
    struct bn_origin origin;
    uint8_t out[BN_ORIGIN_BYTES_MAX];
    if (bn_origin_read(data, size, &origin) != BN_OK)
        return;
    Binome__V1__Origin *other = binome__v1__origin__unpack(NULL, size, data);
    assert(other != NULL);
    assert(other->connection == origin.connection && (int)other->role == (int)origin.role);
    assert(id_is(&origin.organisation, &other->organisation) && id_is(&origin.key, &other->key));
    assert(other->key_table_version == origin.key_table_version && other->received_ms == origin.received_ms);
    assert(other->timeout_ms == origin.timeout_ms && other->ticket == origin.ticket);
    binome__v1__origin__free_unpacked(other, NULL);
    enum bn_code code = bn_origin_read(out, bn_origin_write(&origin, out), &origin);
    assert(code == BN_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_header(data, size);
    try_origin(data, size);
    return 0;
}
