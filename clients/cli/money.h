/* SPDX-License-Identifier: Apache-2.0 */
/* money.h: amounts as people write them, to and from whole smallest units. */
#ifndef BINOME_CLI_MONEY_H
#define BINOME_CLI_MONEY_H

#include "base/code.h"

#include <stdbool.h>

struct bn_money {
    int64_t minor_units;
    char currency[4]; /* "" = none was written */
};

/* Digits in the smallest unit of a currency: 2 for EUR, 0 for JPY, 3 for KWD. */
unsigned bn_money_decimals(const char *currency);

/* Reads "150000", "1500.50USD", "150k", "2.5M EUR": the first `size` characters. Decimals beyond the currency's are
 * refused. Without a currency `fallback` is used. */
bool bn_money_parse(const char *text, size_t size, const char *fallback, struct bn_money *money);

/* Reads "50k-150kEUR": a currency of the upper amount holds for the lower one. One amount alone is both. */
bool bn_money_parse_range(const char *text, const char *fallback, struct bn_money *min, struct bn_money *max);

enum { BN_MONEY_SIZE = 48 };

/* Writes "150 000 EUR", "1 500.50 USD". */
void bn_money_format(int64_t minor_units, const char *currency, char out[BN_MONEY_SIZE]);

#endif
