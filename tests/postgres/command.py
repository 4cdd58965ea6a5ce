#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Every command that works on stories, with `--db postgresql://...`, at a server of its own.

usage: command.py FABULA SCRIPT

Exit status 77 where no PostgreSQL is installed. The model is scripted.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from with_postgres import PASSWORD, Server, binary_folder  # noqa: E402


class Failed(Exception):
    pass


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        raise Failed(what)


class Commands:
    def __init__(self, fabula: str, script: str, folder: str, url: str) -> None:
        self.fabula, self.model, self.folder, self.url = fabula, f"scripted:{script}", folder, url

    def run(self, *words: str, status: int = 0, url: str | None = None) -> subprocess.CompletedProcess:
        environment = {**os.environ, "FABULA_CONFIG": os.devnull, "XDG_DATA_HOME": self.folder,
                       "XDG_CACHE_HOME": self.folder}
        done = subprocess.run([self.fabula, *words, "--db", url or self.url], capture_output=True, text=True,
                              env=environment, cwd=self.folder, check=False)
        said = f"{' '.join(words)}: status {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        expect(done.returncode == status, said)
        expect(PASSWORD not in done.stdout + done.stderr, f"the password is shown: {said}")
        return done


def check_story(commands: Commands) -> None:
    commands.run("write", "It was late.", "--model", commands.model, "--seed", "1", "--steps", "3", "--tokens", "8",
                 "--candidates", "2")
    commands.run("write", "--continue", "last", "--model", commands.model, "--steps", "1", "--tokens", "8",
                 "--candidates", "2")
    stories = json.loads(commands.run("story", "list", "--json").stdout)
    listed = stories if isinstance(stories, list) else stories["stories"]
    expect(len(listed) == 1, f"one story is listed: {stories}")
    story = json.loads(commands.run("story", "export", "last", "--format", "json").stdout)
    expect(len(story["passages"]) == 5, "the opening and four passages")
    expect(len(story["choices"]) == 4, "four choices")

    path = pathlib.Path(commands.folder, "story.json")
    path.write_text(json.dumps(story))
    commands.run("story", "import", str(path))
    copy = json.loads(commands.run("story", "export", "2", "--format", "json").stdout)
    expect([p["text"] for p in copy["passages"]] == [p["text"] for p in story["passages"]], "the copy has its words")

    # The same through a file: exported there, it is the same.
    file = str(pathlib.Path(commands.folder, "copy.db"))
    commands.run("story", "import", str(path), url=file)
    there = json.loads(commands.run("story", "export", "1", "--format", "json", url=file).stdout)
    for part in ("passages", "choices", "moves"):
        expect(len(there[part]) == len(copy[part]), f"{part} as on the server")
    expect([o["candidates"] for o in there["offers"]] == [o["candidates"] for o in copy["offers"]],
           "candidates with every bit of their numbers")

    commands.run("story", "show", "1")
    commands.run("story", "tree", "1")
    commands.run("story", "undo", "1")
    commands.run("story", "delete", "2", "--yes")
    commands.run("story", "show", "2", status=3)


def check_choices(commands: Commands) -> None:
    out = str(pathlib.Path(commands.folder, "report"))
    commands.run("choices", "report", "--out", out)
    expect(pathlib.Path(out, "report.json").exists(), "the report is written")
    commands.run("settings", "show")
    commands.run("story", "replay", "1", "--model", commands.model)


def check_doctor(commands: Commands, server: Server) -> None:
    def database() -> dict:
        done = subprocess.run([commands.fabula, "doctor", "--json", "--model", commands.model, "--db", commands.url],
                              capture_output=True, text=True, env={**os.environ, "FABULA_CONFIG": os.devnull},
                              check=False)
        expect(PASSWORD not in done.stdout + done.stderr, "the doctor keeps the password for itself")
        return next(each for each in json.loads(done.stdout) if each["check"] == "database")

    found = database()
    expect(found["state"] == "ok" and "is sound, schema" in found["words"], str(found))
    server.query("alter system set fsync = off")
    server.query("alter system set synchronous_commit = off")
    server.query("select pg_reload_conf()")
    found = database()
    expect(found["state"] == "poor" and "fsync is off" in found["words"] and
           "synchronous_commit is off" in found["words"], str(found))
    server.query("alter system reset all")
    server.query("select pg_reload_conf()")


def check_empty(commands: Commands, server: Server) -> None:
    """Looking makes no tables."""
    server.query("create database empty")
    done = subprocess.run([commands.fabula, "doctor", "--json", "--model", commands.model, "--db", server.url("empty")],
                          capture_output=True, text=True, env={**os.environ, "FABULA_CONFIG": os.devnull}, check=False)
    expect("its tables are made by the first story" in done.stdout, done.stdout)
    expect(server.query("select count(*) from pg_tables where schemaname = 'public'", "empty") == "0", "no table")
    shown = commands.run("config", "show").stdout
    expect("postgresql://fabula@127.0.0.1" in shown, "the configuration shows where stories lie")
    # A budget for the file does not take the URL for one.
    commands.run("write", "It was late.", "--model", commands.model, "--steps", "1", "--tokens", "8")
    shown = subprocess.run([commands.fabula, "cache", "show", "--db", commands.url, "--database-mib", "1"],
                           capture_output=True, text=True, env={**os.environ, "FABULA_CONFIG": os.devnull}, check=False)
    expect(shown.returncode == 0 and PASSWORD not in shown.stdout, shown.stdout + shown.stderr)


def check_trouble(commands: Commands, server: Server) -> None:
    wrong = commands.run("story", "list", url=server.url(password="not-it-either"), status=6)
    expect("password authentication failed" in wrong.stderr and "not-it-either" not in wrong.stderr, wrong.stderr)
    server.stop("immediate")
    gone = commands.run("story", "list", status=6)
    expect("start the server" in gone.stderr and gone.stderr.count("\n") == 1, gone.stderr)
    server.start()
    commands.run("story", "list")


def main() -> int:
    fabula, script = (os.path.abspath(each) for each in sys.argv[1:3])
    if not binary_folder():
        print("skipped: no PostgreSQL server is installed")
        return 77
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        commands = Commands(fabula, script, folder, server.url())
        try:
            check_story(commands)
            check_choices(commands)
            check_doctor(commands, server)
            check_empty(commands, server)
            check_trouble(commands, server)
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
