/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/profile.h"

#include "base/rule.h"
#include "text/conf_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

const struct bn_conf_key bn_profile_keys[] = {
    {.name = "hub",
     .type = BN_CONF_TEXT,
     .offset = offsetof(struct bn_profile, hub),
     .required = true,
     .help = "where the hub is: tcp://HOST:PORT, or ipc://PATH on its own machine"},
    {.name = "hub_key",
     .type = BN_CONF_TEXT,
     .offset = offsetof(struct bn_profile, hub_key),
     .help = "the hub's public key, 40 characters of z85; only an ipc hub may have none"},
    {.name = "key_file",
     .type = BN_CONF_PATH,
     .offset = offsetof(struct bn_profile, key_file),
     .fallback = "key.secret",
     .help = "file with this company's secret key, mode 0600"},
    {.name = "organisation",
     .type = BN_CONF_TEXT,
     .offset = offsetof(struct bn_profile, organisation),
     .help = "slug of this company, for people; the hub goes by the key"},
    {.name = "stats",
     .type = BN_CONF_TEXT,
     .offset = offsetof(struct bn_profile, stats),
     .help = "the broker's stats socket, ipc://PATH, where this machine has one"},
};
const size_t bn_profile_key_count = BN_COUNT(bn_profile_keys);

enum bn_code bn_profile_load(const char *folder, struct bn_profile *profile, struct bn_why *why)
{
    memset(profile, 0, sizeof *profile);
    char path[PATH_MAX];
    int length = folder != NULL ? snprintf(path, sizeof path, "%s/profile.yaml", folder) : -1;
    if (length < 0 || (size_t)length >= sizeof path)
        return bn_why_set(why, BN_INVALID_ARGUMENT, folder, bn_rule_name(BN_RULE_FILE_FORM),
                          "not the path of a profile folder");
    return bn_conf_load(path, bn_profile_keys, bn_profile_key_count, profile, why);
}

void bn_profile_finish(struct bn_profile *profile)
{
    bn_conf_finish(bn_profile_keys, bn_profile_key_count, profile);
}
