/* SPDX-License-Identifier: Apache-2.0 */
/* strings.h: texts with small numbers: each distinct text is kept once and numbered from 0 in the order of coming.
 *
 * In place: start, finish. A text's pointer is good until the next text is added. The hash is seeded by the system's
 * randomness, so that nobody can write words that all fall together; nothing that leaves the index depends on it. */
#ifndef BINOME_REGISTRY_MATCH_STRINGS_H
#define BINOME_REGISTRY_MATCH_STRINGS_H

#include "base/code.h"

#define BN_STRING_NONE UINT32_MAX

struct bn_strings {
    char *bytes; /* all texts, a NUL behind each */
    size_t bytes_used, bytes_max;
    uint32_t *ends; /* of each text's NUL, exclusive */
    uint32_t count, count_max;
    uint64_t *slots; /* upper half: of the hash; lower half: number + 1; 0 = free */
    uint32_t slot_count;
    uint64_t seed;
};

void bn_strings_start(struct bn_strings *strings);
void bn_strings_finish(struct bn_strings *strings);

/* The number of a text, BN_STRING_NONE when it is not there. */
uint32_t bn_strings_find(const struct bn_strings *strings, const char *text, size_t size);

/* Finds or adds. BN_STRING_NONE: out of memory, and nothing was added. */
uint32_t bn_strings_add(struct bn_strings *strings, const char *text, size_t size);

const char *bn_strings_text(const struct bn_strings *strings, uint32_t number);
size_t bn_strings_size(const struct bn_strings *strings, uint32_t number);

/* Forgets all texts, keeps the memory. */
void bn_strings_clear(struct bn_strings *strings);

/* Memory held. */
size_t bn_strings_bytes(const struct bn_strings *strings);

/* Room for at least `wanted` members of `size` bytes in *array, which holds *max: grows by half at least.
 * False: out of memory, nothing changed. */
BN_CHECK int bn_grow(void **array, uint32_t *max, uint32_t wanted, size_t size);

#endif
