/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/fields.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/utf8.h"
#include "binome/v1/request.pb-c.h"
#include "registry/rules/codes.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Table and descriptors, bound together: for each type, a row for each field in the descriptor's order. */
enum { TYPES_MAX = 80, FIELDS_MAX = 64, PATH_MAX_BYTES = 192 };

/* What bn_date_parse takes. */
#define FIRST_DAY "1900-01-01"
#define LAST_DAY  "2199-12-31"

struct bound_type {
    const ProtobufCMessageDescriptor *type;
    const struct bn_field_rule *rules[FIELDS_MAX];
    const struct bound_type *nested[FIELDS_MAX];
};

static struct bound_type types[TYPES_MAX];
static size_t type_count;

static const struct bn_field_rule *rule_of(const ProtobufCMessageDescriptor *type, const char *field)
{
    for (size_t i = 0; i < bn_field_rule_count; i++)
        if (bn_field_rules[i].type == type && strcmp(bn_field_rules[i].field, field) == 0)
            return &bn_field_rules[i];
    return NULL;
}

static struct bound_type *find_type(const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < type_count; i++)
        if (types[i].type == type)
            return &types[i];
    return NULL;
}

/* The members of Request's oneof are requests themselves: they have no row, only their fields do. */
static bool is_request_member(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field)
{
    return type == &binome__v1__request__descriptor && field->type == PROTOBUF_C_TYPE_MESSAGE;
}

static enum bn_code bind_type(const ProtobufCMessageDescriptor *type, const struct bound_type **out, struct bn_why *why)
{
    struct bound_type *bound = find_type(type);
    if (bound != NULL) {
        *out = bound;
        return BN_OK;
    }
    assert(type_count < TYPES_MAX && type->n_fields <= FIELDS_MAX);
    bound = &types[type_count++];
    bound->type = type;
    *out = bound;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        bound->rules[i] = rule_of(type, field->name);
        if (bound->rules[i] == NULL && !is_request_member(type, field))
            return bn_why_set(why, BN_INTERNAL, type->name, "", "field %s.%s has no rule", type->name, field->name);
        bool hub = bound->rules[i] != NULL && bound->rules[i]->form == BN_FORM_HUB;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE && !hub) {
            enum bn_code code = bind_type(field->descriptor, &bound->nested[i], why);
            if (code != BN_OK)
                return code;
        }
    }
    return BN_OK;
}

enum bn_code bn_fields_start(struct bn_why *why)
{
    const struct bound_type *request;
    type_count = 0;
    memset(types, 0, sizeof types);
    enum bn_code code = bind_type(&binome__v1__request__descriptor, &request, why);
    for (size_t i = 0; code == BN_OK && i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        if (find_type(rule->type) == NULL ||
            protobuf_c_message_descriptor_get_field_by_name(rule->type, rule->field) == NULL)
            code = bn_why_set(why, BN_INTERNAL, rule->field, "", "a rule without field: %s of %s", rule->field,
                              rule->type->name);
    }
    return code;
}

/* ---- judging one value ---- */

/* Where the walker stands. Written out only when something is wrong: most messages are good. */
struct place {
    const struct place *above;
    const char *name;
    size_t index; /* NO_INDEX outside lists */
};

static const size_t NO_INDEX = SIZE_MAX;

/* A path that does not fit is cut, never overrun. */
static size_t place_write(const struct place *place, char *out, size_t size)
{
    if (place == NULL)
        return 0;
    size_t length = place_write(place->above, out, size);
    int added = place->index == NO_INDEX
                    ? snprintf(out + length, size - length, "%s%s", length > 0 ? "." : "", place->name)
                    : snprintf(out + length, size - length, "[%zu]", place->index);
    length += (size_t)(added > 0 ? added : 0);
    return length < size ? length : size - 1;
}

static void fail(struct bn_check *check, const struct place *place, enum bn_rule rule, const char *a, const char *b,
                 const char *c)
{
    char path[PATH_MAX_BYTES] = "";
    place_write(place, path, sizeof path);
    bn_check_fail(check, BN_INVALID_ARGUMENT, path, rule, a, b, c, (const char *)0);
}

/* Values come back to their sender in a refusal: long ones cut, so that a reply stays small. */
static const char *shown(struct bn_check *check, const char *text)
{
    const char *copy = bn_arena_format(check->arena, "%.*s", (int)bn_utf8_cut(text, strlen(text), 60), text);
    return copy != NULL ? copy : "";
}

