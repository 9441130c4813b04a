/* SPDX-License-Identifier: Apache-2.0 */
/* zap.h: the handler that libzmq asks at each handshake (RFC 27, ZAP 1.0). It only speaks the protocol; whoever owns it
 * judges. It must be bound before the first server socket of the same context, in which it lives. */
#ifndef BINOME_BROKER_ZAP_H
#define BINOME_BROKER_ZAP_H

#include "base/code.h"
#include "base/id.h"

#include <stdbool.h>

struct bn_zap_request {
    char domain[32];    /* "" when it is longer */
    char mechanism[16]; /* "NULL", "CURVE", ... */
    bool has_key;
    uint8_t public_key[BN_KEY_BYTES];
};

enum bn_zap_status {
    BN_ZAP_WELCOME = 200,
    BN_ZAP_LATER = 300,   /* the client waits and tries again by itself */
    BN_ZAP_REFUSED = 400, /* the client hears it at once and does not come again */
};

struct bn_zap_verdict {
    enum bn_zap_status status;
    const char *user_id; /* with BN_ZAP_WELCOME; lent */
};

typedef struct bn_zap_verdict bn_zap_judge_fn(void *ctx, const struct bn_zap_request *request);

/* Gives the bound socket, or NULL with *why. Close it with bn_socket_close, after all server sockets. */
void *bn_zap_open(void *context, struct bn_why *why);

/* Answers what waits, a bounded number. */
void bn_zap_serve(void *socket, bn_zap_judge_fn *judge, void *ctx);

#endif
