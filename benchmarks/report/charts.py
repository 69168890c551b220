"""The charts: throughput of decoding and of reading events, and growth of cost."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..peer import FLOOR, LIBRARY
from ..results import Results, Timing
from .numbers import per_second
from .slopes import Curve, curves
from .style import Theme, draw

__all__ = ["bars", "decode", "events", "growth"]

UNTYPED = ("orjson", "json (standard library)", "pysimdjson", "+ orjson")


def decode(results: Results) -> Iterator[Path]:
    panels = {
        "Web search, 2 kB": _timings(results, "decode", "web search"),
        "Cited report, 115 kB": _timings(results, "decode", "cited report"),
    }
    title = "Decoding a response, bytes a second (longer is better)"
    yield from bars(results, "decode", title, panels, lambda timing: timing.bytes_per_second, _bytes)


def events(results: Results) -> Iterator[Path]:
    panels = {
        "2,000 deltas, 16 kB a chunk": _timings(results, "events", "short deltas, 16 kB a chunk"),
        "One event a chunk": _timings(results, "events", "short deltas, one event a chunk"),
    }
    title = "Reading a stream, events a second (longer is better)"
    yield from bars(results, "events", title, panels, lambda timing: timing.items_per_second, _events)


def growth(results: Results) -> Iterator[Path]:
    by_bytes, by_events = curves(results)
    if not (by_bytes and by_events):
        return

    def paint(theme: Theme) -> Figure:
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        _lines(left, by_bytes, theme, "bytes of the document (log)")
        _lines(right, by_events, theme, "events of the stream (log)")
        figure.suptitle("How cost grows; a slope of 1 is linear", fontsize=13, fontweight="bold")
        return figure

    yield from draw(results.folder, "growth", paint)


# Bars -------------------------------------------------------------------------------------------------------------


def bars(
    results: Results,
    name: str,
    title: str,
    panels: dict[str, Sequence[Timing]],
    value: Callable[[Timing], float],
    label: Callable[[float], str],
) -> Iterator[Path]:
    """Draw a panel of bars for each case, all in the first panel's order of peers. Nothing if a panel is empty."""
    if not all(panels.values()):
        return
    peers = [timing.peer for timing in sorted(next(iter(panels.values())), key=value, reverse=True)]

    def paint(theme: Theme) -> Figure:
        figure = Figure(figsize=(10, 1.4 + 0.34 * len(peers)), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        # The panels share the axis, so only the first sets its labels.
        axes[0].set_yticks(range(len(peers)), peers)
        axes[0].get_yticklabels()[peers.index(LIBRARY)].set_fontweight("bold")
        axes[0].invert_yaxis()
        for axis, (caption, timings) in zip(axes, panels.items(), strict=True):
            values = {timing.peer: value(timing) for timing in timings}
            _bars(axis, peers, values, theme, label)
            axis.set_title(caption, fontsize=11, loc="left")
        figure.suptitle(title, fontsize=13, fontweight="bold")
        kinds = {
            LIBRARY: theme.ours,
            f"{FLOOR}: the floor": theme.floor,
            "typed": theme.typed,
            "untyped": theme.untyped,
        }
        handles = [Patch(color=color, label=kind) for kind, color in kinds.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
        return figure

    yield from draw(results.folder, name, paint)


def _bars(
    axis: Axes, peers: Sequence[str], values: dict[str, float], theme: Theme, label: Callable[[float], str]
) -> None:
    drawn = axis.barh(
        range(len(peers)),
        [values.get(peer, 0) for peer in peers],
        color=[_color(peer, theme) for peer in peers],
        height=0.72,
    )
    axis.bar_label(
        drawn, [label(values[peer]) if peer in values else "refuses" for peer in peers], padding=4, fontsize=9.5
    )
    axis.margins(x=0.26)
    axis.set_xlim(left=0)
    axis.xaxis.set_visible(False)
    axis.spines["bottom"].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _color(peer: str, theme: Theme) -> str:
    if peer.startswith(LIBRARY):
        return theme.ours
    if peer == FLOOR:
        return theme.floor
    untyped = peer in UNTYPED or peer.endswith("+ orjson")
    return theme.untyped if untyped else theme.typed


def _bytes(value: float) -> str:
    return per_second(value, "B")


def _events(value: float) -> str:
    return per_second(value, "").removesuffix("/s")


def _timings(results: Results, group: str, case: str) -> Sequence[Timing]:
    found = results[group]
    return list(found.cases.get(case, {}).values()) if found is not None else []


# Lines ------------------------------------------------------------------------------------------------------------


def _lines(axis: Axes, found: Sequence[Curve], theme: Theme, label: str) -> None:
    for curve, color in zip(found, theme.lines, strict=False):
        axis.loglog(
            curve.sizes,
            curve.seconds,
            marker="o",
            markersize=4,
            color=color,
            label=f"{curve.operation}: slope {curve.slope:.2f}",
        )
    axis.set_xlabel(label)
    axis.set_ylabel("seconds (log)")
    axis.grid(visible=True, linewidth=0.6)
    axis.legend(frameon=False, loc="upper left")
