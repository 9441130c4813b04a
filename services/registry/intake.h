/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h: the registry's loop: takes what waits from brokers, judges its form, passes queries to the readers and the
 * matcher, writes everything else in one commit, and only then sends the answers, in one burst. */
#ifndef BINOME_REGISTRY_INTAKE_H
#define BINOME_REGISTRY_INTAKE_H

#include "registry/config.h"

struct bn_intake;

/* Binds the link, opens the store (migrations, checks) and starts the threads. *config is lent until destroy;
 * config_path is read again on SIGHUP. */
BN_CHECK enum bn_code bn_intake_create(const char *config_path, struct bn_registry_config *config,
                                       struct bn_intake **intake, struct bn_why *why);
void bn_intake_destroy(struct bn_intake **intake);

/* Serves until SIGTERM or SIGINT. */
BN_CHECK enum bn_code bn_intake_run(struct bn_intake *intake);

#endif
