# SPDX-License-Identifier: 0BSD
"""A text that a language model goes on with, for notebooks and anywhere else."""
from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .display import live_text, page_of
from .errors import CompletionError, Corrupt, EngineError, Exhausted, UnexpectedResponseError
from .generator import Candidate, Generated, Generator, Piece, generator_of
from .heat import heat_map
from .offer import Offer
from .settings import FIELDS, NAMES, Settings
from .supplier import Supplier
from .text import SEED_BITS, check_text, checked_seed, reformat, shown

_FRAME_TOKENS = 16  # what may stand around a text in the window: what begins it, and room for a word


def _fresh_seed() -> int:
    return random.getrandbits(SEED_BITS)


# What a Completer has beside sampling settings, and its own defaults for those.
_OWN: dict[str, Any] = {"do_sample": True, "seed": Supplier(_fresh_seed), "window": "error", "backend": None, "model": "", "api": ""}
_DEFAULTS: dict[str, Any] = {**_OWN, "max_new_tokens": 250, "temperature": 0.75}


@dataclass(frozen=True)
class Completion:
    """What was added once: the words, the parameters with the values that they had, and how it went.

    The same parameters draw the same words again on a local model: as candidate `index` of an offer, which is 0 for a completion.
    """
    text: str
    parameters: dict[str, Any]
    ending: str
    seconds: float
    candidate: Candidate = field(repr=False)
    index: int = 0


@dataclass(frozen=True)
class _State:
    """What undo brings back."""
    pieces: list[Piece]
    history: list[Completion]


