"""The oracles by name."""

from collections.abc import Callable

from .document_oracles import check_decode, check_decode_lines, check_drift, check_json, check_peek
from .patch_oracle import check_patch
from .stream_oracles import check_events, check_meter, check_sse

TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": check_decode,
    "decode_lines": check_decode_lines,
    "peek": check_peek,
    "patch": check_patch,
    "drift": check_drift,
    "json": check_json,
    "events": check_events,
    "meter": check_meter,
    "sse": check_sse,
}
STREAMS = {"events", "meter", "sse"}
