/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/strings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SLOTS_MIN = 64, BYTES_MIN = 1024 };

int bn_grow(void **array, uint32_t *max, uint32_t wanted, size_t size)
{
    if (wanted <= *max)
        return 1;
    uint64_t room = (uint64_t)*max + *max / 2 + 8;
    if (room < wanted)
        room = wanted;
    if (room > UINT32_MAX)
        return 0;
    void *grown = realloc(*array, (size_t)room * size);
    if (grown == NULL)
        return 0;
    *array = grown;
    *max = (uint32_t)room;
    return 1;
}

void bn_strings_start(struct bn_strings *strings)
{
    memset(strings, 0, sizeof *strings);
    if (getrandom(&strings->seed, sizeof strings->seed, GRND_NONBLOCK) != (ssize_t)sizeof strings->seed)
        strings->seed = UINT64_C(0x9E3779B97F4A7C15); /* early at boot: slower against an attacker, never wrong */
}

void bn_strings_finish(struct bn_strings *strings)
{
    free(strings->bytes);
    free(strings->ends);
    free(strings->slots);
    memset(strings, 0, sizeof *strings);
}

void bn_strings_clear(struct bn_strings *strings)
{
    if (strings->count == 0)
        return;
    memset(strings->slots, 0, strings->slot_count * sizeof *strings->slots);
    strings->count = 0;
    strings->bytes_used = 0;
}

size_t bn_strings_bytes(const struct bn_strings *strings)
{
    return strings->bytes_max + strings->count_max * sizeof *strings->ends +
           strings->slot_count * sizeof *strings->slots;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash_of(const struct bn_strings *strings, const char *text, size_t size)
{
    uint64_t hash = strings->seed ^ size, word;
    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = mix(hash ^ word, UINT64_C(0xA0761D6478BD642F));
    }
    word = 0;
    memcpy(&word, text, size);
    hash = mix(hash ^ word, UINT64_C(0xE7037ED1A0B428DB));
    return (uint32_t)(hash ^ (hash >> 32));
}

static size_t start_of(const struct bn_strings *strings, uint32_t number)
{
    return number == 0 ? 0 : strings->ends[number - 1];
}

const char *bn_strings_text(const struct bn_strings *strings, uint32_t number)
{
    return strings->bytes + start_of(strings, number);
}

size_t bn_strings_size(const struct bn_strings *strings, uint32_t number)
{
    return strings->ends[number] - start_of(strings, number) - 1;
}

/* The slot that holds the text, or the free one where it belongs. There is always a free one. */
static uint32_t slot_of(const struct bn_strings *strings, uint32_t hash, const char *text, size_t size)
{
    uint32_t mask = strings->slot_count - 1, at = hash & mask;
    for (;; at = (at + 1) & mask) {
        uint64_t slot = strings->slots[at];
        if (slot == 0)
            return at;
        uint32_t number = (uint32_t)slot - 1;
        if ((uint32_t)(slot >> 32) == hash && bn_strings_size(strings, number) == size &&
            memcmp(bn_strings_text(strings, number), text, size) == 0)
            return at;
    }
}

uint32_t bn_strings_find(const struct bn_strings *strings, const char *text, size_t size)
{
    if (strings->count == 0)
        return BN_STRING_NONE;
    uint64_t slot = strings->slots[slot_of(strings, hash_of(strings, text, size), text, size)];
    return slot == 0 ? BN_STRING_NONE : (uint32_t)slot - 1;
}

static int grow_slots(struct bn_strings *strings)
{
    if (strings->slot_count != 0 && strings->count < strings->slot_count / 4 * 3)
        return 1;
    uint32_t count = strings->slot_count == 0 ? SLOTS_MIN : strings->slot_count * 2;
    uint64_t *slots = count == 0 ? NULL : calloc(count, sizeof *slots);
    if (slots == NULL)
        return 0;
    for (uint32_t i = 0; i < strings->slot_count; i++) {
        uint64_t slot = strings->slots[i];
        if (slot == 0)
            continue;
        uint32_t at = (uint32_t)(slot >> 32) & (count - 1);
        while (slots[at] != 0)
            at = (at + 1) & (count - 1);
        slots[at] = slot;
    }
    free(strings->slots);
    strings->slots = slots;
    strings->slot_count = count;
    return 1;
}

static int grow_bytes(struct bn_strings *strings, size_t wanted)
{
    if (wanted <= strings->bytes_max)
        return 1;
    size_t room = strings->bytes_max + strings->bytes_max / 2 + BYTES_MIN;
    if (room < wanted)
        room = wanted;
    if (wanted > UINT32_MAX)
        return 0;
    char *bytes = realloc(strings->bytes, room);
    if (bytes == NULL)
        return 0;
    strings->bytes = bytes;
    strings->bytes_max = room;
    return 1;
}

uint32_t bn_strings_add(struct bn_strings *strings, const char *text, size_t size)
{
    if (!grow_slots(strings))
        return BN_STRING_NONE;
    uint32_t hash = hash_of(strings, text, size), at = slot_of(strings, hash, text, size);
    if (strings->slots[at] != 0)
        return (uint32_t)strings->slots[at] - 1;
    void *ends = strings->ends;
    if (!grow_bytes(strings, strings->bytes_used + size + 1))
        return BN_STRING_NONE;
    if (!bn_grow(&ends, &strings->count_max, strings->count + 1, sizeof *strings->ends))
        return BN_STRING_NONE;
    strings->ends = ends;
    memcpy(strings->bytes + strings->bytes_used, text, size);
    strings->bytes[strings->bytes_used + size] = '\0';
    strings->bytes_used += size + 1;
    strings->ends[strings->count] = (uint32_t)strings->bytes_used;
    strings->slots[at] = (uint64_t)hash << 32 | (strings->count + 1);
    return strings->count++;
}
