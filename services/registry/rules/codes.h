/* SPDX-License-Identifier: Apache-2.0 */
/* codes.h: code lists and check digits of the outside world. Pure functions over texts. */
#ifndef BINOME_REGISTRY_RULES_CODES_H
#define BINOME_REGISTRY_RULES_CODES_H

#include <stdbool.h>
#include <stddef.h>

bool bn_country_known(const char *code);  /* ISO 3166-1 alpha-2, upper case */
bool bn_language_known(const char *code); /* ISO 639-1, lower case */
bool bn_currency_known(const char *code); /* ISO 4217, currencies in use */
bool bn_reason_known(const char *code);   /* the reason codes of docs/glossary.md */

/* 9 digits, Luhn, not all zero. */
bool bn_siren_valid(const char *text);
/* 14 digits = SIREN + NIC, Luhn; establishments of La Poste (356000000) pass when their digits add up to a multiple
 * of 5. */
bool bn_siret_valid(const char *text);
/* ISO 17442: 18 letters or digits and two check digits, modulo 97-10. */
bool bn_lei_valid(const char *text);
/* A French VAT number has the key (12 + 3 x (SIREN mod 97)) mod 97; of others only country and length are judged. */
bool bn_vat_valid(const char *text);

/* Whether a code has the form of its nomenclature: naf-rev2 and naf-2025 (62.01Z, 6201Z, or a heading above), nace-rev2
 * (62.01 or above). False for an unknown nomenclature. */
bool bn_activity_valid(const char *nomenclature, const char *code);

#endif
