# SPDX-License-Identifier: 0BSD
"""Fabula in Python: stories with language models on your own machine.

>>> from fabula import Completer
>>> story = Completer("The lighthouse keeper found a door under the sea.", temperature=1.0)
>>> story()                                                  # doctest: +SKIP
"""
from .completer import Completer, Completion
from .errors import (
    CompletionError, Conflict, Corrupt, EngineError, Exhausted, InvalidInput, NotFound, Unavailable, UnexpectedResponseError)
from .generator import Candidate, Generator, Model
from .offer import Offer
from .settings import Settings
from .supplier import Supplier

__all__ = [
    "Candidate", "Completer", "Completion", "CompletionError", "Conflict", "Corrupt", "EngineError", "Exhausted", "Generator",
    "InvalidInput", "Model", "NotFound", "Offer", "Settings", "Supplier", "Unavailable", "UnexpectedResponseError"]
