"""``show``: histories, messages, requests, conversations and errors as text."""

import json
from typing import Any

import pytest

from ..support.documents import NAMINGS, Naming
from ..support.program import Done, frame, in_naming, run

ENTRIES: list[dict[str, Any]] = [
    {"type": "message.input", "role": "user", "content": "How high is it?\nIn metres."},
    {"type": "function.call", "tool_call_id": "call7", "name": "height", "arguments": '{"of": "tower"}'},
    {"type": "function.result", "tool_call_id": "call7", "result": '{"metres": 82.5}'},
    {"type": "function.result", "tool_call_id": "call8", "result": "line 1\nline 2\n"},
    {"type": "tool.execution", "name": "web_search", "arguments": "{}", "info": {"hits": 2}},
    {
        "type": "message.output",
        "model": "mistral-medium-2505",
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Metres."}]},
            {"type": "text", "text": "It is **82.5** metres high"},
            {"type": "tool_reference", "tool": "web_search", "title": "Lights", "url": "https://lights.example/1"},
        ],
    },
    {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
    {
        "type": "agent.handoff",
        "previous_agent_id": "a",
        "previous_agent_name": "Reception",
        "next_agent_id": "b",
        "next_agent_name": "Harbour",
    },
    {"type": "note", "text": "new"},
]
ENTRIES_SHOWN = """\
user
How high is it?
In metres.

call height call7 {"of": "tower"}

result call7 {"metres": 82.5}

result call8
    line 1
    line 2

tool web_search {}
  hits: 2

assistant mistral-medium-2505
thinking: Metres.

It is **82.5** metres high[1]
  [1] Lights https://lights.example/1

system
Be brief.

handoff Reception to Harbour

unknown note {"type": "note", "text": "new"}
"""


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_history_is_shown_as_a_conversation(naming: Naming) -> None:
    history = in_naming({"conversation_id": "c1", "entries": ENTRIES}, naming)
    assert run("show", "-", stdin=json.dumps(history)) == Done(0, f"conversation c1\n\n{ENTRIES_SHOWN}", "")


def test_messages_are_shown_as_a_conversation() -> None:
    messages = {"object": "conversation.messages", "conversation_id": "c1", "messages": [ENTRIES[0], ENTRIES[6]]}
    shown = "conversation c1\n\nuser\nHow high is it?\nIn metres.\n\nsystem\nBe brief.\n"
    assert run("show", "-", stdin=json.dumps(messages)) == Done(0, shown, "")


SECRETS = ["s3cret-key", "s3cret-token", "s3cret-other"]
REQUEST = {
    "model": "mistral-medium-latest",
    "inputs": "How high is it?",
    "stream": False,
    "store": None,
    "instructions": "Be brief.\nBe exact.",
    "tools": [
        {"type": "web_search"},
        {"type": "code_interpreter", "tool_configuration": {"exclude": ["x"], "include": None}},
        {"type": "document_library", "library_ids": ["lib1", "lib2"]},
        {"type": "function", "function": {"name": "height", "description": "Of a\ntower", "parameters": {"a": 1}}},
        {
            "type": "connector",
            "connector_id": "gmail",
            "authorization": {"type": "api-key", "value": SECRETS[0], "scope": SECRETS[2]},
            "tool_configuration": {"requires_confirmation": ["gmail_search"]},
        },
        {"type": "connector", "connector_id": "wiki", "authorization": {"type": "oauth2-token", "value": SECRETS[1]}},
        {"type": "connector", "connector_id": "new", "authorization": {"type": "mtls", "value": SECRETS[2]}},
        {"type": "time_machine", "authorization": {"value": SECRETS[2]}},
        {"type": "web_search_premium", "authorization": {"value": SECRETS[2]}},
    ],
    "completion_args": {"temperature": 0.0, "top_p": None, "max_tokens": 7, "new": [1]},
    "guardrails": [{"block_on_error": True, "moderation_llm_v2": {"action": "block"}}],
    "metadata": {"team": "towers"},
}
REQUEST_SHOWN = """\
request mistral-medium-latest
  stream: false
  instructions:
    Be brief.
    Be exact.
  tools:
    web_search
    code_interpreter {"exclude":["x"]}
    document_library lib1 lib2
    function height Of a␤tower
    connector gmail (api-key) {"requires_confirmation":["gmail_search"]}
    connector wiki (oauth2-token)
    connector new (mtls)
    time_machine
    web_search_premium
  completion_args: {"temperature":0.0,"max_tokens":7,"new":[1]}
  guardrails: {"block_on_error":true,"moderation_llm_v2":{"action":"block"}}
  metadata: {"team":"towers"}

user
How high is it?
"""


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_request_is_shown_with_all_that_is_set_but_no_secrets(naming: Naming) -> None:
    done = run("show", "-", stdin=json.dumps(REQUEST if naming == "snake" else camel_request()))
    assert done == Done(0, REQUEST_SHOWN, "")


