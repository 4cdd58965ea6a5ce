#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Run clang-tidy, in parallel and for a limited time, on what changed.

What changed: the sources and headers that differ from the merge base with $FABULA_TIDY_BASE, or else from
20 commits ago; `--all` takes every source. A header stands for the sources that include it directly. A source
that was clean is not looked at again until it, a header of ours that it reaches, or the checks change
(remembered in $FABULA_CACHE/tidy). The last line says what was left out for want of time.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout


def changed() -> set[pathlib.Path]:
    if base := os.environ.get("FABULA_TIDY_BASE"):
        start = git("merge-base", "HEAD", base).strip()
    else:
        start = git("rev-list", "--max-count=21", "HEAD").split()[-1]
    names = git("diff", "--name-only", start) + git("ls-files", "--others", "--exclude-standard")
    return {ROOT / name for name in names.splitlines() if name.endswith((".cpp", ".h"))}


@functools.cache
def includes(path: pathlib.Path) -> tuple[pathlib.Path, ...]:
    found = (base / name for name in INCLUDE.findall(path.read_text()) for base in (ROOT / "src", path.parent))
    return tuple(sorted({header.resolve() for header in found if header.exists()}))


def reached(path: pathlib.Path) -> set[pathlib.Path]:
    seen, todo = set(), [path]
    while todo:
        for header in includes(todo.pop()):
            if header not in seen:
                seen.add(header)
                todo.append(header)
    return seen


def key(path: pathlib.Path, command: str, checks: str) -> str:
    digest = hashlib.sha256((checks + command).encode())
    for part in [path, *sorted(reached(path))]:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def choose(sources: list[pathlib.Path], every: bool) -> list[pathlib.Path]:
    if every:
        return sources
    touched = changed()
    return [path for path in sources if path in touched] + \
        [path for path in sources if path not in touched and touched & set(includes(path))]


def tidy(build: pathlib.Path, path: pathlib.Path, deadline: float) -> str | None:
    """What clang-tidy complains about; empty where it is content, None where there was no time."""
    left = deadline - time.monotonic()
    if left <= 0:
        return None
    try:
        run = subprocess.run(["clang-tidy", "-p", str(build), "--quiet", str(path)], cwd=ROOT,
                             capture_output=True, text=True, timeout=left)
    except subprocess.TimeoutExpired:
        return None
    return "" if run.returncode == 0 else faults(run.stdout) or run.stdout + run.stderr


def faults(text: str) -> str:
    """The complaints with the line they point at, without the analyser's path to them."""
    lines, kept = text.splitlines(), []
    for number, line in enumerate(lines):
        if re.search(r":\d+:\d+: (error|warning): ", line):
            kept += [os.path.relpath(line, ROOT) if line.startswith("/") else line, *lines[number + 1:number + 3]]
    return "\n".join(kept)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=pathlib.Path, required=True, action="append",
                           help="folder with compile_commands.json; may be repeated, of a source the first that has it counts")
    arguments.add_argument("--all", action="store_true")
    arguments.add_argument("--minutes", type=float, default=float(os.environ.get("FABULA_TIDY_MINUTES", "12")))
    options = arguments.parse_args()

    cache = pathlib.Path(os.environ.get("FABULA_CACHE", pathlib.Path.home() / ".cache/fabula")) / "tidy"
    cache.mkdir(parents=True, exist_ok=True)
    commands, builds = {}, {}
    for build in reversed(options.build):
        for entry in json.loads((build / "compile_commands.json").read_text()):
            path = pathlib.Path(entry["file"])
            if path.is_relative_to(ROOT) and path.exists():
                commands[path], builds[path] = entry["command"], build
    checks = (ROOT / ".clang-tidy").read_text() + \
        subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    chosen = choose(sorted(commands), options.all)
    keys = {path: key(path, commands[path], checks) for path in chosen}
    todo = [path for path in chosen if not (cache / keys[path]).exists()]

    deadline = time.monotonic() + 60 * options.minutes
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(todo, pool.map(lambda path: tidy(builds[path], path, deadline), todo)))
    faulty = {path: text for path, text in results.items() if text}
    left_out = [str(path.relative_to(ROOT)) for path, text in results.items() if text is None]
    for path, text in results.items():
        if text == "":
            (cache / keys[path]).touch()
    for text in faulty.values():
        print(text.rstrip())
    print(f"clang-tidy: {len(chosen) - len(faulty) - len(left_out)} clean ({len(chosen) - len(todo)} known), "
          f"{len(faulty)} with faults, {len(left_out)} left out for want of time{':' if left_out else ''}",
          *left_out)
    return bool(faulty)


if __name__ == "__main__":
    sys.exit(main())
