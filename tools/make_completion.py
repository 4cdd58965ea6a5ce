#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Write the completion of a fabula binary for a shell to stdout: make_completion.py BINARY bash|zsh|fish."""
import sys

import cli_help

BASH = """# bash completion for fabula, made from its --help
_fabula() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$path $word" in
%(steps)s
        esac
    done
    case "$path $previous" in
%(values)s
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return ;;
    esac
    case "$path" in
%(words)s
    esac
    [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _fabula fabula
"""

ZSH = """#compdef fabula
# zsh completion for fabula, made from its --help
_fabula() {
    local word command=''
    local -a offers
    for word in "${(@)words[2,CURRENT-1]}"; do
        case "$command $word" in
%(steps)s
        esac
    done
    case "$command" in
%(words)s
    esac
    _describe 'fabula' offers
    _files
}
_fabula "$@"
"""


def path(command: cli_help.Command) -> str:
    return "".join(" " + word for word in command.words)


def quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def steps(commands: list[cli_help.Command]) -> str:
    return "\n".join(f"            {quote(path(c))}) {{}}={quote(path(c))} ;;" for c in commands if c.words)


def offers(command: cli_help.Command) -> list[tuple[str, str]]:
    return [(child.words[-1], child.about.split("\n")[0]) for child in command.children] + \
        [(flag, option.about) for option in command.options for flag in option.flags if flag.startswith("--")]


def bash(commands: list[cli_help.Command]) -> str:
    values = "|".join(quote(f"{path(c)} {flag}") for c in commands for option in c.options
                      if option.takes_value for flag in option.flags)
    words = "\n".join(
        f"        {quote(path(c))}) mapfile -t COMPREPLY < <(compgen -W "
        f"{quote(' '.join(word for word, _ in offers(c)))} -- \"$current\") ;;" for c in commands)
    return BASH % {"steps": steps(commands).replace("{}", "path"), "values": f"        {values})", "words": words}


def zsh(commands: list[cli_help.Command]) -> str:
    words = "\n".join("        {}) offers=({}) ;;".format(
        quote(path(c)), " ".join(quote(word.replace(":", "\\:") + ":" + about) for word, about in offers(c)))
        for c in commands)
    return ZSH % {"steps": steps(commands).replace("{}", "command"), "words": words}


def fish(commands: list[cli_help.Command]) -> str:
    lines = ["# fish completion for fabula, made from its --help"]
    for command in commands:
        seen = " ".join(command.words)
        below = " ".join(child.words[-1] for child in command.children)
        inside = [f"__fish_seen_subcommand_from {word}" for word in command.words] or []
        if below:
            inside.append(f"not __fish_seen_subcommand_from {below}")
        condition = f" -n {quote('; and '.join(inside))}" if inside else ""
        for child in command.children:
            lines.append(f"complete -c fabula -f{condition} -a {child.words[-1]} -d {quote(child.about.splitlines()[0] if child.about else seen)}")
        for option in command.options:
            names = "".join(f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}" for flag in option.flags)
            value = " -r" if option.takes_value else ""
            lines.append(f"complete -c fabula{condition}{names}{value} -d {quote(option.about)}")
    return "\n".join(lines) + "\n"


def main() -> None:
    binary, shell = sys.argv[1:3]
    commands = cli_help.flatten(cli_help.read(binary))
    sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[shell](commands))


if __name__ == "__main__":
    main()
