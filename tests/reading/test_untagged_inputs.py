"""Entries of requests, histories and messages without a tag: which class each is, by the fields that are there."""

import json
from typing import Any

import pytest

import conversation_models as cm

from ..support.documents import CODECS, NAMINGS, Naming, dumps, exact, key, written
from ..support.each import each

INPUT, OUTPUT = cm.MessageInputEntry, cm.MessageOutputEntry
CITED = [{"type": "text", "text": "See"}, {"type": "tool_reference", "tool": "web_search", "title": "T"}]
CITED_UNTAGGED = [{"text": "See"}, {"tool": "web_search", "title": "T"}]

ROWS: dict[str, tuple[Any, dict[str, Any]]] = {
    "role and content": (INPUT, {"role": "user", "content": "Hi"}),
    "assistant and content": (INPUT, {"role": "assistant", "content": "Hi"}),
    "another role": (INPUT, {"role": "system", "content": "Hi"}),
    "role and chunks": (INPUT, {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}),
    "with agent_id": (OUTPUT, {"role": "assistant", "content": "Hi", "agent_id": "ag_1"}),
    "with model": (OUTPUT, {"role": "assistant", "content": "Hi", "model": "mistral-medium"}),
    "with both": (OUTPUT, {"role": "assistant", "content": "Hi", "agent_id": "ag_1", "model": "mistral-medium"}),
    "with agent_id that is null": (OUTPUT, {"role": "assistant", "content": "Hi", "agent_id": None}),
    "with model first": (OUTPUT, {"model": "mistral-medium", "content": "Hi", "role": "assistant"}),
    "with prefix": (INPUT, {"role": "assistant", "content": "Hi", "prefix": True}),
    "content alone": (OUTPUT, {"content": "Hi"}),
    "content and model": (OUTPUT, {"content": "Hi", "model": "mistral-medium"}),
    "content and agent_id": (OUTPUT, {"content": "Hi", "agent_id": "ag_1"}),
    "assistant that cites": (OUTPUT, {"role": "assistant", "content": CITED}),
    "assistant that cites without tags": (OUTPUT, {"role": "assistant", "content": CITED_UNTAGGED}),
    "call id and result": (cm.FunctionResultEntry, {"tool_call_id": "c1", "result": "{}"}),
    "call id, result, name and arguments": (
        cm.FunctionCallEntry,
        {"tool_call_id": "c1", "result": "{}", "name": "f", "arguments": "{}"},
    ),
    "call id, name and arguments": (cm.FunctionCallEntry, {"tool_call_id": "c1", "name": "f", "arguments": "{}"}),
    "name and arguments": (cm.ToolExecutionEntry, {"name": "web_search", "arguments": "{}"}),
    # Both SDKs reject the whole document here. Old payloads have tool executions without arguments.
    "name alone": (cm.ToolExecutionEntry, {"name": "web_search"}),
    "handoff": (
        cm.AgentHandoffEntry,
        {"previous_agent_id": "a", "previous_agent_name": "A", "next_agent_id": "b", "next_agent_name": "B"},
    ),
}
# What a user says is always an input. Fields that an input does not have are unknown fields of it.
OF_USERS: dict[str, dict[str, Any]] = {
    "with agent_id": {"role": "user", "content": "Hi", "agent_id": "ag_1"},
    "with model": {"role": "user", "content": "Hi", "model": "mistral-medium"},
    "that cites": {"role": "user", "content": CITED},
    "in another role with model": {"role": "system", "content": "Hi", "model": "mistral-medium"},
}
UNKNOWN: dict[str, Any] = {
    "no field that we know": {"voice": "low"},
    "a type that we do not know": {"type": "video.input", "content": "Hi"},
    "null for a type": {"type": None, "role": "user", "content": "Hi"},
    "a string": "Hi",
}

Places = dict[str, tuple[Any, Any, Any]]
"""By the name of a place, a document with an entry in it, its type, and how to get the entry from its value."""


def spelled(entry: Any, naming: Naming) -> Any:
    known = {"agent_id", "tool_call_id", "previous_agent_id", "previous_agent_name", "next_agent_id", "next_agent_name"}
    if not isinstance(entry, dict):
        return entry
    return {key(name, naming) if name in known else name: value for name, value in entry.items()}


