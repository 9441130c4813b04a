/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: protobuf messages to and from JSON and YAML, by their descriptors.
 *
 * The rules are ProtoJSON's: 64-bit integers as strings (numbers are taken too), bytes as base64, enum values by name,
 * Timestamp as RFC 3339. Names are written as in the .proto; lowerCamelCase is taken as well. For people, an enum value
 * is also taken without its prefix and in any case, "-" for "_": phase: under-review. Enum values and texts in a file
 * may not be null; a null member is absent. */
#ifndef BINOME_TEXT_MESSAGE_H
#define BINOME_TEXT_MESSAGE_H

#include "base/code.h"
#include "text/tree.h"

#include <protobuf-c/protobuf-c.h>

/* Gives a message of that type (protobuf_c_message_free_unpacked(message, NULL) it).
 * BN_INVALID_ARGUMENT with *why: field is the place, "NAME:LINE:COLUMN member.path"; rule file.unknown_key,
 * file.wrong_type, enum.unknown, number.out_of_range. name is for messages. */
BN_CHECK enum bn_code bn_message_from_tree(const struct bn_node *node, const ProtobufCMessageDescriptor *type,
                                           const char *name, ProtobufCMessage **message, struct bn_why *why);

enum bn_style {
    BN_STYLE_JSON,        /* one line */
    BN_STYLE_JSON_PRETTY, /* indented by two */
    BN_STYLE_YAML,
};

/* Gives the text (free() it), with a newline at the end for PRETTY and YAML; NULL when out of memory. Members that are
 * not set are left out. YAML writes long texts as blocks and enum values without prefix, and reads back the same. */
char *bn_message_to_text(const ProtobufCMessage *message, enum bn_style style);

/* Gives a commented YAML template for a message type: every member with its type, the enum's values, and example or
 * help text from `help` (called with the member's path, may give NULL). free() it. Members numbered 20 and above in
 * Organisation, Key, Programme and Workstream, 30 and above in Proposal, StatusUpdate and Offer are the hub's and left
 * out: `skip` says so (true = leave out). */
char *bn_message_template(const ProtobufCMessageDescriptor *type, const char *(*help)(const char *path),
                          bool (*skip)(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field));

/* Lends the short, lower-case form of an enum value, such as "under-review"; "?" for an unknown number. The text is in
 * a ring of 16 buffers a thread. */
const char *bn_enum_short(const ProtobufCEnumDescriptor *type, int value);

/* A value from its full or short name in any case. False when there is none. */
bool bn_enum_parse(const ProtobufCEnumDescriptor *type, const char *text, int *value);

#endif
