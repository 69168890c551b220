"""Stream events: the ``data`` of the server-sent events of a streamed call (schema: ``ConversationEvents``)."""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .base import TaggedModel
from .chunks import ContentChunk, text_of
from .failures import Failing
from .responses import ConversationUsageInfo
from .unknown import Open

__all__ = [
    "AgentHandoffDoneEvent",
    "AgentHandoffStartedEvent",
    "ConversationEvent",
    "FunctionCallEvent",
    "MessageOutputEvent",
    "ResponseDoneEvent",
    "ResponseErrorEvent",
    "ResponseStartedEvent",
    "ToolExecutionDeltaEvent",
    "ToolExecutionDoneEvent",
    "ToolExecutionStartedEvent",
]


class Event(TaggedModel, frozen=True, kw_only=True):
    """The field all events share."""

    created_at: datetime | UnsetType = UNSET


class ResponseStartedEvent(Event, frozen=True, kw_only=True, tag="conversation.response.started"):
    """The first event of a stream.

    Attributes:
        created_at: When the service made the event.
        conversation_id: Names the conversation, in later requests too.
    """

    type: ClassVar[Literal["conversation.response.started"]] = "conversation.response.started"
    conversation_id: str


class MessageOutputEvent(Event, frozen=True, kw_only=True, tag="message.output.delta"):
    """A piece of a message: some text, or one chunk.

    Attributes:
        created_at: When the service made the event.
        id: Id of the message that the event is about.
        content: The piece: a string that continues the text before it, or one chunk. An empty string adds nothing.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
        content_index: Groups the pieces of a chunk: neighbours with the same index belong together. Absent means 0.
        model: Name of the model that writes. Absent or null if not stated.
        agent_id: Id of the agent that writes. Absent or null if not stated.
        role: Always ``"assistant"``.
    """

    type: ClassVar[Literal["message.output.delta"]] = "message.output.delta"
    id: str
    content: str | ContentChunk
    output_index: int = 0
    content_index: int = 0
    model: str | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    role: Literal["assistant"] = "assistant"

    @property
    def text(self) -> str:
        """The text that the event adds to the answer; empty if its chunk is not text. O(1).

        >>> MessageOutputEvent(id="m1", content="Hel").text
        'Hel'
        """
        return self.content if isinstance(self.content, str) else text_of([self.content])


class ToolExecutionStartedEvent(Event, frozen=True, kw_only=True, tag="tool.execution.started"):
    """A tool runs.

    Attributes:
        created_at: When the service made the event.
        id: Id of the execution that the event is about.
        name: Name of the tool, such as ``web_search`` or ``code_interpreter``. Any string is possible.
        arguments: The beginning of the arguments' JSON text. Required by the schema, but sometimes absent.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
        model: Name of the model that uses the tool. Absent or null if not stated.
        agent_id: Id of the agent that uses the tool. Absent or null if not stated.
        function: The function inside the tool, such as ``library_search``. Sent by the live service, in no schema.
    """

    type: ClassVar[Literal["tool.execution.started"]] = "tool.execution.started"
    id: str
    name: str
    arguments: str | UnsetType = UNSET
    output_index: int = 0
    model: str | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    function: str | None | UnsetType = UNSET


class ToolExecutionDeltaEvent(Event, frozen=True, kw_only=True, tag="tool.execution.delta"):
    """A piece of a running tool's arguments.

    Attributes:
        created_at: When the service made the event.
        id: Id of the execution that the event is about.
        name: Name of the tool, the same as when it started.
        arguments: The next piece of the arguments' JSON text.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
        function: The function inside the tool, such as ``library_search``. Sent by the live service, in no schema.
    """

    type: ClassVar[Literal["tool.execution.delta"]] = "tool.execution.delta"
    id: str
    name: str
    arguments: str
    output_index: int = 0
    function: str | None | UnsetType = UNSET


