/* SPDX-License-Identifier: Apache-2.0 */
#include "text/scalar.h"

#include "base/code.h"
#include "base/utf8.h"
#include "text/build.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

enum { WIDTH = 100, LONG_TEXT = 80 };

/* Characters that are legal in neither form as they stand, or that an editor or a terminal would trip over: controls,
 * line and paragraph separators (YAML 1.1 breaks lines there), the byte order mark, non-characters. */
static bool needs_escape(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || (c & 0xFFFE) == 0xFFFE;
}

static void put_escape(ucs4_t c, FILE *out)
{
    if (c > 0xFFFF) /* as a pair of surrogates, the only way JSON has */
        fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF));
    else
        fprintf(out, "\\u%04" PRIx32, c);
}

/* YAML's escapes are JSON's, but for what lies beyond 16 bits. */
static void put_quoted(const char *text, bool yaml, FILE *out)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    fputc('"', out);
    while (at < end) {
        ucs4_t c;
        int size = u8_mbtouc(&c, at, (size_t)(end - at));
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (char)c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c == '\t')
            fputs("\\t", out);
        else if (yaml && c > 0xFFFF && needs_escape(c))
            fprintf(out, "\\U%08" PRIx32, c);
        else if (needs_escape(c))
            put_escape(c, out);
        else if (c == 0xFFFD)
            fputs("\xEF\xBF\xBD", out);
        else
            fwrite(at, 1, (size_t)size, out);
        at += size;
    }
    fputc('"', out);
}

void bn_json_put_text(const char *text, FILE *out)
{
    put_quoted(text, false, out);
}

/* What can stand plain, or in a block: good UTF-8 and nothing to escape; a block may hold line ends and tabs. */
static bool is_clean(const char *text, bool block)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text);
    while (at < end) {
        ucs4_t c;
        int size = u8_mbtoucr(&c, at, (size_t)(end - at));
        if (size <= 0 || (needs_escape(c) && !(block && (c == '\n' || c == '\t'))))
            return false;
        at += size;
    }
    return true;
}

/* Words that this or another reader of YAML takes for something else than text. */
static bool is_loaded_word(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"};
    for (size_t i = 0; i < BN_COUNT(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Made of nothing but what numbers and times of day are made of, in any of YAML's forms: 1_000, 0x1F, 12:30, 1e3. */
static bool is_like_number(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEFxXoO_+-.:") == strlen(text) && strpbrk(text, "0123456789") != NULL;
}

/* Dates are texts here, and a date in quotes looks odd to people. */
static bool is_date(const char *text)
{
    static const char form[] = "0000-00-00";
    size_t i = 0;
    for (; form[i] != '\0'; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return text[i] == '\0';
}

/* A short list of what is surely plain; whatever is not on it is quoted. */
static bool is_plain(const char *text)
{
    size_t size = strlen(text);
    unsigned char first = (unsigned char)text[0];
    bool starts = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9') ||
                  first == '/' || first >= 0xC3;
    return size > 0 && starts && is_clean(text, false) && text[size - 1] != ' ' && text[size - 1] != ':' &&
           strstr(text, ": ") == NULL && strstr(text, " #") == NULL && !is_loaded_word(text) &&
           (is_date(text) || !is_like_number(text));
}

struct shape {
    bool many_lines; /* a line end that is not the last character */
    bool long_line;
    bool blank_starts; /* a line that starts with a blank: folding would keep its line ends */
    size_t ends;       /* line ends at the end */
};

static struct shape shape_of(const char *text)
{
    struct shape shape = {0};
    size_t size = strlen(text);
    while (shape.ends < size && text[size - 1 - shape.ends] == '\n')
        shape.ends++;
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        shape.long_line = shape.long_line || bn_utf8_length(line, length) > LONG_TEXT;
        shape.blank_starts = shape.blank_starts || *line == ' ' || *line == '\t';
        line += length + (line[length] == '\n');
        shape.many_lines = shape.many_lines || (line[-1] == '\n' && *line != '\0');
    }
    return shape;
}

static void put_indent(unsigned indent, FILE *out)
{
    fprintf(out, "%*s", (int)indent, "");
}

/* "-" takes the last line end away, "+" keeps all of them, nothing keeps one. */
static const char *chomping(const struct shape *shape)
{
    return shape->ends == 0 ? "-" : shape->ends == 1 ? "" : "+";
}

static void put_literal(const char *text, const struct shape *shape, unsigned indent, FILE *out)
{
    fprintf(out, "|%s\n", chomping(shape));
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (length > 0)
            put_indent(indent, out);
        fwrite(text, 1, length, out);
        fputc('\n', out);
        text += length + (text[length] == '\n');
    }
}

/* The last blank at which the line may be folded: a single one between two words. 0 when there is none. */
static size_t fold_at(const char *line, size_t length, size_t room)
{
    size_t best = 0, columns = 0;
    for (size_t i = 1; i + 1 < length; i++) {
        columns += ((unsigned char)line[i] & 0xC0) != 0x80;
        bool single =
            line[i] == ' ' && line[i - 1] != ' ' && line[i - 1] != '\t' && line[i + 1] != ' ' && line[i + 1] != '\t';
        if (single && (best == 0 || columns <= room))
            best = i;
        if (best != 0 && columns > room)
            break;
    }
    return best;
}

/* Folded, a line end between words reads back as a blank and an empty line as a line end. */
static void put_folded(const char *text, const struct shape *shape, unsigned indent, FILE *out)
{
    size_t room = indent + 40 > WIDTH ? 40 : WIDTH - indent;
    fprintf(out, ">%s\n", chomping(shape));
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        bool last = text[length] == '\0' || text[length + 1] == '\0';
        while (length > 0) {
            size_t fold = bn_utf8_length(text, length) > room ? fold_at(text, length, room) : 0;
            size_t part = fold == 0 ? length : fold;
            put_indent(indent, out);
            fwrite(text, 1, part, out);
            fputc('\n', out);
            part += fold != 0;
            text += part;
            length -= part;
        }
        if (!last)
            fputc('\n', out);
        text += *text == '\n';
    }
}

void bn_yaml_put_text(const char *text, unsigned indent, FILE *out)
{
    struct shape shape = shape_of(text);
    bool starts_blank = text[0] == '\0' || text[0] == '\n' || text[0] == ' ' || text[0] == '\t';
    bool block = !starts_blank && is_clean(text, true) && (shape.many_lines || shape.ends > 0 || shape.long_line);
    size_t size = strlen(text);
    bool ends_blank = size > 0 && text[size - 1] == ' ';
    if (block && shape.long_line && !shape.blank_starts && !ends_blank && strstr(text, " \n") == NULL) {
        put_folded(text, &shape, indent + 2, out);
    } else if (block && (shape.many_lines || shape.ends > 0)) {
        put_literal(text, &shape, indent + 2, out);
    } else if (is_plain(text)) {
        fputs(text, out);
        fputc('\n', out);
    } else {
        put_quoted(text, true, out);
        fputc('\n', out);
    }
}
