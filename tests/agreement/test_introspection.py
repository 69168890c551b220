"""The declarations of both official SDKs: their fields are ours, or a list says why not.

The other tests of agreement compare values. Here a field, a class or a value of an enum that a new release adds fails
by its name.
"""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from mistralai.client import models as sdk
from mistralai.client.conversations import Conversations
from msgspec import Struct

import conversation_models as cm

from ..support.examples import MODELS
from .declarations import Declared, of_ours, of_python, of_typescript, python_surface, typescript_surface

OURS: dict[str, type[Struct]] = {cls.__name__: cls for cls in MODELS if cls is not cm.ResponseHead}
"""A ``ResponseHead`` is a ``ConversationResponse`` that is read in part."""

STREAMED = ("ConversationRequest", "ConversationAppendRequest", "ConversationRestartRequest")
"""The SDKs have a second class for each, which differs in the value of ``stream``."""

IN_TYPESCRIPT = {"Function": "FunctionT", "JSONSchema": "JsonSchema"}
"""Where the name differs."""


def theirs(library: str, name: str) -> Iterator[Declared]:
    """The classes of an SDK that have the fields of our class of this name."""
    for one in [name, *([name.replace("Request", "StreamRequest")] if name in STREAMED else [])]:
        if library == "python":
            yield of_python(getattr(sdk, one))
        else:
            yield of_typescript(IN_TYPESCRIPT.get(one, one))


def differences(library: str) -> set[str]:
    return {line for name, cls in OURS.items() for other in theirs(library, name) for line in differing(cls, other)}


def differing(cls: Any, other: Declared) -> Iterator[str]:
    """How another library's declaration of ``cls`` differs from ours. Defaults and open values may be in docstrings."""
    ours, name = of_ours(cls), cls.__name__
    if other.tag != ours.tag:
        yield f"{name}: its tag is {other.tag}"
    for key in ours.fields.keys() - other.fields.keys():
        yield f"{name}.{key}: theirs lacks it"
    for key in other.fields.keys() - ours.fields.keys():
        yield f"{name}.{key}: ours lacks it"
    for key in ours.fields.keys() & other.fields.keys():
        one, two = ours.fields[key], other.fields[key]
        if two.required != one.required:
            yield f"{name}.{key}: theirs is {'required' if two.required else 'not required'}"
        if two.nullable != one.nullable:
            yield f"{name}.{key}: theirs is {'nullable' if two.nullable else 'not nullable'}"
        if two.default is not None and (two.default, type(two.default)) != (one.default, type(one.default)):
            yield f"{name}.{key}: its default is {two.default!r}"
        if two.kinds not in (None, one.kinds):
            yield f"{name}.{key}: it holds {', '.join(sorted(two.kinds or ()))}"
        if two.known and two.is_open != one.is_open:
            yield f"{name}.{key}: theirs is {'open' if two.is_open else 'closed'}"
        for value in two.known - one.known:
            yield f"{name}.{key}: it can be {value!r}"
        if two.camel_key not in (None, one.camel_key):
            yield f"{name}.{key}: its key is {two.camel_key} in camelCase"


def _of(text: str, *whats: str) -> set[str]:
    return {f"{field}: {what}" for field in text.split() for what in whats}


DIFFERENCES: dict[str, set[str]] = {
    "documented payloads lack it": _of(
        "ConversationResponse.usage ToolExecutionEntry.arguments ToolExecutionStartedEvent.arguments "
        "ToolReferenceChunk.title ToolReferenceChunk.tool",
        "theirs is required",
    ),
    "the service leaves it out at times, or did in the tests of other readers": _of(
        "FunctionCallEvent.id ResponseErrorEvent.code", "theirs is required"
    ),
    "the service sends it, and it is in no schema": _of(
        "ToolExecutionEntry.function ToolExecutionStartedEvent.function ToolExecutionDeltaEvent.function "
        "ToolExecutionDoneEvent.function ToolReferenceChunk.source",
        "theirs lacks it",
    ),
    "the service sends null": _of(
        "ToolReferenceChunk.title ToolReferenceChunk.tool ToolExecutionEntry.info ToolExecutionDoneEvent.info "
        "CompletionArgs.tool_choice",
        "theirs is not nullable",
    ),
    "on the wire, both classes are one body": _of(
        " ".join(f"{name}.stream" for name in STREAMED), "it can be False", "it can be True", "its default is True"
    ),
}
_IN_MESSAGES = ("DocumentURLChunk", "ImageURLChunk", "TextChunk", "ThinkChunk", "ToolFileChunk")
ONE_UNION_OF_CHUNKS = {
    "MessageInputEntry.content: it holds " + ", ".join([*(f"list of {name}" for name in _IN_MESSAGES), "string"]),
    "MessageOutputEntry.content: it holds "
    + ", ".join([*(f"list of {name}" for name in (*_IN_MESSAGES, "ToolReferenceChunk")), "string"]),
    "MessageOutputEvent.content: it holds " + ", ".join([*_IN_MESSAGES, "ToolReferenceChunk", "string"]),
}
"""Our messages hold any chunk: the service has sent references in messages, which both SDKs reject there."""


