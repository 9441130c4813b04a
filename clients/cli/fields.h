/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h: what the members of messages are called for people, and what to write into them. */
#ifndef BINOME_CLI_FIELDS_H
#define BINOME_CLI_FIELDS_H

#include "base/code.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/* Lends the translated label of a member, its own name when it has none. */
const char *bn_field_label(const char *name);

/* Lends the translated help of a member for templates; NULL when there is none. path may be nested. */
const char *bn_field_help(const char *path);

/* Is this member written by the hub, not by the sender? */
bool bn_field_is_hubs(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field);

/* Gives the member's value as one text for people (free() it): lists with commas, amounts and dates as
 * people write them. "" when not set. */
char *bn_field_text(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Puts the member of `from` into `into` and what was there into `from`: same type. */
void bn_field_exchange(ProtobufCMessage *into, ProtobufCMessage *from, const ProtobufCFieldDescriptor *field);

#endif
