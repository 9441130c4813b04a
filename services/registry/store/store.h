/* SPDX-License-Identifier: Apache-2.0 */
/* store.h: what the registry keeps, and nothing of how.
 *
 * One writer (bn_store_open) and any number of readers (bn_store_open_reader), each owned by one thread. Reading
 * functions work on both. Every function gives BN_OK; BN_NOT_FOUND where it says so, and for a change of what is not
 * there; BN_ALREADY_EXISTS what must be unique and should have been looked up before; BN_RESOURCE_EXHAUSTED disk or
 * memory full; BN_DEADLINE_EXCEEDED a read that was cut short; BN_DATA_LOSS the disk or the file fails: a writer must
 * send nothing more and exit; BN_INTERNAL anything else. bn_store_error lends a text.
 *
 * Numbers: a sequence counts accepted requests from 1. An object's number is the sequence of the request that created
 * it; its id is that request's id. Organisations and workstreams have small numbers of their own (from 1; from 0, at
 * most 62). Times are milliseconds since 1970 UTC, days are days since 1970-01-01. Texts and blobs given are copied;
 * texts and blobs lent stay until the next call on the same store. */
#ifndef BINOME_REGISTRY_STORE_H
#define BINOME_REGISTRY_STORE_H

#include "base/code.h"
#include "base/id.h"
#include "base/merkle.h"
#include "registry/record.h"
#include "registry/view.h"

#include <stdbool.h>

struct bn_store;

struct bn_store_options {
    uint64_t cache_bytes;          /* page cache of the writer: 256 MiB */
    uint64_t reader_cache_bytes;   /* of each reader: 16 MiB */
    uint64_t wal_checkpoint_bytes; /* a PASSIVE checkpoint is due above this: 16 MiB */
    uint64_t read_ms_max;          /* a read is cut short after this: 2,000 */
};

extern const struct bn_store_options bn_store_options_default;

/* Opens or creates (0600, folder must exist) the database, applies migrations, checkpoints (TRUNCATE), checks the log's
 * newest root against what the tiles and leaves say. Takes a lock on PATH.lock, so that a second writer is refused.
 * *why: database.newer, database.foreign, database.damaged, database.locked, file.cannot_write with the path. */
BN_CHECK enum bn_code bn_store_open(const char *path, const struct bn_store_options *options, struct bn_store **store,
                                    struct bn_why *why);
BN_CHECK enum bn_code bn_store_open_reader(const char *path, const struct bn_store_options *options,
                                           struct bn_store **store, struct bn_why *why);
void bn_store_close(struct bn_store **store);
const char *bn_store_error(const struct bn_store *store);

/* ---- transactions ---- */

BN_CHECK enum bn_code bn_store_begin(struct bn_store *store); /* writer: BEGIN IMMEDIATE; reader: a snapshot */
/* Commits what was accepted and the log's new size and root. BN_DATA_LOSS means that nobody knows whether it is on
 * disk: the process must send nothing and exit; the store answers nothing else from then on. Any other
 * code: nothing of it is on disk, the transaction is rolled back. */
BN_CHECK enum bn_code bn_store_commit(struct bn_store *store);
void bn_store_rollback(struct bn_store *store); /* also ends a reader's snapshot */
/* Whether the transaction is still there. False after a failed statement = it is gone as a whole. */
bool bn_store_in_transaction(const struct bn_store *store);

/* Between batches: what can wait. A PASSIVE checkpoint when the WAL is above its mark, or when `idle` and the last
 * commit is 200 ms old; and the list of objects by owner, which is filled behind the commits. */
void bn_store_checkpoint(struct bn_store *store, bool idle);

/* ---- the ledger ---- */

/* Appends one accepted request with its body: gives it the next sequence (in *accepted) and adds its leaf to the log.
 * The unique (request, organisation) must have been looked up before. Number and id of the organisation must be those
 * of one that is kept, else BN_INTERNAL. */
BN_CHECK enum bn_code bn_store_accept(struct bn_store *store, struct bn_accepted *accepted, const void *body,
                                      size_t body_size);
/* The sequence that the next bn_store_accept will give. */
uint64_t bn_store_next_sequence(const struct bn_store *store);

/* BN_NOT_FOUND when there is none. By request: of this organisation. */
BN_CHECK enum bn_code bn_store_accepted_by_request(struct bn_store *store, const struct bn_id *request,
                                                   uint32_t organisation, struct bn_accepted *accepted);
BN_CHECK enum bn_code bn_store_accepted_by_sequence(struct bn_store *store, uint64_t sequence,
                                                    struct bn_accepted *accepted);
