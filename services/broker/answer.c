/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/answer.h"

#include "binome/v1/reply.pb-c.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_SIZE = 96, NAME_SIZE = 32 };

struct param {
    char name[NAME_SIZE], value[VALUE_SIZE];
    Binome__V1__Param message;
};

/* protobuf-c's members are not const; what is packed only is never written. */
static char *lent(const char *text)
{
    return (char *)(uintptr_t)text;
}

static size_t pack(const Binome__V1__Reply *reply, uint8_t *out)
{
    size_t size = binome__v1__reply__get_packed_size(reply);
    assert(size <= BN_ANSWER_BYTES_MAX);
    return binome__v1__reply__pack(reply, out);
}

/* Takes the names one by one from the rule's table, so that they cannot differ from it. Gives how many there are. */
static size_t params_fill(const struct bn_refusal *refusal, struct param *params, Binome__V1__Param **list)
{
    size_t count = 0;
    const char *names = bn_rule_params(refusal->rule);
    while (*names != '\0') {
        assert(count < BN_ANSWER_PARAMS_MAX);
        struct param *param = &params[count];
        size_t length = strcspn(names, " ");
        assert(length < NAME_SIZE);
        memcpy(param->name, names, length);
        param->name[length] = '\0';
        if (count == 0 && refusal->text != NULL)
            snprintf(param->value, sizeof param->value, "%s", refusal->text);
        else
            snprintf(param->value, sizeof param->value, "%llu", (unsigned long long)refusal->params[count]);
        binome__v1__param__init(&param->message);
        param->message.name = param->name;
        param->message.value = param->value;
        list[count++] = &param->message;
        names += length + (names[length] == ' ');
    }
    return count;
}

size_t bn_answer_refusal(const struct bn_refusal *refusal, uint8_t out[BN_ANSWER_BYTES_MAX])
{
    struct param params[BN_ANSWER_PARAMS_MAX];
    Binome__V1__Param *param_list[BN_ANSWER_PARAMS_MAX];
    Binome__V1__Violation violation = BINOME__V1__VIOLATION__INIT;
    violation.field = lent(refusal->field);
    violation.rule = lent(bn_rule_name(refusal->rule));
    violation.n_params = params_fill(refusal, params, param_list);
    violation.params = param_list;
    Binome__V1__Violation *violations[] = {&violation};
    Binome__V1__Error error = BINOME__V1__ERROR__INIT;
    error.violations = violations;
    error.n_violations = 1;
    error.detail = lent(refusal->detail);
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.error = &error;
    return pack(&reply, out);
}

size_t bn_answer_welcome(const struct bn_welcome *welcome, uint8_t out[BN_ANSWER_BYTES_MAX])
{
    static char version[] = BN_VERSION;
    Binome__V1__Welcome message = BINOME__V1__WELCOME__INIT;
    message.organisation = lent(welcome->organisation);
    message.body_bytes_max = welcome->body_bytes_max;
    message.unanswered_max = welcome->unanswered_max;
    message.heartbeat_ms = welcome->heartbeat_ms;
    message.idle_ms = welcome->idle_ms;
    message.timeout_ms_default = welcome->timeout_ms_default;
    message.timeout_ms_max = welcome->timeout_ms_max;
    message.registry_up = welcome->registry_up;
    message.checkpoint = welcome->checkpoint;
    message.hub_version = version;
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.body_case = BINOME__V1__REPLY__BODY_WELCOME;
    reply.welcome = &message;
    return pack(&reply, out);
}
