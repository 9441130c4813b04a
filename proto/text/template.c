/* SPDX-License-Identifier: Apache-2.0 */
/* A file to fill in. What stands in it empty is absent, so the template as it is reads as an empty message; members
 * that are maps are commented out whole, because an empty map would be there. */
#include "text/field.h"
#include "text/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN = 28, PATH_SIZE = 256, INDENT = 2 };

struct template
{
    FILE *out;
    const char *(*help)(const char *path);
    bool (*skip)(const bn_message_type *type, const bn_field_type *field);
};

/* Where the line starts: behind "# " inside what is commented out, then blanks. dash: the first member of an item. */
struct margin {
    bool commented;
    unsigned indent;
    bool dash;
};

static int put_margin(const struct template *template, const struct margin *margin)
{
    return fprintf(template->out, "%s%*s", margin->commented ? "# " : "", (int)margin->indent, "");
}

static void put_help(const struct template *template, const struct margin *margin, const char *path)
{
    const char *text = template->help == NULL ? NULL : template->help(path);
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        put_margin(template, margin);
        fprintf(template->out, "# %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* "text", "list of texts", "one of: draft, invited"; behind it the other members of its oneof. */
static void put_kind(const struct template *template, const bn_message_type *type, const bn_field_type *field)
{
    if (bn_field_is_list(field))
        fputs("list of ", template->out);
    if (field->type == PROTOBUF_C_TYPE_ENUM) {
        const ProtobufCEnumDescriptor *values = field->descriptor;
        bool first = true;
        for (unsigned i = 0; i < values->n_values; i++) {
            if (values->values[i].value == 0)
                continue; /* "unspecified": the same as leaving it out */
            fprintf(template->out, "%s%s", first ? "" : ", ", bn_enum_short(values, values->values[i].value));
            first = false;
        }
    } else {
        fprintf(template->out, "%s%s", bn_field_expects(field), bn_field_is_list(field) ? "s" : "");
    }
    if (bn_field_is_list(field) && !bn_field_is_message(field))
        fputs(", such as [one, two]", template->out);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
        return;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const bn_field_type *other = &type->fields[i];
        if (other != field && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            other->quantifier_offset == field->quantifier_offset)
            fprintf(template->out, "; not with %s", other->name);
    }
}

static void put_members(const struct template *template, const bn_message_type *type, struct margin margin,
                        const char *prefix);

static void put_member(const struct template *template, const bn_message_type *type, const bn_field_type *field,
                       struct margin margin, const char *prefix)
{
    char path[PATH_SIZE];
    struct margin plain = margin;
    bool map = bn_field_is_message(field) && !bn_field_is_timestamp(field);
    snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", field->name);
    plain.indent += margin.dash ? INDENT : 0;
    put_help(template, &plain, path);
    margin.commented = plain.commented = margin.commented || map;
    int column = put_margin(template, &margin) + fprintf(template->out, "%s%s:", margin.dash ? "- " : "", field->name);
    if (!map) {
        fprintf(template->out, "%*s# ", column < COLUMN ? COLUMN - column : 1, "");
        put_kind(template, type, field);
        fputc('\n', template->out);
        return;
    }
    fputc('\n', template->out);
    struct margin inner = {.commented = true, .indent = plain.indent + INDENT, .dash = bn_field_is_list(field)};
    put_members(template, field->descriptor, inner, path);
}

/* No message of the contract contains itself (a test walks the descriptors), so this ends. */
static void put_members(const struct template *template, const bn_message_type *type, struct margin margin,
                        const char *prefix)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        const bn_field_type *field = &type->fields[i];
        if (template->skip != NULL && template->skip(type, field))
            continue;
        put_member(template, type, field, margin, prefix);
        margin.indent += margin.dash ? INDENT : 0;
        margin.dash = false;
    }
}

char *bn_message_template(const ProtobufCMessageDescriptor *type, const char *(*help)(const char *path),
                          bool (*skip)(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field))
{
    char *text = NULL;
    size_t size = 0;
    struct template template = {.help = help, .skip = skip};
    template.out = open_memstream(&text, &size);
    if (template.out == NULL)
        return NULL;
    put_members(&template, type, (struct margin){0}, "");
    bool failed = ferror(template.out);
    failed = fclose(template.out) != 0 || failed;
    if (failed) {
        free(text);
        return NULL;
    }
    return text;
}
