/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file binome.h
 * @brief The client library of Binome: send requests to a hub, get typed replies and receipts.
 *
 * A connection belongs to one thread. The library has its own ZeroMQ context, sets no signal handler, writes nothing to
 * standard output or error and never ends the process. Times are milliseconds, sizes bytes, unless a name says
 * otherwise.
 *
 * Requests and replies are the protobuf-c structures of the binome/v1 headers: fill a Binome__V1__Request, send it,
 * look into the reply. The library adds the salt, the request id and the header, keeps both over retries, and retries
 * by itself until the time limit whenever the hub says that a retry makes sense: a request takes effect once, however
 * often it is sent.
 *
 * A session that ends (the hub restarts, the line is cut) is opened again by itself, and what was unanswered is sent
 * again under the same ids; all this happens inside binome_call() and binome_next(). Only a refusal is final: when the
 * hub no longer takes the key, everything unanswered is answered with the reason, and a person must act.
 */
#ifndef BINOME_BINOME_H
#define BINOME_BINOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "binome/v1/stats.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the shared library offers. */
#define BINOME_API __attribute__((visibility("default")))

/** Result of a call: gRPC's canonical codes with gRPC's numbers. */
enum binome_code {
    BINOME_OK = 0,                  /**< Done; for a request that changes something: on the hub's disk. */
    BINOME_CANCELLED = 1,           /**< The connection was closed before an answer came. */
    BINOME_UNKNOWN = 2,             /**< The hub gave a code that this version does not know. */
    BINOME_INVALID_ARGUMENT = 3,    /**< A field breaks a rule; the error's violations say which. */
    BINOME_DEADLINE_EXCEEDED = 4,   /**< No answer within the limit. It may or may not have taken effect: send it again
                                         under the same id to find out. */
    BINOME_NOT_FOUND = 5,           /**< It does not exist, or you may not see it. */
    BINOME_ALREADY_EXISTS = 6,      /**< The name is taken, or the request id was used for another body. */
    BINOME_PERMISSION_DENIED = 7,   /**< Your organisation or key may not do this. */
    BINOME_RESOURCE_EXHAUSTED = 8,  /**< A limit was reached, here or at the hub. */
    BINOME_FAILED_PRECONDITION = 9, /**< Not possible in the present state, for instance an expired deadline. */
    BINOME_ABORTED = 10,            /**< Somebody else changed it first: the expected version is stale. */
    BINOME_OUT_OF_RANGE = 11,       /**< Beyond the end. */
    BINOME_UNIMPLEMENTED = 12,      /**< The hub does not know this request. */
    BINOME_INTERNAL = 13,           /**< A fault of the library's or the hub's. */
    BINOME_UNAVAILABLE = 14,        /**< The hub, or its registry, is away. */
    BINOME_DATA_LOSS = 15,          /**< Something came damaged. */
    BINOME_UNAUTHENTICATED = 16     /**< The key is unknown, revoked, expired, or its organisation is suspended. */
};

/**
 * Names a code.
 * @param code any number.
 * @return the canonical name, such as "NOT_FOUND"; "UNKNOWN" for a number that is none. Never NULL.
 */
BINOME_API const char *binome_code_name(enum binome_code code);

/** Where an error lies and which rule was broken. A plain structure of the caller's; every function takes NULL for it.
 */
struct binome_error {
    char field[192];  /**< Path of a field, or a file with its line; may be empty. */
    char rule[64];    /**< Stable name such as "key.revoked"; may be empty. */
    char detail[384]; /**< English sentence for logs. */
};

/** A connection to one hub. */
struct binome;

/** How to connect. Start with BINOME_OPTIONS_INIT; texts are copied. */
struct binome_options {
    const char *endpoint;        /**< tcp://HOST:PORT, or ipc://PATH. */
    const char *server_key;      /**< The hub's public key, z85; NULL on ipc without CURVE. */
    const char *secret_key_file; /**< This company's key file (0600); NULL on ipc without CURVE. */
    unsigned connect_timeout_ms; /**< For the answer to hello; 0 = 10,000. */
    unsigned request_timeout_ms; /**< Limit for requests that name none; 0 = 30,000. */
};

/** Initial value: everything absent. */
#define BINOME_OPTIONS_INIT    \
    {                          \
        NULL, NULL, NULL, 0, 0 \
    }

/**
 * Connects, says hello and waits for the hub's welcome.
 * @param options how; not kept.
 * @param[out] connection set on BINOME_OK; close it with binome_close().
 * @param[out] error why not; may be NULL.
 * @return BINOME_OK; BINOME_UNAUTHENTICATED with rule key.unknown, key.revoked, key.expired or organisation.suspended;
 *   BINOME_UNAVAILABLE with hub.unreachable or hub.wrong_key; BINOME_FAILED_PRECONDITION with session.clock_off;
 *   BINOME_INVALID_ARGUMENT for wrong options; BINOME_NOT_FOUND, BINOME_PERMISSION_DENIED, BINOME_INVALID_ARGUMENT or,
 *   when others may read it, BINOME_FAILED_PRECONDITION with file.mode for the key file. A refusal is known within two
 * seconds of the hub being reached, an unreachable hub after connect_timeout_ms; so is one that leaves the handshake
 * without an answer, as it does with a key that connects too often.
 */
