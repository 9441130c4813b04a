/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h: what a stranger's body costs and holds, found out before anything is built from it (pitfalls P1 to P4).
 *
 * One pass over the bytes, by descriptor, without the heap. It bounds what unpacking would allocate, checks the texts,
 * and finds which oneof member is set. */
#ifndef BINOME_WIRE_SCAN_H
#define BINOME_WIRE_SCAN_H

#include "base/code.h"
#include "base/rule.h"

#include <protobuf-c/protobuf-c.h>

struct bn_scan_limits {
    uint32_t nodes_max;         /* messages, list elements, texts: 4,096 */
    uint32_t depth_max;         /* 8 */
    uint32_t unknown_bytes_max; /* 4,096 */
    uint32_t items_max;         /* elements of one list: 1,000 */
};

extern const struct bn_scan_limits bn_scan_limits_default;

struct bn_scan {
    uint32_t nodes;
    uint32_t unknown_bytes;
    uint32_t unknown_field; /* number of the first unknown field at the top level; 0 = none */
    uint32_t last_member;   /* number of the last known field at the top level that is a member of `oneof_name` */
    /* the first fault */
    enum bn_rule rule;
    char field[192]; /* path, with indexes for lists: "proposal_submit.proposal.tags[3]" */
    uint64_t limit, actual;
};

/* BN_OK: *scan has the counts. BN_INVALID_ARGUMENT: *scan names field and rule: body.malformed, body.too_complex (limit
 * in `limit`), list.too_long, text.not_utf8 or text.control_character (byte offset in `actual`). oneof_name may be
 * NULL. The unknown-bytes rule is judged last, so that a body whose only content is an unknown oneof member can still
 * be told from a broken one: then BN_OK comes with last_member 0 and unknown_field set. */
BN_CHECK enum bn_code bn_wire_scan(const ProtobufCMessageDescriptor *type, const char *oneof_name, const void *data,
                                   size_t size, const struct bn_scan_limits *limits, struct bn_scan *scan);

#endif
