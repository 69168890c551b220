"""The chart of the gateways: events, or responses, a second per core."""

from collections.abc import Iterator
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..gateway.figures import LABELS, Figures
from .numbers import per_second
from .style import Theme, draw

__all__ = ["draw_chart"]

PANELS = {
    "events": "A write per event",
    "events, 16 kB": "Writes of 16 kB",
    "responses": "Responses of 2 kB",
}


def draw_chart(figures: Figures, folder: Path) -> Iterator[Path]:
    """Write the chart once for each theme."""

    def paint(theme: Theme) -> Figure:
        names = figures.gateways
        figure = Figure(figsize=(11, 1.3 + 0.36 * len(names)), layout="constrained")
        axes = figure.subplots(1, len(PANELS), sharey=True)
        axes[0].set_yticks(range(len(names)), [LABELS.get(name, name) for name in names])
        axes[0].invert_yaxis()
        for axis, (load, caption) in zip(axes, PANELS.items(), strict=True):
            _bars(axis, [1 / figures.cpu(load, name) for name in names], names, theme)
            axis.set_title(caption, fontsize=11, loc="left")
        title = "A gateway: events, or responses, a second per core (longer is better)"
        figure.suptitle(title, fontsize=13, fontweight="bold")
        return figure

    yield from draw(folder, "gateway", paint)


def _bars(axis: Axes, values: list[float], names: tuple[str, ...], theme: Theme) -> None:
    drawn = axis.barh(range(len(names)), values, color=[_color(name, theme) for name in names], height=0.72)
    axis.bar_label(drawn, [per_second(value, "").removesuffix("/s") for value in values], padding=4, fontsize=9.5)
    axis.margins(x=0.3)
    axis.set_xlim(left=0)
    axis.xaxis.set_visible(False)
    axis.spines["bottom"].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _color(name: str, theme: Theme) -> str:
    if name == "bare":
        return theme.floor
    return theme.ours if LABELS.get(name, "").startswith("conversation_models") else theme.typed
