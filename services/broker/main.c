/* SPDX-License-Identifier: Apache-2.0 */
/* binome-broker: the hub's door. Options here, all else in the library. */
#include "base/log.h"
#include "base/rule.h"
#include "broker/broker.h"
#include "broker/counters.h"
#include "text/conf_file.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { EXIT_USAGE = 64, EXIT_AWAY = 69, EXIT_CONFIGURATION = 78 };
enum { OPTION_CHECK = 256, OPTION_EXAMPLE, OPTION_MARKDOWN };

const char *argp_program_version = "binome-broker " BN_VERSION;

struct options {
    const char *config;
    const char *markdown;
    bool check, example;
};

static const struct argp_option options_table[] = {
    {"config", 'c', "FILE", 0, "Read the configuration from FILE (YAML)", 0},
    {"check-config", OPTION_CHECK, NULL, 0, "Check the configuration and the key files it names, then stop", 0},
    {"example-config", OPTION_EXAMPLE, NULL, 0, "Write a configuration with every key, its default and meaning", 0},
    {"markdown", OPTION_MARKDOWN, "WHAT", 0, "Write a table for the manual: counters or config", 0},
    {0},
};

static error_t option_take(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'c':
        options->config = argument;
        return 0;
    case OPTION_CHECK:
        options->check = true;
        return 0;
    case OPTION_EXAMPLE:
        options->example = true;
        return 0;
    case OPTION_MARKDOWN:
        if (strcmp(argument, "counters") != 0 && strcmp(argument, "config") != 0)
            argp_error(state, "--markdown takes counters or config");
        options->markdown = argument;
        return 0;
    case ARGP_KEY_END:
        if (options->config == NULL && !options->example && options->markdown == NULL)
            argp_error(state, "--config FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options_table,
    option_take,
    NULL,
    "Lets companies in by their keys, passes their requests to the registry and the answers back.\v"
    "SIGTERM answers what is under way and ends; SIGHUP reads the limits again.\n"
    "Exit codes: 0 done, 64 usage, 69 an endpoint cannot be served, 78 configuration.\n\n"
    "Example:\n  binome-broker --example-config > broker.yaml\n  binome-broker --config broker.yaml --check-config",
    NULL,
    NULL,
    NULL,
};

static int failed(enum bn_code code, const struct bn_why *why)
{
    fprintf(stderr, "binome-broker: %s%s%s%s%s%s\n", why->field, why->field[0] != '\0' ? ": " : "", why->detail,
            why->rule[0] != '\0' ? " (" : "", why->rule, why->rule[0] != '\0' ? ")" : "");
    bool served_elsewhere = strcmp(why->rule, bn_rule_name(BN_RULE_ENDPOINT_IN_USE)) == 0;
    return served_elsewhere || code == BN_INTERNAL || code == BN_UNAVAILABLE ? EXIT_AWAY : EXIT_CONFIGURATION;
}

static int print(const struct options *options)
{
    if (options->example)
        bn_conf_print_example(bn_broker_conf_keys, bn_broker_conf_count, stdout);
    else if (strcmp(options->markdown, "config") == 0)
        bn_conf_print_markdown(bn_broker_conf_keys, bn_broker_conf_count, stdout);
    else
        bn_counters_print_markdown(bn_broker_counters, BN_BROKER_COUNTER_COUNT, stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static enum bn_code conf_read(const char *path, struct bn_broker_conf *conf, struct bn_why *why)
{
    enum bn_code code = bn_conf_load(path, bn_broker_conf_keys, bn_broker_conf_count, conf, why);
    if (code != BN_OK)
        return code;
    code = bn_broker_conf_check(conf, why);
    if (code != BN_OK) {
        bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, conf);
        return code;
    }
    enum bn_log_level level;
    if (bn_log_level_parse(conf->log_level, &level))
        bn_log_level_set(level);
    return BN_OK;
}

static int check(const char *path, struct bn_broker_conf *conf, struct bn_why *why)
{
    enum bn_code code = bn_broker_keys_check(conf, why);
    bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, conf);
    if (code != BN_OK)
        return failed(code, why);
    printf("%s: good\n", path);
    return EXIT_SUCCESS;
}

static int serve(const char *path, struct bn_broker_conf *conf, struct bn_why *why)
{
    struct bn_broker *broker = bn_broker_create(path, conf, why);
    enum bn_code code = broker == NULL ? BN_INVALID_ARGUMENT : bn_broker_run(broker, why);
    bn_broker_destroy(&broker);
    return code == BN_OK ? EXIT_SUCCESS : failed(code, why);
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct bn_broker_conf conf = {0};
    struct bn_why why = {{0}, {0}, {0}};
    const struct rlimit no_core = {0, 0};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.example || options.markdown != NULL)
        return print(&options);
    bn_log_start("binome-broker");
    umask(0077);
    setrlimit(RLIMIT_CORE, &no_core); /* memory holds a secret key */
    enum bn_code code = conf_read(options.config, &conf, &why);
    if (code != BN_OK)
        return failed(code, &why);
    return options.check ? check(options.config, &conf, &why) : serve(options.config, &conf, &why);
}
