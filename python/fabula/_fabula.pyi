# SPDX-License-Identifier: 0BSD
from collections.abc import Callable, Mapping, Sequence
from typing import Any

class Candidate:
    text: str
    ids: list[int]
    ids_are_whole: bool
    logprobs: list[float]
    ranks: list[int]
    ending: str
    seconds: float
    ignored: list[str]
    n_tokens: int
    usage: dict[str, Any] | None

class Drawn:
    was_interrupted: bool
    candidates: list[Candidate]
    prompt_tokens: int
    computed_tokens: int
    first_token_seconds: float
    seconds: float

class Generator:
    name: str
    path: str
    architecture: str
    backend: str
    arithmetic: str
    window_tokens: int
    def generate(self, prompt: Sequence[tuple[str, Sequence[int]]], settings: Sequence[str], seed: int,
                 on_text: Callable[[int, str], None] | None = ...) -> Drawn: ...
    def measure(self, text: str) -> int: ...
    def spell(self, ids: Sequence[int]) -> list[bytes]: ...
    def slide(self, passages: Sequence[str], max_new_tokens: int) -> list[tuple[str, list[int]]]: ...

def open_generator(name: str = ..., backend: str = ..., n_threads: int = ...) -> Generator: ...
def open_remote(values: Mapping[str, str], model: str = ...) -> Generator: ...
def end_work() -> None: ...
def settings_fields() -> list[tuple[str, float, float, bool, bool, float, str, str]]: ...
def other_settings() -> list[str]: ...
def checked_settings(json: str) -> str: ...

class StoredCandidate:
    index: int
    text: str
    policy: str
    ending: str
    score: float
    seconds: float
    logprobs: list[float]
    settings: str

class StoredOffer:
    id: int
    candidates: list[StoredCandidate]
    was_interrupted: bool

class Story:
    id: int
    title: str
    head: int
    passages: list[tuple[int, int, str, str]]
    def text(self, passage: int | None = ...) -> str: ...
    def reload(self) -> None: ...
    def offer(self, generator: Generator, n: int, settings: str, policy: str, on_text: Callable[[int, str], None] | None = ...) -> StoredOffer: ...
    def last_offer(self) -> StoredOffer | None: ...
    def decide(self, offer: int, index: int | None, words: str | None, reason: str, shown: Sequence[int], seconds: float) -> None: ...
    def rate(self, offer: int, index: int, rating: int, reason: str) -> None: ...
    def write(self, words: str) -> None: ...
    def undo(self) -> None: ...
    def jump(self, passage: int) -> None: ...

def open_story(name: str, database: str = ...) -> Story: ...
def create_story(opening: str, generator: Generator, seed: int, title: str = ..., database: str = ...) -> Story: ...
def list_stories(database: str = ...) -> list[tuple[int, str, str, int, int]]: ...
