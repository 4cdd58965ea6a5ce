# SPDX-License-Identifier: 0BSD
"""Parameters whose value is made anew at each call."""
from __future__ import annotations

from typing import Callable, Generic, TypeVar

T = TypeVar("T")


class Supplier(Generic[T]):
    """Wraps a function without arguments; a Completer calls it for the value at each completion.

    >>> Supplier(lambda: 7)()
    7
    """

    def __init__(self, function: Callable[[], T]) -> None:
        if not callable(function):
            raise TypeError(f"a Supplier needs a function, not {type(function).__name__}")
        self._function = function

    def __call__(self) -> T:
        return self._function()

    def __repr__(self) -> str:
        return f"Supplier({self._function!r})"
