/* SPDX-License-Identifier: Apache-2.0 */
/* job.h: one request on its way through the registry, from its frames to its reply.
 *
 * A job belongs to one thread at a time and is passed on by pointer: intake takes and judges its form, the writer or a
 * reader answers it, intake sends the answer. All its memory beyond the frames is in its arena. */
#ifndef BINOME_REGISTRY_JOB_H
#define BINOME_REGISTRY_JOB_H

#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "registry/record.h"
#include "registry/rules/caller.h"
#include "registry/rules/check.h"
#include "wire/arena.h"
#include "wire/header.h"

#include <zmq.h>

/* No client takes a longer body. */
enum { BN_REPLY_BYTES_MAX = 1024 * 1024 };

enum bn_job_frame { BN_FRAME_ROUTE, BN_FRAME_ORIGIN, BN_FRAME_HEADER, BN_FRAME_BODY, BN_JOB_FRAMES };

struct bn_job {
    struct bn_job *next;
    zmq_msg_t frames[BN_JOB_FRAMES]; /* as they came from the broker; header and body then become the answer's */
    struct bn_origin from;
    struct bn_header head;
    uint64_t arrived_us;  /* monotonic */
    uint64_t deadline_ms; /* monotonic; work that starts later is not done */
    uint64_t directory;   /* version of organisations, keys and workstreams that the answer must know at least */

    const struct bn_request_type *type;
    Binome__V1__Request *request;
    struct bn_digest digest;
    struct bn_arena *arena;
    struct bn_check check;

    /* the answer */
    enum bn_code code;
    uint32_t retry_after_ms;
    const char *detail; /* English, for the error's detail; static or in the arena; may be NULL */
    Binome__V1__Reply reply;
    bool receipted;
    struct bn_accepted accepted;
    struct bn_id object; /* id for the receipt; zero = none */
    uint64_t log_size;
    struct bn_digest log_root;
    bool packed; /* body then holds the reply */
};

/* A pool of jobs, owned by one thread. jobs_max bounds it. */
struct bn_jobs;
struct bn_jobs *bn_jobs_create(size_t jobs_max);
void bn_jobs_destroy(struct bn_jobs **jobs);
/* Lends an empty job; NULL when jobs_max are out. */
struct bn_job *bn_jobs_take(struct bn_jobs *jobs);
/* Takes it back and closes its frames. */
void bn_jobs_give(struct bn_jobs *jobs, struct bn_job *job);
size_t bn_jobs_out(const struct bn_jobs *jobs);

/* Reads the frames: Origin, Header, body by scan, unpacking and the table of fields.
 * BN_OK: the request is in form and its type known. Otherwise job->check and job->code say what to answer.
 * BN_DATA_LOSS: not even an answer is possible (Origin or header unreadable). */
BN_CHECK enum bn_code bn_job_read(struct bn_job *job);

/* Forgets what an attempt left in the answer, so that the job can be tried again. */
void bn_job_restart(struct bn_job *job);

/* Answers with one violation, or with a code that needs none. */
void bn_job_refuse(struct bn_job *job, enum bn_code code, const char *field, enum bn_rule rule, const char *param);

/* Replaces the body frame by the packed reply; one that is longer than BN_REPLY_BYTES_MAX becomes RESOURCE_EXHAUSTED
 * limit.memory, for libzmq would cut the client off. From here on only the frames matter. */
void bn_job_pack(struct bn_job *job);

/* A Timestamp in the arena; NULL for 0 or when the arena is full. */
Google__Protobuf__Timestamp *bn_job_instant(struct bn_arena *arena, int64_t ms);

#endif
