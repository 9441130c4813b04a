/* SPDX-License-Identifier: Apache-2.0 */
/* rule.h: the one table of rules that a request, a file or a connection can break.
 *
 * A rule's name travels in Violation.rule; its parameters in Violation.params, in the order given here. The sentence
 * that a person reads is made at the client, in the person's language (clients/cli/explain.c has one for each).
 * Names are never changed or used again. */
#ifndef BINOME_BASE_RULE_H
#define BINOME_BASE_RULE_H

#include <stddef.h>

/* X(identifier, "name", "parameters, blank separated") */
#define BN_RULES(X)                                                   \
    /* form of a single field */                                      \
    X(FIELD_REQUIRED, "field.required", "")                           \
    X(FIELD_NOT_ALLOWED, "field.not_allowed", "")                     \
    X(TEXT_TOO_LONG, "text.too_long", "max actual")                   \
    X(TEXT_TOO_SHORT, "text.too_short", "min actual")                 \
    X(TEXT_NOT_UTF8, "text.not_utf8", "offset")                       \
    X(TEXT_CONTROL, "text.control_character", "offset")               \
    X(LIST_TOO_LONG, "list.too_long", "max actual")                   \
    X(LIST_DUPLICATE, "list.duplicate", "value")                      \
    X(NUMBER_RANGE, "number.out_of_range", "min max actual")          \
    X(ENUM_UNKNOWN, "enum.unknown", "value")                          \
    X(SLUG_FORM, "slug.wrong_form", "value")                          \
    X(ID_FORM, "id.wrong_form", "value")                              \
    X(DATE_FORM, "date.wrong_form", "value")                          \
    X(DATE_RANGE, "date.out_of_range", "min max value")               \
    X(DATE_ORDER, "date.wrong_order", "first last")                   \
    X(COUNTRY_UNKNOWN, "country.unknown", "value")                    \
    X(LANGUAGE_UNKNOWN, "language.unknown", "value")                  \
    X(CURRENCY_UNKNOWN, "currency.unknown", "value")                  \
    X(CURRENCY_MIXED, "currency.mixed", "first second")               \
    X(AMOUNT_ORDER, "amount.wrong_order", "min max")                  \
    X(SIREN_INVALID, "siren.invalid", "value")                        \
    X(SIRET_INVALID, "siret.invalid", "value")                        \
    X(IDENTIFIER_INVALID, "identifier.invalid", "scheme value")       \
    X(ACTIVITY_INVALID, "activity.invalid", "nomenclature code")      \
    X(TRL_ORDER, "trl.wrong_order", "now target")                     \
    X(EMAIL_FORM, "email.wrong_form", "value")                        \
    X(KEY_FORM, "key.wrong_form", "")                                 \
    X(TAG_FORM, "tag.wrong_form", "value")                            \
    X(URL_FORM, "url.wrong_form", "value")                            \
    X(REASON_UNKNOWN, "reason.unknown", "value")                      \
    X(PAGE_TOKEN, "page.token_invalid", "")                           \
    /* frames and bodies */                                           \
    X(FRAME_COUNT, "frame.wrong_count", "expected actual")            \
    X(HEADER_MALFORMED, "header.malformed", "")                       \
    X(HEADER_TOO_LONG, "header.too_long", "max actual")               \
    X(HEADER_VERSION, "header.version_unsupported", "min max actual") \
    X(HEADER_KIND, "header.kind_unexpected", "kind")                  \
    X(HEADER_REQUEST_ID, "header.request_id", "expected actual")      \
    X(HEADER_TYPE, "header.type", "header body")                      \
    X(BODY_TOO_LONG, "body.too_long", "max actual")                   \
    X(BODY_MALFORMED, "body.malformed", "")                           \
    X(BODY_EMPTY, "body.no_request", "")                              \
    X(BODY_UNKNOWN_REQUEST, "body.unknown_request", "type")           \
    X(BODY_TOO_COMPLEX, "body.too_complex", "what max")               \
    X(BODY_SALT, "body.salt", "expected actual")                      \
    /* who, what, when */                                             \
    X(SESSION_NO_HELLO, "session.no_hello", "")                       \
    X(SESSION_CLOCK, "session.clock_off", "seconds max")              \
    X(KEY_UNKNOWN, "key.unknown", "")                                 \
    X(KEY_REVOKED, "key.revoked", "")                                 \
    X(KEY_EXPIRED, "key.expired", "")                                 \
    X(KEY_ROLE, "key.role", "role")                                   \
    X(KEY_TAKEN, "key.taken", "")                                     \
    X(KEY_LAST, "key.last_of_operator", "")                           \
    X(ORGANISATION_SUSPENDED, "organisation.suspended", "")           \
    X(ORGANISATION_LEFT, "organisation.left", "")                     \
    X(ORGANISATION_UNKNOWN, "organisation.unknown", "value")          \
    X(ORGANISATION_TAKEN, "organisation.slug_taken", "value")         \
    X(ORGANISATION_STATE, "organisation.state", "state")              \
    X(IDENTIFIER_TAKEN, "identifier.taken", "scheme value")           \
    X(WORKSTREAM_UNKNOWN, "workstream.unknown", "value")              \
    X(WORKSTREAM_LIMIT, "workstream.limit", "max")                    \
    X(ON_BEHALF_OPERATOR, "on_behalf_of.operator_only", "")           \
    X(OPERATOR_ONLY, "role.operator_only", "")                        \
    X(OWNER_ONLY, "role.owner_only", "")                              \
    X(ROLE_NOT_ALLOWED, "role.not_allowed", "allowed")                \
    X(OBJECT_ABSENT, "object.absent", "id")                           \
    X(OBJECT_CLOSED, "object.closed", "state")                        \
    X(VERSION_STALE, "version.stale", "expected current")             \
    X(VERSION_ABSENT, "version.absent", "value current")              \
    X(EXTERNAL_REF_TAKEN, "external_ref.taken", "scheme id")          \
    X(REQUEST_ID_REUSED, "request_id.reused", "")                     \
    X(PHASE_MOVE, "phase.no_such_move", "from to")                    \
    X(PHASE_ROLE, "phase.role", "from to allowed")                    \
    X(PHASE_REASON, "phase.reason_required", "from to")               \
    X(RECEIPT_ABSENT, "receipt.absent", "")                           \
    X(LOG_SIZE, "log.size", "min max actual")                         \
    /* matching */                                                    \
    X(MATCH_NO_WORDS, "match.no_words", "")                           \
    X(MATCH_FILTERED, "match.all_filtered", "")                       \
    X(MATCH_NOTHING, "match.nothing_in_common", "")                   \
    /* load and state of the hub */                                   \
    X(LIMIT_UNANSWERED, "limit.unanswered", "max")                    \
    X(LIMIT_QUEUE, "limit.queue", "max")                              \
    X(LIMIT_MEMORY, "limit.memory", "")                               \
    X(LIMIT_CONNECTIONS, "limit.connections", "max")                  \
    X(HUB_REGISTRY_AWAY, "hub.registry_away", "")                     \
    X(HUB_DRAINING, "hub.draining", "")                               \
    X(HUB_TIMEOUT, "hub.timeout", "timeout_ms")                       \
    X(HUB_UNREACHABLE, "hub.unreachable", "endpoint")                 \
    X(HUB_WRONG_KEY, "hub.wrong_key", "endpoint")                     \
    X(HUB_INTERNAL, "hub.internal", "")                               \
    X(DISK_FULL, "hub.disk_full", "")                                 \
    /* files and configuration, on either side */                     \
    X(FILE_ABSENT, "file.absent", "path")                             \
    X(FILE_READ, "file.cannot_read", "path")                          \
    X(FILE_TOO_LONG, "file.too_long", "path max")                     \
    X(FILE_EXISTS, "file.exists", "path")                             \
    X(FILE_LINK, "file.symbolic_link", "path")                        \
    X(FILE_OWNER, "file.wrong_owner", "path")                         \
    X(FILE_MODE, "file.mode", "path mode")                            \
    X(FILE_FORM, "file.wrong_form", "path")                           \
    X(FILE_WRITE, "file.cannot_write", "path")                        \
    X(TREE_SYNTAX, "file.syntax", "")                                 \
    X(TREE_DUPLICATE, "file.duplicate_key", "key")                    \
    X(TREE_ALIAS, "file.alias", "")                                   \
    X(TREE_DEPTH, "file.too_deep", "max")                             \
    X(TREE_UNKNOWN_KEY, "file.unknown_key", "key")                    \
    X(TREE_TYPE, "file.wrong_type", "expected")                       \
    X(CONFIG_UNKNOWN, "config.unknown_key", "key")                    \
    X(CONFIG_VALUE, "config.value", "expected")                       \
    X(CONFIG_REQUIRED, "config.required", "key")                      \
    X(ENDPOINT_IN_USE, "endpoint.in_use", "endpoint")                 \
    X(ENDPOINT_FORM, "endpoint.wrong_form", "endpoint")               \
    X(DATABASE_NEWER, "database.newer", "database program")           \
    X(DATABASE_FOREIGN, "database.foreign", "path")                   \
    X(DATABASE_DAMAGED, "database.damaged", "path")                   \
    X(DATABASE_LOCKED, "database.locked", "path")

enum bn_rule {
#define BN_RULE_ENUM(identifier, name, params) BN_RULE_##identifier,
    BN_RULES(BN_RULE_ENUM)
#undef BN_RULE_ENUM
        BN_RULE_COUNT
};

/* Lends the rule's name; "" for a number that is none. */
const char *bn_rule_name(enum bn_rule rule);

/* Lends the names of its parameters, separated by one blank; "" when there are none. */
const char *bn_rule_params(enum bn_rule rule);

/* Gives the rule of that name, BN_RULE_COUNT when there is none. */
enum bn_rule bn_rule_find(const char *name);

#endif
