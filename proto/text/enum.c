/* SPDX-License-Identifier: Apache-2.0 */
/* Enum values as people write them: PHASE_UNDER_REVIEW of Phase is under-review. */
#include "base/code.h"
#include "text/message.h"

#include <ctype.h>
#include <string.h>

enum { NAMES = 16, NAME_SIZE = 64 };

/* Size of the prefix that a value's name has from its enum's: the enum's name in upper case, "_" before each further
 * capital and at the end. 0 when the name has no such prefix. */
static size_t prefix_size(const ProtobufCEnumDescriptor *type, const char *value_name)
{
    const char *at = value_name;
    for (const char *letter = type->short_name; *letter != '\0'; letter++) {
        if (letter != type->short_name && isupper((unsigned char)*letter) && *at++ != '_')
            return 0;
        if (*at++ != toupper((unsigned char)*letter))
            return 0;
    }
    return *at == '_' ? (size_t)(at + 1 - value_name) : 0;
}

const char *bn_enum_short(const ProtobufCEnumDescriptor *type, int value)
{
    static _Thread_local char ring[NAMES][NAME_SIZE];
    static _Thread_local unsigned next;
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
    if (found == NULL)
        return "?";
    char *out = ring[next++ % NAMES];
    size_t used = 0;
    for (const char *at = found->name + prefix_size(type, found->name); *at != '\0' && used < NAME_SIZE - 1; at++)
        out[used++] = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
    out[used] = '\0';
    return out;
}

static bool same_name(const char *name, const char *text)
{
    for (; *name != '\0'; name++, text++)
        if (*name != (*text == '-' ? '_' : toupper((unsigned char)*text)))
            return false;
    return *text == '\0';
}

bool bn_enum_parse(const ProtobufCEnumDescriptor *type, const char *text, int *value)
{
    for (unsigned i = 0; text != NULL && i < type->n_values; i++) {
        const char *name = type->values[i].name;
        if (same_name(name, text) || same_name(name + prefix_size(type, name), text)) {
            *value = type->values[i].value;
            return true;
        }
    }
    return false;
}
