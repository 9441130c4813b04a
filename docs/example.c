/* SPDX-License-Identifier: Apache-2.0 */
/* Submits a proposal and prints the receipt.
 *   cc example.c $(pkg-config --cflags --libs binome) -o example && ./example PROFILE-FOLDER [WORKSTREAM [TITLE]] */
#include <binome/binome.h>
#include <stdio.h>

static int refused(const struct binome_reply *answer)
{
    const Binome__V1__Error *error = answer->reply->error;
    fprintf(stderr, "%s: %s\n", binome_code_name(answer->code), error->detail);
    for (size_t i = 0; i < error->n_violations; i++)
        fprintf(stderr, "  %s breaks %s\n", error->violations[i]->field, error->violations[i]->rule);
    return 65;
}

static void print(const struct binome_reply *answer)
{
    const Binome__V1__Receipt *receipt = answer->reply->receipt;
    printf("object %s, version %u\n", receipt->object, receipt->version);
    printf("receipt %llu in a log of %llu, digest ", (unsigned long long)receipt->sequence,
           (unsigned long long)receipt->log_size);
    for (size_t i = 0; i < receipt->digest.len; i++)
        printf("%02x", receipt->digest.data[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    struct binome *hub = NULL;
    struct binome_error error;
    if (argc < 2 || binome_open_profile(argv[1], &hub, &error) != BINOME_OK) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: example PROFILE-FOLDER [WORKSTREAM [TITLE]]" : error.detail);
        return argc < 2 ? 64 : 69;
    }
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    proposal.workstream = argc > 2 ? argv[2] : "ai";
    proposal.title = argc > 3 ? argv[3] : "Forecast the load of a charging network";
    proposal.summary = "A model that says an hour ahead where drivers will want to charge.";
    proposal.language = "en";
    proposal.visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    submit.proposal = &proposal;
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;

    struct binome_reply *answer = NULL;
    int status = 0;
    if (binome_call(hub, &request, 10000, &answer) != BINOME_OK)
        status = answer != NULL ? refused(answer) : 70;
    else if (answer->reply->receipt != NULL)
        print(answer);
    binome_reply_free(&answer);
    binome_close(&hub);
    return status;
}
