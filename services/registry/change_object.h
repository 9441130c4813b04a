/* SPDX-License-Identifier: Apache-2.0 */
/* change_object.h: what proposals and offers have in common when they are made, changed, or sent again. */
#ifndef BINOME_REGISTRY_CHANGE_OBJECT_H
#define BINOME_REGISTRY_CHANGE_OBJECT_H

#include "registry/act.h"

/* What a text says of its object's head row, judged: slugs have become numbers. */
struct bn_text {
    enum bn_object_kind kind;
    const ProtobufCMessage *message;
    uint32_t visibility;
    uint64_t workstreams;
    uint32_t *invited;
    size_t invited_count;
    const char *language;
    const Binome__V1__ExternalRef *external_ref; /* may be NULL */
    struct bn_digest content;                    /* of the message: tells whether it is the same as before */
};

/* Resolves workstreams and invited organisations; path is the message's. Gives the code of job->check. */
BN_CHECK enum bn_code bn_text_resolve(struct bn_act *act, const char *path, char *const *workstreams,
                                      size_t workstream_count, char *const *invited, size_t invited_count,
                                      struct bn_text *text);

/* Finds the object that the sender's own system calls by the text's reference. BN_OK: *object is it, *same says whether
 * its content is the text's. BN_NOT_FOUND: there is none, or the text names none. */
BN_CHECK enum bn_code bn_object_sent_before(struct bn_act *act, const struct bn_text *text, struct bn_object *object,
                                            bool *same);

/* Accepts the request and creates its object. */
BN_CHECK enum bn_code bn_object_create(struct bn_act *act, const struct bn_text *text, uint32_t state, int32_t day);

/* Accepts the request and puts a new text over the object's. */
BN_CHECK enum bn_code bn_object_revise(struct bn_act *act, struct bn_object *object, const struct bn_text *text);

/* Accepts the request, writes the head row as the caller has changed it, and the history: from `before` to `after`, in
 * force from `day` on. */
BN_CHECK enum bn_code bn_object_write(struct bn_act *act, struct bn_object *object, uint32_t before, uint32_t after,
                                      int32_t day);

/* The same for an object that changes with a request that was accepted already. */
BN_CHECK enum bn_code bn_object_write_along(struct bn_act *act, struct bn_object *object, uint32_t before,
                                            uint32_t after, int32_t day);

/* Keeps a reference of the sender's own system; NULL, nothing done. */
BN_CHECK enum bn_code bn_external_keep(struct bn_act *act, const Binome__V1__ExternalRef *ref,
                                       enum bn_external_kind kind, uint32_t owner, uint64_t object,
                                       const struct bn_digest *content);

#endif
