"""Which kind of body a document is, by its content or by ``--type``."""

import json
from typing import Any

import pytest

import conversation_models as cm
from conversation_models.captured.kinds import kind_of
from conversation_models.cli import types

from ..support.documents import NAMINGS, Naming
from ..support.each import each
from ..support.program import HELLO, Done, in_naming, run

DATES = {"created_at": "2025-06-16T08:10:30Z", "updated_at": "2025-06-16T08:10:30Z"}

BODIES: list[tuple[Any, Any]] = [
    ({"outputs": [], "conversation_id": "c"}, cm.ConversationResponse),
    ({"object": "conversation.response"}, cm.ConversationResponse),
    ({"entries": [], "conversation_id": "c"}, cm.ConversationHistory),
    ({"object": "conversation.history", "outputs": []}, cm.ConversationHistory),
    ({"messages": [], "conversation_id": "c"}, cm.ConversationMessages),
    ({"object": "conversation.messages"}, cm.ConversationMessages),
    ({"id": "c", **DATES, "model": "m"}, cm.Conversation),
    ({"id": "c", **DATES, "agent_id": "a"}, cm.Conversation),
    ({"object": "conversation"}, cm.Conversation),
    ([{"id": "c", **DATES, "model": "m"}], list[cm.Conversation]),
    ([], list[cm.Conversation]),
    ({"from_entry_id": "e", "inputs": "Hi", "agent_version": 1}, cm.ConversationRestartRequest),
    ({"tool_confirmations": []}, cm.ConversationAppendRequest),
    ({"inputs": "Hi", "stream": True, "store": True, "handoff_execution": "client"}, cm.ConversationAppendRequest),
    ({"inputs": "Hi", "completion_args": {"temperature": 1}, "new": 1}, cm.ConversationAppendRequest),
    ({"inputs": "Hi", "model": "m"}, cm.ConversationRequest),
    ({"inputs": [], "agent_id": None}, cm.ConversationRequest),
    ({"inputs": "Hi", "instructions": "Be brief"}, cm.ConversationRequest),
    ({"inputs": "Hi", "tools": []}, cm.ConversationRequest),
    ({"inputs": "Hi", "guardrails": []}, cm.ConversationRequest),
    ({"inputs": "Hi", "name": "n"}, cm.ConversationRequest),
    ({"inputs": "Hi", "description": "d"}, cm.ConversationRequest),
    ({"inputs": "Hi", "metadata": {}}, cm.ConversationRequest),
    ({"inputs": "Hi", "agent_version": 2}, cm.ConversationRequest),
    ({"type": "conversation.response.started", "conversation_id": "c"}, cm.ConversationEvent),
    ({"object": "Error", "message": "no", "type": "invalid_request_error", "code": 3000}, cm.ServiceError),
    ({"object": "Error", "message": "no", "inputs": "Hi", "messages": []}, cm.ServiceError),
    ({"object": "Error", "detail": [{"loc": ["body"], "msg": "no", "type": "missing"}]}, cm.ServiceError),
    ({"detail": "Invalid API Key"}, cm.ServiceError),
    ({"error": {"message": "blocked", "status": 403}, "guardrails": {}}, cm.ServiceError),
    ({"error": "bad gateway"}, cm.ServiceError),
    # A response may have new fields of these names.
    ({"outputs": [], "conversation_id": "c", "error": "half of it", "inputs": "Hi"}, cm.ConversationResponse),
    ({}, None),
    ({"id": "c", "created_at": DATES["created_at"]}, None),
    ({"conversation_id": "c"}, None),
    ({"model": "m", "stream": True}, None),
    ({"object": "Error"}, None),
    ({"error": None, "detail": []}, None),
    ([{"outputs": [], "conversation_id": "c"}], None),
    ([1], None),
    ("inputs", None),
    (5, None),
]


@each("naming", NAMINGS)
@each(("body", "kind"), BODIES)
def test_the_content_of_a_body_decides(body: Any, kind: Any, naming: Naming) -> None:
    assert kind_of(json.dumps(in_naming(body, naming)).encode()) == kind


@pytest.mark.parametrize("text", [b"", b"{", b'{"inputs": \xff', b"[" * 100_000, b'{"inputs":' * 100_000])
def test_text_that_is_not_json_is_of_no_kind(text: bytes) -> None:
    assert kind_of(text) is None


def test_a_type_has_the_name_of_its_model_or_union() -> None:
    assert types.type_named(types.BODIES, "ConversationRestartRequest") is cm.ConversationRestartRequest
    assert types.type_named(types.BODIES, "Conversation") == cm.Conversation
    assert types.type_named(types.BODIES, "list[Conversation]") == list[cm.Conversation]
    assert types.type_named(types.BODIES, "list[ConversationResponse]") == list[cm.ConversationResponse]
    assert types.type_named(types.BODIES, "ServiceError") is cm.ServiceError


@pytest.mark.parametrize("command", [["show", "-"], ["validate", "-"], ["convert", "--to", "snake"]])
def test_a_body_whose_keys_do_not_decide_is_an_error_that_names_the_option(command: list[str]) -> None:
    done = run(*command, stdin="{}")
    assert done.status == 1
    assert (done.out + done.err).endswith("The keys do not tell the type of body: use --type or --at - at `$`\n")


def test_the_type_that_is_given_is_read() -> None:
    assert run("validate", "--type", "ConversationAppendRequest", "-", stdin="{}").out == "-: ok\n"
    listed = json.dumps([HELLO])
    assert run("validate", "--type", "list[ConversationResponse]", "-", stdin=listed).out == "-: ok (snake_case)\n"
    history = run("validate", "--type", "ConversationHistory", "-", stdin=json.dumps(HELLO)).out
    assert history == "-: invalid: Object missing required field `entries` - at `$`\n"


def test_an_unknown_type_is_an_error_that_lists_close_ones() -> None:
    done = run("show", "--type", "ConversationHistroy", "-")
    assert done[:2] == (2, "")
    assert "no type is called 'ConversationHistroy': close to it are ConversationHistory, " in done.err
    done = run("show", "--type", "Zebra", "-")
    assert "no type is called 'Zebra': there are ConversationResponse, ConversationEvent, " in done.err


def test_a_stream_needs_no_type() -> None:
    message = "conversation-models: -: a stream of server-sent events, for which --type and --at have no meaning\n"
    assert run("validate", "--type", "ConversationResponse", "-", stdin="data: {}\n\n") == Done(1, "", message)


def test_lines_may_be_bodies_of_several_kinds() -> None:
    bodies = [{"inputs": "Hi", "model": "m"}, HELLO, {"detail": "no"}, {}, in_naming({"from_entry_id": "e"}, "camel")]
    done = run("validate", "-", stdin="\n".join(map(json.dumps, bodies)))
    assert done.out.splitlines() == [
        "-:3: warning: the service reported an error: no",
        "-:4: invalid: The keys do not tell the type of body: use --type or --at - at `$`",
        "-: 1 of 5 documents are invalid",
    ]


def test_the_lines_of_a_list_that_is_laid_out_are_not_documents() -> None:
    conversation = json.dumps({"id": "c", **DATES, "model": "m"})
    assert run("validate", "-", stdin=f"[\n{conversation},\n{conversation}\n]\n").out == "-: ok (snake_case)\n"


def test_lines_of_requests_are_recognised_after_broken_ones() -> None:
    out = run("validate", "-", stdin='oops\n{"inputs": "Hi", "model": "m"}\n').out
    assert out.splitlines()[-1] == "-: 1 of 2 documents are invalid"
