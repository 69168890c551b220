"""The pieces of a message as text for a person to read: each with its style for a terminal."""

from msgspec import UnsetType

from ..codec import snake
from ..models.chunks import (
    ContentChunk,
    DocumentURLChunk,
    ImageURL,
    ImageURLChunk,
    ReferenceChunk,
    TextChunk,
    ToolFileChunk,
    ToolReferenceChunk,
)
from ..models.unknown import Unknown
from .safe_text import one_line, plain, shortened

__all__ = ["CITATION", "Sources", "brief", "piece"]

CITATION = "cyan"


class Sources:
    """The sources that a message cites, each listed once: ``listed`` holds their titles and URLs.

    Memory is bounded, because a stream may cite without end: 256 kB of text.
    """

    _ROOM = 256 * 1024

    def __init__(self) -> None:
        self.listed: dict[tuple[str, str], int] = {}
        self._room = self._ROOM

    def cite(self, chunk: ToolReferenceChunk) -> str:
        """The number of a source in the list; the source itself, shortened, if the list is full."""
        title = chunk.title or chunk.description or chunk.source or chunk.tool or "untitled"
        source = (one_line(title), one_line(chunk.url or ""))
        if source not in self.listed:
            size = sum(map(len, source)) + 100
            if size > self._room:
                return _bracketed("source", *source)
            self._room -= size
            self.listed[source] = len(self.listed) + 1
        return f"[{self.listed[source]}]"


def piece(content: str | ContentChunk, sources: Sources) -> tuple[str, str]:
    """The text of a string or a chunk, and its style."""
    match content:
        case str(text) | TextChunk(text=text):
            return plain(text), ""
        case ToolReferenceChunk():
            return sources.cite(content), CITATION
        case ReferenceChunk():
            return _bracketed("reference", *map(str, content.reference_ids)), CITATION
        case ImageURLChunk(image_url=image):
            return _bracketed("image", image.url if isinstance(image, ImageURL) else image), CITATION
        case DocumentURLChunk():
            return _bracketed("document", content.document_name, content.document_url), CITATION
        case ToolFileChunk():
            return _bracketed("file", content.file_name, content.file_type, content.file_id), CITATION
        case Unknown():
            return _bracketed(content.type or "unknown", content.raw.decode()), CITATION
        case _:
            return _bracketed(content.type, snake.encode(content).decode()), CITATION


def brief(text: str) -> str:
    """``text`` on one line, shortened: images may be data: URIs, and unknown members may have any length."""
    return one_line(shortened(text, 200))


def _bracketed(kind: str, *words: str | None | UnsetType) -> str:
    return f"[{' '.join([brief(kind), *[brief(word) for word in words if word]])}]"
