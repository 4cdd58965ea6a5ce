# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# cpp-httplib: taken out of the pinned llama.cpp bundle once per cache, also where llama.cpp itself comes from elsewhere.

# Leaves the folder with httplib.h, httplib.cpp and LICENSE in $httplib_folder.
ensure_httplib() {
    read_lock
    httplib_folder=$cache/httplib-of-llama-${lock[node-llama-cpp.provides]}
    [[ -d $httplib_folder ]] || with_lock "$cache/httplib.lock" "cpp-httplib" take_httplib
}

take_httplib() {
    [[ ! -d $httplib_folder ]] || return 0  # another ./run took it while this one waited
    local log=$cache/logs/httplib.log inside=vendor/cpp-httplib work
    ensure_source node-llama-cpp
    make_scratch
    work=$scratch
    stage "$status_no_build" "unpacking cpp-httplib" "$log" git clone --quiet --no-checkout "$source_file" "$work/source"
    stage "$status_no_build" "unpacking cpp-httplib" "$log" git -C "$work/source" checkout --quiet HEAD -- "$inside"
    mkdir -- "$work/taken"
    mv -- "$work/source/$inside"/{httplib.cpp,httplib.h,LICENSE} "$work/taken"
    cat -- "$work/taken"/{httplib.cpp,httplib.h,LICENSE} >"$work/all"
    has_checksum "$work/all" "${lock[node-llama-cpp.httplib_sha512]}" ||
        fail "$status_checksum" "cpp-httplib in $source_file has not the checksum of third_party/sources.lock: nothing was kept"
    mv -- "$work/taken" "$httplib_folder"
    rm -rf -- "$work"
}
