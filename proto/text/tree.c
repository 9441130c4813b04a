/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tree.h"

#include "base/file.h"
#include "base/utf8.h"
#include "text/build.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16384 };

/* Nodes and texts live in chunks, so that a tree goes in a few calls whatever it holds. */
struct chunk {
    struct chunk *next;
    size_t used, room;
    alignas(max_align_t) char bytes[];
};

struct bn_tree {
    struct chunk *chunks;
    struct bn_node *root;
    size_t nodes;
};

static void *tree_take(struct bn_tree *tree, size_t size, size_t align)
{
    struct chunk *chunk = tree->chunks;
    size_t start = chunk == NULL ? 0 : (chunk->used + align - 1) / align * align;
    if (chunk == NULL || start > chunk->room || size > chunk->room - start) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + room);
        if (chunk == NULL)
            return NULL;
        *chunk = (struct chunk){.next = tree->chunks, .room = room};
        tree->chunks = chunk;
        start = 0;
    }
    chunk->used = start + size;
    return chunk->bytes + start;
}

static const char *tree_text(struct bn_tree *tree, const char *text, size_t size)
{
    char *copy = tree_take(tree, size + 1, 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

enum bn_code bn_build_refuse(struct bn_builder *builder, struct bn_place at, enum bn_rule rule, const char *format, ...)
{
    char field[sizeof builder->why->field], detail[sizeof builder->why->detail];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    snprintf(field, sizeof field, "%.160s:%u:%u", builder->name, at.line, at.column);
    return bn_why_set(builder->why, BN_INVALID_ARGUMENT, field, bn_rule_name(rule), "%s: %s", field, detail);
}

enum bn_code bn_build_no_memory(struct bn_builder *builder)
{
    return bn_why_set(builder->why, BN_RESOURCE_EXHAUSTED, builder->name, bn_rule_name(BN_RULE_LIMIT_MEMORY),
                      "out of memory for %s", builder->name);
}

static struct bn_frame *top_of(struct bn_builder *builder)
{
    return builder->depth == 0 ? NULL : &builder->frames[builder->depth - 1];
}

bool bn_build_wants_key(const struct bn_builder *builder)
{
    const struct bn_frame *top = builder->depth == 0 ? NULL : &builder->frames[builder->depth - 1];
    return top != NULL && top->node->type == BN_NODE_MAP && top->key == NULL;
}

enum bn_code bn_build_key(struct bn_builder *builder, const char *text, size_t size, struct bn_place at)
{
    struct bn_frame *top = top_of(builder);
    assert(bn_build_wants_key(builder));
    top->key = tree_text(builder->tree, text, size);
    top->key_at = at;
    return top->key == NULL ? bn_build_no_memory(builder) : BN_OK;
}

/* Hangs a new node under the open list or map, or makes it the root. */
static enum bn_code add_node(struct bn_builder *builder, enum bn_node_type type, struct bn_place at,
                             struct bn_node **added)
{
    struct bn_frame *top = top_of(builder);
    if (builder->tree->nodes >= BN_TREE_NODES)
        return bn_build_refuse(builder, at, BN_RULE_BODY_TOO_COMPLEX, "more than %d values", BN_TREE_NODES);
    struct bn_node *node = tree_take(builder->tree, sizeof *node, alignof(struct bn_node));
    if (node == NULL)
        return bn_build_no_memory(builder);
    builder->tree->nodes++;
    *node = (struct bn_node){.type = type, .line = at.line, .column = at.column};
    *added = node;
    if (top == NULL) {
        builder->tree->root = node;
        return BN_OK;
    }
    if (top->node->type == BN_NODE_MAP) {
        assert(top->key != NULL);
        node->key = top->key;
        node->key_line = top->key_at.line;
        node->key_column = top->key_at.column;
        top->key = NULL;
    }
    if (top->last == NULL)
        top->node->first_child = node;
    else
        top->last->next = node;
    top->last = node;
    top->node->children++;
    return BN_OK;
}

enum bn_code bn_build_scalar(struct bn_builder *builder, enum bn_node_type type, const char *text, size_t size,
                             bool quoted, struct bn_place at)
{
    struct bn_node *node;
    enum bn_code code = add_node(builder, type, at, &node);
    if (code != BN_OK || type == BN_NODE_NULL)
        return code;
    node->text = tree_text(builder->tree, text, size);
    node->text_size = size;
    node->quoted = quoted;
    return node->text == NULL ? bn_build_no_memory(builder) : BN_OK;
}

enum bn_code bn_build_open(struct bn_builder *builder, enum bn_node_type type, struct bn_place at)
{
    struct bn_node *node;
    if (builder->depth == BN_TREE_LEVELS)
        return bn_build_refuse(builder, at, BN_RULE_TREE_DEPTH, "more than %d levels", BN_TREE_LEVELS);
    enum bn_code code = add_node(builder, type, at, &node);
    if (code == BN_OK)
        builder->frames[builder->depth++] = (struct bn_frame){.node = node};
    return code;
}

static int by_key(const void *a, const void *b)
{
    const struct bn_node *left = *(const struct bn_node *const *)a, *right = *(const struct bn_node *const *)b;
    int order = strcmp(left->key, right->key);
    if (order == 0)
        order = (left->key_line > right->key_line) - (left->key_line < right->key_line);
    if (order == 0)
        order = (left->key_column > right->key_column) - (left->key_column < right->key_column);
    return order;
}

/* Sorting is for the stranger who sends a map of 100,000 keys: comparing each with each would take minutes. */
static enum bn_code refuse_duplicates(struct bn_builder *builder, const struct bn_node *map)
{
    if (map->children < 2)
        return BN_OK;
    const struct bn_node **sorted = malloc(map->children * sizeof *sorted);
    if (sorted == NULL)
        return bn_build_no_memory(builder);
    size_t count = 0;
    for (const struct bn_node *child = map->first_child; child != NULL; child = child->next)
        sorted[count++] = child;
    qsort(sorted, count, sizeof *sorted, by_key);
    enum bn_code code = BN_OK;
    for (size_t i = 1; code == BN_OK && i < count; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            code = bn_build_refuse(builder, (struct bn_place){sorted[i]->key_line, sorted[i]->key_column},
                                   BN_RULE_TREE_DUPLICATE, "\"%.80s\" stands in line %u already", sorted[i]->key,
                                   sorted[i - 1]->key_line);
    }
    free(sorted);
    return code;
}

enum bn_code bn_build_close(struct bn_builder *builder)
{
    assert(builder->depth > 0);
    const struct bn_node *node = builder->frames[--builder->depth].node;
    return node->type == BN_NODE_MAP ? refuse_duplicates(builder, node) : BN_OK;
}

static size_t digits(const char *text, size_t size, size_t at)
{
    size_t count = 0;
    while (at + count < size && text[at + count] >= '0' && text[at + count] <= '9')
        count++;
    return count;
}

bool bn_text_is_number(const char *text, size_t size)
{
    size_t at = size > 0 && text[0] == '-' ? 1 : 0, count = digits(text, size, at);
    if (count == 0 || (count > 1 && text[at] == '0'))
        return false;
    at += count;
    if (at < size && text[at] == '.') {
        count = digits(text, size, at + 1);
        if (count == 0)
            return false;
        at += 1 + count;
    }
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < size && (text[at] == '+' || text[at] == '-'))
            at++;
        count = digits(text, size, at);
        if (count == 0)
            return false;
        at += count;
    }
    return at == size;
}

