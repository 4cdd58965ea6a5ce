# SPDX-License-Identifier: 0BSD
"""Sampling settings by the names of `fabula settings`, checked when they are set."""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import _fabula


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


class Settings(Mapping[str, Any]):
    """Every sampling setting, with defaults for those that are not given.

    >>> Settings(temperature=0.5).temperature
    0.5
    """

    def __init__(self, **values: Any) -> None:
        """Raises InvalidInput for a name that is none (it names the nearest) and a value out of range."""
        self._values: dict[str, Any] = json.loads(_fabula.checked_settings(json.dumps(values)))

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
