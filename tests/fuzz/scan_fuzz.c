/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: what the scan lets pass is unpacked, within the memory that the scan named, and holds only clean texts.
 * The first byte chooses the type and whether the protocol's limits hold. */
#include "base/utf8.h"
#include "binome/v1/link.pb-c.h"
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "wire/arena.h"
#include "wire/scan.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const types[] = {
    &binome__v1__request__descriptor, &binome__v1__reply__descriptor, &binome__v1__link__descriptor};

static const struct bn_scan_limits no_limits = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

static void check_message(const ProtobufCMessage *message);

static void check_value(const ProtobufCFieldDescriptor *field, const void *value)
{
    const char *text;
    const ProtobufCMessage *message;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        memcpy(&text, value, sizeof text);
        assert(text != NULL && bn_utf8_check(text, strlen(text), NULL) == BN_UTF8_GOOD);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        memcpy(&message, value, sizeof message);
        if (message != NULL)
            check_message(message);
        break;
    default:
        break;
    }
}

static void check_message(const ProtobufCMessage *message)
{
    const uint8_t *base = (const uint8_t *)message;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count;
            const uint8_t *list;
            memcpy(&count, base + field->quantifier_offset, sizeof count);
            memcpy(&list, base + field->offset, sizeof list);
            bool of_pointers = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
            for (size_t k = 0; of_pointers && k < count; k++)
                check_value(field, list + k * sizeof(void *));
            continue;
        }
        uint32_t chosen;
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            memcpy(&chosen, base + field->quantifier_offset, sizeof chosen);
            if (chosen != field->id)
                continue;
        }
        check_value(field, base + field->offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bn_arena *arena;
    if (arena == NULL && (arena = bn_arena_create(16 * 1024, 0)) == NULL)
        return 0;
    if (size == 0)
        return 0;
    const ProtobufCMessageDescriptor *type = types[(data[0] & 0x7F) % BN_COUNT(types)];
    const struct bn_scan_limits *limits = data[0] & 0x80 ? &no_limits : &bn_scan_limits_default;
    struct bn_scan scan;
    data++;
    size--;
    enum bn_code code = bn_wire_scan(type, "body", data, size, limits, &scan);
    assert(strlen(scan.field) < sizeof scan.field);
    assert((code == BN_OK) == (scan.rule == BN_RULE_COUNT));
    if (code != BN_OK || (scan.last_member == 0 && scan.unknown_field != 0))
        return 0;
    assert(scan.arena_bytes <= bn_arena_bytes_for(size));
    bn_arena_reset(arena);
    bn_arena_bound(arena, bn_arena_bytes_for(size));
    ProtobufCMessage *message = protobuf_c_message_unpack(type, bn_arena_allocator(arena), size, data);
    assert(message != NULL);
    assert(bn_arena_used(arena) <= scan.arena_bytes);
    check_message(message);
    return 0;
}
