# SPDX-License-Identifier: 0BSD
"""How texts come to the eye: grown in place in a notebook, printed at the end elsewhere."""
from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .completer import Completer


def notebook_display() -> Any | None:
    """IPython's display function inside a notebook's kernel; else None."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return None
    shell = get_ipython()
    return display if shell is not None and getattr(shell, "kernel", None) is not None else None


@contextmanager
def live_text(whole: Callable[[str], str], final: Callable[[], str]) -> Iterator[Callable[[str], None]]:
    """Gives a function that takes new text as it comes; `whole(new)` is what is to be seen with it, and `final()` in the end, also
    where Ctrl-C ended it: some of what is kept may not have been told."""
    display = notebook_display()
    if display is None:
        try:
            yield lambda text: None
        except KeyboardInterrupt:
            print(final())
            raise
        print(final())
        return
    new: list[str] = []
    handle = display({"text/plain": whole("")}, raw=True, display_id=True)

    def add(text: str) -> None:
        new.append(text)
        handle.update({"text/plain": whole("".join(new))}, raw=True)

    try:
        yield add
    finally:
        handle.update({"text/plain": final()}, raw=True)


def page_of(completer: Completer) -> str:
    """The text as paragraphs, what a model wrote in another shade than the prompt."""
    paragraphs: list[list[str]] = [[]]
    for i, (text, _) in enumerate(completer._pieces):  # noqa: SLF001
        for j, line in enumerate(text.split("\n")):
            if j > 0:
                paragraphs.append([])
            if line:
                style = "" if i == 0 else ' style="opacity:.8"'
                paragraphs[-1].append(f"<span{style}>{html.escape(line)}</span>")
    body = "".join(f"<p>{''.join(each)}</p>" for each in paragraphs if each)
    return f'<div class="tex2jax_ignore mathjax_ignore" style="max-width:36em;font-family:serif;line-height:1.5">{body}</div>'
