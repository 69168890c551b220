"""What the policy gateway lets through: which tools, how much of an answer, and no e-mail addresses.

Everything is allowed by name. A tool that is not on the list is refused, and so is every ``cm.Unknown``: nobody here
can tell what it does, but the service may understand its bytes. So a tool that upstream adds tomorrow waits until
somebody has allowed it, whereas a list of blocked tools would let it run.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

import conversation_models as cm

from .redaction import redact

__all__ = ["GuardedStream", "Policy", "RefusedError", "without_secrets"]


class RefusedError(Exception):
    """The caller gets this status, and this message in the body of an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Asked(msgspec.Struct):
    """The part of a request that the policy looks at. The schema allows ``tools`` in one kind of request only, but a
    field that the schema does not know is passed on too."""

    tools: list[cm.Tool] | None = None


@dataclass(frozen=True)
class Policy:
    """The rules.

    ``allowed_tools``: the types of tools that a request may ask for, and the names of those that may run. A function
    runs at the caller's, so its name does not matter. Tools can also come from an agent, which the request only names.
    ``max_deltas``: how many deltas of messages a stream may have. ``max_bytes``: how many bytes any answer may have.
    """

    allowed_tools: frozenset[str]
    max_deltas: int
    max_bytes: int

    def check_request(self, asked: Asked) -> None:
        """Raise ``RefusedError`` if the request asks for a tool that is not allowed."""
        for tool in asked.tools or []:
            if isinstance(tool, cm.Unknown) or tool.type not in self.allowed_tools:
                raise RefusedError(403, f"The tool {str(tool.type)[:100]!r} is not allowed.")

    def allows_tool(self, name: str) -> bool:
        """Whether a tool of this name may run."""
        return name in self.allowed_tools

    def apply(self, response: cm.ConversationResponse) -> cm.ConversationResponse:
        """The response as the caller may see it. Raise ``RefusedError`` if a tool ran that is not allowed."""
        for entry in response.outputs:
            if isinstance(entry, cm.ToolExecutionEntry) and not self.allows_tool(entry.name):
                raise RefusedError(403, f"The tool {entry.name[:100]!r} is not allowed.")
        outputs: list[Any] = [redacted(entry) for entry in response.outputs if not isinstance(entry, cm.Unknown)]
        return replace(response, outputs=outputs)


def redacted(entry: cm.OutputEntry) -> cm.OutputEntry:
    """The entry without the addresses in its text. The arguments and results of tools keep theirs: they need them."""
    if not isinstance(entry, cm.MessageOutputEntry):
        return entry
    if isinstance(entry.content, str):
        return replace(entry, content=redact(entry.content, True)[0])
    content: list[Any] = [redacted_chunk(chunk) for chunk in entry.content if not isinstance(chunk, cm.Unknown)]
    return replace(entry, content=content)


def redacted_chunk(chunk: Any) -> Any:
    if isinstance(chunk, cm.TextChunk):
        return replace(chunk, text=redact(chunk.text, True)[0])
    if isinstance(chunk, cm.ThinkChunk):
        thinking = [redacted_chunk(part) for part in chunk.thinking if not isinstance(part, cm.Unknown)]
        # A signature vouches for the text as it was.
        return chunk if thinking == chunk.thinking else replace(chunk, thinking=thinking, signature=UNSET)
    return chunk


class GuardedStream:
    """The events of one stream that the caller may see, and what they cost.

    ``end``: the event that ends the stream for the caller, if it had to be stopped. ``reason``: why it was.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._deltas = self._bytes = 0
        self.meter = cm.snake.meter()
        self.end, self.reason = b"", ""

    def events(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[cm.StreamEvent, None]:
        """The events in upstream's bytes, as far as they may pass. Raises what ``aiter_events`` raises."""
        return cm.arewrite_text(self._allowed(cm.snake.aiter_events(self._metered(chunks))), redact)

    async def _metered(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same bytes. The meter reads them after their events have passed, so that it can be stopped before."""
        async for chunk in chunks:
            self._bytes += len(chunk)
            try:
                yield chunk
            finally:
                self.meter.feed(chunk)

    async def _allowed(self, events: AsyncGenerator[cm.StreamEvent, None]) -> AsyncGenerator[cm.StreamEvent, None]:
        async with aclosing(events):
            async for event in events:
                if reason := self._reason_to_stop(event):
                    self.reason, self.end = reason, self.meter.stop()
                    return
                if not has_unknown(event):
                    yield with_code(event)

    def _reason_to_stop(self, event: cm.StreamEvent) -> str:
        match event:
            case cm.MessageOutputEvent():
                self._deltas += 1
                if self._deltas > self._policy.max_deltas:
                    return "it is too long"
            case cm.ToolExecutionStartedEvent() | cm.ToolExecutionDeltaEvent() | cm.ToolExecutionDoneEvent() if (
                not self._policy.allows_tool(event.name)
            ):
                return f"the tool {event.name[:100]!r} is not allowed"
            case _:
                pass
        return "it is too large" if self._bytes > self._policy.max_bytes else ""


def has_unknown(event: cm.StreamEvent) -> bool:
    """Whether the event, or the content that it adds, is of a type that nobody here can read."""
    match event:
        case cm.Unknown() | cm.MessageOutputEvent(content=cm.Unknown()):
            return True
        case cm.MessageOutputEvent(content=cm.ThinkChunk(thinking=parts)):
            return any(isinstance(part, cm.Unknown) for part in parts)
        case _:
            return False


def with_code(event: cm.StreamEvent) -> cm.StreamEvent:
    """The same event; an error as both SDKs report it, which need a type and a code."""
    if isinstance(event, cm.ServiceError):
        return cm.ResponseErrorEvent(message=event.message, code=502 if event.code is None else event.code)
    if isinstance(event, cm.ResponseErrorEvent) and event.code is UNSET:
        return replace(event, code=502)
    return event


def without_secrets(request: Any, asked: Asked) -> Any:
    """A request for the archive: without the authorization of connectors, and without anything that may hold one."""
    known = request.with_unknown_fields(dict.fromkeys(request.unknown_fields, UNSET))
    if not isinstance(known, cm.ConversationRequest) or not asked.tools:
        return known
    tools: list[Any] = []
    for tool in asked.tools:
        if isinstance(tool, cm.CustomConnector):
            tools.append(cm.CustomConnector(connector_id=tool.connector_id))
        elif not isinstance(tool, cm.Unknown):
            tools.append(tool.with_unknown_fields(dict.fromkeys(tool.unknown_fields, UNSET)))
    return replace(known, tools=tools)
