/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/ranking.h"

const struct bn_field_ranking bn_field_ranking[BN_MATCH_FIELDS] = {
    [BN_MATCH_TITLE] = {.quarters = 12, .query_quarters = 8, .telling = 5, .stops = true},
    [BN_MATCH_SUMMARY] = {.quarters = 5, .query_quarters = 6, .telling = 2},
    [BN_MATCH_DESCRIPTION] = {.quarters = 4, .query_quarters = 4, .telling = 1},
    [BN_MATCH_CAPABILITIES] = {.quarters = 6, .query_quarters = 8, .telling = 4, .stops = true},
    [BN_MATCH_TAGS] = {.quarters = 6, .query_quarters = 6, .telling = 3, .stops = true},
};
