"""The style of charts: a palette for light backgrounds, a palette for dark ones, and no needless frames."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = ["DARK", "LIGHT", "THEMES", "Theme", "draw"]


class Theme(NamedTuple):
    """Colours. ``ours`` is for this library, ``floor`` for bare msgspec, the others for peers."""

    name: str
    text: str
    faint: str
    ours: str
    floor: str
    typed: str
    untyped: str
    lines: tuple[str, ...]


LIGHT = Theme(
    name="light",
    text="#1f2328",
    faint="#d1d9e0",
    ours="#0969da",
    floor="#a5b4c4",
    typed="#c4652d",
    untyped="#e2b48a",
    lines=("#0969da", "#c4652d", "#1a7f37"),
)
DARK = Theme(
    name="dark",
    text="#e6edf3",
    faint="#3d444d",
    ours="#4493f8",
    floor="#6e7b8a",
    typed="#e0814a",
    untyped="#8a5a33",
    lines=("#4493f8", "#e0814a", "#3fb950"),
)
THEMES = (LIGHT, DARK)


def draw(folder: Path, name: str, paint: Callable[[Theme], Figure]) -> Iterator[Path]:
    """Write ``name`` once for each theme, on a transparent background."""
    for theme in THEMES:
        settings: Any = {
            "font.family": "sans-serif",
            "font.size": 11,
            "text.color": theme.text,
            "axes.labelcolor": theme.text,
            "axes.edgecolor": theme.faint,
            "axes.facecolor": "none",
            "figure.constrained_layout.h_pad": 0.1,
            "figure.constrained_layout.w_pad": 0.1,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": theme.text,
            "ytick.color": theme.text,
            "grid.color": theme.faint,
            "svg.fonttype": "path",
            # The same results give the same files.
            "svg.hashsalt": name,
        }
        with mpl.rc_context(settings):
            file = folder / f"{name}-{theme.name}.svg"
            paint(theme).savefig(file, transparent=True, metadata={"Date": None})
            yield file
