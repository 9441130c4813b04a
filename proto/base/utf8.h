/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: is this text one that every program behind us can take? */
#ifndef BINOME_BASE_UTF8_H
#define BINOME_BASE_UTF8_H

#include <stddef.h>

enum bn_utf8 {
    BN_UTF8_GOOD = 0,
    BN_UTF8_BROKEN,  /* not UTF-8 */
    BN_UTF8_CONTROL, /* U+0000 to U+001F but newline and tab, U+007F to U+009F */
};

/* Looks at size bytes. *offset (may be NULL) is where the first fault lies, in bytes. Plain ASCII is fast. */
enum bn_utf8 bn_utf8_check(const char *text, size_t size, size_t *offset);

/* Number of characters (code points) of a good text. */
size_t bn_utf8_length(const char *text, size_t size);

/* The largest size at most size_max at which text may be cut without splitting a character. */
size_t bn_utf8_cut(const char *text, size_t size, size_t size_max);

#endif
