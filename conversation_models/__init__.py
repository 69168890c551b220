"""A typed codec for Mistral conversations: bytes to values and back, at the speed of msgspec."""

from .builder import ResponseBuilder, acollect, collect
from .codec import Codec, camel, snake
from .edit import patch
from .errors import (
    ConversationDecodeError,
    ConversationModelsError,
    ConversationResponseError,
    EventTooLargeError,
    TruncatedStreamError,
)
from .meter import StreamMeter
from .models.chunks import (
    ContentChunk,
    DocumentURLChunk,
    ImageURL,
    ImageURLChunk,
    ReferenceChunk,
    TextChunk,
    ThinkChunk,
    ToolFileChunk,
    ToolReferenceChunk,
)
from .models.entries import AgentHandoffEntry, FunctionCallEntry, MessageOutputEntry, OutputEntry, ToolExecutionEntry
from .models.events import (
    AgentHandoffDoneEvent,
    AgentHandoffStartedEvent,
    ConversationEvent,
    FunctionCallEvent,
    MessageOutputEvent,
    ResponseDoneEvent,
    ResponseErrorEvent,
    ResponseStartedEvent,
    ToolExecutionDeltaEvent,
    ToolExecutionDoneEvent,
    ToolExecutionStartedEvent,
)
from .models.responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from .models.unknown import Unknown
from .stream import EventDecoder, InvalidEvent, StreamEvent

__all__ = [
    "AgentHandoffDoneEvent",
    "AgentHandoffEntry",
    "AgentHandoffStartedEvent",
    "Codec",
    "ContentChunk",
    "ConversationDecodeError",
    "ConversationEvent",
    "ConversationModelsError",
    "ConversationResponse",
    "ConversationResponseError",
    "ConversationUsageInfo",
    "DocumentURLChunk",
    "EventDecoder",
    "EventTooLargeError",
    "FunctionCallEntry",
    "FunctionCallEvent",
    "ImageURL",
    "ImageURLChunk",
    "InvalidEvent",
    "MessageOutputEntry",
    "MessageOutputEvent",
    "OutputEntry",
    "ReferenceChunk",
    "ResponseBuilder",
    "ResponseDoneEvent",
    "ResponseErrorEvent",
    "ResponseHead",
    "ResponseStartedEvent",
    "StreamEvent",
    "StreamMeter",
    "TextChunk",
    "ThinkChunk",
    "ToolExecutionDeltaEvent",
    "ToolExecutionDoneEvent",
    "ToolExecutionEntry",
    "ToolExecutionStartedEvent",
    "ToolFileChunk",
    "ToolReferenceChunk",
    "TruncatedStreamError",
    "Unknown",
    "acollect",
    "camel",
    "collect",
    "decode",
    "encode",
    "patch",
    "snake",
]

decode = camel.decode
encode = camel.encode
