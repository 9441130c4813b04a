/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/receipt.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/explain.h"
#include "cli/lang.h"
#include "cli/profile.h"
#include "text/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *bn_time_text(struct bn_cli *cli, const Google__Protobuf__Timestamp *time)
{
    char text[BN_INSTANT_SIZE];
    if (time == NULL || (time->seconds == 0 && time->nanos == 0))
        return "";
    bn_instant_format(bn_instant_ms(time->seconds, time->nanos), text);
    return bn_keep_format(cli, "%.10s %.8s UTC", text, text + 11);
}

void bn_receipt_print(struct bn_cli *cli, const Binome__V1__Receipt *receipt, const char *kept)
{
    char digest[2 * BN_DIGEST_BYTES + 1] = "";
    if (receipt->digest.len == BN_DIGEST_BYTES)
        bn_hex(receipt->digest.data, receipt->digest.len, digest);
    bn_labelled(&cli->screen, _("Id"), receipt->object);
    if (receipt->version > 0)
        bn_labelled(&cli->screen, _("Version"), bn_keep_format(cli, "%" PRIu32, receipt->version));
    bn_labelled(&cli->screen, _("Receipt"),
                bn_keep_format(cli, _("number %" PRIu64 " of the hub's log, recorded on disk at %s"), receipt->sequence,
                               bn_time_text(cli, receipt->recorded_at)));
    bn_labelled(&cli->screen, _("Digest"), digest);
    bn_labelled(&cli->screen, _("Kept in"), kept);
}

static int write_file(struct bn_cli *cli, const char *path, const void *data, size_t size)
{
    struct bn_why why = {"", "", ""};
    enum bn_code code = bn_file_write(path, data, size, 0600, &why);
    return code == BN_OK ? BN_EXIT_DONE : bn_explain_why(cli, code, &why);
}

int bn_receipt_keep(struct bn_cli *cli, const struct bn_args *args, const Binome__V1__Receipt *receipt,
                    const void *body, size_t size, const char **kept)
{
    const char *json_path = bn_args_text(args, "receipt"), *body_path = bn_args_text(args, "body");
    char *folder = bn_keep_format(cli, "%s/receipts", bn_profile_folder(cli));
    char *base = bn_keep_format(cli, "%s/receipt-%s", folder, receipt->request_id);
    char *json = bn_must(bn_message_to_text(&receipt->base, BN_STYLE_JSON_PRETTY));
    struct bn_why why = {"", "", ""};
    int code = BN_EXIT_DONE;
    *kept = bn_keep_format(cli, "%s.json", base);
    enum bn_code made = bn_folder_make(folder, 0700, &why);
    if (made != BN_OK)
        code = bn_explain_why(cli, made, &why);
    else
        code = write_file(cli, *kept, json, strlen(json));
    if (code == BN_EXIT_DONE)
        code = write_file(cli, bn_keep_format(cli, "%s.body", base), body, size);
    if (code == BN_EXIT_DONE && json_path != NULL)
        code = write_file(cli, json_path, json, strlen(json));
    if (code == BN_EXIT_DONE && body_path != NULL)
        code = write_file(cli, body_path, body, size);
    free(json);
    return code;
}
