/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistr.h>

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Eight bytes at once: is none of them below 0x20, 0x7F, or 0x80 and above? A borrow out of one byte may only taint
 * the bytes above one that is special itself, so the answer for the whole word is exact. */
static bool word_is_plain(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t low = word - EACH_BYTE(0x20);                        /* top bit set where the byte was below 0x20 */
    uint64_t rubout = (word ^ EACH_BYTE(0x7F)) - EACH_BYTE(0x01); /* top bit set where the byte was 0x7F */
    return ((word | low | rubout) & EACH_BYTE(0x80)) == 0;
}

static bool is_high(char byte)
{
    return ((unsigned char)byte & 0x80) != 0;
}

static bool is_plain(char byte)
{
    unsigned char b = (unsigned char)byte;
    return (b >= 0x20 && b != 0x7F) || b == '\n' || b == '\t';
}

/* A run of bytes from 0x80 up is good or bad by itself: no character of UTF-8 mixes them with ASCII.
 * The controls U+0080 to U+009F are C2 80 to C2 9F, and C2 is never anything but a first byte. */
static enum bn_utf8 check_run(const char *run, size_t size, size_t *fault)
{
    const uint8_t *bytes = (const uint8_t *)run;
    const uint8_t *broken = u8_check(bytes, size);
    size_t good = broken == NULL ? size : (size_t)(broken - bytes);
    for (size_t i = 0; i + 1 < good; i++) {
        if (bytes[i] == 0xC2 && bytes[i + 1] < 0xA0) {
            *fault = i;
            return BN_UTF8_CONTROL;
        }
    }
    *fault = good;
    return broken == NULL ? BN_UTF8_GOOD : BN_UTF8_BROKEN;
}

enum bn_utf8 bn_utf8_check(const char *text, size_t size, size_t *offset)
{
    enum bn_utf8 result = BN_UTF8_GOOD;
    size_t at = 0;
    while (at < size) {
        if (size - at >= sizeof(uint64_t) && word_is_plain(text + at)) {
            at += sizeof(uint64_t);
        } else if (!is_high(text[at])) {
            if (!is_plain(text[at])) {
                result = BN_UTF8_CONTROL;
                break;
            }
            at++;
        } else {
            size_t end = at + 1, fault;
            while (end < size && is_high(text[end]))
                end++;
            result = check_run(text + at, end - at, &fault);
            at += fault;
            if (result != BN_UTF8_GOOD)
                break;
        }
    }
    if (result != BN_UTF8_GOOD && offset != NULL)
        *offset = at;
    return result;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t bn_utf8_length(const char *text, size_t size)
{
    /* Eight bytes at a time: a continuation byte has its highest bit set and the next one clear. */
    size_t continuations = 0, i = 0;
    for (; i + sizeof(uint64_t) <= size; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text + i, sizeof word);
        continuations += (size_t)__builtin_popcountll((word >> 7) & ~(word >> 6) & UINT64_C(0x0101010101010101));
    }
    for (; i < size; i++)
        continuations += is_continuation(text[i]);
    return size - continuations;
}

size_t bn_utf8_cut(const char *text, size_t size, size_t size_max)
{
    if (size <= size_max)
        return size;
    size_t cut = size_max;
    while (cut > 0 && is_continuation(text[cut]))
        cut--;
    return size_max - cut < 4 ? cut : size_max; /* further back, and it was no UTF-8 in the first place */
}
