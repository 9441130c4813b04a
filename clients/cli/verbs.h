/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h: one verb per file; verbs.c puts them into the table, in the order of --help. */
#ifndef BINOME_CLI_VERBS_H
#define BINOME_CLI_VERBS_H

#include "cli/cli.h"

extern const struct bn_verb bn_verb_keygen, bn_verb_profile, bn_verb_org, bn_verb_propose, bn_verb_offer, bn_verb_match,
    bn_verb_status, bn_verb_show, bn_verb_list, bn_verb_stats, bn_verb_import, bn_verb_export, bn_verb_admin,
    bn_verb_verify, bn_verb_completion;

/* Options of offers, proposals and organisations that fill the message; shared by several commands. */
extern const struct bn_option bn_options_proposal[], bn_options_offer[], bn_options_organisation[], bn_options_submit[],
    bn_options_none[];

#endif
