/* SPDX-License-Identifier: Apache-2.0 */
/* id.h: 16-byte identifiers (UUIDv7, RFC 9562), their text, random bytes and digests. Thread-safe unless said. */
#ifndef BINOME_BASE_ID_H
#define BINOME_BASE_ID_H

#include "base/code.h"

#include <stdbool.h>

enum { BN_ID_BYTES = 16, BN_ID_TEXT_SIZE = 37, BN_DIGEST_BYTES = 32, BN_KEY_BYTES = 32, BN_Z85_SIZE = 41 };

struct bn_id {
    uint8_t bytes[BN_ID_BYTES];
};

struct bn_digest {
    uint8_t bytes[BN_DIGEST_BYTES];
};

/* Must be called once before any other function of this header and before the first ZeroMQ socket: starts libsodium and
 * seeds the C library's rand(), from which libzmq draws its reconnect jitter. Repeats do nothing.
 * BN_INTERNAL when the system has no randomness. */
BN_CHECK enum bn_code bn_random_start(void);

/* Fills out with random bytes. */
void bn_random_bytes(void *out, size_t size);

/* A new UUIDv7 for this moment; ids of one process made in one millisecond are in order. */
struct bn_id bn_id_make(void);

/* Writes 8-4-4-4-12 lower-case hexadecimal digits and a NUL. */
void bn_id_format(const struct bn_id *id, char out[BN_ID_TEXT_SIZE]);

/* Reads that form (either case). False when text is anything else; NULL is anything else. */
bool bn_id_parse(const char *text, struct bn_id *id);

bool bn_id_equal(const struct bn_id *a, const struct bn_id *b);
bool bn_id_is_zero(const struct bn_id *id);

/* BLAKE2b-256 of size bytes. */
void bn_digest_of(const void *data, size_t size, struct bn_digest *out);

/* Lower-case hexadecimal and a NUL into out, which holds 2 * size + 1 bytes. */
void bn_hex(const void *data, size_t size, char *out);

/* A CURVE key between its 32 bytes and its 40 characters of z85. Decode is false for any other text. */
void bn_z85_encode(const uint8_t key[BN_KEY_BYTES], char out[BN_Z85_SIZE]);
bool bn_z85_decode(const char *text, uint8_t key[BN_KEY_BYTES]);

#endif
