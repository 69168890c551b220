"""What the page about the wire says of its examples, beyond that they decode."""

import json
import re
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.cli.types import TYPES

from .pages import Block, blocks_in, page

TEXT = page("wire.md").read_text(encoding="utf-8")
BLOCKS = blocks_in(TEXT, "wire.md")
BODIES = [block for block in BLOCKS if block.language == "json"]
WRAPPERS = [block for block in BODIES if "UNKNOWN" in block.text]


def codec_of(block: Block) -> cm.Codec:
    return cm.camel if cm.naming_of(block.text) == "camel" else cm.snake


def decoded(word: str) -> list[Any]:
    return [codec_of(block).decode(block.text, TYPES[word]) for block in BODIES if block.word == word]


def test_the_models_know_every_field_of_the_examples_but_the_wrappers() -> None:
    bodies = [block for block in BODIES if block not in WRAPPERS and block.word != "ServiceError"]
    drifts = [codec_of(block).drift(block.text, TYPES[block.word]) for block in bodies]
    assert sorted(path for drift in drifts for path in drift) == ["$.usage is missing"]
    assert {codec_of(block).naming for block in bodies} == {"camel", "snake"}


def test_the_schema_of_a_format_is_not_respelled_by_rule() -> None:
    (form,) = decoded("ResponseFormat")
    assert form.json_schema.schema == {"type": "object"}


def test_fields_tell_entries_apart_as_the_table_says() -> None:
    rows = re.findall(r"^\| (`.+?) \| (.+?) \|$", TEXT.partition("| fields | entry |")[2], re.MULTILINE)
    found = {}
    for fields, entry in rows[:6]:
        # A field after "without" is absent.
        names = re.findall(r"`(\w+)`", fields.partition(" without ")[0])
        handoff = ["previous_agent_name", "next_agent_id", "next_agent_name"] if "previous_agent_id" in names else []
        found[entry] = cm.snake.decode(json.dumps(dict.fromkeys([*names, *handoff], "user")), cm.InputEntry).type
    assert found == {
        "agent handoff": "agent.handoff",
        "function result": "function.result",
        "function call": "function.call",
        "message to the model": "message.input",
        "message of the model": "message.output",
        "tool execution": "tool.execution",
    }


@pytest.mark.parametrize("extra", [{"model": "m"}, {"agent_id": "a"}, {"content": [{"type": "tool_reference"}]}])
def test_a_message_with_the_role_assistant_may_be_of_the_model(extra: dict[str, Any]) -> None:
    message = {"role": "assistant", "content": "Hi"}
    assert cm.snake.decode(json.dumps(message), cm.InputEntry).type == "message.input"
    assert cm.snake.decode(json.dumps({**message, **extra}), cm.InputEntry).type == "message.output"


def test_the_example_of_a_request_has_three_kinds_of_entries() -> None:
    (request,) = decoded("ConversationRequest")
    assert [entry.type for entry in request.inputs] == ["message.input", "function.call", "function.result"]


def test_the_example_of_a_stream_is_whole() -> None:
    stream, failed = (block.text for block in BLOCKS if block.word == "events")
    response = cm.collect(cm.snake.iter_events([stream]))
    assert (response.text, response.usage.total_tokens, len(response.outputs)) == ("Spain won.", 24, 2)
    with pytest.raises(cm.ConversationResponseError, match="Upstream timed out"):
        cm.collect(cm.snake.iter_events([failed]))


def test_errors_are_read_in_each_of_their_shapes() -> None:
    assert [(error.message, error.code) for error in decoded("ServiceError")] == [
        ("No such conversation", 3000),
        ("body.inputs: Field required", None),
        ("Invalid API Key", None),
        ("Blocked by a guardrail", None),
    ]


def test_the_wrappers_of_both_sdks_are_unknown() -> None:
    in_camel, in_snake = (block.text for block in WRAPPERS)
    assert isinstance(cm.camel.decode(in_camel, cm.OutputEntry), cm.Unknown)
    assert isinstance(cm.snake.decode(in_snake, cm.OutputEntry), cm.Unknown)
    assert cm.snake.encode(cm.camel.decode(in_camel, cm.OutputEntry)) == b'{"type": "video.output", "frame_count": 3}'
