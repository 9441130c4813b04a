/* SPDX-License-Identifier: Apache-2.0 */
/* scalar.h: one text as JSON or YAML, so that it reads back as the same text. Only for this folder.
 *
 * Broken UTF-8 is written as U+FFFD: what leaves here is always good JSON or YAML. */
#ifndef BINOME_TEXT_SCALAR_H
#define BINOME_TEXT_SCALAR_H

#include <stdio.h>

void bn_json_put_text(const char *text, FILE *out);

/* Without a line's end in front; with one behind. indent is that of the key or dash that the text belongs to. */
void bn_yaml_put_text(const char *text, unsigned indent, FILE *out);

#endif
