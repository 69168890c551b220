"""The exceptions that only streams raise."""

from ..errors import ConversationModelsError
from ..models.events import ResponseErrorEvent
from ..models.responses import ConversationResponse

__all__ = ["ConversationResponseError", "EventTooLargeError", "TruncatedStreamError"]


class TruncatedStreamError(ConversationModelsError):
    """A stream that ended before its end.

    ``pending`` holds the bytes of the event it was cut off in (lines ended by LF, comments left out), empty where it
    ended between two; ``partial`` the response as far as it came, where the error comes from ``collect``.
    """

    def __init__(self, message: str, pending: bytes = b"", partial: ConversationResponse | None = None) -> None:
        super().__init__(message)
        self.pending = pending
        self.partial = partial


class EventTooLargeError(ConversationModelsError):
    """A stream holds an event larger than the reader was told to accept; there is no reading on behind it."""


class ConversationResponseError(ConversationModelsError):
    """The service reported an error in the stream: ``event``. ``partial`` is the response as far as it came."""

    def __init__(self, event: ResponseErrorEvent, partial: ConversationResponse) -> None:
        super().__init__(event, partial)
        self.event = event
        self.partial = partial

    def __str__(self) -> str:
        return f"{self.event.message} (code {self.event.code})"
