"""The charts: bars of operations per second, and lines of cost against size. Each SVG suits light and dark pages."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..gateways.gateways import BARE, HTTPX_PYDANTIC, MISTRALAI, RELAY, TYPED
from ..peers import CLIENT, FLOOR, LIBRARY, ORJSON, PYDANTIC
from ..results import GroupResults, Results, Row

FOLDER = "charts"
# Colours on light pages, and on dark ones. SVG takes the right ones by itself.
COLOURS = {
    "text": ("#1f2328", "#e6edf3"),
    "faint": ("#d1d9e0", "#3d444d"),
    "page": ("#fffffe", "#0d1117"),
    "ours": ("#0969da", "#4493f8"),
    "floor": ("#8c959f", "#7d8590"),
    "typed": ("#bc4c00", "#db6d28"),
    "untyped": ("#d4a72c", "#bb8009"),
    "green": ("#1a7f37", "#3fb950"),
}
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.size": 11,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), LIGHT["text"]),
    **dict.fromkeys(("axes.edgecolor", "grid.color"), LIGHT["faint"]),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    **dict.fromkeys(("figure.constrained_layout.h_pad", "figure.constrained_layout.w_pad"), 0.12),
    "axes.facecolor": "none",
    "figure.facecolor": LIGHT["page"],
    "svg.fonttype": "none",
    "svg.hashsalt": "conversation_models",  # The same results give the same files.
}


class Panel(NamedTuple):
    """Bars of one case: bytes a second if ``of_bytes``, else events, or answers."""

    title: str
    group: str
    case: str
    of_bytes: bool = False


class Bars(NamedTuple):
    """A chart of panels with the same rows. ``names``: the peers that take part, and what they are called."""

    title: str
    panels: tuple[Panel, ...]
    names: dict[str, str]


BARS = {
    "speed": Bars(
        "Done in a second on one core (longer is better)",
        (
            Panel("Decode a web search of 2 kB", "decode", "web search", of_bytes=True),
            Panel("Read a stream of 2,000 deltas: events", "events", "short deltas, 16 kB a chunk"),
        ),
        {
            LIBRARY: LIBRARY,
            FLOOR: f"{FLOOR} (the floor)",
            ORJSON: "orjson (dicts)",
            "httpx2 + orjson": "orjson (dicts)",
            PYDANTIC: PYDANTIC,
            "httpx2 + pydantic": PYDANTIC,
            CLIENT: "official Python SDK",
        },
    ),
    "gateways": Bars(
        "Gateways: done for a second of processor time (longer is better)",
        (
            Panel("Responses of 2 kB", "gateways", "web search, a response"),
            Panel("Events, a write each", "gateways", "400 short deltas, a write each"),
        ),
        {name: name for name in (BARE, RELAY, TYPED, HTTPX_PYDANTIC, MISTRALAI)},
    ),
}
TITLES = {name: bars.title for name, bars in BARS.items()} | {"growth": "How cost grows; a slope of 1 is linear"}
LINES = (
    {"decode": "ours", "encode": "typed", "peek": "green"},
    {"read events": "ours", "build": "typed", "meter": "green"},
)
"""The colours of the operations that are drawn: by bytes, and by events."""


def draw(results: Results, folder: Path) -> frozenset[str]:
    """Draw what was measured into ``folder``. The names of the charts."""
    drawn = set()
    with mpl.rc_context(SETTINGS):
        for name, bars in BARS.items():
            rows = [_row(results, panel) for panel in bars.panels]
            if all(rows):
                _save(_bars(bars, [row for row in rows if row]), folder, name)
                drawn.add(name)
        if "growth" in results.groups:
            _save(_growth(results.groups["growth"]), folder, "growth")
            drawn.add("growth")
    return frozenset(drawn)


def _row(results: Results, panel: Panel) -> Row | None:
    group = results.groups.get(panel.group)
    return group.row(panel.case) if group is not None else None


def _save(figure: Figure, folder: Path, name: str) -> None:
    """Write the figure, its colours as variables with a value for each kind of page."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.svg"
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    text = file.read_text(encoding="utf-8")
    for colour, (light, _) in COLOURS.items():
        text = text.replace(light, f"var(--{colour})")
    light, dark = ("".join([f"--{name}:{pair[one]};" for name, pair in COLOURS.items()]) for one in (0, 1))
    style = f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    start = text.index(">", text.index("<svg")) + 1
    file.write_text(f"{text[:start]}{style}{text[start:]}", encoding="utf-8")


