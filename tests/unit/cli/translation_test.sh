#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every text of the program has a French translation that msgfmt finds sound, and po/fr.po holds no text of the past.
# Arguments: root of the tree.
set -eu
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
xgettext --language=C --from-code=UTF-8 --keyword=_ --keyword=N_ --no-location --output="$work/binome.pot" \
    clients/cli/*.c clients/cli/*.h clients/cli/import/*.c clients/cli/import/*.h
msgfmt --check --output-file=/dev/null po/fr.po
# fails on a text without translation, or with one that is marked fuzzy
msgcmp po/fr.po "$work/binome.pot"
msgcmp --use-untranslated "$work/binome.pot" po/fr.po 2>"$work/past" || {
    echo "po/fr.po holds texts that the program no longer has:" >&2
    cat "$work/past" >&2
    exit 1
}
echo "$(msgattrib --translated po/fr.po | grep -c '^msgid ') texts in French"
