# SPDX-License-Identifier: 0BSD
"""How a prompt is read and how a text is shown."""
from __future__ import annotations

import operator
import re
import textwrap

WIDTH = 70
SEED_BITS = 64


def check_text(what: str, text: object) -> None:
    """Raises TypeError and ValueError for what cannot be a text anywhere in the engine; "" is one."""
    if not isinstance(text, str):
        raise TypeError(f"{what} is a str, not {type(text).__name__}")
    if "\0" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise ValueError(f"{what} has a NUL or half of a surrogate pair in it")


def checked_seed(value: object) -> int:
    """Raises TypeError and ValueError for what is no 64-bit number."""
    if isinstance(value, (bool, str)) or not hasattr(value, "__index__"):
        raise TypeError(f"seed is a whole number, not {type(value).__name__}")
    number = operator.index(value)
    if not 0 <= number < 2**SEED_BITS:
        raise ValueError(f"seed {number} is out of range: 0 to 2**{SEED_BITS} - 1")
    return number


def reformat(text: str) -> str:
    """A prompt as the model gets it: paragraphs (parted by empty lines in `text`) on one line each.

    >>> reformat("\\nOne\\ntwo.\\n\\nThree.\\n")
    'One two.\\nThree.'
    """
    paragraphs = (" ".join(line.strip() for line in each.splitlines() if line.strip()) for each in re.split(r"\n\s*\n", text))
    return "\n".join(each for each in paragraphs if each)


def shown(text: str, width: int = WIDTH) -> str:
    """The text for reading: each line of it a paragraph, wrapped, with an empty line between them.

    >>> print(shown("One two.\\nThree.", width=4))
    One
    two.
    <BLANKLINE>
    Three.
    """
    paragraphs = (each for each in text.split("\n") if each.strip())
    return "\n\n".join(textwrap.fill(each, width, break_long_words=False, break_on_hyphens=False) for each in paragraphs)