def _bars(bars: Bars, rows: Sequence[Row]) -> Figure:
    found = [_rates(bars, panel, row) for panel, row in zip(bars.panels, rows, strict=True)]
    order = list(dict.fromkeys([name for rates in found for name in rates]))
    order.sort(key=lambda name: max(rates.get(name, 0) / max(rates.values()) for rates in found), reverse=True)
    figure = Figure(figsize=(9.2, 1.1 + 0.32 * len(order)), layout="constrained")
    axes = figure.subplots(1, len(rows), sharey=True, squeeze=False)[0]
    for axis, panel, rates in zip(axes, bars.panels, found, strict=True):
        drawn = axis.barh(order, [rates.get(name, 0) for name in order], color=list(map(_colour, order)), height=0.7)
        labels = [_rate(rates[name], panel.of_bytes) if name in rates else "" for name in order]
        axis.bar_label(drawn, labels, padding=4, fontsize=9.5)
        axis.set_title(panel.title, fontsize=11, loc="left")
        axis.margins(x=0.32)
        axis.set_xlim(left=0)
        axis.xaxis.set_visible(False)
        axis.spines["bottom"].set_visible(False)
        axis.tick_params(axis="y", length=0)
    axes[0].invert_yaxis()
    figure.suptitle(bars.title, fontsize=12.5, fontweight="bold")
    return figure


def _rates(bars: Bars, panel: Panel, row: Row) -> dict[str, float]:
    done = row.bytes if panel.of_bytes else row.items
    return {shown: done / row.peers[peer].least for peer, shown in bars.names.items() if peer in row.peers}


def _rate(value: float, of_bytes: bool) -> str:
    prefix, scale = next(((p, s) for p, s in (("G", 1e9), ("M", 1e6), ("k", 1e3)) if value >= s), ("", 1))
    number = f"{value / scale:.3g}" if value / scale < 100 else f"{value / scale:.0f}"
    return f"{number} {prefix}{'B' * of_bytes}/s"


def _colour(name: str) -> str:
    if name.startswith(LIBRARY):
        return LIGHT["ours"]
    if name.startswith((FLOOR, BARE)):
        return LIGHT["floor"]
    return LIGHT["untyped" if name.startswith(ORJSON) else "typed"]


def _growth(found: GroupResults) -> Figure:
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    by_bytes, by_events = ([row for row in found.rows if of.keys() <= row.peers.keys()] for of in LINES)
    _lines(left, {row.bytes: row for row in by_bytes}, LINES[0], "bytes of the document")
    _lines(right, {row.items: row for row in by_events}, LINES[1], "events of the stream")
    figure.suptitle(TITLES["growth"], fontsize=12.5, fontweight="bold")
    return figure


def _lines(axis: Axes, rows: dict[int, Row], colours: dict[str, str], label: str) -> None:
    for operation, colour in colours.items():
        seconds = [row.peers[operation].least for row in rows.values()]
        # Of the upper half. In the lower half, the constant cost of an operation hides the growth.
        half = [[math.log(one) for one in values[len(rows) // 2 :]] for values in (list(rows), seconds)]
        name = f"{operation}: slope {linear_regression(*half).slope:.2f}"
        axis.loglog(list(rows), seconds, marker="o", markersize=4, color=LIGHT[colour], label=name)
    axis.set_xlabel(label)
    axis.set_ylabel("seconds")
    axis.minorticks_off()
    axis.grid(visible=True, linewidth=0.6)
    axis.legend(frameon=False, loc="upper left")
