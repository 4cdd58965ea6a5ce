#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Read what a CLI11 program says for --help, with all of its subcommands, as values.

What the program says is the only source of the man page and of the completions.
"""
import dataclasses
import re
import subprocess

HEADING = re.compile(r"^(\S[^:]*):$")
ENTRY = re.compile(r"^ {2}(\S.*?)(?: {2,}(\S.*))?$")
REST = re.compile(r"^ {3,}(\S.*)$")
FLAG = re.compile(r"--?[A-Za-z][\w-]*")


@dataclasses.dataclass
class Entry:
    """One option, positional or subcommand: how it is written and what it is for."""
    written: str
    about: str

    @property
    def flags(self) -> list[str]:
        return FLAG.findall(self.written.split(" ")[0])

    @property
    def takes_value(self) -> bool:
        return " " in self.written


@dataclasses.dataclass
class Command:
    words: list[str]
    about: str
    usage: str
    groups: dict[str, list[Entry]]
    children: list["Command"]

    def is_prose(self, title: str) -> bool:
        """Is this group a paragraph of the footer, and no list of what can be given?"""
        return title not in ("Positionals", "Subcommands") and not any(entry.flags for entry in self.groups[title])

    @property
    def options(self) -> list[Entry]:
        return [entry for name, group in self.groups.items() if name != "Subcommands"
                for entry in group if entry.flags]


def parse(text: str) -> tuple[str, str, dict[str, list[Entry]]]:
    about, usage, groups, group = [], "", {}, None
    for line in text.splitlines():
        if line.startswith("Usage:"):
            usage = line.removeprefix("Usage:").strip()
        elif heading := HEADING.match(line):
            group = groups.setdefault(heading.group(1), [])
        elif group is None:
            about.append(line)
        elif entry := ENTRY.match(line):
            group.append(Entry(entry.group(1), entry.group(2) or ""))
        elif group and (rest := REST.match(line)):
            group[-1].about = (group[-1].about + " " + rest.group(1)).strip()
    return "\n".join(about).strip(), usage, groups


def read(binary: str, words: list[str] | None = None) -> Command:
    words = words or []
    text = subprocess.run([binary, *words, "--help"], capture_output=True, text=True, check=True).stdout
    about, usage, groups = parse(text)
    names = [entry.written.split()[0] for entry in groups.get("Subcommands", [])]
    return Command(words, about, usage, groups, [read(binary, [*words, name]) for name in names])


def flatten(command: Command) -> list[Command]:
    return [command, *(below for child in command.children for below in flatten(child))]
