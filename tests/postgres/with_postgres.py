#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Run a command with a PostgreSQL server of its own.

    with_postgres.py COMMAND [ARGUMENT]...

Makes a data folder, starts a server on a free port and a socket in that folder, sets FABULA_TEST_POSTGRES to the URL
of its database `postgres`, runs the command, stops the server and removes the folder, also where something fails.
The exit status is the command's; 77 where no PostgreSQL is installed. As root the server runs as user `postgres`,
since PostgreSQL refuses root. Other scripts use the class Server.
"""
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PASSWORD = "not-a-secret"


def binary_folder() -> pathlib.Path | None:
    found = shutil.which("initdb")
    if found:
        return pathlib.Path(found).resolve().parent
    versions = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    newest = sorted(versions, key=lambda path: float(path.split("/")[4]))
    return pathlib.Path(newest[-1]).parent if newest else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server in a folder of its own below `parent`; started by `with`, gone behind it."""

    def __init__(self, parent: str | None = None, settings: dict[str, str] | None = None) -> None:
        self.binaries = binary_folder()
        self.parent = parent
        self.settings = settings or {}
        self.port = free_port()
        self.folder = pathlib.Path()

    def __enter__(self) -> "Server":
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fabula-postgres-", dir=self.parent))
        try:
            self._make()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate", must=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_server(self, *command: str) -> list[str]:
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        return prefix + list(command)

    def _run(self, name: str, *arguments: str, must: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(self._as_server(str(self.binaries / name), *arguments), cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
        if must and done.returncode:
            log = self.folder / "log"
            sys.exit(f"{name}: {done.stdout}" + (log.read_text() if log.exists() else ""))
        return done

    def _make(self) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o644)  # not a secret, and read by another user
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "fabula", "-A", "scram-sha-256",
                  f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with (self.folder / "data" / "postgresql.conf").open("a") as conf:
            print("listen_addresses = '127.0.0.1'", f"port = {self.port}",
                  f"unix_socket_directories = '{self.folder}'", "max_connections = 60", "shared_buffers = 32MB",
                  sep="\n", file=conf)
            for name, value in self.settings.items():
                print(f"{name} = '{value}'", file=conf)

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-t", "60", "start")

    def stop(self, mode: str = "fast", must: bool = True) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "-t", "60", "stop", must=must)

    def kill(self) -> None:
        """SIGKILL to the postmaster, as a crash; returns when its children have noticed and gone."""
        pid_file = self.folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split("\n")[0]), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while self._is_in_use():
            if time.monotonic() > deadline:
                sys.exit("the server's children do not go")
            time.sleep(0.02)
        # Where nobody has collected the dead postmaster yet its number still looks alive to the next one.
        for lock in [pid_file, *self.folder.glob(".s.PGSQL.*")]:
            lock.unlink(missing_ok=True)

    def _is_in_use(self) -> bool:
        """Whether a process has the data folder as its own; the dead have none."""
        data = str(self.folder / "data")
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd") == data:
                    return True
            except OSError:
                continue
        return False

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://fabula:{password}@127.0.0.1:{self.port}/{database}"

    def query(self, sql: str, database: str = "postgres") -> str:
        """What psql says to it, without decoration. Requires success."""
        psql = subprocess.run([str(self.binaries / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", self.url(database),
                               "-c", sql], text=True, capture_output=True, check=False)
        if psql.returncode:
            sys.exit(f"psql: {psql.stderr}")
        return psql.stdout.strip()


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    if not binary_folder():
        print("no PostgreSQL server is installed (Debian: apt-get install postgresql)", file=sys.stderr)
        return 77
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Server() as server:
        environment = dict(os.environ, FABULA_TEST_POSTGRES=server.url())
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