BINOME_API enum binome_code binome_open(const struct binome_options *options, struct binome **connection,
                                        struct binome_error *error);

/**
 * The same from a profile folder: FOLDER/profile.yaml names the hub, its key and this company's key file.
 * @param folder the profile's folder.
 * @param[out] connection as for binome_open().
 * @param[out] error as for binome_open(); its field is FILE:LINE when the profile is to blame.
 * @return as binome_open(), and BINOME_NOT_FOUND, BINOME_PERMISSION_DENIED or BINOME_INVALID_ARGUMENT for the profile.
 */
BINOME_API enum binome_code binome_open_profile(const char *folder, struct binome **connection,
                                                struct binome_error *error);

/**
 * Says bye and frees everything; unanswered requests are forgotten here (not at the hub). May take up to two seconds
 * when the line is slow.
 * @param connection *connection becomes NULL; NULL and a pointer to NULL do nothing.
 */
BINOME_API void binome_close(struct binome **connection);

/**
 * What the hub said in its welcome: the caller's organisation, the limits in force, the log's newest state.
 * @param connection an open one.
 * @return lent until the next call on this connection: a new session brings a new welcome. Never NULL.
 */
BINOME_API const Binome__V1__Welcome *binome_welcome(const struct binome *connection);

/**
 * An answer. Free it with binome_reply_free().
 *
 * With BINOME_OK it is an answer to what was asked: to a query, reply's oneof holds the member that the protocol names
 * for it; to a change, none or that of the object changed. A hub that answers anything else is BINOME_DATA_LOSS. What
 * is inside a member may be absent all the same, as everywhere in Protocol Buffers: look before you follow a pointer.
 */
struct binome_reply {
    enum binome_code code;    /**< The hub's, or the library's own where there is no answer of the hub's. */
    Binome__V1__Reply *reply; /**< Never NULL. Its error member says why when code is not BINOME_OK. */
    uint8_t request_id[16];   /**< Of the request answered. */
    void *tag;                /**< As given to binome_send(). */
    unsigned attempts;        /**< How often the request was sent. */
};

/**
 * Frees an answer.
 * @param reply *reply becomes NULL; NULL and a pointer to NULL do nothing.
 */
BINOME_API void binome_reply_free(struct binome_reply **reply);

/**
 * Sends a request and waits for its answer, retrying under the same id as long as the limit allows. Answers to other
 * requests that come meanwhile are kept for binome_next().
 * @param connection an open one.
 * @param request salt is filled by the library when empty; otherwise not changed and not kept.
 * @param timeout_ms 0 = the connection's limit.
 * @param[out] reply set whenever the hub or the library has an answer, whatever its code; NULL only when memory ran
 * out.
 * @return the reply's code.
 */
BINOME_API enum binome_code binome_call(struct binome *connection, const Binome__V1__Request *request,
                                        unsigned timeout_ms, struct binome_reply **reply);

/**
 * Makes a request id (UUIDv7) for binome_send().
 * @param[out] id 16 bytes; all zero, which no function takes, when the system has no randomness.
 */
BINOME_API void binome_id_make(uint8_t id[16]);

/**
 * Sends a request without waiting; binome_next() gives the answer. Retries happen inside binome_next() and
 * binome_call(). While there is no session the request waits for the next one.
 * @param connection an open one.
 * @param request packed before the call returns; salt is filled by the library when empty.
 * @param request_id 16 bytes, or NULL for a new one. Use the id again with the very same bytes to learn what became of
 * it.
 * @param timeout_ms 0 = the connection's limit. When it is over, binome_next() gives an answer that says so.
 * @param tag comes back with the answer.
 * @param[out] error why not; may be NULL.
 * @return BINOME_OK; BINOME_RESOURCE_EXHAUSTED with limit.unanswered when the hub's window is full (take an answer
 * first); BINOME_INVALID_ARGUMENT with body.too_long, body.no_request, body.salt or header.request_id;
 * BINOME_ALREADY_EXISTS when a request with this id is still unanswered here; the reason when the hub has refused this
 * connection.
 */
BINOME_API enum binome_code binome_send(struct binome *connection, const Binome__V1__Request *request,
                                        const uint8_t *request_id, unsigned timeout_ms, void *tag,
                                        struct binome_error *error);

/**
 * The same with a body packed before (its salt included): an outbox sends what it stored, byte for byte.
 * @param connection an open one.
 * @param body as binome_pack() made it; copied.
 * @param size of body in bytes.
 * @param type number of the Request's oneof member.
 * @param request_id 16 bytes.
 * @param timeout_ms as for binome_send().
 * @param tag as for binome_send().
 * @param[out] error as for binome_send().
 * @return as binome_send().
 */
BINOME_API enum binome_code binome_send_packed(struct binome *connection, const void *body, size_t size, uint32_t type,
                                               const uint8_t request_id[16], unsigned timeout_ms, void *tag,
                                               struct binome_error *error);

