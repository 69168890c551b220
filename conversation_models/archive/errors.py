"""What archive readers raise, and what they set aside instead."""

from typing import NamedTuple

from ..errors import ConversationModelsError

__all__ = ["ArchiveError", "Reject", "message_of"]


class ArchiveError(ConversationModelsError):
    """A file that cannot be opened, or a run that cannot start or go on."""


class Reject(NamedTuple):
    """A body, or the rest of a file, that could not be read."""

    source: str
    offset: int
    """Where it begins in the file, after decompression."""
    bytes: int | None
    """Its size; ``None`` if not known."""
    reason: str


def message_of(error: Exception) -> str:
    """The error in words, without the file, which the reader knows."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
