# SPDX-License-Identifier: 0BSD
"""The lower layers: a model that is open, and what it draws."""
from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _fabula
from .settings import Settings

Piece = tuple[str, list[int]]


@dataclass(frozen=True)
class Candidate:
    """One continuation. `logprobs[i]` is that of token `ids[i]` under the model (natural log), `ranks[i]` its place there."""
    text: str
    ids: list[int]
    logprobs: list[float]
    ranks: list[int]
    ending: str
    seconds: float
    ids_are_whole: bool = True  # they spell all of the text
    n_tokens: int = 0  # also where a server does not tell which
    ignored: list[str] = field(default_factory=list)  # settings that a server does not know: not in force
    usage: dict[str, Any] | None = None  # of a remote model: host, prompt_tokens, completion_tokens, money, currency, attempts ...


@dataclass(frozen=True)
class Generated:
    candidates: list[Candidate]
    prompt_tokens: int
    computed_tokens: int
    seconds: float
    was_interrupted: bool = False


class Generator:
    """Continues texts. One thread at a time draws; others wait. Decoding lets the GIL go."""

    def __init__(self, engine: _fabula.Generator, *, is_remote: bool = False) -> None:
        self._engine = engine
        self.is_remote = is_remote

    name = property(lambda self: self._engine.name)
    window_tokens = property(lambda self: self._engine.window_tokens)
    arithmetic = property(lambda self: self._engine.arithmetic)

    def generate(self, prompt: str | Sequence[Piece], settings: Settings | Sequence[Settings], *, seed: int,
                 on_text: Callable[[int, str], None] | None = None) -> Generated:
        """One candidate for each of `settings`, drawn together. Ctrl-C ends them: `was_interrupted` is set.

        `prompt` is a text, or pieces of one with the tokens that they were drawn with ([] where there are none).
        Raises Exhausted when the prompt leaves no room in the window.
        """
        pieces = [(prompt, [])] if isinstance(prompt, str) else list(prompt)
        each = [settings] if isinstance(settings, Settings) else list(settings)
        drawn = self._engine.generate(pieces, [one.json() for one in each], seed, on_text)
        candidates = [
            Candidate(one.text, one.ids, one.logprobs, one.ranks, one.ending, one.seconds, one.ids_are_whole, one.n_tokens, one.ignored,
                      one.usage) for one in drawn.candidates]
        return Generated(candidates, drawn.prompt_tokens, drawn.computed_tokens, drawn.seconds, drawn.was_interrupted)

    def measure(self, text: str) -> int:
        """Tokens that the text takes."""
        return self._engine.measure(text)

    def spell(self, ids: Sequence[int]) -> list[bytes]:
        """The bytes of each token; not always whole characters."""
        return self._engine.spell(list(ids))

    def slide(self, passages: Sequence[str], max_new_tokens: int) -> list[Piece]:
        """What of a text fits into the window besides the answer: its opening and its newest part, as `fabula write` has it."""
        return self._engine.slide(list(passages), max_new_tokens)

    def __repr__(self) -> str:
        return f"<Generator {self.name}, {self.window_tokens} tokens, {self._engine.backend}>"


@functools.lru_cache(maxsize=2)
def _opened(name: str, backend: str, n_threads: int) -> Generator:
    return Generator(_fabula.open_generator(name, backend, n_threads))


def Model(name: str = "", *, backend: str = "", n_threads: int = 0) -> Generator:  # noqa: N802
    """Opens a model: a file, a name in the models folder, or "" for the one that `fabula config show` names.

    The last two stay open, so that several Completers share them. Raises NotFound, Corrupt, Exhausted (no room for it).
    """
    return _opened(name, backend, n_threads)


_REMOTE_KEYS = ("api", "stream", "timeout", "window", "prices", "budget_tokens", "budget_money", "month_tokens", "month_money")


@functools.lru_cache(maxsize=4)
def _asked(model: str, values: tuple[tuple[str, str], ...]) -> Generator:
    return Generator(_fabula.open_remote(dict(values), model), is_remote=True)


def Remote(url: str | Sequence[str], model: str = "", **values: Any) -> Generator:  # noqa: N802
    """A model on a server, or on several that share the work: `url` is an address, or a list of them.

    `values` are what `fabula write --help` has for remote models: api ("openai", "openai-chat", "huggingface", "ollama"),
    stream, timeout (seconds), window (tokens), prices (a file), budget_tokens, budget_money, month_tokens, month_money.
    Keys come from FABULA_API_KEY and the like, never from here. Raises Unavailable where no server answers, InvalidInput.
    """
    unknown = sorted(set(values) - set(_REMOTE_KEYS))
    if unknown:
        raise TypeError(f"Remote knows no {', '.join(unknown)}; it knows {', '.join(_REMOTE_KEYS)}")
    urls = [url] if isinstance(url, str) else list(url)
    told = {name: {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value) for name, value in values.items()}
    return _asked(model, tuple(sorted({"endpoint": " ".join(urls), **told}.items())))
