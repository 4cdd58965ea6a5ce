# SPDX-License-Identifier: 0BSD
"""`fabula serve` as a test starts, asks and stops it, with nothing but Python's own library."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import threading
import time


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """A process on a free port; `with` stops it and sees that it ended well."""

    def __init__(self, binary, folder, model, *words, database=None):
        self.binary = os.path.abspath(binary)
        self.folder = pathlib.Path(folder)
        self.words = [str(word) for word in words]
        self.model = str(model) if ":" not in str(model) else ":".join([str(model).split(":", 1)[0], os.path.abspath(str(model).split(":", 1)[1])])
        self.database = str(database or self.folder / "stories.db")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("FABULA_")}
        self.environment |= {"FABULA_CONFIG": os.devnull,
                             "FABULA_CACHE": str(self.folder / "cache"),
                             "FABULA_PRESETS": str(self.folder / "presets")}
        self.process = None
        self.port = 0

    def start(self, port=0):
        self.log = open(self.folder / "serve.log", "ab")
        self.process = subprocess.Popen(
            [self.binary, "serve", "--port", str(port), "--db", self.database, "--model", self.model, *self.words],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=self.environment)
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError(f"no server: {line!r}, exit {self.process.wait()}, see {self.log.name}")
        self.port = int(line.rsplit(":", 1)[1].strip().rstrip("/"))
        return self

    def stop(self, how=signal.SIGTERM):
        """Its exit status; -9 after SIGKILL."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()
        self.process = None
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None:
            self.stop(signal.SIGKILL if self.process.poll() is not None else signal.SIGTERM)

    def ask(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = dict(headers or {})
            if body is not None and not isinstance(body, bytes):
                body = json.dumps(body).encode()
            if body is not None:
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body, **more):
        return self.ask("POST", path, body, **more)

    def begin(self, prompt="The well was dry.", **fields):
        answer = self.post("/api/v1/stories", {"prompt": prompt, **fields})
        assert answer.status == 201, answer.body
        return answer.json

    def story(self, number):
        return self.get(f"/api/v1/stories/{number}").json

    def wait_for(self, request, seconds=60):
        """The request once it has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.get(f"/api/v1/requests/{request['id']}").json
            if found["state"] not in ("waiting", "claimed"):
                return found
            time.sleep(0.02)
        raise TimeoutError(f"request {request['id']} is still {found['state']}")

    def offer(self, story, **fields):
        """Asks for candidates and waits for them: the offer."""
        answer = self.post(f"/api/v1/stories/{story}/offers", fields)
        assert answer.status == 202, answer.body
        done = self.wait_for(answer.json)
        assert done["state"] == "done", done
        return next(each for each in self.story(story)["offers"] if each["id"] == done["offer"])


class Reader(threading.Thread):
    """Reads the events of a story until it is stopped; takes them up again where they were cut."""

    def __init__(self, server, story, last=None):
        super().__init__(daemon=True)
        self.server, self.story, self.last = server, story, last
        self.events = []  # (id, kind, data)
        self.changed = threading.Condition()
        self.is_stopped = False
        self.connection = None
        self.start()

    def run(self):
        headers = {"Last-Event-ID": self.last} if self.last else {}
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=90)
        try:
            self.connection.request("GET", f"/api/v1/stories/{self.story}/events", headers=headers)
            answer = self.connection.getresponse()
            fields = {}
            for line in answer:
                line = line.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                if "event" in fields:
                    with self.changed:
                        self.events.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
                        self.changed.notify_all()
                fields = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # the server or this test ended it
        finally:
            self.connection.close()
        with self.changed:
            self.is_stopped = True
            self.changed.notify_all()

    def wait_for(self, test, seconds=60):
        """The first event of which test(kind, data) is true."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for event in self.events:
                    if test(event[1], event[2]):
                        return event
                left = end - time.monotonic()
                if left <= 0 or self.is_stopped:
                    raise TimeoutError(f"no such event among {[event[1] for event in self.events]}")
                self.changed.wait(left)

    def stop(self):
        if self.connection is not None and self.connection.sock is not None:
            try:
                self.connection.sock.shutdown(2)
            except OSError:
                pass
        self.join(10)
