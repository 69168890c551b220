"""The README's figures of speed: one chart and one table, between two marks."""

from collections.abc import Iterator
from pathlib import Path

from ..peers import CLIENT, FLOOR, LIBRARY, ORJSON, PYDANTIC, SDK
from ..results import Results
from .tables import factor, table, time

BEGIN, END = "<!-- speed -->", "<!-- /speed -->"
USUAL = "short deltas, 16 kB a chunk"
COLUMNS = {FLOOR: (FLOOR,), ORJSON: (ORJSON, "httpx2 + orjson"), PYDANTIC: (PYDANTIC, "httpx2 + pydantic")}
COLUMNS |= {"official SDK": (SDK, CLIENT)}
"""For each column, the peers of which the first that takes part in a case is shown."""
ROWS = (
    ("decode a web search, 2 kB", "decode", "web search"),
    ("decode a report with 180 citations, 115 kB", "decode", "cited report"),
    ("encode the web search", "encode", "web search"),
    ("look up the usage in the report", "peek", "cited report"),
    ("read a stream of 2,000 deltas", "events", USUAL),
    ("meter the same stream", "meter", USUAL),
)


def write_speed(results: Results, readme: Path) -> None:
    """Put the chart and the table into the README, if it has the marks."""
    text = readme.read_text(encoding="utf-8")
    if BEGIN in text:
        readme.write_text(with_speed(text, results), encoding="utf-8")


def with_speed(text: str, results: Results) -> str:
    """``text`` with the figures between its marks."""
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{speed(results)}\n{END}{rest.split(END, 1)[1]}"


def speed(results: Results) -> str:
    chart = "![Decoding a response and reading a stream, by library](docs/charts/speed.svg)"
    return f"{chart}\n\n{table(['', LIBRARY, *COLUMNS], _rows(results))}"


def _rows(results: Results) -> Iterator[list[str]]:
    for about, group, case in ROWS:
        own = results.least(group, case, LIBRARY)
        if own is None:
            continue
        cells = []
        for peers in COLUMNS.values():
            found = [least for peer in peers if (least := results.least(group, case, peer)) is not None]
            cells.append(f"{time(found[0])} ({factor(found[0] / own)})" if found else "")
        yield [about, f"**{time(own)}**", *cells]
