"""Stream events to the response that the same call returns without streaming.

The plan: adding an event hands it to the draft of the output it belongs to (``drafts``), in constant time. Text is
joined and entries are built when somebody asks for them. ``progress`` decides which events belong to the response.
"""

from collections.abc import AsyncIterable, Iterable
from typing import Any

from msgspec import UNSET

from ..errors import ConversationDecodeError
from ..models.events import ResponseDoneEvent, ResponseErrorEvent, ResponseStartedEvent
from ..models.failures import ServiceError
from ..models.responses import ConversationResponse, ConversationUsageInfo
from ..models.variants import public_of, unknown_attributes
from .drafts import Drafts, MessageDraft, draft_classes
from .errors import ConversationResponseError, MultipleResponsesError, TruncatedStreamError
from .invalid import StreamEvent, not_an_event
from .progress import Progress, Step

__all__ = ["ResponseBuilder", "acollect", "acollect_all", "collect", "collect_all"]


class ResponseBuilder:
    """Builds one response from the events of its stream.

    ``done``: whether ``conversation.response.done`` was added, and could be read. ``error``: the event in which the
    service or a gateway reported an error. Events after the end are ignored, and so are those of a second response,
    except that ``finish`` then raises.

    >>> from conversation_models import MessageOutputEvent
    >>> builder = ResponseBuilder()
    >>> for word in "Hello", " world":
    ...     builder.add(MessageOutputEvent(id="m1", content=word))
    >>> builder.text
    'Hello world'
    """

    __slots__ = (
        "_conversation_id",
        "_delta_class",
        "_delta_unknown",
        "_drafts",
        "_message",
        "_open",
        "_progress",
        "_usage",
        "done",
        "error",
    )

    done: bool
    error: ResponseErrorEvent | ServiceError | None

    def __init__(self) -> None:
        self.done = False
        self.error = None
        self._conversation_id = ""
        self._usage = ConversationUsageInfo()
        self._progress = Progress()
        self._drafts = Drafts()
        self._open = False
        # The latest message and the class of its deltas, which each naming has its own of. No class unless ``_open``.
        self._message: Any = None
        self._delta_class: Any = None
        self._delta_unknown: tuple[tuple[str, str], ...] = ()

    def add(self, event: StreamEvent) -> None:
        """Add the next event of the stream. An ``Unknown`` or ``InvalidEvent`` adds nothing to the response.

        Raises ``TypeError`` if ``event`` is not an event. O(1).
        """
        # Nearly every event is a delta of the same message as the event before.
        delta: Any = event
        if type(delta) is not self._delta_class:
            self._add(event)
            return
        message = self._message
        if delta.id != message.id or delta.output_index != message.index:
            message = self._message = self._drafts.of(delta, MessageDraft)
        for name, key in self._delta_unknown:
            if (value := getattr(delta, name)) is not UNSET:
                message.unknown[key] = value
        if delta.content_index == message.text_index and isinstance(delta.content, str):
            message.text.append(delta.content)
        else:
            message.add(delta)

    def _add(self, event: StreamEvent) -> None:
        draft_class = draft_classes[public_of(type(event))]
        if draft_class is None or not self._open:
            step = self._progress.take(event)
            self._open = self._progress.responses == 1 and not self._progress.ended
            if not self._open:
                self._delta_class = None
            if step is Step.OUTSIDE or self._progress.responses > 1:
                return
        if draft_class is not None:
            part: Any = event
            draft = self._drafts.of(part, draft_class)
            draft.add(part)
            draft.unknown |= part.unknown_fields
            if draft_class is MessageDraft and (unknown := unknown_attributes(type(part))) is not None:
                self._message, self._delta_class, self._delta_unknown = draft, type(part), unknown
        elif isinstance(event, ResponseStartedEvent):
            self._conversation_id = event.conversation_id
        elif isinstance(event, ResponseDoneEvent):
            self._usage = event.usage
            self.done = True
        elif isinstance(event, (ResponseErrorEvent, ServiceError)):
            self.error = event

    @property
    def response(self) -> ConversationResponse:
        """The response so far: a new value, which later events do not change. O(size).

        Outputs are in the order of their ``output_index``, and in order of arrival if they share one. A handoff is left
        out until both its events have been added. ``conversation_id`` is empty and ``usage`` zero until they are known.
        ``completed_at`` of a tool execution is ``None`` until its ``tool.execution.done``, and then that event's
        ``created_at``, ``UNSET`` if it has none.

        Unknown fields of an output's events, and of chunks, are in it; of several with one key, the last one. Left out
        are those of the events that open and end the response, and those that the entry's model has a field for.
        """
        return ConversationResponse(
            conversation_id=self._conversation_id,
            outputs=[entry for draft in self._drafts.in_order() if (entry := draft.whole_entry()) is not None],
            usage=self._usage,
        )

    @property
    def text(self) -> str:
        """The answer so far: the text of all messages, joined, as ``response.text``. O(size)."""
        return self.response.text

    def finish(self) -> ConversationResponse:
        """The response, once all events of the stream have been added. O(size).

        Raises ``TruncatedStreamError`` if the response has not ended, ``ConversationResponseError`` if an error
        was reported, ``ConversationDecodeError`` if the event that ended the response was malformed, and
        ``MultipleResponsesError`` if there was more than one response.
        """
        progress = self._progress
        if progress.responses > 1:
            raise MultipleResponsesError(
                "The events hold more than one response; collect_all returns each of them in a list"
            )
        if progress.unreadable is not None:
            # A copy: an exception that is raised keeps the frames it passes, and the builder is in one of them.
            error = progress.unreadable.error
            raise ConversationDecodeError(str(error), error.path)
        if self.error is not None:
            raise ConversationResponseError(self.error, self.response)
        if not progress.ended:
            raise TruncatedStreamError("The stream ended without conversation.response.done", b"", self.response)
        return self.response


