"""What the events of one response add up to, for its record. ``drafts`` decides which output an event belongs to."""

from typing import Any

from msgspec import UNSET

from ..accounting import Account, Status, UsageRecord, stated_usage
from ..models.events import MessageOutputEvent, ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from ..models.failures import ServiceError
from ..models.unknown import Unknown
from ..models.variants import public_of
from .deltas import is_plain
from .drafts import Drafts, draft_classes
from .invalid import InvalidEvent, StreamEvent
from .progress import kind_of_data

__all__ = ["Tally"]


class Tally(Account):
    """The account of one response of a stream."""

    __slots__ = ("_drafts", "done", "error", "stopped", "unreadable")

    done: bool
    """Whether ``conversation.response.done`` was seen, readable or not."""
    error: ResponseErrorEvent | ServiceError | None
    """The event in which an error was reported."""
    stopped: bool
    """Whether the gateway ended the response early."""
    unreadable: InvalidEvent | None
    """The event that ended the response, if it was malformed."""

    def __init__(self) -> None:
        super().__init__()
        self._drafts = Drafts()
        self.done = False
        self.error = None
        self.stopped = False
        self.unreadable = None

    def count(self, deltas: int, size: int) -> None:
        """Count deltas whose data has this size, all in all."""
        self.events += deltas
        self.deltas += deltas
        self.bytes += size

    def take(self, event: StreamEvent, data: bytes, *, ends: bool) -> None:
        """Note an event with this data. ``ends``: whether it ends the response. O(size)."""
        self.events += 1
        self.bytes += len(data)
        if isinstance(event, Unknown):
            self.unknown += 1
        elif isinstance(event, ServiceError):
            self.error = event
        elif isinstance(event, InvalidEvent):
            self._take_malformed(event, data, ends)
        elif isinstance(event, ResponseStartedEvent):
            self.conversation_id = event.conversation_id
            self.started_at = event.created_at or None
        elif isinstance(event, ResponseDoneEvent):
            self.done = True
            self.usage = stated_usage(event.usage, data)
            self.completed_at = event.created_at or None
        elif isinstance(event, ResponseErrorEvent):
            self.error = event
            self.completed_at = event.created_at or None
        else:
            self._take_output(event)

    def _take_malformed(self, event: InvalidEvent, data: bytes, ends: bool) -> None:
        kind = kind_of_data(data, event.event)
        if ends:
            self.unreadable = event
            self.done = kind == ResponseDoneEvent.type
        elif kind == MessageOutputEvent.type or is_plain(data):
            self.deltas += 1

    def _take_output(self, event: Any) -> None:
        if not self.outputs:
            self.first_output_at = event.created_at or None
        self.deltas += isinstance(event, MessageOutputEvent)
        self.add_writer(getattr(event, "model", UNSET), getattr(event, "agent_id", UNSET))
        draft_class: Any = draft_classes[public_of(type(event))]
        self._drafts.of(event, draft_class)
        if len(self._drafts) > self.outputs:
            self.add_output(draft_class.tag, getattr(event, "name", ""))

    @property
    def status(self) -> Status:
        """How the response has ended, or not yet."""
        if self.stopped:
            return "stopped"
        if self.error is not None:
            return "failed"
        if self.unreadable is not None:
            return "unreadable"
        return "completed" if self.done else "truncated"

    def usage_record(self) -> UsageRecord:
        """The record so far. O(its size)."""
        return self.record("stream", self.status, self.error)