/**
 * Waits up to timeout_ms for any answer (0 = only looks). Keeps the session alive and does the retries meanwhile.
 * @param connection an open one.
 * @param timeout_ms how long to wait.
 * @param[out] reply the next answer, in the order in which answers came; unchanged unless BINOME_OK.
 * @return BINOME_OK; BINOME_DEADLINE_EXCEEDED when none came; BINOME_OUT_OF_RANGE when nothing is unanswered.
 */
BINOME_API enum binome_code binome_next(struct binome *connection, unsigned timeout_ms, struct binome_reply **reply);

/**
 * Counts what binome_next() still owes.
 * @param connection an open one.
 * @return the number of requests whose answer has not been given yet.
 */
BINOME_API size_t binome_unanswered(const struct binome *connection);

/**
 * A descriptor that becomes readable when binome_next() has something to do (a message, a retry, a heartbeat), for an
 * event loop of the caller's. Whenever it is readable, call binome_next(connection, 0, ...) until it gives anything but
 * BINOME_OK. It stays the same until close, also over new sessions; only poll it, and add it level-triggered.
 * @param connection an open one.
 * @return the descriptor, which stays the library's; -1 when the system has none left.
 */
BINOME_API int binome_fd(struct binome *connection);

/**
 * Packs a request the way binome_send() would (fills an empty salt), for storing before sending.
 * @param request not changed.
 * @param[out] body on the heap; free() it.
 * @param[out] size of body in bytes.
 * @param[out] type number of the Request's oneof member.
 * @param[out] digest BLAKE2b-256 of it, as the receipt will say; may be NULL.
 * @param[out] error why not; may be NULL.
 * @return BINOME_OK; BINOME_INVALID_ARGUMENT with body.no_request or body.salt; BINOME_RESOURCE_EXHAUSTED when memory
 * ran out.
 */
BINOME_API enum binome_code binome_pack(const Binome__V1__Request *request, uint8_t **body, size_t *size,
                                        uint32_t *type, uint8_t digest[32], struct binome_error *error);

/** What binome_verify() found. */
enum binome_verdict {
    BINOME_PROVEN_IN_LOG = 0, /**< Digest, leaf and path agree: the log with that root holds the request. */
    BINOME_DIGEST_DIFFERS,    /**< The body is not the one that was receipted. */
    BINOME_LEAF_DIFFERS,      /**< The hub's record is not the receipt's. */
    BINOME_PATH_BROKEN        /**< The path does not lead to the root, or the root is not the receipt's. */
};

/**
 * Checks a receipt, offline: recomputes the digest of the body, the leaf and the root. A proof for the receipt's own
 * log_size must lead to the receipt's own root. Until the hub signs its checkpoints this proves nothing against the hub
 * itself.
 * @param receipt as it came with the reply.
 * @param body as it was sent (may be NULL: then the digest is not checked).
 * @param size of body in bytes.
 * @param proof from the hub: answer to ProofGet.
 * @return what was found; the first fault if there are several.
 */
BINOME_API enum binome_verdict binome_verify(const Binome__V1__Receipt *receipt, const void *body, size_t size,
                                             const Binome__V1__Proof *proof);

/** A connection to a broker's stats socket. */
struct binome_stats;

/**
 * Opens the stats socket (ipc, members of the group binome-stats). Does not wait for the broker.
 * @param endpoint ipc://PATH.
 * @param subscribe true: a snapshot each second; false: one for each binome_stats_next().
 * @param[out] stats set on BINOME_OK; close it with binome_stats_close().
 * @param[out] error why not; may be NULL.
 * @return BINOME_OK; BINOME_UNAVAILABLE with hub.unreachable when there is no such socket; BINOME_PERMISSION_DENIED;
 * BINOME_INVALID_ARGUMENT with endpoint.wrong_form.
 */
BINOME_API enum binome_code binome_stats_open(const char *endpoint, bool subscribe, struct binome_stats **stats,
                                              struct binome_error *error);

/**
 * Waits for a snapshot. A broker that restarts meanwhile is asked again.
 * @param stats an open one.
 * @param timeout_ms how long to wait.
 * @param[out] snapshot free with binome__v1__stats__free_unpacked(snapshot, NULL).
 * @param[out] error why not; may be NULL.
 * @return BINOME_OK; BINOME_UNAVAILABLE with hub.unreachable after timeout_ms; BINOME_DATA_LOSS for a damaged snapshot.
 */
BINOME_API enum binome_code binome_stats_next(struct binome_stats *stats, unsigned timeout_ms,
                                              Binome__V1__Stats **snapshot, struct binome_error *error);

/**
 * Closes it.
 * @param stats *stats becomes NULL; NULL and a pointer to NULL do nothing.
 */
BINOME_API void binome_stats_close(struct binome_stats **stats);

/**
 * The library's version.
 * @return such as "0.1.0".
 */
BINOME_API const char *binome_version(void);

#ifdef __cplusplus
}
#endif

#endif
