/* SPDX-License-Identifier: Apache-2.0 */
/* Words that say nothing about what a text is about, in lower case without accents, sorted by bytes. */
#include "registry/match/words.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const french[] = {
    "a", "afin", "ai", "aient", "aies", "ainsi", "ait", "alors", "apres", "as", "au", "aucun", "aucune",
    "aujourdhui", "auquel", "aura", "aurai", "auraient", "aurais", "aurait", "auras", "aurez", "auriez", "aurions",
    "aurons", "auront", "aussi", "autre", "autres", "aux", "auxquelles", "auxquels", "avaient", "avais", "avait",
    "avant", "avec", "avez", "aviez", "avions", "avoir", "avons", "ayant", "ayez", "ayons", "c", "ca", "car", "ce",
    "ceci", "cela", "celle", "celles", "celui", "cependant", "ces", "cet", "cette", "ceux", "chaque", "chez", "ci",
    "comme", "comment", "d", "dans", "de", "deja", "depuis", "des", "desquelles", "desquels", "donc", "dont", "du",
    "duquel", "durant", "elle", "elles", "en", "encore", "entre", "es", "est", "et", "etaient", "etais", "etait",
    "etant", "ete", "etes", "etiez", "etions", "etre", "eu", "eue", "eues", "eurent", "eus", "eut", "eux", "faire",
    "fait", "faut", "fois", "font", "fumes", "furent", "fus", "fut", "grace", "hors", "ici", "il", "ils", "j", "je",
    "jusqu", "l", "la", "laquelle", "le", "lequel", "les", "lesquelles", "lesquels", "leur", "leurs", "lors",
    "lorsqu", "lorsque", "lui", "m", "ma", "mais", "malgre", "me", "meme", "memes", "mes", "mien", "moi", "moins",
    "mon", "n", "ne", "ni", "non", "nos", "notre", "nous", "on", "ont", "ou", "par", "parce", "parmi", "pas",
    "pendant", "peu", "peut", "peuvent", "plus", "plusieurs", "pour", "pourquoi", "puis", "puisque", "qu", "quand",
    "que", "quel", "quelle", "quelles", "quelque", "quelques", "quels", "qui", "quoi", "s", "sa", "sans", "se",
    "selon", "sera", "serai", "seraient", "serais", "serait", "seras", "serez", "seriez", "serions", "serons",
    "seront", "ses", "si", "sien", "sinon", "soi", "soient", "sois", "soit", "sommes", "son", "sont", "sous",
    "soyez", "soyons", "suis", "sur", "t", "ta", "tandis", "te", "tel", "telle", "telles", "tels", "tes", "toi",
    "ton", "tous", "tout", "toute", "toutes", "tres", "tu", "un", "une", "vers", "via", "voici", "voila", "vos",
    "votre", "vous", "y",
};

static const char *const english[] = {
    "a", "about", "above", "after", "again", "against", "all", "also", "although", "am", "among", "an", "and", "any",
    "are", "aren", "arent", "as", "at", "be", "because", "been", "before", "being", "below", "between", "both",
    "but", "by", "can", "cannot", "cant", "could", "couldn", "couldnt", "d", "did", "didn", "didnt", "do", "does",
    "doesn", "doesnt", "doing", "don", "dont", "down", "during", "each", "either", "etc", "ever", "every", "few",
    "for", "from", "further", "had", "hadn", "hadnt", "has", "hasn", "hasnt", "have", "haven", "havent", "having",
    "he", "her", "here", "hers", "herself", "him", "himself", "his", "how", "however", "i", "if", "im", "in", "into",
    "is", "isn", "isnt", "it", "its", "itself", "ive", "just", "least", "let", "ll", "m", "may", "me", "might",
    "more", "most", "much", "must", "my", "myself", "neither", "no", "nor", "not", "now", "of", "off", "on", "once",
    "only", "onto", "or", "other", "our", "ours", "ourselves", "out", "over", "own", "per", "quite", "rather", "re",
    "s", "same", "shall", "she", "should", "shouldn", "shouldnt", "since", "so", "some", "such", "t", "than", "that",
    "thats", "the", "their", "theirs", "them", "themselves", "then", "there", "therefore", "these", "they", "theyre",
    "this", "those", "though", "through", "thus", "to", "too", "toward", "towards", "under", "until", "up", "upon",
    "us", "ve", "very", "via", "was", "wasn", "wasnt", "we", "well", "were", "weren", "werent", "what", "when",
    "where", "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "within", "without", "won",
    "wont", "would", "wouldn", "wouldnt", "yet", "you", "your", "yours", "yourself", "yourselves",
};
/* clang-format on */

static const struct {
    const char *const *words;
    size_t count;
} tables[BN_LANGS] = {
    [BN_LANG_FR] = {french, BN_COUNT(french)},
    [BN_LANG_EN] = {english, BN_COUNT(english)},
};

struct wanted {
    const char *text;
    size_t size;
};

static int compare(const void *key, const void *member)
{
    const struct wanted *wanted = key;
    const char *word = *(const char *const *)member;
    size_t size = strlen(word);
    int order = memcmp(wanted->text, word, wanted->size < size ? wanted->size : size);
    return order != 0 ? order : (wanted->size > size) - (wanted->size < size);
}

bool bn_word_is_stop(enum bn_lang lang, const char *word, size_t size)
{
    struct wanted wanted = {word, size};
    if (tables[lang].count == 0)
        return false;
    return bsearch(&wanted, tables[lang].words, tables[lang].count, sizeof *tables[lang].words, compare) != NULL;
}
