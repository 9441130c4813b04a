/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: replies, as they come from the hub and as the library makes them itself.
 *
 * An answer is the public struct binome_reply with everything on the heap of the process, so that the user frees it
 * with binome_reply_free, whoever made it. Pure functions. */
#ifndef BINOME_LIBBINOME_ANSWER_H
#define BINOME_LIBBINOME_ANSWER_H

#include "base/rule.h"
#include "binome/binome.h"
#include "wire/header.h"

/* Gives the hub's answer. A body that is damaged gives DATA_LOSS body.malformed, a code that is none UNKNOWN, and an
 * error without a reason an empty one. NULL when out of memory. */
struct binome_reply *bn_answer_read(const struct bn_header *header, const void *body, size_t size);

/* Is this an answer to a request of that type? A good one to a query has the member of the query's number; one to a
 * change has none, or that of its object. What this version does not know fits. */
bool bn_answer_fits(const struct binome_reply *answer, uint32_t request_type);

/* Gives an answer of the library's own with one violation; value (may be NULL) is the rule's first parameter. detail is
 * English, for logs. NULL when out of memory. */
struct binome_reply *bn_answer_make(enum bn_code code, enum bn_rule rule, const char *value, const char *detail);

/* The same from what went wrong here. */
struct binome_reply *bn_answer_of_why(enum bn_code code, const struct bn_why *why);

/* Gives another answer with the same code and content; NULL when out of memory. */
struct binome_reply *bn_answer_copy(const struct binome_reply *answer);

/* Is this rule among the answer's violations? */
bool bn_answer_has_rule(const struct binome_reply *answer, enum bn_rule rule);

/* Fills *why (may be NULL) from the answer's first violation and gives its code. */
enum bn_code bn_answer_why(const struct binome_reply *answer, struct bn_why *why);

#endif
