"""Stream events to the response that the call would have given without streaming.

The plan: adding an event files it under the output it belongs to, in constant time, and nothing is joined or built
before somebody asks for it. Each kind of output has a draft (``drafts``), which holds what has come of it so far.
"""

from collections.abc import AsyncIterable, Iterable
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from ..models.events import (
    AgentHandoffDoneEvent,
    AgentHandoffStartedEvent,
    FunctionCallEvent,
    ResponseDoneEvent,
    ResponseErrorEvent,
    ResponseStartedEvent,
    ToolExecutionDeltaEvent,
    ToolExecutionDoneEvent,
    ToolExecutionStartedEvent,
)
from ..models.responses import ConversationResponse, ConversationUsageInfo
from .drafts import CallDraft, Draft, HandoffDraft, MessageDraft, ToolDraft
from .errors import ConversationResponseError, TruncatedStreamError
from .invalid import StreamEvent

__all__ = ["ResponseBuilder", "acollect", "collect"]

D = TypeVar("D", bound=Draft)


class ResponseBuilder:
    """Puts a stream's events back together.

    ``done`` turns true with ``conversation.response.done``; ``error`` is the event in which the service reported one.
    A stream is complete with either.

    >>> from conversation_models import MessageOutputEvent
    >>> builder = ResponseBuilder()
    >>> for word in "Hello", " world":
    ...     builder.add(MessageOutputEvent(id="m1", content=word))
    >>> builder.text
    'Hello world'
    """

    __slots__ = ("_by_key", "_conversation_id", "_drafts", "_message", "_usage", "done", "error")

    done: bool
    error: ResponseErrorEvent | None

    def __init__(self) -> None:
        self.done = False
        self.error = None
        self._conversation_id = ""
        self._usage = ConversationUsageInfo()
        self._drafts: list[Draft] = []  # In order of arrival.
        self._by_key: dict[Any, Draft] = {}
        self._message = MessageDraft(-1, UNSET)  # The one the last delta belonged to.

    def add(self, event: StreamEvent) -> None:
        """Take in an event, in constant time. ``Unknown`` and ``InvalidEvent`` change nothing."""
        if event.type == "message.output.delta":
            message = self._message
            if event.id != message.id or event.output_index != message.index:
                message = self._message = self._draft(MessageDraft, event.output_index, event.id)
            if event.content_index == message.text_index and isinstance(event.content, str):
                message.text.append(event.content)
            else:
                message.add(event)
            return
        match event:
            case ToolExecutionStartedEvent() | ToolExecutionDeltaEvent() | ToolExecutionDoneEvent():
                self._draft(ToolDraft, event.output_index, event.id).add(event)
            case FunctionCallEvent():
                self._call(event).add(event)
            case AgentHandoffStartedEvent() | AgentHandoffDoneEvent():
                self._draft(HandoffDraft, event.output_index, event.id).add(event)
            case ResponseStartedEvent():
                self._conversation_id = event.conversation_id
            case ResponseDoneEvent():
                self._usage = event.usage
                self.done = True
            case ResponseErrorEvent():
                self.error = event

    def _draft(self, cls: type[D], index: int, id: str | UnsetType, tool_call_id: str = "") -> D:
        key = (cls, index, id, tool_call_id)
        draft: Any = self._by_key.get(key)
        if draft is None:
            draft = self._by_key[key] = cls(index, id)
            self._drafts.append(draft)
        found: D = draft
        return found

    def _call(self, event: FunctionCallEvent) -> CallDraft:
        # A delta without an id belongs to the output that its tool_call_id names, whether that has an id or not.
        if event.id is UNSET:
            return self._draft(CallDraft, event.output_index, UNSET, event.tool_call_id)
        named = self._by_key.get((CallDraft, event.output_index, UNSET, event.tool_call_id))
        if isinstance(named, CallDraft) and named.id in (UNSET, event.id):
            return named
        draft = self._draft(CallDraft, event.output_index, event.id)
        self._by_key.setdefault((CallDraft, event.output_index, UNSET, event.tool_call_id), draft)
        return draft

    @property
    def response(self) -> ConversationResponse:
        """The response as far as it came: a value of its own, which later events leave alone. Costs its size.

        Outputs stand in the order of their ``output_index``, those that share one in order of arrival, a handoff from
        the moment that both its ends are known. ``conversation_id`` is empty and ``usage`` zero until they are told.
        """
        drafts = sorted(self._drafts, key=lambda draft: draft.index)
        return ConversationResponse(
            conversation_id=self._conversation_id,
            outputs=[entry for draft in drafts if (entry := draft.entry()) is not None],
            usage=self._usage,
        )

    @property
    def text(self) -> str:
        """The answer so far: the text of all messages, one after the other. Costs its size."""
        drafts = sorted(self._drafts, key=lambda draft: draft.index)
        return "".join([draft.answer() for draft in drafts if isinstance(draft, MessageDraft)])


def collect(events: Iterable[StreamEvent]) -> ConversationResponse:
    """The response that a stream's events add up to.

    Raises ``TruncatedStreamError`` where the stream ends without ``conversation.response.done`` or ``.error``, and
    ``ConversationResponseError`` where it reports an error; both carry the response so far as ``partial``. What reading
    ``events`` raises passes through, but not behind the end, where nothing is lost with it.

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
        for event in events:
            builder.add(event)
    except Exception as error:
        _lacks_its_end(builder, error)
    return _complete(builder)


async def acollect(events: AsyncIterable[StreamEvent]) -> ConversationResponse:
    """``collect`` over an asynchronous source."""
    builder = ResponseBuilder()
    try:
        async for event in events:
            builder.add(event)
    except Exception as error:
        _lacks_its_end(builder, error)
    return _complete(builder)


def _lacks_its_end(builder: ResponseBuilder, error: Exception) -> None:
    # Behind its end, a stream has nothing to lose.
    if not builder.done and builder.error is None:
        if isinstance(error, TruncatedStreamError):
            error.partial = builder.response
        raise error


def _complete(builder: ResponseBuilder) -> ConversationResponse:
    if builder.error is not None:
        raise ConversationResponseError(builder.error, builder.response)
    if not builder.done:
        raise TruncatedStreamError("The stream ended without conversation.response.done", b"", builder.response)
    return builder.response
