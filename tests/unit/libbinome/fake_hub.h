/* SPDX-License-Identifier: Apache-2.0 */
/* fake_hub.h: a hub made of one thread that speaks the protocol and misbehaves as the test says.
 *
 * ROUTER with CURVE and a ZAP handler on 127.0.0.1, the port by the kernel. It keeps nothing: a request is receipted
 * with a number that counts up, and the same id again gets the same number, marked as replayed. */
#ifndef BINOME_TESTS_FAKE_HUB_H
#define BINOME_TESTS_FAKE_HUB_H

#include "base/file.h"
#include "base/rule.h"
#include "binome/binome.h"

/* All zero is a good hub. May be changed at any time with fake_hub_behave. */
struct fake_rules {
    bool key_refused;        /* ZAP 400 */
    unsigned keys_slowed;    /* so many handshakes are left without an answer: ZAP 300 */
    bool hello_mute;         /* says nothing to hello */
    unsigned hello_refusals; /* so many hellos are refused */
    enum bn_code hello_code;
    enum bn_rule hello_rule;
    bool beats_mute;   /* says nothing to heartbeats */
    bool mute;         /* takes requests and says nothing */
    unsigned refusals; /* so many requests are refused */
    enum bn_code code;
    enum bn_rule rule;
    uint32_t retry_after_ms; /* in either refusal */
    unsigned slow_ms;        /* before each reply */
    bool noise;              /* before each reply: other frames, kinds, replies to nobody */
    bool damaged;            /* replies that are no Reply */
    bool twice;              /* each reply comes twice */
    uint32_t heartbeat_ms, idle_ms, unanswered_max, body_bytes_max;
};

/* What came so far. */
struct fake_seen {
    unsigned hellos, beats, byes, requests;
    unsigned effects;           /* different request ids that were accepted */
    unsigned unanswered_most;   /* requests that waited at once (slow_ms) */
    uint32_t timeout_ms;        /* of the last request */
    uint32_t type;              /* of the last request */
    struct bn_digest digest;    /* of the last request's body */
    struct bn_id id;            /* of the last request */
    uint64_t first_ms, last_ms; /* moments of the first and last request */
};

struct fake_hub;

struct fake_hub *fake_hub_start(const struct fake_rules *rules);
void fake_hub_stop(struct fake_hub **hub);

void fake_hub_behave(struct fake_hub *hub, const struct fake_rules *rules);
struct fake_seen fake_hub_seen(struct fake_hub *hub);

/* Ends every connection and listens no more, until fake_hub_up. */
void fake_hub_down(struct fake_hub *hub);
void fake_hub_up(struct fake_hub *hub);

/* Forgets who has said hello; connections stay. */
void fake_hub_forget(struct fake_hub *hub);

/* Says bye to everybody who has said hello. */
void fake_hub_bye(struct fake_hub *hub);

/* tcp://127.0.0.1:PORT and the public key, z85. */
const char *fake_hub_endpoint(const struct fake_hub *hub);
const char *fake_hub_key(const struct fake_hub *hub);

#endif
