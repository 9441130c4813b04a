/* SPDX-License-Identifier: Apache-2.0 */
/* counters.h: what the broker counts. The table is the source of the stats socket's names and of the manual. */
#ifndef BINOME_BROKER_COUNTERS_H
#define BINOME_BROKER_COUNTERS_H

#include "common/counter.h"

/* X(identifier, name, unit, help). A name that ends in _total only grows; the others are as of now. */
#define BN_BROKER_COUNTERS(X)                                                                                        \
    X(CONNECTIONS, "connections", "connections", "open connections on all endpoints")                                \
    X(CONNECTIONS_MAX, "connections_max", "connections", "the limit in force")                                       \
    X(CONNECTIONS_OPENED, "connections_opened_total", "connections", "accepted by the kernel")                       \
    X(CONNECTIONS_REFUSED, "connections_refused_total", "connections", "closed at once: connections_max reached")    \
    X(SESSIONS, "sessions", "sessions", "peers that have sent something and are not gone")                           \
    X(HELLOS, "hellos_total", "messages", "hellos answered with a welcome")                                          \
    X(HELLOS_REFUSED, "hellos_refused_total", "messages", "hellos answered with an error")                           \
    X(SESSIONS_IDLE, "sessions_idle_total", "sessions", "ended because nothing was heard for idle_ms")               \
    X(CONNECTIONS_KICKED, "connections_kicked_total", "connections", "cut by the hub, for any reason")               \
    X(HANDSHAKES, "handshakes_total", "handshakes", "keys recognised")                                               \
    X(HANDSHAKES_UNKNOWN, "handshakes_unknown_total", "handshakes", "refused: a key that was never known")           \
    X(HANDSHAKES_SLOWED, "handshakes_slowed_total", "handshakes", "put off: the key had its share of the minute")    \
    X(HANDSHAKES_FAILED, "handshakes_failed_total", "handshakes", "broken off or not ZMTP with CURVE")               \
    X(MESSAGES_IN, "messages_in_total", "messages", "messages of clients with the right number of frames")           \
    X(MESSAGES_OUT, "messages_out_total", "messages", "messages sent to clients")                                    \
    X(BYTES_IN, "bytes_in_total", "bytes", "header and body of those messages")                                      \
    X(BYTES_OUT, "bytes_out_total", "bytes", "header and body of those messages")                                    \
    X(HEARTBEATS, "heartbeats_total", "messages", "heartbeats answered")                                             \
    X(REQUESTS, "requests_total", "requests", "requests received, refused ones included")                            \
    X(FORWARDED, "requests_forwarded_total", "requests", "requests handed to the registry")                          \
    X(REPLIES, "replies_total", "replies", "answers of the registry handed to clients")                              \
    X(REFUSED, "refused_total", "messages", "messages that the broker itself answered with an error")                \
    X(TIMEOUTS, "timeouts_total", "requests", "requests whose time was over before the registry answered")           \
    X(REPLIES_LATE, "replies_late_total", "replies", "answers dropped: the request's time was over or lost")         \
    X(REPLIES_GONE, "replies_gone_total", "replies", "answers dropped: the client had gone")                         \
    X(REPLIES_STUCK, "replies_stuck_total", "replies", "answers dropped: the client does not read; session ended")   \
    X(DROPPED_UNKNOWN, "dropped_unknown_total", "messages", "dropped: no proof of who sent it")                      \
    X(DROPPED_FRAMES, "dropped_frames_total", "messages", "dropped: not two frames")                                 \
    X(DROPPED_MALFORMED, "dropped_malformed_total", "messages", "dropped: no header that could be answered")         \
    X(DROPPED_SESSIONS, "dropped_sessions_total", "messages", "dropped: no room for another session")                \
    X(DROPPED_ENDING, "dropped_ending_total", "messages", "dropped: they came on a connection that was being cut")   \
    X(QUEUE_REQUESTS, "queue_requests", "requests", "requests in the hub, waiting or with the registry")             \
    X(QUEUE_WAITING, "queue_waiting", "requests", "of these, not yet handed to the registry")                        \
    X(QUEUE_BYTES, "queue_bytes", "bytes", "bytes of the requests in the hub")                                       \
    X(QUEUE_PEAK, "queue_requests_peak", "requests", "the most requests that were in the hub at once")               \
    X(KEYS, "keys", "keys", "entries of the key table")                                                              \
    X(KEY_TABLE_VERSION, "key_table_version", "version", "of the key table in force")                                \
    X(KEY_SNAPSHOTS, "key_snapshots_total", "messages", "key tables taken whole")                                    \
    X(KEY_CHANGES, "key_changes_total", "messages", "changes of the key table taken")                                \
    X(KEY_REFUSED, "key_tables_refused_total", "messages", "key tables and changes that were wrong; the old stayed") \
    X(LINK_DROPPED, "link_dropped_total", "messages", "messages of the registry that could not be understood")       \
    X(PULSES, "registry_pulses_total", "messages", "signs of life of the registry")                                  \
    X(REGISTRY_LOST, "registry_lost_total", "events", "times that the registry went away")                           \
    X(BACKLOG_BYTES, "backlog_bytes", "bytes", "received by the kernel and libzmq and not yet read by the broker")   \
    X(BACKLOG_KICKED, "backlog_kicked_total", "connections", "cut because they held too much of that")               \
    X(DESCRIPTORS_MAX, "descriptors_max", "descriptors", "how many this process may open")                           \
    X(STATS_SUBSCRIBERS, "stats_subscribers", "clients", "subscribers of the stats socket")                          \
    X(STATS_SENT, "stats_sent_total", "messages", "snapshots sent")                                                  \
    X(RELOADS, "reloads_total", "events", "configuration reloaded")                                                  \
    X(RELOADS_REFUSED, "reloads_refused_total", "events", "configuration that was wrong; the old one stayed")

enum bn_broker_counter {
#define BN_COUNTER_ENUM(identifier, name, unit, help) BN_C_##identifier,
    BN_BROKER_COUNTERS(BN_COUNTER_ENUM)
#undef BN_COUNTER_ENUM
        BN_BROKER_COUNTER_COUNT
};

extern const struct bn_counter_def bn_broker_counters[BN_BROKER_COUNTER_COUNT];

#endif