class ToolExecutionDoneEvent(Event, frozen=True, kw_only=True, tag="tool.execution.done"):
    """A tool has run.

    Attributes:
        created_at: When the service made the event.
        id: Id of the execution that the event is about.
        name: Name of the tool, the same as when it started.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
        info: The tool's report, with keys of its own, such as code and its output. Absent or null if there is none.
        function: The function inside the tool, such as ``library_search``. Sent by the live service, in no schema.
    """

    type: ClassVar[Literal["tool.execution.done"]] = "tool.execution.done"
    id: str
    name: str
    output_index: int = 0
    info: dict[str, Any] | None | UnsetType = UNSET
    function: str | None | UnsetType = UNSET


class FunctionCallEvent(Event, frozen=True, kw_only=True, tag="function.call.delta"):
    """A piece of a function call.

    Attributes:
        created_at: When the service made the event.
        id: Id of the call's entry. Required by the schema, but sometimes absent; see ``tool_call_id``.
        name: Name of the function: whole, and the same in every piece.
        tool_call_id: Names the call: whole, and the same in every piece. The result is sent back with this id.
        arguments: The next piece of the arguments' JSON text.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
        model: Name of the model that asks. Absent or null if not stated.
        agent_id: Id of the agent that asks. Absent or null if not stated.
        confirmation_status: ``pending``, ``allowed``, ``denied`` or another string. Absent or null if not stated.
    """

    type: ClassVar[Literal["function.call.delta"]] = "function.call.delta"
    id: str | UnsetType = UNSET
    name: str
    tool_call_id: str
    arguments: str
    output_index: int = 0
    model: str | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    confirmation_status: str | None | UnsetType = UNSET


class AgentHandoffStartedEvent(Event, frozen=True, kw_only=True, tag="agent.handoff.started"):
    """An agent starts to hand the conversation over.

    Attributes:
        created_at: When the service made the event.
        id: Id of the handoff that the event is about.
        previous_agent_id: Id of the agent that hands over.
        previous_agent_name: Name of the agent that hands over.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
    """

    type: ClassVar[Literal["agent.handoff.started"]] = "agent.handoff.started"
    id: str
    previous_agent_id: str
    previous_agent_name: str
    output_index: int = 0


class AgentHandoffDoneEvent(Event, frozen=True, kw_only=True, tag="agent.handoff.done"):
    """Another agent has taken the conversation over.

    Attributes:
        created_at: When the service made the event.
        id: Id of the handoff that the event is about.
        next_agent_id: Id of the agent that took over.
        next_agent_name: Name of the agent that took over.
        output_index: Position in the response's ``outputs``, from 0. Absent means 0, so several outputs can share it.
    """

    type: ClassVar[Literal["agent.handoff.done"]] = "agent.handoff.done"
    id: str
    next_agent_id: str
    next_agent_name: str
    output_index: int = 0


class ResponseDoneEvent(Event, frozen=True, kw_only=True, tag="conversation.response.done"):
    """The last event of a stream that succeeded.

    Attributes:
        created_at: When the service made the event.
        usage: Tokens that the whole response used.
    """

    type: ClassVar[Literal["conversation.response.done"]] = "conversation.response.done"
    usage: ConversationUsageInfo


class ResponseErrorEvent(Event, frozen=True, kw_only=True, tag="conversation.response.error"):
    """The last event of a stream that failed.

    Attributes:
        created_at: When the service made the event.
        message: The error in words, for people.
        code: The service's number for the error. Required by the schema, but sometimes absent.
    """

    type: ClassVar[Literal["conversation.response.error"]] = "conversation.response.error"
    message: str
    code: int | UnsetType = UNSET


ConversationEvent: TypeAlias = Open[
    Failing[
        ResponseStartedEvent
        | MessageOutputEvent
        | ToolExecutionStartedEvent
        | ToolExecutionDeltaEvent
        | ToolExecutionDoneEvent
        | FunctionCallEvent
        | AgentHandoffStartedEvent
        | AgentHandoffDoneEvent
        | ResponseDoneEvent
        | ResponseErrorEvent
    ]
]
