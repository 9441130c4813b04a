/* SPDX-License-Identifier: Apache-2.0 */
/* conf_file.h: a YAML file into a program's configuration struct, by its table (base/conf.h). */
#ifndef BINOME_TEXT_CONF_FILE_H
#define BINOME_TEXT_CONF_FILE_H

#include "base/conf.h"

/* Fills *conf (zeroed by the caller) with fallbacks, then with what the file says. An unknown key, a wrong value, a
 * missing required key, a duplicate or an alias is refused; why->field is "FILE:LINE", or "FILE" where there is no
 * line. On anything but BN_OK *conf is finished (all texts freed). */
BN_CHECK enum bn_code bn_conf_load(const char *path, const struct bn_conf_key *keys, size_t count, void *conf,
                                   struct bn_why *why);

/* Reads the file again into *conf: keys that reload get the new values, others stay; *waiting counts changed keys that
 * wait for a restart. On anything but BN_OK *conf is as before. */
BN_CHECK enum bn_code bn_conf_reload(const char *path, const struct bn_conf_key *keys, size_t count, void *conf,
                                     size_t *waiting, struct bn_why *why);

#endif
