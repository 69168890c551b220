"""Whole responses: the fixtures, and the official documentation's payloads if they are here."""

import json
from pathlib import Path
from typing import Any

import pytest

import conversation_models as cm

from ..support.documents import CODECS, dumps, exact, respelled, written
from ..support.each import each
from ..support.paths import FIXTURES, SAMPLES

DOCUMENTS = sorted(FIXTURES.glob("*.json"))
DOCUMENTED = sorted(SAMPLES.glob("response-*.json"))
IN_SNAKE = [path for path in DOCUMENTS if not path.stem.endswith("_camel")] + DOCUMENTED

CONSTANTS = {"object", "type", "role", "usage", "prompt_tokens", "completion_tokens", "total_tokens"}


def check_nothing_but_constants_added(before: Any, after: Any, path: str = "$") -> None:
    """Independent of ``support.documents``, which the other tests rely on."""
    if isinstance(before, dict):
        assert isinstance(after, dict)
        assert before.keys() <= after.keys(), path
        assert after.keys() - before.keys() <= CONSTANTS, path
        for key, value in before.items():
            check_nothing_but_constants_added(value, after[key], f"{path}.{key}")
    elif isinstance(before, list):
        assert len(before) == len(after), path
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            check_nothing_but_constants_added(one, other, f"{path}[{index}]")
    else:
        assert exact(before) == exact(after), path


@each("path", IN_SNAKE)
def test_whole_responses_come_back_equal(path: Path) -> None:
    document = json.loads(path.read_bytes())
    response = cm.snake.decode(path.read_bytes())
    check_nothing_but_constants_added(document, json.loads(cm.snake.encode(response)))
    assert exact(json.loads(cm.snake.encode(response))) == exact(written(document, cm.ConversationResponse, "snake"))
    # The same by way of the other naming.
    assert exact(json.loads(cm.snake.encode(cm.camel.decode(cm.camel.encode(response))))) == (
        exact(json.loads(cm.snake.encode(response)))
    )
    camel = respelled(document, cm.ConversationResponse, "snake")
    assert cm.camel.decode(dumps(camel)) == response


@each("path", IN_SNAKE)
def test_the_models_know_every_field_of_whole_responses(path: Path) -> None:
    usage = [] if "usage" in json.loads(path.read_bytes()) else ["$.usage is missing"]
    assert cm.snake.drift(path.read_bytes()) == usage
    assert not any(isinstance(entry, cm.Unknown) for entry in cm.snake.decode(path.read_bytes()).outputs)


@each("path", IN_SNAKE)
def test_whole_responses_can_be_peeked_at_and_patched(path: Path) -> None:
    data = path.read_bytes()
    document = json.loads(data)
    head = cm.snake.peek(data)
    assert head.conversation_id == document["conversation_id"]
    assert json.loads(bytes(head.outputs)) == document["outputs"]
    assert cm.patch(data, ["conversation_id"], "c\n") == data.replace(dumps(document["conversation_id"]), b'"c\\n"')


TYPES: dict[str, tuple[Any, Any]] = {
    "response-*.json": (cm.ConversationResponse, cm.ConversationResponse),
    "request-*.start.json": (cm.ConversationRequest, cm.ConversationRequest),
    "request-*.append.json": (cm.ConversationAppendRequest, cm.ConversationAppendRequest),
    "request-*.restart.json": (cm.ConversationRestartRequest, cm.ConversationRestartRequest),
    "history*.json": (cm.ConversationHistory, cm.ConversationHistory),
    "messages*.json": (cm.ConversationMessages, cm.ConversationMessages),
    "conversation-*-conversation.json": (cm.Conversation, "conversation"),
    "conversation-*.list.json": (list[cm.Conversation], "conversation"),
    "error-*.json": (cm.ServiceError, None),
    "stream-*.sse": (cm.ConversationEvent, "event"),
}
"""For each kind of payload, the type to read it as, and what ``documents`` calls it."""
PAYLOADS = [(path, *types) for pattern, types in TYPES.items() for path in sorted(SAMPLES.glob(pattern))]

NOT_BY_THE_SCHEMA = {"response-confirmation-no-usage.json": ["$.usage is missing"]}
"""The drift of payloads that break the schema."""


def parts_of(path: Path) -> list[Any]:
    """The documents in a file: the events of a stream, the members of a list."""
    if path.suffix == ".sse":
        lines = path.read_text("utf-8").splitlines()
        return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]
    document = json.loads(path.read_bytes())
    return document if isinstance(document, list) else [document]


