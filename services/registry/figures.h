/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h: what the registry counts, one table; it rides in the pulse, and the broker's stats socket shows it. */
#ifndef BINOME_REGISTRY_FIGURES_H
#define BINOME_REGISTRY_FIGURES_H

#include "binome/v1/stats.pb-c.h"
#include "common/counter.h"

/* X(identifier, "name", "unit", "help") */
#define BN_REGISTRY_FIGURES(X)                                                                                      \
    X(REQUESTS, "registry_requests_total", "requests", "requests that came from brokers")                           \
    X(MALFORMED, "registry_malformed_total", "messages", "messages from brokers without readable frames; dropped")  \
    X(ACCEPTED, "registry_accepted_total", "requests", "requests accepted: committed, synced and receipted")        \
    X(REPLAYED, "registry_replayed_total", "requests", "repeats of accepted requests, answered with their receipt") \
    X(UNCHANGED, "registry_unchanged_total", "requests", "texts that were the same as the ones held")               \
    X(REFUSED, "registry_refused_total", "requests", "requests refused by a rule")                                  \
    X(QUERIES, "registry_queries_total", "requests", "queries answered")                                            \
    X(BATCHES, "registry_commits_total", "commits", "commits")                                                      \
    X(RETRIED, "registry_retried_total", "requests", "requests tried again alone after their batch failed")         \
    X(REPLIES_DROPPED, "registry_replies_dropped_total", "replies", "replies whose broker was gone")                \
    X(READS_REFUSED, "registry_reads_refused_total", "requests", "queries refused because too many waited")         \
    X(WRITES_WAITING, "registry_writes_waiting", "requests", "requests waiting for the writer now")                 \
    X(READS_WAITING, "registry_reads_waiting", "requests", "queries waiting for a reader now")                      \
    X(LOG_SIZE, "registry_log_size", "requests", "leaves of the log: accepted requests of all time")                \
    X(DATABASE_BYTES, "registry_database_bytes", "bytes", "size of the database file")                              \
    X(WAL_BYTES, "registry_wal_bytes", "bytes", "size of the write-ahead log")                                      \
    X(DISK_FREE_BYTES, "registry_disk_free_bytes", "bytes", "free space where the database lies")                   \
    X(CHECKPOINTS, "registry_checkpoints_total", "checkpoints", "checkpoints made")                                 \
    X(CHECKPOINT_US_MAX, "registry_checkpoint_longest_us", "microseconds", "longest checkpoint")                    \
    X(INDEX_SEQUENCE, "registry_match_sequence", "requests", "ledger sequence that the match index has reached")    \
    X(INDEX_DOCUMENTS, "registry_match_documents", "documents", "offers and proposals in the match index")          \
    X(INDEX_TERMS, "registry_match_terms", "terms", "different terms in the match index")                           \
    X(INDEX_BYTES, "registry_match_bytes", "bytes", "memory of the match index")                                    \
    X(MEMORY_BYTES, "registry_memory_bytes", "bytes", "resident memory")                                            \
    X(CPU_MS, "registry_cpu_ms_total", "milliseconds", "processor time used")

enum bn_figure {
#define BN_FIGURE_ENUM(identifier, name, unit, help) BN_FIGURE_##identifier,
    BN_REGISTRY_FIGURES(BN_FIGURE_ENUM)
#undef BN_FIGURE_ENUM
        BN_FIGURE_COUNT
};

extern const struct bn_counter_def bn_figure_defs[BN_FIGURE_COUNT];

struct bn_figures {
    uint64_t started_ms; /* monotonic */
    uint64_t values[BN_FIGURE_COUNT];
    struct bn_histogram commit, batch, query, match;
};

struct bn_figures *bn_figures_create(void);
void bn_figures_destroy(struct bn_figures **figures);

/* Gives the message; its parts are in *figures and in the buffers given, until the next call. */
struct bn_figures_message {
    Binome__V1__RegistryFigures message;
    Binome__V1__Counter counters[BN_FIGURE_COUNT];
    Binome__V1__Counter *list[BN_FIGURE_COUNT];
    Binome__V1__Histogram histograms[4];
};
void bn_figures_message(struct bn_figures *figures, struct bn_figures_message *out);

#endif
