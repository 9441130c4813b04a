/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "cli/explain.h"
#include "cli/form.h"
#include "cli/hub.h"
#include "cli/lang.h"
#include "cli/receipt.h"
#include "cli/render.h"
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 16 << 20 };

static int proof_of(struct bn_cli *cli, const Binome__V1__Receipt *receipt, uint64_t log_size,
                    const Binome__V1__Proof **proof)
{
    Binome__V1__ProofGet get = BINOME__V1__PROOF_GET__INIT;
    struct binome_reply *reply;
    get.of_case = BINOME__V1__PROOF_GET__OF_SEQUENCE;
    get.sequence = receipt->sequence;
    get.log_size = log_size;
    BN_REQUEST(request);
    BN_BODY(request, PROOF_GET, proof_get, &get);
    int code = bn_hub_ask(cli, &request, &reply);
    *proof = code == BN_EXIT_DONE ? reply->reply->proof : NULL;
    return code;
}

static bool same_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* What is wrong, as a sentence; NULL when all fits. Two states of the log are asked for: the one that the receipt
 * names, whose root must be the receipt's own, and the newest. */
static const char *judge(struct bn_cli *cli, const Binome__V1__Receipt *receipt, const char *body, size_t size,
                         const Binome__V1__Proof *then, const Binome__V1__Proof *now)
{
    const Binome__V1__Proof *proofs[] = {then, now};
    for (size_t i = 0; i < BN_COUNT(proofs); i++) {
        switch (binome_verify(receipt, body, size, proofs[i])) {
        case BINOME_PROVEN_IN_LOG:
            break;
        case BINOME_DIGEST_DIFFERS:
            return _("The file is not the message that was receipted: its digest differs.");
        case BINOME_LEAF_DIFFERS:
            return _("The hub's record differs from the receipt.");
        case BINOME_PATH_BROKEN:
            return _("The hub's path does not lead to the root of its log.");
        }
    }
    if (then->log_size != receipt->log_size || !same_bytes(&then->log_root, &receipt->log_root))
        return bn_keep_format(cli, _("The hub's log at size %" PRIu64 " is not the one that the receipt names."),
                              receipt->log_size);
    return NULL;
}

static int tell(struct bn_cli *cli, const Binome__V1__Receipt *receipt, const Binome__V1__Proof *now, const char *wrong)
{
    const char *unsigned_log = _("unsigned: not proof against the hub");
    if (cli->json) {
        fprintf(cli->out, "{\"verified\":%s,\"signed\":false,\"sequence\":\"%" PRIu64 "\",\"log_size\":\"%" PRIu64 "\"",
                wrong == NULL ? "true" : "false", receipt->sequence, now == NULL ? 0 : now->log_size);
        if (wrong != NULL) {
            fputs(",\"wrong\":", cli->out);
            bn_json_string(cli->out, wrong);
        }
        fputs("}\n", cli->out);
        return wrong == NULL ? BN_EXIT_DONE : BN_EXIT_REFUSED;
    }
    if (wrong != NULL)
        return bn_say_error(cli, BN_EXIT_REFUSED,
                            _("Keep receipt and file safe, and ask the operator; compare with the receipts of others."),
                            "%s", wrong);
    bn_receipt_print(cli, receipt, NULL);
    fprintf(cli->out, _("The file is what was sent, and the hub's log of %" PRIu64 " requests holds it.\n"),
            now->log_size);
    fprintf(cli->out, "%s\n", unsigned_log);
    return BN_EXIT_DONE;
}

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    char *body = NULL;
    size_t size = 0;
    struct bn_why why = {"", "", ""};
    const Binome__V1__Proof *then = NULL, *now = NULL;
    Binome__V1__Receipt *receipt =
        (Binome__V1__Receipt *)bn_form_file(cli, &binome__v1__receipt__descriptor, args->words[0], &code);
    if (receipt == NULL)
        return code;
    struct bn_digest digest;
    enum bn_code read = bn_file_read(args->words[1], BODY_BYTES_MAX, &body, &size, &why);
    if (read != BN_OK)
        return bn_explain_why(cli, read, &why);
    bn_digest_of(body, size, &digest);
    /* The digest needs no hub: a wrong file is told at once. */
    ProtobufCBinaryData computed = {sizeof digest.bytes, digest.bytes};
    if (!same_bytes(&receipt->digest, &computed)) {
        free(body);
        return tell(cli, receipt, NULL, _("The file is not the message that was receipted: its digest differs."));
    }
    code = proof_of(cli, receipt, receipt->log_size, &then);
    if (code == BN_EXIT_DONE)
        code = proof_of(cli, receipt, 0, &now);
    if (code == BN_EXIT_DONE && then != NULL && now != NULL)
        code = tell(cli, receipt, now, judge(cli, receipt, body, size, then, now));
    free(body);
    return code;
}

static const struct bn_command commands[] = {
    {"",
     "RECEIPT FILE",
     N_("Checks a receipt (JSON) against the very message that was sent (.body): recomputes the digest and the leaf, "
        "asks "
        "the hub for its record and for the path to the root of its log, both as the log was then and as it is now."),
     2,
     2,
     {bn_options_none},
     run},
};

static const char *const examples[] = {
    "binome verify ~/.config/binome/default/receipts/receipt-0190f4c2-....json "
    "~/.config/binome/default/receipts/receipt-0190f4c2-....body",
    NULL,
};

const struct bn_verb bn_verb_verify = {
    "verify", N_("check a receipt against the hub's log"), commands, BN_COUNT(commands), examples, false};