@each(("path", "tp", "kind"), PAYLOADS)
def test_each_payload_comes_back_equal_in_both_namings(path: Path, tp: Any, kind: Any) -> None:
    documents = parts_of(path)
    is_list = path.name.endswith(".list.json")
    for document in [documents] if is_list else documents:
        value: Any = cm.snake.decode(dumps(document), tp)
        if kind is None:
            # An error body has one spelling: it comes back byte for byte.
            assert cm.camel.encode(value) == cm.snake.encode(value) == dumps(document)
            continue
        after = json.loads(cm.snake.encode(value))
        check_nothing_but_constants_added(document, after)
        parts = document if is_list else [document]
        again = [written(part, kind, "snake") for part in parts]
        assert exact(after) == exact(again if is_list else again[0])
        camel = [respelled(part, kind, "snake") for part in parts]
        assert cm.camel.decode(dumps(camel if is_list else camel[0]), tp) == value
        assert cm.snake.encode(cm.camel.decode(cm.camel.encode(value), tp)) == cm.snake.encode(value)


@each(("path", "tp", "kind"), PAYLOADS)
def test_the_models_know_every_field_of_each_payload(path: Path, tp: Any, kind: Any) -> None:
    found: list[str] = []
    documents = parts_of(path)
    for document in [documents] if path.name.endswith(".list.json") else documents:
        for codec in CODECS.values() if kind is None else [cm.snake]:
            found += codec.drift(dumps(document), tp)
        if kind is not None:
            value = cm.snake.decode(dumps(document), tp)
            assert sorted(cm.camel.drift(cm.camel.encode(value), tp)) == (
                sorted(line for line in found if not line.endswith(" is missing"))
            )
    assert found == NOT_BY_THE_SCHEMA.get(path.name, [])


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented payloads (../shared/samples) are not here")
def test_every_documented_payload_has_a_type() -> None:
    read = {path for path, *_ in PAYLOADS}
    assert {path.name for path in SAMPLES.iterdir() if path not in read} == {"README.md"}
    assert len(read) == len(PAYLOADS)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented payloads (../shared/samples) are not here")
def test_the_documented_payloads_are_among_the_samples() -> None:
    names = {path.stem.removeprefix("response-") for path in DOCUMENTED}
    assert names >= {"web-search", "code-interpreter", "function-call", "document-library", "guardrails", "untagged"}
    assert "confirmation-no-usage" in names


def test_fields_that_the_schema_lacks_are_read() -> None:
    response = cm.snake.decode((FIXTURES / "web_search.json").read_bytes())
    message = response.outputs[1]
    assert isinstance(message, cm.MessageOutputEntry)
    assert isinstance(message.content, list)
    assert [chunk.source for chunk in message.content if isinstance(chunk, cm.ToolReferenceChunk)] == ["brave"] * 3
    program = cm.snake.decode((FIXTURES / "code_interpreter.json").read_bytes()).outputs[1]
    assert isinstance(program, cm.ToolExecutionEntry)
    assert program.function == "code_interpreter"
    assert isinstance(program.info, dict)
    assert program.info["conversation_id"] == "not ours"


def test_entries_of_an_untagged_response_are_recognised() -> None:
    response = cm.snake.decode((FIXTURES / "untagged.json").read_bytes())
    assert [entry.type for entry in response.outputs] == [
        "message.output",
        "tool.execution",
        "function.call",
        "agent.handoff",
    ]
    message = response.outputs[0]
    assert isinstance(message, cm.MessageOutputEntry)
    assert message.text == "Plain"


@pytest.mark.parametrize("codec", [cm.camel, cm.snake], ids=str)
def test_a_response_without_usage_has_zeros_and_writes_them(codec: cm.Codec) -> None:
    identifier, counts = {
        "camel": (b'"conversationId":"c"', b'{"promptTokens":0,"completionTokens":0,"totalTokens":0}'),
        "snake": (b'"conversation_id":"c"', b'{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}'),
    }[codec.naming]
    data = b'{"object":"conversation.response",%b,"outputs":[]}' % identifier
    response, head = codec.decode(data), codec.peek(data)
    assert response.usage == head.usage == cm.ConversationUsageInfo()
    expected = data[:-1] + b',"usage":%b}' % counts
    assert codec.encode(response) == codec.encode(head) == expected
    assert codec.decode(expected) == response
    with pytest.raises(cm.ConversationDecodeError, match="missing required field `usage`"):
        codec.decode(b'{"type":"conversation.response.done"}', cm.ResponseDoneEvent)
