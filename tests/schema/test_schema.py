"""A schema accepts the documents that ``decode`` accepts, by the judgement of an independent validator."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import conversation_models as cm

from ..support.amounts import amount, each_once, examples, in_full_if_long, some
from ..support.documents import (
    CODECS,
    NAMINGS,
    SHAPES,
    UNION_TYPES,
    Naming,
    dumps,
    key,
    minimal,
    respelled,
)
from ..support.each import each
from ..support.examples import MODELS, full, least
from ..support.paths import FIXTURES, SAMPLES
from ..support.strategies import wire, wire_member

every_naming = pytest.mark.parametrize("naming", NAMINGS)


@cache
def validator(tp: Any, naming: Naming) -> Any:
    schema = CODECS[naming].schema(tp)
    return Draft202012Validator(schema)


def is_valid(document: Any, tp: Any, naming: Naming) -> bool:
    return bool(validator(tp, naming).is_valid(document))


def is_read(document: Any, tp: Any, naming: Naming) -> bool:
    try:
        CODECS[naming].decode(dumps(document), tp)
    except cm.ConversationDecodeError:
        return False
    return True


def check_accepted(document: Any, tp: Any, naming: Naming) -> None:
    validator(tp, naming).validate(document)
    assert is_read(document, tp, naming)


@some(1, "naming", NAMINGS)
def test_schemas_of_all_models_and_unions_are_schemas(naming: Naming) -> None:
    parts: Any = (*SHAPES, *UNION_TYPES.values(), cm.ServiceError)
    schema = CODECS[naming].schema(tuple[parts])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


# Accepted ----------------------------------------------------------------------------------------------------------


@each_once(naming=NAMINGS, cls=SHAPES)
@given(data=st.data())
@examples(5, usual=2)
def test_every_document_of_a_model_is_accepted(cls: Any, naming: Naming, data: st.DataObject) -> None:
    check_accepted(data.draw(wire(cls, naming, data.draw(st.booleans()))), cls, naming)


@each_once(naming=NAMINGS, union=UNION_TYPES)
@given(data=st.data())
@examples(8, usual=4)
def test_every_member_of_a_union_is_accepted(union: str, naming: Naming, data: st.DataObject) -> None:
    check_accepted(data.draw(wire_member(union, naming, data.draw(st.booleans()))), UNION_TYPES[union], naming)


@every_naming
@each("path", sorted(FIXTURES.glob("*.json")))
def test_every_fixture_is_accepted(path: Path, naming: Naming) -> None:
    document = json.loads(path.read_bytes())
    written: Naming = "camel" if path.stem.endswith("_camel") else "snake"
    if naming != written:
        document = respelled(document, cm.ConversationResponse, written)
    check_accepted(document, cm.ConversationResponse, naming)
    check_accepted(document, cm.ResponseHead, naming)
    check_accepted([document], list[cm.ConversationResponse], naming)


# By the end of a sample's name, else by its beginning.
SAMPLE_TYPES: dict[str, Any] = {
    "start": cm.ConversationRequest,
    "append": cm.ConversationAppendRequest,
    "restart": cm.ConversationRestartRequest,
    "list": list[cm.Conversation],
    "model-conversation": cm.ModelConversation,
    "agent-conversation": cm.AgentConversation,
    "error": cm.ServiceError,
    "history": cm.ConversationHistory,
    "messages": cm.ConversationMessages,
    "response": cm.ConversationResponse,
}


def type_of_sample(path: Path) -> Any:
    return SAMPLE_TYPES.get(path.stem.rpartition(".")[2], SAMPLE_TYPES.get(path.stem.partition("-")[0]))


def spelled(document: Any, tp: Any, naming: Naming) -> Any:
    """A document in snake_case, in ``naming``. An error body has no naming."""
    if naming == "snake" or tp is cm.ServiceError:
        return document
    if isinstance(document, list):
        return [respelled(member, "conversation", "snake") for member in document]
    return respelled(document, tp, "snake")


@every_naming
@each("path", sorted(SAMPLES.glob("*.json")))
def test_every_documented_payload_is_accepted(path: Path, naming: Naming) -> None:
    tp = type_of_sample(path)
    document = spelled(json.loads(path.read_bytes()), tp, naming)
    check_accepted(document, tp, naming)
    if tp is not cm.ServiceError:
        check_accepted(document, tp | cm.ServiceError, naming)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.sse")), ids=lambda path: path.stem)
def test_every_documented_event_is_accepted(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("data: {")]
    assert len(lines) > 5
    for line in lines:
        check_accepted(json.loads(line.removeprefix("data: ")), cm.ConversationEvent, "snake")


# Rejected ----------------------------------------------------------------------------------------------------------

# A field has seven or nine: the share that is tested by default is another in each.
SHARE = amount(5, 1)
REPLACEMENTS: tuple[Any, ...] = ("s", 7, None, True, 0.5, [], {}, ["s"])


def damaged(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """``document`` with each of its values, and each of theirs, removed or replaced in turn."""
    for name, value in document.items():
        yield {other: member for other, member in document.items() if other != name}
        # To most validators, any string is a time.
        wrong = [part for part in REPLACEMENTS if not (isinstance(part, str) and name.endswith(("_at", "At")))]
        inner: list[Any] = list(damaged(value)) if isinstance(value, dict) and "type" in value else []
        inner += [[part] for part in (value if isinstance(value, list) else []) if part is not None]
        for part in (*wrong, *inner):
            yield {**document, name: part}


def check_same(document: Any, tp: Any, naming: Naming) -> None:
    """Check that the validator and ``decode`` agree, but for keys in the other naming, which a schema allows."""
    try:
        CODECS[naming].decode(dumps(document), tp)
        reason = None
    except cm.ConversationDecodeError as error:
        reason = str(error)
    if "read this with" not in (reason or ""):
        assert is_valid(document, tp, naming) == (reason is None), (document, reason)


@in_full_if_long
@each("cls", MODELS)
def test_of_damaged_documents_the_same_are_accepted_as_by_decode(cls: Any) -> None:
    for document in islice(damaged(cm.camel.to_builtins(full(cls))), None, None, SHARE):
        check_same(document, cls, "camel")
    for document in islice(damaged(cm.snake.to_builtins(least(cls))), None, None, SHARE):
        check_same(document, cls, "snake")


@in_full_if_long
@each_once(naming=NAMINGS, union=UNION_TYPES)
def test_of_damaged_members_the_same_are_accepted_as_by_decode(union: str, naming: Naming) -> None:
    tp = UNION_TYPES[union]
    for cls in get_args(tp):
        for document in islice(damaged(CODECS[naming].to_builtins(least(cls))), None, None, SHARE):
            check_same(document, tp, naming)
    others: list[Any] = [*REPLACEMENTS, {"type": None}, {"type": "new"}, {"type": ["new"]}]
    for document in others:
        assert is_valid(document, tp, naming)
        assert is_valid([document], list[tp], naming)  # type: ignore[valid-type]
        check_same(document, tp, naming)
        check_same(document, tp | None, naming)
        check_same(document, tp | cm.ServiceError, naming)
        check_same(document, str | tp, naming)


@every_naming
@each("cls", SHAPES)
def test_a_required_field_is_required_and_has_its_type(cls: Any, naming: Naming) -> None:
    fields = {key(name, naming): value for name, value in minimal(cls).items()}
    check_accepted(fields, cls, naming)
    for name in fields:
        without = {other: value for other, value in fields.items() if other != name}
        assert not is_valid(without, cls, naming)
        assert not is_read(without, cls, naming)
        for wrong in (None, 0.5):
            if cls is not cm.ResponseHead:
                assert not is_valid({**fields, name: wrong}, cls, naming)
                assert not is_read({**fields, name: wrong}, cls, naming)


@every_naming
@each("union", UNION_TYPES)
def test_a_member_with_a_known_tag_has_the_shape_of_its_model(union: str, naming: Naming) -> None:
    for cls in SHAPES:
        tag = SHAPES[cls].tag
        if tag is None or cls not in get_args(UNION_TYPES[union]):
            continue
        fields = {key(name, naming): value for name, value in minimal(cls).items()}
        tp = UNION_TYPES[union]
        check_accepted({**fields, "type": tag}, tp, naming)
        check_accepted({**fields, "type": f"{tag}.new"}, tp, naming)
        for name in fields:
            damaged_member = {**fields, "type": tag, name: 0.5}
            assert not is_valid(damaged_member, tp, naming)
            assert not is_read(damaged_member, tp, naming)


# Written -----------------------------------------------------------------------------------------------------------


def definitions(tp: Any, naming: Naming = "snake") -> dict[str, Any]:
    found: dict[str, Any] = CODECS[naming].schema(tp)["$defs"]
    return found


def test_a_schema_describes_a_model_in_words_and_with_its_defaults() -> None:
    assert cm.camel.schema(cm.ConversationUsageInfo) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/ConversationUsageInfo",
        "$defs": {
            "ConversationUsageInfo": {
                "title": "ConversationUsageInfo",
                "description": "Tokens used. A count that is absent is 0.",
                "type": "object",
                "properties": {
                    "promptTokens": {"type": "integer", "description": "Tokens that the model read.", "default": 0},
                    "completionTokens": {
                        "type": "integer",
                        "description": "Tokens that the model wrote.",
                        "default": 0,
                    },
                    "totalTokens": {
                        "type": "integer",
                        "description": "All tokens, as the service adds them up: prompt, completion and connector "
                        "tokens.",
                        "default": 0,
                    },
                    "connectorTokens": {
                        "type": ["integer", "null"],
                        "description": "Tokens that tools used. Absent or null if not stated.",
                    },
                    "connectors": {
                        "anyOf": [
                            {"type": "null"},
                            {"type": "object", "additionalProperties": {"type": "integer"}},
                        ],
                        "description": "How often each tool ran, by its name. Absent or null if not stated.",
                    },
                },
                "additionalProperties": True,
            }
        },
    }


def test_a_union_lists_its_members_then_what_is_none_of_them() -> None:
    *members, unknown, other = definitions(cm.Tool)["Tool"]["anyOf"]
    # The service rejects a tool without a tag, so only its tag makes an object a tool.
    assert members[1] == {"$ref": "#/$defs/WebSearchTool", "required": ["type"]}
    assert [member["$ref"].rpartition("/")[2] for member in members] == [cls.__name__ for cls in get_args(cm.Tool)]
    assert unknown["properties"]["type"]["not"]["enum"] == [SHAPES[cls].tag for cls in get_args(cm.Tool)]
    assert "none of these models" in unknown["description"]
    assert other["not"] == {"type": "object"}
    assert "not an object" in other["description"]


@every_naming
def test_constants_choices_times_and_free_values_are_written_as_such(naming: Naming) -> None:
    found = definitions(list[cm.Conversation | cm.ConversationAppendRequest], naming)
    conversation, request = found["AgentConversation"], found["ConversationAppendRequest"]
    constant = conversation["properties"]["object"]
    assert (constant["const"], constant["default"]) == ("conversation", "conversation")
    assert "object" not in conversation["required"]
    times = conversation["properties"][key("created_at", naming)]
    assert (times["type"], times["format"]) == ("string", "date-time")
    assert request["properties"][key("handoff_execution", naming)]["enum"] == ["client", "server"]
    # Any string is possible, so the known ones are only in the description.
    effort = definitions(cm.CompletionArgs, naming)["CompletionArgs"]["properties"][key("reasoning_effort", naming)]
    assert effort.keys() == {"type", "description"}
    assert definitions(cm.ResponseHead, naming)["ResponseHead"]["properties"]["outputs"].keys() == {"description"}


def test_the_key_that_the_namings_do_not_share_by_rule_is_written_in_each() -> None:
    for naming, name in (("snake", "schema"), ("camel", "schemaDefinition")):
        schema = definitions(cm.JSONSchema, naming)["JSONSchema"]  # type: ignore[arg-type]
        assert list(schema["properties"]) == ["name", name, "description", "strict"]
        assert schema["required"] == ["name", name]


@every_naming
@each("cls", MODELS)
def test_every_field_of_a_model_has_a_description(cls: Any, naming: Naming) -> None:
    schema = definitions(cls, naming)[cls.__name__]
    assert schema["title"] == cls.__name__
    assert schema["description"]
    undescribed = {name for name, value in schema["properties"].items() if "description" not in value}
    assert undescribed <= {"type"}
    assert all("``" not in value.get("description", "") for value in schema["properties"].values())


@pytest.mark.parametrize("tp", [cm.Unknown, list[cm.InvalidEvent], 7])
def test_a_type_that_cannot_be_read_has_no_schema(tp: Any) -> None:
    with pytest.raises(TypeError):
        cm.camel.schema(tp)


def test_a_schema_is_the_callers_to_change() -> None:
    before = json.dumps(cm.camel.schema())
    ahead: list[Any] = [cm.camel.schema()]
    while ahead:
        part = ahead.pop()
        ahead += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        if isinstance(part, (dict, list)):
            part.clear()
    assert json.dumps(cm.camel.schema()) == before


ERRORS: list[tuple[Any, bool]] = [
    ({"object": "Error", "message": "No", "code": 3000}, True),
    ({"detail": "Invalid API Key"}, True),
    ({"detail": [{"loc": ["body"], "msg": "Field required", "type": "missing"}]}, True),
    ({"error": {"message": "Blocked", "status": 403}}, True),
    ({"error": "no"}, True),
    ({"message": {"detail": [{"msg": "no"}]}}, True),
    ({}, False),
    ({"message": ""}, False),
    ({"detail": [{"type": "missing"}]}, False),
    ({"error": {"error": {"message": "too deep"}}}, False),
    ("no", False),
]


@each(("body", "is_error"), ERRORS)
def test_an_error_body_needs_a_message(body: Any, is_error: bool) -> None:
    assert is_valid(body, cm.ServiceError, "snake") == is_read(body, cm.ServiceError, "snake") == is_error
    tp = cm.ConversationResponse | cm.ServiceError
    assert is_valid(body, tp, "snake") == is_read(body, tp, "snake") == is_error
