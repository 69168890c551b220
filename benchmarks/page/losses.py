"""Where this library loses: every peer that is faster in some case, with the reason."""

from collections.abc import Iterator
from fnmatch import fnmatch

from ..results import Results
from .tables import ALL, factor, peers_of, table

NOTABLE = 0.95
"""A peer is faster if it takes less than this share of the time. Less than that is noise."""

REASONS = {
    "decode/msgspec, *": "one call in Python around the decoder's",
    "decode/orjson": "makes dicts without types; most of a long document is text, which it reads faster; it takes any"
    " JSON, while one unknown entry makes this library read entry by entry",
    "decode/pydantic": "its parser reads long strings faster than msgspec's, whose bare decoder is slower here too",
    "decode/json": "takes any JSON, while one unknown entry makes this library read entry by entry",
    "encode/msgspec, bare": "every value is checked first, because lists may hold members that the other codec read",
    "encode/*": "writes strings faster than msgspec, whose bare encoder is slower too",
    "transcode/*": "see decode and encode",
    "peek/msgspec, bare": "one call in Python around the decoder's",
    "peek/conversation_models, summarize": "the same library: a record instead of a head with a view of the outputs",
    "peek/pysimdjson": "indexes the document with SIMD and then looks up two values",
    "peek/pydantic": "its parser reads long strings faster than msgspec's, whose bare decoder is slower here too",
    "events/msgspec, bare": "is given payloads; this library also has to find them in the stream",
    "events/split by hand + msgspec": "only splits at blank lines: no CR, comments, several data lines, unknown events",
    "events/conversation_models, *": "the same library, read another way",
    "meter/msgspec, bare": "looks for one event's name anywhere in the bytes, without regard to lines",
    "meter/conversation_models, *": "the same library: decoding all events; the meter also counts, and keeps the times",
    "build/msgspec, bare: *": "only decodes the same events; events that are not text deltas are built in Python",
    "build/orjson: *": "joins the text of one message and keeps nothing else: no chunks, tools, calls or usage",
    "build/conversation_models, *": "the same library, in another direction",
    "drift/conversation_models, *": "the same library, without that difficulty",
    "drift/msgspec, bare": "drops what is new",
    "drift/msgspec, strict": "refuses what is new",
    "drift/orjson": "makes dicts without types, and takes any JSON",
    "drift/json": "takes any JSON; this library reads a document that has no tags, or an unknown one, member by member",
    "requests/msgspec, *": "the Python call around the decoder, and the check of every member before encoding",
    "requests/orjson": "makes dicts without types, of short strings",
    "requests/json": "takes any JSON; this library reads a document without tags member by member",
    "gateways/relays, reads nothing": "knows nothing of the answer",
    "gateways/conversation_models: *": "the same library, doing less",
    "gateways/*": "spends its time on HTTP, as they all do with a small answer; see the spread",
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
