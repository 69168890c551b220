"""Fields that no model has: keys that invite mistakes, random places to put them, and a comparison of JSON."""

import json
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from .documents import NAMINGS, RECOGNISED, SHAPES, UNIONS, Naming, Reading, Shape, exact, key
from .strategies import free_values, texts

__all__ = ["Place", "hostile_keys", "modelled_objects", "same_json", "unknown_values", "with_random_fields"]

# Keys -------------------------------------------------------------------------------------------------------------

_HOSTILE = [
    # Not identifiers, or identifiers that Python reads as others: it takes the ligature for two letters.
    *("", " ", "a b", "1", "a.b", "$", "$ref", "[0]", "class", "None", "\ufb01eld", "\U0001d41a", "ünï", "\U0001f469"),
    # Characters that JSON, a repr, a format string or a line can trip over.
    *('q"uote', "qu'ote", "back\\slash", "\\u0041", "\0", "\x01\x1f", "\x7f\x85", "a\nb", "a\r\n\nb"),
    *("\u2028", "\ufeff", "{}", "{0}", "%s", "%(a)s", "`tick`", "data: x\n\n"),
    # Names with a meaning for Python or msgspec.
    *("__class__", "__dict__", "__doc__", "__slots__", "__init__", "__new__", "__post_init__", "__eq__", "__hash__"),
    *("__reduce__", "__getattr__", "__struct_fields__", "__struct_config__", "__match_args__", "__weakref__"),
    *("__x", "_x", "self", "cls", "other", "name", "value", "fields", "args", "kwargs", "tag", "type", "mro"),
    # Names that a model has for something else.
    *("unknown_fields", "with_unknown_fields", "unknownFields", "text", "reasoning", "references", "decode_arguments"),
    "k" * 1000,
]  # fmt: skip


def _near(name: str) -> list[str]:
    """Keys that turn into ``name`` when they are respelled, stripped or compared without case."""
    return [f"{name}_", f"_{name}", f"__{name}__", name.replace("_", "__"), name.upper(), name.title(), f"{name} "]


def _spellings(names: Any) -> set[str]:
    return {key(name, naming) for name in names for naming in NAMINGS}


@cache
def hostile_keys(cls: Any, untagged: bool = False) -> list[str]:
    """Keys that are neither spelling of a field of ``cls``, nor its tag.

    If the member is ``untagged``, none is the field that identifies another model either.
    """
    shape = SHAPES[cls]
    known = _spellings(shape.fields) | ({"type"} if shape.tag else set())
    if untagged:
        known |= _spellings(name for fields in RECOGNISED.values() for name in fields)
    of_others = _spellings(name for other in SHAPES.values() for name in other.fields)
    near = {near for name in shape.fields for near in _near(name)}
    return sorted({*_HOSTILE, *dir(cls), *of_others, *near} - known)


@cache
def _keys(cls: Any, untagged: bool) -> SearchStrategy[str]:
    hostile = hostile_keys(cls, untagged)
    # Every known key is an identifier, so that no other text can be one.
    return st.sampled_from(hostile) | texts.filter(lambda text: not text.isidentifier())


# Values that look like parts of a document, of a model and of an unknown member, and must be left alone.
_LOOKALIKES = [
    {"type": "image_url", "image_url": "u", "imageUrl": "v"},
    {"type": "video.output", "conversation_id": 1},
    [{"type": "text", "text": "a"}, {"toolCallId": 1, "tool_call_id": 2}],
    {"prompt_tokens": 1, "totalTokens": 2},
    {"type": "UNKNOWN", "raw": {"agent_id": "a"}, "isUnknown": True},
    [], {}, 0, -0.0, 1.0, True, False, None, "", 2**64,
]  # fmt: skip
unknown_values: SearchStrategy[Any] = free_values | st.sampled_from(_LOOKALIKES)


# Places -----------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """An object of a document that has a model. ``fields`` is the object itself, to be changed in place."""

    cls: Any
    fields: dict[str, Any]
    path: str

    @property
    def untagged(self) -> bool:
        return SHAPES[self.cls].tag is not None and "type" not in self.fields

    def put(self, name: str, value: Any, position: int) -> None:
        """Add a field before the one at ``position``, or at the end."""
        items = [item for item in self.fields.items() if item[0] != name]
        items.insert(position, (name, value))
        self.fields.clear()
        self.fields.update(items)


class _Places(Reading):
    def __init__(self, naming: Naming) -> None:
        super().__init__(naming)
        self.found: list[Place] = []

    def object(self, value: dict[str, Any], cls: Any, path: str = "$") -> Any:
        self.found.append(Place(cls, value, path))
        return super().object(value, cls, path)

    def model(self, shape: Shape, fields: dict[str, Any], extra: dict[str, Any], path: str) -> Any:
        """Nothing: only the places are wanted."""


def modelled_objects(document: Any, name: Any, naming: Naming) -> list[Place]:
    """All objects in ``document`` that have a model: none in free-form values, none in unknown members.

    ``name`` is a model, or the name of a union in ``documents.UNIONS``.
    """
    reader = _Places(naming)
    if name in UNIONS:
        reader.member(document, name)
    else:
        reader.object(document, name)
    return reader.found


def with_random_fields(data: DataObject, document: Any, name: Any, naming: Naming) -> Any:
    """A copy of ``document`` with one to four unknown fields, if it has an object with a model."""
    document = deepcopy(document)
    places = modelled_objects(document, name, naming)
    for _ in range(data.draw(st.integers(1, 4)) if places else 0):
        place = data.draw(st.sampled_from(range(len(places))))
        cls, fields, untagged = places[place].cls, places[place].fields, places[place].untagged
        places[place].put(
            data.draw(_keys(cls, untagged)), data.draw(unknown_values), data.draw(st.integers(0, len(fields)))
        )
    return document


# Results ----------------------------------------------------------------------------------------------------------


def same_json(text: bytes | str, expected: Any) -> bool:
    """Whether ``text`` is the JSON of ``expected``, and no object in it holds a key twice."""
    return exact(json.loads(text, object_pairs_hook=_without_repeated_keys)) == exact(expected)


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError(f"An object holds a key twice: {[name for name, _ in pairs]}")
    return fields
