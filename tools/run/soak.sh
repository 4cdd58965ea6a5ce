# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The third tier of checks: tests/soak/NAME, each a program that takes `--minutes N`, prints one JSON line with its
# figures on stdout and exits with 1 where something broke. tests/soak/README.md tells what it may rely on.

soak_names() { find "$root/tests/soak" -maxdepth 1 -type f -executable -printf '%f\n' 2>/dev/null | sort; }

run_soak() {
    local name=${1:-} minutes=10 within=0 names=()
    (($# == 0)) || shift
    while (($# > 0)); do
        case $1 in
            --minutes) minutes=${2:-} && shift $(($# > 1 ? 2 : 1)) ;;
            --minutes=*) minutes=${1#*=} && shift ;;
            --within) within=${2:-} && shift $(($# > 1 ? 2 : 1)) ;;
            --within=*) within=${1#*=} && shift ;;
            *) fail "$status_usage" "soak: '$1' is not understood: ./run soak NAME|all [--minutes N] [--within MINUTES]" ;;
        esac
    done
    [[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "$status_usage" "soak: --minutes is a number, not '$minutes'"
    [[ $within =~ ^(0|[1-9][0-9]*)$ ]] || fail "$status_usage" "soak: --within is a whole number of minutes, not '$within'"
    mapfile -t names < <(soak_names)
    case $name in
        '') printf '%s\n' "${names[@]}" && return ;;
        all) ;;
        *)
            [[ " ${names[*]} " == *" $name "* ]] || fail "$status_usage" "soak: no check is called '$name': ${names[*]}"
            names=("$name")
            ;;
    esac
    ensure_packages write test check
    build_release fabula make_model
    ensure_model
    local broken=() left_out=() needed
    for name in "${names[@]}"; do
        needed=$((10#${minutes%.*}))
        [[ $name != fuzz ]] || needed=$((needed + 14)) # where it has to be built
        if ((within > 0 && SECONDS / 60 + needed >= within)); then
            left_out+=("$name")
            continue
        fi
        run_one_soak "$name" "$minutes" || broken+=("$name")
    done
    ((${#left_out[@]} == 0)) || say "soak: left out, for they would not end within $within minutes: ${left_out[*]}"
    ((${#broken[@]} > 0)) || return 0
    # Again at the end, where somebody looks: what each of them said last.
    for name in "${broken[@]}"; do
        say "soak $name failed:"
        tail -n 25 "$root/build/soak/$name.said" | cut -c 1-500 >&2
    done
    return "$status_failed"
}

run_one_soak() {
    local name=$1 minutes=$2 result=0
    if [[ $name == fuzz ]]; then
        build_preset fuzz fuzz_targets "${llama_arguments[@]}" || return "$status_no_build"
    fi
    mkdir -p -- "$root/build/soak/$name"
    say "soak $name for $minutes minutes"
    FABULA_BINARY=$root/build/release/bin/fabula FABULA_MODEL_FILE=$default_model \
        FABULA_SOAK_FOLDER=$root/build/soak/$name "$root/tests/soak/$name" --minutes "$minutes" \
        2> >(tee -- "$root/build/soak/$name.said" >&2) || result=$?
    ((result == 0)) || say "soak $name: failed (what it left is in build/soak/$name)"
    return "$result"
}
