"""The exceptions that only streams raise."""

from msgspec import UNSET

from ..errors import ConversationModelsError
from ..models.events import ResponseErrorEvent
from ..models.failures import ServiceError
from ..models.responses import ConversationResponse

__all__ = [
    "ConversationResponseError",
    "EventTooLargeError",
    "MultipleResponsesError",
    "TruncatedStreamError",
    "with_code",
]


class TruncatedStreamError(ConversationModelsError):
    """The stream ended early.

    ``pending``: bytes of the incomplete event (LF line endings, comments removed), empty if the cut fell between
    events. ``partial``: the response so far, when raised by ``collect`` or a builder.
    """

    def __init__(self, message: str, pending: bytes = b"", partial: ConversationResponse | None = None) -> None:
        super().__init__(message)
        self.pending = pending
        self.partial = partial


class EventTooLargeError(ConversationModelsError):
    """An event exceeded ``max_event_bytes``. The decoder cannot resume after it."""


class MultipleResponsesError(ConversationModelsError):
    """The stream holds more than one response, and one was asked for. ``collect_all`` returns each."""


class ConversationResponseError(ConversationModelsError):
    """The service, or a gateway, reported an error in the stream: ``event``. ``partial``: the response so far."""

    def __init__(self, event: ResponseErrorEvent | ServiceError, partial: ConversationResponse) -> None:
        super().__init__(event, partial)
        self.event = event
        self.partial = partial

    def __str__(self) -> str:
        return with_code(self.event)


def with_code(event: ResponseErrorEvent | ServiceError) -> str:
    """The message of a reported error, with its code if it has one."""
    return event.message if event.code is UNSET or event.code is None else f"{event.message} (code {event.code})"