static bool slug_good(const char *text)
{
    size_t length = strlen(text);
    if (length < 2 || length > 63 || text[0] == '-' || text[length - 1] == '-')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool scheme_good(const char *text)
{
    size_t length = strlen(text);
    return length >= 1 && length <= 40 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

/* One @ with something on both sides and a dot behind it: whether mail arrives can only be tried. */
static bool email_good(const char *text)
{
    const char *at = strchr(text, '@');
    if (at == NULL || at == text || strchr(at + 1, '@') != NULL || strpbrk(text, " \t\n<>,;\"") != NULL)
        return false;
    const char *dot = strrchr(at, '.');
    return dot != NULL && dot > at + 1 && dot[1] != '\0';
}

static bool url_good(const char *text)
{
    const char *rest = strncmp(text, "http://", 7) == 0    ? text + 7
                       : strncmp(text, "https://", 8) == 0 ? text + 8
                                                           : NULL;
    return rest != NULL && *rest != '\0' && *rest != '/' && strpbrk(text, " \t\n<>\"") == NULL;
}

static void check_length(struct bn_check *check, const struct bn_field_rule *rule, const struct place *path,
                         const char *text)
{
    size_t length = bn_utf8_length(text, strlen(text));
    if (length > (size_t)rule->max)
        fail(check, path, BN_RULE_TEXT_TOO_LONG, bn_check_number(check, rule->max),
             bn_check_number(check, (int64_t)length), NULL);
    else if (length < (size_t)rule->min)
        fail(check, path, BN_RULE_TEXT_TOO_SHORT, bn_check_number(check, rule->min),
             bn_check_number(check, (int64_t)length), NULL);
}

static void check_form(struct bn_check *check, const struct place *path, const char *text, bool good, enum bn_rule rule)
{
    if (!good)
        fail(check, path, rule, shown(check, text), NULL, NULL);
}

/* A date of a year that is out of bounds is told from what is no date. */
static void check_date(struct bn_check *check, const struct place *path, const char *text)
{
    enum { YEAR_DIGITS = 4 };
    int32_t day;
    char leap[BN_DATE_SIZE] = "2000";
    if (bn_date_parse(text, &day))
        return;
    bool year = strlen(text) == BN_DATE_SIZE - 1 && strspn(text, "0123456789") == YEAR_DIGITS;
    if (year)
        memcpy(leap + YEAR_DIGITS, text + YEAR_DIGITS, BN_DATE_SIZE - YEAR_DIGITS);
    if (year && (strcmp(text, FIRST_DAY) < 0 || strcmp(text, LAST_DAY) > 0) && bn_date_parse(leap, &day))
        fail(check, path, BN_RULE_DATE_RANGE, FIRST_DAY, LAST_DAY, text);
    else
        fail(check, path, BN_RULE_DATE_FORM, shown(check, text), NULL, NULL);
}

static void check_text(struct bn_check *check, const struct bn_field_rule *rule, const struct place *path,
                       const char *text)
{
    struct bn_id id;
    uint8_t key[BN_KEY_BYTES];
    switch (rule->form) {
    case BN_FORM_TEXT:
        check_length(check, rule, path, text);
        break;
    case BN_FORM_LINE:
        check_length(check, rule, path, text);
        if (strpbrk(text, "\n\t") != NULL)
            fail(check, path, BN_RULE_TEXT_CONTROL, bn_check_number(check, (int64_t)strcspn(text, "\n\t")), NULL, NULL);
        break;
    case BN_FORM_SLUG:
        check_form(check, path, text, slug_good(text), BN_RULE_SLUG_FORM);
        break;
    case BN_FORM_ID:
        check_form(check, path, text, bn_id_parse(text, &id), BN_RULE_ID_FORM);
        break;
    case BN_FORM_SLUG_OR_ID:
        check_form(check, path, text, slug_good(text) || bn_id_parse(text, &id), BN_RULE_SLUG_FORM);
        break;
    case BN_FORM_DATE:
        check_date(check, path, text);
        break;
    case BN_FORM_COUNTRY:
        check_form(check, path, text, bn_country_known(text), BN_RULE_COUNTRY_UNKNOWN);
        break;
    case BN_FORM_LANGUAGE:
        check_form(check, path, text, bn_language_known(text), BN_RULE_LANGUAGE_UNKNOWN);
        break;
    case BN_FORM_CURRENCY:
        check_form(check, path, text, bn_currency_known(text), BN_RULE_CURRENCY_UNKNOWN);
        break;
    case BN_FORM_EMAIL:
        check_length(check, rule, path, text);
        check_form(check, path, text, email_good(text), BN_RULE_EMAIL_FORM);
        break;
    case BN_FORM_URL:
        check_length(check, rule, path, text);
        check_form(check, path, text, url_good(text), BN_RULE_URL_FORM);
        break;
    case BN_FORM_SCHEME:
        check_form(check, path, text, scheme_good(text), BN_RULE_TAG_FORM);
        break;
    case BN_FORM_KEY:
        if (!bn_z85_decode(text, key))
            fail(check, path, BN_RULE_KEY_FORM, NULL, NULL, NULL);
        break;
    case BN_FORM_REASON:
        check_form(check, path, text, bn_reason_known(text), BN_RULE_REASON_UNKNOWN);
        break;
    default:
        assert(!"a text field with a form of something else");
    }
}

static void check_number(struct bn_check *check, const struct bn_field_rule *rule, const struct place *path,
                         int64_t value)
{
    if (value < rule->min || value > rule->max)
        fail(check, path, BN_RULE_NUMBER_RANGE, bn_check_number(check, rule->min), bn_check_number(check, rule->max),
             bn_check_number(check, value));
}

static void check_enum(struct bn_check *check, const ProtobufCFieldDescriptor *field, const struct bn_field_rule *rule,
                       const struct place *path, int value)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (value == 0 && (rule->required || repeated))
        fail(check, path, BN_RULE_FIELD_REQUIRED, NULL, NULL, NULL);
    else if (protobuf_c_enum_descriptor_get_value(field->descriptor, value) == NULL)
        fail(check, path, BN_RULE_ENUM_UNKNOWN, bn_check_number(check, value), NULL, NULL);
}

static int64_t number_at(const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        return *(const uint32_t *)at;
    case PROTOBUF_C_TYPE_INT32:
        return *(const int32_t *)at;
    case PROTOBUF_C_TYPE_UINT64: {
        uint64_t value = *(const uint64_t *)at;
        return value > INT64_MAX ? -1 : (int64_t)value;
    }
    case PROTOBUF_C_TYPE_INT64:
        return *(const int64_t *)at;
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)at;
    default:
        assert(!"no number");
        return 0;
    }
}

