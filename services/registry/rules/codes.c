/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/codes.h"

#include "base/code.h"

#include <ctype.h>
#include <string.h>

/* Sorted texts of a fixed width, back to back: short to read, quick to search. */
static bool listed(const char *list, size_t width, const char *code)
{
    if (strlen(code) != width)
        return false;
    size_t low = 0, high = strlen(list) / width;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(code, list + middle * width, width);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static const char countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
    "DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJM"
    "JOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONP"
    "NRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTO"
    "TRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

static const char languages[] =
    "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdglgngugv"
    "hahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmhmimkmlmnmrmsmtmy"
    "nanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotr"
    "tstttwtyugukuruzvevivowawoxhyiyozazhzu";

static const char currencies[] =
    "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLPCNYCOPCRCCUPCVECZKDJFDKKDOPDZD"
    "EGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBP"
    "LKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSAR"
    "SBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVESVNDVUVWSTXAFXCDXOFXPFYERZAR"
    "ZMW";

bool bn_country_known(const char *code)
{
    return listed(countries, 2, code);
}

bool bn_language_known(const char *code)
{
    return listed(languages, 2, code);
}

bool bn_currency_known(const char *code)
{
    return listed(currencies, 3, code);
}

static const char *const reasons[] = {
    "NOT_RELEVANT",
    "TOO_EARLY",
    "TOO_LATE",
    "NO_BUDGET",
    "CAPACITY",
    "CONFLICT_OF_INTEREST",
    "ALREADY_SOURCED",
    "SECURITY",
    "LEGAL_IP",
    "PURCHASING_RULES",
    "NO_ANSWER",
    "OTHER",
    NULL,
};

bool bn_reason_known(const char *code)
{
    for (size_t i = 0; reasons[i] != NULL; i++)
        if (strcmp(reasons[i], code) == 0)
            return true;
    return false;
}

static bool all_digits(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789") == length;
}

/* Luhn: from the right, every second digit doubled, 9 taken off what exceeds it; the sum is a multiple of 10. */
static bool luhn(const char *digits, size_t length)
{
    int sum = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = digits[length - 1 - i] - '0';
        if (i % 2 == 1) {
            digit *= 2;
            if (digit > 9)
                digit -= 9;
        }
        sum += digit;
    }
    return sum % 10 == 0;
}

bool bn_siren_valid(const char *text)
{
    return all_digits(text, 9) && strcmp(text, "000000000") != 0 && luhn(text, 9);
}

bool bn_siret_valid(const char *text)
{
    if (!all_digits(text, 14) || strncmp(text, "000000000", 9) == 0)
        return false;
    if (luhn(text, 14))
        return true;
    if (strncmp(text, "356000000", 9) != 0)
        return false;
    int sum = 0;
    for (const char *c = text; *c != '\0'; c++)
        sum += *c - '0';
    return sum % 5 == 0;
}

bool bn_lei_valid(const char *text)
{
    if (strlen(text) != 20 || !isdigit((unsigned char)text[18]) || !isdigit((unsigned char)text[19]))
        return false;
    unsigned remainder = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (isdigit((unsigned char)*c))
            remainder = (remainder * 10 + (unsigned)(*c - '0')) % 97;
        else if (*c >= 'A' && *c <= 'Z')
            remainder = (remainder * 100 + (unsigned)(*c - 'A') + 10) % 97;
        else
            return false;
    }
    return remainder == 1;
}

static bool french_vat_valid(const char *digits)
{
    if (!all_digits(digits, 11))
        return strlen(digits) == 11 && bn_siren_valid(digits + 2); /* keys with letters have no published rule */
    unsigned siren = 0;
    for (size_t i = 2; i < 11; i++)
        siren = siren * 10 + (unsigned)(digits[i] - '0');
    unsigned key = (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
    return key == (12 + 3 * (siren % 97)) % 97 && bn_siren_valid(digits + 2);
}

bool bn_vat_valid(const char *text)
{
    char country[3] = "";
    size_t length = strlen(text);
    if (length < 4 || length > 14)
        return false;
    memcpy(country, text, 2);
    if (strcmp(country, "FR") == 0)
        return french_vat_valid(text + 2);
    if (strcmp(country, "EL") != 0 && strcmp(country, "XI") != 0 && !bn_country_known(country))
        return false;
    for (const char *c = text + 2; *c != '\0'; c++)
        if (!isdigit((unsigned char)*c) && !(*c >= 'A' && *c <= 'Z'))
            return false;
    return true;
}

bool bn_activity_valid(const char *nomenclature, const char *code)
{
    bool letter = strcmp(nomenclature, "naf-rev2") == 0 || strcmp(nomenclature, "naf-2025") == 0;
    if (!letter && strcmp(nomenclature, "nace-rev2") != 0)
        return false;
    size_t digits = 0;
    const char *c = code;
    for (; isdigit((unsigned char)*c) || (*c == '.' && digits == 2); c++)
        digits += *c != '.';
    if (digits < 2 || digits > 4 || (c > code && c[-1] == '.'))
        return false;
    if (*c == '\0')
        return true;
    return letter && digits == 4 && *c >= 'A' && *c <= 'Z' && c[1] == '\0';
}
