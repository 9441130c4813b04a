/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include "base/clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(BN_DIGEST_BYTES == crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert(BN_KEY_BYTES == crypto_box_PUBLICKEYBYTES && BN_KEY_BYTES == crypto_box_SECRETKEYBYTES, "X25519");

static pthread_once_t random_once = PTHREAD_ONCE_INIT;
static bool random_good;

static void random_open(void)
{
    random_good = sodium_init() >= 0;
    if (!random_good)
        return;
    srandom(randombytes_random());
    srand(randombytes_random()); /* the same generator as random() in glibc, another one elsewhere */
}

enum bn_code bn_random_start(void)
{
    pthread_once(&random_once, random_open);
    return random_good ? BN_OK : BN_INTERNAL;
}

void bn_random_bytes(void *out, size_t size)
{
    randombytes_buf(out, size);
}

/* The 12 bits behind the time count the ids of one millisecond, from a random start in the lower half, so that an
 * unlucky start still leaves room for 2,048. When they run out the id's time steps one millisecond ahead. A clock that
 * went back a little (below CLOCK_SLACK_MS) does not disturb the order; a clock that was set back does. */
enum { COUNTER_BITS = 12, CLOCK_SLACK_MS = 10000 };

static void id_moment(int64_t *ms, uint32_t *counter, uint32_t seed)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t last_ms = INT64_MIN / 2;
    static uint32_t last_counter;

    int64_t wall_ms = bn_clock_wall_ms();
    wall_ms = wall_ms < 0 ? 0 : wall_ms;
    pthread_mutex_lock(&lock);
    if (wall_ms > last_ms || wall_ms < last_ms - CLOCK_SLACK_MS) {
        last_ms = wall_ms;
        last_counter = seed;
    } else if (++last_counter >> COUNTER_BITS != 0) {
        last_ms++;
        last_counter = seed;
    }
    *ms = last_ms;
    *counter = last_counter;
    pthread_mutex_unlock(&lock);
}

struct bn_id bn_id_make(void)
{
    struct bn_id id;
    int64_t ms;
    uint32_t counter;
    bn_random_bytes(id.bytes, sizeof id.bytes);
    uint32_t seed = ((uint32_t)id.bytes[6] << 8 | id.bytes[7]) & ((1U << (COUNTER_BITS - 1)) - 1);
    id_moment(&ms, &counter, seed);
    for (unsigned i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | counter >> 8);
    id.bytes[7] = (uint8_t)counter;
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

static bool dash_behind(size_t byte)
{
    return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

void bn_id_format(const struct bn_id *id, char out[BN_ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < BN_ID_BYTES; i++) {
        *out++ = digits[id->bytes[i] >> 4];
        *out++ = digits[id->bytes[i] & 15];
        if (dash_behind(i))
            *out++ = '-';
    }
    *out = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool bn_id_parse(const char *text, struct bn_id *id)
{
    struct bn_id parsed;
    if (text == NULL)
        return false;
    for (size_t i = 0; i < BN_ID_BYTES; i++) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
        text += 2;
        if (dash_behind(i) && *text++ != '-')
            return false;
    }
    if (*text != '\0')
        return false;
    *id = parsed;
    return true;
}

bool bn_id_equal(const struct bn_id *a, const struct bn_id *b)
{
    return memcmp(a->bytes, b->bytes, BN_ID_BYTES) == 0;
}

bool bn_id_is_zero(const struct bn_id *id)
{
    static const struct bn_id zero;
    return bn_id_equal(id, &zero);
}

void bn_digest_of(const void *data, size_t size, struct bn_digest *out)
{
    crypto_generichash(out->bytes, BN_DIGEST_BYTES, data, size, NULL, 0);
}

void bn_hex(const void *data, size_t size, char *out)
{
    sodium_bin2hex(out, 2 * size + 1, data, size);
}

/* Z85 (ZeroMQ RFC 32): four bytes, big-endian, are five digits to the base 85. */
static const char z85_digits[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

void bn_z85_encode(const uint8_t key[BN_KEY_BYTES], char out[BN_Z85_SIZE])
{
    for (size_t i = 0; i < BN_KEY_BYTES; i += 4, out += 5) {
        uint32_t value = (uint32_t)key[i] << 24 | (uint32_t)key[i + 1] << 16 | (uint32_t)key[i + 2] << 8 | key[i + 3];
        for (unsigned digit = 5; digit-- > 0; value /= 85)
            out[digit] = z85_digits[value % 85];
    }
    *out = '\0';
}

static bool z85_group(const char text[5], uint8_t out[4])
{
    uint64_t value = 0;
    for (size_t i = 0; i < 5; i++) {
        const char *digit = memchr(z85_digits, text[i], sizeof z85_digits - 1);
        if (digit == NULL)
            return false;
        value = value * 85 + (uint64_t)(digit - z85_digits);
    }
    if (value > UINT32_MAX)
        return false;
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    return true;
}

bool bn_z85_decode(const char *text, uint8_t key[BN_KEY_BYTES])
{
    uint8_t decoded[BN_KEY_BYTES];
    if (text == NULL || strnlen(text, BN_Z85_SIZE) != BN_Z85_SIZE - 1)
        return false;
    bool good = true;
    for (size_t group = 0; good && group < BN_KEY_BYTES / 4; group++)
        good = z85_group(text + 5 * group, decoded + 4 * group);
    if (good)
        memcpy(key, decoded, BN_KEY_BYTES);
    sodium_memzero(decoded, sizeof decoded);
    return good;
}
