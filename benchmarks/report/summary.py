"""The README's section: the charts, and the few figures that most readers want."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..gateway.figures import read_figures
from ..groups.drift import DRIFTING
from ..groups.footprint import IMPORT, INSTALLED, PACKAGES
from ..groups.memory import PEAK
from ..peer import FLOOR, FLOOR_KNOWN, ITERATED, LIBRARY
from ..results import GroupResults, Results
from .gateway import brief
from .markdown import origin, picture, table
from .numbers import amount, ratio, seconds
from .slopes import curves

__all__ = ["BEGIN", "END", "section", "summary", "write", "write_into"]

BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"

DOCUMENT_PEERS = (LIBRARY, FLOOR, "orjson", "pydantic, tuned", "mistralai models", "TypeScript SDK (node)")
DOCUMENT_LINES = (
    ("decode, web search (2 kB)", "decode", "web search"),
    ("decode, cited report (115 kB)", "decode", "cited report"),
    ("encode, web search", "encode", "web search"),
    ("encode, cited report", "encode", "cited report"),
    ("snake_case in, camelCase out, web search", "transcode", "web search, snake to camel"),
    ("peek, image (5 MB)", "peek", "image"),
    ("patch, image (5 MB)", "patch", "image"),
    ("peak memory, decode cited report", "memory", f"decode cited report, {PEAK}"),
)
STREAM_PEERS = (
    LIBRARY,
    FLOOR,
    "httpx-sse + orjson",
    "httpx-sse + pydantic, tuned",
    "mistralai models",
    "TypeScript SDK (node)",
)
STREAM_LINES = (
    ("2,000 deltas, 16 kB a chunk", "events", "short deltas, 16 kB a chunk"),
    ("2,000 deltas, one event a chunk", "events", "short deltas, one event a chunk"),
    ("tools and thinking, 16 kB a chunk", "events", "tools and thinking, 16 kB a chunk"),
    ("meter 2,000 deltas, 16 kB a chunk", "meter", "short deltas, 16 kB a chunk"),
)
DRIFT_PEERS = (LIBRARY, FLOOR_KNOWN, FLOOR, "orjson", "pydantic, extra allowed")
DRIFT_LINES = tuple([(case, "drift", case) for case in DRIFTING if "camelCase" not in case])
LATENCIES = {"p50": 50, "p99": 99, "p99.9": 99.9}
FOOTPRINTS = (LIBRARY, "pydantic", "mistralai", "openai")


def summary(results: Results, folder: str = "") -> str:
    """The section's text. ``folder`` is the path from the text's file to the results, with a slash at its end."""
    used = (
        "decode",
        "encode",
        "transcode",
        "drift",
        "peek",
        "patch",
        "memory",
        "events",
        "meter",
        "latency",
        "footprint",
        "growth",
    )
    parts = [
        picture(folder, "decode", "Decoding a response: bytes a second, by library"),
        _table(results, "a response", DOCUMENT_PEERS, DOCUMENT_LINES),
        picture(folder, "events", "Reading a stream: events a second, by library"),
        _table(results, "a stream", STREAM_PEERS, STREAM_LINES),
        _drift(results),
        _latencies(results),
        _footprints(results),
        picture(folder, "growth", "How cost grows with size and number of events"),
        _growth(results),
        *_gateways(results, folder),
        f"Medians; `x` is how many times as long a peer takes. [Every figure]({folder}tables.md), "
        f"[where it loses]({folder}where-it-loses.md).",
        f"<sub>{origin([results[group] for group in used])}</sub>",
    ]
    return "\n\n".join([part for part in parts if part]) + "\n"


def _gateways(results: Results, folder: str) -> list[str]:
    figures = read_figures(results.folder)
    if figures is None:
        return []
    return [
        picture(folder, "gateway", "Gateways: events, or responses, a second per core"),
        brief(figures),
        f"In brackets: the multiple of the gateway with the official SDK. [More about gateways]({folder}gateway.md).",
    ]


def section(readme: str, text: str) -> str | None:
    """``readme`` with ``text`` between its markers; ``None`` if it has no markers."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{text}{end}{after}" if begin and end else None


def write(results: Results) -> Iterator[Path]:
    file = results.folder / "summary.md"
    file.write_text(summary(results), encoding="utf-8")
    yield file


def write_into(readme: Path, results: Results) -> bool:
    """Write the section into ``readme`` if it has the markers. Returns whether it has."""
    text = section(readme.read_text(encoding="utf-8"), summary(results, "benchmarks/results/"))
    if text is not None:
        readme.write_text(text, encoding="utf-8")
    return text is not None


# Tables -----------------------------------------------------------------------------------------------------------


def _table(results: Results, corner: str, peers: Sequence[str], lines: Sequence[tuple[str, str, str]]) -> str:
    rows = []
    for about, group, case in lines:
        cells = _cells(results[group], case, peers)
        if any(cells):
            rows.append([about, *cells])
    return table([corner, *peers], rows) if rows else ""


def _cells(group: GroupResults | None, case: str, peers: Sequence[str]) -> list[str]:
    timings = group.cases.get(case, {}) if group is not None else {}
    ours = timings.get(LIBRARY)
    cells = []
    for peer in peers:
        timing = timings.get(peer)
        if timing is None or ours is None:
            cells.append("")
            continue
        value = amount(timing.median) if timing.samples.get_unit() == "byte" else seconds(timing.median)
        cells.append(f"**{value}**" if peer == LIBRARY else f"{value} ({ratio(timing.median / ours.median)})")
    return cells


def _drift(results: Results) -> str:
    written = _table(results, "a drifting upstream", DRIFT_PEERS, DRIFT_LINES)
    note = f"Every document has fields that no model has. {FLOOR} drops them; the others keep them."
    return f"{written}\n\n{note}" if written else ""


def _latencies(results: Results) -> str:
    group = results["latency"]
    rows = []
    for timings in group.cases.values() if group is not None else ():
        for peer in (LIBRARY, ITERATED, *STREAM_PEERS[1:]):
            if (timing := timings.get(peer)) is not None:
                shares = [seconds(float(timing.samples.percentile(share))) for share in LATENCIES.values()]
                rows.append([f"**{peer}**" if peer == LIBRARY else peer, *shares])
    return table(["latency of one event", *LATENCIES], rows) if rows else ""


def _footprints(results: Results) -> str:
    group = results["footprint"]
    rows = []
    for name in FOOTPRINTS if group is not None else ():
        found = [group.get(case, name) for case in (IMPORT, INSTALLED, PACKAGES)] if group is not None else []
        spent, size, packages = found
        if spent is not None and size is not None and packages is not None:
            cells = [seconds(spent.median), amount(size.median), f"{packages.median:.0f}"]
            rows.append([f"**{name}**" if name == LIBRARY else name, *cells])
    return table(["", "import", "installed", "packages"], rows) if rows else ""


def _growth(results: Results) -> str:
    floor = {curve.operation: f" (bare msgspec {curve.slope:.2f})" for curve in curves(results, FLOOR)[0]}
    found = [curve for over in curves(results) for curve in over]
    slopes = [f"{curve.operation} {curve.slope:.2f}{floor.get(curve.operation, '')}" for curve in found]
    return f"Slopes on log-log axes, upper half (1 is linear): {', '.join(slopes)}." if slopes else ""
