# SPDX-License-Identifier: Apache-2.0
# Sourced by deploy/quickstart and tests/run: installs what deploy/packages.txt names and this machine lacks.
# shellcheck shell=bash

# packages_of SECTION...: the names in these sections.
packages_of() {
    local section
    for section in "$@"; do
        sed -n "/^\[$section\]\$/,/^\[/{/^[a-z0-9]/p}" "$BINOME_ROOT/deploy/packages.txt"
    done
}

# packages_install SECTION...: sets PACKAGES_SECONDS to the time that apt took (0 when nothing was missing).
packages_install() {
    local name start missing=() sudo=()
    PACKAGES_SECONDS=0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian system: install by hand what deploy/packages.txt names." >&2
        return 0
    fi
    for name in $(packages_of "$@"); do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then
            missing+=("$name")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Packages are missing, and there is neither root nor sudo to install them. As root:" >&2
            echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
            return 1
        fi
        sudo=(sudo)
    fi
    echo "Installing ${#missing[@]} packages: ${missing[*]}"
    start=$SECONDS
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0)
    local log
    log=$(mktemp)
    if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "apt could not install the packages; its whole output is in $log" >&2
        return 1
    fi
    rm -f "$log"
    # shellcheck disable=SC2034 # for the caller
    PACKAGES_SECONDS=$((SECONDS - start))
}

# build_preset NAME [TARGET]: configures (once, and when the presets have changed) and builds. Says nothing but what is
# wrong.
build_preset() {
    local log=$BINOME_ROOT/build/$1.log cache=$BINOME_ROOT/build/$1/CMakeCache.txt
    if ! mkdir -p "$BINOME_ROOT/build" 2>/dev/null || ! { : >"$log"; } 2>/dev/null; then
        echo "$BINOME_ROOT/build cannot be written by this user: work in a clone of your own." >&2
        return 1
    fi
    if ! (
        cd "$BINOME_ROOT"
        if [ ! -f "${cache%/*}/build.ninja" ] || [ CMakePresets.json -nt "$cache" ]; then
            cmake --preset "$1" || exit 1
        fi
        cmake --build --preset "$1" ${2:+--target "$2"}
    ) >>"$log" 2>&1; then
        tail -n 60 "$log" >&2
        echo "The build failed; its whole output is in $log" >&2
        return 1
    fi
}
