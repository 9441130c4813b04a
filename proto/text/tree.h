/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h: YAML and JSON as one tree that remembers line and column.
 *
 * JSON is read by jansson's rules and YAML by libyaml's events: duplicate keys, aliases, anchors, tags, merge keys,
 * several documents, more than 32 levels, more than 100,000 nodes, NUL and broken UTF-8 are refused with line and
 * column. What a plain YAML scalar is: null, ~ and nothing are NULL; true and false are BOOL; what JSON calls a number
 * is NUMBER; all else is TEXT, so dates, "no", 0123, +33 and 0x1F are. An empty file is a NULL. */
#ifndef BINOME_TEXT_TREE_H
#define BINOME_TEXT_TREE_H

#include "base/code.h"

#include <stdbool.h>
#include <stdio.h>

enum bn_node_type {
    BN_NODE_NULL,
    BN_NODE_BOOL,
    BN_NODE_NUMBER, /* the text as written is kept: no digit is lost */
    BN_NODE_TEXT,
    BN_NODE_LIST,
    BN_NODE_MAP,
};

struct bn_node {
    enum bn_node_type type;
    unsigned line, column; /* of the value, from 1; characters, not bytes */
    const char *key;       /* inside a map; else NULL */
    unsigned key_line, key_column;
    const char *text; /* BOOL ("true", "false"), NUMBER, TEXT; else NULL */
    size_t text_size;
    bool quoted; /* in quotes or a block: TEXT, whatever it looks like */
    const struct bn_node *first_child, *next;
    size_t children;
};

struct bn_tree; /* owns its nodes */

enum bn_syntax { BN_SYNTAX_JSON, BN_SYNTAX_YAML };

/* Gives a tree, or BN_INVALID_ARGUMENT with *why (field "NAME:LINE:COLUMN"). name is for messages only. */
BN_CHECK enum bn_code bn_tree_parse(const char *data, size_t size, enum bn_syntax syntax, const char *name,
                                    struct bn_tree **tree, struct bn_why *why);

/* JSON for *.json, YAML for anything else; "-" is standard input (YAML, of which JSON is nearly a part, unless the
 * first character that counts is { or [). At most size_max bytes. */
BN_CHECK enum bn_code bn_tree_read(const char *path, size_t size_max, struct bn_tree **tree, struct bn_why *why);

void bn_tree_destroy(struct bn_tree **tree);

/* Lends the root until the tree is destroyed. */
const struct bn_node *bn_tree_root(const struct bn_tree *tree);

/* Lends the child of that key, NULL when there is none or node is not a map. */
const struct bn_node *bn_node_find(const struct bn_node *node, const char *key);

#endif
