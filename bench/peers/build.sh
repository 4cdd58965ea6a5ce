# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The programs that Fabula is measured against: llama.cpp's own, of the pinned source that Fabula links, with the
# same flags (native, no OpenMP), once per cache, version, set of flags and kind of processor.

# What the library build leaves out. The server's web page would be fetched from the network, so it is left out too.
peer_flags=("${llama_flags[@]}" -DLLAMA_BUILD_COMMON=ON -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_SERVER=ON
    -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF)
peer_programs=(llama-bench llama-batched-bench llama-server)

# Leaves the folder of the peers' programs in $peers_folder.
find_peers() {
    local processor key
    read_lock
    processor=$(grep -m 1 -E '^(flags|Features)' /proc/cpuinfo) || processor=$(uname -m)
    key=$(printf '%s\n' "${peer_flags[@]}" "${peer_programs[@]}" "$processor" | sha256sum)
    peers_folder=$cache/peers-${lock[node-llama-cpp.provides]}-native-${key:0:8}
}

ensure_peers() {
    find_peers
    [[ -d $peers_folder ]] || with_lock "$cache/peers.lock" "the peers" build_peers
}

build_peers() {
    [[ ! -d $peers_folder ]] || return 0  # another one built them while this one waited
    local log=$cache/logs/peers.log version=${lock[node-llama-cpp.provides]} work program
    ensure_source node-llama-cpp
    make_scratch
    work=$scratch
    stage "$status_no_build" "unpacking llama.cpp $version" "$log" git clone --quiet "$source_file" "$work/source"
    stage "$status_no_build" "configuring llama.cpp's programs" "$log" cmake -S "$work/source" -B "$work/build" \
        -G Ninja "${peer_flags[@]}"
    stage "$status_no_build" "building ${peer_programs[*]} $version (native; once, some minutes)" "$log" \
        ninja -C "$work/build" -j "$(nproc)" "${peer_programs[@]}"
    mkdir -p -- "$work/peers"
    for program in "${peer_programs[@]}"; do
        cp -- "$work/build/bin/$program" "$work/peers/$program"
    done
    mv -- "$work/peers" "$peers_folder"
    rm -rf -- "$work"
}
