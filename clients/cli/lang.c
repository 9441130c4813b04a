/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lang.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const languages[] = {"en", "fr"};
static const char *language = "en";

/* The language of "fr_FR.UTF-8", "fr:en" or "fr"; NULL when we have none of it. */
static const char *known(const char *text)
{
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
        if (strncmp(text, languages[i], 2) == 0 && strchr("_.:@", text[2]) != NULL)
            return languages[i];
    return NULL;
}

static const char *from_environment(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value == NULL || value[0] == '\0')
            continue;
        const char *found = known(value);
        return found == NULL ? "en" : found;
    }
    return "en";
}

/* The catalogue lies beside the program (bin/../share/locale), in the build folder as where it is installed; else where
 * the build was told to install it. */
static void bind_catalogue(void)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 64);
    if (size > 0) {
        path[size] = '\0';
        for (int up = 0; up < 2; up++) {
            char *slash = strrchr(path, '/');
            if (slash != NULL)
                *slash = '\0';
        }
        strcat(path, "/share/locale");
        char file[4160];
        snprintf(file, sizeof file, "%s/fr/LC_MESSAGES/binome.mo", path);
        if (access(file, R_OK) == 0) {
            bindtextdomain("binome", path);
            return;
        }
    }
    bindtextdomain("binome", BN_LOCALE_FOLDER);
}

bool bn_lang_start(const char *wanted)
{
    const char *chosen = wanted == NULL ? from_environment() : known(wanted);
    language = chosen == NULL ? "en" : chosen;
    setlocale(LC_ALL, "C.UTF-8");
    setenv("LANGUAGE", language, 1);
    bind_catalogue();
    bind_textdomain_codeset("binome", "UTF-8");
    textdomain("binome");
    return chosen != NULL;
}

const char *bn_lang(void)
{
    return language;
}
