# shellcheck shell=bash
# SPDX-License-Identifier: 0BSD
# `./run install` and `uninstall`: the program, its completions and its man page below one prefix.

installed_files=(bin/fabula share/man/man1/fabula.1 share/bash-completion/completions/fabula
    share/zsh/site-functions/_fabula share/fish/vendor_completions.d/fabula.fish)

# Leaves the folder to install to in $prefix.
read_prefix() {
    prefix=$HOME/.local
    while (($# > 0)); do
        case $1 in
            --prefix) prefix=${2:?--prefix needs a folder} && shift 2 ;;
            --prefix=*) prefix=${1#*=} && shift ;;
            *) fail "$status_usage" "'$1' is not understood: ./run install|uninstall [--prefix DIR]" ;;
        esac
    done
    mkdir -p -- "$prefix"
    prefix=$(cd -- "$prefix" && pwd)
}

install_fabula() {
    local binary=$root/build/release/bin/fabula file
    read_prefix "$@"
    ensure_packages write
    is_there python3 || fail "$status_no_root" "python3 is missing: sudo apt-get install --yes python3"
    build_release fabula
    ensure_model
    make_scratch
    python3 -B "$root/tools/make_man.py" "$binary" "$("$binary" --version | tail -n 1)" >"$scratch/fabula.1"
    python3 -B "$root/tools/make_completion.py" "$binary" bash >"$scratch/fabula"
    python3 -B "$root/tools/make_completion.py" "$binary" zsh >"$scratch/_fabula"
    python3 -B "$root/tools/make_completion.py" "$binary" fish >"$scratch/fabula.fish"
    for file in "${installed_files[@]}"; do
        case $file in
            bin/*) install -D -s -m 755 -- "$binary" "$prefix/$file" ;;
            *) install -D -m 644 -- "$scratch/${file##*/}" "$prefix/$file" ;;
        esac
        echo "installed $prefix/$file"
    done
    [[ :$PATH: == *:$prefix/bin:* ]] || say "add it to your PATH, for instance in ~/.profile:  export PATH=\"$prefix/bin:\$PATH\""
    say "zsh finds the completion with  fpath=($prefix/share/zsh/site-functions \$fpath)  before compinit; bash and fish find theirs"
}

# Takes away what install put there, and nothing else; models and stories stay.
uninstall_fabula() {
    local file removed=0
    read_prefix "$@"
    for file in "${installed_files[@]}"; do
        [[ ! -e $prefix/$file ]] || { rm -f -- "$prefix/$file" && echo "removed $prefix/$file" && removed=1; }
    done
    ((removed)) || say "nothing of fabula is in $prefix"
}