def collect(events: Iterable[StreamEvent]) -> ConversationResponse:
    """The response that ``events`` add up to.

    Raises what ``ResponseBuilder.finish`` raises. Exceptions from ``events`` propagate, except after the final event,
    where they are ignored. ``ConversationResponseError`` and ``TruncatedStreamError`` carry the response so far as
    ``partial``.

    >>> from conversation_models import camel
    >>> stream = [
    ...     b'data: {"type":"message.output.delta","id":"m1","content":"Hi"}\\n\\n',
    ...     b'data: {"type":"conversation.response.done","usage":{}}\\n\\n',
    ... ]
    >>> collect(camel.iter_events(stream)).outputs[0].text
    'Hi'
    """
    builder = ResponseBuilder()
    try:
        for event in _not_bytes(events):
            builder.add(event)
    except Exception as error:
        if not _can_finish(builder, error):
            raise
    return builder.finish()


async def acollect(events: AsyncIterable[StreamEvent]) -> ConversationResponse:
    """``collect`` over an asynchronous source."""
    builder = ResponseBuilder()
    try:
        async for event in events:
            builder.add(event)
    except Exception as error:
        if not _can_finish(builder, error):
            raise
    return builder.finish()


def collect_all(events: Iterable[StreamEvent]) -> list[ConversationResponse]:
    """The responses that ``events`` add up to, in order; at least one.

    Raises what ``collect`` raises, for the first response that was cut off, failed, or has a malformed end. All
    exceptions from ``events`` propagate, since further responses could be missing.
    """
    collector = _Collector()
    try:
        for event in _not_bytes(events):
            collector.add(event)
    except TruncatedStreamError as error:
        error.partial = collector.builder.response
        raise
    return collector.finish()


async def acollect_all(events: AsyncIterable[StreamEvent]) -> list[ConversationResponse]:
    """``collect_all`` over an asynchronous source."""
    collector = _Collector()
    try:
        async for event in events:
            collector.add(event)
    except TruncatedStreamError as error:
        error.partial = collector.builder.response
        raise
    return collector.finish()


class _Collector:
    """A builder for each response of a stream, one after the other."""

    __slots__ = ("_finished", "_progress", "builder")

    def __init__(self) -> None:
        self.builder = ResponseBuilder()
        self._finished: list[ConversationResponse] = []
        self._progress = Progress()

    def add(self, event: StreamEvent) -> None:
        # A delta of the open response opens no other.
        is_delta = type(event) is self.builder._delta_class
        if not is_delta and self._progress.take(event) is Step.OPENS and self._progress.responses > 1:
            self._finished.append(self.builder.finish())
            self.builder = ResponseBuilder()
        self.builder.add(event)

    def finish(self) -> list[ConversationResponse]:
        return [*self._finished, self.builder.finish()]


def _can_finish(builder: ResponseBuilder, error: Exception) -> bool:
    """Whether ``builder.finish`` decides, although reading the events failed with ``error``."""
    if builder._progress.ended:
        return True
    if isinstance(error, TruncatedStreamError):
        if builder._progress.responses > 1:
            return True
        error.partial = builder.response
    return False


def _not_bytes(events: Iterable[StreamEvent]) -> Iterable[StreamEvent]:
    # Bytes are iterable, and empty ones would be a stream without events.
    if isinstance(events, bytes | bytearray | memoryview | str):
        raise not_an_event(type(events))
    return events
