"""The page of figures and its charts, all made from the stored results."""

from collections.abc import Iterator
from pathlib import Path

from ..results import Results
from . import charts, losses, targets
from .archives import archive_figures
from .archives import section as archives_section
from .speed import write_speed
from .tables import conditions, group_section

__all__ = ["archive_figures", "page", "write", "write_speed"]

NAME = "performance.md"
INTRODUCTION = """\
# Performance

This page is made by `python -m benchmarks`, which compares this library with what its users could pick instead.
`python -m benchmarks page` makes it again from the stored results, `--only decode,encode` measures some groups anew.

All peers get the same bytes in the same run, each used as its own documentation advises:

- *msgspec, bare* is the floor: msgspec's decoder and encoder on structs with the same fields. For streams it is given
  payloads that are already split. *msgspec, strict* also has `forbid_unknown_fields`.
- *pydantic* has models of the same fields, with discriminated unions and one `TypeAdapter` for each type.
- *mistralai models* are those of the official Python SDK, with `model_validate_json`. *mistralai client* is the code
  with which that SDK itself reads an answer.
- *orjson* and *json* make dicts, without types. *httpx-sse* and *httpx2* split streams into events.

How it is measured:

- The result of a peer is checked before the peer is timed. A peer *refuses* an input if it raises or is wrong.
- The peers of a case are timed in turn, one sample each, over and over, in three fresh processes. A sample repeats the
  operation for about 20 ms. Operations that are slower than 0.1 s are timed less often.
- Time is processor time, with the garbage collector on. Figures are the least of all samples, since other work on a
  machine only ever adds to them. *Spread* is the distance of the quartiles of the samples over their median.
- Charts: blue is this library, grey the floor, yellow makes dicts, orange is typed.
- `x` is how many times as long a peer takes as this library: **bold** where that is less than one, so that the peer is
  faster.
"""


def write(results: Results, folder: Path) -> None:
    """Write the page and its charts into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = charts.draw(results, folder / "charts")
    (folder / NAME).write_text(page(results, drawn), encoding="utf-8")


def page(results: Results, drawn: frozenset[str]) -> str:
    """The page. ``drawn``: the names of the charts that there are."""
    return "\n\n".join([part.strip() for part in _parts(results, drawn)]) + "\n"


def _parts(results: Results, drawn: frozenset[str]) -> Iterator[str]:
    yield INTRODUCTION
    if "speed" in drawn:
        yield _chart("speed")
    for name, found in results.groups.items():
        if found.rows:
            yield group_section(name, found)
        elif name == "archives":
            yield archives_section(found.other)
        if name in drawn:
            yield _chart(name)
    yield losses.section(results)
    yield targets.section(results)
    yield conditions(results)


def _chart(name: str) -> str:
    return f"![{charts.TITLES[name]}]({charts.FOLDER}/{name}.svg)"
