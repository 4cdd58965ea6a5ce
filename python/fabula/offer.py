# SPDX-License-Identifier: 0BSD
"""Candidates to choose from."""
from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .generator import Candidate
from .text import shown

if TYPE_CHECKING:
    from .completer import Completer


class Offer(Sequence[Candidate]):
    """Several candidates for the same place. `pick(i)` adds one to the text; in a notebook each card has a button for it."""

    def __init__(self, completer: Completer, candidates: list[Candidate], values: list[dict[str, Any]], place: list[Any]) -> None:
        self._completer = completer
        self._candidates = candidates
        self._values = values
        self._place = place
        self.picked: int | None = None

    def __len__(self) -> int:
        return len(self._candidates)

    def __getitem__(self, index: Any) -> Any:
        return self._candidates[index]

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._candidates)

    def pick(self, index: int) -> None:
        """Adds candidate `index` (from 0). Raises IndexError, ValueError for one without words, and RuntimeError where the text went
        on since the offer."""
        index = range(len(self))[index]
        candidate = self._candidates[index]
        if not candidate.text:
            raise ValueError(f"candidate {index} has no words: the model ended the text there (ignore_end=True goes on all the same)")
        with self._completer._lock:  # noqa: SLF001
            if self._completer._pieces != self._place:  # noqa: SLF001
                raise RuntimeError("the text went on since this offer: make a new one, or undo() first")
            self._completer._take(candidate, self._values[index], index)  # noqa: SLF001
        self.picked = index

    def __repr__(self) -> str:
        return f"<Offer of {len(self)} candidates>"

    def __str__(self) -> str:
        return "\n\n".join(f"[{i}] {shown(each.text)}" for i, each in enumerate(self._candidates))

    def _differences(self, index: int) -> str:
        names = [name for name in self._values[index] if len({repr(each[name]) for each in self._values}) > 1]
        return ", ".join(f"{name} {self._values[index][name]}" for name in names)

    def _card(self, index: int) -> str:
        text = "<br>".join(html.escape(line) for line in self._candidates[index].text.strip().split("\n"))
        mark = " ✓" if index == self.picked else ""
        return (f'<div style="font-family:serif;line-height:1.5"><b>{index}{mark}</b> <small>{html.escape(self._differences(index))}</small>'
                f"<p>{text}</p></div>")

    def _repr_html_(self) -> str:
        cards = "".join(f'<div style="flex:1 1 16em;border:1px solid #8884;border-radius:8px;padding:.6em">{self._card(i)}</div>'
                        for i in range(len(self)))
        return f'<div class="tex2jax_ignore mathjax_ignore" style="display:flex;flex-wrap:wrap;gap:.8em">{cards}</div>'

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        cards = display(HTML(self._repr_html_()), display_id=True)  # also in a notebook's page, where no button works
        try:
            import ipywidgets
        except ImportError:
            return

        def show_again() -> None:
            cards.update(HTML(self._repr_html_()))

        display(self._buttons(ipywidgets, show_again))

    def _buttons(self, ipywidgets: Any, on_pick: Callable[[], None]) -> Any:
        """A button a card; `on_pick` is called when one was taken."""
        status = ipywidgets.HTML()

        def button(index: int) -> Any:
            one = ipywidgets.Button(description=f"Take {index}", tooltip=f"add candidate {index} to the text")

            def on_click(_: Any) -> None:
                try:
                    self.pick(index)
                    status.value = f"taken: {index}"
                    on_pick()
                except (RuntimeError, ValueError) as error:
                    status.value = html.escape(str(error))

            one.on_click(on_click)
            return one

        return ipywidgets.VBox([ipywidgets.HBox([button(i) for i in range(len(self))]), status])
