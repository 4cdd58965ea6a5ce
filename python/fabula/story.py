# SPDX-License-Identifier: 0BSD
"""Stories in Fabula's database: those of `fabula write`, `choose` and the page. Offers and choices are kept as those are, and
policies learn from both."""
from __future__ import annotations

import html
import json
import operator
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from . import _fabula
from .generator import Generator, generator_of
from .settings import Settings
from .text import SEED_BITS, check_text, checked_seed, shown


@dataclass(frozen=True)
class Passage:
    """One piece of a story; the opening is passage 0, and its own parent."""
    id: int
    parent: int
    origin: str  # "opening", "generated", "written", "edited"
    text: str


@dataclass(frozen=True)
class StorySummary:
    id: int
    title: str
    model: str
    n_passages: int
    words: int


@dataclass(frozen=True)
class StoredCandidate:
    """A candidate as it is kept. `index` names it in its offer; `policy` made its settings."""
    index: int
    text: str
    settings: Settings
    policy: str
    ending: str
    score: float
    logprobs: list[float]
    seconds: float


class StoredOffer(Sequence[StoredCandidate]):
    """Candidates that are on disk, for where the story stood. `pick`, `write` or `refuse` decides; `rate` says what you think."""

    def __init__(self, story: Story, engine: _fabula.StoredOffer) -> None:
        self._story = story
        self._offered = time.monotonic()
        self.id = engine.id
        self.was_interrupted = engine.was_interrupted
        self._candidates = [
            StoredCandidate(one.index, one.text, Settings(**json.loads(one.settings)), one.policy, one.ending, one.score, one.logprobs, one.seconds)
            for one in engine.candidates]

    def __len__(self) -> int:
        return len(self._candidates)

    def __getitem__(self, index: Any) -> Any:
        return self._candidates[index]

    def __iter__(self) -> Iterator[StoredCandidate]:
        return iter(self._candidates)

    def pick(self, index: int, *, words: str | None = None, reason: str = "") -> None:
        """Takes candidate `index` (from 0), or what `words` make of it. `reason`: coherence, style, turn, or words of your own.

        Raises IndexError, InvalidInput (a candidate without words), Conflict (another program moved the story: reload it).
        """
        self._decide(self._candidates[operator.index(index)].index, words, reason)

    def write(self, words: str, *, reason: str = "") -> None:
        """Writes something in the place of all."""
        self._decide(None, words, reason)

    def refuse(self, *, reason: str = "") -> None:
        """Keeps that none of them will do; the story stays where it is."""
        self._decide(None, None, reason)

    def rate(self, index: int, rating: int, *, reason: str = "") -> None:
        """1: up, -1: down, 0 takes back what was said."""
        if rating not in (-1, 0, 1):
            raise ValueError(f"rating is 1, -1 or 0, not {rating!r}")
        self._story._engine.rate(self.id, self._candidates[index].index, rating, reason)  # noqa: SLF001

    def _decide(self, index: int | None, words: str | None, reason: str) -> None:
        for what, text in (("a passage", words or ""), ("a reason", reason)):
            check_text(what, text)
        shown_ones = [each.index for each in self._candidates]
        self._story._engine.decide(self.id, index, words, reason, shown_ones, time.monotonic() - self._offered)  # noqa: SLF001

    def __repr__(self) -> str:
        return f"<StoredOffer {self.id} of {len(self)} candidates>"

    def __str__(self) -> str:
        return "\n\n".join(f"[{i}] {shown(each.text)}" for i, each in enumerate(self._candidates))

    def _repr_html_(self) -> str:
        cards = "".join(
            f'<div style="flex:1 1 16em;border:1px solid #8884;border-radius:8px;padding:.6em;font-family:serif;line-height:1.5"><b>{i}</b> '
            f"<small>{html.escape(each.policy)}, temperature {each.settings.temperature:.2g}</small><p>{html.escape(each.text.strip())}</p></div>"
            for i, each in enumerate(self._candidates))
        return f'<div class="tex2jax_ignore mathjax_ignore" style="display:flex;flex-wrap:wrap;gap:.8em">{cards}</div>'


