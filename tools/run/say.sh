# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# What ./run says while it works: one line a stage on stderr, a running one where that is a terminal;
# a failed stage names its log and shows the end of it. stdout belongs to fabula.

is_terminal=0
[[ ! -t 2 ]] || is_terminal=1

# These are the exit statuses that `./run help` promises.
# shellcheck disable=SC2034
readonly status_failed=1 status_usage=2 status_no_root=90 status_no_download=91 status_checksum=92 \
    status_no_build=93 status_no_model=94 status_disk_full=95 status_no_packages=96

cleanups=()
ticker=''
at_exit() {
    local status=$? cleanup
    [[ -z $ticker ]] || kill "$ticker" 2>/dev/null || true
    for cleanup in "${cleanups[@]}"; do eval "$cleanup"; done
    exit "$status"
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf 'run: %s\n' "$*" >&2; }

fail() {
    local status=$1
    shift
    say "$*"
    exit "$status"
}

# A folder below $cache that is deleted when ./run ends, however it ends; its name is left in $scratch.
make_scratch() {
    mkdir -p -- "$cache/tmp"
    scratch=$(mktemp -d "$cache/tmp/XXXXXX")
    cleanups+=("rm -rf -- $(printf %q "$scratch")")
}

# "[34/79]" of a ninja log becomes "[34/79] 48 s, about 70 s left"; packages that apt-get unpacks and sets up count too.
progress_line() {
    local title=$1 log=$2 seconds=$3 made=0 total=0 left='' counts
    counts=$(tail -c 4000 "$log" 2>/dev/null | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1) || true
    if [[ -n $counts ]]; then
        counts=${counts//[^0-9\/]/}
        made=${counts%/*} total=${counts#*/}
    elif counts=$(grep -m 1 -oE '[0-9]+ newly installed' "$log" 2>/dev/null); then
        total=$((2 * ${counts%% *}))
        made=$(grep -cE '^(Unpacking|Setting up) ' "$log") || true
    fi
    ((made < 3 || made >= total)) || left=", about $((seconds * (total - made) / made)) s left"
    ((total == 0)) || title+=" [$made/$total]"
    printf 'run: %s %d s%s' "$title" "$seconds" "$left"
}

# Rewrites one line twice a second on a terminal. Elsewhere prints the title of what lasts longer than a second, then a
# line every thirty seconds. It waits in `read`, since a `sleep` would outlive it and hold stderr open.
tick() {
    trap - EXIT INT TERM
    local title=$1 log=$2 start=$SECONDS pause=1 never
    ((is_terminal == 0)) || pause=0.5
    exec {never}<> <(:)
    read -rt "$pause" -u "$never" || true
    if ((is_terminal == 0)); then
        say "$title"
        pause=30
        read -rt "$pause" -u "$never" || true
    fi
    while kill -0 $$ 2>/dev/null; do
        if ((is_terminal)); then
            printf '\r\033[K%s' "$(progress_line "$title" "$log" $((SECONDS - start)))" >&2
        else
            progress_line "$title" "$log" $((SECONDS - start)) >&2
            echo >&2
        fi
        read -rt "$pause" -u "$never" || true
    done
}

# stage STATUS TITLE LOG COMMAND...: runs the command with its output in the log; ends ./run where it fails.
stage() {
    local status=$1 title=$2 log=$3 result=0
    shift 3
    mkdir -p -- "${log%/*}"
    : >"$log"
    run_logged "$title" "$log" "$@" || result=$?
    ((result != 0)) || return 0
    ((result < 128)) || fail "$result" "$title: stopped (the log is $log)"
    say "$title: failed; the end of $log:"
    tail -n 15 -- "$log" | cut -c1-300 >&2
    if (($(df --output=avail -k -- "$cache" | tail -n 1) < 20480)); then
        fail "$status_disk_full" "the disk that holds $cache is full"
    fi
    exit "$status"
}

# The part of a stage that does not judge: the caller sees the command's own status.
run_logged() {
    local title=$1 log=$2 result=0 start=$SECONDS
    shift 2
    tick "$title" "$log" &
    ticker=$!
    "$@" >>"$log" 2>&1 </dev/null || result=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    ticker=''
    ((is_terminal == 0)) || printf '\r\033[K' >&2
    ((is_terminal || SECONDS - start < 30)) || say "$title: took $((SECONDS - start)) s"
    return "$result"
}

# with_lock FILE WHAT COMMAND...: one ./run at a time; says so where it has to wait.
with_lock() {
    local file=$1 what=$2 handle
    shift 2
    mkdir -p -- "${file%/*}"
    exec {handle}>>"$file"
    if ! flock --nonblock "$handle"; then
        say "another ./run is busy with $what; waiting for it"
        flock "$handle"
    fi
    "$@"
    exec {handle}>&-
}
