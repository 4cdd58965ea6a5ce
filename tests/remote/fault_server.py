# SPDX-License-Identifier: 0BSD
"""A server that speaks OpenAI's, TGI's and Ollama's streams and goes wrong in the way that its address asks for.

An address is http://127.0.0.1:PORT/FAULT/... with FAULT one of

  ok                  the whole answer
  cut:N:HOW           the first N bytes of the body, then the end: fin (a clean close), rst, chunk (a chunked body
                      without its last chunk), length (a Content-Length that is longer); only at the first request
                      of a key, where HOW ends with "1"
  split:N             the whole answer, in pieces of N bytes
  delay:S             S seconds before the answer
  drip:S              a byte each S seconds
  silent              nothing, ever
  status:CODE:TIMES   so often CODE, then the whole answer; with :AFTER a Retry-After
  html                a page instead of JSON, status 200
  empty               an answer without a choice
  huge                an event without an end
  redirect:URL        302 to it (URL percent-coded)
  echo                401 with the key that was sent in the words
  noise               bytes that are no JSON, as events
  error               an error inside of the stream, behind two pieces
  unknown:NAME        400 for requests that have the member NAME, as OpenAI words it
  short               a Content-Length that is too short

Everything that was asked is kept in `asked`: (path, headers, body).
"""
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse

TEXT = ["Once", " more", " the", " door", " opened", ".", " “Caf\u00e9”,", " she", " said", ",", "\n", "and", " the sea \U0001F30A",
        " was", " calm", "."]


