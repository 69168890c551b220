"""The official ``mistralai`` package beside ours: what both read from a document, and documents that both read."""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from msgspec import UNSET, structs

import conversation_models as cm

from .documents import SHAPES, Reading, Shape


_fields_of = cache(structs.fields)


@cache
def _shape_of(cls: Any) -> Shape:
    return SHAPES[next(base for base in cls.__mro__ if base in SHAPES)]


def same(ours: Any, theirs: Any, path: str = "$") -> None:
    """The same fields are there, with the same values, in the classes of the same name."""
    if hasattr(ours, "__struct_fields__"):
        assert type(theirs).__name__ == type(ours).__name__, path
        shape = _shape_of(type(ours))
        if shape.tag is not None:
            assert theirs.type == ours.type, path
        for field in _fields_of(type(ours)):
            value, default = getattr(ours, field.name), shape.fields[field.name].default
            if default is not None:
                assert getattr(theirs, field.name) == value, f"{path}.{field.name}"
            elif value is UNSET:
                assert field.name not in theirs.model_fields_set, f"{path}.{field.name}"
            else:
                assert field.name in theirs.model_fields_set, f"{path}.{field.name}"
                same(value, getattr(theirs, field.name), f"{path}.{field.name}")
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
    """A document with the parts replaced that, as the tables above show, the two do not agree on."""

    REQUIRED: ClassVar[dict[Any, dict[str, str]]] = {
        cm.ToolExecutionEntry: {"arguments": ""},
        cm.ToolExecutionStartedEvent: {"arguments": ""},
        cm.ToolReferenceChunk: {"tool": "web_search", "title": ""},
        cm.FunctionCallEvent: {"id": ""},
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
