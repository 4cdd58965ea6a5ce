# SPDX-License-Identifier: 0BSD
"""The lower layers: a model that is open, and what it draws."""
from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _fabula
from .errors import InvalidInput
from .settings import Settings
from .text import check_text

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


    def __copy__(self) -> Generator:
        return self

    def __deepcopy__(self, _: Any) -> Generator:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a Generator holds an open model and cannot be pickled: name the model (backend=) instead")


_opening = threading.Lock()  # so that a model that several threads want is opened once


@functools.lru_cache(maxsize=2)
def _opened(name: str, backend: str, n_threads: int) -> Generator:
    return Generator(_fabula.open_generator(name, backend, n_threads))


def Model(name: str = "", *, backend: str = "", n_threads: int = 0) -> Generator:  # noqa: N802
    """Opens a model: a file, a name in the models folder, or "" for the one that `fabula config show` names.

    The last two stay open, so that several Completers share them. Raises NotFound, Corrupt, Exhausted (no room for it).
    """
    check_text("a model's name", name)
    with _opening:
        return _opened(os.path.abspath(name) if os.path.isfile(name) else name, backend, n_threads)


_REMOTE_KEYS = ("api", "stream", "timeout", "window", "prices", "budget_tokens", "budget_money", "month_tokens", "month_money")
_SECRETS = ("FABULA_API_KEY", "OPENROUTER_KEY", "OPENAI_API_KEY", "HF_TOKEN")


def Remote(url: str | Sequence[str], model: str = "", **values: Any) -> Generator:  # noqa: N802
    """A model on a server, or on several that share the work: `url` is an address, or a list of them.

    `values` are what `fabula write --help` has for remote models: api ("openai", "openai-chat", "huggingface", "ollama"),
    stream, timeout (seconds), window (tokens), prices (a file), budget_tokens, budget_money, month_tokens, month_money; a budget is
    that of this object. Keys come from FABULA_API_KEY and the like, never from here. Raises Unavailable where no server answers,
    InvalidInput.
    """
    unknown = sorted(set(values) - set(_REMOTE_KEYS))
    if unknown:
        raise TypeError(f"Remote knows no {', '.join(unknown)}; it knows {', '.join(_REMOTE_KEYS)}")
    urls = [url] if isinstance(url, str) else list(url)
    for each in (*urls, model):
        check_text("an address or a name", each)
    told = {name: ("on" if value else "off") if isinstance(value, bool) else str(value) for name, value in values.items()}
    return Generator(_fabula.open_remote({"endpoint": " ".join(urls), **told}, model), is_remote=True)


@functools.lru_cache(maxsize=4)
def _asked(urls: tuple[str, ...], model: str, values: tuple[tuple[str, str], ...], keys: tuple[str, ...]) -> Generator:
    return Remote(urls, model, **dict(values))


def shared_remote(url: str | Sequence[str], model: str, **values: str) -> Generator:
    """The same one again for the same address, parameters and keys in the environment."""
    urls = (url,) if isinstance(url, str) else tuple(url)
    with _opening:
        return _asked(urls, model, tuple(sorted(values.items())), tuple(os.environ.get(name, "") for name in _SECRETS))


def is_address(backend: object) -> bool:
    """Whether it names a server, or several."""
    if isinstance(backend, str):
        return backend.startswith(("http://", "https://"))
    return isinstance(backend, (list, tuple)) and bool(backend) and all(isinstance(one, str) and is_address(one) for one in backend)


def generator_of(backend: object, model: str = "", api: str = "") -> Generator:
    """From what a person may say: a Generator, a model's name or file (None or "": the usual one), a server's address or several."""
    if isinstance(backend, Generator):
        return backend
    if is_address(backend):
        return shared_remote(backend, model, **({"api": api} if api else {}))  # type: ignore[arg-type]
    if model or api:
        raise InvalidInput("model and api are for a server alone; backend= is no address, such as http://127.0.0.1:8080")
    if backend is None or isinstance(backend, str):
        return Model(backend or "")
    raise TypeError(f"a backend is a name, a file, an address, a list of addresses or a Generator, not {backend!r}")