def openai_events(chat=False, texts=TEXT, n=1):
    """The body of a stream, and per event (end byte, index, text)."""
    body, ends = b"", []

    def add(value, index=0, text=""):
        nonlocal body
        body += b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"
        ends.append((len(body), index, text))

    for number, text in enumerate(texts):
        for index in range(n):
            logprobs = {"content": [{"token": text, "logprob": -0.5 - number / 100, "bytes": list(text.encode())}]} if chat else {
                "tokens": [text], "token_logprobs": [-0.5 - number / 100]}
            choice = {"index": index, "logprobs": logprobs, "finish_reason": None}
            choice |= {"delta": {"content": text}} if chat else {"text": text}
            add({"id": "x", "object": "text_completion", "choices": [choice]}, index, text)
    for index in range(n):
        end = {"index": index, "finish_reason": "length", **({"delta": {}} if chat else {"text": ""})}
        add({"choices": [end]}, index)
    add({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": len(texts) * n, "total_tokens": 11 + len(texts) * n}})
    add(b"[DONE]")
    return body, ends


def openai_answer(chat=False, texts=TEXT, n=1):
    whole = "".join(texts)
    choices = [{"index": i, "finish_reason": "length", **({"message": {"role": "assistant", "content": whole}} if chat else {"text": whole})}
               for i in range(n)]
    return json.dumps({"choices": choices, "usage": {"prompt_tokens": 11, "completion_tokens": len(texts) * n}}).encode()


def tgi_events(texts=TEXT):
    body = b""
    for number, text in enumerate(texts):
        last = number + 1 == len(texts)
        frame = {"index": number + 1, "token": {"id": 100 + number, "text": text, "logprob": -0.25, "special": False},
                 "generated_text": "".join(texts) if last else None,
                 "details": {"finish_reason": "length", "generated_tokens": len(texts), "input_length": 11} if last else None}
        body += b"data:" + json.dumps(frame).encode() + b"\n\n"
    return body


def tgi_answer(texts=TEXT):
    tokens = [{"id": 100 + i, "text": text, "logprob": -0.25, "special": False} for i, text in enumerate(texts)]
    return json.dumps([{"generated_text": "".join(texts), "details": {"finish_reason": "length", "generated_tokens": len(texts), "tokens": tokens}}]).encode()


def ollama_lines(chat=False, texts=TEXT):
    def said(text):
        return {"message": {"role": "assistant", "content": text}} if chat else {"response": text}
    lines = [{"model": "m", **said(text), "done": False} for text in texts]
    lines.append({"model": "m", **said(""), "done": True, "done_reason": "length", "prompt_eval_count": 11, "eval_count": len(texts)})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


class FaultServer:
    """`with FaultServer() as server`: server.url(fault) is an endpoint for OpenAI's routes."""

    def __init__(self):
        self.asked = []
        self.counts = {}
        self.lock = threading.Lock()
        self.is_closing = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.answer(b"")

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def answer(self, body):
                with outer.lock:
                    outer.asked.append((self.path, dict(self.headers), body))
                try:
                    outer.answer(self, body)
                except OSError:
                    pass
                self.close_connection = True

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_closing.set()
        self.server.shutdown()
        self.server.server_close()

    def url(self, fault="ok", rest="/v1"):
        return f"http://127.0.0.1:{self.port}/{fault}{rest}"

    def count(self, key):
        """How often this was called with that key before."""
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1
            return self.counts[key] - 1

    def posts(self, part=""):
        return [asked for asked in self.asked if asked[2] and part in asked[0]]

    # ---- what is said

    def body_of(self, path, asked):
        chat = path.endswith("/chat/completions") or path.endswith("/api/chat")
        if path.endswith("completions"):
            n = asked.get("n", 1)
            return (openai_events(chat, n=n)[0], "text/event-stream") if asked.get("stream") else (openai_answer(chat, n=n), "application/json")
        if path.endswith("/generate_stream"):
            return tgi_events(), "text/event-stream"
        if path.endswith("/api/generate") or chat:
            lines = ollama_lines(chat)
            if asked.get("stream"):
                return lines, "application/x-ndjson"
            whole = json.loads(lines.splitlines()[-1])
            whole |= {"message": {"role": "assistant", "content": "".join(TEXT)}} if chat else {"response": "".join(TEXT)}
            return json.dumps(whole).encode(), "application/json"
        if path.endswith("/generate"):
            return tgi_answer(), "application/json"
        return None, None

    def facts_of(self, path):
        if path.endswith("/models"):
            return {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "somebody"}]}
        if path.endswith("/info"):
            return {"model_id": "m", "max_total_tokens": 4096}
        if path.endswith("/api/show"):
            return {"template": "{{ .Prompt }}", "model_info": {"llama.context_length": 4096}}
        return None

    def answer(self, handler, body):
        path = urllib.parse.urlsplit(handler.path).path
        _, fault, rest = path.split("/", 2)
        name, *words = urllib.parse.unquote(fault).split(":", 1)
        words = words[0] if words else ""
        facts = self.facts_of("/" + rest)
        if facts is not None:
            return self.whole(handler, json.dumps(facts).encode(), "application/json")
        asked = json.loads(body) if body else {}
        data, kind = self.body_of("/" + rest, asked)
        if data is None:
            return self.whole(handler, b'{"error":{"message":"no such route"}}', "application/json", 404)
        fault = getattr(self, "do_" + name)
        return fault(handler, data, kind, words, asked)

    def head(self, handler, kind, status=200, length=None, **headers):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Connection", "close")
        if length is not None:
            handler.send_header("Content-Length", str(length))
        for header, value in headers.items():
            handler.send_header(header.replace("_", "-"), value)
        handler.end_headers()

    def whole(self, handler, data, kind, status=200, **headers):
        self.head(handler, kind, status, len(data), **headers)
        handler.wfile.write(data)

    # ---- faults

    def do_ok(self, handler, data, kind, words, asked):
        self.whole(handler, data, kind)

    def do_cut(self, handler, data, kind, words, asked):
        where, how = words.split(":")
        is_once = how.endswith("1")
        how = how.rstrip("1")
        if is_once and self.count(handler.path + words) > 0:
            return self.whole(handler, data, kind)
        piece = data[:int(where)]
        if how == "chunk":
            self.head(handler, kind, Transfer_Encoding="chunked")
            if piece:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            return None
        self.head(handler, kind, length=len(data) + 1 if how == "length" else None)
        handler.wfile.write(piece)
        handler.wfile.flush()
        if how == "rst":
            time.sleep(0.02)  # what was sent arrives before the reset
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
        return None

    def do_split(self, handler, data, kind, words, asked):
        self.head(handler, kind)
        size = int(words)
        handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            handler.wfile.write(data[at:at + size])
            handler.wfile.flush()

    def do_delay(self, handler, data, kind, words, asked):
        self.is_closing.wait(float(words))
        self.whole(handler, data, kind)

    def do_drip(self, handler, data, kind, words, asked):
        self.head(handler, kind)
        for at in range(len(data)):
            if self.is_closing.wait(float(words)):
                return
            handler.wfile.write(data[at:at + 1])
            handler.wfile.flush()

    def do_silent(self, handler, data, kind, words, asked):
        self.is_closing.wait(600)

    def do_status(self, handler, data, kind, words, asked):
        code, times, *after = words.split(":")
        if self.count(handler.path) < int(times):
            headers = {"Retry_After": after[0]} if after else {}
            return self.whole(handler, b'{"error":{"message":"come back later"}}', "application/json", int(code), **headers)
        return self.whole(handler, data, kind)

    def do_empty(self, handler, data, kind, words, asked):
        self.whole(handler, b'{"choices":[]}', "application/json")

    def do_html(self, handler, data, kind, words, asked):
        self.whole(handler, b"<!DOCTYPE html><html><body>Please log in</body></html>", "text/html")

    def do_huge(self, handler, data, kind, words, asked):
        self.head(handler, kind)
        handler.wfile.write(b"data: ")
        block = b"x" * 65536
        for _ in range(4096):
            handler.wfile.write(block)

    def do_redirect(self, handler, data, kind, words, asked):
        self.whole(handler, b"", "text/plain", 302, Location=urllib.parse.unquote(words))

    def do_echo(self, handler, data, kind, words, asked):
        key = handler.headers.get("Authorization", "")
        self.whole(handler, json.dumps({"error": {"message": f"Incorrect API key provided: {key}. Bye"}}).encode(), "application/json", 401)

    def do_noise(self, handler, data, kind, words, asked):
        self.whole(handler, b"data: {\"choices\": [\n\ndata: \xff\xfe\n\n", kind)

    def do_error(self, handler, data, kind, words, asked):
        pieces = data.split(b"\n\n")[:2]
        self.whole(handler, b"\n\n".join(pieces) + b'\n\ndata: {"error": {"message": "out of memory"}}\n\n', kind)

    def do_unknown(self, handler, data, kind, words, asked):
        if words in asked:
            return self.whole(handler, json.dumps({"error": {"message": f"Unrecognized request argument supplied: {words}"}}).encode(),
                              "application/json", 400)
        return self.whole(handler, data, kind)

    def do_short(self, handler, data, kind, words, asked):
        self.head(handler, kind, length=len(data) // 2)
        handler.wfile.write(data)
