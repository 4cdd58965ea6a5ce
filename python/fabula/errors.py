# SPDX-License-Identifier: 0BSD
"""What can go wrong. The engine's six kinds, and what a Completer raises."""


class EngineError(Exception):
    """The engine could not do it; the message says what, where and what to do."""


class InvalidInput(EngineError, ValueError):
    """Something that was given is not as it must be: mend it and try again."""


class NotFound(EngineError, LookupError):
    """There is no such model, file or name."""


class Conflict(EngineError):
    """Something changed meanwhile: look at it again."""


class Exhausted(EngineError):
    """It does not fit: shorten the text, or free memory or disk."""


class Unavailable(EngineError):
    """It cannot be done just now: try again later."""


class Corrupt(EngineError):
    """A file is damaged."""


class CompletionError(Exception):
    """A completion failed; the message is the engine's or the server's. The text is as it was."""


class UnexpectedResponseError(CompletionError):
    """A server answered something that is no completion."""
