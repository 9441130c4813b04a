/* SPDX-License-Identifier: Apache-2.0 */
/* match_bench: how fast and how large the index is on made-up offers.
 *
 * Words are drawn by Zipf's law from a vocabulary of 50,000; an offer has 40 to 80 of them. Queries are drawn in the
 * same way, with and without the 100 commonest words, which a list of stop words would leave out. Everything follows
 * from the number of the document or query. usage: match_bench [DOCUMENTS [QUERIES]] */
#include "base/clock.h"
#include "registry/match/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOCABULARY = 50000, WORD_ROOM = 16, TEXT_ROOM = 80 * WORD_ROOM, OWNERS = 1000, VISIBILITY_PROGRAMME = 4 };

static char words[VOCABULARY][WORD_ROOM];
static double cumulated[VOCABULARY];

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void vocabulary_make(void)
{
    static const char consonants[] = "bcdfglmnprstv", vowels[] = "aeiou";
    double sum = 0;
    for (uint32_t i = 0; i < VOCABULARY; i++) {
        uint32_t rest = i + 1;
        for (size_t k = 0; k < 8; k += 2) { /* every number its own four syllables: 65^4 are plenty */
            words[i][k] = consonants[rest % 13];
            words[i][k + 1] = vowels[rest / 13 % 5];
            rest = rest * 17 / 65 + i / 7 * (k == 2);
        }
        snprintf(words[i] + 8, WORD_ROOM - 8, "k%c%c%c", (char)('a' + i % 26), (char)('a' + i / 26 % 26),
                 (char)('a' + i / 676 % 26));
        sum += 1.0 / (i + 1);
        cumulated[i] = sum;
    }
    for (uint32_t i = 0; i < VOCABULARY; i++)
        cumulated[i] /= sum;
}

static uint32_t word_draw(uint64_t *state)
{
    double at = (double)(next_random(state) >> 11) / 9007199254740992.0;
    uint32_t low = 0, high = VOCABULARY - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cumulated[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void text_draw(uint64_t seed, unsigned count, uint32_t commonest, char text[TEXT_ROOM])
{
    size_t used = 0;
    for (unsigned i = 0; i < count;) {
        uint32_t word = word_draw(&seed);
        if (word < commonest)
            continue;
        used += (size_t)snprintf(text + used, TEXT_ROOM - used, "%s ", words[word]);
        i++;
    }
}

static void load(struct bn_match *match, uint32_t documents)
{
    char text[TEXT_ROOM];
    uint64_t start = bn_clock_mono_ns();
    size_t bytes = 0;
    for (uint32_t i = 1; i <= documents; i++) {
        text_draw(i, 40 + i % 41, 0, text);
        bytes += strlen(text);
        const char *sector = words[i % 20];
        struct bn_match_doc doc = {
            .number = i,
            .kind = BN_MATCH_OFFER,
            .owner = 1 + i % OWNERS,
            .version = 1,
            .visibility = VISIBILITY_PROGRAMME,
            .workstreams = UINT64_C(1) << (i % 5),
            .sectors = {&sector, 1},
            .country = "FR",
            .language = "fr",
        };
        doc.texts[BN_MATCH_DESCRIPTION] = text;
        if (bn_match_put(match, &doc) != BN_OK) {
            fputs("out of memory\n", stderr);
            exit(EXIT_FAILURE);
        }
    }
    double taken = (double)(bn_clock_mono_ns() - start) / 1e9;
    struct bn_match_figures figures;
    bn_match_figures_take(match, &figures);
    printf("documents %llu, %.0f a second, %.1f MB of text a second, %.0f bytes each, %.1f bytes a posting\n",
           (unsigned long long)figures.documents, documents / taken, (double)bytes / taken / 1e6,
           (double)figures.bytes / documents, (double)figures.bytes / (double)figures.postings);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void ask(struct bn_match *match, const char *name, unsigned words_min, unsigned words_span, uint32_t commonest,
                bool filtered, uint32_t queries)
{
    const struct bn_view view = {.organisation = OWNERS + 1, .seen = {1U << VISIBILITY_PROGRAMME}};
    static struct bn_match_answer answer;
    double *taken = malloc(queries * sizeof *taken);
    uint64_t candidates = 0;
    for (uint32_t i = 0; i < queries && taken != NULL; i++) {
        char text[TEXT_ROOM];
        const char *sector = words[i % 20];
        text_draw(UINT64_C(0xDEAD0000) + i, words_min + i % (words_span + 1), commonest, text);
        struct bn_match_query query = {.target = BN_MATCH_OFFER,
                                       .text = text,
                                       .text_language = "fr",
                                       .view = &view,
                                       .sectors = {&sector, filtered ? 1 : 0},
                                       .limit = 10};
        uint64_t start = bn_clock_mono_ns();
        enum bn_code code = bn_match_find(match, &query, &answer);
        taken[i] = (double)(bn_clock_mono_ns() - start) / 1e9;
        candidates += code == BN_OK ? answer.candidates : 0;
    }
    if (taken == NULL || queries == 0)
        return;
    qsort(taken, queries, sizeof *taken, by_value);
    printf("%-28s p50 %.3f ms, p99 %.3f ms, %.0f candidates\n", name, taken[queries / 2] * 1e3,
           taken[(uint64_t)queries * 99 / 100] * 1e3, (double)candidates / queries);
    free(taken);
}

int main(int argc, char **argv)
{
    uint32_t documents = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    uint32_t queries = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 2000;
    struct bn_match *match = bn_match_create();
    if (match == NULL || documents == 0)
        return EXIT_FAILURE;
    vocabulary_make();
    load(match, documents);
    ask(match, "3 words", 3, 0, 100, false, queries);
    ask(match, "3 words, any", 3, 0, 0, false, queries);
    ask(match, "8 to 20 words", 8, 12, 100, false, queries);
    ask(match, "8 to 20 words, any", 8, 12, 0, false, queries);
    ask(match, "8 to 20 words, one sector", 8, 12, 100, true, queries);
    ask(match, "60 words, any", 60, 0, 0, false, queries);
    bn_match_destroy(&match);
    return EXIT_SUCCESS;
}
