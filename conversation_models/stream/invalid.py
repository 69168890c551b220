"""The events a reader yields: those of the models, and a stand-in for each malformed one."""

from typing import ClassVar, TypeAlias

from ..errors import ConversationDecodeError
from ..models.events import ConversationEvent

__all__ = ["InvalidEvent", "StreamEvent", "not_an_event"]


class InvalidEvent:
    """An event whose data is not a conversation event.

    ``raw``: the data, unchanged. ``error``: why it could not be decoded. ``event``: the value of the ``event`` field,
    empty if there was none.
    """

    __slots__ = ("error", "event", "raw")
    __match_args__ = ("raw", "error")

    type: ClassVar[None] = None

    def __init__(self, raw: bytes, error: ConversationDecodeError, event: str = "") -> None:
        self.raw = raw
        self.error = error
        self.event = event

    def __repr__(self) -> str:
        return f"InvalidEvent(raw={self.raw!r}, error={self.error!r}, event={self.event!r})"


StreamEvent: TypeAlias = ConversationEvent | InvalidEvent
"""An event of a stream, or an ``InvalidEvent`` in place of a malformed one."""


def not_an_event(cls: type) -> TypeError:
    """The error to raise if an instance of ``cls`` is passed where events belong."""
    return TypeError(f"Expected stream events, as Codec.iter_events yields them, not {cls.__qualname__}")