/* Whether any organisation has a request of that id accepted. If none has, bn_store_accepted_by_request need not be
 * asked: this is the cheaper first question. */
BN_CHECK enum bn_code bn_store_request_taken(struct bn_store *store, const struct bn_id *request, bool *taken);
/* Lends the body as received. */
BN_CHECK enum bn_code bn_store_body(struct bn_store *store, uint64_t sequence, const void **body, size_t *size);

struct bn_log_head {
    uint64_t size;
    struct bn_digest root;
};

/* The newest committed head. Writer: from memory. */
BN_CHECK enum bn_code bn_store_log_head(struct bn_store *store, struct bn_log_head *head);
/* The head after the commit that held this sequence. */
BN_CHECK enum bn_code bn_store_log_head_of(struct bn_store *store, uint64_t sequence, struct bn_log_head *head);
/* Inclusion path of a leaf in the log of `size` leaves (any committed size, also between two commits). BN_OUT_OF_RANGE
 * when the log is shorter, or has no such leaf at that size. */
BN_CHECK enum bn_code bn_store_log_path(struct bn_store *store, uint64_t index, uint64_t size,
                                        struct bn_digest path[BN_MERKLE_LEVELS], size_t *length);
/* Root of the log at any size up to the head's; BN_OUT_OF_RANGE above. */
BN_CHECK enum bn_code bn_store_log_root(struct bn_store *store, uint64_t size, struct bn_digest *root);

/* ---- organisations, keys, workstreams, programme ---- */

BN_CHECK enum bn_code bn_store_organisation_put(struct bn_store *store, struct bn_organisation *organisation);
BN_CHECK enum bn_code bn_store_organisation_by_number(struct bn_store *store, uint32_t number,
                                                      struct bn_organisation *organisation);
BN_CHECK enum bn_code bn_store_organisation_by_id(struct bn_store *store, const struct bn_id *id,
                                                  struct bn_organisation *organisation);
BN_CHECK enum bn_code bn_store_organisation_by_slug(struct bn_store *store, const char *slug,
                                                    struct bn_organisation *organisation);
/* The next organisation with a number above `after`; zero filters mean any. BN_NOT_FOUND at the end. */
struct bn_organisation_filter {
    uint32_t kind, state;
    const char *country; /* NULL = any */
};
BN_CHECK enum bn_code bn_store_organisation_next(struct bn_store *store, uint32_t after,
                                                 const struct bn_organisation_filter *filter,
                                                 struct bn_organisation *organisation);

/* Official identifiers are unique in the hub. Replaces all of the organisation's. BN_ALREADY_EXISTS: *taken is the
 * index of the first one that another organisation has, and nothing was changed. */
struct bn_identifier {
    const char *scheme, *value;
};
BN_CHECK enum bn_code bn_store_identifiers_put(struct bn_store *store, uint32_t organisation,
                                               const struct bn_identifier *identifiers, size_t count, size_t *taken);
BN_CHECK enum bn_code bn_store_identifier_owner(struct bn_store *store, const char *scheme, const char *value,
                                                uint32_t *organisation);

BN_CHECK enum bn_code bn_store_key_put(struct bn_store *store, const struct bn_key *key); /* by id: new or changed */
BN_CHECK enum bn_code bn_store_key_by_id(struct bn_store *store, const struct bn_id *id, struct bn_key *key);
BN_CHECK enum bn_code bn_store_key_by_public(struct bn_store *store, const uint8_t public_key[BN_KEY_BYTES],
                                             struct bn_key *key);
/* Calls fn for each key, of one organisation or (0) of all, in the order of enrolment. fn false = stop. */
typedef bool bn_key_fn(void *ctx, const struct bn_key *key);
BN_CHECK enum bn_code bn_store_keys(struct bn_store *store, uint32_t organisation, bn_key_fn *fn, void *ctx);

BN_CHECK enum bn_code bn_store_workstream_put(struct bn_store *store, struct bn_workstream *workstream);
/* By number; lent until the next call. BN_NOT_FOUND at the end: numbers have no gaps. */
BN_CHECK enum bn_code bn_store_workstream(struct bn_store *store, uint32_t number, struct bn_workstream *workstream);

BN_CHECK enum bn_code bn_store_programme_put(struct bn_store *store, const struct bn_programme *programme);
BN_CHECK enum bn_code bn_store_programme(struct bn_store *store,
                                         struct bn_programme *programme); /* NOT_FOUND: none yet */