static struct bn_place place_of(const char *data, size_t offset)
{
    struct bn_place at = {1, 1};
    size_t line_start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (data[i] == '\n') {
            at.line++;
            line_start = i + 1;
        }
    }
    at.column += (unsigned)bn_utf8_length(data + line_start, offset - line_start);
    return at;
}

/* Carriage returns of files from elsewhere are fine, and what JSON takes in a text is for the field's rules to judge.
 */
static enum bn_code check_bytes(struct bn_builder *builder, const char *data, size_t size, enum bn_syntax syntax)
{
    for (size_t at = 0, offset = 0; at < size; at += offset + 1) {
        enum bn_utf8 fault = bn_utf8_check(data + at, size - at, &offset);
        if (fault == BN_UTF8_GOOD)
            break;
        if (fault == BN_UTF8_BROKEN)
            return bn_build_refuse(builder, place_of(data, at + offset), BN_RULE_TEXT_NOT_UTF8, "not UTF-8");
        if (data[at + offset] == '\0' || (syntax == BN_SYNTAX_YAML && data[at + offset] != '\r'))
            return bn_build_refuse(builder, place_of(data, at + offset), BN_RULE_TEXT_CONTROL, "a control character");
        offset += (data[at + offset] & 0x80) != 0; /* U+0080 to U+009F have two bytes */
    }
    return BN_OK;
}

