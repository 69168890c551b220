"""One event of a stream: the fields in its lines, and how one is written."""

import re
from typing import NamedTuple

__all__ = ["Fields", "encode_frame", "is_end_mark", "read_fields"]

_LF, _CR = b"\n\r"
_END_OF_LINE = re.compile(rb"\r\n|\r|\n")


class Fields(NamedTuple):
    """The fields of one event, as they came: ``data`` is None without a ``data`` line."""

    event: bytes
    data: bytes | None
    id: bytes | None
    retry: bytes | None


def read_fields(frame: bytes) -> Fields:
    """The fields in the lines of an event."""
    data: list[bytes] = []
    event, id, retry = b"", None, None
    for line in frame.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
        elif name == b"id":
            id = id if b"\0" in value else value
        elif name == b"retry" and value.isdigit():
            retry = value.lstrip(b"0") or b"0"
    return Fields(event, b"\n".join(data) if data else None, id, retry)


def is_end_mark(data: bytes) -> bool:
    """Whether ``data`` is no event, but what services close a stream with."""
    return data.strip(b" ") == b"[DONE]"


def encode_frame(event: bytes, data: bytes) -> bytes:
    """An event named ``event``, where that is a name the grammar can carry, with ``data``, in bytes."""
    head = b"event: %b\n" % event if event and _LF not in event and _CR not in event else b""
    if _LF in data or _CR in data:
        data = b"\ndata: ".join(_END_OF_LINE.split(data))
    return b"%bdata: %b\n\n" % (head, data)
