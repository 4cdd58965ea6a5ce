# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# llama.cpp: built once per cache, version, set of flags and kind of processor, from the pinned bundle.

# The compiler launcher stays off: it would take objects of another processor for this one's, since
# `-march=native` reads the same on both.
llama_flags=(-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DGGML_NATIVE=ON -DGGML_OPENMP=OFF -DGGML_CCACHE=OFF
    -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_CURL=OFF)

# Leaves the flags of the compiler in $llama_compiler_flags: AMX is left out where the processor names it and a program
# that uses it dies, as in some virtual machines. What was found is kept, for this kind of processor.
find_llama_compiler_flags() {
    llama_compiler_flags=''
    [[ $1 == *amx_tile* ]] || return 0
    local known
    known=$cache/amx-$(sha256sum <<<"$1" | cut -c -8)
    if [[ ! -s $known ]]; then
        make_scratch
        # In a shell of its own, which keeps to itself what the probe dies of.
        if ( (g++ -O1 -mamx-tile "$root/tools/run/amx_probe.cpp" -o "$scratch/amx_probe" && "$scratch/amx_probe") ||
            exit 1) >/dev/null 2>&1; then
            echo works >"$scratch/amx"
        else
            echo dies >"$scratch/amx"
        fi
        mv -- "$scratch/amx" "$known"
        rm -rf -- "$scratch"
    fi
    [[ $(<"$known") == works ]] || llama_compiler_flags='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16'
}

# Leaves the folder of this machine's llama.cpp in $llama_prefix, and the CMake arguments that choose it in $llama_arguments.
find_llama() {
    if [[ ${FABULA_LLAMA:-cache} != cache ]]; then
        llama_prefix='' llama_arguments=("-DFABULA_LLAMA=$FABULA_LLAMA")
        return
    fi
    local processor key
    read_lock
    processor=$(grep -m 1 -E '^(flags|Features)' /proc/cpuinfo) || processor=$(uname -m)
    find_llama_compiler_flags "$processor"
    key=$(printf '%s\n' "${llama_flags[@]}" "$processor" ${llama_compiler_flags:+"$llama_compiler_flags"} | sha256sum)
    llama_prefix=$cache/llama-${lock[node-llama-cpp.provides]}-native-${key:0:8}
    llama_arguments=(-DFABULA_LLAMA=cache "-Dllama_ROOT=$llama_prefix")
}

ensure_llama() {
    find_llama
    [[ -z $llama_prefix || -d $llama_prefix ]] || with_lock "$cache/llama.lock" "llama.cpp" build_llama
}

build_llama() {
    [[ ! -d $llama_prefix ]] || return 0  # another ./run built it while this one waited
    local log=$cache/logs/llama.log version=${lock[node-llama-cpp.provides]} work
    ensure_source node-llama-cpp
    make_scratch
    work=$scratch
    stage "$status_no_build" "unpacking llama.cpp $version" "$log" git clone --quiet "$source_file" "$work/source"
    stage "$status_no_build" "configuring llama.cpp" "$log" cmake -S "$work/source" -B "$work/build" -G Ninja \
        "${llama_flags[@]}" -DCMAKE_C_FLAGS="$llama_compiler_flags" -DCMAKE_CXX_FLAGS="$llama_compiler_flags" \
        -DCMAKE_INSTALL_PREFIX="$work/installed"
    stage "$status_no_build" "building llama.cpp $version (static, native: for this kind of processor)" "$log" \
        ninja -C "$work/build" -j "$(job_count)"
    stage "$status_no_build" "installing llama.cpp" "$log" cmake --install "$work/build"
    mv -- "$work/installed" "$llama_prefix"
    rm -rf -- "$work"
}
