# SPDX-License-Identifier: 0BSD
"""How a prompt is read and how a text is shown."""
from __future__ import annotations

import re
import textwrap

WIDTH = 70


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
