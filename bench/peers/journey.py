# SPDX-License-Identifier: 0BSD
"""A writer's journey through a long story: `fabula bench journey` beside llama-server, on the same model.

Forty steps of 200 tokens with three candidates in a window of 2,048; memory of 250 tokens, of which 60 change at each step,
and lore of 150 that is new at each step. With --wander every fifth step is undone and offered again, a sibling is gone
on from, and every eighth step a branch is offered three passages back. Prompt tokens that are computed are counted, and the wall time.

llama-server gets the same journey in four ways, each with everything that it has for it (cache_prompt, cache-reuse, its
cache of prompts in memory, which takes the place of saved slots within a run, one unified cache):
  separate  what front ends send, a request for each candidate to a slot of its own: memory, then the story, cut at its
            front token by token, lore before the newest words
  usual     the same prompts, one request for all candidates (n_cmpl): the server computes the prompt once
  exact     the same without cache-reuse, which moves keys to places that they were not computed for
  hopping   one request for all, and the layout of Fabula's own plan: what is stable first, cuts that hop, what changes late
Its story is what it draws itself, so that what it has drawn is in its cache.
"""
import argparse
import concurrent.futures
import json
import random
import tempfile
import time
from collections.abc import Iterator

from measure import Failure, model_facts, run, say
from step import Server

LAYOUTS = ("separate", "usual", "exact", "hopping")
OPENING, RECENT = 60, 48


