"""The events a reader yields: those of the models, and a stand-in for each malformed one."""

from typing import Any, ClassVar, TypeAlias

from ..errors import ConversationDecodeError
from ..models.events import ConversationEvent

__all__ = ["InvalidEvent", "StreamEvent", "not_an_event"]


class InvalidEvent:
    """An event whose data is not a conversation event.

    ``raw``: the data, unchanged. ``error``: why it could not be decoded, each time a new exception. ``event``: the
    value of the ``event`` field, empty if there was none.
    """

    # Not the exception itself: whoever raises it gives it a traceback, and through that, this event would keep alive
    # all variables of the frames it passed, itself included.
    __slots__ = ("_message", "_path", "event", "raw")
    __match_args__ = ("raw", "error")

    type: ClassVar[None] = None
    raw: bytes
    event: str

    def __init__(self, raw: bytes, error: ConversationDecodeError, event: str = "") -> None:
        self.raw = raw
        self.event = event
        self.error = error

    @property
    def error(self) -> ConversationDecodeError:
        """Why the data could not be decoded."""
        return ConversationDecodeError(self._message, self._path)

    @error.setter
    def error(self, error: ConversationDecodeError) -> None:
        self._message = str(error)
        self._path = error.path

    def __reduce__(self) -> Any:
        return InvalidEvent, (self.raw, self.error, self.event)

    def __repr__(self) -> str:
        return f"InvalidEvent(raw={self.raw!r}, error={self.error!r}, event={self.event!r})"


StreamEvent: TypeAlias = ConversationEvent | InvalidEvent
"""An event of a stream, or an ``InvalidEvent`` in place of a malformed one."""


def not_an_event(cls: type) -> TypeError:
    """The error to raise if an instance of ``cls`` is passed where events belong."""
    return TypeError(f"Expected stream events, as Codec.iter_events yields them, not {cls.__qualname__}")
