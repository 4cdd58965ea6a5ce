# SPDX-License-Identifier: 0BSD
"""Whole steps of a story: `fabula write` beside llama-server, both warm, behind the same prompts, with typical_p.

Ours: the time between the events `choice` and the next `choice`: prompt, candidates, scores, database. The first step,
which reads the opening, is left out. Theirs: POST /completion with the text that our step began with, for as many
completions, from the request to the last byte of the answer; the server has read that text before, in a request for
one token that is not timed. Both draw with temperature 0.8 and typical_p alone, and never end early. What the server
says of itself is held against that: its samplers, the tokens drawn, and how much of the prompt it computed again.
"""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from measure import Failure, compared, median, model_facts, run, say

OPENING = ("Once upon a time, there was a little girl named Lily. She lived in a small house near a big forest with her "
           "mother, her father and an old grey cat.")
MORE = (" Every morning she went out to look for berries, and every evening she came home with a full basket. One day the "
        "cat did not come home, and Lily asked the birds, the fox and the old owl whether they had seen him.")
PATIENCE_SECONDS = 600
TEMPERATURE = 0.8
SAMPLERS = ["temperature", "typ_p"]
MOST_TOKENS_AGAIN = 16  # of a prompt that is cached: the last one, and what a cache rounds away


def ended(process: subprocess.Popen) -> int:
    """Waits for the process; its peak RSS in bytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024


def opening(options, file: str) -> str:
    """The beginning of a story, so long that the first timed step has about as many tokens before it as were asked for."""
    words = (OPENING + MORE * 200).split(" ")
    wanted = max(8, options.prompt_tokens - round(1.1 * options.tokens))
    few, many = 1, len(words)
    while few < many:
        middle = (few + many + 1) // 2
        out, _ = run([options.binary, "model", "tokens", "--model", file, "--text", " ".join(words[:middle]), "--json"])
        if len(json.loads(out)["tokens"]) <= wanted:
            few = middle
        else:
            many = middle - 1
    return " ".join(words[:few])


class Steps:
    """The steps of one story: what each began with, how many tokens were drawn in it, how long it took."""

    def __init__(self):
        self.prompts: list[str] = []
        self.prompt_tokens: list[int] = []
        self.tokens: list[int] = []
        self.seconds: list[float] = []
        self.rss_bytes = 0

    def add(self, prompt: str, prompt_tokens: int, tokens: int, seconds: float) -> None:
        self.prompts.append(prompt)
        self.prompt_tokens.append(prompt_tokens)
        self.tokens.append(tokens)
        self.seconds.append(seconds)

    def rate(self) -> float:
        return sum(self.tokens) / sum(self.seconds)


def read_events(lines, steps: Steps) -> None:
    since, text, prompt_tokens, drawn = 0.0, "", 0, {}
    for line in lines:
        now, event = time.monotonic(), json.loads(line)
        if event["event"] == "story":
            since, text = now, event["text"]
        elif event["event"] == "step":
            prompt_tokens = event["prompt_tokens"]
            if event["omitted_bytes"] > 0:
                raise Failure(f"step {event['step']} has outgrown the model's window: fewer --steps or --tokens")
        elif event["event"] == "candidate":
            drawn[event["index"]] = event
        elif event["event"] == "choice":
            if event["step"] > 1:
                steps.add(text, prompt_tokens, sum(each["tokens"] for each in drawn.values()), now - since)
            text += drawn[event["index"]]["text"]
            since, drawn = time.monotonic(), {}
        elif event["event"] == "done" and event["text"] != text:
            raise Failure("the passages that were taken are not the story: the prompts would differ")


def ours(options, file: str, text: str, candidates: int, seed: int) -> Steps:
    steps = Steps()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as err:
        words = [options.binary, "write", text, "--model", file, "--candidates", str(candidates),
                 "--tokens", str(options.tokens), "--steps", str(options.steps + 1), "--threads", str(options.threads),
                 "--policy", "fixed", "--temperature", str(TEMPERATURE), "--typical-p", str(options.typical_p), "--ignore-end",
                 "--seed", str(seed), "--db", str(pathlib.Path(folder) / "stories.db"), "--json", "--events", "all"]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
        try:
            read_events(process.stdout, steps)
            steps.rss_bytes = ended(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        err.seek(0)
        if process.returncode != 0:
            raise Failure(f"fabula write ended with status {process.returncode}: {err.read().decode(errors='replace').strip()}")
    return steps


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One llama-server on a port of its own, ready when the object is there."""

    def __init__(self, options, file: str, candidates: int, flash: str, log):
        self.port = free_port()
        self.process = subprocess.Popen(self.words(options, file, candidates, flash), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None:
                raise Failure(f"llama-server ended with status {self.process.returncode} before it was ready")
            if time.monotonic() > deadline:
                self.stop()
                raise Failure(f"llama-server was not ready after {PATIENCE_SECONDS} s")
            time.sleep(0.05)

    def words(self, options, file: str, candidates: int, flash: str) -> list[str]:
        """The command line."""
        room = 4096 + candidates * (options.tokens + 64)
        return [str(options.peers / "llama-server"), "-m", file, "--host", "127.0.0.1", "--port", str(self.port),
                "-c", str((room + 255) // 256 * 256), "-np", str(candidates), "-kvu", "-fa", flash,
                "-t", str(options.threads), "-tb", str(options.threads), "--offline"]

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def complete(self, request: dict) -> list[dict]:
        call = urllib.request.Request(f"http://127.0.0.1:{self.port}/completion", json.dumps(request).encode(),
                                      {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(call, timeout=PATIENCE_SECONDS) as answer:
                found = json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise Failure(f"llama-server: {refused.read().decode(errors='replace')[:200]}") from refused
        return found if isinstance(found, list) else [found]

    def stop(self) -> int:
        """Peak RSS in bytes."""
        self.process.terminate()
        return ended(self.process)


def request_of(options, prompt: str, candidates: int, seed: int) -> dict:
    return {"prompt": prompt, "n_predict": options.tokens, "n_cmpl": candidates, "n_probs": 0, "ignore_eos": True,
            "cache_prompt": True, "temperature": TEMPERATURE, "typical_p": options.typical_p, "top_k": 0, "top_p": 1, "min_p": 0,
            "samplers": SAMPLERS, "seed": seed}


def check_answers(answers: list[dict], request: dict) -> None:
    """Did the server do what it was asked, and nothing that ours does not do?"""
    if len(answers) != request["n_cmpl"]:
        raise Failure(f"llama-server gave {len(answers)} completions of {request['n_cmpl']}")
    for answer in answers:
        took = answer["generation_settings"]
        if took["samplers"] != SAMPLERS or any(abs(took[name] - request[name]) > 1e-6 for name in ("temperature", "typical_p")):
            raise Failure(f"llama-server drew with {took['samplers']}, temperature {took['temperature']}, typical_p {took['typical_p']}")
        if answer["tokens_predicted"] != request["n_predict"]:
            raise Failure(f"llama-server drew {answer['tokens_predicted']} tokens of {request['n_predict']}")
        again = answer["timings"]["prompt_n"]
        if again > MOST_TOKENS_AGAIN:
            raise Failure(f"llama-server computed {again} tokens of the prompt again: it was not cached")


def theirs(options, file: str, candidates: int, flash: str, prompts: list[str], seed: int) -> Steps:
    steps = Steps()
    with tempfile.TemporaryFile() as log:
        server = Server(options, file, candidates, flash, log)
        try:
            for prompt in prompts:
                request = request_of(options, prompt, candidates, seed)
                server.complete({**request, "n_predict": 1})
                began = time.monotonic()
                answers = server.complete(request)
                seconds = time.monotonic() - began
                check_answers(answers, request)
                steps.add(prompt, answers[0]["tokens_evaluated"], sum(answer["tokens_predicted"] for answer in answers), seconds)
        finally:
            steps.rss_bytes = server.stop()
    return steps


def line_of(options, mine: list[Steps], peers: dict[str, list[Steps]]) -> dict:
    rates = {name: [each.rate() for each in all_of] for name, all_of in peers.items()}
    line = compared([each.rate() for each in mine], rates)
    best = peers[line["peer_is"]]
    return {"what": "step", **line,
            "ours_step_seconds": median([seconds for each in mine for seconds in each.seconds]),
            "peer_step_seconds": median([seconds for each in best for seconds in each.seconds]),
            "ours_step_tokens": median([n for each in mine for n in each.tokens]),
            "peer_step_tokens": median([n for each in best for n in each.tokens]),
            "ours_prompt_tokens": median([n for each in mine for n in each.prompt_tokens]),
            "peer_prompt_tokens": median([n for each in best for n in each.prompt_tokens]),
            "ours_rss_bytes": max(each.rss_bytes for each in mine),
            "peer_rss_bytes": max(each.rss_bytes for each in best)}


def compare(options) -> Iterator[dict]:
    deadline = time.monotonic() + 60 * options.minutes
    for file in options.model:
        facts = model_facts(options.binary, file)
        text = opening(options, file)
        for candidates in options.candidates:
            mine, peers = [], {"flash attention on": [], "flash attention off": []}
            for number in range(1, options.runs + 1):
                if mine and time.monotonic() > deadline:
                    break
                mine.append(ours(options, file, text, candidates, number))
                for flash in ("on", "off"):
                    steps = theirs(options, file, candidates, flash, mine[-1].prompts, number)
                    peers[f"flash attention {flash}"].append(steps)
                line = line_of(options, mine, peers)
                say(f"{facts['file']}, {candidates} candidates, story {number} of {options.runs}: ours {line['ours']}, "
                    f"llama-server {line['peer']} tokens/s, ratio {line['ratio']}")
            yield {**line, "candidates": candidates, "peer_program": "llama-server",
                   "peer_flash_attention": line["peer_is"].endswith("on"), "tokens": options.tokens,
                   "steps": options.steps, "prompt_tokens": options.prompt_tokens, "temperature": TEMPERATURE,
                   "typical_p": options.typical_p, "threads": options.threads, "model": facts["file"], "type": facts["type"],
                   "tensor_types": facts["tensor_types"], "sha256": facts["sha256"]}
