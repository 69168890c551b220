"""A typed codec for Mistral conversations: bytes to values and back, at the speed of msgspec."""

from .codec import Codec, camel, snake
from .errors import ConversationDecodeError, ConversationModelsError
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
from .patch import patch
from .stream.builder import ResponseBuilder, acollect, acollect_all, collect, collect_all
from .stream.decoder import EventDecoder
from .stream.errors import (
    ConversationResponseError,
    EventTooLargeError,
    MultipleResponsesError,
    TruncatedStreamError,
)
from .stream.invalid import InvalidEvent, StreamEvent
from .stream.meter import StreamMeter

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
    "MultipleResponsesError",
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
    "acollect_all",
    "camel",
    "collect",
    "collect_all",
    "decode",
    "encode",
    "patch",
    "snake",
]

decode = camel.decode
encode = camel.encode