/* ---- walking a message ---- */

static void walk(struct bn_check *check, const struct bound_type *bound, ProtobufCMessage *message,
                 const struct place *place);

static void clear_field(const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
    char *at = (char *)message + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        *(size_t *)((char *)message + field->quantifier_offset) = 0;
        *(void **)at = NULL;
    } else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        *(uint32_t *)((char *)message + field->quantifier_offset) = 0;
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        *(const char **)at = protobuf_c_empty_string;
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        *(void **)at = NULL;
    } else if (field->type == PROTOBUF_C_TYPE_UINT64 || field->type == PROTOBUF_C_TYPE_INT64) {
        *(uint64_t *)at = 0;
    } else {
        assert(field->type == PROTOBUF_C_TYPE_UINT32 || field->type == PROTOBUF_C_TYPE_ENUM);
        *(uint32_t *)at = 0;
    }
}

static bool list_holds_text_before(char *const *items, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(items[i], items[index]) == 0)
            return true;
    return false;
}

static void check_list(struct bn_check *check, const struct bound_type *bound, unsigned f, ProtobufCMessage *message,
                       const struct place *path)
{
    const ProtobufCFieldDescriptor *field = &bound->type->fields[f];
    const struct bn_field_rule *rule = bound->rules[f];
    size_t count = *(size_t *)((char *)message + field->quantifier_offset);
    void *items = *(void **)((char *)message + field->offset);
    if (count == 0 && rule->required)
        fail(check, path, BN_RULE_FIELD_REQUIRED, NULL, NULL, NULL);
    if (count > rule->items_max) {
        fail(check, path, BN_RULE_LIST_TOO_LONG, bn_check_number(check, rule->items_max),
             bn_check_number(check, (int64_t)count), NULL);
        return; /* the items of a list that is refused as a whole are not worth a violation each */
    }
    for (size_t i = 0; i < count; i++) {
        struct place item = {.above = path, .name = "", .index = i};
        if (field->type == PROTOBUF_C_TYPE_STRING) {
            char *const *texts = items;
            check_text(check, rule, &item, texts[i]);
            if (list_holds_text_before(texts, i))
                fail(check, &item, BN_RULE_LIST_DUPLICATE, shown(check, texts[i]), NULL, NULL);
        } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
            check_enum(check, field, rule, &item, ((const int *)items)[i]);
        } else {
            assert(field->type == PROTOBUF_C_TYPE_MESSAGE);
            walk(check, bound->nested[f], ((ProtobufCMessage **)items)[i], &item);
        }
    }
}

