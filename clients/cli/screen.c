/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen.h"

#include "base/code.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <unistr.h>
#include <uniwidth.h>

enum { GAP = 2, WIDTH_MIN = 40, FLEXIBLE_MIN = 12, LABEL_WIDTH = 18, NOTE_INDENT = 7 };

static int width_of(FILE *out, bool terminal)
{
    const char *columns = getenv("COLUMNS");
    if (columns != NULL) {
        long value = strtol(columns, NULL, 10);
        if (value >= WIDTH_MIN && value < 10000)
            return (int)value;
    }
    struct winsize size;
    if (!terminal)
        return 0;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
        return size.ws_col;
    return 80;
}

void bn_screen_start(struct bn_screen *screen, FILE *out)
{
    int descriptor = fileno(out);
    const char *term = getenv("TERM"), *plain = getenv("NO_COLOR");
    screen->out = out;
    screen->terminal = descriptor >= 0 && isatty(descriptor) == 1;
    screen->width = width_of(out, screen->terminal);
    screen->colour = screen->terminal && term != NULL && strcmp(term, "dumb") != 0 && (plain == NULL || *plain == '\0');
}

void bn_colour_on(const struct bn_screen *screen, enum bn_colour colour)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m"};
    if (screen->colour)
        fputs(codes[colour], screen->out);
}

void bn_colour_off(const struct bn_screen *screen)
{
    if (screen->colour)
        fputs("\033[0m", screen->out);
}

/* One character: its bytes, its columns, and whether it must not reach a terminal. Broken bytes count as such. */
static int character(const char *text, int *columns, bool *steers)
{
    ucs4_t code = 0;
    int size = u8_strmbtouc(&code, (const uint8_t *)text);
    *steers = size < 1 || code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
              (code >= 0x2066 && code <= 0x2069);
    if (*steers) {
        *columns = 1;
        return size < 1 ? 1 : size;
    }
    int width = uc_width(code, "UTF-8");
    *columns = width < 0 ? 0 : width;
    return size;
}

int bn_text_width(const char *text)
{
    int total = 0;
    while (*text != '\0') {
        int columns;
        bool steers;
        text += character(text, &columns, &steers);
        total += columns;
    }
    return total;
}

int bn_text_put(FILE *out, const char *text, int width)
{
    bool cut = width >= 0 && bn_text_width(text) > width;
    int room = cut ? width - 1 : width, total = 0;
    while (*text != '\0') {
        int columns;
        bool steers;
        int size = character(text, &columns, &steers);
        if (cut && total + columns > room)
            break;
        if (steers)
            fputc(' ', out);
        else
            fwrite(text, 1, (size_t)size, out);
        text += size;
        total += columns;
    }
    if (cut && width > 0) {
        fputs("…", out);
        total++;
    }
    return total;
}

static void blanks(FILE *out, int count)
{
    for (int i = 0; i < count; i++)
        fputc(' ', out);
}

struct bn_table {
    struct bn_column columns[BN_COLUMNS_MAX];
    size_t column_count;
    char **cells; /* row by row */
    char **notes; /* one a row, or NULL */
    size_t row_count, row_room;
};

struct bn_table *bn_table_create(const struct bn_column *columns, size_t count)
{
    struct bn_table *table = calloc(1, sizeof *table);
    if (table == NULL || count > BN_COLUMNS_MAX) {
        free(table);
        return NULL;
    }
    memcpy(table->columns, columns, count * sizeof *columns);
    table->column_count = count;
    return table;
}

void bn_table_destroy(struct bn_table **table)
{
    if (*table == NULL)
        return;
    for (size_t i = 0; i < (*table)->row_count * (*table)->column_count; i++)
        free((*table)->cells[i]);
    for (size_t i = 0; i < (*table)->row_count; i++)
        free((*table)->notes[i]);
    free((*table)->cells);
    free((*table)->notes);
    free(*table);
    *table = NULL;
}

static bool grow(struct bn_table *table)
{
    size_t room = table->row_room == 0 ? 32 : 2 * table->row_room;
    char **cells = realloc(table->cells, room * table->column_count * sizeof *cells);
    if (cells == NULL)
        return false;
    table->cells = cells;
    char **notes = realloc(table->notes, room * sizeof *notes);
    if (notes == NULL)
        return false;
    table->notes = notes;
    table->row_room = room;
    return true;
}

bool bn_table_row(struct bn_table *table, const char *const *cells)
{
    size_t columns = table->column_count;
    if (table->row_count == table->row_room && !grow(table))
        return false;
    char **row = table->cells + table->row_count * columns;
    bool good = true;
    for (size_t i = 0; i < columns; i++) {
        row[i] = strdup(cells[i] == NULL ? "" : cells[i]);
        good = good && row[i] != NULL;
    }
    if (good) {
        table->notes[table->row_count++] = NULL;
        return true;
    }
    for (size_t i = 0; i < columns; i++)
        free(row[i]);
    return false;
}

