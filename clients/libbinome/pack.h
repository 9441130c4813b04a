/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h: a user's request on its way to bytes. */
#ifndef BINOME_LIBBINOME_PACK_H
#define BINOME_LIBBINOME_PACK_H

#include "base/code.h"
#include "binome/binome.h"

enum { BN_SALT_BYTES = 16 };

/* A copy of the user's request that has a salt; the rest is the user's. Not to be moved: it points into itself. */
struct bn_salted {
    Binome__V1__Request request;
    uint8_t salt[BN_SALT_BYTES];
};

/* Fills *salted. BN_INVALID_ARGUMENT with body.no_request, body.salt or body.malformed. */
BN_CHECK enum bn_code bn_salted_make(const Binome__V1__Request *request, struct bn_salted *salted, struct bn_why *why);

/* Fills the user's *error (may be NULL) from *why. Gives the code as the user sees it. */
enum binome_code bn_error_fill(struct binome_error *error, enum bn_code code, const struct bn_why *why);

#endif