@pytest.mark.parametrize("library", ["python", "typescript"])
def test_the_sdks_fields_are_ours_but_for_the_differences_on_the_list(library: str) -> None:
    expected = set[str]().union(*DIFFERENCES.values())
    found = differences(library)
    # TypeScript hides the type of the list of chunks in a function.
    expected |= ONE_UNION_OF_CHUNKS if library == "python" else set()
    assert sorted(found - expected) == [], "differences that are not on the list"
    assert sorted(expected - found) == [], "differences that are gone"


NOT_OURS = {
    "they are in the path and the query of a URL": {
        "AgentsAPIV1ConversationsAppendRequest",
        "AgentsAPIV1ConversationsAppendStreamRequest",
        "AgentsAPIV1ConversationsDeleteRequest",
        "AgentsAPIV1ConversationsGetRequest",
        "AgentsAPIV1ConversationsHistoryRequest",
        "AgentsAPIV1ConversationsListRequest",
        "AgentsAPIV1ConversationsMessagesRequest",
        "AgentsAPIV1ConversationsRestartRequest",
        "AgentsAPIV1ConversationsRestartStreamRequest",
    },
    "it is the client's key": {"Security"},
    "it is a server-sent event, the data of which is a ConversationEvent": {"ConversationEvents"},
    "on the wire, it is the body of the class without Stream": {
        name.replace("Request", "StreamRequest") for name in STREAMED
    },
    "a ServiceError holds it as builtins": {"HTTPValidationErrorData", "ValidationError", "Context"},
}


def surface(library: str) -> set[str]:
    names = {theirs: ours for ours, theirs in IN_TYPESCRIPT.items()}
    found = python_surface(Conversations) if library == "python" else typescript_surface()
    return {names.get(name, name) for name in found}


LISTED = set[str]().union(*NOT_OURS.values())


@pytest.mark.parametrize("library", ["python", "typescript"])
def test_the_classes_of_the_sdks_conversations_are_ours_or_on_the_list(library: str) -> None:
    assert sorted(surface(library) - OURS.keys() - LISTED) == []


def test_no_class_of_ours_or_of_the_list_is_gone_from_the_sdks() -> None:
    assert sorted((OURS.keys() | LISTED) - surface("python") - surface("typescript")) == []


def test_a_field_a_value_or_a_class_that_is_new_is_found_by_its_name() -> None:
    class TextChunk(sdk.TextChunk):
        lang: str

    class MessageInputEntry(sdk.MessageInputEntry):
        role: Literal["user", "assistant", "judge"]  # type: ignore[assignment]

    class Api:
        def start(self, message: MessageInputEntry) -> list[TextChunk] | None: ...

    assert list(differing(cm.TextChunk, of_python(TextChunk))) == ["TextChunk.lang: ours lacks it"]
    assert {
        "MessageInputEntry.role: it can be 'judge'",
        "MessageInputEntry.role: theirs is closed",
    } <= set(differing(cm.MessageInputEntry, of_python(MessageInputEntry)))
    assert python_surface(Api).keys() >= {"TextChunk", "MessageInputEntry", "ToolFileChunk"}


@pytest.mark.parametrize(
    ("name", "key", "changed", "line"),
    [
        ("Prediction", "content", {"default": "x"}, "Prediction.content: its default is 'x'"),
        ("Prediction", "content", {"required": True}, "Prediction.content: theirs is required"),
        ("Prediction", "content", {"nullable": True}, "Prediction.content: theirs is nullable"),
        ("Prediction", "content", {"kinds": frozenset({"time"})}, "Prediction.content: it holds time"),
        ("JSONSchema", "schema", {"camel_key": "schema"}, "JSONSchema.schema: its key is schema in camelCase"),
    ],
)
def test_each_way_to_differ_is_found(name: str, key: str, changed: dict[str, Any], line: str) -> None:
    ours = of_ours(OURS[name])
    other = ours._replace(fields={**ours.fields, key: ours.fields[key]._replace(**changed)})
    assert list(differing(OURS[name], ours)) == []
    assert list(differing(OURS[name], other)) == [line]
    assert list(differing(OURS[name], ours._replace(tag="new"))) == [f"{name}: its tag is new"]
