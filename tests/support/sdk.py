"""Helpers to compare ours with the official ``mistralai`` package."""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from msgspec import UNSET

import conversation_models as cm

from .documents import SHAPES, Reading, Shape


@cache
def _shape_of(cls: Any) -> Shape | None:
    return next((SHAPES[base] for base in cls.__mro__ if base in SHAPES), None)


def members_of(value: Any) -> dict[str, Any]:
    """The fields of a model by name, without unknown ones; none if ``value`` is not of a model."""
    cls: Any = type(value)
    shape = _shape_of(cls)
    return {name: getattr(value, name) for name in shape.fields} if shape else {}


def same(ours: Any, theirs: Any, path: str = "$") -> None:
    """Assert that both have the same fields with the same values, in classes of the same name.

    And no others: theirs drops unknown fields, so that they cannot be compared.
    """
    cls: Any = type(ours)
    if shape := _shape_of(cls):
        assert type(theirs).__name__ == shape.cls.__name__, path
        assert dict(ours.unknown_fields) == {}, path
        if shape.tag is not None:
            assert theirs.type == ours.type, path
        for name, value in members_of(ours).items():
            default = shape.fields[name].default
            # pydantic's models have a method ``schema``.
            attribute = "schema_definition" if name == "schema" else name
            if default == {}:
                same(value, getattr(theirs, attribute), f"{path}.{name}")
            elif default is not None:
                assert getattr(theirs, attribute) == value, f"{path}.{name}"
            elif value is UNSET:
                assert attribute not in theirs.model_fields_set, f"{path}.{name}"
            else:
                assert attribute in theirs.model_fields_set, f"{path}.{name}"
                same(value, getattr(theirs, attribute), f"{path}.{name}")
    elif isinstance(ours, list):
        assert isinstance(theirs, list), path
        assert len(ours) == len(theirs), path
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same(one, other, f"{path}[{index}]")
    elif isinstance(ours, datetime):
        assert (theirs, theirs.utcoffset()) == (ours, ours.utcoffset()), path
    else:
        assert repr(theirs) == repr(ours), path


class Acceptable(Reading):
    """A document, with the parts replaced on which the two libraries differ (``test_sdk_agreement`` lists them)."""

    REQUIRED: ClassVar[dict[Any, dict[str, Any]]] = {
        cm.ConversationResponse: {"usage": {}},
        cm.ToolExecutionEntry: {"arguments": ""},
        cm.ToolExecutionStartedEvent: {"arguments": ""},
        cm.ToolReferenceChunk: {"tool": "web_search", "title": ""},
        cm.FunctionCallEvent: {"id": ""},
        cm.ResponseErrorEvent: {"code": 0},
    }
    NOT_IN_SDK = ("function", "source")
    NOT_NULL = ("info", "tool", "title")
    KNOWN: ClassVar = {"confirmation_status": ["pending", "allowed", "denied"], "detail": ["low", "auto", "high"]}

    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:  # noqa: ARG002
        kept: dict[str, Any] = {"type": shape.tag} if shape.tag else {}
        kept |= self.REQUIRED.get(shape.cls, {})
        for name, value in fields.items():
            if name in self.KNOWN and value is not None:
                kept[name] = self.KNOWN[name][len(value) % 3]
            elif name not in self.NOT_IN_SDK and (name not in self.NOT_NULL or value is not None):
                kept[name] = value
        return kept

    def member(self, value: Any, union: str, path: str = "$") -> Any:
        if union == "chunk" and value["type"] == "reference":
            return {"type": "text", "text": "instead"}
        return super().member(value, union, path)
