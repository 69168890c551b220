"""Hypothesis strategies for every model: documents as JSON values in either naming, and the values of the models.

Documents are dicts, to be written with ``documents.dumps``. With ``open=True`` they also hold unknown members, untagged
members and unknown fields.
"""

from datetime import timedelta, timezone
from functools import cache
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import conversation_models as cm

from .documents import MODEL_OF, MODELS_OF, NAMINGS, SHAPES, UNION_OF, UNIONS, Naming, class_of, key, value_of

# Leaves ----------------------------------------------------------------------------------------------------------

_TRICKY = [
    "",
    "\0",
    '"\\/\b\f\n\r\t',
    "\x7f\x85\u2028",
    "e\u0301\U0001f469\u200d\U0001f680",
    "\ufeff\uffff",
    "data: x\n\n",
]
# Any Unicode except lone surrogates, which UTF-8 cannot carry.
texts = st.text(max_size=10) | st.sampled_from(_TRICKY)
integers = st.integers(-(10**4), 10**6) | st.sampled_from([2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**40])
floats = st.floats(allow_nan=False, allow_infinity=False)
_offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# RFC 3339 in one canonical form, so that tests can compare texts: ``Z`` for UTC, six digits of a second or none.
times = st.datetimes(timezones=st.just(timezone.utc) | _offsets).map(lambda t: t.isoformat().replace("+00:00", "Z"))

# A key of free-form data may look like a field in either naming, and must stay as it is.
_free_keys = st.sampled_from(["conversation_id", "agentId", "type", "imageUrl", "total_tokens", "object"]) | texts
_scalars = st.none() | st.booleans() | integers | floats | texts
free_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_free_keys, inner, max_size=2), max_leaves=4
)
free_objects = st.dictionaries(_free_keys, free_values, max_size=3)

# Names that no model has a field for.
_extra_names = st.sampled_from(["region", "x_request", "cacheHit", "a b", "", "ünï", "0", 'q"uote'])
extra_fields = st.dictionaries(_extra_names, free_values, max_size=2)


# Documents -------------------------------------------------------------------------------------------------------


@cache
def wire(cls: Any, naming: Naming, open: bool = False, union: str | None = None) -> SearchStrategy[dict[str, Any]]:
    """Documents of one model; if it is a member of ``union`` and ``open``, its tag may be absent."""
    shape = SHAPES[cls]
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for name, field in shape.fields.items():
        if field.kind == "constant":
            optional[key(name, naming)] = st.just(field.default)
            continue
        value = _of_kind(field.kind, naming, open)
        if field.required:
            required[key(name, naming)] = value
        else:
            optional[key(name, naming)] = value | st.none() if field.nullable else value
    fields = st.fixed_dictionaries(required, optional=optional)
    if open:
        fields = st.builds(lambda known, extra: {**known, **extra}, fields, extra_fields)
    if shape.tag is None:
        return fields

    def with_tag(fields: dict[str, Any], place: Literal["first", "last", "nowhere"]) -> dict[str, Any]:
        if place == "nowhere" and (union is None or class_of(fields, union, naming) is cls):
            return fields
        return {**fields, "type": shape.tag} if place == "last" else {"type": shape.tag, **fields}

    return st.builds(with_tag, fields, st.sampled_from(["first", "last", "nowhere"] if open else ["first", "last"]))


@cache
def wire_member(union: str, naming: Naming, open: bool = False) -> SearchStrategy[dict[str, Any]]:
    """Members of a union, by its name in ``documents.UNIONS``."""
    known = st.one_of([wire(cls, naming, open, union) for cls in UNIONS[union]])
    return known | unknown_members(union) if open else known


@cache
def unknown_members(union: str) -> SearchStrategy[dict[str, Any]]:
    """Objects that no model of a union describes: their tag is foreign, not a string, or absent."""
    known = {SHAPES[cls].tag for cls in UNIONS[union]}
    foreign = {shape.tag for shape in SHAPES.values() if shape.tag} | {"video.output", "", "Text", "ünï\n"}
    tags: SearchStrategy[Any] = (
        st.sampled_from(sorted(foreign - known))
        | st.none()
        | st.integers()
        | st.lists(st.none(), max_size=1)
        | st.dictionaries(texts, texts, max_size=1)
    )
    unknown = st.builds(lambda fields, tag: {**fields, "type": tag}, free_objects, tags) | extra_fields
    # In a union of untagged models, the keys decide whatever the tag is.
    return unknown.filter(lambda member: all(class_of(member, union, naming) is None for naming in NAMINGS))


def _listed(union: str, naming: Naming, open: bool, max_size: int) -> SearchStrategy[list[Any]]:
    member: SearchStrategy[Any] = wire_member(union, naming, open)
    # In a list, a member that is not an object is unknown, too.
    return st.lists(member | _scalars | st.lists(_scalars, max_size=2) if open else member, max_size=max_size)


@cache
def _of_kind(kind: str, naming: Naming, open: bool) -> SearchStrategy[Any]:
    leaves: dict[str, SearchStrategy[Any]] = {
        "str": texts,
        "int": integers,
        "bool": st.booleans(),
        "time": times,
        "object": free_objects,
        "objects": st.lists(free_objects, max_size=2),
        "counts": st.dictionaries(_free_keys, integers, max_size=2),
        "ids": st.lists(integers | texts, max_size=3),
        "arguments": texts | free_objects,
        "number": integers | floats,
        "strs": st.lists(texts, max_size=2),
        "stop": texts | st.lists(texts, max_size=2),
        "version": texts | integers,
        "handoff": st.sampled_from(["client", "server"]),
        "confirmation": st.sampled_from(["allow", "deny"]),
    }
    if kind in leaves:
        return leaves[kind]
    if kind in MODEL_OF:
        value: SearchStrategy[Any] = wire(MODEL_OF[kind], naming, open)
    elif kind in MODELS_OF:
        value = st.lists(wire(MODELS_OF[kind], naming, open), max_size=2)
    elif kind in ("delta", "authorization"):
        value = wire_member(UNION_OF[kind], naming, open)
    else:
        value = _listed(UNION_OF[kind], naming, open, 3 if kind in ("entries", "content") else 2)
    return texts | value if kind in ("image", "content", "delta", "inputs") else value


def wire_responses(naming: Naming, open: bool = True) -> SearchStrategy[dict[str, Any]]:
    return wire(cm.ConversationResponse, naming, open)


def wire_events(naming: Naming, open: bool = True) -> SearchStrategy[dict[str, Any]]:
    return wire_member("event", naming, open)


# Values ----------------------------------------------------------------------------------------------------------


def values(cls: Any, open: bool = True) -> SearchStrategy[Any]:
    """Values of one model, built from the public classes."""
    return wire(cls, "snake", open).map(lambda document: value_of(document, cls, "snake"))


def _members(union: str, open: bool) -> SearchStrategy[Any]:
    return wire_member(union, "snake", open).map(lambda document: value_of(document, union, "snake"))


def responses(open: bool = True) -> SearchStrategy[cm.ConversationResponse]:
    return values(cm.ConversationResponse, open)


def entries(open: bool = True) -> SearchStrategy[cm.OutputEntry]:
    return _members("entry", open)


def chunks(open: bool = True) -> SearchStrategy[cm.ContentChunk]:
    return _members("chunk", open)


def events(open: bool = True) -> SearchStrategy[cm.ConversationEvent]:
    return wire_events("snake", open).map(lambda document: value_of(document, "event", "snake"))


def inputs(open: bool = True) -> SearchStrategy[cm.InputEntry]:
    return _members("input", open)
