/* SPDX-License-Identifier: Apache-2.0 */
/* act.h: one request being answered: what the handlers of changes and of queries are given.
 *
 * A handler judges first and writes after: once bn_act_accept was called nothing may refuse any more. It gives BN_OK,
 * the code of job->check when the request is refused, or a store's code with an empty check: then the transaction is
 * lost and the writer tries the batch again, one request at a time. */
#ifndef BINOME_REGISTRY_ACT_H
#define BINOME_REGISTRY_ACT_H

#include "registry/directory.h"
#include "registry/job.h"
#include "registry/store/store.h"

struct bn_act {
    struct bn_store *store;
    struct bn_directory *directory;
    struct bn_job *job;
    const struct bn_caller *caller;
    const struct bn_brief *owner; /* whom the caller speaks for: itself, or on_behalf_of */
    struct bn_view view;
    int64_t now_ms;
    int32_t today;
    bool id_taken; /* another organisation has a request of this id accepted */
    /* said by the handler */
    bool directory_changed;    /* organisations, keys or workstreams */
    uint32_t standing_changed; /* number of the organisation whose keys the brokers must hear about; 0 = none */
};

typedef enum bn_code bn_act_fn(struct bn_act *act);

/* The handler of a request: the writer's or the readers' table. NULL when it is in the other one. */
bn_act_fn *bn_change_handler(uint32_t type);
bn_act_fn *bn_query_handler(uint32_t type);

/* Finds the caller: its key and its organisation are in good standing. */
BN_CHECK enum bn_code bn_act_caller(struct bn_act *act);
/* Finds the caller if that was not done yet, judges whether it may make this request, and resolves on_behalf_of. */
BN_CHECK enum bn_code bn_act_start(struct bn_act *act);

/* Writes ledger row and body. object 0 = the request itself creates the object. Sets job->accepted and job->object. */
BN_CHECK enum bn_code bn_act_accept(struct bn_act *act, const struct bn_id *object_id, uint64_t object,
                                    uint32_t version);

/* Refuses with NOT_FOUND object.absent: the same whether it does not exist or may not be seen. */
enum bn_code bn_act_absent(struct bn_act *act, const char *field, const char *id);

/* An object of that kind that the caller (or the owner it speaks for) may see. Otherwise refused as absent. */
BN_CHECK enum bn_code bn_act_object(struct bn_act *act, const char *field, const char *id, enum bn_object_kind kind,
                                    struct bn_object *object);

/* Resolves slugs; refused with workstream.unknown or organisation.unknown. */
BN_CHECK enum bn_code bn_act_workstream(struct bn_act *act, const char *field, const char *slug, uint32_t *number);
BN_CHECK enum bn_code bn_act_organisation(struct bn_act *act, const char *field, const char *slug,
                                          const struct bn_brief **brief);
/* Numbers of organisations named in a list, in the arena. */
BN_CHECK enum bn_code bn_act_organisations(struct bn_act *act, const char *field, char *const *slugs, size_t count,
                                           uint32_t **numbers);

/* BLAKE2b-256 of a message packed again: tells whether a text is the same as before (never used as identity). */
BN_CHECK enum bn_code bn_act_content(struct bn_act *act, const ProtobufCMessage *message, struct bn_digest *content);

/* A day given as text; today when it is empty. */
int32_t bn_act_day(const struct bn_act *act, const char *text);

/* The request whose body holds a text, unpacked into the job's arena. Refused with limit.memory when it has no room
 * there: it was whole when it was accepted. */
BN_CHECK enum bn_code bn_act_body(struct bn_act *act, uint64_t sequence, Binome__V1__Request **request);

#endif
