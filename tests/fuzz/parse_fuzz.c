/* SPDX-License-Identifier: Apache-2.0 */
/* The small parsers: z85, ids, dates, instants, UTF-8, endpoints, key files. What is taken is written again as it was
 * (or as its canonical form, which is taken with the same value); UTF-8 is judged by a second, slow decoder as well. */
#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"
#include "link/socket.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_z85(const char *text)
{
    uint8_t key[BN_KEY_BYTES];
    char again[BN_Z85_SIZE];
    if (!bn_z85_decode(text, key))
        return;
    bn_z85_encode(key, again);
    assert(strcmp(text, again) == 0);
}

static void try_id(const char *text)
{
    struct bn_id id;
    char again[BN_ID_TEXT_SIZE];
    if (!bn_id_parse(text, &id))
        return;
    bn_id_format(&id, again);
    assert(strcasecmp(text, again) == 0);
}

static void try_date(const char *text)
{
    int32_t day, again;
    char out[BN_DATE_SIZE];
    if (!bn_date_parse(text, &day))
        return;
    bn_date_format(day, out);
    assert(strcmp(text, out) == 0 && bn_date_parse(out, &again) && again == day);
    assert(bn_date_of_ms((int64_t)day * 86400000) == day && bn_date_of_ms((int64_t)day * 86400000 + 86399999) == day);
}

static void try_instant(const char *text)
{
    int64_t seconds, again;
    int32_t nanos, nanos_again;
    char out[BN_INSTANT_SIZE];
    if (!bn_instant_parse(text, &seconds, &nanos))
        return;
    assert(nanos >= 0 && nanos <= 999999999);
    bn_instant_format(seconds * 1000 + nanos / 1000000, out);
    assert(strlen(out) == BN_INSTANT_SIZE - 1);
    bool taken = bn_instant_parse(out, &again, &nanos_again);
    assert(taken && again == seconds && nanos_again == nanos / 1000000 * 1000000);
}

/* By the table of RFC 3629, one byte after the other. */
static enum bn_utf8 slowly(const uint8_t *data, size_t size, size_t *at, size_t *characters)
{
    *characters = 0;
    for (*at = 0; *at < size; (*characters)++) {
        const uint8_t *byte = data + *at;
        size_t left = size - *at, length = 1;
        uint32_t value = byte[0], least = 0;
        if (value >= 0xF0 && value <= 0xF4)
            length = 4, value &= 0x07, least = 0x10000;
        else if (value >= 0xE0 && value < 0xF0)
            length = 3, value &= 0x0F, least = 0x800;
        else if (value >= 0xC2 && value < 0xE0)
            length = 2, value &= 0x1F, least = 0x80;
        else if (value >= 0x80)
            return BN_UTF8_BROKEN;
        if (length > left)
            return BN_UTF8_BROKEN;
        for (size_t i = 1; i < length; i++) {
            if ((byte[i] & 0xC0) != 0x80)
                return BN_UTF8_BROKEN;
            value = value << 6 | (byte[i] & 0x3F);
        }
        if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
            return BN_UTF8_BROKEN;
        if ((value < 0x20 && value != '\n' && value != '\t') || (value >= 0x7F && value < 0xA0))
            return BN_UTF8_CONTROL;
        *at += length;
    }
    return BN_UTF8_GOOD;
}

static void try_utf8(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t offset = SIZE_MAX, at, characters;
    enum bn_utf8 wanted = slowly(data, size, &at, &characters);
    enum bn_utf8 got = bn_utf8_check(text, size, &offset);
    assert(got == wanted && (got == BN_UTF8_GOOD || offset == at));
    if (got != BN_UTF8_GOOD)
        return;
    assert(bn_utf8_length(text, size) == characters);
    for (size_t most = 0; most <= size + 1; most += 1 + size / 16) {
        size_t cut = bn_utf8_cut(text, size, most);
        assert(cut <= most && cut <= size && bn_utf8_check(text, cut, NULL) == BN_UTF8_GOOD);
        assert(cut == size || most - cut < 4);
    }
}

static void try_endpoint(const char *text)
{
    struct bn_why why = {.field = ""};
    enum bn_code code = bn_endpoint_check(text, &why);
    assert(code == BN_OK || (code == BN_INVALID_ARGUMENT && why.rule[0] != '\0'));
    assert(code != BN_OK || strncmp(text, "tcp://", 6) == 0 || strncmp(text, "ipc://", 6) == 0);
}

static char path[] = "/dev/shm/binome-fuzz-key-XXXXXX";
static int file = -1;

static void file_remove(void)
{
    unlink(path);
}

static void try_key_file(const uint8_t *data, size_t size)
{
    if (file < 0) {
        file = mkstemp(path); /* 0600, as a key file must be */
        assert(file >= 0);
        atexit(file_remove);
    }
    int rc = ftruncate(file, 0);
    ssize_t written = pwrite(file, data, size, 0);
    assert(rc == 0 && written == (ssize_t)size);
    struct bn_keypair pair;
    struct bn_why why = {.field = ""};
    enum bn_code code = bn_keyfile_read(path, &pair, &why);
    if (code != BN_OK) {
        assert(why.detail[0] != '\0');
        return;
    }
    char text[BN_Z85_SIZE];
    bn_z85_encode(pair.secret_key, text);
    assert(size >= BN_Z85_SIZE - 1 && memcmp(text, data, BN_Z85_SIZE - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    enum bn_code code = bn_random_start();
    char *text = malloc(size + 1); /* of this size, so that one byte too far is seen */
    assert(code == BN_OK && text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    try_z85(text);
    try_id(text);
    try_date(text);
    try_instant(text);
    try_endpoint(text);
    free(text);
    uint8_t *bytes = malloc(size == 0 ? 1 : size);
    assert(bytes != NULL);
    memcpy(bytes, data, size);
    try_utf8(bytes, size);
    free(bytes);
    if (size < 64)
        try_key_file(data, size);
    return 0;
}
