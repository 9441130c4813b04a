/* SPDX-License-Identifier: Apache-2.0 */
/* Files of strangers: YAML and JSON into a tree, the tree into a message. What is refused names a place; what is taken
 * comes out as JSON and as YAML, and reads back as the same message. The first byte chooses syntax and type. */
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "text/message.h"
#include "text/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const types[] = {
    &binome__v1__proposal__descriptor,      &binome__v1__organisation__descriptor, &binome__v1__offer__descriptor,
    &binome__v1__status_update__descriptor, &binome__v1__request__descriptor,      &binome__v1__reply__descriptor};

/* Every node once: keys only in maps, texts as long as they say, as many children as are linked. */
static size_t walk(const struct bn_node *node, bool in_map, unsigned depth)
{
    assert(depth <= 32 && node->line > 0 && node->column > 0);
    assert((node->key != NULL) == in_map);
    bool scalar = node->type == BN_NODE_BOOL || node->type == BN_NODE_NUMBER || node->type == BN_NODE_TEXT;
    assert((node->text != NULL) == scalar && (!scalar || strlen(node->text) == node->text_size));
    size_t count = 0, nodes = 1;
    for (const struct bn_node *child = node->first_child; child != NULL; child = child->next, count++) {
        nodes += walk(child, node->type == BN_NODE_MAP, depth + 1);
        assert(node->type != BN_NODE_MAP || bn_node_find(node, child->key) == child);
    }
    assert(count == node->children);
    return nodes;
}

static void check_why(enum bn_code code, const struct bn_why *why)
{
    assert(code == BN_INVALID_ARGUMENT || code == BN_RESOURCE_EXHAUSTED);
    assert(memchr(why->field, '\0', sizeof why->field) != NULL && why->rule[0] != '\0' && why->detail[0] != '\0');
    assert(code != BN_INVALID_ARGUMENT || strncmp(why->field, "f:", 2) == 0);
}

static ProtobufCMessage *message_of(const char *text, size_t size, enum bn_syntax syntax,
                                    const ProtobufCMessageDescriptor *type)
{
    struct bn_why why = {.field = ""};
    struct bn_tree *tree = NULL;
    ProtobufCMessage *message = NULL;
    enum bn_code code = bn_tree_parse(text, size, syntax, "f", &tree, &why);
    if (code != BN_OK) {
        check_why(code, &why);
        return NULL;
    }
    size_t nodes = walk(bn_tree_root(tree), false, 0);
    assert(nodes <= 100000);
    code = bn_message_from_tree(bn_tree_root(tree), type, "f", &message, &why);
    if (code != BN_OK)
        check_why(code, &why);
    bn_tree_destroy(&tree);
    return code == BN_OK ? message : NULL;
}

static size_t pack(const ProtobufCMessage *message, uint8_t **out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    *out = malloc(size + 1);
    assert(*out != NULL);
    size_t packed = protobuf_c_message_pack(message, *out);
    assert(packed == size);
    return size;
}

static void goes_round(const ProtobufCMessage *message, enum bn_style style, enum bn_syntax syntax)
{
    char *text = bn_message_to_text(message, style);
    assert(text != NULL);
    ProtobufCMessage *again = message_of(text, strlen(text), syntax, message->descriptor);
    assert(again != NULL);
    uint8_t *one, *two;
    size_t one_size = pack(message, &one), two_size = pack(again, &two);
    assert(one_size == two_size && memcmp(one, two, one_size) == 0);
    free(one);
    free(two);
    protobuf_c_message_free_unpacked(again, NULL);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum bn_syntax syntax = data[0] & 0x80 ? BN_SYNTAX_JSON : BN_SYNTAX_YAML;
    const ProtobufCMessageDescriptor *type = types[(data[0] & 0x7F) % BN_COUNT(types)];
    ProtobufCMessage *message = message_of((const char *)data + 1, size - 1, syntax, type);
    if (message == NULL)
        return 0;
    goes_round(message, BN_STYLE_JSON, BN_SYNTAX_JSON);
    goes_round(message, BN_STYLE_JSON_PRETTY, BN_SYNTAX_JSON);
    goes_round(message, BN_STYLE_YAML, BN_SYNTAX_YAML);
    protobuf_c_message_free_unpacked(message, NULL);
    return 0;
}
