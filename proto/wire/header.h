/* SPDX-License-Identifier: Apache-2.0 */
/* header.h: the flat messages Header and Origin, read and written without the heap (envelope.proto).
 *
 * The broker reads a header per message, so this is a scan over at most BN_HEADER_BYTES_MAX bytes that ignores unknown
 * fields and takes the last of repeated ones, as protobuf says. */
#ifndef BINOME_WIRE_HEADER_H
#define BINOME_WIRE_HEADER_H

#include "base/code.h"
#include "base/id.h"

enum { BN_HEADER_BYTES_MAX = 256, BN_ORIGIN_BYTES_MAX = 128, BN_PROTOCOL_VERSION = 1 };

enum bn_kind {
    BN_KIND_UNSPECIFIED = 0,
    BN_KIND_HELLO = 1,
    BN_KIND_HEARTBEAT = 2,
    BN_KIND_BYE = 3,
    BN_KIND_REQUEST = 4,
    BN_KIND_REPLY = 5,
    BN_KIND_EVENT = 6,
    BN_KIND_ACK = 7,
    BN_KIND_CREDIT = 8,
    BN_KIND_LINK = 16,
};

enum bn_key_role { BN_KEY_UNSPECIFIED = 0, BN_KEY_MEMBER = 1, BN_KEY_AGENT = 2, BN_KEY_READER = 3 };

struct bn_header {
    uint32_t version;
    enum bn_kind kind; /* may be a number that no member has */
    struct bn_id request_id;
    uint32_t request_id_size; /* as it came: 16 when good; the id is filled only then */
    uint32_t body_type;
    enum bn_code code;
    uint32_t timeout_ms;
    struct bn_id in_reply_to; /* all zero when absent or not 16 bytes */
    struct bn_id trace_id;    /* all zero when absent or not 16 bytes */
    int64_t clock_ms;
    uint32_t retry_after_ms;
};

/* Fills *header from data. BN_INVALID_ARGUMENT for more than BN_HEADER_BYTES_MAX bytes and for what is not protobuf;
 * values are not judged here. */
BN_CHECK enum bn_code bn_header_read(const void *data, size_t size, struct bn_header *header);

/* Writes it (members that are zero are left out; request_id is written when it is not all zero). Gives the size, at
 * most BN_HEADER_BYTES_MAX. */
size_t bn_header_write(const struct bn_header *header, uint8_t out[BN_HEADER_BYTES_MAX]);

struct bn_origin {
    uint64_t connection;
    struct bn_id organisation;
    struct bn_id key;
    enum bn_key_role role;
    uint64_t key_table_version;
    int64_t received_ms;
    uint32_t timeout_ms;
    uint64_t ticket;
};

BN_CHECK enum bn_code bn_origin_read(const void *data, size_t size, struct bn_origin *origin);
size_t bn_origin_write(const struct bn_origin *origin, uint8_t out[BN_ORIGIN_BYTES_MAX]);

#endif
