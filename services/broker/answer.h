/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: the bodies that the broker makes itself: refusals and welcomes. Small, into a buffer of the caller's. */
#ifndef BINOME_BROKER_ANSWER_H
#define BINOME_BROKER_ANSWER_H

#include "base/code.h"
#include "base/rule.h"
#include "binome/v1/ledger.pb-c.h"

#include <stdbool.h>

enum { BN_ANSWER_BYTES_MAX = 1024, BN_ANSWER_PARAMS_MAX = 3 };

struct bn_refusal {
    enum bn_code code;
    enum bn_rule rule;
    const char *field;                     /* what broke the rule: "header.version", "body", "session", "hub" */
    uint64_t params[BN_ANSWER_PARAMS_MAX]; /* numbers, in the order of the rule's parameters */
    const char *text;                      /* in place of params[0] where the parameter is a text */
    uint32_t retry_after_ms;               /* 0 = a retry makes no sense by itself */
    const char *detail;                    /* English */
};

/* Writes a packed Reply with the error; gives its size. */
size_t bn_answer_refusal(const struct bn_refusal *refusal, uint8_t out[BN_ANSWER_BYTES_MAX]);

struct bn_welcome {
    const char *organisation; /* slug; "" in the answer to a heartbeat */
    uint32_t body_bytes_max, unanswered_max, heartbeat_ms, idle_ms, timeout_ms_default, timeout_ms_max;
    bool registry_up;
    Binome__V1__Checkpoint *checkpoint; /* lent; NULL = none known yet */
};

/* Writes a packed Reply with the welcome; gives its size. */
size_t bn_answer_welcome(const struct bn_welcome *welcome, uint8_t out[BN_ANSWER_BYTES_MAX]);

#endif
