# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# The package fabula for Python: built with the release tree, made into a wheel, installed by pip without its own builds.

# Leaves in $python the interpreter that the release tree builds the package for, or OFF: the one that --python named, else
# Debian's where what it needs is there. An installed llama.cpp may lack what a module needs, so it must be asked for.
find_python() {
    python=${FABULA_PYTHON:-}
    [[ -z $python ]] || return 0
    find_missing python
    python=OFF
    [[ ${#missing[@]} -gt 0 || ${FABULA_LLAMA:-cache} != cache ]] || python=/usr/bin/python3
}

# install_python [--python P] [--kernel] [--wheel DIR]
install_python() {
    local kernel=0 wheels=''
    FABULA_PYTHON=/usr/bin/python3
    while (($# > 0)); do
        case $1 in
            --python | --wheel)
                [[ -n ${2:-} ]] || fail "$status_usage" "$1 needs a value: ./run python [--python P] [--kernel] [--wheel DIR]"
                set -- "$1=$2" "${@:3}"
                ;;
            --python=*) FABULA_PYTHON=${1#*=} && shift ;;
            --wheel=*) wheels=${1#*=} && shift ;;
            --kernel) kernel=1 && shift ;;
            --help | -h) usage && return ;;
            *) fail "$status_usage" "'$1' is not understood: ./run python [--python P] [--kernel] [--wheel DIR]" ;;
        esac
    done
    ensure_packages write
    check_python "$kernel"
    build_release fabula _fabula
    make_scratch
    make_wheel "${wheels:-$scratch}"
    if [[ -n $wheels ]]; then
        echo "$wheel"
        return 0
    fi
    ensure_model
    install_wheel
    ((!kernel)) || install_kernel
    rm -rf -- "$scratch"
}

# Makes sure of an interpreter that a module can be built for.
check_python() {
    local name=$FABULA_PYTHON groups=(python) problem
    FABULA_PYTHON=$(command -v -- "$name") || fail "$status_usage" "--python $name: there is no such program"
    [[ $FABULA_PYTHON == /* ]] || FABULA_PYTHON=$PWD/$FABULA_PYTHON
    (($1 == 0)) || groups+=(notebook)
    if [[ $FABULA_PYTHON == /usr/bin/python3 ]]; then
        ensure_packages write "${groups[@]}"
    else
        is_there pybind11/pybind11.h || ensure_packages write python
    fi
    problem=$("$FABULA_PYTHON" - 2>&1 <<'PYTHON'
import os, sys, sysconfig
if sys.version_info < (3, 9):
    sys.exit("it is older than Python 3.9")
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    sys.exit(f"it has no Python.h in {sysconfig.get_path('include')}: install its development package")
try:
    import pip
except ImportError:
    sys.exit("it has no pip: run it with  -m ensurepip  first")
print("sound")
PYTHON
    ) || true
    [[ $problem == sound ]] ||
        fail "$status_usage" "no module can be built for $FABULA_PYTHON: $(tail -n 1 <<<"${problem:-it is no Python}")"
}

# make_wheel DIR: leaves the wheel's path in $wheel.
make_wheel() {
    mkdir -p -- "$1" 2>/dev/null || fail "$status_usage" "--wheel $1: this folder cannot be made"
    wheel=$("$FABULA_PYTHON" "$root/python/make_wheel.py" "$root/build/release/python/fabula" "$1") ||
        fail "$status_no_build" "no wheel was made of $root/build/release/python/fabula"
}

install_wheel() {
    local where=() log=$cache/logs/python.log
    mkdir -p -- "${log%/*}"
    # Outside a virtual environment: among this user's packages, where Debian's own are not touched (PEP 668).
    if "$FABULA_PYTHON" -c 'import sys; sys.exit(sys.prefix != sys.base_prefix)'; then
        where=(--user)
        ! "$FABULA_PYTHON" -m pip install --help | grep -q -- --break-system-packages || where+=(--break-system-packages)
    fi
    # From elsewhere: a folder `fabula` in the current one would be imported instead.
    (cd / && "$FABULA_PYTHON" -m pip install --no-index --no-deps --force-reinstall --no-warn-script-location \
        --root-user-action=ignore "${where[@]}" "$wheel") >"$log" 2>&1 ||
        fail "$status_no_packages" "pip could not install the wheel (the log is $log): $(tail -n 1 "$log")"
    (cd / && "$FABULA_PYTHON" -c 'import fabula; print("installed", fabula.__file__.rpartition("/")[0])') ||
        fail "$status_no_packages" "the package was installed for $FABULA_PYTHON, but cannot be imported"
}

install_kernel() {
    "$FABULA_PYTHON" -c 'import ipykernel' 2>"$scratch/said" ||
        fail "$status_no_packages" "$FABULA_PYTHON has no ipykernel: install it (pip install ipykernel), then run this again"
    "$FABULA_PYTHON" -m ipykernel install --user --name complete --display-name "Fabula (complete)" >"$scratch/said" 2>&1 ||
        fail "$status_no_packages" "the kernel was not made: $(tail -n 1 "$scratch/said")"
    echo "Jupyter has the kernel 'complete'"
}
