/* SPDX-License-Identifier: Apache-2.0 */
/* support.h: one-line setup for the tests of the library. */
#ifndef BINOME_TESTS_LIBBINOME_SUPPORT_H
#define BINOME_TESTS_LIBBINOME_SUPPORT_H

#include "fake_hub.h"
#include "test.h"

/* A key file of this process, made once. */
static inline const char *a_key_file(void)
{
    static const char *path;
    if (path == NULL) {
        struct bn_keypair pair;
        assert_int_equal(bn_random_start(), BN_OK);
        bn_keypair_make(&pair);
        path = strdup(test_path(test_folder(), "key.secret"));
        assert_int_equal(bn_keyfile_write(path, &pair, NULL), BN_OK);
    }
    return path;
}

static inline struct binome_options options_for(const struct fake_hub *hub)
{
    struct binome_options options = BINOME_OPTIONS_INIT;
    options.endpoint = fake_hub_endpoint(hub);
    options.server_key = fake_hub_key(hub);
    options.secret_key_file = a_key_file();
    return options;
}

static inline struct binome *connected_to(const struct fake_hub *hub)
{
    struct binome_options options = options_for(hub);
    struct binome *connection = NULL;
    struct binome_error error = {"", "", ""};
    if (binome_open(&options, &connection, &error) != BINOME_OK)
        fail_msg("%s: %s", error.rule, error.detail);
    return connection;
}

/* A request that changes something; lent until the next call. */
static inline Binome__V1__Request *a_proposal(const char *title)
{
    static Binome__V1__Proposal proposal;
    static Binome__V1__ProposalSubmit submit;
    static Binome__V1__Request request;
    binome__v1__proposal__init(&proposal);
    binome__v1__proposal_submit__init(&submit);
    binome__v1__request__init(&request);
    proposal.title = (char *)(uintptr_t)title;
    submit.proposal = &proposal;
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;
    return &request;
}

static inline const char *rule_of(const struct binome_reply *reply)
{
    const Binome__V1__Error *error = reply->reply->error;
    return error != NULL && error->n_violations > 0 ? error->violations[0]->rule : "";
}

#endif
