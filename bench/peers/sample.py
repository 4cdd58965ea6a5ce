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


def table(lines: list[dict]) -> str:
    """For people, and for docs/guide/figures.md."""
    rows = ["| row | chain | words | stay | Fabula, ms | llama.cpp, ms | ratio |", "|---|---|---|---|---|---|---|"]
    for line in lines:
        peer = f"{line['peer_median_ms']:.3f} | {line['ratio']:.1f}" if line["peer_median_ms"] else "- | -"
        rows.append(f"| {line['row']} | {line['chain']} | {line['vocab']:,} | {line['kept']:,} | {line['median_ms']:.3f} | {peer} |")
    return "\n".join(rows)
