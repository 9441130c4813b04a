/* SPDX-License-Identifier: Apache-2.0 */
/* contract.h: the messages that travel or stand in files, from which all others are reached. */
#ifndef BINOME_TESTS_TEXT_CONTRACT_H
#define BINOME_TESTS_TEXT_CONTRACT_H

#include "binome/v1/envelope.pb-c.h"
#include "binome/v1/event.pb-c.h"
#include "binome/v1/link.pb-c.h"
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "binome/v1/stats.pb-c.h"

static const ProtobufCMessageDescriptor *const contract[] = {
    &binome__v1__header__descriptor,       &binome__v1__origin__descriptor,        &binome__v1__request__descriptor,
    &binome__v1__reply__descriptor,        &binome__v1__event__descriptor,         &binome__v1__link__descriptor,
    &binome__v1__stats__descriptor,        &binome__v1__proposal__descriptor,      &binome__v1__offer__descriptor,
    &binome__v1__organisation__descriptor, &binome__v1__programme__descriptor,     &binome__v1__workstream__descriptor,
    &binome__v1__receipt__descriptor,      &binome__v1__status_update__descriptor,
};

enum { CONTRACT = sizeof contract / sizeof contract[0] };

#endif