class Story:
    """A story in the database. What a call did is on disk when it comes back.

    >>> story = Story.create("The well was dry.")            # doctest: +SKIP
    >>> offer = story.offer(policy="auto")                   # doctest: +SKIP
    >>> offer.pick(1, reason="style")                        # doctest: +SKIP
    """

    def __init__(self, engine: _fabula.Story) -> None:
        self._engine = engine

    @classmethod
    def create(cls, prompt: str, model: Generator | str | None = None, *, seed: int | None = None, title: str = "", db: str = "") -> Story:
        """Begins a story. `db`: a file or postgresql://...; the configured one unless it is given. The same seed, model and
        choices give the same words."""
        seed = random.getrandbits(SEED_BITS) if seed is None else checked_seed(seed)
        for what, text in (("the prompt", prompt), ("a title", title)):
            check_text(what, text)
        return cls(_fabula.create_story(prompt, generator_of(model)._engine, seed, title, _place(db)))  # noqa: SLF001

    @classmethod
    def open(cls, story: int | str = "last", *, db: str = "") -> Story:
        """By its number, or the one that changed last. Raises NotFound."""
        return cls(_fabula.open_story(str(story), _place(db)))

    id = property(lambda self: self._engine.id)
    title = property(lambda self: self._engine.title)

    @property
    def text(self) -> str:
        """From the opening to where the story stands."""
        return self._engine.text()

    def text_at(self, passage: int) -> str:
        """From the opening to that passage. Raises NotFound."""
        return self._engine.text(_checked_passage(passage))

    @property
    def head(self) -> int:
        """The passage where the story stands."""
        return self._engine.head

    @property
    def passages(self) -> list[Passage]:
        """All of the tree, oldest first, also those that were left."""
        return [Passage(*each) for each in self._engine.passages]

    def offer(self, n: int = 3, model: Generator | str | None = None, *, policy: str = "auto",
              on_text: Callable[[int, str], None] | None = None, **settings: Any) -> StoredOffer:
        """`n` candidates behind where the story stands, drawn together and kept. `policy` as of `fabula choose --policy`: it makes
        the settings of each ("fixed": they are `settings`). `model`: a Generator, a name or an address. Ctrl-C ends it; what came until
        then is kept, and is `last_offer`."""
        if not isinstance(n, int) or n < 1:
            raise ValueError("an offer has at least one candidate")
        engine = generator_of(model)._engine  # noqa: SLF001
        offer = StoredOffer(self, self._engine.offer(engine, n, Settings(**settings).json(), policy, on_text))
        if offer.was_interrupted:
            raise KeyboardInterrupt
        return offer

    @property
    def last_offer(self) -> StoredOffer | None:
        """What was offered last in this story, by whomever and wherever it stood then. It can be taken late: the story then goes on
        from there, and what was written since stays a branch of its own."""
        engine = self._engine.last_offer()
        return StoredOffer(self, engine) if engine else None

    def write(self, words: str) -> None:
        """Adds a passage of your own where the story stands."""
        check_text("a passage", words)
        self._engine.write(words)

    def undo(self) -> None:
        """One passage back; nothing is lost. Raises InvalidInput at the opening."""
        self._engine.undo()

    def jump(self, passage: int) -> None:
        """Goes to any passage of the tree; what is taken next begins a branch there."""
        self._engine.jump(_checked_passage(passage))

    def reload(self) -> None:
        """Sees what other programs did to the story."""
        self._engine.reload()

    def __str__(self) -> str:
        return shown(self.text)

    def __repr__(self) -> str:
        return f"<Story {self.id} {self.title!r}, {len(self.passages)} passages>"

    def _repr_html_(self) -> str:
        body = "".join(f"<p>{html.escape(each)}</p>" for each in self.text.split("\n") if each.strip())
        return f'<div class="tex2jax_ignore mathjax_ignore" style="max-width:36em;font-family:serif;line-height:1.5">{body}</div>'


def stories(db: str = "") -> list[StorySummary]:
    """Every story of the database, oldest first."""
    return [StorySummary(*each) for each in _fabula.list_stories(_place(db))]


def _place(db: str) -> str:
    return os.path.expanduser(db) if db.startswith("~") else db


def _checked_passage(passage: int) -> int:
    number = operator.index(passage)
    if not 0 <= number < 2**32:
        raise ValueError(f"passages count from 0; there is none {number}")
    return number
