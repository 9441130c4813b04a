/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import/source.h"

#include "cli/cli.h"
#include "cli/import/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* In the order in which they are mapped: whoever is named comes before who names it. */
static const char *const names[BN_FILES] = {
    [BN_FILE_ORGANISATIONS] = "organisations.jsonl",
    [BN_FILE_WORKSTREAMS] = "workstreams.jsonl",
    [BN_FILE_PROPOSALS] = "proposals.jsonl",
    [BN_FILE_OFFERS] = "offers.jsonl",
    [BN_FILE_STATUS] = "status.jsonl",
};

const struct bn_format *const bn_formats[] = {&bn_format_betagouv, &bn_format_ilab, &bn_format_crunchbase,
                                              &bn_format_binome, NULL};

enum bn_code bn_source_open(const char *path, struct bn_source *source, struct bn_why *why)
{
    struct stat status;
    bool any = false;
    memset(source, 0, sizeof *source);
    if (stat(path, &status) != 0)
        return bn_why_set(why, BN_NOT_FOUND, path, bn_rule_name(BN_RULE_FILE_ABSENT), "%s", strerror(errno));
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    for (int file = 0; file < BN_FILES; file++) {
        char *found = NULL;
        if (S_ISDIR(status.st_mode)) {
            struct stat inner;
            bn_must(asprintf(&found, "%s/%s", path, names[file]) < 0 ? NULL : found);
            if (stat(found, &inner) != 0 || !S_ISREG(inner.st_mode)) {
                free(found);
                found = NULL;
            }
        } else if (strcmp(base, names[file]) == 0) {
            found = bn_must(strdup(path));
        }
        source->paths[file] = found;
        any = any || found != NULL;
    }
    if (any)
        return BN_OK;
    return bn_why_set(why, BN_NOT_FOUND, path, bn_rule_name(BN_RULE_FILE_FORM),
                      "none of organisations.jsonl, workstreams.jsonl, proposals.jsonl, offers.jsonl, status.jsonl");
}

void bn_source_close(struct bn_source *source)
{
    for (int file = 0; file < BN_FILES; file++) {
        free(source->paths[file]);
        source->paths[file] = NULL;
    }
}

/* Calls for each line that is not blank; the line has no newline. Stops when the callback says false. */
static enum bn_code each_line(const char *path, bool (*line)(void *ctx, char *text, size_t size, unsigned number),
                              void *ctx, struct bn_why *why)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t size;
    unsigned number = 0;
    if (in == NULL)
        return bn_why_set(why, bn_code_of_errno(errno), path, bn_rule_name(BN_RULE_FILE_ABSENT), "%s", strerror(errno));
    while ((size = getline(&text, &room, in)) > 0) {
        number++;
        while (size > 0 && strchr("\r\n", text[size - 1]) != NULL)
            text[--size] = '\0';
        if (size > 0 && !line(ctx, text, (size_t)size, number))
            break;
    }
    bool broken = ferror(in) != 0;
    free(text);
    fclose(in);
    return broken ? bn_why_set(why, BN_INTERNAL, path, bn_rule_name(BN_RULE_FILE_FORM), "%s", "cannot be read") : BN_OK;
}

struct look {
    const struct bn_format *found;
};

static bool has_prefix(const char *prefixes, const char *id)
{
    for (const char *at = prefixes; *at != '\0';) {
        size_t size = strcspn(at, " ");
        if (strncmp(at, id, size) == 0)
            return true;
        at += size + strspn(at + size, " ");
    }
    return false;
}

static bool look_at(void *ctx, char *text, size_t size, unsigned number)
{
    struct look *look = ctx;
    struct bn_tree *tree = NULL;
    (void)number;
    if (bn_tree_parse(text, size, BN_SYNTAX_JSON, "", &tree, NULL) != BN_OK)
        return false;
    const struct bn_node *root = bn_tree_root(tree), *id = bn_node_find(root, "id");
    id = id == NULL ? bn_node_find(root, "project") : id;
    for (size_t i = 0; bn_formats[i] != NULL && id != NULL && id->text != NULL && look->found == NULL; i++)
        if (has_prefix(bn_formats[i]->id_prefixes, id->text))
            look->found = bn_formats[i];
    if (look->found == NULL && (bn_node_find(root, "slug") != NULL || bn_node_find(root, "owner") != NULL ||
                                bn_node_find(root, "proposal") != NULL))
        look->found = &bn_format_binome;
    bn_tree_destroy(&tree);
    return false;
}

const struct bn_format *bn_source_detect(const struct bn_source *source)
{
    struct look look = {NULL};
    for (int file = 0; file < BN_FILES && look.found == NULL; file++)
        if (source->paths[file] != NULL && each_line(source->paths[file], look_at, &look, NULL) != BN_OK)
            return NULL;
    return look.found;
}

struct mapping {
    struct bn_plan *plan;
    const struct bn_format *format;
    enum bn_file file;
    const char *path; /* in the plan's arena */
};

static const enum bn_item_kind kinds[BN_FILES] = {
    [BN_FILE_ORGANISATIONS] = BN_ITEM_ORGANISATION,
    [BN_FILE_WORKSTREAMS] = BN_ITEM_WORKSTREAM,
    [BN_FILE_PROPOSALS] = BN_ITEM_PROPOSAL,
    [BN_FILE_OFFERS] = BN_ITEM_OFFER,
    [BN_FILE_STATUS] = BN_ITEM_STATUS,
};

/* A record of which anything was refused counts once. */
static bool map_line(void *ctx, char *text, size_t size, unsigned number)
{
    struct mapping *mapping = ctx;
    struct bn_plan *plan = mapping->plan;
    struct bn_place place = {mapping->path, number};
    struct bn_tree *tree = NULL;
    struct bn_why why = {"", "", ""};
    size_t refusals = plan->refusals.count;
    enum bn_item_kind kind = kinds[mapping->file];
    if (bn_tree_parse(text, size, BN_SYNTAX_JSON, BN_RECORD_NAME, &tree, &why) != BN_OK) {
        bn_plan_refuse(plan, place, why.field, why.rule, why.detail);
        plan->read[kind]++;
    } else if (bn_tree_root(tree)->type != BN_NODE_MAP) {
        bn_plan_refuse(plan, place, BN_RECORD_NAME, bn_rule_name(BN_RULE_TREE_TYPE), "");
        plan->read[kind]++;
    } else {
        mapping->format->map(plan, mapping->file, bn_tree_root(tree), place);
    }
    plan->unmapped[kind] += plan->refusals.count > refusals;
    bn_tree_destroy(&tree);
    return true;
}

enum bn_code bn_source_map(const struct bn_source *source, const struct bn_format *format, struct bn_plan *plan,
                           struct bn_why *why)
{
    for (int file = 0; file < BN_FILES; file++) {
        if (source->paths[file] == NULL)
            continue;
        struct mapping mapping = {plan, format, (enum bn_file)file,
                                  bn_arena_must_text(plan->arena, source->paths[file])};
        enum bn_code code = each_line(source->paths[file], map_line, &mapping, why);
        if (code != BN_OK)
            return code;
    }
    if (format->finish != NULL)
        format->finish(plan);
    return BN_OK;
}
