"""Where this library loses: every peer that is faster in some case, with the reason."""

from collections.abc import Iterator
from fnmatch import fnmatch

from ..results import Results
from .tables import ALL, factor, peers_of, table

NOTABLE = 0.95
"""A peer is faster if it takes less than this share of the time. Less than that is noise."""

OWN = "the same library, doing something else"
STRINGS = "its parser reads long strings faster than msgspec's, whose bare decoder is slower here too"
ANY_JSON = "takes any JSON; without tags, or with an unknown entry, this library reads member by member"
REASONS = {
    "*/conversation_models*": OWN,
    "decode/msgspec, *": "one call in Python around the decoder's",
    "decode/orjson": f"makes dicts without types, and reads long strings faster; {ANY_JSON}",
    "decode/pydantic": STRINGS,
    "encode/msgspec, bare": "every value is checked first, because lists may hold members that the other codec read",
    "encode/*": "writes strings faster than msgspec, whose bare encoder is slower too",
    "transcode/*": "see decode and encode",
    "peek/msgspec, bare": "one call in Python around the decoder's",
    "peek/pysimdjson": "indexes the document with SIMD and then looks up two values",
    "peek/pydantic": STRINGS,
    "events/msgspec, bare": "is given payloads; this library also has to find them in the stream",
    "events/split by hand + msgspec": "only splits at blank lines: no CR, comments, several data lines, unknown events",
    "meter/msgspec, bare": "looks for one event's name anywhere in the bytes, without regard to lines",
    "meter/*": "reads one event; the meter looks at each event that is not a delta, for tools, models and times",
    "build/msgspec, bare: *": "only decodes the same events; events that are not text deltas are built in Python",
    "build/orjson: *": "joins the text of one message and keeps nothing else: no chunks, tools, calls or usage",
    "drift/msgspec, bare": "drops what is new",
    "drift/msgspec, strict": "refuses what is new",
    "requests/msgspec, *": "the Python call around the decoder, and the check of every member before encoding",
    "requests/orjson": f"makes dicts without types, of short strings; {ANY_JSON}",
    "gateways/relays, reads nothing": "knows nothing of the answer",
    "gateways/*": "an answer costs HTTP's time, and little else; see the spread",
    "*/orjson": f"makes dicts without types; {ANY_JSON}",
    "*/json": ANY_JSON,
}
"""By group and peer: the first pattern that fits."""


def section(results: Results) -> str:
    """A table of all losses, one line for each group and peer."""
    rows = list(_rows(results))
    if not rows:
        return ""
    about = f"Each peer that takes less than {factor(NOTABLE)} of this library's time in some case."
    return "\n\n".join(["## Where it loses", about, table(["group", "peer", "cases", "takes", "why"], rows, left=5)])


def _rows(results: Results) -> Iterator[list[str]]:
    for name, found in results.groups.items():
        base = ALL[name].base if name in ALL else ""
        for peer in peers_of(found.rows) if base else ():
            pairs = [(row.least(peer), row.least(base)) for row in found.rows]
            both = [theirs / own for theirs, own in pairs if theirs is not None and own is not None]
            lost = sorted(value for value in both if value < NOTABLE)
            if lost:
                takes = factor(lost[0]) if len(lost) == 1 else f"{factor(lost[0])} to {factor(lost[-1])}"
                yield [name, peer, f"{len(lost)} of {len(both)}", takes, _reason(name, peer)]


def _reason(group: str, peer: str) -> str:
    return next((reason for pattern, reason in REASONS.items() if fnmatch(f"{group}/{peer}", pattern)), "")
