/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <string.h>

const struct bn_verb *const bn_verbs[] = {
    &bn_verb_keygen, &bn_verb_profile, &bn_verb_org,        &bn_verb_propose,
    &bn_verb_offer,  &bn_verb_match,   &bn_verb_status,     &bn_verb_show,
    &bn_verb_list,   &bn_verb_stats,   &bn_verb_import,     &bn_verb_export,
    &bn_verb_admin,  &bn_verb_verify,  &bn_verb_completion, NULL,
};

const struct bn_verb *bn_verb_find(const char *name)
{
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++)
        if (strcmp((*verb)->name, name) == 0)
            return *verb;
    return NULL;
}
