"""Redaction of e-mail addresses, in streams that may be cut anywhere. The README quotes it."""

import re
from collections.abc import Iterable, Iterator

import conversation_models as cm

LONGEST = 64 + 1 + 253  # No address is longer (RFC 5321), so more text than this never waits.
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{0,252}\w")
DECIDED = re.compile(r".*[^\w.+@-]", re.DOTALL)  # All text but the end, if an address could continue there.


def redact(pending: str, final: bool) -> tuple[str, str]:
    """Replace e-mail addresses. The same comes out however the text is cut."""
    decided = DECIDED.match(pending)
    cut = len(pending) if final else max(decided.end() if decided else 0, len(pending) - LONGEST)
    if "@" not in pending:
        return pending[:cut], pending[cut:]
    cut = next((found.end() for found in ADDRESS.finditer(pending) if found.start() < cut < found.end()), cut)
    return ADDRESS.sub("[address]", pending[:cut]), pending[cut:]


def redacted(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A stream without e-mail addresses, in server-sent events."""
    return map(cm.snake.encode_event, cm.rewrite_text(cm.snake.iter_events(chunks), redact))
