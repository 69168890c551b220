"""Arguments of the completion (schema: ``CompletionArgs``)."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from .base import SNAKE_CASE, Model, TaggedModel

__all__ = ["CompletionArgs", "JSONSchema", "Prediction", "ResponseFormat"]


class Prediction(TaggedModel, frozen=True, kw_only=True, tag="content"):
    """Text that the answer is expected to repeat for the most part, which makes it faster.

    Attributes:
        content: The text. Absent means empty.
    """

    type: ClassVar[Literal["content"]] = "content"
    content: str | UnsetType = UNSET


class JSONSchema(Model, frozen=True, kw_only=True):
    """A JSON Schema that the answer has to follow.

    Attributes:
        name: Name of the schema.
        schema: The schema. Its keys are never renamed. In camelCase, its own key is ``schemaDefinition``.
        description: What the schema is for, for the model. Absent or null if not stated.
        strict: Whether the answer follows the schema exactly. Absent means false.
    """

    name: str
    schema: Annotated[dict[str, Any], Meta(extra={SNAKE_CASE: "schema"})] = field(name="schemaDefinition")
    description: str | None | UnsetType = UNSET
    strict: bool | UnsetType = UNSET


class ResponseFormat(Model, frozen=True, kw_only=True):
    """The form of the answer.

    Attributes:
        type: ``text``, ``json_object``, ``json_schema`` or another string. Absent means ``text``.
        json_schema: The schema, if the type is ``json_schema``. Absent or null otherwise.
    """

    type: str | UnsetType = UNSET
    json_schema: JSONSchema | None | UnsetType = UNSET


class CompletionArgs(Model, frozen=True, kw_only=True):
    """How the model answers. The service sends all fields back, as null where the request had none.

    Attributes:
        stop: Text at which the answer ends, or a list of such texts. Absent or null if none.
        presence_penalty: Number from -2 to 2. Absent or null if not stated.
        frequency_penalty: Number from -2 to 2. Absent or null if not stated.
        temperature: Number from 0 to 1. Absent or null if not stated.
        top_p: Number from 0 to 1. Absent or null if not stated.
        max_tokens: Tokens that the answer may have at most. Absent or null if not stated.
        random_seed: Makes answers repeatable. Absent or null if not stated.
        prediction: Text that the answer is expected to repeat. Absent or null if none.
        response_format: The form of the answer. Absent or null if it is text.
        tool_choice: ``auto``, ``none``, ``any``, ``required`` or another string. Absent or null means ``auto``.
        reasoning_effort: ``none``, ``minimal``, ``low``, ``medium``, ``high``, ``xhigh``, ``max`` or another string.
            Absent or null if not stated.
    """

    stop: str | list[str] | None | UnsetType = UNSET
    presence_penalty: int | float | None | UnsetType = UNSET
    frequency_penalty: int | float | None | UnsetType = UNSET
    temperature: int | float | None | UnsetType = UNSET
    top_p: int | float | None | UnsetType = UNSET
    max_tokens: int | None | UnsetType = UNSET
    random_seed: int | None | UnsetType = UNSET
    prediction: Prediction | None | UnsetType = UNSET
    response_format: ResponseFormat | None | UnsetType = UNSET
    tool_choice: str | None | UnsetType = UNSET
    reasoning_effort: str | None | UnsetType = UNSET
