/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h: what a stranger's body costs and holds, found out before anything is built from it.
 *
 * One pass over the bytes, by descriptor, without the heap. It bounds what unpacking would allocate, checks the texts,
 * and finds which oneof member is set. What passes is unpacked by protobuf-c within bn_arena_bytes_for(size) of an
 * arena.
 *
 * A message field that is not a list may come once only in one message: protobuf would merge the two, and
 * protobuf-c 1.4 reads outside its tables when it merges messages that hold a oneof, and takes memory with the
 * square of their number. No encoder writes that; it is body.malformed here. */
#ifndef BINOME_WIRE_SCAN_H
#define BINOME_WIRE_SCAN_H

#include "base/code.h"
#include "base/rule.h"

#include <protobuf-c/protobuf-c.h>

struct bn_scan_limits {
    uint32_t nodes_max;         /* messages, list elements, texts and bytes, numbers that come again: 4,096 */
    uint32_t depth_max;         /* of messages, the body itself being the first: 8 */
    uint32_t unknown_bytes_max; /* 4,096 */
    uint32_t items_max;         /* elements of one list: 1,000 */
};

extern const struct bn_scan_limits bn_scan_limits_default;

/* No message type may have more fields; a test walks the descriptors. */
enum { BN_SCAN_FIELDS_MAX = 128 };

struct bn_scan {
    uint32_t nodes;
    uint32_t unknown_bytes;
    uint32_t unknown_field; /* number of the first unknown field at the top level; 0 = none */
    uint32_t last_member;   /* number of the last known field at the top level that is a member of `oneof_name` */
    uint64_t arena_bytes;   /* what unpacking will take of an arena, at most */
    /* the first fault */
    enum bn_rule rule;
    const char *what; /* body.too_complex: "nodes", "depth", "unknown_bytes" or "memory"; else "" */
    char field[192];  /* path, with indexes for lists: "proposal_submit.proposal.tags[3]" */
    uint64_t limit, actual;
};

/* BN_OK: *scan has the counts. BN_INVALID_ARGUMENT: *scan names field and rule: body.malformed, body.too_complex (limit
 * in `limit`), list.too_long, text.not_utf8 or text.control_character (byte offset in `actual`), body.too_long (2 GiB).
 * oneof_name may be NULL; descriptors do not keep the names of oneofs, so type must have no other oneof than that one.
 * The rules for unknown bytes and memory are judged last, so that a body whose only content is an unknown oneof member
 * can still be told from a broken one: then BN_OK comes with last_member 0 and unknown_field set, and the body must not
 * be unpacked. */
BN_CHECK enum bn_code bn_wire_scan(const ProtobufCMessageDescriptor *type, const char *oneof_name, const void *data,
                                   size_t size, const struct bn_scan_limits *limits, struct bn_scan *scan);

#endif
