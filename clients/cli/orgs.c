/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/orgs.h"

#include "base/id.h"
#include "cli/form.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/pages.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "text/message.h"

#include <string.h>

const struct bn_option bn_options_organisation[] = {
    {"slug", "SLUG", N_("short name: a-z, 0-9 and hyphens; never changes"), "slug", BN_FORM_PLAIN, false},
    {"name", "TEXT", N_("legal name"), "legal_name", BN_FORM_PLAIN, false},
    {"kind", "large-group|mid-size|startup|public-body|investor|academic|cluster", N_("what it is"), "kind",
     BN_FORM_PLAIN, false},
    {"siren", "NUMBER", N_("SIREN, nine digits"), "identifiers", BN_FORM_SIREN, false},
    {"identifier", "SCHEME:VALUE", N_("another identifier, such as lei:...; repeat for more"), "identifiers",
     BN_FORM_IDENTIFIER, true},
    {"country", "CODE", N_("country, two letters"), "country", BN_FORM_PLAIN, false},
    {"activity", "NOMENCLATURE:CODE", N_("such as naf-rev2:62.01Z; repeat for more"), "activities", BN_FORM_ACTIVITY,
     true},
    {"size", "micro|sme|mid|large", N_("size category"), "size", BN_FORM_PLAIN, false},
    {"language", "CODE", N_("language of work; repeat for more"), "languages", BN_FORM_PLAIN, true},
    {"description", "TEXT", N_("what it does"), "description", BN_FORM_PLAIN, false},
    {"website", "URL", N_("web site"), "website", BN_FORM_PLAIN, false},
    {"region", "TEXT", N_("region; repeat for more"), "regions", BN_FORM_PLAIN, true},
    {"label", "TEXT", N_("label such as next40; repeat for more"), "labels", BN_FORM_PLAIN, true},
    {"ref", "SCHEME:ID", N_("how your own system calls it; makes a repeat harmless"), "external_ref", BN_FORM_REF,
     false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

#define KEY_OPTIONS                                                                                               \
    {"key-role", "member|agent|reader", N_("what the keys may do (default member)"), NULL, BN_FORM_PLAIN, false}, \
    {                                                                                                             \
        "key-label", "TEXT", N_("what the keys are called"), NULL, BN_FORM_PLAIN, false                           \
    }

const struct bn_option bn_options_enrol[] = {
    {"key", "KEY", N_("public key; repeat for more"), NULL, BN_FORM_PLAIN, true},
    KEY_OPTIONS,
    {"role", "member|committee|coordination|operator", N_("role in the programme (default member); repeat for more"),
     NULL, BN_FORM_PLAIN, true},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

const struct bn_option bn_options_key[] = {
    KEY_OPTIONS,
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

const struct bn_option bn_options_roles[] = {
    {"role", "member|committee|coordination|operator", N_("operator only: role in the programme; repeat for more"),
     NULL, BN_FORM_PLAIN, true},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

const struct bn_option bn_options_reason[] = {
    {"reason", "TEXT", N_("why; compulsory"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

/* The parser has checked the choice already. */
static int choice(const ProtobufCEnumDescriptor *type, const char *text)
{
    int value = 0;
    return text != NULL && bn_enum_parse(type, text, &value) ? value : 0;
}

static Binome__V1__Key *key_new(struct bn_cli *cli, const struct bn_args *args, const char *public_key)
{
    Binome__V1__Key *key = bn_take(cli, sizeof *key);
    const char *label = bn_args_text(args, "key-label"), *role = bn_args_text(args, "key-role");
    binome__v1__key__init(key);
    key->public_key = bn_keep(cli, public_key);
    key->role = (Binome__V1__KeyRole)choice(&binome__v1__key_role__descriptor, role == NULL ? "member" : role);
    if (label != NULL)
        key->label = bn_keep(cli, label);
    return key;
}

static size_t roles_of(struct bn_cli *cli, const struct bn_args *args, Binome__V1__Role **roles)
{
    size_t count = 0;
    while (bn_args_nth(args, "role", count) != NULL)
        count++;
    *roles = bn_take(cli, (count + 1) * sizeof **roles);
    for (size_t i = 0; i < count; i++)
        (*roles)[i] = (Binome__V1__Role)choice(&binome__v1__role__descriptor, bn_args_nth(args, "role", i));
    return count;
}

int bn_org_enrol(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    const char *path = args->word_count == 1 ? args->words[0] : NULL;
    Binome__V1__OrganisationEnrol enrol = BINOME__V1__ORGANISATION_ENROL__INIT;
    if (path == NULL && !bn_args_fill(args))
        return bn_say_error(cli, BN_EXIT_USAGE, _("Start with: binome org template > organisation.yaml"), "%s",
                            _("give a file, or options such as --slug and --name"));
    enrol.organisation =
        (Binome__V1__Organisation *)bn_form_read(cli, &binome__v1__organisation__descriptor, path, args, &code);
    if (enrol.organisation == NULL)
        return code;
    while (bn_args_nth(args, "key", enrol.n_keys) != NULL)
        enrol.n_keys++;
    enrol.keys = bn_take(cli, (enrol.n_keys + 1) * sizeof(Binome__V1__Key *));
    for (size_t i = 0; i < enrol.n_keys; i++)
        enrol.keys[i] = key_new(cli, args, bn_args_nth(args, "key", i));
    enrol.n_roles = roles_of(cli, args, &enrol.roles);
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_ENROL, organisation_enrol, &enrol);
    return bn_hub_submit(cli, args, &request, _("The organisation is enrolled."), NULL);
}

static int get(struct bn_cli *cli, const char *slug, Binome__V1__Organisation **organisation)
{
    Binome__V1__OrganisationGet asked = BINOME__V1__ORGANISATION_GET__INIT;
    struct binome_reply *reply;
    asked.slug = bn_keep(cli, slug);
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_GET, organisation_get, &asked);
    int code = bn_hub_ask(cli, &request, &reply);
    *organisation = code == BN_EXIT_DONE ? reply->reply->organisation : NULL;
    return code;
}

/* The file names the organisation by its slug; options change the sender's own, or the one of --slug. */
int bn_org_revise(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    const char *slug = bn_args_text(args, "slug");
    Binome__V1__Organisation *now = NULL, *old = NULL;
    if (args->word_count == 1) {
        now = (Binome__V1__Organisation *)bn_form_read(cli, &binome__v1__organisation__descriptor, args->words[0], args,
                                                       &code);
        if (now == NULL)
            return code;
        slug = now->slug;
    }
    if (now == NULL && !bn_args_fill(args) && !bn_args_flag(args, "role"))
        return bn_say_error(cli, BN_EXIT_USAGE, _("See the options with --help."), "%s",
                            _("say what changes: give a file, or options such as --website"));
    code = get(cli, slug == NULL ? "" : slug, &old);
    if (old == NULL)
        return code;
    if (now == NULL)
        now = (Binome__V1__Organisation *)bn_copy_over(cli, &old->base, args, &code);
    if (now == NULL)
        return code;
    Binome__V1__OrganisationRevise revise = BINOME__V1__ORGANISATION_REVISE__INIT;
    revise.n_roles = roles_of(cli, args, &revise.roles);
    if (bn_form_difference(cli, cli->json ? cli->err : cli->out, &old->base, &now->base) == 0 && revise.n_roles == 0)
        return bn_hub_unchanged(cli);
    if (!bn_args_flag(args, "dry-run") && !bn_ask_yes(cli, _("Send these changes?")))
        return BN_EXIT_USAGE;
    revise.expected_version = old->version;
    revise.organisation = now;
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_REVISE, organisation_revise, &revise);
    return bn_hub_submit(cli, args, &request, _("The organisation is revised."), NULL);
}

static const char *reason_of(struct bn_cli *cli, const struct bn_args *args)
{
    const char *reason = bn_args_text(args, "reason");
    if (reason == NULL)
        bn_say_error(cli, BN_EXIT_USAGE, _("Add --reason \"...\"; it stays in the history."), "%s",
                     _("--reason is missing"));
    return reason;
}

int bn_org_suspend(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__OrganisationSuspend change = BINOME__V1__ORGANISATION_SUSPEND__INIT;
    const char *reason = reason_of(cli, args);
    if (reason == NULL)
        return BN_EXIT_USAGE;
    change.slug = bn_keep(cli, args->words[0]);
    change.reason = bn_keep(cli, reason);
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_SUSPEND, organisation_suspend, &change);
    return bn_hub_submit(cli, args, &request, _("The organisation is suspended; its keys may only say hello."), NULL);
}

int bn_org_resume(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__OrganisationResume change = BINOME__V1__ORGANISATION_RESUME__INIT;
    const char *reason = reason_of(cli, args);
    if (reason == NULL)
        return BN_EXIT_USAGE;
    change.slug = bn_keep(cli, args->words[0]);
    change.reason = bn_keep(cli, reason);
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_RESUME, organisation_resume, &change);
    return bn_hub_submit(cli, args, &request, _("The organisation takes part again."), NULL);
}

int bn_org_leave(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__OrganisationLeave change = BINOME__V1__ORGANISATION_LEAVE__INIT;
    const char *reason = reason_of(cli, args);
    if (reason == NULL)
        return BN_EXIT_USAGE;
    if (!bn_args_flag(args, "dry-run") &&
        !bn_ask_yes(cli, _("This is final: keys are revoked and open objects withdrawn. Go on?")))
        return BN_EXIT_USAGE;
    change.slug = bn_keep(cli, args->words[0]);
    change.reason = bn_keep(cli, reason);
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_LEAVE, organisation_leave, &change);
    return bn_hub_submit(cli, args, &request, _("The organisation has left."), NULL);
}

int bn_org_list(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__OrganisationList list = BINOME__V1__ORGANISATION_LIST__INIT;
    struct bn_pages pages;
    (void)args;
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_LIST, organisation_list, &list);
    int code = bn_pages_gather(cli, &request, 0, &pages);
    if (code == BN_EXIT_DONE)
        bn_render_list(cli, BN_LIST_ORGANISATIONS, pages.objects, pages.count);
    return code;
}

int bn_key_add(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__KeyAdd add = BINOME__V1__KEY_ADD__INIT;
    if (args->word_count == 2)
        add.organisation = bn_keep(cli, args->words[0]);
    add.key = key_new(cli, args, args->words[args->word_count - 1]);
    BN_REQUEST(request);
    BN_BODY(request, KEY_ADD, key_add, &add);
    return bn_hub_submit(cli, args, &request, _("The key is enrolled and works at once."), NULL);
}

/* A public key is hard to type: its label, or eight digits of its id, will do where they name one key alone. Gives the
 * word itself when they do not: the hub says what is wrong with it. */
static int key_find(struct bn_cli *cli, const char *slug, const char *word, char **public_key)
{
    Binome__V1__KeyList list = BINOME__V1__KEY_LIST__INIT;
    struct bn_pages pages;
    uint8_t key[BN_KEY_BYTES];
    size_t fitting = 0;
    *public_key = bn_keep(cli, word);
    if (bn_z85_decode(word, key))
        return BN_EXIT_DONE;
    list.organisation = bn_keep(cli, slug);
    BN_REQUEST(request);
    BN_BODY(request, KEY_LIST, key_list, &list);
    int code = bn_pages_gather(cli, &request, 0, &pages);
    for (size_t i = 0; code == BN_EXIT_DONE && i < pages.count; i++) {
        const Binome__V1__Key *known = (const Binome__V1__Key *)pages.objects[i];
        bool by_id = strcmp(known->id, word) == 0 || (bn_id_is_part(word) && bn_id_fits(known->id, word));
        if (!by_id && strcmp(known->label, word) != 0)
            continue;
        *public_key = known->public_key;
        fitting++;
    }
    if (fitting > 1)
        code = bn_say_error(cli, BN_EXIT_REFUSED, _("See them with binome list keys, and give the id or the key."),
                            _("\"%s\" fits %zu keys"), word, fitting);
    return code;
}

int bn_key_revoke(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__KeyRevoke revoke = BINOME__V1__KEY_REVOKE__INIT;
    const char *reason = reason_of(cli, args);
    if (reason == NULL)
        return BN_EXIT_USAGE;
    if (args->word_count == 2)
        revoke.organisation = bn_keep(cli, args->words[0]);
    int code = key_find(cli, revoke.organisation, args->words[args->word_count - 1], &revoke.public_key);
    if (code != BN_EXIT_DONE)
        return code;
    revoke.reason = bn_keep(cli, reason);
    BN_REQUEST(request);
    BN_BODY(request, KEY_REVOKE, key_revoke, &revoke);
    return bn_hub_submit(cli, args, &request, _("The key is revoked; its connections end now."), NULL);
}

int bn_key_list(struct bn_cli *cli, const char *slug)
{
    Binome__V1__KeyList list = BINOME__V1__KEY_LIST__INIT;
    struct bn_pages pages;
    list.organisation = bn_keep(cli, slug);
    BN_REQUEST(request);
    BN_BODY(request, KEY_LIST, key_list, &list);
    int code = bn_pages_gather(cli, &request, 0, &pages);
    if (code == BN_EXIT_DONE)
        bn_render_list(cli, BN_LIST_KEYS, pages.objects, pages.count);
    return code;
}