class Completer:
    """A prompt and what a model added to it.

    Parameters are keywords and become attributes that can be changed between calls: temperature, top_p, top_k,
    max_new_tokens and any other of `fabula settings`, and

      do_sample  False takes the likeliest word each time (temperature 0)
      seed       a number, or a Supplier; each call draws a fresh one unless it is given
      window     "error": say so when the model's window is full; "slide": go on with the opening and the newest text
      backend    a model's name or file, a server's address (http://...), or a Generator; the usual model unless it is given
      model, api for a server: its name for the model, and the language it speaks ("openai", "openai-chat", "huggingface", "ollama")

    Calling the object completes the text and prints all of it; run the cell again to go on.

    >>> story = Completer("The well was dry.", temperature=1.0)  # doctest: +SKIP
    >>> story()                                                  # doctest: +SKIP
    """

    _pieces: list[Piece]
    _parameters: dict[str, Any]
    _history: list[Completion]
    _undone: list[_State]
    _last_offer: Offer | None
    _lock: threading.RLock

    def __init__(self, prompt: str, **parameters: Any) -> None:
        for name in parameters:
            _check_name(name)
        first = reformat(_checked_text(prompt))
        if not first:
            raise ValueError("the prompt has no words")
        self._fill([(first, [])], dict(parameters), [], [])

    def _fill(self, pieces: list[Piece], parameters: dict[str, Any], history: list[Completion], undone: list[_State]) -> None:
        self.__dict__.update(_pieces=pieces, _parameters=parameters, _history=history, _undone=undone, _last_offer=None, _lock=threading.RLock())

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {"pieces": list(self._pieces), "parameters": dict(self._parameters), "history": list(self._history), "undone": list(self._undone)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._fill(**state)

    # Parameters are attributes.

    def __getattr__(self, name: str) -> Any:
        for values in (self.__dict__.get("_parameters", {}), _DEFAULTS):
            if name in values:
                return values[name]
        if name in FIELDS:
            return FIELDS[name].default
        raise AttributeError(f"a Completer has no parameter {name!r}; known ones: {', '.join(sorted(NAMES | set(_OWN)))}")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
            return
        _check_name(name)
        self._parameters[name] = value

    def __delattr__(self, name: str) -> None:
        """Back to its default."""
        if name not in self._parameters:
            raise AttributeError(f"parameter {name!r} was not set")
        del self._parameters[name]

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *_DEFAULTS, *self._parameters})

    @property
    def parameters(self) -> dict[str, Any]:
        """Those that are set, and the Completer's own defaults, as they are: Suppliers are not asked."""
        return {**_DEFAULTS, **self._parameters}

    # The text.

    @property
    def text(self) -> str:
        """All of it, the prompt first. Can be set: what was drawn before is then only history."""
        return "".join(text for text, _ in self._pieces)

    @text.setter
    def text(self, value: str) -> None:
        value = _checked_text(value)
        with self._lock:
            self._remember()
            self.__dict__["_pieces"] = [(value, [])]

    @property
    def history(self) -> list[Completion]:
        """What was added, oldest first; what was taken back is not in it."""
        return list(self._history)

    def __str__(self) -> str:
        return shown(self.text)

    def __repr__(self) -> str:
        words = self.text.split()
        return f"<Completer {' '.join(words[:6])}{' …' if len(words) > 6 else ''}, {len(words)} words>"

    def _repr_html_(self) -> str:
        return page_of(self)

    # Completing.

    def __call__(self) -> None:
        """Completes, and prints all of the text; in a notebook it is seen as it grows. Ctrl-C (the stop button) keeps what there is."""
        before = self.text
        with live_text(lambda new: shown(before + new), self.__str__) as add:
            self._complete(lambda _, text: add(text))

    def complete(self) -> None:
        """Completes without printing."""
        self._complete(None)

    def _complete(self, on_text: Callable[[int, str], None] | None) -> None:
        with self._lock:
            values = self._values()
            drawn = self._draw([values], on_text)
            self._take(drawn.candidates[0], values, 0)
        if drawn.was_interrupted:
            raise KeyboardInterrupt

    def offer(self, n: int = 3, **differences: list[Any]) -> Offer:
        """`n` candidates to choose from; nothing is added until one is picked. `differences` give each its own settings:
        `offer(3, temperature=[0.5, 0.9, 1.3])`. Ctrl-C ends it; what came until then is `last_offer`.
        """
        if not isinstance(n, int) or n < 1:
            raise ValueError("an offer has at least one candidate")
        for name, each in differences.items():
            _check_name(name)
            if name in _OWN and name != "do_sample":
                raise ValueError(f"{name}: it is the same for all candidates of an offer")
            if not isinstance(each, (list, tuple)) or len(each) != n:
                raise ValueError(f"{name}: a list with {n} values is needed, one a candidate, not {each!r}")
        with self._lock:
            common = self._values()
            values = [{**common, **{name: each[i] for name, each in differences.items()}} for i in range(n)]
            drawn = self._draw(values, None)
            self.__dict__["_last_offer"] = offer = Offer(self, drawn.candidates, values, list(self._pieces))
        if drawn.was_interrupted:
            raise KeyboardInterrupt
        return offer

    @property
    def last_offer(self) -> Offer | None:
        """The last one that was made here, also where Ctrl-C ended it."""
        return self._last_offer

    def undo(self) -> bool:
        """Takes the last completion, pick or assignment back. False: there was nothing to take back."""
        with self._lock:
            if not self._undone:
                return False
            before = self._undone.pop()
            self.__dict__.update(_pieces=before.pieces, _history=before.history)
        return True

    # What else one may want to look at.

    def to_frame(self) -> Any:
        """The history as a pandas DataFrame: a row a completion."""
        import pandas

        return pandas.DataFrame(
            [{"text": each.text, "ending": each.ending, "tokens": each.candidate.n_tokens, "seconds": each.seconds,
              "mean_logprob": _mean(each.candidate.logprobs), **each.parameters} for each in self._history])

    def heat_map(self, back: int = 1) -> Any:
        """How likely the model found each word of a completion, as colours; `back` 1 is the last one."""
        if not 1 <= back <= len(self._history):
            raise ValueError(f"back: 1 is the last completion, and there are {len(self._history)}")
        candidate = self._history[-back].candidate
        if not candidate.logprobs:
            raise CompletionError("the server told no log-probabilities: a heat map needs them")
        return heat_map(self._generator().spell(candidate.ids), candidate.logprobs, candidate.ranks)

    def sliders(self, *names: str) -> Any:
        """Sliders for settings (ipywidgets): moving one changes the attribute."""
        from .sliders import sliders

        return sliders(self, names or ("temperature", "top_p", "top_k", "max_new_tokens"))

    # How it is done.

    def _values(self) -> dict[str, Any]:
        """The parameters with the values that they have now."""
        return {name: value() if isinstance(value, Supplier) else value for name, value in self.parameters.items()}

    def _generator(self, values: dict[str, Any] | None = None) -> Generator:
        given = values or self._values()
        try:
            return generator_of(given["backend"], given["model"], given["api"])
        except EngineError as error:
            raise CompletionError(str(error)) from error

    def _draw(self, values: list[dict[str, Any]], on_text: Callable[[int, str], None] | None) -> Generated:
        generator = self._generator(values[0])
        settings = [_settings_of(each) for each in values]
        seed = checked_seed(values[0]["seed"])
        for each in values:
            each["seed"] = seed
        try:
            prompt = self._prompt(generator, settings, values[0]["window"])
            return generator.generate(prompt, settings, seed=seed, on_text=on_text)
        except Exhausted as error:
            is_full = generator.measure(self.text) > generator.window_tokens - _FRAME_TOKENS
            raise CompletionError(self._window_is_full(generator, str(error)) if is_full else str(error)) from error
        except Corrupt as error:
            raise (UnexpectedResponseError if generator.is_remote else CompletionError)(str(error)) from error
        except EngineError as error:
            raise CompletionError(str(error)) from error

    def _prompt(self, generator: Generator, settings: list[Settings], window: object) -> list[Piece]:
        if window not in ("error", "slide"):
            raise ValueError(f'window is "error" or "slide", not {window!r}')
        if window == "error":
            return self._pieces
        most = max(int(each.max_new_tokens) for each in settings)
        if generator.measure(self.text) + most < generator.window_tokens:
            return self._pieces
        return generator.slide([text for text, _ in self._pieces], most)

    def _window_is_full(self, generator: Generator, message: str) -> str:
        return (f"{message}: the text has about {generator.measure(self.text)} tokens, the window of {generator.name} "
                f'{generator.window_tokens}. Take something back (undo), shorten .text, set window="slide" to go on with the opening '
                "and the newest text, or take a model with a larger window (backend=)")

    def _remember(self) -> None:
        self._undone.append(_State(list(self._pieces), list(self._history)))

    def _take(self, candidate: Candidate, values: dict[str, Any], index: int) -> None:
        if not candidate.text:
            if candidate.ending not in ("stopped", "connection_lost"):
                print("[the model ended the text here: ignore_end=True goes on all the same]")
            return
        self._remember()
        self._pieces.append((candidate.text, candidate.ids if candidate.ids_are_whole else []))
        self._history.append(Completion(candidate.text, values, candidate.ending, candidate.seconds, candidate, index))
        if candidate.ending == "window":
            wanted = values["max_new_tokens"]
            print(f"[the window is full: {candidate.n_tokens} of {wanted} tokens fitted]")
        if candidate.ending == "connection_lost":
            print("[the connection broke off: this is what came; call again to go on]")


def _check_name(name: str) -> None:
    if name.startswith("_"):
        raise TypeError(f"{name!r}: names of parameters do not begin with an underscore")
    if hasattr(Completer, name):
        raise TypeError(f"{name!r} is a method of Completer and cannot be a parameter")


def _checked_text(value: object) -> str:
    check_text("a text", value)
    text = str(value)
    if not text.strip():
        raise ValueError("the text is empty")
    return text


def _settings_of(values: dict[str, Any]) -> Settings:
    given = {name: value for name, value in values.items() if name not in _OWN}
    if not values["do_sample"]:
        given["temperature"] = 0
    try:
        return Settings(**given)
    except EngineError as error:
        raise CompletionError(str(error)) from error


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
