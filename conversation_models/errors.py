"""The base of every exception of the library, and the one that decoding raises."""

__all__ = ["ConversationDecodeError", "ConversationModelsError"]


class ConversationModelsError(Exception):
    """Base of every exception this library raises about data."""


class ConversationDecodeError(ConversationModelsError, ValueError):
    """Bytes that are not JSON, or JSON that is not the type asked for.

    ``path`` is the JSON path of the offending value from the document's root (``$.outputs[1].content``; ``[...]`` is
    some key of a free-form map), or ``None`` where the text is not JSON at all. The message names it too.
    """

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path
