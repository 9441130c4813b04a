/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h: the form of every field of every request, as one table (fields_table.c).
 *
 * The walker judges an unpacked message by it and names each field that breaks its rule by path. Fields that the hub
 * writes are cleared in requests, so that they can neither matter nor be kept. What several fields say together is
 * judged by the file of their aggregate. */
#ifndef BINOME_REGISTRY_RULES_FIELDS_H
#define BINOME_REGISTRY_RULES_FIELDS_H

#include "registry/rules/check.h"

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

enum bn_form {
    BN_FORM_TEXT, /* min to max characters; line breaks allowed */
    BN_FORM_LINE, /* the same without line breaks */
    BN_FORM_SLUG, /* 2 to 63 of a-z 0-9 and hyphens, no hyphen at an end */
    BN_FORM_ID,   /* UUID text */
    BN_FORM_SLUG_OR_ID,
    BN_FORM_DATE, /* YYYY-MM-DD, 1900 to 2199 */
    BN_FORM_COUNTRY,
    BN_FORM_LANGUAGE,
    BN_FORM_CURRENCY,
    BN_FORM_EMAIL,
    BN_FORM_URL,
    BN_FORM_SCHEME,  /* 1 to 40 of a-z 0-9 . _ - */
    BN_FORM_KEY,     /* z85, 40 characters */
    BN_FORM_REASON,  /* a reason code */
    BN_FORM_NUMBER,  /* min to max */
    BN_FORM_ENUM,    /* a known value; required = not the zero one */
    BN_FORM_MESSAGE, /* judged by its own fields; required = present */
    BN_FORM_SALT,    /* 16 bytes */
    BN_FORM_HUB,     /* written by the hub: cleared */
};

struct bn_field_rule {
    const ProtobufCMessageDescriptor *type;
    const char *field;
    enum bn_form form;
    bool required;
    int64_t min, max;   /* characters or value */
    uint32_t items_max; /* of a list */
};

/* The table. Fields of one type stand together. */
extern const struct bn_field_rule bn_field_rules[];
extern const size_t bn_field_rule_count;

/* Binds table and descriptors together. Once, before bn_fields_check, while there is one thread. BN_INTERNAL when a
 * field that a request can hold has no row, or a row no field: *why names it. */
BN_CHECK enum bn_code bn_fields_start(struct bn_why *why);

/* Judges a message; path is put in front of each field ("" for none). Gives check->code. */
enum bn_code bn_fields_check(struct bn_check *check, ProtobufCMessage *message, const char *path);

/* Writes the table as Markdown: message, field, form, bounds. */
void bn_fields_print_markdown(FILE *out);

#endif
