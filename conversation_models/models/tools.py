"""Tools that a request lets the model use (schema: ``ConversationRequest.tools``)."""

from typing import Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from .base import Model, TaggedModel
from .unknown import Open

__all__ = [
    "APIKeyAuth",
    "Authorization",
    "CodeInterpreterTool",
    "CustomConnector",
    "DocumentLibraryTool",
    "Function",
    "FunctionTool",
    "ImageGenerationTool",
    "OAuth2TokenAuth",
    "Tool",
    "ToolConfiguration",
    "WebSearchPremiumTool",
    "WebSearchTool",
]


class Function(Model, frozen=True, kw_only=True):
    """A function of the client's.

    Attributes:
        name: Name of the function.
        parameters: JSON Schema of the arguments. Its keys are never renamed.
        description: What the function does, for the model. Absent means empty.
        strict: Whether the arguments follow the schema exactly. Absent means false.
    """

    name: str
    parameters: dict[str, Any]
    description: str | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class FunctionTool(TaggedModel, frozen=True, kw_only=True, tag="function"):
    """A function that the model may ask the client to call.

    Attributes:
        function: The function.
    """

    type: ClassVar[Literal["function"]] = "function"
    function: Function


class ToolConfiguration(Model, frozen=True, kw_only=True):
    """Which tools inside a built-in tool or connector may be used. ``include`` and ``exclude`` rule each other out.

    Attributes:
        exclude: Names of the tools that may not be used. Absent or null if none.
        include: Names of the only tools that may be used. Absent or null if all may.
        requires_confirmation: Names of the tools that the client has to allow each time. Absent or null if none.
    """

    exclude: list[str] | None | UnsetType = UNSET
    include: list[str] | None | UnsetType = UNSET
    requires_confirmation: list[str] | None | UnsetType = UNSET


class WebSearchTool(TaggedModel, frozen=True, kw_only=True, tag="web_search"):
    """Search of the web.

    Attributes:
        tool_configuration: Which of its tools may be used. Absent or null if all may.
    """

    type: ClassVar[Literal["web_search"]] = "web_search"
    tool_configuration: ToolConfiguration | None | UnsetType = UNSET


class WebSearchPremiumTool(TaggedModel, frozen=True, kw_only=True, tag="web_search_premium"):
    """Search of the web and of news agencies.

    Attributes:
        tool_configuration: Which of its tools may be used. Absent or null if all may.
    """

    type: ClassVar[Literal["web_search_premium"]] = "web_search_premium"
    tool_configuration: ToolConfiguration | None | UnsetType = UNSET


class CodeInterpreterTool(TaggedModel, frozen=True, kw_only=True, tag="code_interpreter"):
    """Code that the service runs.

    Attributes:
        tool_configuration: Which of its tools may be used. Absent or null if all may.
    """

    type: ClassVar[Literal["code_interpreter"]] = "code_interpreter"
    tool_configuration: ToolConfiguration | None | UnsetType = UNSET


class ImageGenerationTool(TaggedModel, frozen=True, kw_only=True, tag="image_generation"):
    """Images that the service makes.

    Attributes:
        tool_configuration: Which of its tools may be used. Absent or null if all may.
    """

    type: ClassVar[Literal["image_generation"]] = "image_generation"
    tool_configuration: ToolConfiguration | None | UnsetType = UNSET


class DocumentLibraryTool(TaggedModel, frozen=True, kw_only=True, tag="document_library"):
    """Search of document libraries.

    Attributes:
        library_ids: Ids of the libraries, at least one by the schema.
        tool_configuration: Which of its tools may be used. Absent or null if all may.
    """

    type: ClassVar[Literal["document_library"]] = "document_library"
    library_ids: list[str]
    tool_configuration: ToolConfiguration | None | UnsetType = UNSET


class _Secret:
    def __repr__(self) -> str:
        return "<secret>"


_SECRET = _Secret()


class _Credentials(TaggedModel, frozen=True, kw_only=True):
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Which fields there are, without their values: logs are full of reprs."""
        return [("value", _SECRET), *([("unknown_fields", _SECRET)] if self.unknown_fields else [])]


class OAuth2TokenAuth(_Credentials, frozen=True, kw_only=True, tag="oauth2-token"):
    """An OAuth 2 token for a connector.

    Attributes:
        value: The token, a secret: the repr does not show it.
    """

    type: ClassVar[Literal["oauth2-token"]] = "oauth2-token"
    value: str


class APIKeyAuth(_Credentials, frozen=True, kw_only=True, tag="api-key"):
    """An API key for a connector.

    Attributes:
        value: The key, a secret: the repr does not show it.
    """

    type: ClassVar[Literal["api-key"]] = "api-key"
    value: str


Authorization: TypeAlias = Open[OAuth2TokenAuth | APIKeyAuth]


class CustomConnector(TaggedModel, frozen=True, kw_only=True, tag="connector"):
    """A connector: tools on a server that the service talks to.

    Attributes:
        connector_id: Name or UUID of the connector.
        authorization: What to authenticate with. Absent or null if the connector has what it needs.
        tool_configuration: Which of its tools may be used. Absent or null if all may.
    """

    type: ClassVar[Literal["connector"]] = "connector"
    connector_id: str
    authorization: Authorization | None | UnsetType = UNSET
    tool_configuration: ToolConfiguration | None | UnsetType = UNSET


Tool: TypeAlias = Open[
    FunctionTool
    | WebSearchTool
    | WebSearchPremiumTool
    | CodeInterpreterTool
    | ImageGenerationTool
    | DocumentLibraryTool
    | CustomConnector
]
