# SPDX-License-Identifier: 0BSD
"""`fabula bench decode` beside llama-batched-bench (and llama-bench for the prefill), pair by pair."""
import pathlib
import time
from collections.abc import Iterator

from measure import Failure, compared, json_lines, median, model_facts, run, say


def ours(options, file: str, candidates: int, *, backend: str | None = None, flash: str | None = None,
         read: bool = True) -> dict:
    words = [options.binary, "bench", "decode", "--model", file, "--backend", backend or options.backend,
             "--prefix", str(options.prefix), "--tokens", str(options.tokens), "--candidates", str(candidates),
             "--threads", str(options.threads), "--cache-type", options.cache_type, "--json"]
    words += ["--flash-attention", flash] if flash else []
    words += [] if read else ["--no-read"]
    out, _ = run(words)
    return json_lines(out)[0]


def batched_bench(options, file: str, candidates: int, flash: str) -> dict:
    room = options.prefix + candidates * options.tokens
    words = [str(options.peers / "llama-batched-bench"), "-m", file, "-npp", str(options.prefix), "-ntg", str(options.tokens),
             "-npl", str(candidates), "-pps", "-kvu", "-t", str(options.threads), "-tb", str(options.threads),
             "-c", str((room + 255) // 256 * 256), "-fa", flash, "-ctk", options.cache_type, "-ctv", options.cache_type,
             "--output-format", "jsonl"]
    out, usage = run(words)
    lines = [line for line in json_lines(out) if line.get("pl") == candidates]
    if not lines:
        raise Failure(f"llama-batched-bench gave no figures for {candidates} candidates")
    return {"tokens_per_second": lines[0]["speed_tg"], "prefill_tokens_per_second": lines[0]["speed_pp"],
            "peak_rss_bytes": usage["rss_bytes"]}


def llama_bench(options, file: str, flash: str) -> dict:
    words = [str(options.peers / "llama-bench"), "-m", file, "-p", str(options.prefix), "-n", "0", "-r", "1",
             "-t", str(options.threads), "-fa", flash, "-ctk", options.cache_type, "-ctv", options.cache_type, "-o", "jsonl"]
    out, usage = run(words)
    return {"prefill_tokens_per_second": json_lines(out)[0]["avg_ts"], "peak_rss_bytes": usage["rss_bytes"]}


def linked(options, file: str, candidates: int, flash: str) -> dict:
    """The same llama.cpp as Fabula links it, for where its own programs are not built."""
    return ours(options, file, candidates, backend="llama", flash=flash, read=False)


class Samples:
    """What was measured in turn: sample i of each belongs to pair i."""

    def __init__(self):
        self.ours: list[dict] = []
        self.peers: dict[str, list[dict]] = {"flash attention on": [], "flash attention off": []}
        self.prefills: dict[str, list[dict]] = {}  # of llama-bench

    def compared(self, figure: str, peers: dict[str, list[dict]]) -> dict:
        line = compared([each[figure] for each in self.ours],
                        {name: [each[figure] for each in all_of] for name, all_of in peers.items()})
        return {**line, "ours_rss_bytes": max(each["peak_rss_bytes"] for each in self.ours),
                "peer_rss_bytes": max(each["peak_rss_bytes"] for each in peers[line["peer_is"]])}

    def decode_line(self) -> dict:
        line, first = self.compared("tokens_per_second", self.peers), self.ours[0]
        reads = [each["read_gib_per_second"] for each in self.ours if each["read_gib_per_second"]]
        weights = [each["weight_gib_per_second"] for each in self.ours]
        shares = [weight / read for weight, read in zip(weights, reads)]
        return {"what": "decode", **line, "weight_gib_per_second": median(weights),
                "read_gib_per_second": median(reads) if reads else None,
                "read_share": round(median(shares), 3) if shares else None,
                "model_tensor_bytes": first["model_tensor_bytes"], "cache_bytes": first["cache_bytes"]}

    def prefill_line(self) -> dict:
        return {"what": "prefill", **self.compared("prefill_tokens_per_second", self.peers | self.prefills)}


def measured(options, file: str, candidates: int, deadline: float, with_prefill: bool) -> Samples:
    """Ours, the peer with flash attention, the peer without, and so on; at least one of each."""
    samples = Samples()
    peer = linked if options.linked else batched_bench
    for number in range(1, options.runs + 1):
        if samples.ours and time.monotonic() > deadline:
            say(f"the time is over after {len(samples.ours)} of {options.runs} pairs")
            break
        samples.ours.append(ours(options, file, candidates, read=not options.no_read))
        for flash in ("on", "off"):
            samples.peers[f"flash attention {flash}"].append(peer(options, file, candidates, flash))
            if with_prefill and not options.linked:
                name = f"llama-bench, flash attention {flash}"
                samples.prefills.setdefault(name, []).append(llama_bench(options, file, flash))
        now = samples.compared("tokens_per_second", samples.peers)
        say(f"{pathlib.Path(file).name}, {candidates} candidates, pair {number} of {options.runs}: ours {now['ours']}, "
            f"llama.cpp {now['peer']} tokens/s, ratio {now['ratio']}")
    return samples


def peer_program(options, peer_is: str) -> str:
    if options.linked:
        return "llama.cpp linked"
    return "llama-bench" if peer_is.startswith("llama-bench") else "llama-batched-bench"


def compare(options) -> Iterator[dict]:
    deadline = time.monotonic() + 60 * options.minutes
    for file in options.model:
        facts = model_facts(options.binary, file)
        for place, candidates in enumerate(options.candidates):
            samples = measured(options, file, candidates, deadline, place == 0)
            for line in [samples.decode_line()] + ([samples.prefill_line()] if place == 0 else []):
                first = samples.ours[0]
                yield {**line, "candidates": candidates, "backend": first["backend"], "arithmetic": first["arithmetic"],
                       "peer_program": peer_program(options, line["peer_is"]),
                       "peer_flash_attention": line["peer_is"].endswith("on"), "prefix": options.prefix,
                       "tokens": options.tokens, "threads": options.threads, "cache_type": options.cache_type,
                       "model": facts["file"], "type": facts["type"], "tensor_types": facts["tensor_types"],
                       "sha256": facts["sha256"]}
