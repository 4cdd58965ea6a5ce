# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# Builds this tree's presets below build/. CMake runs again only where the presets, the arguments or llama.cpp changed;
# ninja sees the rest.

# build_release TARGET...: without tests where the test packages are missing, so that a writer installs less.
build_release() {
    local tests=OFF
    ensure_packages write
    ensure_llama
    find_missing test
    [[ ! -e $root/tests/CMakeLists.txt || ${#missing[@]} -gt 0 ]] || tests=ON
    find_python
    build_preset release "$*" "-DFABULA_TESTS=$tests" "-DFABULA_BENCH=$tests" "-DFABULA_PEER_SAMPLER=${FABULA_PEER_SAMPLER:-OFF}" \
        "-DFABULA_PYTHON=$python" "${llama_arguments[@]}"
}

# build_preset PRESET "TARGET..." CMAKE_ARGUMENT...
build_preset() {
    ensure_httplib
    with_lock "$root/build/$1.lock" "build/$1" build_preset_locked "$@"
}

build_preset_locked() {
    local preset=$1 targets folder=$root/build/$1 log=$root/build/logs/$1.log arguments
    read -ra targets <<<"$2"
    shift 2
    arguments="-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DFABULA_HTTPLIB=$httplib_folder $*"
    if [[ ! -e $folder/build.ninja || $root/CMakePresets.json -nt $folder/.configured ||
        ! -e $folder/.configured || $(<"$folder/.configured") != "$arguments" ]]; then
        rm -f -- "$folder/.configured"
        # shellcheck disable=SC2086
        stage "$status_no_build" "configuring $preset" "$log" configure_preset "$preset" $arguments
        printf '%s\n' "$arguments" >"$folder/.configured"
    fi
    stage "$status_no_build" "building $preset" "$log" ninja -C "$folder" -j "$(job_count)" "${targets[@]}"
}

# As many compilers as there are processors, and one more, but none without a gigabyte of free memory.
job_count() {
    local key value jobs room=4
    jobs=$(($(nproc) + 1))
    while read -r key value _; do
        [[ $key != MemAvailable: ]] || room=$((value / 1048576))
    done </proc/meminfo
    ((jobs <= room)) || jobs=$room
    echo $((jobs > 1 ? jobs : 1))
}

configure_preset() { (cd -- "$root" && cmake --preset "$@"); }
