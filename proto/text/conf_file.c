/* SPDX-License-Identifier: Apache-2.0 */
#include "text/conf_file.h"

#include "base/rule.h"
#include "text/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CONF_BYTES_MAX = 1 << 20, NAME_SIZE = 128 };

struct loading {
    const char *path;
    const struct bn_conf_key *keys;
    size_t count;
    void *conf;
    bool *said; /* one a key: the file gives it a value */
    struct bn_why *why;
};

static enum bn_code refuse(const struct loading *loading, unsigned line, enum bn_rule rule, const char *format, ...)
    BN_PRINTF(4, 5);

static enum bn_code refuse(const struct loading *loading, unsigned line, enum bn_rule rule, const char *format, ...)
{
    char field[sizeof loading->why->field], detail[sizeof loading->why->detail];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (line == 0)
        snprintf(field, sizeof field, "%s", loading->path);
    else
        snprintf(field, sizeof field, "%.170s:%u", loading->path, line);
    return bn_why_set(loading->why, BN_INVALID_ARGUMENT, field, bn_rule_name(rule), "%s: %s", field, detail);
}

static enum bn_code no_memory(const struct loading *loading)
{
    return bn_why_set(loading->why, BN_RESOURCE_EXHAUSTED, loading->path, bn_rule_name(BN_RULE_LIMIT_MEMORY),
                      "out of memory for %s", loading->path);
}

static const struct bn_conf_key *find_key(const struct loading *loading, const char *name)
{
    for (size_t i = 0; i < loading->count; i++)
        if (strcmp(loading->keys[i].name, name) == 0)
            return &loading->keys[i];
    return NULL;
}

static bool is_group(const struct loading *loading, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < loading->count; i++)
        if (strncmp(loading->keys[i].name, name, size) == 0 && loading->keys[i].name[size] == '.')
            return true;
    return false;
}

/* A relative path is meant from the configuration's folder: a daemon's own folder is nobody's concern. */
static enum bn_code set_path(const struct loading *loading, const struct bn_conf_key *key, const char *value,
                             struct bn_why *why)
{
    const char *slash = strrchr(loading->path, '/');
    if (value[0] == '/' || value[0] == '\0' || slash == NULL)
        return bn_conf_set(key, loading->conf, value, why);
    char *joined;
    if (asprintf(&joined, "%.*s/%s", (int)(slash - loading->path), loading->path, value) < 0)
        return no_memory(loading);
    enum bn_code code = bn_conf_set(key, loading->conf, joined, why);
    free(joined);
    return code;
}

static enum bn_code take_value(struct loading *loading, const struct bn_conf_key *key, const struct bn_node *node)
{
    struct bn_why inner = {0};
    if (node->type == BN_NODE_NULL)
        return BN_OK; /* nothing said: the fallback stays */
    if (node->text == NULL)
        return refuse(loading, node->key_line, BN_RULE_CONFIG_VALUE, "%s: expected one value, not a list or a map",
                      key->name);
    enum bn_code code = key->type == BN_CONF_PATH ? set_path(loading, key, node->text, &inner)
                                                  : bn_conf_set(key, loading->conf, node->text, &inner);
    if (code == BN_INVALID_ARGUMENT)
        return refuse(loading, node->line, BN_RULE_CONFIG_VALUE, "%s", inner.detail);
    if (code != BN_OK)
        return no_memory(loading);
    loading->said[key - loading->keys] = node->text[0] != '\0';
    return BN_OK;
}

