/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ids.h"

#include "base/rule.h"
#include "cli/explain.h"
#include "cli/lang.h"
#include "cli/pages.h"

#include <ctype.h>
#include <string.h>

enum { ID_CHARACTERS = 36, ID_DIGITS = 32, PART_MIN = 8 };

const char *bn_id_shown(const struct bn_cli *cli, const char *id)
{
    size_t size = strlen(id);
    return cli->screen.width > 0 && size == ID_CHARACTERS ? id + size - PART_MIN : id;
}

/* The digits of a text, in lower case. Gives how many; 0 when it holds anything else than digits and hyphens, or too
 * many of them. */
static size_t digits_of(const char *text, char digits[ID_DIGITS + 1])
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-')
            continue;
        if (!isxdigit((unsigned char)*text) || count == ID_DIGITS)
            return 0;
        digits[count++] = (char)tolower((unsigned char)*text);
    }
    digits[count] = '\0';
    return count;
}

bool bn_id_is_part(const char *text)
{
    char digits[ID_DIGITS + 1];
    size_t count = digits_of(text, digits);
    return count >= PART_MIN && count < ID_DIGITS;
}

bool bn_id_fits(const char *id, const char *part)
{
    char whole[ID_DIGITS + 1], digits[ID_DIGITS + 1];
    size_t count = digits_of(part, digits);
    return count > 0 && digits_of(id, whole) == ID_DIGITS &&
           (memcmp(whole, digits, count) == 0 || memcmp(whole + ID_DIGITS - count, digits, count) == 0);
}

/* What fits so far. */
struct found {
    const char *part;
    const char *ids[2], *titles[2]; /* the first two */
    size_t count;
};

static void note(struct found *found, const char *id, const char *title)
{
    if (!bn_id_fits(id, found->part))
        return;
    if (found->count < BN_COUNT(found->ids)) {
        found->ids[found->count] = id;
        found->titles[found->count] = title;
    }
    found->count++;
}

static int look_in_proposals(struct bn_cli *cli, struct found *found)
{
    Binome__V1__ProposalList list = BINOME__V1__PROPOSAL_LIST__INIT;
    struct bn_pages pages;
    BN_REQUEST(request);
    BN_BODY(request, PROPOSAL_LIST, proposal_list, &list);
    int code = bn_pages_gather(cli, &request, 0, &pages);
    for (size_t i = 0; code == BN_EXIT_DONE && i < pages.count; i++) {
        const Binome__V1__Proposal *proposal = (const Binome__V1__Proposal *)pages.objects[i];
        note(found, proposal->id, proposal->title);
    }
    return code;
}

static int look_in_offers(struct bn_cli *cli, struct found *found)
{
    Binome__V1__OfferList list = BINOME__V1__OFFER_LIST__INIT;
    struct bn_pages pages;
    BN_REQUEST(request);
    BN_BODY(request, OFFER_LIST, offer_list, &list);
    int code = bn_pages_gather(cli, &request, 0, &pages);
    for (size_t i = 0; code == BN_EXIT_DONE && i < pages.count; i++) {
        const Binome__V1__Offer *offer = (const Binome__V1__Offer *)pages.objects[i];
        note(found, offer->id, offer->title);
    }
    return code;
}

static int absent(struct bn_cli *cli, const char *word)
{
    struct bn_why why;
    Binome__V1__Param param = BINOME__V1__PARAM__INIT, *params = &param;
    param.name = bn_keep(cli, "id");
    param.value = bn_keep(cli, word);
    bn_why_set(&why, BN_NOT_FOUND, _("command line"), bn_rule_name(BN_RULE_OBJECT_ABSENT), "%s", "");
    return bn_explain_params(cli, BN_NOT_FOUND, &why, (const Binome__V1__Param *const *)&params, 1);
}

int bn_id_find(struct bn_cli *cli, const char *word, unsigned kinds, bool absent_is_fine, char **id)
{
    struct found found = {.part = word};
    int code = BN_EXIT_DONE;
    *id = NULL;
    if (!bn_id_is_part(word)) {
        *id = bn_keep(cli, word); /* the hub says what is wrong with it */
        return BN_EXIT_DONE;
    }
    if ((kinds & BN_ID_PROPOSAL) != 0)
        code = look_in_proposals(cli, &found);
    if (code == BN_EXIT_DONE && (kinds & BN_ID_OFFER) != 0)
        code = look_in_offers(cli, &found);
    if (code != BN_EXIT_DONE)
        return code;
    if (found.count == 0)
        return absent_is_fine ? BN_EXIT_DONE : absent(cli, word);
    if (found.count > 1)
        return bn_say_error(cli, BN_EXIT_REFUSED, _("Give more digits of the one that you mean."),
                            _("\"%s\" fits %zu objects, such as %s (%s) and %s (%s)"), word, found.count, found.ids[0],
                            found.titles[0], found.ids[1], found.titles[1]);
    *id = bn_keep(cli, found.ids[0]);
    return BN_EXIT_DONE;
}
