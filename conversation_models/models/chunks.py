"""Content chunks: what a message's content is made of (schema: ``OutputContentChunks``, ``ThinkChunk``)."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .base import Model, TaggedModel
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
]


class TextChunk(TaggedModel, frozen=True, kw_only=True, tag="text"):
    """Text."""

    type: ClassVar[Literal["text"]] = "text"
    text: str


class ToolReferenceChunk(TaggedModel, frozen=True, kw_only=True, tag="tool_reference"):
    """A source that a tool found and the text cites. The service leaves ``tool`` or ``title`` out at times."""

    type: ClassVar[Literal["tool_reference"]] = "tool_reference"
    tool: str | None | UnsetType = UNSET
    title: str | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    favicon: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    source: str | None | UnsetType = UNSET


class ReferenceChunk(TaggedModel, frozen=True, kw_only=True, tag="reference"):
    """References by id. Strings come too, although the schema says integers (client-python#325)."""

    type: ClassVar[Literal["reference"]] = "reference"
    reference_ids: list[int | str]


ThinkContent: TypeAlias = Open[TextChunk | ReferenceChunk | ToolReferenceChunk]


class ThinkChunk(TaggedModel, frozen=True, kw_only=True, tag="thinking"):
    """The model's reasoning."""

    type: ClassVar[Literal["thinking"]] = "thinking"
    thinking: list[ThinkContent]
    closed: bool | UnsetType = UNSET
    signature: str | None | UnsetType = UNSET


class ImageURL(Model, frozen=True, kw_only=True):
    """An image's address; ``detail`` is ``low``, ``auto``, ``high`` or any other string."""

    url: str
    detail: str | None | UnsetType = UNSET


class ImageURLChunk(TaggedModel, frozen=True, kw_only=True, tag="image_url"):
    """An image by address, or in a ``data:`` URI."""

    type: ClassVar[Literal["image_url"]] = "image_url"
    image_url: str | ImageURL


class DocumentURLChunk(TaggedModel, frozen=True, kw_only=True, tag="document_url"):
    """A document by address."""

    type: ClassVar[Literal["document_url"]] = "document_url"
    document_url: str
    document_name: str | None | UnsetType = UNSET


class ToolFileChunk(TaggedModel, frozen=True, kw_only=True, tag="tool_file"):
    """A file that a tool made, to be fetched by ``file_id``."""

    type: ClassVar[Literal["tool_file"]] = "tool_file"
    tool: str
    file_id: str
    file_name: str | None | UnsetType = UNSET
    file_type: str | None | UnsetType = UNSET


ContentChunk: TypeAlias = Open[
    TextChunk | ThinkChunk | ImageURLChunk | DocumentURLChunk | ToolFileChunk | ToolReferenceChunk | ReferenceChunk
]
