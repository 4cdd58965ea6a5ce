# SPDX-License-Identifier: 0BSD
"""Fabula in Python: stories with language models on your own machine.

>>> from fabula import Completer
>>> story = Completer("The lighthouse keeper found a door under the sea.", temperature=1.0)
>>> story()                                                  # doctest: +SKIP
"""
import atexit

from . import _fabula
from .completer import Completer, Completion
from .errors import (
    CompletionError, Conflict, Corrupt, EngineError, Exhausted, InvalidInput, NotFound, Unavailable, UnexpectedResponseError)
from .generator import Candidate, Generated, Generator, Model, Remote
from .offer import Offer
from .settings import Settings
from .story import Passage, StoredCandidate, StoredOffer, Story, StorySummary, stories
from .supplier import Supplier

atexit.register(_fabula.end_work)  # a thread that draws while the interpreter ends would bring it down

__all__ = [
    "Candidate", "Completer", "Completion", "CompletionError", "Conflict", "Corrupt", "EngineError", "Exhausted", "Generated",
    "Generator", "InvalidInput", "Model", "NotFound", "Offer", "Passage", "Remote", "Settings", "StoredCandidate", "StoredOffer",
    "Story", "StorySummary", "Supplier", "Unavailable", "UnexpectedResponseError",
    "stories"]
