"""A typed codec for Mistral conversations: bytes to values and back, at the speed of msgspec."""

from types import FunctionType

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
from .models.failures import ServiceError
from .models.responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from .models.unknown import Unknown
from .patch import patch
from .reading.unknown_fields import UnknownSeen
from .spelling.detect import naming_of
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
    "ServiceError",
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
    "UnknownSeen",
    "acollect",
    "acollect_all",
    "camel",
    "collect",
    "collect_all",
    "decode",
    "encode",
    "naming_of",
    "patch",
    "snake",
]

decode = camel.decode
encode = camel.encode


def _name_this_module() -> None:
    """Make tracebacks, ``help`` and pickles name the module that users import from."""
    for public in [globals()[name] for name in __all__]:
        if isinstance(public, (type, FunctionType)):
            public.__module__ = __name__
            # doctest collects the examples of a method only from the module that the method names.
            for method in [member for member in vars(public).values() if isinstance(member, FunctionType)]:
                method.__module__ = __name__


_name_this_module()