bool bn_table_note(struct bn_table *table, const char *text)
{
    char *note = strdup(text);
    if (note == NULL)
        return false;
    free(table->notes[table->row_count - 1]);
    table->notes[table->row_count - 1] = note;
    return true;
}

size_t bn_table_rows(const struct bn_table *table)
{
    return table->row_count;
}

/* Natural widths first; what is too much is taken from the widest flexible column, one column of text at a time. */
static void widths_of(const struct bn_table *table, int screen_width, int *widths)
{
    int total = 0;
    for (size_t c = 0; c < table->column_count; c++) {
        widths[c] = bn_text_width(table->columns[c].heading);
        for (size_t r = 0; r < table->row_count; r++) {
            int width = bn_text_width(table->cells[r * table->column_count + c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        total += widths[c] + (c == 0 ? 0 : GAP);
    }
    while (screen_width > 0 && total > screen_width) {
        size_t widest = BN_COLUMNS_MAX;
        for (size_t c = 0; c < table->column_count; c++)
            if (table->columns[c].flexible && widths[c] > FLEXIBLE_MIN &&
                (widest == BN_COLUMNS_MAX || widths[c] > widths[widest]))
                widest = c;
        if (widest == BN_COLUMNS_MAX)
            return;
        widths[widest]--;
        total--;
    }
}

static void print_row(const struct bn_table *table, const struct bn_screen *screen, const int *widths, char *const *row)
{
    size_t count = table->column_count;
    while (row != NULL && count > 1 && row[count - 1][0] == '\0')
        count--; /* no blanks at the end of a line */
    for (size_t c = 0; c < count; c++) {
        const char *text = row == NULL ? table->columns[c].heading : row[c];
        int width = bn_text_width(text), missing = width > widths[c] ? 0 : widths[c] - width;
        blanks(screen->out, c == 0 ? 0 : GAP);
        if (table->columns[c].right)
            blanks(screen->out, missing);
        bn_text_put(screen->out, text, widths[c]);
        if (!table->columns[c].right && c + 1 < count)
            blanks(screen->out, missing);
    }
    fputc('\n', screen->out);
}

/* The longest start of text that ends at a blank and takes at most `width` columns. A longer word stays whole: it is a
 * digest, a key or a path, and somebody will copy it. */
static size_t line_of(const char *text, int width)
{
    size_t at = 0, blank = 0;
    int total = 0;
    while (text[at] != '\0' && text[at] != '\n') {
        int columns;
        bool steers;
        int size = character(text + at, &columns, &steers);
        if (text[at] == ' ')
            blank = at;
        if (width > 0 && total + columns > width && blank > 0)
            return blank;
        at += (size_t)size;
        total += columns;
    }
    return at;
}

static void wrapped(const struct bn_screen *screen, int indent, bool indented, const char *text)
{
    int width = screen->width > indent + FLEXIBLE_MIN ? screen->width - indent : 0;
    while (*text != '\0') {
        size_t size = line_of(text, width);
        char *line = strndup(text, size);
        if (line == NULL)
            return;
        if (!indented && size > 0)
            blanks(screen->out, indent);
        bn_text_put(screen->out, line, -1);
        fputc('\n', screen->out);
        free(line);
        indented = false;
        text += size;
        if (*text == '\n' || *text == ' ')
            text++;
    }
}

void bn_wrapped(const struct bn_screen *screen, int indent, const char *text)
{
    wrapped(screen, indent, false, text);
}

void bn_labelled(const struct bn_screen *screen, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    bn_colour_on(screen, BN_COLOUR_DIM);
    int width = bn_text_put(screen->out, label, -1);
    bn_colour_off(screen);
    int missing = LABEL_WIDTH - width;
    blanks(screen->out, missing > GAP ? missing : GAP);
    wrapped(screen, LABEL_WIDTH, true, text);
}

void bn_table_print(const struct bn_table *table, const struct bn_screen *screen)
{
    int widths[BN_COLUMNS_MAX];
    widths_of(table, screen->width, widths);
    bn_colour_on(screen, BN_COLOUR_BOLD);
    print_row(table, screen, widths, NULL);
    bn_colour_off(screen);
    for (size_t r = 0; r < table->row_count; r++) {
        print_row(table, screen, widths, table->cells + r * table->column_count);
        if (table->notes[r] != NULL)
            bn_wrapped(screen, NOTE_INDENT, table->notes[r]);
    }
}
