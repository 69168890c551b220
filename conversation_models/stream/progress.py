"""The one rule for when a response in a stream has started, ended, failed or been cut off.

- The first event opens a response, ``conversation.response.started`` or not: some streams leave that one out.
  An ``Unknown`` or ``InvalidEvent`` belongs to the open response. It neither opens nor ends one, with the exception
  below.
- ``conversation.response.done`` and ``conversation.response.error`` end the response. So does a ``ServiceError``: the
  body of an error, in place of an event.
- After that, only ``conversation.response.started`` opens another. Any other event belongs to no response.
- A second ``conversation.response.started`` before the end cuts off the open response and opens another.
- A malformed event counts as one of these three if it has that type: in its data or, if the data holds no readable
  type, in its ``event`` field. A response that a malformed event ended did end, but nobody knows how.
- Bytes are complete if the latest response has ended. An unfinished event after that end is harmless; anywhere else
  it means that the stream was cut off. So does no event at all, to whoever expects a response.
"""

from enum import Enum
from typing import get_args

import msgspec
from msgspec import UNSET, UnsetType

from ..jsontext import UNREADABLE
from ..models.events import ConversationEvent, Event, ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from ..models.failures import ServiceError
from .invalid import InvalidEvent, StreamEvent

__all__ = ["KINDS", "TYPES", "Progress", "Step", "kind_of_data"]


class Step(Enum):
    """What an event has to do with the responses of its stream."""

    OPENS = "opens"
    """It is the first of a response, which it may end as well."""
    CONTINUES = "continues"
    """It belongs to the response that the event before it belongs to."""
    OUTSIDE = "outside"
    """It belongs to no response."""


class Progress:
    """Follows the responses in a stream, event by event.

    Once a response is open, ``take`` may be skipped for the deltas that follow: they change nothing.
    """

    __slots__ = ("cut_off", "ended", "responses", "unreadable")

    cut_off: bool
    """Whether a response was cut off by the start of the next one."""
    ended: bool
    """Whether the latest response has ended."""
    responses: int
    """How many responses have been opened."""
    unreadable: InvalidEvent | None
    """The event that ended the latest response, if it was malformed."""

    def __init__(self) -> None:
        self.cut_off = False
        self.ended = False
        self.responses = 0
        self.unreadable = None

    def awaits(self, kind: str) -> bool:
        """Whether an event of this type opens or ends a response. If not, nobody who only asks that need read it."""
        return kind in _STARTS or (kind in _ENDS and not self.ended)

    def take(self, event: StreamEvent) -> Step:
        """Note the next event of the stream. O(1), for an ``InvalidEvent`` O(size)."""
        kind = _kind(event)
        if kind in _STARTS:
            self.cut_off = self.cut_off or (self.responses > 0 and not self.ended)
            self.responses += 1
            self.ended = False
            self.unreadable = None
            return Step.OPENS
        if self.ended:
            return Step.OUTSIDE
        if kind in _ENDS:
            self.ended = True
            self.unreadable = event if isinstance(event, InvalidEvent) else None
        elif not self.responses and not isinstance(event, Event):
            return Step.OUTSIDE
        if self.responses:
            return Step.CONTINUES
        self.responses = 1
        return Step.OPENS


_STARTS = (ResponseStartedEvent.type,)
_ENDS = (ResponseDoneEvent.type, ResponseErrorEvent.type)
KINDS = (*_STARTS, *_ENDS)
"""The types of the events that open or end a response."""
TYPES = {cls.type for cls in get_args(ConversationEvent)}
"""The types of all events. Data that names none of them may be a ``ServiceError``, which ends a response too."""


def _kind(event: StreamEvent) -> str | None:
    # The type of an ``Unknown`` is any string, also the name of a model if a program made it.
    if isinstance(event, Event):
        return event.type
    if isinstance(event, ServiceError):
        return ResponseErrorEvent.type
    return kind_of_data(event.raw, event.event) if isinstance(event, InvalidEvent) else None


class _Typed(msgspec.Struct):
    type: str | UnsetType = UNSET


_typed = msgspec.json.Decoder(_Typed)


def kind_of_data(data: bytes, event: str) -> str:
    """The type of an event with this data, or if the data has no readable type, of one with this ``event`` field."""
    try:
        kind = _typed.decode(data).type
    except UNREADABLE:
        kind = UNSET
    return event if kind is UNSET else kind
