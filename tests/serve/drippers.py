#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""drippers.py [--clients N] [--seconds S] (--port P | --start PROGRAM): how a server answers while others waste its time.

N clients (300) that send nothing, a byte of a head or of a body each half second, or read an answer not at all, a sixth
of them each; whoever is cut comes again. Meanwhile /api/v1/health is asked for over new connections, and its latency
measured. Prints one JSON line. Exit status 1 where health failed, or took longer than --most-ms (200) in the worst of
a hundred. PROGRAM says "port N" on stdout and ends when its stdin does.
"""
import argparse
import json
import socket
import subprocess
import sys
import threading
import time

HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
KINDS = {  # what is sent at once, what is dripped
    "silent": (b"", b""),
    "head": (HEAD, b"X-Drip: 0123456789\r\n"),
    "small body": (POST + b"Content-Length: 50000\r\n\r\n", b" "),
    "large body": (POST + b"Content-Length: 500000\r\n\r\n", b" "),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "reader": (b"GET /api/v1/large HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
}


def connect(port: int) -> socket.socket:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.settimeout(10)
    found.connect(("127.0.0.1", port))
    return found


class Drippers(threading.Thread):
    """All clients, driven by one thread: each drips twice a second and comes again where it was cut."""

    def __init__(self, port: int, n_clients: int):
        super().__init__(daemon=True)
        self.port, self.n_clients, self.cuts, self.over = port, n_clients, dict.fromkeys(KINDS, 0), threading.Event()

    def begin(self, kind: str) -> socket.socket | None:
        try:
            client = connect(self.port)
            client.sendall(KINDS[kind][0])
            client.setblocking(False)
            return client
        except OSError:
            return None

    def run(self) -> None:
        kinds = list(KINDS)
        clients = [(kind, self.begin(kind)) for kind in (kinds[i % len(kinds)] for i in range(self.n_clients))]
        turn = 0
        while not self.over.wait(0.5):
            turn += 1
            for i, (kind, client) in enumerate(clients):
                if client and self.drips(client, kind, turn):
                    continue
                self.cuts[kind] += 1
                if client:
                    client.close()
                clients[i] = (kind, self.begin(kind))
        for _, client in clients:
            if client:
                client.close()

    @staticmethod
    def drips(client: socket.socket, kind: str, turn: int) -> bool:
        drop = KINDS[kind][1]
        try:
            if drop:
                client.send(drop[turn % len(drop):][:1])
            if kind != "reader":  # an answer means that it was cut, or refused
                client.recv(1)
                return False
            return True
        except BlockingIOError:
            return True
        except OSError:
            return False


def ask_health(port: int) -> float:
    """Milliseconds from connecting to the whole answer."""
    began = time.monotonic()
    with connect(port) as client:
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        answer = b""
        while part := client.recv(65536):
            answer += part
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(answer[:80].decode("latin-1") or "no answer")
    return (time.monotonic() - began) * 1000


def measure(port: int, seconds: float) -> tuple[list[float], list[str]]:
    times, failures, end = [], [], time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            times.append(ask_health(port))
        except OSError as error:
            failures.append(str(error))
        time.sleep(0.02)
    return sorted(times), failures


def attack(port: int, options: argparse.Namespace) -> int:
    quiet, _ = measure(port, 1)
    drippers = Drippers(port, options.clients)
    drippers.start()
    time.sleep(0.5)
    times, failures = measure(port, options.seconds)
    drippers.over.set()
    drippers.join(30)
    at = {name: round(times[min(len(times) - 1, int(len(times) * part))], 1) if times else None
          for name, part in (("p50_ms", 0.5), ("p99_ms", 0.99), ("most_ms", 1))}
    fine = bool(times) and not failures and at["p99_ms"] <= options.most_ms
    print(json.dumps({"name": "drippers", "ok": fine, "clients": options.clients, "seconds": options.seconds,
                      "asked": len(times) + len(failures), "failed": len(failures), "failures": sorted(set(failures))[:3],
                      "quiet_p50_ms": round(quiet[len(quiet) // 2], 1) if quiet else None, **at, "cut": drippers.cuts}))
    return 0 if fine else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int)
    parser.add_argument("--start")
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--most-ms", type=float, default=200)
    options = parser.parse_args()
    if not options.start:
        return attack(options.port, options)
    with subprocess.Popen([options.start], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        port = int(server.stdout.readline().split()[1])
        status = attack(port, options)
        server.stdin.close()
        if server.wait(30) != 0:
            print("drippers: the server ended with status", server.returncode, file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
