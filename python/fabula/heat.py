# SPDX-License-Identifier: 0BSD
"""Log-probabilities as colours."""
from __future__ import annotations

import html
import math
from collections.abc import Sequence


class HeatMap:
    """Tokens with how likely the model found each: pale is expected, strong is surprising. Hover for the figures."""

    def __init__(self, texts: Sequence[str], logprobs: Sequence[float], ranks: Sequence[int]) -> None:
        self.texts, self.logprobs, self.ranks = list(texts), list(logprobs), list(ranks)

    def __repr__(self) -> str:
        return f"<HeatMap of {len(self.texts)} tokens>"

    def __str__(self) -> str:
        return "\n".join(f"{logprob:8.2f} {rank + 1:6d}  {text!r}" for text, logprob, rank in zip(self.texts, self.logprobs, self.ranks))

    def _repr_html_(self) -> str:
        spans = []
        for text, logprob, rank in zip(self.texts, self.logprobs, self.ranks):
            surprise = min(1.0, -logprob / 8)
            title = f"probability {100 * math.exp(logprob):.2g} %, place {rank + 1}"
            spans.append(f'<span title="{title}" style="background:rgba(214,93,14,{surprise:.2f})">{html.escape(text)}</span>')
        return f'<div class="tex2jax_ignore mathjax_ignore" style="max-width:42em;line-height:1.7;white-space:pre-wrap">{"".join(spans)}</div>'


def heat_map(spelled: Sequence[bytes], logprobs: Sequence[float], ranks: Sequence[int]) -> HeatMap:
    """Tokens that are parts of a character are shown with the token that completes it."""
    texts: list[str] = []
    waiting = b""
    for each in spelled:
        waiting += each
        try:
            texts.append(waiting.decode())
            waiting = b""
        except UnicodeDecodeError:
            texts.append("")
    return HeatMap(texts, logprobs, ranks)
