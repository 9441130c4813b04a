/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/eval/judged.h"

#include "base/file.h"
#include "text/tree.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 256 << 20, SECTORS_MAX = 16, OWNER = 2, CALLER = 1, VISIBILITY_PUBLIC = 5 };

struct lines {
    struct bn_tree **trees;
    size_t count, max;
};

struct bn_judged {
    struct bn_match *match;
    struct lines docs, queries;
    char *lang;
};

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        bn_tree_destroy(&lines->trees[i]);
    free(lines->trees);
}

static enum bn_code line_add(struct lines *lines, const char *line, size_t size, const char *path, struct bn_why *why)
{
    if (lines->count == lines->max) {
        size_t max = lines->max * 2 + 64;
        struct bn_tree **trees = realloc(lines->trees, max * sizeof(struct bn_tree *));
        if (trees == NULL)
            return BN_RESOURCE_EXHAUSTED;
        lines->trees = trees;
        lines->max = max;
    }
    struct bn_tree *tree;
    enum bn_code code = bn_tree_parse(line, size, BN_SYNTAX_JSON, path, &tree, why);
    if (code == BN_OK)
        lines->trees[lines->count++] = tree;
    return code;
}

static enum bn_code lines_read(const char *path, struct lines *lines, struct bn_why *why)
{
    char *data;
    size_t size;
    enum bn_code code = bn_file_read(path, FILE_BYTES_MAX, &data, &size, why);
    if (code != BN_OK)
        return code;
    for (size_t at = 0; at < size && code == BN_OK;) {
        const char *end = memchr(data + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - data) - at;
        if (length > 0)
            code = line_add(lines, data + at, length, path, why);
        at += length + 1;
    }
    free(data);
    return code;
}

static const char *text_of(const struct bn_tree *tree, const char *key)
{
    const struct bn_node *node = bn_node_find(bn_tree_root(tree), key);
    return node == NULL || node->type != BN_NODE_TEXT ? "" : node->text;
}

static void doc_of(const struct bn_tree *tree, const char *lang, uint64_t number, const char *sectors[SECTORS_MAX],
                   struct bn_match_doc *doc)
{
    const struct bn_node *list = bn_node_find(bn_tree_root(tree), "sectors");
    *doc = (struct bn_match_doc){
        .number = number,
        .kind = BN_MATCH_OFFER,
        .owner = OWNER,
        .version = 1,
        .visibility = VISIBILITY_PUBLIC,
        .country = "",
        .language = lang,
        .sectors = {sectors, 0},
    };
    doc->texts[BN_MATCH_TITLE] = text_of(tree, "title");
    doc->texts[BN_MATCH_DESCRIPTION] = text_of(tree, "text");
    const struct bn_node *sector = list != NULL && list->type == BN_NODE_LIST ? list->first_child : NULL;
    for (; sector != NULL && doc->sectors.count < SECTORS_MAX; sector = sector->next) {
        if (sector->type == BN_NODE_TEXT)
            sectors[doc->sectors.count++] = sector->text;
    }
    if (text_of(tree, "domain")[0] != '\0' && doc->sectors.count < SECTORS_MAX)
        sectors[doc->sectors.count++] = text_of(tree, "domain");
}

static enum bn_code docs_put(struct bn_judged *judged)
{
    for (size_t i = 0; i < judged->docs.count; i++) {
        struct bn_match_doc doc;
        const char *sectors[SECTORS_MAX];
        doc_of(judged->docs.trees[i], judged->lang, i + 1, sectors, &doc);
        enum bn_code code = bn_match_put(judged->match, &doc);
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

enum bn_code bn_judged_open(const char *docs, const char *queries, const char *lang, struct bn_judged **out,
                            struct bn_why *why)
{
    struct bn_judged *judged = calloc(1, sizeof *judged);
    enum bn_code code = BN_RESOURCE_EXHAUSTED;
    if (judged == NULL)
        return code;
    judged->match = bn_match_create();
    judged->lang = strdup(lang);
    if (judged->match != NULL && judged->lang != NULL)
        code = lines_read(docs, &judged->docs, why);
    if (code == BN_OK)
        code = lines_read(queries, &judged->queries, why);
    if (code == BN_OK)
        code = docs_put(judged);
    if (code != BN_OK)
        bn_judged_close(&judged);
    *out = judged;
    return code;
}

void bn_judged_close(struct bn_judged **judged)
{
    if (*judged == NULL)
        return;
    bn_match_destroy(&(*judged)->match);
    lines_free(&(*judged)->docs);
    lines_free(&(*judged)->queries);
    free((*judged)->lang);
    free(*judged);
    *judged = NULL;
}

size_t bn_judged_queries(const struct bn_judged *judged)
{
    return judged->queries.count;
}

const char *bn_judged_query_id(const struct bn_judged *judged, size_t query)
{
    return text_of(judged->queries.trees[query], "id");
}

const char *bn_judged_doc_id(const struct bn_judged *judged, uint64_t number)
{
    return text_of(judged->docs.trees[number - 1], "id");
}

enum bn_code bn_judged_ask(struct bn_judged *judged, size_t query, bool like, uint32_t limit,
                           struct bn_match_answer *answer)
{
    const struct bn_view view = {.organisation = CALLER, .seen = {1U << VISIBILITY_PUBLIC}};
    struct bn_match_doc source;
    const char *sectors[SECTORS_MAX];
    doc_of(judged->queries.trees[query], judged->lang, 0, sectors, &source);
    source.kind = BN_MATCH_PROPOSAL;
    struct bn_match_query asked = {
        .target = BN_MATCH_OFFER,
        .like = like ? &source : NULL,
        .text = source.texts[BN_MATCH_DESCRIPTION],
        .text_language = judged->lang,
        .view = &view,
        .limit = limit,
    };
    return bn_match_find(judged->match, &asked, answer);
}

void bn_judged_figures(const struct bn_judged *judged, struct bn_match_figures *figures)
{
    bn_match_figures_take(judged->match, figures);
}