enum bn_code bn_tree_parse(const char *data, size_t size, enum bn_syntax syntax, const char *name,
                           struct bn_tree **tree, struct bn_why *why)
{
    struct bn_builder builder = {.name = name, .why = why};
    struct bn_tree *made = calloc(1, sizeof *made);
    builder.tree = made;
    if (made == NULL)
        return bn_build_no_memory(&builder);
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) { /* the mark that some editors put in front */
        data += 3;
        size -= 3;
    }
    enum bn_code code = check_bytes(&builder, data, size, syntax);
    if (code == BN_OK)
        code = syntax == BN_SYNTAX_JSON ? bn_json_build(&builder, data, size) : bn_yaml_build(&builder, data, size);
    if (code == BN_OK && made->root == NULL)
        code = bn_build_scalar(&builder, BN_NODE_NULL, NULL, 0, false, (struct bn_place){1, 1});
    if (code == BN_OK)
        *tree = made;
    else
        bn_tree_destroy(&made);
    return code;
}

static enum bn_code read_stdin(size_t size_max, char **data, size_t *size, const char *name, struct bn_why *why)
{
    size_t room = 0, used = 0;
    char *text = NULL;
    for (;;) {
        if (room - used < 2) {
            room += room / 2 + CHUNK_BYTES;
            char *larger = realloc(text, room);
            if (larger == NULL) {
                free(text);
                return bn_why_set(why, BN_RESOURCE_EXHAUSTED, name, bn_rule_name(BN_RULE_LIMIT_MEMORY),
                                  "out of memory for %s", name);
            }
            text = larger;
        }
        ssize_t got = read(STDIN_FILENO, text + used, room - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int error = errno;
            free(text);
            return bn_why_set(why, bn_code_of_errno(error), name, bn_rule_name(BN_RULE_FILE_READ), "cannot read %s: %s",
                              name, strerrordesc_np(error));
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > size_max) {
            free(text);
            return bn_why_set(why, BN_RESOURCE_EXHAUSTED, name, bn_rule_name(BN_RULE_FILE_TOO_LONG),
                              "%s has more than %zu bytes", name, size_max);
        }
    }
    text[used] = '\0';
    *data = text;
    *size = used;
    return BN_OK;
}

static bool looks_like_json(const char *data)
{
    data += strspn(data, " \t\r\n");
    return *data == '{' || *data == '[';
}

static bool ends_in_json(const char *path)
{
    size_t size = strlen(path);
    return size >= 5 && strcasecmp(path + size - 5, ".json") == 0;
}

enum bn_code bn_tree_read(const char *path, size_t size_max, struct bn_tree **tree, struct bn_why *why)
{
    char *data = NULL;
    size_t size = 0;
    bool standard_input = strcmp(path, "-") == 0;
    const char *name = standard_input ? "standard input" : path;
    enum bn_code code = standard_input ? read_stdin(size_max, &data, &size, name, why)
                                       : bn_file_read(path, size_max, &data, &size, why);
    if (code != BN_OK)
        return code;
    bool json = standard_input ? looks_like_json(data) : ends_in_json(path);
    code = bn_tree_parse(data, size, json ? BN_SYNTAX_JSON : BN_SYNTAX_YAML, name, tree, why);
    free(data);
    return code;
}

void bn_tree_destroy(struct bn_tree **tree)
{
    if (*tree == NULL)
        return;
    for (struct chunk *chunk = (*tree)->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(*tree);
    *tree = NULL;
}

const struct bn_node *bn_tree_root(const struct bn_tree *tree)
{
    return tree->root;
}

const struct bn_node *bn_node_find(const struct bn_node *node, const char *key)
{
    if (node == NULL || node->type != BN_NODE_MAP)
        return NULL;
    for (const struct bn_node *child = node->first_child; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}
