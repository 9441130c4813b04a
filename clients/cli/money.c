/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

unsigned bn_money_decimals(const char *currency)
{
    static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    static const char three[] = "BHD IQD JOD KWD LYD OMR TND";
    if (strlen(currency) != 3)
        return 2;
    if (strstr(none, currency) != NULL)
        return 0;
    return strstr(three, currency) != NULL ? 3 : 2;
}

struct digits {
    uint64_t whole;     /* all digits as one number */
    unsigned fraction;  /* how many of them stand behind the point */
    unsigned magnitude; /* 0, 3 for k, 6 for M */
};

static bool read_digits(const char **at, const char *end, struct digits *digits)
{
    bool point = false, any = false;
    for (; *at < end; (*at)++) {
        char c = **at;
        if (isdigit((unsigned char)c)) {
            uint64_t digit = (uint64_t)(c - '0');
            if (digits->whole > (UINT64_MAX - digit) / 10)
                return false;
            digits->whole = digits->whole * 10 + digit;
            digits->fraction += point ? 1 : 0;
            any = true;
        } else if ((c == '.' || c == ',') && !point) {
            point = true;
        } else if (c != ' ' && c != '_') {
            break;
        }
    }
    if (*at < end && (**at == 'k' || **at == 'M')) {
        digits->magnitude = **at == 'k' ? 3 : 6;
        (*at)++;
    }
    return any;
}

static bool read_currency(const char *at, const char *end, const char *fallback, char currency[4])
{
    while (at < end && *at == ' ')
        at++;
    if (at == end) {
        snprintf(currency, 4, "%s", fallback);
        return true;
    }
    if (end - at != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        if (!isalpha((unsigned char)at[i]))
            return false;
        currency[i] = (char)toupper((unsigned char)at[i]);
    }
    currency[3] = '\0';
    return true;
}

bool bn_money_parse(const char *text, size_t size, const char *fallback, struct bn_money *money)
{
    struct digits digits = {0, 0, 0};
    const char *at = text, *end = text + size;
    if (!read_digits(&at, end, &digits) || !read_currency(at, end, fallback, money->currency))
        return false;
    int shift = (int)(bn_money_decimals(money->currency) + digits.magnitude) - (int)digits.fraction;
    uint64_t units = digits.whole;
    for (; shift > 0; shift--) {
        if (units > (uint64_t)INT64_MAX / 10)
            return false;
        units *= 10;
    }
    for (; shift < 0; shift++) {
        if (units % 10 != 0)
            return false;
        units /= 10;
    }
    if (units > (uint64_t)INT64_MAX)
        return false;
    money->minor_units = (int64_t)units;
    return true;
}

bool bn_money_parse_range(const char *text, const char *fallback, struct bn_money *min, struct bn_money *max)
{
    const char *hyphen = strchr(text, '-');
    if (hyphen == NULL) {
        if (!bn_money_parse(text, strlen(text), fallback, max))
            return false;
        *min = *max;
        return true;
    }
    return bn_money_parse(hyphen + 1, strlen(hyphen + 1), fallback, max) &&
           bn_money_parse(text, (size_t)(hyphen - text), max->currency, min);
}

void bn_money_format(int64_t minor_units, const char *currency, char out[BN_MONEY_SIZE])
{
    unsigned decimals = bn_money_decimals(currency);
    uint64_t scale = 1, units = minor_units < 0 ? 0 - (uint64_t)minor_units : (uint64_t)minor_units;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    char digits[24], grouped[32];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, units / scale), written = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            grouped[written++] = ' ';
        grouped[written++] = digits[i];
    }
    grouped[written] = '\0';
    const char *sign = minor_units < 0 ? "-" : "";
    if (units % scale == 0)
        snprintf(out, BN_MONEY_SIZE, "%s%s %.3s", sign, grouped, currency);
    else
        snprintf(out, BN_MONEY_SIZE, "%s%s.%0*" PRIu64 " %.3s", sign, grouped, (int)decimals, units % scale, currency);
}
