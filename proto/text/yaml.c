/* SPDX-License-Identifier: Apache-2.0 */
/* YAML from libyaml's events. What makes YAML surprising is refused here: aliases (a page of them can stand for
 * gigabytes), anchors, tags, merge keys, keys that are no text, a second document. */
#include "text/build.h"

#include <string.h>
#include <yaml.h>

struct reading {
    yaml_parser_t parser;
    struct bn_builder *builder;
    const char *data;
    size_t size;
    unsigned documents;
};

static struct bn_place place_of(const yaml_mark_t *mark)
{
    return (struct bn_place){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* Is the character at this place a tab? By far the commonest mistake, and libyaml's words for it help nobody. */
static bool is_tab(const struct reading *reading, struct bn_place place)
{
    const char *at = reading->data, *end = at + reading->size;
    for (unsigned line = 1; line < place.line && at != NULL; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at == NULL ? NULL : at + 1;
    }
    return at != NULL && (size_t)(end - at) >= place.column && at[place.column - 1] == '\t';
}

static enum bn_code syntax_error(struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    bool reader = parser->error == YAML_READER_ERROR;
    struct bn_place at = place_of(reader ? &parser->mark : &parser->problem_mark);
    if (parser->error == YAML_MEMORY_ERROR)
        return bn_build_no_memory(reading->builder);
    if (parser->problem == NULL)
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_SYNTAX, "this is not YAML");
    if (is_tab(reading, at))
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_SYNTAX, "a tab where blanks must indent");
    return bn_build_refuse(reading->builder, at, BN_RULE_TREE_SYNTAX, "%s%s%s", parser->problem,
                           parser->context == NULL ? "" : " ", parser->context == NULL ? "" : parser->context);
}

static bool is_one_of(const char *text, size_t size, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0)
            return true;
    return false;
}

static enum bn_code take_plain(struct reading *reading, const char *text, size_t size, struct bn_place at)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const trues[] = {"true", "True", "TRUE"};
    static const char *const falses[] = {"false", "False", "FALSE"};
    struct bn_builder *builder = reading->builder;
    if (is_one_of(text, size, nulls, BN_COUNT(nulls)))
        return bn_build_scalar(builder, BN_NODE_NULL, NULL, 0, false, at);
    if (is_one_of(text, size, trues, BN_COUNT(trues)))
        return bn_build_scalar(builder, BN_NODE_BOOL, "true", 4, false, at);
    if (is_one_of(text, size, falses, BN_COUNT(falses)))
        return bn_build_scalar(builder, BN_NODE_BOOL, "false", 5, false, at);
    enum bn_node_type type = bn_text_is_number(text, size) ? BN_NODE_NUMBER : BN_NODE_TEXT;
    return bn_build_scalar(builder, type, text, size, false, at);
}

static enum bn_code refuse_marks(struct reading *reading, const yaml_event_t *event, const yaml_char_t *anchor,
                                 const yaml_char_t *tag)
{
    struct bn_place at = place_of(&event->start_mark);
    if (anchor != NULL)
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_ALIAS, "anchors (&%.40s) are not taken",
                               (const char *)anchor);
    if (tag != NULL)
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_ALIAS, "tags (%.40s) are not taken",
                               (const char *)tag);
    return BN_OK;
}

static enum bn_code take_scalar(struct reading *reading, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct bn_place at = place_of(&event->start_mark);
    enum bn_code code = refuse_marks(reading, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (code != BN_OK)
        return code;
    if (memchr(text, '\0', size) != NULL)
        return bn_build_refuse(reading->builder, at, BN_RULE_TEXT_CONTROL, "a NUL character");
    if (bn_build_wants_key(reading->builder)) {
        if (plain && strcmp(text, "<<") == 0)
            return bn_build_refuse(reading->builder, at, BN_RULE_TREE_ALIAS, "merge keys (<<) are not taken");
        return bn_build_key(reading->builder, text, size, at);
    }
    if (plain)
        return take_plain(reading, text, size, at);
    return bn_build_scalar(reading->builder, BN_NODE_TEXT, text, size, true, at);
}

static enum bn_code take_open(struct reading *reading, const yaml_event_t *event, enum bn_node_type type,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct bn_place at = place_of(&event->start_mark);
    enum bn_code code = refuse_marks(reading, event, anchor, tag);
    if (code != BN_OK)
        return code;
    if (bn_build_wants_key(reading->builder))
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_SYNTAX, "a key must be a text");
    return bn_build_open(reading->builder, type, at);
}

static enum bn_code take_document(struct reading *reading, const yaml_event_t *event)
{
    struct bn_place at = place_of(&event->start_mark);
    if (reading->documents++ > 0)
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_SYNTAX, "only one document a file");
    if (event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        return bn_build_refuse(reading->builder, at, BN_RULE_TREE_ALIAS, "tags (%%TAG) are not taken");
    return BN_OK;
}

static enum bn_code take_event(struct reading *reading, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return take_document(reading, event);
    case YAML_ALIAS_EVENT:
        return bn_build_refuse(reading->builder, place_of(&event->start_mark), BN_RULE_TREE_ALIAS,
                               "aliases (*%.40s) are not taken", (const char *)event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return take_scalar(reading, event);
    case YAML_SEQUENCE_START_EVENT:
        return take_open(reading, event, BN_NODE_LIST, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return take_open(reading, event, BN_NODE_MAP, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return bn_build_close(reading->builder);
    default: /* stream's start and end, document's end */
        return BN_OK;
    }
}

enum bn_code bn_yaml_build(struct bn_builder *builder, const char *data, size_t size)
{
    struct reading reading = {.builder = builder, .data = data, .size = size};
    if (!yaml_parser_initialize(&reading.parser))
        return bn_build_no_memory(builder);
    yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)data, size);
    enum bn_code code = BN_OK;
    bool ended = false;
    while (code == BN_OK && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reading.parser, &event)) {
            code = syntax_error(&reading);
            break;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        code = take_event(&reading, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&reading.parser);
    return code;
}