static void check_single(struct bn_check *check, const struct bound_type *bound, unsigned f, ProtobufCMessage *message,
                         const struct place *path)
{
    const ProtobufCFieldDescriptor *field = &bound->type->fields[f];
    const struct bn_field_rule *rule = bound->rules[f];
    void *at = (char *)message + field->offset;
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE: {
        ProtobufCMessage *inner = *(ProtobufCMessage **)at;
        if (inner != NULL)
            walk(check, bound->nested[f], inner, path);
        else if (rule->required)
            fail(check, path, BN_RULE_FIELD_REQUIRED, NULL, NULL, NULL);
        break;
    }
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char **)at;
        if (text != NULL && text[0] != '\0')
            check_text(check, rule, path, text);
        else if (rule->required)
            fail(check, path, BN_RULE_FIELD_REQUIRED, NULL, NULL, NULL);
        break;
    }
    case PROTOBUF_C_TYPE_ENUM:
        check_enum(check, field, rule, path, *(const int *)at);
        break;
    case PROTOBUF_C_TYPE_BYTES: {
        size_t size = ((const ProtobufCBinaryData *)at)->len;
        if (size != 0 && size != BN_ID_BYTES)
            fail(check, path, BN_RULE_BODY_SALT, bn_check_number(check, BN_ID_BYTES),
                 bn_check_number(check, (int64_t)size), NULL);
        break;
    }
    default:
        check_number(check, rule, path, number_at(field, at));
    }
}

static void walk(struct bn_check *check, const struct bound_type *bound, ProtobufCMessage *message,
                 const struct place *place)
{
    for (unsigned f = 0; f < bound->type->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &bound->type->fields[f];
        const struct bn_field_rule *rule = bound->rules[f];
        if (rule != NULL && rule->form == BN_FORM_HUB) {
            clear_field(field, message);
            continue;
        }
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            *(uint32_t *)((char *)message + field->quantifier_offset) != field->id)
            continue;
        struct place inner = {.above = place, .name = field->name, .index = NO_INDEX};
        if (rule == NULL) /* the request itself */
            walk(check, bound->nested[f], *(ProtobufCMessage **)((char *)message + field->offset), &inner);
        else if (field->label == PROTOBUF_C_LABEL_REPEATED)
            check_list(check, bound, f, message, &inner);
        else
            check_single(check, bound, f, message, &inner);
    }
}

enum bn_code bn_fields_check(struct bn_check *check, ProtobufCMessage *message, const char *path)
{
    const struct bound_type *bound = find_type(message->descriptor);
    assert(bound != NULL); /* only requests and what they hold are judged */
    struct place top = {.above = NULL, .name = path, .index = NO_INDEX};
    walk(check, bound, message, path[0] != '\0' ? &top : NULL);
    return check->code;
}

/* ---- the table in words ---- */

static const char *const form_names[] = {
    [BN_FORM_TEXT] = "text",
    [BN_FORM_LINE] = "line of text",
    [BN_FORM_SLUG] = "slug",
    [BN_FORM_ID] = "UUID",
    [BN_FORM_SLUG_OR_ID] = "slug or UUID",
    [BN_FORM_DATE] = "date",
    [BN_FORM_COUNTRY] = "ISO 3166-1 alpha-2",
    [BN_FORM_LANGUAGE] = "ISO 639-1",
    [BN_FORM_CURRENCY] = "ISO 4217",
    [BN_FORM_EMAIL] = "e-mail address",
    [BN_FORM_URL] = "http(s) address",
    [BN_FORM_SCHEME] = "1 to 40 of a-z 0-9 . _ -",
    [BN_FORM_KEY] = "z85 key",
    [BN_FORM_REASON] = "reason code",
    [BN_FORM_NUMBER] = "number",
    [BN_FORM_ENUM] = "enum",
    [BN_FORM_MESSAGE] = "message",
    [BN_FORM_SALT] = "16 bytes",
    [BN_FORM_HUB] = "written by the hub",
};

void bn_fields_print_markdown(FILE *out)
{
    fputs("| message | field | form | bounds | list of at most | must be there |\n|---|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        char bounds[64] = "", items[16] = "";
        if (rule->min != 0 || rule->max != 0)
            snprintf(bounds, sizeof bounds, "%" PRId64 " to %" PRId64, rule->min, rule->max);
        if (rule->items_max != 0)
            snprintf(items, sizeof items, "%u", rule->items_max);
        fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", rule->type->short_name, rule->field, form_names[rule->form],
                bounds, items, rule->required ? "yes" : "");
    }
}
