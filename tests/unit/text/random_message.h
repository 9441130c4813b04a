/* SPDX-License-Identifier: Apache-2.0 */
/* random_message.h: fills any message of the contract by its descriptor. */
#ifndef BINOME_TESTS_TEXT_RANDOM_MESSAGE_H
#define BINOME_TESTS_TEXT_RANDOM_MESSAGE_H

#include "test.h"

#include "google/protobuf/timestamp.pb-c.h"
#include "text/field.h"

static inline ProtobufCMessage *random_message(struct test_random *random, const ProtobufCMessageDescriptor *type);

static inline uint64_t random_bits(struct test_random *random)
{
    static const uint64_t edges[] = {
        0, 1, INT32_MAX, (uint64_t)INT32_MAX + 1, UINT32_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    return test_random_one_in(random, 2) ? edges[test_random_below(random, 8)] : test_random_next(random);
}

static inline char *random_text(struct test_random *random)
{
    static const char *const pieces[] = {"word ", "a",  "\xc3\xa9",         "\n", " ", "1", "\"",
                                         "\\",    ": ", "\xf0\x9f\x98\x80", "/",  "#"};
    size_t count = (size_t)test_random_below(random, 30);
    char *text = calloc(1, count * 8 + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        strcat(text, pieces[test_random_below(random, sizeof pieces / sizeof pieces[0])]);
    return text;
}

static inline void random_bytes(struct test_random *random, ProtobufCBinaryData *bytes)
{
    bytes->len = (size_t)test_random_below(random, 40);
    bytes->data = bytes->len == 0 ? NULL : malloc(bytes->len);
    if (bytes->data != NULL)
        test_random_fill(random, bytes->data, bytes->len);
}

static inline ProtobufCMessage *random_time(struct test_random *random)
{
    static const int32_t units[] = {1, 1000, 1000000, 1000000000};
    Google__Protobuf__Timestamp *time = malloc(sizeof *time);
    assert_non_null(time);
    google__protobuf__timestamp__init(time);
    time->seconds = (int64_t)test_random_below(random, UINT64_C(315537897600)) - INT64_C(62135596800);
    time->nanos = (int32_t)test_random_below(random, 1000000000) / units[test_random_below(random, 4)];
    return &time->base;
}

static inline void random_value(struct test_random *random, const ProtobufCFieldDescriptor *field, void *out)
{
    const ProtobufCEnumDescriptor *values = field->descriptor;
    uint64_t bits = random_bits(random);
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)out = test_random_one_in(random, 2);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        *(int *)out = values->values[test_random_below(random, values->n_values)].value;
        break;
    case PROTOBUF_C_TYPE_STRING:
        *(char **)out = random_text(random);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        random_bytes(random, out);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)out =
            bn_field_is_timestamp(field) ? random_time(random) : random_message(random, field->descriptor);
        break;
    default:
        memcpy(out, &bits, bn_field_size(field)); /* little or big endian: any bits will do */
    }
}

static inline void random_field(struct test_random *random, ProtobufCMessage *message,
                                const ProtobufCFieldDescriptor *field)
{
    if (bn_field_is_list(field)) {
        size_t count = (size_t)test_random_below(random, 4), size = bn_field_size(field);
        char *items = count == 0 ? NULL : calloc(count, size);
        for (size_t i = 0; i < count; i++)
            random_value(random, field, items + i * size);
        *(void **)bn_field_at(message, field) = items;
        *bn_field_count(message, field) = count;
        return;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        if (*bn_field_case(message, field) != 0)
            return;
        *bn_field_case(message, field) = field->id;
    }
    random_value(random, field, bn_field_at(message, field));
}

/* About half of the members, from a random one on, so that each member of a oneof has its turn. */
static inline ProtobufCMessage *random_message(struct test_random *random, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = calloc(1, type->sizeof_message);
    assert_non_null(message);
    type->message_init(message);
    unsigned first = type->n_fields == 0 ? 0 : (unsigned)test_random_below(random, type->n_fields);
    for (unsigned i = 0; i < type->n_fields; i++)
        if (test_random_one_in(random, 2))
            random_field(random, message, &type->fields[(first + i) % type->n_fields]);
    return message;
}

#endif
