/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: what an import is going to send: records of a source turned into requests, with remarks.
 *
 * Mapping is pure: a record, today's date and the organisations that the hub has already go in; requests, remarks and
 * refusals come out. Sending is run.h's. Everything lives in the plan's arena. docs/import.md is the mapping in words.
 */
#ifndef BINOME_CLI_IMPORT_PLAN_H
#define BINOME_CLI_IMPORT_PLAN_H

#include "base/rule.h"
#include "binome/v1/request.pb-c.h"
#include "text/tree.h"
#include "wire/arena.h"

#include <stdbool.h>

enum bn_item_kind {
    BN_ITEM_ORGANISATION,
    BN_ITEM_WORKSTREAM,
    BN_ITEM_OFFER,
    BN_ITEM_PROPOSAL,
    BN_ITEM_STATUS,
    BN_ITEM_KINDS
};

/* Where the mapping had to do more than copy. X(identifier, "name", "sentence") */
#define BN_REMARKS(X)                                                                                              \
    X(NAME_FROM_SIREN, "name.from_siren", N_("the company has no name: its SIREN stands for it"))                  \
    X(NAME_FROM_ID, "name.from_id", N_("the company has no name: its id at the source stands for it"))             \
    X(TITLE_FROM_PITCH, "title.from_pitch", N_("no title: the pitch stands for it"))                               \
    X(TITLE_FROM_TAG, "title.from_tag", N_("no title, no pitch: the first tag stands for it"))                     \
    X(TITLE_CUT, "title.cut", N_("the title was cut at a word; the whole text is in the summary"))                 \
    X(TEXT_CUT, "text.cut", N_("a text was cut at a word"))                                                        \
    X(TEXT_REPAIRED, "text.repaired", N_("characters of Windows-1252 were put right, control characters dropped")) \
    X(LIST_CUT, "list.cut", N_("a list was cut"))                                                                  \
    X(LIST_DUPLICATE, "list.duplicate_dropped", N_("a word that stood twice in a list was dropped"))               \
    X(SIREN_UNVERIFIED, "siren.unverified", N_("the SIREN fails its check digit: kept as siren-unverified"))       \
    X(COUNTRY_MAPPED, "country.mapped", N_("a three-letter country code became the two-letter one"))               \
    X(COUNTRY_DROPPED, "country.dropped", N_("an unknown country code was dropped"))                               \
    X(WEBSITE_DROPPED, "website.dropped", N_("what stands for the web site is no address: dropped"))               \
    X(OWNER_INCUBATOR, "owner.incubator", N_("no sponsor: the incubator is the owner"))                            \
    X(OWNER_SAME_SIREN, "owner.same_siren", N_("the hub has this SIREN already: that organisation is the owner"))  \
    X(SUBMITTED_TODAY, "submitted_on.today", N_("no dated step in the past: submitted today"))                     \
    X(PHASE_UNKNOWN, "phase.unknown", N_("an unknown step became a milestone, the phase stays"))                   \
    X(WORKSTREAM_HERE, "workstream.here", N_("the hub has this workstream: it stays as it is"))

enum bn_remark_rule {
#define BN_REMARK_ENUM(identifier, name, text) BN_REMARK_##identifier,
    BN_REMARKS(BN_REMARK_ENUM)
#undef BN_REMARK_ENUM
        BN_REMARK_COUNT
};

const char *bn_remark_name(enum bn_remark_rule rule);
const char *bn_remark_text(enum bn_remark_rule rule); /* to be translated */

/* What errors within one line call it: the file and the line stand beside. */
#define BN_RECORD_NAME "record"

struct bn_place {
    const char *file; /* lent for ever */
    unsigned line;
};

struct bn_item {
    enum bn_item_kind kind;
    struct bn_place place;
    Binome__V1__Request request;
    /* Format binome: the id it had where it was exported. When the hub knows the object by that id, the hub is the same
     * one. Without a reference of its own that has to be asked first. */
    const char *origin;
    bool probe;
    struct bn_item *statuses, *statuses_last; /* of a proposal, in order */
    struct bn_item *next;                     /* status: the following one of the same proposal */
    struct bn_item *proposal;                 /* status: whose it is */
    int state;                                /* run.c's */
};

struct bn_refusal {
    struct bn_place place;
    const char *field, *rule;
    const char *cause; /* a sentence from run.c; from the mapping what it met: a value, an English detail, or "" */
};

struct bn_refusals {
    struct bn_refusal *list; /* in the arena */
    size_t count, room;
};

struct bn_items {
    struct bn_item **list;
    size_t count, room;
};

struct bn_names; /* text -> text */

struct bn_plan {
    struct bn_arena *arena;
    const char *workstream;               /* where everything goes that names none */
    int32_t today;                        /* days since 1970-01-01 */
    struct bn_items items[BN_ITEM_KINDS]; /* statuses hang below their proposals and stand here too */
    size_t read[BN_ITEM_KINDS];           /* records of the source */
    size_t remarks[BN_REMARK_COUNT];
    size_t records_remarked;
    struct bn_place remarked;       /* the record that had a remark last */
    size_t skipped[BN_ITEM_KINDS];  /* the hub has them already, nothing to send */
    size_t unmapped[BN_ITEM_KINDS]; /* refused by the mapping, nothing to send */
    struct bn_refusals refusals;
    struct bn_names *names;
};

struct bn_plan *bn_plan_create(const char *workstream, int32_t today);
void bn_plan_destroy(struct bn_plan **plan);

/* Tells the plan of an organisation or workstream that the hub has. */
void bn_plan_know(struct bn_plan *plan, const Binome__V1__Organisation *organisation);
void bn_plan_know_workstream(struct bn_plan *plan, const char *slug);

/* What a format maps: one record of one of its files. */
enum bn_file {
    BN_FILE_ORGANISATIONS,
    BN_FILE_WORKSTREAMS,
    BN_FILE_PROPOSALS,
    BN_FILE_OFFERS,
    BN_FILE_STATUS,
    BN_FILES
};

struct bn_format {
    const char *name;
    const char *id_prefixes; /* of the ids in its files, blank separated; "" for binome */
    const char *attribution; /* the reason that every move gets; NULL for binome */
    void (*map)(struct bn_plan *plan, enum bn_file file, const struct bn_node *record, struct bn_place place);
    void (*finish)(struct bn_plan *plan); /* after the last record; may be NULL */
};

extern const struct bn_format bn_format_betagouv, bn_format_ilab, bn_format_crunchbase, bn_format_binome;
extern const struct bn_format *const bn_formats[]; /* closed by NULL */

/* Adds an item; body and texts are to live in the arena. */
struct bn_item *bn_plan_add(struct bn_plan *plan, enum bn_item_kind kind, struct bn_place place);

/* Keeps the item of a proposal that was added last under its id at the source, and finds it (NULL = none). */
void bn_plan_proposal_keep(struct bn_plan *plan, const char *id);
struct bn_item *bn_plan_proposal(const struct bn_plan *plan, const char *id);

/* Hangs a status below its proposal. */
void bn_plan_hang(struct bn_item *proposal, struct bn_item *status);

void bn_plan_remark(struct bn_plan *plan, enum bn_remark_rule rule, struct bn_place place);
void bn_plan_refuse(struct bn_plan *plan, struct bn_place place, const char *field, const char *rule,
                    const char *cause);

/* Keys to texts, for slugs and ids: the last text put counts. Both are copied. */
void bn_plan_name(struct bn_plan *plan, const char *space, const char *key, const char *text);
const char *bn_plan_named(const struct bn_plan *plan, const char *space, const char *key); /* NULL = none */

#endif