def places(entry: Any, naming: Naming, *, is_message: bool) -> Places:
    identified = {key("conversation_id", naming): "c"}
    found: Places = {
        "entry": (entry, cm.InputEntry, lambda value: value),
        "history": ({**identified, "entries": [entry]}, cm.ConversationHistory, lambda value: value.entries[0]),
        "request": ({"inputs": [entry]}, cm.ConversationRequest, lambda value: value.inputs[0]),
        "append": ({"inputs": [entry]}, cm.ConversationAppendRequest, lambda value: value.inputs[0]),
        "restart": (
            {key("from_entry_id", naming): "e", "inputs": [entry]},
            cm.ConversationRestartRequest,
            lambda value: value.inputs[0],
        ),
    }
    if is_message:
        found["message"] = (entry, cm.MessageEntry, lambda value: value)
        found["messages"] = (
            {**identified, "messages": [entry]},
            cm.ConversationMessages,
            lambda value: value.messages[0],
        )
    return found


def check(entry: Any, cls: Any, naming: Naming, *, is_message: bool) -> None:
    """Assert that ``entry`` is a ``cls`` wherever it is, and that nothing of it is lost."""
    codec = CODECS[naming]
    expected = entry if cls is cm.Unknown else written(entry, cls, naming)
    for place, (document, tp, entry_in) in places(entry, naming, is_message=is_message).items():
        value = entry_in(codec.decode(dumps(document), tp))
        assert isinstance(value, cls), place
        assert exact(json.loads(codec.encode(value))) == exact(expected), place
        assert codec.decode(codec.encode(value), cm.InputEntry) == value, place


@each("naming", NAMINGS)
@each("row", ROWS)
def test_an_untagged_entry_is_what_its_fields_make_it(row: str, naming: Naming) -> None:
    cls, entry = ROWS[row]
    check(spelled(entry, naming), cls, naming, is_message=cls in (INPUT, OUTPUT))


@each("naming", NAMINGS)
@each("row", OF_USERS)
def test_a_message_of_anyone_but_the_assistant_is_an_input(row: str, naming: Naming) -> None:
    entry = spelled(OF_USERS[row], naming)
    check(entry, INPUT, naming, is_message=True)
    value: Any = CODECS[naming].decode(dumps(entry), cm.InputEntry)
    assert dict(value.unknown_fields) == {
        name: member for name, member in entry.items() if name not in ("role", "content")
    }


@each("naming", NAMINGS)
@each("row", UNKNOWN)
def test_an_entry_that_fits_no_class_is_unknown(row: str, naming: Naming) -> None:
    check(UNKNOWN[row], cm.Unknown, naming, is_message=True)


@each("naming", NAMINGS)
@each("row", [row for row, (cls, _) in ROWS.items() if cls not in (INPUT, OUTPUT)])
def test_an_entry_that_is_not_a_message_is_unknown_among_messages(row: str, naming: Naming) -> None:
    value: Any = CODECS[naming].decode(dumps(spelled(ROWS[row][1], naming)), cm.MessageEntry)
    assert isinstance(value, cm.Unknown)


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_tag_without_the_fields_of_its_class_is_an_error_with_its_path(naming: Naming) -> None:
    for place, (document, tp, _) in places({"type": "message.input", "content": "Hi"}, naming, is_message=True).items():
        with pytest.raises(cm.ConversationDecodeError, match="missing required field `role`") as caught:
            CODECS[naming].decode(dumps(document), tp)
        listed = {"history": "$.entries[0]", "messages": "$.messages[0]", "entry": "$", "message": "$"}
        assert caught.value.path == listed.get(place, "$.inputs[0]"), place


@pytest.mark.parametrize("naming", NAMINGS)
def test_an_output_with_a_role_is_a_message_if_the_role_is_the_assistants(naming: Naming) -> None:
    """There are no inputs among outputs. Both SDKs reject the second."""
    message: Any = CODECS[naming].decode(b'{"role":"assistant","content":"Hi"}', cm.OutputEntry)
    assert message == cm.MessageOutputEntry(content="Hi")
    other: Any = CODECS[naming].decode(b'{"role":"user","content":"Hi"}', cm.OutputEntry)
    assert other == cm.Unknown(None, b'{"role":"user","content":"Hi"}')
