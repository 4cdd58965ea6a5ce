#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Write the man page of a fabula binary to stdout: make_man.py BINARY "fabula VERSION"."""
import sys

import cli_help


def roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.splitlines())


def entries(group: list[cli_help.Entry]) -> list[str]:
    return [line for entry in group for line in (".TP", f"\\fB{roff(entry.written)}\\fR", roff(entry.about) or "\\&")]


def section(command: cli_help.Command) -> list[str]:
    name = " ".join(["fabula", *command.words])
    lines = [f".SS {roff(name)}", roff(command.about)] if command.words else []
    for title, group in command.groups.items():
        if not command.words:
            lines.append(f".SH {roff(title.upper())}")
        elif title != "Options":
            lines.append(f".PP\n\\fI{roff(title)}\\fR")
        if command.is_prose(title):
            lines += [".nf", *(roff(f"{entry.written}  {entry.about}".rstrip()) for entry in group), ".fi"]
            continue
        lines += entries([entry for entry in group if not (command.words and "--help" in entry.flags)])
    return lines


def main() -> None:
    binary, version = sys.argv[1:3]
    top = cli_help.read(binary)
    about = (top.about.splitlines() or ["write stories with language models on this computer"])[0]
    lines = [f'.TH FABULA 1 "" "{roff(version)}" "User Commands"',
             ".SH NAME", f"fabula \\- {roff(about)}",
             ".SH SYNOPSIS", ".B fabula", "[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARGUMENT\\fR]..."]
    lines += section(top)
    lines.append(".SH COMMANDS IN DETAIL")
    for command in cli_help.flatten(top)[1:]:
        lines += section(command)
    print("\n".join(line for line in lines if line))


if __name__ == "__main__":
    main()
