/* SPDX-License-Identifier: Apache-2.0 */
/* Writes first inputs for the fuzz targets: for each type one body with every field set once, made by descriptor, so
 * that a fuzzer starts from all of the grammar. */
#include "base/file.h"
#include "binome/v1/link.pb-c.h"
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "wire/header.h"
#include "wire/varint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 1 << 16 };

struct out {
    uint8_t bytes[ROOM];
    size_t size;
};

static void put(struct out *out, const void *data, size_t size)
{
    if (size > ROOM - out->size)
        return;
    memcpy(out->bytes + out->size, data, size);
    out->size += size;
}

static void put_varint(struct out *out, uint64_t value)
{
    uint8_t bytes[BN_VARINT_BYTES_MAX];
    put(out, bytes, (size_t)(bn_varint_write(bytes, value) - bytes));
}

static void put_bytes(struct out *out, uint32_t number, const void *data, size_t size)
{
    put_varint(out, (uint64_t)number << 3 | BN_WIRE_BYTES);
    put_varint(out, size);
    put(out, data, size);
}

static void put_field(struct out *out, const ProtobufCFieldDescriptor *field);

/* only = UINT32_MAX: every field; else all that are in no oneof, and that one. */
static void put_message(struct out *out, const ProtobufCMessageDescriptor *type, uint32_t only)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        bool in_oneof = (type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        if (!in_oneof || only == UINT32_MAX || type->fields[i].id == only)
            put_field(out, &type->fields[i]);
    }
}

static void put_field(struct out *out, const ProtobufCFieldDescriptor *field)
{
    static struct out inner[16]; /* one for each level */
    static unsigned depth;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE && depth < BN_COUNT(inner)) {
        struct out *one = &inner[depth++];
        one->size = 0;
        put_message(one, field->descriptor, UINT32_MAX);
        depth--;
        put_bytes(out, field->id, one->bytes, one->size);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        put_bytes(out, field->id, "\xC3\xA9t\xC3\xA9", 5);
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
        put_bytes(out, field->id, "0123456789abcdef", 16);
    } else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        put_bytes(out, field->id, "\x01\x02", 2);
    } else {
        put_varint(out, (uint64_t)field->id << 3 | BN_WIRE_VARINT);
        put_varint(out, 3);
    }
}

static int save(const char *folder, const char *part, const char *name, const struct out *out)
{
    char path[4096];
    struct bn_why why;
    snprintf(path, sizeof path, "%s/%s", folder, part);
    enum bn_code code = bn_folder_make(path, 0777, &why);
    snprintf(path, sizeof path, "%s/%s/%s", folder, part, name);
    if (code == BN_OK)
        code = bn_file_write(path, out->bytes, out->size, 0666, &why);
    if (code != BN_OK)
        fprintf(stderr, "%s\n", why.detail);
    return code == BN_OK ? 0 : 1;
}

/* The first byte is scan_fuzz's choice of type. */
static int save_bodies(const char *folder, uint8_t choice, const ProtobufCMessageDescriptor *type)
{
    static struct out out;
    int failed = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[256];
        if ((type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
            continue;
        out.size = 0;
        put(&out, &choice, 1);
        put_message(&out, type, type->fields[i].id);
        snprintf(name, sizeof name, "%u-%s", choice, type->fields[i].name);
        failed |= save(folder, "scan", name, &out);
    }
    return failed;
}

static int save_headers(const char *folder)
{
    static struct out out;
    struct bn_header header = {.version = 1, .kind = BN_KIND_REQUEST, .body_type = 60, .timeout_ms = 30000};
    memset(&header.request_id, 1, sizeof header.request_id);
    memset(&header.trace_id, 2, sizeof header.trace_id);
    struct bn_origin origin = {.connection = 7, .role = BN_KEY_MEMBER, .received_ms = 1764057600123, .ticket = 9};
    memset(&origin.organisation, 3, sizeof origin.organisation);
    memset(&origin.key, 4, sizeof origin.key);
    out.size = bn_header_write(&header, out.bytes);
    int failed = save(folder, "header", "header", &out);
    out.size = bn_origin_write(&origin, out.bytes);
    return failed | save(folder, "header", "origin", &out);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIR\n", argv[0]);
        return 64;
    }
    return save_headers(argv[1]) | save_bodies(argv[1], 0, &binome__v1__request__descriptor) |
           save_bodies(argv[1], 1, &binome__v1__reply__descriptor) |
           save_bodies(argv[1], 2, &binome__v1__link__descriptor);
}