/* ---- objects: proposals and offers ---- */

/* Creates or changes. The creating request must have been accepted in this transaction; number, body and changed are
 * its sequence. A change is that of an accepted request, too: `changed` is its sequence, and `body` as well when it set
 * a new text, whose version then must be new. `invited` is written whole at creation and when with_invited. Kind, owner
 * and created_ms stay. */
BN_CHECK enum bn_code bn_store_object_create(struct bn_store *store, const struct bn_object *object);
BN_CHECK enum bn_code bn_store_object_change(struct bn_store *store, const struct bn_object *object, bool with_invited);

/* By id, whoever may see it (for rules), or through a view: what may not be seen is BN_NOT_FOUND. */
BN_CHECK enum bn_code bn_store_object_by_id(struct bn_store *store, const struct bn_id *id, const struct bn_view *view,
                                            struct bn_object *object);
BN_CHECK enum bn_code bn_store_object_by_number(struct bn_store *store, uint64_t number, const struct bn_view *view,
                                                struct bn_object *object);

struct bn_object_filter {
    uint32_t kind;
    uint32_t owner;       /* 0 = any */
    uint32_t state;       /* 0 = any */
    uint64_t workstreams; /* any of these bits; 0 = any */
    const char *language; /* NULL = any */
    int32_t today;        /* with state: a planned state whose day has come by then is the state */
};

/* The newest object with a number below `before` (0 = start at the newest) that the view shows and the filter passes.
 * BN_NOT_FOUND at the end. */
BN_CHECK enum bn_code bn_store_object_next(struct bn_store *store, uint64_t before,
                                           const struct bn_object_filter *filter, const struct bn_view *view,
                                           struct bn_object *object);

/* For the match index: the next object (any) that was created or changed by a request, in the order of (sequence of
 * that request, object number): the first after (after_sequence, after_object). *sequence is the request's. One request
 * may change many objects (an organisation that leaves). BN_NOT_FOUND at the end. */
BN_CHECK enum bn_code bn_store_object_changed_next(struct bn_store *store, uint64_t after_sequence,
                                                   uint64_t after_object, uint64_t *sequence, struct bn_object *object);

/* ---- history of an object: one row for each (request, object) that changed it ---- */

/* Each bn_store_object_change goes with one of these; a creation does not, for the object itself tells of it. */
BN_CHECK enum bn_code bn_store_change_add(struct bn_store *store, const struct bn_change *change);
/* The next change of that object with a sequence above `after`. BN_NOT_FOUND at the end. */
BN_CHECK enum bn_code bn_store_change_next(struct bn_store *store, uint64_t object, uint64_t after,
                                           struct bn_change *change);
/* The newest request that had set the object's text by this version (creation included): gives the body's sequence.
 * BN_NOT_FOUND for a version that the object has not had. */
BN_CHECK enum bn_code bn_store_body_of_version(struct bn_store *store, uint64_t object, uint32_t version,
                                               uint64_t *body);

/* ---- external references: unique per owner and kind ---- */

enum bn_external_kind {
    BN_EXTERNAL_PROPOSAL = 1,
    BN_EXTERNAL_OFFER = 2,
    BN_EXTERNAL_STATUS = 3,
    BN_EXTERNAL_ORGANISATION = 4, /* owner 0: unique in the hub */
};

struct bn_external {
    uint32_t owner;
    uint32_t kind;
    const char *scheme, *id;
    uint64_t object;          /* object number, organisation number, or the status update's sequence */
    struct bn_digest content; /* of the text, so that the same again can be told */
};

/* New, or in the place of what has the same owner, kind, scheme and id. */
BN_CHECK enum bn_code bn_store_external_put(struct bn_store *store, const struct bn_external *external);
/* owner, kind, scheme and id are given; fills object and content. */
BN_CHECK enum bn_code bn_store_external_find(struct bn_store *store, struct bn_external *external);

/* ---- checks and figures ---- */

struct bn_store_figures {
    uint64_t database_bytes, wal_bytes, disk_free_bytes;
    uint64_t checkpoints, checkpoint_us_max;
};
void bn_store_figures_take(struct bn_store *store, struct bn_store_figures *figures);

/* quick: the form of the file alone; else all of it, what refers to what, and every digest, leaf and root of the log.
 * Outside a transaction. BN_DATA_LOSS with *why (database.damaged) naming what is wrong. Not cut short by read_ms_max.
 */
BN_CHECK enum bn_code bn_store_verify(struct bn_store *store, bool quick, struct bn_why *why);

#endif
