"""Content chunks: the parts of a message's content (schema: ``OutputContentChunks``, ``ThinkChunk``)."""

from collections.abc import Iterable
from typing import ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .base import Model, TaggedModel
from .lists import Field, ListOf
from .unknown import Open

__all__ = [
    "ContentChunk",
    "DocumentURLChunk",
    "ImageURL",
    "ImageURLChunk",
    "ReferenceChunk",
    "TextChunk",
    "ThinkChunk",
    "ThinkContent",
    "ToolFileChunk",
    "ToolReferenceChunk",
    "text_of",
]


class TextChunk(TaggedModel, frozen=True, kw_only=True, tag="text"):
    """Text.

    Attributes:
        text: The text.
    """

    type: ClassVar[Literal["text"]] = "text"
    text: str


class ToolReferenceChunk(TaggedModel, frozen=True, kw_only=True, tag="tool_reference"):
    """A source that a tool found and the text cites.

    Any field can be absent or null, although the schema requires ``tool`` and ``title``.

    Attributes:
        tool: Name of the tool, such as ``web_search``.
        title: Title of the source.
        url: Address of the source.
        favicon: Address of the icon of the source's site.
        description: Summary of the source.
        source: Where the tool found it, such as ``brave``. Only some versions of the service send it.
    """

    type: ClassVar[Literal["tool_reference"]] = "tool_reference"
    tool: str | None | UnsetType = UNSET
    title: str | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    favicon: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    source: str | None | UnsetType = UNSET


class ReferenceChunk(TaggedModel, frozen=True, kw_only=True, tag="reference"):
    """References to sources by id.

    Attributes:
        reference_ids: The ids: integers by the schema, but the service also sends strings (client-python#325).
    """

    type: ClassVar[Literal["reference"]] = "reference"
    reference_ids: Field[list[int | str], ListOf[int | str]]


ThinkContent: TypeAlias = Open[TextChunk | ReferenceChunk | ToolReferenceChunk]


class ThinkChunk(TaggedModel, frozen=True, kw_only=True, tag="thinking"):
    """The model's reasoning.

    Attributes:
        thinking: The reasoning in order: text, and the sources it cites.
        closed: Whether the chunk is complete; absent means true. Streams send true with every piece, last or not.
        signature: Opaque text to send back with the reasoning in a later request. Absent or null if there is none.
    """

    type: ClassVar[Literal["thinking"]] = "thinking"
    thinking: Field[list[ThinkContent], ListOf[ThinkContent]]
    closed: bool | UnsetType = UNSET
    signature: str | None | UnsetType = UNSET


class ImageURL(Model, frozen=True, kw_only=True):
    """An image's address.

    Attributes:
        url: An address on the web, or a ``data:`` URI that holds the image itself.
        detail: ``low``, ``auto``, ``high`` or another string. Absent or null if not stated.
    """

    url: str
    detail: str | None | UnsetType = UNSET


class ImageURLChunk(TaggedModel, frozen=True, kw_only=True, tag="image_url"):
    """An image by address.

    Attributes:
        image_url: The address as a string, on the web or as a ``data:`` URI, or an ``ImageURL``.
    """

    type: ClassVar[Literal["image_url"]] = "image_url"
    image_url: str | ImageURL


class DocumentURLChunk(TaggedModel, frozen=True, kw_only=True, tag="document_url"):
    """A document by address.

    Attributes:
        document_url: An address on the web, or a ``data:`` URI that holds the document itself.
        document_name: Name of the document. Absent or null if not stated.
    """

    type: ClassVar[Literal["document_url"]] = "document_url"
    document_url: str
    document_name: str | None | UnsetType = UNSET


class ToolFileChunk(TaggedModel, frozen=True, kw_only=True, tag="tool_file"):
    """A file that a tool made.

    Attributes:
        tool: Name of the tool, such as ``image_generation``.
        file_id: Names the file; its content is downloaded by this id.
        file_name: Name of the file. Absent or null if not stated.
        file_type: Type of the file in short, such as ``png``. Absent or null if not stated.
    """

    type: ClassVar[Literal["tool_file"]] = "tool_file"
    tool: str
    file_id: str
    file_name: str | None | UnsetType = UNSET
    file_type: str | None | UnsetType = UNSET


ContentChunk: TypeAlias = Open[
    TextChunk | ThinkChunk | ImageURLChunk | DocumentURLChunk | ToolFileChunk | ToolReferenceChunk | ReferenceChunk
]


def text_of(content: str | Iterable[ContentChunk]) -> str:
    """The text of a message's content, or of reasoning: a string itself, or the text chunks joined. O(size)."""
    if isinstance(content, str):
        return content
    return "".join([part.text for part in content if isinstance(part, TextChunk)])
