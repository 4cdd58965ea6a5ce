# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# Debian packages, by group (third_party/packages/GROUP.txt). A package is wanted only where its probe is missing:
# what the machine has from elsewhere is left alone.

include_folders=(/usr/include /usr/include/*-linux-gnu* /usr/local/include)

# is_there PROBE: a command, a header below an include folder, or an absolute path.
is_there() {
    local probe=$1 folder
    case $probe in
        /*) [[ -e $probe ]] ;;
        *.h | *.hpp)
            for folder in "${include_folders[@]}"; do
                [[ ! -e $folder/$probe ]] || return 0
            done
            return 1
            ;;
        *) command -v -- "$probe" >/dev/null ;;
    esac
}

# Leaves in $missing the packages of the groups whose probes fail.
find_missing() {
    local group package probe list
    missing=()
    for group in "$@"; do
        list=$root/third_party/packages/$group.txt
        [[ -e $list ]] || fail "$status_usage" "no group of packages is called '$group': write, serve, python, notebook, test, check, train"
        while read -r package probe; do
            [[ -z $package || $package == \#* ]] || is_there "$probe" || missing+=("$package")
        done <"$list"
    done
}

# Every group stands on `write`.
ensure_packages() {
    find_missing write "$@"
    ((${#missing[@]} == 0)) || with_lock "$cache/packages.lock" "packages" install_missing "$@"
}

install_missing() {
    find_missing write "$@"  # again: another ./run may have installed them while this one waited
    ((${#missing[@]} > 0)) || return 0
    local command=(apt-get install --yes --no-install-recommends) become=() log=$cache/logs/packages.log
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    command -v apt-get >/dev/null ||
        fail "$status_no_root" "these Debian packages are missing, and there is no apt-get here: ${missing[*]}"
    if ((EUID != 0)); then
        become_root || fail "$status_no_root" "packages are missing; install them, then run this again:
  sudo apt-get update && sudo ${command[*]} ${missing[*]}"
        become=(sudo)
    fi
    mkdir -p -- "${log%/*}"
    # A list of packages that is empty or older than the pool cannot name what is there now.
    apt_dry_run "${missing[@]}" >"$log" 2>&1 ||
        stage "$status_no_packages" "reading the list of packages" "$log" apt_as_root update
    apt_dry_run "${missing[@]}" >"$log" 2>&1 || true
    local size
    size=$(grep -E '^Need to get' "$log" | sed 's/^Need to get \(.*\) of archives\./\1/') || size="unknown size"
    local title="installing ${#missing[@]} packages and what they need ($size to download)"
    if ! run_logged "$title" "$log" apt_as_root install "${missing[@]}"; then
        stage "$status_no_packages" "reading the list of packages again" "$log" apt_as_root update
        stage "$status_no_packages" "$title" "$log" apt_as_root install "${missing[@]}"
    fi
    local installed=("${missing[@]}")
    hash -r
    include_folders=(/usr/include /usr/include/*-linux-gnu* /usr/local/include)
    find_missing write "$@"
    ((${#missing[@]} == 0)) || fail "$status_no_packages" \
        "installed ${installed[*]}, but what ${missing[*]} should bring is still missing (the log is $log)"
}

become_root() {
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return 0
    [[ -t 0 ]] && ((is_terminal)) || return 1
    say "packages are missing: ${missing[*]}"
    sudo -v
}

# --assume-no makes apt-get tell the sizes and stop; its status is then 1 also where all is well.
apt_dry_run() {
    local answer
    answer=$(LC_ALL=C apt-get install --no-install-recommends --assume-no "$@" 2>&1) || true
    printf '%s\n' "$answer"
    [[ $answer == *"Need to get"* ]]
}

apt_as_root() {
    local verb=$1
    shift
    [[ $verb != install ]] || set -- --yes --no-install-recommends "$@"
    "${become[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any "$verb" "$@"
}
