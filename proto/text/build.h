/* SPDX-License-Identifier: Apache-2.0 */
/* build.h: how json.c and yaml.c put a tree together. Only for this folder.
 *
 * The builder keeps the limits (levels, nodes), finds duplicate keys and knows where it stands; its callers only say
 * what comes next. Any code but BN_OK ends the building, with *why filled. */
#ifndef BINOME_TEXT_BUILD_H
#define BINOME_TEXT_BUILD_H

#include "base/rule.h"
#include "text/tree.h"

enum { BN_TREE_LEVELS = 32, BN_TREE_NODES = 100000 };

struct bn_place {
    unsigned line, column;
};

struct bn_frame {
    struct bn_node *node, *last; /* an open list or map, and its newest child */
    const char *key;             /* of the child to come */
    struct bn_place key_at;
};

struct bn_builder {
    struct bn_tree *tree;
    const char *name;
    struct bn_why *why;
    struct bn_frame frames[BN_TREE_LEVELS];
    unsigned depth;
};

/* BN_INVALID_ARGUMENT, with *why filled: "NAME:LINE:COLUMN", the rule, the sentence. */
enum bn_code bn_build_refuse(struct bn_builder *builder, struct bn_place at, enum bn_rule rule, const char *format, ...)
    BN_PRINTF(4, 5);

/* BN_RESOURCE_EXHAUSTED, with *why filled. */
enum bn_code bn_build_no_memory(struct bn_builder *builder);

/* Is the next scalar a key? */
bool bn_build_wants_key(const struct bn_builder *builder);

/* The text is copied. */
BN_CHECK enum bn_code bn_build_key(struct bn_builder *builder, const char *text, size_t size, struct bn_place at);
BN_CHECK enum bn_code bn_build_scalar(struct bn_builder *builder, enum bn_node_type type, const char *text, size_t size,
                                      bool quoted, struct bn_place at);
BN_CHECK enum bn_code bn_build_open(struct bn_builder *builder, enum bn_node_type type, struct bn_place at);
BN_CHECK enum bn_code bn_build_close(struct bn_builder *builder);

/* Is this text a number as JSON writes them? */
bool bn_text_is_number(const char *text, size_t size);

BN_CHECK enum bn_code bn_json_build(struct bn_builder *builder, const char *data, size_t size);
BN_CHECK enum bn_code bn_yaml_build(struct bn_builder *builder, const char *data, size_t size);

#endif
