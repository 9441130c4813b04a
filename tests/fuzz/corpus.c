/* SPDX-License-Identifier: Apache-2.0 */
/* Writes first inputs for the fuzz targets: for each type one body with every field set once, made by descriptor, so
 * that a fuzzer starts from all of the grammar; and the sample organisations' files as files, messages and requests. */
#include "base/file.h"
#include "binome/v1/link.pb-c.h"
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "broker/conf.h"
#include "libbinome/profile.h"
#include "registry/config.h"
#include "text/message.h"
#include "wire/header.h"
#include "wire/varint.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* scan_fuzz takes its choice of type from a first byte; rules_fuzz takes requests as they are. */
static int save_bodies(const char *folder, uint8_t choice, const ProtobufCMessageDescriptor *type)
{
    static struct out out, bare;
    int failed = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[256];
        if ((type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
            continue;
        bare.size = out.size = 0;
        put_message(&bare, type, type->fields[i].id);
        put(&out, &choice, 1);
        put(&out, bare.bytes, bare.size);
        snprintf(name, sizeof name, "%u-%s", choice, type->fields[i].name);
        failed |= save(folder, "scan", name, &out);
        if (type == &binome__v1__request__descriptor)
            failed |= save(folder, "rules", name, &bare);
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

static int save_text(const char *folder, const char *part, const char *name, uint8_t choice, const char *text)
{
    static struct out out;
    out.size = 0;
    put(&out, &choice, 1);
    put(&out, text, strlen(text));
    return save(folder, part, name, &out);
}

static int save_conf(const char *folder, const char *name, uint8_t choice, const struct bn_conf_key *keys, size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return 1;
    bn_conf_print_example(keys, count, out);
    fclose(out);
    int failed = save_text(folder, "conf", name, choice, text);
    free(text);
    return failed;
}

static int save_words(const char *folder)
{
    static const char *const words[] = {
        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "2024-02-29",
        "2199-12-31",
        "2026-11-25T08:00:00.123Z",
        "1969-12-31T23:59:59.999999999-14:00",
        "\xC3\xA9t\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\x80",
        "\xED\xA0\x80\xF4\x90\x80\x80\xC0\x80",
        "tcp://127.0.0.1:*",
        "tcp://[::1]:5555",
        "ipc:///run/binome/registry.sock",
    };
    static struct out out;
    int failed = 0;
    for (unsigned i = 0; i < BN_COUNT(words); i++) {
        char name[32];
        out.size = 0;
        put(&out, words[i], strlen(words[i]));
        snprintf(name, sizeof name, "%u", i);
        failed |= save(folder, "parse", name, &out);
    }
    return failed;
}

/* The numbers are text_fuzz's choice of type. */
static const struct kind {
    const char *pattern;
    uint8_t choice;
    const ProtobufCMessageDescriptor *type;
} kinds[] = {
    {"proposal-*.yaml", 0, &binome__v1__proposal__descriptor},
    {"organisation.yaml", 1, &binome__v1__organisation__descriptor},
    {"offer-*.yaml", 2, &binome__v1__offer__descriptor},
};

static int save_request(const char *folder, const char *name, ProtobufCMessage *message)
{
    static struct out out;
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    Binome__V1__OrganisationEnrol enrol = BINOME__V1__ORGANISATION_ENROL__INIT;
    Binome__V1__OfferPublish publish = BINOME__V1__OFFER_PUBLISH__INIT;
    uint8_t salt[16] = {1};
    request.salt.data = salt;
    request.salt.len = sizeof salt;
    if (message->descriptor == &binome__v1__proposal__descriptor) {
        submit.proposal = (Binome__V1__Proposal *)message;
        request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
        request.proposal_submit = &submit;
    } else if (message->descriptor == &binome__v1__offer__descriptor) {
        publish.offer = (Binome__V1__Offer *)message;
        request.body_case = BINOME__V1__REQUEST__BODY_OFFER_PUBLISH;
        request.offer_publish = &publish;
    } else {
        enrol.organisation = (Binome__V1__Organisation *)message;
        request.body_case = BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL;
        request.organisation_enrol = &enrol;
    }
    if (protobuf_c_message_get_packed_size(&request.base) > ROOM)
        return 1;
    out.size = protobuf_c_message_pack(&request.base, out.bytes);
    return save(folder, "rules", name, &out);
}

static int save_sample(const char *folder, const struct kind *kind, const char *path, const char *name)
{
    struct bn_why why = {.detail = ""};
    struct bn_tree *tree = NULL;
    ProtobufCMessage *message = NULL;
    char *file = NULL, *json = NULL;
    size_t size;
    int failed = 1;
    if (bn_file_read(path, ROOM, &file, &size, &why) == BN_OK && bn_tree_read(path, ROOM, &tree, &why) == BN_OK &&
        bn_message_from_tree(bn_tree_root(tree), kind->type, path, &message, &why) == BN_OK) {
        json = bn_message_to_text(message, BN_STYLE_JSON);
        char with[288];
        snprintf(with, sizeof with, "%s.json", name);
        failed = save_text(folder, "text", name, kind->choice, file) | save_request(folder, name, message);
        if (json != NULL)
            failed |= save_text(folder, "text", with, kind->choice | 0x80, json);
        protobuf_c_message_free_unpacked(message, NULL);
    } else {
        fprintf(stderr, "%s\n", why.detail);
    }
    bn_tree_destroy(&tree);
    free(file);
    free(json);
    return failed;
}

static int save_samples(const char *folder, const char *samples)
{
    int failed = 0;
    for (size_t k = 0; k < BN_COUNT(kinds); k++) {
        char pattern[4096], name[256];
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/*/%s", samples, kinds[k].pattern);
        if (glob(pattern, 0, NULL, &found) != 0)
            return 1;
        for (size_t i = 0; i < found.gl_pathc; i++) {
            snprintf(name, sizeof name, "%zu-%zu", k, i);
            failed |= save_sample(folder, &kinds[k], found.gl_pathv[i], name);
        }
        globfree(&found);
    }
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s DIR SAMPLES\n", argv[0]);
        return 64;
    }
    const char *folder = argv[1];
    return save_headers(folder) | save_bodies(folder, 0, &binome__v1__request__descriptor) |
           save_bodies(folder, 1, &binome__v1__reply__descriptor) |
           save_bodies(folder, 2, &binome__v1__link__descriptor) |
           save_conf(folder, "broker", 0, bn_broker_conf_keys, bn_broker_conf_count) |
           save_conf(folder, "registry", 1, bn_registry_keys, bn_registry_key_count) |
           save_conf(folder, "profile", 2, bn_profile_keys, bn_profile_key_count) | save_words(folder) |
           save_samples(folder, argv[2]);
}
