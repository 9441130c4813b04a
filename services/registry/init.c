/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/init.h"

#include "base/clock.h"
#include "base/id.h"
#include "binome/v1/request.pb-c.h"
#include "registry/rules/fields.h"
#include "registry/store/store.h"

#include <stdlib.h>
#include <string.h>

/* The five with which such a programme starts; they are data, and edited and added to by request. */
static const struct {
    const char *slug, *title, *title_fr;
} workstreams[] = {
    {"skills", "Skills and training", "Compétences et formations"},
    {"ai", "A common strategy on artificial intelligence", "Stratégie commune sur l'intelligence artificielle"},
    {"data-sovereignty", "Data sovereignty at European level", "Souveraineté des données au niveau européen"},
    {"payments", "Sovereignty of electronic payments", "Souveraineté en matière d'e-paiement"},
    {"startups", "Cooperation between startups and large groups", "Collaboration startups et grands groupes"},
};

/* The values are judged as those of requests are: what --init takes can be edited later. */
static enum bn_code judge(const struct bn_init *init, Binome__V1__Programme *programme, struct bn_why *why)
{
    struct bn_arena *arena = bn_arena_create(16 * 1024, 1024 * 1024);
    if (arena == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    Binome__V1__Organisation organisation = BINOME__V1__ORGANISATION__INIT;
    organisation.slug = (char *)(uintptr_t)init->operator_slug;
    organisation.legal_name = (char *)(uintptr_t)init->operator_name;
    organisation.kind = BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_PUBLIC_BODY;
    struct bn_check check;
    bn_check_start(&check, arena);
    enum bn_code code = bn_fields_start(why);
    if (code == BN_OK) {
        bn_fields_check(&check, &programme->base, "programme");
        bn_fields_check(&check, &organisation.base, "operator");
        if (check.count > 0)
            code = bn_why_set(why, check.code, check.violations[0].field, bn_rule_name(check.violations[0].rule),
                              "a value of --init is not allowed");
    }
    bn_arena_destroy(&arena);
    return code;
}

static enum bn_code write_all(struct bn_store *store, const struct bn_init *init,
                              const Binome__V1__Programme *programme, const uint8_t public_key[BN_KEY_BYTES])
{
    int64_t now_ms = bn_clock_wall_ms();
    size_t size = binome__v1__programme__get_packed_size(programme);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return BN_RESOURCE_EXHAUSTED;
    binome__v1__programme__pack(programme, packed);
    const struct bn_programme row = {
        .name = init->programme, .version = 1, .packed = packed, .packed_size = size, .recorded_ms = now_ms};
    enum bn_code code = bn_store_programme_put(store, &row);
    free(packed);
    struct bn_organisation operator= {
        .id = bn_id_make(),
        .slug = init->operator_slug,
        .legal_name = init->operator_name,
        .kind = BINOME__V1__ORGANISATION_KIND__ORGANISATION_KIND_PUBLIC_BODY,
        .state = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE,
        .roles = BN_ROLE_MEMBER | BN_ROLE_OPERATOR,
        .version = 1,
        .country = "",
        .recorded_ms = now_ms,
    };
    if (code == BN_OK)
        code = bn_store_organisation_put(store, &operator);
    struct bn_key key = {
        .id = bn_id_make(),
        .organisation = operator.number,
        .role = BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER,
        .state = BINOME__V1__KEY_STATE__KEY_STATE_ACTIVE,
        .label = "first operator key",
        .recorded_ms = now_ms,
    };
    memcpy(key.public_key, public_key, BN_KEY_BYTES);
    if (code == BN_OK)
        code = bn_store_key_put(store, &key);
    for (size_t i = 0; code == BN_OK && i < BN_COUNT(workstreams); i++) {
        struct bn_workstream workstream = {
            .is_new = true,
            .id = bn_id_make(),
            .slug = workstreams[i].slug,
            .title = strncmp(init->language, "fr", 2) == 0 ? workstreams[i].title_fr : workstreams[i].title,
            .version = 1,
            .recorded_ms = now_ms,
        };
        code = bn_store_workstream_put(store, &workstream);
    }
    return code;
}

enum bn_code bn_hub_init(const char *database, const struct bn_init *init, struct bn_why *why)
{
    uint8_t public_key[BN_KEY_BYTES];
    char *languages[] = {(char *)(uintptr_t)init->language};
    Binome__V1__Programme programme = BINOME__V1__PROGRAMME__INIT;
    programme.name = (char *)(uintptr_t)init->programme;
    programme.currency = (char *)(uintptr_t)init->currency;
    programme.languages = languages;
    programme.n_languages = 1;
    if (!bn_z85_decode(init->operator_key, public_key))
        return bn_why_set(why, BN_INVALID_ARGUMENT, "--operator-key", "key.wrong_form", "not a z85 key");
    enum bn_code code = judge(init, &programme, why);
    if (code != BN_OK)
        return code;
    struct bn_store *store = NULL;
    code = bn_store_open(database, &bn_store_options_default, &store, why);
    if (code != BN_OK)
        return code;
    struct bn_programme known;
    code = bn_store_programme(store, &known);
    if (code == BN_OK) {
        bn_store_close(&store);
        return bn_why_set(why, BN_ALREADY_EXISTS, database, "", "this hub has been initialised before");
    }
    code = bn_store_begin(store);
    if (code == BN_OK)
        code = write_all(store, init, &programme, public_key);
    if (code == BN_OK)
        code = bn_store_commit(store);
    if (code != BN_OK)
        bn_why_set(why, code, database, "file.cannot_write", "%s", bn_store_error(store));
    bn_store_close(&store);
    return code;
}