static enum bn_code take_map(struct loading *loading, const struct bn_node *map, const char *prefix)
{
    for (const struct bn_node *child = map->first_child; child != NULL; child = child->next) {
        char name[NAME_SIZE];
        int size = snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", child->key);
        bool fits = size > 0 && size < NAME_SIZE && strchr(child->key, '.') == NULL; /* dots are for the table only */
        const struct bn_conf_key *key = fits ? find_key(loading, name) : NULL;
        bool group = fits && key == NULL && is_group(loading, name);
        enum bn_code code = BN_OK;
        if (key != NULL)
            code = take_value(loading, key, child);
        else if (group && child->type == BN_NODE_MAP)
            code = take_map(loading, child, name);
        else if (group && child->type != BN_NODE_NULL)
            code = refuse(loading, child->line, BN_RULE_CONFIG_VALUE, "%s: expected keys below it", name);
        else if (!group)
            code = refuse(loading, child->key_line, BN_RULE_CONFIG_UNKNOWN, "there is no key %s", name);
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

static enum bn_code set_fallback_paths(struct loading *loading)
{
    for (size_t i = 0; i < loading->count; i++) {
        const struct bn_conf_key *key = &loading->keys[i];
        if (key->type == BN_CONF_PATH && key->fallback != NULL && set_path(loading, key, key->fallback, NULL) != BN_OK)
            return no_memory(loading);
    }
    return BN_OK;
}

static enum bn_code check_required(const struct loading *loading)
{
    for (size_t i = 0; i < loading->count; i++)
        if (loading->keys[i].required && !loading->said[i])
            return refuse(loading, 0, BN_RULE_CONFIG_REQUIRED, "%s must be given", loading->keys[i].name);
    return BN_OK;
}

/* The tree says FILE:LINE:COLUMN; configuration speaks of lines. */
static void drop_column(struct bn_why *why, const char *path)
{
    char *column = why == NULL || strncmp(why->field, path, strlen(path)) != 0 ? NULL : strrchr(why->field, ':');
    if (column != NULL &&
        memchr(why->field + strlen(path), ':', (size_t)(column - why->field - (ptrdiff_t)strlen(path))))
        *column = '\0';
}

static enum bn_code take_tree(struct loading *loading)
{
    struct bn_tree *tree = NULL;
    enum bn_code code = bn_tree_read(loading->path, CONF_BYTES_MAX, &tree, loading->why);
    if (code != BN_OK) {
        drop_column(loading->why, loading->path);
        return code;
    }
    const struct bn_node *root = bn_tree_root(tree);
    if (root->type == BN_NODE_MAP)
        code = take_map(loading, root, "");
    else if (root->type != BN_NODE_NULL)
        code = refuse(loading, root->line, BN_RULE_CONFIG_VALUE, "expected keys with values");
    bn_tree_destroy(&tree);
    return code == BN_OK ? check_required(loading) : code;
}

enum bn_code bn_conf_load(const char *path, const struct bn_conf_key *keys, size_t count, void *conf,
                          struct bn_why *why)
{
    struct loading loading = {.path = path, .keys = keys, .count = count, .conf = conf, .why = why};
    loading.said = calloc(count + 1, sizeof *loading.said);
    enum bn_code code = loading.said == NULL ? no_memory(&loading) : BN_OK;
    if (code == BN_OK && bn_conf_defaults(keys, count, conf) != BN_OK)
        code = no_memory(&loading);
    if (code == BN_OK)
        code = set_fallback_paths(&loading);
    if (code == BN_OK)
        code = take_tree(&loading);
    if (code != BN_OK)
        bn_conf_finish(keys, count, conf);
    free(loading.said);
    return code;
}

enum bn_code bn_conf_reload(const char *path, const struct bn_conf_key *keys, size_t count, void *conf, size_t *waiting,
                            struct bn_why *why)
{
    void *fresh = calloc(1, bn_conf_span(keys, count) + 1);
    if (fresh == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, path, bn_rule_name(BN_RULE_LIMIT_MEMORY), "out of memory for %s",
                          path);
    enum bn_code code = bn_conf_load(path, keys, count, fresh, why);
    if (code == BN_OK) {
        *waiting = 0;
        for (size_t i = 0; i < count; i++) {
            if (keys[i].reloads)
                bn_conf_swap(&keys[i], conf, fresh);
            else
                *waiting += !bn_conf_same(&keys[i], conf, fresh);
        }
        bn_conf_finish(keys, count, fresh);
    }
    free(fresh);
    return code;
}
