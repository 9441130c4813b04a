/* SPDX-License-Identifier: Apache-2.0 */
/* The programme and its workstreams. */
#include "registry/changes.h"
#include "registry/rules/aggregate.h"

#include <string.h>

enum bn_code bn_change_programme_edit(struct bn_act *act)
{
    const Binome__V1__ProgrammeEdit *edit = act->job->request->programme_edit;
    struct bn_programme row = {0};
    enum bn_code code = bn_store_programme(act->store, &row);
    if (code != BN_OK && code != BN_NOT_FOUND)
        return code;
    uint32_t version = code == BN_OK ? row.version : 0;
    code = bn_rule_version(&act->job->check, "programme_edit.expected_version", edit->expected_version, version, false);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    code = bn_act_accept(act, NULL, 0, version + 1);
    if (code != BN_OK)
        return code;
    row = (struct bn_programme){
        .name = edit->programme->name,
        .version = version + 1,
        .body = act->job->accepted.sequence,
        .recorded_ms = act->now_ms,
    };
    return bn_store_programme_put(act->store, &row);
}

enum bn_code bn_change_workstream_edit(struct bn_act *act)
{
    struct bn_job *job = act->job;
    const Binome__V1__WorkstreamEdit *edit = job->request->workstream_edit;
    const Binome__V1__Workstream *text = edit->workstream;
    struct bn_workstream row = {.is_new = true, .id = job->head.request_id};
    uint32_t number, version = 0, *members;
    enum bn_code code = bn_directory_workstream(act->directory, text->slug, &number);
    if (code == BN_OK) {
        code = bn_store_workstream(act->store, number, &row);
        version = row.version;
        row.is_new = false;
    } else if (code == BN_NOT_FOUND) {
        code = BN_OK;
        if (bn_directory_workstream_count(act->directory) >= BN_WORKSTREAMS_MAX)
            return BN_FAIL(&job->check, BN_RESOURCE_EXHAUSTED, "workstream_edit.workstream.slug",
                           BN_RULE_WORKSTREAM_LIMIT, bn_check_number(&job->check, BN_WORKSTREAMS_MAX));
    }
    if (code == BN_OK)
        code = bn_rule_version(&job->check, "workstream_edit.expected_version", edit->expected_version, version, false);
    if (code != BN_OK)
        return code;
    row.pilot = 0;
    if (text->pilot[0] != '\0') {
        const struct bn_brief *pilot;
        code = bn_act_organisation(act, "workstream_edit.workstream.pilot", text->pilot, &pilot);
        if (code != BN_OK)
            return code;
        row.pilot = pilot->number;
    }
    code = bn_act_organisations(act, "workstream_edit.workstream.members", text->members, text->n_members, &members);
    if (code == BN_OK && row.is_new)
        code = bn_change_id_free(act);
    if (code != BN_OK || job->request->dry_run)
        return code;
    code = bn_act_accept(act, row.is_new ? &row.id : NULL, 0, version + 1);
    if (code != BN_OK)
        return code;
    row.slug = text->slug;
    row.title = text->title;
    row.members = members;
    row.member_count = text->n_members;
    row.version = version + 1;
    row.body = job->accepted.sequence;
    row.recorded_ms = act->now_ms;
    act->directory_changed = true;
    return bn_store_workstream_put(act->store, &row);
}
