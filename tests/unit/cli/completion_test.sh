#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The completion that `binome completion bash` prints, in a real bash. Argument: the program.
set -eu
eval "$("$1" completion bash)"
failed=0
# complete_words WANTED WORDS...: the last word is the one being typed.
complete_words() {
    local wanted=$1
    shift
    COMP_WORDS=(binome "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _binome || true
    local word
    for word in "${COMPREPLY[@]}"; do
        [ "$word" = "$wanted" ] && return
    done
    echo "binome $*: \"$wanted\" is not offered, but: ${COMPREPLY[*]}" >&2
    failed=1
}
complete_words propose pro
complete_words --json --js
complete_words revise propose re
complete_words --title propose --ti
complete_words --trl-target propose revise --trl-t
complete_words engaged status some-id --phase en
complete_words off-track --profile x status some-id --health o
complete_words betagouv import --format b
complete_words fr --lang f
complete_words proposals list p
complete_words --owner list proposals --o
exit $failed
