# SPDX-License-Identifier: 0BSD
"""Sliders for a Completer's settings, where ipywidgets is installed."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .settings import FIELDS, Field

if TYPE_CHECKING:
    from .completer import Completer

_HIGHEST = {"temperature": 2.0, "top_k": 200, "max_new_tokens": 1000}  # a slider wants an end where a setting has none near


def _slider(ipywidgets: Any, field: Field, value: float) -> Any:
    high = max(min(field.high, _HIGHEST.get(field.name, 100)), value)
    kind = ipywidgets.IntSlider if field.is_whole else ipywidgets.FloatSlider
    common: dict[str, Any] = {"description": field.name}
    if int(ipywidgets.__version__.split(".")[0]) >= 8:  # older ones know no tooltips, and draw a description as wide as it is
        common |= {"tooltip": field.hint, "style": {"description_width": "9em"}}
    if field.is_whole:
        return kind(value=int(value), min=int(field.low), max=int(high), **common)
    step = (high - field.low) / 200
    return kind(value=value, min=field.low + (step if field.low_is_open else 0), max=high, step=step, **common)


def sliders(completer: Completer, names: Sequence[str]) -> Any:
    """Raises ImportError where ipywidgets is missing, ValueError for a name that is no numeric setting."""
    try:
        import ipywidgets
    except ImportError as error:
        raise ImportError("sliders need ipywidgets: apt install python3-ipywidgets, or pip install ipywidgets") from error
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        raise ValueError(f"no numeric settings: {', '.join(unknown)}; known ones: {', '.join(FIELDS)}")

    def bound(name: str) -> Any:
        slider = _slider(ipywidgets, FIELDS[name], float(getattr(completer, name)))
        slider.observe(lambda change: setattr(completer, name, change["new"]), names="value")
        return slider

    return ipywidgets.VBox([bound(name) for name in names])