def camel_request() -> dict[str, Any]:
    request = in_naming({**REQUEST, "guardrails": None}, "camel")
    guardrails = [{"blockOnError": True, "moderationLlmV2": {"action": "block"}}]
    return {**request, "guardrails": guardrails, "inputs": [{"role": "user", "content": "How high is it?"}]}


def test_appended_and_restarting_requests_are_shown() -> None:
    append = {
        "tool_confirmations": [
            {"tool_call_id": "call1", "confirmation": "allow"},
            {"tool_call_id": "call2", "confirmation": "deny"},
        ],
        "store": True,
    }
    restart = {"from_entry_id": "e1", "inputs": [ENTRIES[3]], "agent_version": 2}
    shown = """\
request append
  store: true
  tool_confirmations:
    allow call1
    deny call2

request restart e1
  agent_version: 2

result call8
    line 1
    line 2
"""
    assert run("show", "-", stdin=f"{json.dumps(append)}\n{json.dumps(restart)}\n") == Done(0, shown, "")


def test_conversations_are_shown_by_their_heads() -> None:
    dates = {"created_at": "2025-06-16T08:10:30.983084Z", "updated_at": "2025-06-16T08:10:31Z"}
    tools = REQUEST["tools"]
    of_a_model = {"id": "c1", **dates, "model": "m", "name": None, "instructions": "Be brief.", "tools": tools}
    of_an_agent = {"id": "c2", **dates, "agent_id": "ag_1", "agent_version": "v2", "description": "Towers"}
    of_neither = {"id": "c3", **dates, "swarm_id": "s", "tools": tools}
    done = run("show", "-", stdin=json.dumps([of_a_model, of_an_agent, of_neither]))
    tools_shown = REQUEST_SHOWN[REQUEST_SHOWN.index("  tools:") : REQUEST_SHOWN.index("  completion_args")]
    assert done == Done(
        0,
        "conversation c1 m\n"
        "  created_at: 2025-06-16T08:10:30.983084+00:00\n"
        "  updated_at: 2025-06-16T08:10:31+00:00\n"
        f"  instructions: Be brief.\n{tools_shown}"
        "\n"
        "conversation c2 ag_1\n"
        "  created_at: 2025-06-16T08:10:30.983084+00:00\n"
        "  updated_at: 2025-06-16T08:10:31+00:00\n"
        "  agent_version: v2\n"
        "  description: Towers\n"
        "\n"
        f"unknown {len(json.dumps(of_neither)):,} bytes\n",
        "",
    )
    assert not any(secret in done.out for secret in SECRETS)


ERRORS: list[tuple[dict[str, Any], list[str]]] = [
    ({"detail": "Invalid API Key"}, ["Invalid API Key"]),
    (
        {"object": "Error", "message": "No such conversation", "type": "invalid_request_error", "code": 3000},
        ["No such conversation (code 3000)"],
    ),
    ({"error": {"message": "Content blocked by guardrail", "status": 403}}, ["Content blocked by guardrail"]),
    (
        {"object": "Error", "detail": [{"loc": ["body", "inputs"], "msg": "Field required", "type": "missing"}]},
        ["body.inputs: Field required"],
    ),
    (
        {
            "detail": [
                {"loc": ["body", "tools", 0], "msg": "Bad tool", "input": {"value": SECRETS[0]}},
                {"loc": ["body"], "msg": "Bad\nbody"},
                {"reason": "odd", "input": SECRETS[1]},
            ]
        },
        [
            "body.tools.0: Bad tool (and 2 more)",
            "-: body.tools.0: Bad tool",
            "-: body: Bad␤body",
            '-: {"reason":"odd"}',
        ],
    ),
]


@pytest.mark.parametrize(("error", "lines"), ERRORS, ids=[str(lines[0]) for _, lines in ERRORS])
def test_the_message_of_an_error_is_reported(error: dict[str, Any], lines: list[str]) -> None:
    first, *others = lines
    done = run("show", "-", stdin=json.dumps(error))
    assert done[:2] == (1, "")
    assert done.err.splitlines() == [
        f"conversation-models: -: the service reported an error: {first}",
        *[f"conversation-models: {line}" for line in others],
    ]


def test_the_details_of_an_error_in_a_stream_are_reported() -> None:
    stream = frame("conversation.response.started", conversation_id="c1") + f"data: {json.dumps(ERRORS[4][0])}\n\n"
    done = run("show", "-", stdin=stream)
    assert done[:2] == (1, "conversation c1\n")
    assert done.err.splitlines()[1] == "conversation-models: -: body.tools.0: Bad tool"


def test_an_error_is_valid_and_converted_unchanged() -> None:
    text = '{"detail": [{"loc": ["body", "tool_call_id"], "msg": "no"}]}'
    assert run("validate", "-", stdin=text).out.splitlines() == [
        "-: warning: the service reported an error: body.tool_call_id: no",
        "-: ok",
    ]
    assert run("convert", "--to", "camel", stdin=text) == Done(0, f"{text}\n", "")
