/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: from a record's members to what the hub's rules take: texts put right, lists cut, names found.
 *
 * Every function that has to do more than copy leaves a remark in the plan. */
#ifndef BINOME_CLI_IMPORT_RECORD_H
#define BINOME_CLI_IMPORT_RECORD_H

#include "cli/import/plan.h"

/* A record on its way into the plan. */
struct bn_record {
    struct bn_plan *plan;
    const struct bn_node *node;
    struct bn_place place;
};

/* Limits that the hub's rules enforce, in characters or entries. */
enum {
    BN_TITLE_MIN = 3,
    BN_TITLE_MAX = 200,
    BN_NAME_MAX = 200,
    BN_SUMMARY_MAX = 600,
    BN_DESCRIPTION_MAX = 20000,
    BN_WORD_MAX = 80,
    BN_REFERENCE_MAX = 300,
    BN_PARTNER_MAX = 200,
    BN_WEBSITE_MAX = 300,
    BN_TAGS_MAX = 50,
    BN_SECTORS_MAX = 30,
    BN_PARTNERS_MAX = 30,
    BN_SLUG_MAX = 63,
};

/* Lends the text of a member, put right and trimmed; "" when absent or null. */
char *bn_record_text(const struct bn_record *record, const char *key);

/* Makes characters of Windows-1252 that were taken for controls what they are, drops other controls, trims. True in
 * *repaired when anything but blanks at the ends changed. */
char *bn_text_repair(struct bn_arena *arena, const char *text, bool *repaired);

/* Cuts at a word so that at most max characters are left, the last one an ellipsis. Gives text itself when it fits. */
char *bn_text_shorten(struct bn_arena *arena, char *text, size_t max);

/* The same for a member, with a remark. */
char *bn_record_cut(const struct bn_record *record, char *text, size_t max, enum bn_remark_rule rule);

/* A list of texts for a repeated string member. */
struct bn_words {
    char **list;
    size_t count, room;
};

/* Appends: empty ones are left out, doubles and those beyond room are dropped with a remark, long ones cut. */
void bn_words_start(const struct bn_record *record, struct bn_words *words, size_t room);
void bn_words_add(const struct bn_record *record, struct bn_words *words, const char *text, size_t characters_max);
void bn_words_add_list(const struct bn_record *record, struct bn_words *words, const char *key, size_t characters_max);

/* a-z, 0-9 and hyphens, at most 63, accents folded; "" when nothing is left. */
char *bn_text_slug(struct bn_arena *arena, const char *text);

/* Lends the short name of the organisation that the source calls `id`: as the hub has it, else a new one from `base`,
 * made longer by the id when it is taken. *enrolled says that the hub has it under another reference (same SIREN). The
 * name is kept under `id` for bn_record_owner. */
char *bn_record_organisation(const struct bn_record *record, const char *scheme, const char *id, const char *siren,
                             const char *base, bool *enrolled);

/* Lends the short name kept under that id, NULL when there is none. */
char *bn_record_owner(const struct bn_record *record, const char *id);

/* Puts a SIREN into the organisation: as siren, or as siren-unverified when its check digit fails. */
void bn_record_siren(const struct bn_record *record, Binome__V1__Organisation *organisation, const char *siren);

/* Two letters; "" when absent or unknown. */
char *bn_record_country(const struct bn_record *record, const char *code);

/* http(s) addresses only. */
char *bn_record_website(const struct bn_record *record, char *text);

/* Title from the first text that can be one: own title, pitch, first tag. */
char *bn_record_title(const struct bn_record *record, char *title, char *pitch, char *tag);

Binome__V1__ExternalRef *bn_record_ref(struct bn_plan *plan, const char *scheme, const char *id);

bool bn_siren_check(const char *siren);

#endif
