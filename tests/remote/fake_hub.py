# SPDX-License-Identifier: 0BSD
"""A hub as Hugging Face has it, and the host behind it where the bytes are: repositories that a test makes up.

`with FakeHub() as hub`: hub.url is the hub; files of hub.add(...) are listed by the API and found by /resolve/, which
sends on to the other host (another port). Everything that was asked is kept; bytes that were sent are counted.
"""
import hashlib
import http.server
import json
import re
import socket
import threading
import time
import urllib.parse

BLOCK = 1 << 20


class Content:
    """So many bytes that nobody keeps: block k is the first one, turned by k bytes, with its number in front."""

    def __init__(self, size, seed=0):
        self.size = size
        out, state = bytearray(), hashlib.sha256(str(seed).encode()).digest()
        while len(out) < BLOCK:
            state = hashlib.sha256(state).digest()
            out += state * 64
        self.base = bytes(out[:BLOCK])
        whole, git = hashlib.sha256(), hashlib.sha1(f"blob {size}\0".encode())
        for at in range(0, size, BLOCK):
            piece = self.read(at, min(size, at + BLOCK))
            whole.update(piece)
            git.update(piece)
        self.sha256, self.blob_sha1 = whole.hexdigest(), git.hexdigest()

    def block(self, number):
        turn = number * 7919 % BLOCK
        return number.to_bytes(8, "little") + (self.base[turn:] + self.base[:turn])[8:]

    def read(self, begin, end):
        out = bytearray()
        while begin < end:
            number, at = divmod(begin, BLOCK)
            piece = self.block(number)[at:at + end - begin]
            out += piece
            begin += len(piece)
        return bytes(out)


class Bytes(Content):
    def __init__(self, data):
        self.data = data
        super().__init__(len(data))

    def read(self, begin, end):
        return self.data[begin:end]


class FakeHub:
    def __init__(self, page_size=1000, rate=None):
        self.repositories = {}  # name: [(path, content, is_large)]
        self.tokens = {}        # name: the token that it wants
        self.asked = []         # (server, method, path, headers)
        self.sent = 0           # bytes of files
        self.faults = {}        # path of a file: a function of (handler, content, begin, end); true where it answered
        self.has_ranges = True
        self.rate = rate        # bytes a second and connection
        self.page_size = page_size
        self.lock = threading.Lock()
        self.servers = [self.server(self.hub), self.server(self.store)]
        self.url, self.store_url = (f"http://127.0.0.1:{server.server_address[1]}" for server in self.servers)

    def add(self, name, path, content, large=True):
        content = Bytes(content) if isinstance(content, bytes) else content
        self.repositories.setdefault(name, []).append((path, content, large))
        return content

    def __enter__(self):
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def server(self, answer):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                with outer.lock:
                    outer.asked.append((answer.__name__, self.command, self.path, dict(self.headers)))
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True

            do_HEAD = do_GET

            def say(self, status, body=b"", **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass

        return Threads(("127.0.0.1", 0), Handler)

    def commit(self, name):
        return hashlib.sha1(name.encode()).hexdigest()

    def hub(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        path, query = urllib.parse.unquote(url.path), urllib.parse.parse_qs(url.query)
        found = re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|tree)/([^/]+)", path) or re.fullmatch(
            r"/([^/]+/[^/]+)/(resolve)/([^/]+)/(.+)", path)
        if not found or found[1] not in self.repositories:
            return handler.say(401, b'{"error":"Repository not found"}')
        name, verb, revision = found[1], found[2], found[3]
        if name in self.tokens and handler.headers.get("Authorization") != "Bearer " + self.tokens[name]:
            return handler.say(401, b'{"error":"Access to model is restricted"}')
        if revision not in ("main", self.commit(name)):
            return handler.say(404, b'{"error":"Invalid rev id"}')
        if verb == "revision":
            return handler.say(200, json.dumps({"id": name, "sha": self.commit(name)}).encode())
        if verb == "tree":
            return self.tree(handler, name, int(query.get("cursor", ["0"])[0]))
        for file, content, large in self.repositories[name]:
            if file == found[4] and not large:
                return self.bytes(handler, file, content)
            if file == found[4]:
                return handler.say(302, Location=f"{self.store_url}/{name}/{urllib.parse.quote(file)}?signature=x",
                                   X_Linked_Etag=f'"{content.sha256}"', X_Linked_Size=str(content.size), X_Repo_Commit=revision)
        return handler.say(404, b'{"error":"Entry not found"}')

    def tree(self, handler, name, begin):
        entries = []
        for path, content, large in self.repositories[name]:
            entry = {"type": "file", "path": path, "size": content.size, "oid": content.blob_sha1}
            if large:
                entry["lfs"] = {"oid": content.sha256, "size": content.size, "pointerSize": 135}
            entries.append(entry)
        entries.append({"type": "directory", "path": "folder", "oid": "x", "size": 0})
        end = begin + self.page_size
        more = {"Link": f'<{self.url}/api/models/{name}/tree/{self.commit(name)}?recursive=true&cursor={end}>; rel="next"'} if end < len(entries) else {}
        handler.say(200, json.dumps(entries[begin:end]).encode(), **more)

    def store(self, handler):
        path = urllib.parse.unquote(urllib.parse.urlsplit(handler.path).path).lstrip("/")
        for name, files in self.repositories.items():
            for file, content, _ in files:
                if path == f"{name}/{file}":
                    return self.bytes(handler, file, content)
        return handler.say(404)

    def bytes(self, handler, file, content):
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", "")) if self.has_ranges else None
        begin, end = (int(wanted[1]), int(wanted[2]) + 1) if wanted else (0, content.size)
        end = min(end, content.size)
        if file in self.faults and self.faults[file](handler, content, begin, end):
            return
        handler.send_response(206 if wanted else 200)
        if wanted:
            handler.send_header("Content-Range", f"bytes {begin}-{end - 1}/{content.size}")
        if self.has_ranges:
            handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("ETag", f'"{content.blob_sha1}"')
        handler.send_header("Content-Length", str(end - begin))
        handler.end_headers()
        if handler.command != "HEAD":
            self.send(handler, content, begin, end)

    def send(self, handler, content, begin, end):
        # What lies in buffers when the client dies was sent for nothing: keep it small.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        start = time.monotonic()
        done = 0
        while begin + done < end:
            piece = content.read(begin + done, min(end, begin + done + (1 << 18)))
            sent = handler.connection.send(piece)
            done += sent
            with self.lock:
                self.sent += sent
            if self.rate:
                time.sleep(max(0.0, done / self.rate - (time.monotonic() - start)))
