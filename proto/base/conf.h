/* SPDX-License-Identifier: Apache-2.0 */
/* conf.h: configuration as one table per program: the parser, --check-config, reload and the manual come from it.
 *
 * The table says what there is; text/conf_file.h fills a struct of the program's from a YAML file by it. */
#ifndef BINOME_BASE_CONF_H
#define BINOME_BASE_CONF_H

#include "base/code.h"

#include <stdbool.h>
#include <stdio.h>

enum bn_conf_type {
    BN_CONF_TEXT,   /* char *, on the heap */
    BN_CONF_PATH,   /* char *, on the heap; a relative one is taken from the configuration file's folder */
    BN_CONF_BOOL,   /* bool */
    BN_CONF_COUNT,  /* uint64_t */
    BN_CONF_BYTES,  /* uint64_t; in the file with or without KiB, MiB, GiB */
    BN_CONF_MILLIS, /* uint64_t milliseconds; in the file with ms, s, min, h or d (a bare number is milliseconds) */
    BN_CONF_MODE,   /* uint64_t, octal text such as "0660" */
};

struct bn_conf_key {
    const char *name; /* with dots for nesting: "limits.body_bytes_max" */
    enum bn_conf_type type;
    size_t offset;        /* of the member in the program's struct */
    const char *fallback; /* as it would stand in the file; NULL = none: left zero or NULL */
    uint64_t min, max;    /* for numbers; max 0 = no upper bound */
    bool required;
    bool reloads; /* SIGHUP takes a new value; else a changed value is reported and waits for a restart */
    const char *help;
};

/* Sets every member to its fallback. BN_RESOURCE_EXHAUSTED when out of memory. */
BN_CHECK enum bn_code bn_conf_defaults(const struct bn_conf_key *keys, size_t count, void *conf);

/* Sets one member from its text. BN_INVALID_ARGUMENT with *why naming key and rule (config.value, ...). */
BN_CHECK enum bn_code bn_conf_set(const struct bn_conf_key *key, void *conf, const char *value, struct bn_why *why);

/* Frees the texts and leaves NULL. */
void bn_conf_finish(const struct bn_conf_key *keys, size_t count, void *conf);

/* For a reload: bytes of the struct that the table reaches; is this member the same in both; exchange it. */
size_t bn_conf_span(const struct bn_conf_key *keys, size_t count);
bool bn_conf_same(const struct bn_conf_key *key, const void *a, const void *b);
void bn_conf_swap(const struct bn_conf_key *key, void *a, void *b);

/* Writes the table as an example file: every key with help, unit, range and default. */
void bn_conf_print_example(const struct bn_conf_key *keys, size_t count, FILE *out);

/* Writes the table as rows of a Markdown table: key, default, range, reloads, meaning. */
void bn_conf_print_markdown(const struct bn_conf_key *keys, size_t count, FILE *out);

#endif
