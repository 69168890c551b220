"""A typed codec for Mistral conversations: bytes to values and back, at the speed of msgspec."""

from types import FunctionType
from typing import TYPE_CHECKING, Any

from .accounting import UsageRecord
from .codec import Codec, camel, snake
from .errors import ConversationDecodeError, ConversationModelsError
from .models.arguments import CompletionArgs, JSONSchema, Prediction, ResponseFormat
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
from .models.conversations import (
    AgentConversation,
    Conversation,
    ConversationHistory,
    ConversationMessages,
    ModelConversation,
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
from .models.guardrails import (
    GuardrailConfig,
    ModerationLlmv1CategoryThresholds,
    ModerationLlmv1Config,
    ModerationLlmv2CategoryThresholds,
    ModerationLlmv2Config,
)
from .models.inputs import FunctionResultEntry, InputEntry, MessageEntry, MessageInputEntry
from .models.requests import (
    ConversationAppendRequest,
    ConversationRequest,
    ConversationRestartRequest,
    ToolCallConfirmation,
)
from .models.responses import ConversationResponse, ConversationUsageInfo, ResponseHead
from .models.tools import (
    APIKeyAuth,
    Authorization,
    CodeInterpreterTool,
    CustomConnector,
    DocumentLibraryTool,
    Function,
    FunctionTool,
    ImageGenerationTool,
    OAuth2TokenAuth,
    Tool,
    ToolConfiguration,
    WebSearchPremiumTool,
    WebSearchTool,
)
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
    "APIKeyAuth",
    "AgentConversation",
    "AgentHandoffDoneEvent",
    "AgentHandoffEntry",
    "AgentHandoffStartedEvent",
    "Authorization",
    "CodeInterpreterTool",
    "Codec",
    "CompletionArgs",
    "ContentChunk",
    "Conversation",
    "ConversationAppendRequest",
    "ConversationDecodeError",
    "ConversationEvent",
    "ConversationHistory",
    "ConversationMessages",
    "ConversationModelsError",
    "ConversationRequest",
    "ConversationResponse",
    "ConversationResponseError",
    "ConversationRestartRequest",
    "ConversationUsageInfo",
    "CustomConnector",
    "DocumentLibraryTool",
    "DocumentURLChunk",
    "EventDecoder",
    "EventTooLargeError",
    "Function",
    "FunctionCallEntry",
    "FunctionCallEvent",
    "FunctionResultEntry",
    "FunctionTool",
    "GuardrailConfig",
    "ImageGenerationTool",
    "ImageURL",
    "ImageURLChunk",
    "InputEntry",
    "InvalidEvent",
    "JSONSchema",
    "MessageEntry",
    "MessageInputEntry",
    "MessageOutputEntry",
    "MessageOutputEvent",
    "ModelConversation",
    "ModerationLlmv1CategoryThresholds",
    "ModerationLlmv1Config",
    "ModerationLlmv2CategoryThresholds",
    "ModerationLlmv2Config",
    "MultipleResponsesError",
    "OAuth2TokenAuth",
    "OutputEntry",
    "Prediction",
    "ReferenceChunk",
    "ResponseBuilder",
    "ResponseDoneEvent",
    "ResponseErrorEvent",
    "ResponseFormat",
    "ResponseHead",
    "ResponseStartedEvent",
    "ServiceError",
    "StreamEvent",
    "StreamMeter",
    "TextChunk",
    "ThinkChunk",
    "Tool",
    "ToolCallConfirmation",
    "ToolConfiguration",
    "ToolExecutionDeltaEvent",
    "ToolExecutionDoneEvent",
    "ToolExecutionEntry",
    "ToolExecutionStartedEvent",
    "ToolFileChunk",
    "ToolReferenceChunk",
    "TruncatedStreamError",
    "Unknown",
    "UnknownSeen",
    "UsageRecord",
    "WebSearchPremiumTool",
    "WebSearchTool",
    "acollect",
    "acollect_all",
    "arewrite_text",
    "as_inputs",
    "camel",
    "collect",
    "collect_all",
    "decode",
    "encode",
    "naming_of",
    "patch",
    "rewrite_text",
    "snake",
]

decode = camel.decode
encode = camel.encode


def _name_this_module(public: Any) -> None:
    """Make tracebacks, ``help`` and pickles name the module that users import from."""
    if isinstance(public, (type, FunctionType)):
        public.__module__ = __name__
        # doctest collects the examples of a method only from the module that the method names.
        for method in [member for member in vars(public).values() if isinstance(member, FunctionType)]:
            method.__module__ = __name__


def _name_all() -> None:
    for name in __all__:
        if name in globals():
            _name_this_module(globals()[name])


_name_all()


if TYPE_CHECKING:
    from .inputs import as_inputs
    from .stream.rewrite import arewrite_text, rewrite_text
else:
    # Type checkers would take any name for one that the package has.
    def __getattr__(name: str) -> Any:
        # Importing the package takes longer with them, and most programs only read.
        if name == "as_inputs":
            from .inputs import as_inputs as found
        elif name == "rewrite_text":
            from .stream.rewrite import rewrite_text as found
        elif name == "arewrite_text":
            from .stream.rewrite import arewrite_text as found
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        _name_this_module(found)
        globals()[name] = found
        return found
