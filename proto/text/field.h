/* SPDX-License-Identifier: Apache-2.0 */
/* field.h: what reading, writing and templates of messages share about fields. Only for this folder.
 *
 * protobuf-c lays a message out as a struct; the descriptor says where each member is. A singular member of proto3 is
 * set when it differs from zero or "", a member of a oneof when the case says so, a message when its pointer is set. */
#ifndef BINOME_TEXT_FIELD_H
#define BINOME_TEXT_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

typedef ProtobufCMessageDescriptor bn_message_type;
typedef ProtobufCFieldDescriptor bn_field_type;

bool bn_field_is_list(const bn_field_type *field);
bool bn_field_is_message(const bn_field_type *field);

/* Is it a google.protobuf.Timestamp, which texts show as RFC 3339? */
bool bn_field_is_timestamp(const bn_field_type *field);

/* The field's place in the message: a value, or for a list the pointer to its items. */
void *bn_field_at(const ProtobufCMessage *message, const bn_field_type *field);

/* The list's number of items, or the number of the oneof's member that is set. */
size_t *bn_field_count(const ProtobufCMessage *message, const bn_field_type *field);
uint32_t *bn_field_case(const ProtobufCMessage *message, const bn_field_type *field);

/* Bytes of one value in the struct or in a list. */
size_t bn_field_size(const bn_field_type *field);

bool bn_field_is_set(const ProtobufCMessage *message, const bn_field_type *field);

/* The field of that name, as in the .proto or in lowerCamelCase. */
const bn_field_type *bn_field_find(const bn_message_type *type, const char *name);

/* What a person may write there: "text", "whole number", ... For an enum NULL. */
const char *bn_field_expects(const bn_field_type *field);

#endif
