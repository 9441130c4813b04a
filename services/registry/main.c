/* SPDX-License-Identifier: Apache-2.0 */
/* binome-registry: reads options and configuration, and connects the parts. */
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "registry/config.h"
#include "registry/figures.h"
#include "registry/init.h"
#include "registry/intake.h"
#include "registry/rules/fields.h"
#include "registry/rules/phase.h"
#include "registry/store/store.h"
#include "text/conf_file.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_AWAY = 69, EXIT_CONFIG = 78 };

enum option_key {
    OPTION_CHECK_CONFIG = 256,
    OPTION_EXAMPLE,
    OPTION_MARKDOWN,
    OPTION_INIT,
    OPTION_CHECK,
    OPTION_SLUG,
    OPTION_NAME,
    OPTION_KEY,
    OPTION_PROGRAMME,
    OPTION_CURRENCY,
    OPTION_LANGUAGE,
};

struct choice {
    const char *config;
    bool check_config, example, init, check;
    const char *markdown;
    struct bn_init values;
};

const char *argp_program_version = "binome-registry " BN_VERSION;

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "configuration (required)", 0},
    {"check-config", OPTION_CHECK_CONFIG, NULL, 0, "read the configuration, say what is wrong, and end", 0},
    {"example-config", OPTION_EXAMPLE, NULL, 0, "print a configuration with every key, its default and meaning", 0},
    {"markdown", OPTION_MARKDOWN, "TABLE", 0,
     "print a table for the documentation: config, counters, fields, phases, requests or views", 0},
    {"check", OPTION_CHECK, NULL, 0, "check database, digests, leaves and roots, and end", 0},
    {"init", OPTION_INIT, NULL, 0, "make a new hub with the values below, and end", 1},
    {"operator-slug", OPTION_SLUG, "SLUG", 0, "short name of the operator's organisation", 1},
    {"operator-name", OPTION_NAME, "NAME", 0, "its legal name", 1},
    {"operator-key", OPTION_KEY, "Z85", 0, "its first public key, as binome keygen prints it", 1},
    {"programme", OPTION_PROGRAMME, "NAME", 0, "name of the programme", 1},
    {"currency", OPTION_CURRENCY, "CODE", 0, "its currency (EUR)", 1},
    {"language", OPTION_LANGUAGE, "CODE", 0, "its first language (fr)", 1},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct choice *choice = state->input;
    switch (key) {
    case 'c':
        choice->config = arg;
        return 0;
    case OPTION_CHECK_CONFIG:
        choice->check_config = true;
        return 0;
    case OPTION_EXAMPLE:
        choice->example = true;
        return 0;
    case OPTION_MARKDOWN:
        choice->markdown = arg;
        return 0;
    case OPTION_CHECK:
        choice->check = true;
        return 0;
    case OPTION_INIT:
        choice->init = true;
        return 0;
    case OPTION_SLUG:
        choice->values.operator_slug = arg;
        return 0;
    case OPTION_NAME:
        choice->values.operator_name = arg;
        return 0;
    case OPTION_KEY:
        choice->values.operator_key = arg;
        return 0;
    case OPTION_PROGRAMME:
        choice->values.programme = arg;
        return 0;
    case OPTION_CURRENCY:
        choice->values.currency = arg;
        return 0;
    case OPTION_LANGUAGE:
        choice->values.language = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "there is nothing to be done with \"%s\"", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Keeps the programme: validates, persists, matches and answers what brokers pass on.\v"
    "Examples:\n"
    "  binome-registry --config registry.yaml --init --operator-slug hub --operator-name \"Programme office\" \\\n"
    "      --operator-key \"$(cat key.public)\" --programme \"Numeric alliances\"\n"
    "  binome-registry --config registry.yaml\n\n"
    "Signals: SIGTERM finishes what is under way and ends, SIGHUP reads the configuration again.\n"
    "Exit codes: 0 done, 64 usage, 65 refused data, 69 cannot serve, 78 configuration.",
    NULL,
    NULL,
    NULL,
};

static int complain(const struct bn_why *why, int code)
{
    bool placed = why->field[0] == '\0' || strncmp(why->detail, why->field, strlen(why->field)) == 0;
    fprintf(stderr, "binome-registry: %s%s%s%s%s%s\n", placed ? "" : why->field, placed ? "" : ": ", why->detail,
            why->rule[0] != '\0' ? " (" : "", why->rule, why->rule[0] != '\0' ? ")" : "");
    return code;
}

static int exit_code(enum bn_code code)
{
    switch (code) {
    case BN_OK:
        return 0;
    case BN_DATA_LOSS:
        return EXIT_DATA;
    case BN_RESOURCE_EXHAUSTED:
    case BN_UNAVAILABLE:
    case BN_INTERNAL:
        return EXIT_AWAY;
    default:
        return EXIT_CONFIG;
    }
}

static int print_table(const char *name)
{
    if (strcmp(name, "config") == 0)
        bn_conf_print_markdown(bn_registry_keys, bn_registry_key_count, stdout);
    else if (strcmp(name, "counters") == 0)
        bn_counters_print_markdown(bn_figure_defs, BN_FIGURE_COUNT, stdout);
    else if (strcmp(name, "fields") == 0)
        bn_fields_print_markdown(stdout);
    else if (strcmp(name, "phases") == 0)
        bn_phase_print_markdown(stdout);
    else if (strcmp(name, "requests") == 0)
        bn_request_types_print_markdown(stdout);
    else if (strcmp(name, "views") == 0)
        bn_view_print_markdown(stdout);
    else {
        fprintf(stderr, "binome-registry: no such table: %s\n", name);
        return EXIT_USAGE;
    }
    return 0;
}

