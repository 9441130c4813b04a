/* SPDX-License-Identifier: Apache-2.0 */
/* phase.h: which phase of a proposal may follow which, and who may make the move: one table, printed into
 * docs/phases.md. */
#ifndef BINOME_REGISTRY_RULES_PHASE_H
#define BINOME_REGISTRY_RULES_PHASE_H

#include "registry/record.h"
#include "registry/rules/caller.h"
#include "registry/rules/check.h"

#include <stdio.h>

enum bn_phase_by {
    BN_BY_OWNER = 1,
    BN_BY_PILOT = 2, /* of the proposal's workstream, or the programme's coordination */
    BN_BY_OPERATOR = 4,
};

struct bn_phase_move {
    uint32_t from, to; /* Phase */
    unsigned by;       /* bits of bn_phase_by */
    bool reason;       /* compulsory */
};

const struct bn_phase_move *bn_phase_moves(size_t *count);

/* In which capacities the caller stands to the proposal. acting_owner: the organisation it speaks for. */
unsigned bn_phase_capacity(const struct bn_caller *caller, uint32_t acting_owner, const struct bn_object *proposal);

/* Judges a move. Adds phase.no_such_move (FAILED_PRECONDITION), phase.role (PERMISSION_DENIED) or
 * phase.reason_required. */
enum bn_code bn_rule_phase(struct bn_check *check, const char *field, uint32_t from, uint32_t to, unsigned by,
                           const char *reason);

/* The phase in force on a day: a planned one counts from its day on. */
uint32_t bn_phase_on(const struct bn_object *object, int32_t day);
int32_t bn_phase_since(const struct bn_object *object, int32_t day);

/* Rejected and withdrawn: the text is not revised any more. */
bool bn_phase_closed(uint32_t phase);

/* Lends a phase's short name, "under-review". */
const char *bn_phase_name(uint32_t phase);

void bn_phase_print_markdown(FILE *out);

#endif
