"""Input entries: the parts of a request and of a history (schema: ``InputEntries``)."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .chunks import ContentChunk, text_of
from .entries import AgentHandoffEntry, Entry, FunctionCallEntry, MessageOutputEntry, ToolExecutionEntry
from .lists import Field, ListOf
from .unknown import Open

__all__ = ["FunctionResultEntry", "InputEntry", "MessageEntry", "MessageInputEntry"]


class MessageInputEntry(Entry, frozen=True, kw_only=True, tag="message.input"):
    """A message to the model.

    Attributes:
        object: Always ``"entry"``.
        created_at: When the service received it.
        completed_at: When the service finished it. Absent or null if not stated.
        id: Names the entry. The service rejects it in requests.
        role: Who speaks: ``user``, ``assistant`` or another string.
        content: The message: a string, or a list of chunks if there is more than text.
        prefix: Whether the model continues this text, an assistant's, instead of answering it. Absent means false.
    """

    type: ClassVar[Literal["message.input"]] = "message.input"
    role: str
    content: Field[str | list[ContentChunk], str | ListOf[ContentChunk]]
    prefix: bool | UnsetType = UNSET

    @property
    def text(self) -> str:
        """The message as one string: ``content`` itself, or its text chunks joined. O(size).

        >>> MessageInputEntry(role="user", content="Who won?").text
        'Who won?'
        """
        return text_of(self.content)


class FunctionResultEntry(Entry, frozen=True, kw_only=True, tag="function.result"):
    """The result of a function that the client was asked to call.

    Attributes:
        object: Always ``"entry"``.
        created_at: When the service received it.
        completed_at: When the service finished it. Absent or null if not stated.
        id: Names the entry. The service rejects it in requests.
        tool_call_id: The id of the call.
        result: What the function returned: text, often JSON text, but never an object.
    """

    type: ClassVar[Literal["function.result"]] = "function.result"
    tool_call_id: str
    result: str


InputEntry: TypeAlias = Open[
    MessageInputEntry
    | MessageOutputEntry
    | FunctionResultEntry
    | FunctionCallEntry
    | ToolExecutionEntry
    | AgentHandoffEntry
]

MessageEntry: TypeAlias = Open[MessageInputEntry | MessageOutputEntry]
