"""``conversation-models schema TYPE`` prints the schema that the codec writes."""

import json

import pytest

import conversation_models as cm

from ..support.documents import NAMINGS, SHAPES, UNION_TYPES, Naming
from ..support.program import run


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_schema_is_printed_as_indented_json(naming: Naming) -> None:
    done = run("schema", "JSONSchema", "--naming", naming)
    assert done[::2] == (0, "")
    assert json.loads(done.out) == cm.Codec(naming).schema(cm.JSONSchema)
    assert done.out.startswith('{\n  "$schema": ')
    assert done.out.endswith("\n}\n")


def test_the_keys_are_in_camel_case_unless_asked_for() -> None:
    assert json.loads(run("schema", "Conversation").out) == cm.camel.schema(cm.Conversation)


def test_help_lists_every_type() -> None:
    words = run("schema", "--help").out.replace("│", " ").replace(",", " ").replace(".", " ").split()
    unions = [name for name in cm.__all__ if getattr(cm, name) in UNION_TYPES.values()]
    assert {cls.__name__ for cls in SHAPES} | {*unions, "ResponseHead", "ServiceError"} <= set(words)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("conversationrequest", "close to it are ConversationRequest, "),
        ("OutputEntries", "close to it are OutputEntry"),
        ("", "there are ConversationResponse, "),
        ("__init__", "there are ConversationResponse, "),
    ],
)
def test_an_unknown_type_is_a_usage_error_that_suggests_names(name: str, suggestion: str) -> None:
    done = run("schema", name)
    assert done[:2] == (2, "")
    assert done.err.startswith(
        f"conversation-models: Invalid value for 'TYPE': no type is called {name!r}: {suggestion}"
    )
    assert done.err.endswith(" (see --help)\n")
