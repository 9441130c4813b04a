/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h: tables and labelled texts for people, as wide as the terminal; widths are columns, not bytes.
 *
 * Where the output is no terminal nothing is cut, unless COLUMNS says how wide it is, and nothing is coloured. */
#ifndef BINOME_CLI_SCREEN_H
#define BINOME_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct bn_screen {
    FILE *out;
    int width; /* 0 = unlimited */
    bool terminal, colour;
};

void bn_screen_start(struct bn_screen *screen, FILE *out);

/* Columns that a text takes. */
int bn_text_width(const char *text);

/* Writes text with everything that could steer a terminal replaced by blanks (newlines too), cut to `width` columns
 * with an ellipsis (width < 0 = not cut). Gives the columns written. */
int bn_text_put(FILE *out, const char *text, int width);

enum bn_colour { BN_COLOUR_NONE, BN_COLOUR_BOLD, BN_COLOUR_DIM, BN_COLOUR_RED, BN_COLOUR_GREEN, BN_COLOUR_YELLOW };
void bn_colour_on(const struct bn_screen *screen, enum bn_colour colour);
void bn_colour_off(const struct bn_screen *screen);

struct bn_column {
    const char *heading; /* translated */
    bool right;          /* numbers */
    bool flexible;       /* gives way when the table is too wide */
};

enum { BN_COLUMNS_MAX = 10 };
struct bn_table;

/* NULL when out of memory. */
struct bn_table *bn_table_create(const struct bn_column *columns, size_t count);
void bn_table_destroy(struct bn_table **table);

/* Adds a row of as many texts as there are columns (copied; NULL = empty). False when out of memory. */
bool bn_table_row(struct bn_table *table, const char *const *cells);

/* Puts a text under the last row, which is there; copied, wrapped. False when out of memory. */
bool bn_table_note(struct bn_table *table, const char *text);

size_t bn_table_rows(const struct bn_table *table);
void bn_table_print(const struct bn_table *table, const struct bn_screen *screen);

/* Prints "Label      text", wrapped under itself; nothing when text is NULL or empty. */
void bn_labelled(const struct bn_screen *screen, const char *label, const char *text);

/* Prints text wrapped at the width, each line after `indent` blanks. Newlines of the text stay. */
void bn_wrapped(const struct bn_screen *screen, int indent, const char *text);

#endif
