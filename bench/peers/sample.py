# SPDX-License-Identifier: 0BSD
"""`fabula bench sample` with llama.cpp's own samplers in turn: the drawing of a token alone."""
from collections.abc import Iterator

from measure import Failure, json_lines, run


def compare(options) -> Iterator[dict]:
    for file in options.model:
        for vocab in options.vocab:
            words = [options.binary, "bench", "sample", "--vocab", str(vocab), "--runs", str(options.runs), "--model", file,
                     "--json"]
            out, figures = run(words)
            lines = json_lines(out)
            if not any(line["peer_median_ms"] for line in lines):
                raise Failure("this fabula was built without llama.cpp's samplers: start it through bench/peers/run")
            for line in lines:
                yield {"what": "sample", **line, "rss_bytes": figures["rss_bytes"]}


def span(values: list[float], digits: int) -> str:
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def table(lines: list[dict]) -> str:
    """For people, and for docs/guide/figures.md: a line a chain, from the least to the most over the rows."""
    rows = ["| chain | words | Fabula, ms | llama.cpp, ms | ratio |", "|---|---|---|---|---|"]
    for chain, vocab in dict.fromkeys((line["chain"], line["vocab"]) for line in lines):
        those = [line for line in lines if (line["chain"], line["vocab"]) == (chain, vocab)]
        has_peer = all(line["peer_median_ms"] for line in those)
        peer = f"{span([line['peer_median_ms'] for line in those], 2)} | {span([line['ratio'] for line in those], 1)}" if has_peer else "- | -"
        rows.append(f"| {chain} | {vocab:,} | {span([line['median_ms'] for line in those], 3)} | {peer} |")
    return "\n".join(rows)
