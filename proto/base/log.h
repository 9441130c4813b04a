/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: one line an event, for machines and for people.
 *
 * An event has a stable name and pairs of key and value, all texts but numbers where said. Lines go to stderr as JSON,
 * {"time":...,"level":"info","event":"session.closed","org":"acme","age_ms":12}, or, when stderr is the journal
 * (JOURNAL_STREAM), to the journal with fields BINOME_*. Never a secret, never a body. Thread-safe: a line is one
 * write. Values that are not clean UTF-8 are escaped. */
#ifndef BINOME_BASE_LOG_H
#define BINOME_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum bn_log_level { BN_LOG_ERROR, BN_LOG_WARN, BN_LOG_INFO, BN_LOG_DEBUG };

/* program stands in each line; it is lent for ever. The level below which nothing is written is INFO at first. */
void bn_log_start(const char *program);
void bn_log_level_set(enum bn_log_level level);
bool bn_log_level_parse(const char *text, enum bn_log_level *level);

/* Pairs of (const char *key, const char *value), closed by NULL. A value may be NULL (written as null). */
void bn_log_event(enum bn_log_level level, const char *event, ...) __attribute__((sentinel));

/* BN_LOG(INFO, "session.closed", "org", slug, "reason", "idle", "age_ms", BN_NUM(age_ms)) */
#define BN_LOG(level, ...) bn_log_event(BN_LOG_##level, __VA_ARGS__, (char *)0)

/* A number as a value: text in a ring of 16 buffers a thread, good until the 16th call after. Written without quotes.
 */
#define BN_NUM(value) bn_log_number((int64_t)(value))
const char *bn_log_number(int64_t value);

#endif
