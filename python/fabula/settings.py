# SPDX-License-Identifier: 0BSD
"""Sampling settings by the names of `fabula settings`, checked when they are set."""
from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import _fabula
from .errors import InvalidInput


@dataclass(frozen=True)
class Field:
    """A setting that is a number."""
    name: str
    low: float
    high: float
    low_is_open: bool
    is_whole: bool
    default: float
    unit: str
    hint: str


FIELDS: dict[str, Field] = {each[0]: Field(*each) for each in _fabula.settings_fields()}
NAMES: frozenset[str] = frozenset(FIELDS) | frozenset(_fabula.other_settings())


_MOST = 2**63


def _plain(name: str, value: Any) -> Any:
    """The value as JSON has it; numbers of other libraries become Python's."""
    if value is None or isinstance(value, (bool, str)):
        if isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value):
            raise InvalidInput(f"{name}: the text has half of a surrogate pair")
        return value
    if isinstance(value, Mapping):
        return {_plain(name, str(key)): _plain(name, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(name, each) for each in value]
    if hasattr(value, "__index__"):
        number: float = operator.index(value)
    elif hasattr(value, "__float__"):
        number = float(value)
    else:
        raise InvalidInput(f"{name}: {type(value).__name__} is no kind of value that a setting has")
    if not abs(number) <= _MOST:  # nor is nan
        raise InvalidInput(f"{name}: {value:.20g} is no number that can be used" if isinstance(number, float) else f"{name}: the number is too large")
    return number


class Settings(Mapping[str, Any]):
    """Every sampling setting, with defaults for those that are not given.

    >>> Settings(temperature=0.5).temperature
    0.5
    """

    def __init__(self, **values: Any) -> None:
        """Raises InvalidInput for a name that is none (it names the nearest) and a value out of range."""
        plain = {name: _plain(name, value) for name, value in values.items()}
        self.__dict__["_values"] = json.loads(_fabula.checked_settings(json.dumps(plain)))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Settings do not change: with_({name}=...) makes others")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"there is no setting {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def with_(self, **values: Any) -> Settings:
        """The same with some changed."""
        return Settings(**{**self._values, **values})

    def __repr__(self) -> str:
        plain = Settings()
        changed = ", ".join(f"{name}={value!r}" for name, value in self._values.items() if plain[name] != value)
        return f"Settings({changed})"

    def json(self) -> str:
        return json.dumps(self._values)
