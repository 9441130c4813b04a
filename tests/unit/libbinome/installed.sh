#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a company gets: the library as it is installed, found by pkg-config, shows binome_* and the messages and nothing
# else, and the example is built with it in both ways.
# usage: installed.sh BUILD-FOLDER EXAMPLE.c CC CMAKE [CFLAGS]
set -eu
build=$1 example=$2 cc=$3 cmake=$4 flags=${5:-}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

"$cmake" -DCMAKE_INSTALL_PREFIX="$prefix/first" -P "$build/cmake_install.cmake" >"$prefix/log"
mv "$prefix/first" "$prefix/usr" # the .pc file must not name where it was
PKG_CONFIG_PATH=$(dirname "$(find "$prefix/usr" -name binome.pc)")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir binome)

foreign=$(nm -D --defined-only "$libdir/libbinome.so.0" | awk '{sub("@.*", "", $3); print $3}' |
    grep -Ev '^(binome_|google__protobuf__timestamp__|BINOME_0$)' || true)
if [ -n "$foreign" ]; then
    echo "the shared library shows what is not its own:" "$foreign"
    exit 1
fi

for header in $(cd "$prefix/usr/include/binome-1" && find . -name '*.h'); do
    # shellcheck disable=SC2046,SC2086
    echo "#include \"$header\"" | "$cc" -std=c11 -Wall -Werror -fsyntax-only -x c $(pkg-config --cflags binome) -
done

# shellcheck disable=SC2046,SC2086
"$cc" -std=c11 -Wall -Wextra -Werror $flags "$example" $(pkg-config --cflags --libs binome) -o "$prefix/shared"
# shellcheck disable=SC2046,SC2086
"$cc" -std=c11 $flags "$example" $(pkg-config --cflags binome) "$libdir/libbinome.a" \
    $(pkg-config --libs --static binome | sed 's/-lbinome//') -o "$prefix/static"
for program in shared static; do
    status=0
    LD_LIBRARY_PATH=$libdir "$prefix/$program" "$prefix/nowhere" 2>"$prefix/said" || status=$?
    if [ "$status" -ne 69 ] || ! grep -q profile.yaml "$prefix/said"; then
        echo "$program ended with $status:"
        cat "$prefix/said"
        exit 1
    fi
done
ldd "$prefix/static" | grep -q libbinome && { echo "the static program needs the shared library"; exit 1; }
exit 0
