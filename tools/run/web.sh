# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The page: web/ built into web/dist, again only where its sources changed. What npm fetched stays in web/node_modules,
# so that a later build needs no network.

# What the page is made of, as one checksum: the content of its sources and of what npm is to install.
web_checksum() {
    (cd -- "$root/web" && find package.json package-lock.json tsconfig.json vite.config.ts index.html public src \
        -type f ! -name '*.test.ts' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
}

# ensure_web: afterwards web/dist is the page of this tree. Needs the packages of the group `serve`.
ensure_web() {
    [[ -e $root/web/package.json ]] || return 0
    with_lock "$root/build/web.lock" "web/dist" ensure_web_locked
}

ensure_web_locked() {
    local sum log=$root/build/logs/web.log built=$root/web/node_modules/.fabula-page
    sum=$(web_checksum)
    [[ ! -e $root/web/dist/index.html || ! -e $built || $(<"$built") != "$sum" ]] || return 0
    install_npm web "what the page is built with"
    stage "$status_no_build" "building the page" "$log" npm_in_web run build
    printf '%s\n' "$sum" >"$built"
}

# What tests/clients tries the server with.
ensure_clients() { with_lock "$root/build/clients.lock" "tests/clients" install_npm tests/clients "other people's clients"; }

# install_npm FOLDER WHAT: what its package-lock.json names, again only where that changed.
install_npm() {
    local folder=$root/$1 what=$2 log=$root/build/logs/npm.log lock installed
    if ! is_there npm || ! is_there node; then
        fail "$status_no_build" "$what: node and npm are needed: ./run setup serve"
    fi
    mkdir -p -- "${log%/*}"
    : >"$log"
    installed=$folder/node_modules/.fabula
    lock=$(sha256sum -- "$folder/package-lock.json" | cut -d ' ' -f 1)
    [[ ! -e $installed || $(<"$installed") != "$lock" ]] || return 0
    if ! run_logged "fetching $what" "$log" npm --prefix "$folder" ci --no-audit --no-fund --no-update-notifier; then
        tail -n 6 -- "$log" | cut -c1-300 >&2
        fail "$status_no_build" "npm could not install what $1/package-lock.json names: is this machine offline? (the log is $log)"
    fi
    printf '%s\n' "$lock" >"$installed"
}

npm_in_web() { (cd -- "$root/web" && npm "$@"); }
