/* SPDX-License-Identifier: Apache-2.0 */
#include "text/field.h"

#include "google/protobuf/timestamp.pb-c.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

bool bn_field_is_list(const bn_field_type *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED;
}

bool bn_field_is_message(const bn_field_type *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE;
}

bool bn_field_is_timestamp(const bn_field_type *field)
{
    return bn_field_is_message(field) && field->descriptor == &google__protobuf__timestamp__descriptor;
}

/* Away with const: the writer promises not to write, the reader owns the message. */
static void *member(const ProtobufCMessage *message, unsigned offset)
{
    return (char *)(uintptr_t)message + offset;
}

void *bn_field_at(const ProtobufCMessage *message, const bn_field_type *field)
{
    return member(message, field->offset);
}

size_t *bn_field_count(const ProtobufCMessage *message, const bn_field_type *field)
{
    assert(bn_field_is_list(field));
    return member(message, field->quantifier_offset);
}

uint32_t *bn_field_case(const ProtobufCMessage *message, const bn_field_type *field)
{
    assert((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0);
    return member(message, field->quantifier_offset);
}

static const struct {
    size_t size;
    const char *expects;
} types[] = {
    [PROTOBUF_C_TYPE_INT32] = {sizeof(int32_t), "whole number"},
    [PROTOBUF_C_TYPE_SINT32] = {sizeof(int32_t), "whole number"},
    [PROTOBUF_C_TYPE_SFIXED32] = {sizeof(int32_t), "whole number"},
    [PROTOBUF_C_TYPE_INT64] = {sizeof(int64_t), "whole number"},
    [PROTOBUF_C_TYPE_SINT64] = {sizeof(int64_t), "whole number"},
    [PROTOBUF_C_TYPE_SFIXED64] = {sizeof(int64_t), "whole number"},
    [PROTOBUF_C_TYPE_UINT32] = {sizeof(uint32_t), "whole number"},
    [PROTOBUF_C_TYPE_FIXED32] = {sizeof(uint32_t), "whole number"},
    [PROTOBUF_C_TYPE_UINT64] = {sizeof(uint64_t), "whole number"},
    [PROTOBUF_C_TYPE_FIXED64] = {sizeof(uint64_t), "whole number"},
    [PROTOBUF_C_TYPE_BOOL] = {sizeof(protobuf_c_boolean), "true or false"},
    [PROTOBUF_C_TYPE_ENUM] = {sizeof(int), NULL},
    [PROTOBUF_C_TYPE_STRING] = {sizeof(char *), "text"},
    [PROTOBUF_C_TYPE_BYTES] = {sizeof(ProtobufCBinaryData), "base64"},
    [PROTOBUF_C_TYPE_MESSAGE] = {sizeof(ProtobufCMessage *), "map"},
};

/* The contract has no floating point, on purpose (docs/protocol.md); a test walks the descriptors. */
size_t bn_field_size(const bn_field_type *field)
{
    assert((size_t)field->type < sizeof types / sizeof types[0] && types[field->type].size != 0);
    return types[field->type].size;
}

const char *bn_field_expects(const bn_field_type *field)
{
    return bn_field_is_timestamp(field) ? "time such as 2026-11-25T08:00:00Z" : types[field->type].expects;
}

bool bn_field_is_set(const ProtobufCMessage *message, const bn_field_type *field)
{
    static const char zeros[sizeof(ProtobufCBinaryData)];
    const void *at = bn_field_at(message, field);
    if (bn_field_is_list(field))
        return *bn_field_count(message, field) > 0;
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return *bn_field_case(message, field) == field->id;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)at;
        return text != NULL && text[0] != '\0';
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len > 0;
    return memcmp(at, zeros, bn_field_size(field)) != 0;
}

static bool same_in_camel(const char *name, const char *camel)
{
    for (; *name != '\0'; name++, camel++) {
        bool upper = *name == '_' && name[1] != '\0';
        if (upper)
            name++;
        if (*camel != (upper ? (char)toupper((unsigned char)*name) : *name))
            return false;
    }
    return *camel == '\0';
}

const bn_field_type *bn_field_find(const bn_message_type *type, const char *name)
{
    const bn_field_type *found = protobuf_c_message_descriptor_get_field_by_name(type, name);
    for (unsigned i = 0; found == NULL && i < type->n_fields; i++)
        if (same_in_camel(type->fields[i].name, name))
            found = &type->fields[i];
    return found;
}