class JourneyServer(Server):
    """A server with room for the window and the candidates of several places in the story."""

    def __init__(self, options, file: str, log):
        options = argparse.Namespace(**{**vars(options), "tokens": options.passage_tokens})
        super().__init__(options, file, options.candidates, "on", log)

    def words(self, options, file: str, candidates: int, flash: str) -> list[str]:
        room = candidates * (options.window + 64)  # each candidate may stand in a slot of its own
        return [str(options.peers / "llama-server"), "-m", file, "--host", "127.0.0.1", "--port", str(self.port),
                "-c", str((room + 255) // 256 * 256), "-np", str(candidates), "-kvu", "-fa", flash, "--cache-prompt",
                "--cache-reuse", str(options.reuse), "--cache-ram", "8192",
                "-t", str(options.threads), "-tb", str(options.threads), "--offline"]


class Passage:
    def __init__(self, tokens: list[int], parent: "Passage | None"):
        self.tokens, self.parent = tokens, parent
        self.cut = 0  # of the prompt that it was drawn behind: tokens of the story left out behind the opening

    def line(self) -> list[int]:
        line, at = [], self
        while at:
            line[:0] = at.tokens
            at = at.parent
        return line

    def depth(self) -> int:
        return 0 if self.parent is None else 1 + self.parent.depth()


class Journey:
    """The same walk as `fabula bench journey`, with llama-server writing."""

    def __init__(self, options, server: JourneyServer, layout: str, n_vocab: int):
        self.options, self.server, self.layout, self.n_vocab = options, server, layout, n_vocab
        self.computed, self.seconds, self.offers = 0, 0.0, []
        self.head = Passage(self.some("opening", OPENING), None)

    def some(self, name: str, n: int) -> list[int]:
        chance = random.Random(f"{self.options.seed} {name}")
        return [chance.randrange(self.n_vocab // 2, self.n_vocab) for _ in range(n)]

    def prompt(self) -> list[int]:
        step = self.head.depth() + 1
        stable = self.some("stable", self.options.memory_tokens - self.options.changed_tokens)
        changed = self.some(f"changed {step}", self.options.changed_tokens)
        lore = self.some(f"lore {step}", self.options.lore_tokens)
        line = self.head.line()
        room = self.options.window - self.options.passage_tokens - 2 - len(stable) - len(changed) - len(lore)
        recent = line[-RECENT:] if lore or changed else []
        before = line[:len(line) - len(recent)]
        if self.layout != "hopping":
            return stable + changed + before[max(0, len(line) - room):] + lore + recent
        cut = self.head.cut
        if len(line) - cut > room:  # a hop: half of the room stays, and the opening
            cut = len(line) - OPENING - (room - OPENING) // 2
        self.newest_cut = cut
        story = before if cut == 0 else before[:OPENING] + before[OPENING + cut:]
        return stable + story + changed + lore + recent

    def offer(self, kind: str) -> list[Passage]:
        self.newest_cut = 0
        prompt = self.prompt()
        n = self.options.candidates
        request = {"prompt": prompt, "n_predict": self.options.passage_tokens, "n_cmpl": n, "ignore_eos": True, "cache_prompt": True,
                   "return_tokens": True, "temperature": 1.0, "samplers": ["temperature"],
                   "seed": self.options.seed + len(self.offers)}
        began = time.monotonic()
        if self.layout == "separate":
            requests = [{**request, "n_cmpl": 1, "id_slot": i, "seed": request["seed"] + i} for i in range(n)]
            with concurrent.futures.ThreadPoolExecutor(n) as pool:
                answers = [each[0] for each in pool.map(self.server.complete, requests)]
        else:
            answers = self.server.complete(request)
        seconds = time.monotonic() - began
        if len(answers) != self.options.candidates or any(len(each["tokens"]) != self.options.passage_tokens for each in answers):
            raise Failure("llama-server did not draw what it was asked for")
        # With n_cmpl the others take over what the first one computed, and its figures.
        prompt_n = [each["timings"]["prompt_n"] for each in answers]
        computed = sum(prompt_n) if self.layout == "separate" else max(prompt_n)
        self.computed += computed
        self.seconds += seconds
        self.offers.append({"kind": kind, "prompt": len(prompt), "computed": computed, "seconds": seconds})
        passages = []
        for each in answers:
            passages.append(Passage(each["tokens"], self.head))
            passages[-1].cut = self.newest_cut
        return passages

    def walk(self) -> None:
        while (step := self.head.depth() + 1) <= self.options.steps:
            offered = self.offer("step")
            self.head = offered[0]
            if self.options.wander and step % 5 == 0 and step < self.options.steps:
                newest = self.head
                self.head = newest.parent
                self.offer("undo")
                if self.options.candidates > 1:
                    self.head = offered[1]
                    self.offer("sibling")
                self.head = newest
                on = self.offer("step")
                self.offer("back")
                self.head = on[0]
            if self.options.wander and step % 8 == 0:
                newest = self.head
                for _ in range(3):
                    self.head = self.head.parent or self.head
                self.offer("branch")
                self.head = newest

    def of_kind(self) -> dict:
        kinds = {}
        for offer in self.offers:
            kinds.setdefault(offer["kind"], []).append(offer["computed"])
        return {kind: round(sum(each) / len(each)) for kind, each in kinds.items()}


def ours(options, file: str) -> dict:
    words = [options.binary, "bench", "journey", "--model", file, "--steps", str(options.steps), "--passage-tokens",
             str(options.passage_tokens), "--memory-tokens", str(options.memory_tokens), "--changed-tokens", str(options.changed_tokens),
             "--lore-tokens", str(options.lore_tokens), "--candidates", str(options.candidates), "--threads", str(options.threads),
             "--seed", str(options.seed), "--json", *(["--wander"] if options.wander else [])]
    out, cost = run(words)
    lines = [json.loads(line) for line in out.splitlines()]
    whole, offers = lines[-1], lines[:-1]
    if not whole["has_all_notes"]:
        raise Failure("a prompt of ours did not hold all notes of its step")
    kinds = {}
    for offer in offers:
        kinds.setdefault(offer["kind"], []).append(offer["computed_tokens"])
    return {"computed": whole["computed_tokens"], "seconds": sum(offer["seconds"] for offer in offers), "rss_bytes": cost["rss_bytes"],
            "kinds": {kind: round(sum(each) / len(each)) for kind, each in kinds.items()}, "offers": len(offers),
            "prompt_tokens": sum(offer["prompt_tokens"] for offer in offers)}


def theirs(options, file: str, layout: str, n_vocab: int) -> dict:
    with tempfile.TemporaryFile() as log:
        reuse = 0 if layout == "exact" else options.reuse
        server = JourneyServer(argparse.Namespace(**{**vars(options), "reuse": reuse}), file, log)
        rss_bytes = 0
        try:
            journey = Journey(options, server, layout, n_vocab)
            journey.walk()
        finally:
            rss_bytes = server.stop()
    return {"computed": journey.computed, "seconds": journey.seconds, "rss_bytes": rss_bytes, "kinds": journey.of_kind(),
            "offers": len(journey.offers), "prompt_tokens": sum(offer["prompt"] for offer in journey.offers)}


def vocabulary(binary: str, file: str) -> int:
    out, _ = run([binary, "model", "info", file, "--json"])
    return json.loads(out)["n_vocab"]


def table(lines: list[dict]) -> str:
    rows = ["| model | llama-server's layout | prompt tokens computed, Fabula | llama-server | ratio | wall time, Fabula | llama-server |",
            "|---|---|---|---|---|---|---|"]
    for line in lines:
        rows.append(f"| {line['model']} | {line['layout']} | {line['ours']} | {line['peer']} | {line['ratio']:.2f} | "
                    f"{line['ours_seconds']:.0f} s | {line['peer_seconds']:.0f} s |")
    return "\n".join(rows)


def compare(options) -> Iterator[dict]:
    for file in options.model:
        facts = model_facts(options.binary, file)
        mine, peers = ours(options, file), {}
        say(f"ours: {mine['computed']} prompt tokens computed in {mine['offers']} offers, {mine['seconds']:.0f} s")
        for layout in options.layouts:
            peers[layout] = theirs(options, file, layout, vocabulary(options.binary, file))
            say(f"llama-server, {layout}: {peers[layout]['computed']} in {peers[layout]['offers']} offers, {peers[layout]['seconds']:.0f} s")
        for layout, peer in peers.items():
            yield {"what": "journey", "layout": layout, "ours": mine["computed"], "peer": peer["computed"],
                   "ratio": round(peer["computed"] / mine["computed"], 2), "peer_is": f"llama-server, {layout}",
                   "ours_seconds": round(mine["seconds"], 1), "peer_seconds": round(peer["seconds"], 1),
                   "seconds_ratio": round(peer["seconds"] / mine["seconds"], 2), "ours_kinds": mine["kinds"], "peer_kinds": peer["kinds"],
                   "ours_rss_bytes": mine["rss_bytes"], "peer_rss_bytes": peer["rss_bytes"], "offers": mine["offers"],
                   "ours_prompt_tokens": mine["prompt_tokens"], "peer_prompt_tokens": peer["prompt_tokens"],
                   "candidates": options.candidates, "steps": options.steps, "wander": options.wander, "window": options.window,
                   "memory_tokens": options.memory_tokens, "changed_tokens": options.changed_tokens,
                   "lore_tokens": options.lore_tokens, "passage_tokens": options.passage_tokens, "cache_reuse": options.reuse,
                   "threads": options.threads, "model": facts["file"], "type": facts["type"], "sha256": facts["sha256"]}
