/* SPDX-License-Identifier: Apache-2.0 */
/* lang.h: texts in the user's language, by gettext.
 *
 * The language does not depend on which locales the machine has: C.UTF-8 is always there and is enough for gettext. */
#ifndef BINOME_CLI_LANG_H
#define BINOME_CLI_LANG_H

#include <libintl.h>
#include <stdbool.h>

#define _(text)  gettext(text)
#define N_(text) text /* marks a text of a table; it is translated where it is printed */

/* Chooses the language: `wanted` ("fr", "en" or NULL), else LANGUAGE, LC_ALL, LC_MESSAGES, LANG, else English. False
 * when `wanted` is none that we have. */
bool bn_lang_start(const char *wanted);

/* Lends the language in use: "fr" or "en". */
const char *bn_lang(void);

#endif
