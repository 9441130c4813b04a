/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h: a profile folder: FOLDER/profile.yaml says which hub, which keys, and for whom. */
#ifndef BINOME_LIBBINOME_PROFILE_H
#define BINOME_LIBBINOME_PROFILE_H

#include "base/conf.h"

struct bn_profile {
    char *hub;          /* tcp://HOST:PORT, or ipc://PATH */
    char *hub_key;      /* z85; NULL = ipc without CURVE */
    char *key_file;     /* path of the secret key */
    char *organisation; /* slug, for people; the hub goes by the key. May be NULL */
    char *stats;        /* ipc://PATH of the broker's stats socket; NULL = none */
};

/* The table behind profile.yaml. */
extern const struct bn_conf_key bn_profile_keys[];
extern const size_t bn_profile_key_count;

/* Reads FOLDER/profile.yaml. On anything but BN_OK *profile is empty and *why names file, line and rule. */
BN_CHECK enum bn_code bn_profile_load(const char *folder, struct bn_profile *profile, struct bn_why *why);

/* Frees its texts. */
void bn_profile_finish(struct bn_profile *profile);

#endif
