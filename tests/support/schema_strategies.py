"""Documents of a JSON Schema, for the part of JSON Schema that pydantic and msgspec write."""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .strategies import floats, free_objects, free_values, integers, texts, times

_LEAVES: dict[str, SearchStrategy[Any]] = {
    "string": texts,
    "integer": integers,
    "number": floats,
    "boolean": st.booleans(),
    "null": st.none(),
}


class Documents:
    """Strategies for one schema. ``required`` names fields that are always present."""

    def __init__(self, schema: dict[str, Any], required: frozenset[str] = frozenset()) -> None:
        self._definitions = schema["$defs"]
        self._required = required
        self._named = cache(lambda name: self._of(self._definitions[name]))
        self.strategy: SearchStrategy[Any] = self._of(schema)

    def _of(self, schema: dict[str, Any]) -> SearchStrategy[Any]:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            # The SDK's own marker for absence is never sent.
            return st.nothing() if name == "Unset" else st.deferred(lambda: self._named(name))
        for arms in schema.keys() & {"anyOf", "oneOf"}:
            return st.one_of([self._of(arm) for arm in schema[arms]])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kind = schema.get("type")
        if kind == "array":
            return st.lists(self._of(schema["items"]), max_size=3)
        if kind == "object":
            return self._of_object(schema)
        if schema.get("format") == "date-time":
            return times
        return _LEAVES[kind] if kind else free_values

    def _of_object(self, schema: dict[str, Any]) -> SearchStrategy[Any]:
        if "properties" not in schema:
            more = schema.get("additionalProperties", True)
            return st.dictionaries(texts, self._of(more), max_size=2) if isinstance(more, dict) else free_objects
        fields = {name: self._of(field) for name, field in schema["properties"].items()}
        required = self._required | set(schema.get("required", ()))
        return st.fixed_dictionaries(
            {name: field for name, field in fields.items() if name in required},
            optional={name: field for name, field in fields.items() if name not in required},
        )