static int init(const struct choice *choice, const struct bn_registry_config *config)
{
    struct bn_why why = {0};
    if (choice->values.operator_slug == NULL || choice->values.operator_name == NULL ||
        choice->values.operator_key == NULL || choice->values.programme == NULL) {
        fprintf(stderr, "binome-registry: --init needs --operator-slug, --operator-name, --operator-key and "
                        "--programme\n");
        return EXIT_USAGE;
    }
    enum bn_code code = bn_hub_init(config->database, &choice->values, &why);
    if (code != BN_OK)
        return complain(&why, code == BN_ALREADY_EXISTS || code == BN_INVALID_ARGUMENT ? EXIT_DATA : exit_code(code));
    printf("new hub in %s; operator: %s\n", config->database, choice->values.operator_slug);
    return 0;
}

static int check(const struct bn_registry_config *config)
{
    struct bn_why why = {0};
    struct bn_store *store = NULL;
    enum bn_code code = bn_store_open(config->database, &bn_store_options_default, &store, &why);
    if (code == BN_OK)
        code = bn_store_verify(store, false, &why);
    struct bn_log_head head = {0};
    if (code == BN_OK)
        code = bn_store_log_head(store, &head);
    bn_store_close(&store);
    if (code != BN_OK)
        return complain(&why, EXIT_DATA);
    char root[2 * BN_DIGEST_BYTES + 1];
    bn_hex(head.root.bytes, BN_DIGEST_BYTES, root);
    printf("sound: %llu accepted requests, root %s\n", (unsigned long long)head.size, root);
    return 0;
}

/* Secrets are in memory, so no core is written; what is made is this user's alone. */
static void harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    umask(0077);
}

/* What several keys say together, and what the files say that they name. */
static enum bn_code judge(const char *path, const struct bn_registry_config *config, struct bn_why *why)
{
    enum bn_log_level level;
    struct bn_keypair pair;
    uint8_t broker_key[BN_KEY_BYTES];
    if (!bn_log_level_parse(config->log_level, &level))
        return bn_why_set(why, BN_INVALID_ARGUMENT, path, "config.value", "log.level: error, warn, info or debug");
    bn_log_level_set(level);
    if (strncmp(config->link_endpoint, "tcp://", 6) != 0)
        return BN_OK;
    if (config->link_key_file == NULL || config->link_broker_key == NULL)
        return bn_why_set(why, BN_INVALID_ARGUMENT, path, "config.required",
                          "a link over TCP needs link.key_file and link.broker_key");
    if (!bn_z85_decode(config->link_broker_key, broker_key))
        return bn_why_set(why, BN_INVALID_ARGUMENT, path, "config.value", "link.broker_key: expected a key in z85");
    enum bn_code code = bn_keyfile_read(config->link_key_file, &pair, why);
    bn_wipe(&pair, sizeof pair);
    return code;
}

static int serve(const char *path, struct bn_registry_config *config)
{
    struct bn_why why = {0};
    struct bn_intake *intake = NULL;
    enum bn_code code = bn_intake_create(path, config, &intake, &why);
    bool taken = strcmp(why.rule, bn_rule_name(BN_RULE_ENDPOINT_IN_USE)) == 0; /* it may be free the next time */
    if (code != BN_OK)
        return complain(&why, taken ? EXIT_AWAY : exit_code(code));
    code = bn_intake_run(intake);
    bn_intake_destroy(&intake);
    return exit_code(code);
}

int main(int argc, char **argv)
{
    struct choice choice = {.values = {.currency = "EUR", .language = "fr"}};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &choice);
    if (choice.markdown != NULL)
        return print_table(choice.markdown);
    if (choice.example) {
        bn_conf_print_example(bn_registry_keys, bn_registry_key_count, stdout);
        return 0;
    }
    if (choice.config == NULL) {
        fprintf(stderr, "binome-registry: --config FILE is needed; see --help\n");
        return EXIT_USAGE;
    }
    bn_log_start("binome-registry");
    harden();
    struct bn_why why = {0};
    struct bn_registry_config config = {0};
    if (bn_random_start() != BN_OK) {
        fprintf(stderr, "binome-registry: the system has no source of randomness\n");
        return EXIT_AWAY;
    }
    enum bn_code code = bn_conf_load(choice.config, bn_registry_keys, bn_registry_key_count, &config, &why);
    if (code != BN_OK)
        return complain(&why, EXIT_CONFIG);
    int result = 0;
    code = judge(choice.config, &config, &why);
    if (code != BN_OK)
        result = complain(&why, EXIT_CONFIG);
    else if (choice.init)
        result = init(&choice, &config);
    else if (choice.check)
        result = check(&config);
    else if (choice.check_config)
        printf("%s: good\n", choice.config);
    else
        result = serve(choice.config, &config);
    bn_conf_finish(bn_registry_keys, bn_registry_key_count, &config);
    return result;
}
