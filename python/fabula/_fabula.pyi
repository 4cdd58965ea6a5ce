# SPDX-License-Identifier: 0BSD
from collections.abc import Callable, Sequence

class Candidate:
    text: str
    ids: list[int]
    ids_are_whole: bool
    logprobs: list[float]
    ranks: list[int]
    ending: str
    seconds: float

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
def settings_fields() -> list[tuple[str, float, float, bool, bool, float, str, str]]: ...
def other_settings() -> list[str]: ...
def checked_settings(json: str) -> str: ...
