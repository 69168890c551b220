"""Output entries: the parts of a response (schema: ``ConversationResponse.outputs``)."""

import builtins
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar, overload

import msgspec
from msgspec import UNSET, UnsetType

from ..jsontext import UNREADABLE, decode_error, decoder_of
from .base import TaggedModel
from .chunks import ContentChunk, ReferenceChunk, ThinkChunk, ToolReferenceChunk, text_of
from .lists import Field, ListOf
from .unknown import Open

__all__ = ["AgentHandoffEntry", "FunctionCallEntry", "MessageOutputEntry", "OutputEntry", "ToolExecutionEntry"]

T = TypeVar("T")

if TYPE_CHECKING:
    from types import UnionType

    import typing_extensions
    from typing_extensions import TypeForm

    # mypy before 1.19 does not know ``TypeForm``, and sees ``Any``. Without the default it would see ``Never``.
    # pyright before 1.1.412 does not take ``A | B`` for a ``TypeForm``, but for a ``UnionType``. Functions that return
    # a list do not accept that one: mypy would take the result for any list that the context asks for.
    Form = typing_extensions.TypeVar("Form", default=Any)


class Entry(TaggedModel, frozen=True, kw_only=True):
    """The fields all entries share."""

    object: Literal["entry"] = "entry"
    created_at: datetime | UnsetType = UNSET
    completed_at: datetime | None | UnsetType = UNSET
    id: str | UnsetType = UNSET


class MessageOutputEntry(Entry, frozen=True, kw_only=True, tag="message.output"):
    """The assistant's message.

    Attributes:
        object: Always ``"entry"``.
        created_at: When the service began it.
        completed_at: When the service finished it. Absent or null if not stated.
        id: Names the entry. Sometimes absent.
        content: The message: a string, or a list of chunks if there is more than text. ``text`` is the text of either.
        role: Always ``"assistant"``.
        agent_id: Id of the agent that wrote it. Absent or null if not stated.
        model: Name of the model that wrote it. Absent or null if not stated.
    """

    type: ClassVar[Literal["message.output"]] = "message.output"
    content: Field[str | list[ContentChunk], str | ListOf[ContentChunk]]
    role: Literal["assistant"] = "assistant"
    agent_id: str | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET

    @property
    def text(self) -> str:
        """The answer as one string: ``content`` itself, or its text chunks joined (reasoning is not part of it)."""
        return text_of(self.content)

    @property
    def reasoning(self) -> str:
        """The text of the thinking chunks, joined. Empty if there are none. O(size).

        >>> from conversation_models import TextChunk, ThinkChunk
        >>> thinking = ThinkChunk(thinking=[TextChunk(text="2 and 2?")])
        >>> MessageOutputEntry(content=[thinking, TextChunk(text="4")]).reasoning
        '2 and 2?'
        """
        chunks = [] if isinstance(self.content, str) else self.content
        return "".join([text_of(chunk.thinking) for chunk in chunks if isinstance(chunk, ThinkChunk)])

    @property
    def references(self) -> list[ToolReferenceChunk | ReferenceChunk]:
        """The sources that the message cites, in order, with those inside the reasoning. O(chunks).

        >>> from conversation_models import TextChunk, ToolReferenceChunk
        >>> source = ToolReferenceChunk(tool="web_search", title="Winners")
        >>> MessageOutputEntry(content=[TextChunk(text="Spain won"), source]).references == [source]
        True
        """
        chunks = [] if isinstance(self.content, str) else self.content
        parts = [part for chunk in chunks for part in (chunk.thinking if isinstance(chunk, ThinkChunk) else [chunk])]
        return [part for part in parts if isinstance(part, (ToolReferenceChunk, ReferenceChunk))]


class ToolExecutionEntry(Entry, frozen=True, kw_only=True, tag="tool.execution"):
    """A tool that the service ran.

    Attributes:
        object: Always ``"entry"``.
        created_at: When the service began it.
        completed_at: When the service finished it. Absent or null if not stated.
        id: Names the entry. Sometimes absent.
        name: Name of the tool, such as ``web_search`` or ``code_interpreter``. Any string is possible.
        arguments: The tool's arguments as JSON text. Required by the schema, but absent before July 2025.
        info: The tool's report, with keys of its own, such as code and its output. Absent or null if there is none.
        agent_id: Id of the agent that used the tool. Absent or null if not stated.
        model: Name of the model that used the tool. Absent or null if not stated.
        function: The function inside the tool, such as ``library_search``. Sent since October 2025, in no schema.
    """

    type: ClassVar[Literal["tool.execution"]] = "tool.execution"
    name: str
    arguments: str | UnsetType = UNSET
    info: dict[str, Any] | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET
    function: str | None | UnsetType = UNSET


class FunctionCallEntry(Entry, frozen=True, kw_only=True, tag="function.call"):
    """A function that the client is asked to call.

    Attributes:
        object: Always ``"entry"``.
        created_at: When the service began it.
        completed_at: When the service finished it. Absent or null if not stated.
        id: Names the entry. Sometimes absent.
        tool_call_id: Names the call. The function's result is sent back with this id.
        name: Name of the function, as the request declared it.
        arguments: The function's arguments: JSON text, or an object. ``decode_arguments`` reads both.
        agent_id: Id of the agent that asks. Absent or null if not stated.
        model: Name of the model that asks. Absent or null if not stated.
        confirmation_status: ``pending``, ``allowed``, ``denied`` or another string. Absent or null if not stated.
    """

    type: ClassVar[Literal["function.call"]] = "function.call"
    tool_call_id: str
    name: str
    arguments: str | dict[str, Any]
    agent_id: str | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET
    confirmation_status: str | None | UnsetType = UNSET

    @overload
    def decode_arguments(self) -> dict[str, Any]: ...
    @overload
    def decode_arguments(self, type: builtins.type[T]) -> T: ...
    @overload
    def decode_arguments(self, type: "TypeForm[Form]") -> "Form": ...
    @overload
    def decode_arguments(self, type: "UnionType") -> Any: ...
    def decode_arguments(self, type: Any = dict) -> Any:
        """The arguments, JSON text or an object, as any type that msgspec reads.

        Raises ``ConversationDecodeError`` where they are not that; its ``path`` starts at the arguments.

        >>> call = FunctionCallEntry(tool_call_id="c1", name="rate", arguments='{"date": "2024-06-06"}')
        >>> call.decode_arguments()
        {'date': '2024-06-06'}
        """
        try:
            if isinstance(self.arguments, str):
                return decoder_of[type].decode(self.arguments)
            return msgspec.convert(self.arguments, type, str_keys=True)
        except UNREADABLE as error:
            raise decode_error(error, self.arguments) from error


class AgentHandoffEntry(Entry, frozen=True, kw_only=True, tag="agent.handoff"):
    """One agent handed the conversation to another.

    Attributes:
        object: Always ``"entry"``.
        created_at: When the service began it.
        completed_at: When the service finished it. Absent or null if not stated.
        id: Names the entry. Sometimes absent.
        previous_agent_id: Id of the agent that handed over.
        previous_agent_name: Name of the agent that handed over.
        next_agent_id: Id of the agent that took over.
        next_agent_name: Name of the agent that took over.
    """

    type: ClassVar[Literal["agent.handoff"]] = "agent.handoff"
    previous_agent_id: str
    previous_agent_name: str
    next_agent_id: str
    next_agent_name: str


OutputEntry: TypeAlias = Open[MessageOutputEntry | ToolExecutionEntry | FunctionCallEntry | AgentHandoffEntry]
