"""The upstream's answers: responses and streams of every kind, in the REST naming. The text is invented.

Both official SDKs accept ``RESPONSES`` and ``STREAMS`` completely. Both reject every response in ``REFUSED``. From the
streams in ``UNTYPED``, they return some events as ``UNKNOWN``.
"""

from typing import Any

__all__ = ["HISTORY", "MESSAGES", "REFUSED", "RESPONSES", "STREAMS", "UNTYPED"]

Json = dict[str, Any]

ID = "conv_5f1e"
TIMES: Json = {"created_at": "2025-05-27T11:59:00.123000Z", "completed_at": "2025-05-27T11:59:01Z"}
USAGE: Json = {"prompt_tokens": 12, "completion_tokens": 30, "total_tokens": 42}


def _response(*outputs: Json, **fields: Any) -> Json:
    return {"object": "conversation.response", "conversation_id": ID, "outputs": list(outputs), "usage": USAGE} | fields


def _entry(tag: str, **fields: Any) -> Json:
    return {"object": "entry", "type": tag, "id": f"{tag.partition('.')[0]}_1", **TIMES, **fields}


def _message(content: Any, **fields: Any) -> Json:
    sender = {"agent_id": "ag_1", "model": "mistral-medium-latest"}
    return _entry("message.output", content=content, role="assistant", **(sender | fields))


def _tool(name: str, **fields: Any) -> Json:
    return _entry("tool.execution", name=name, **fields)


TEXT: Json = {"type": "text", "text": "The lighthouse was lit in 1811."}
SOURCE: Json = {
    "type": "tool_reference",
    "tool": "web_search",
    "title": "Lighthouses of the coast",
    "url": "https://example.org/lighthouses?a=1&b=2",
    "favicon": None,
    "description": "All of them, by age.",
}
THINKING: Json = {
    "type": "thinking",
    "thinking": [
        {"type": "text", "text": "Which coast? "},
        {"type": "reference", "reference_ids": [1, 2]},
        {"type": "tool_reference", "tool": "web_search", "title": "A list"},
    ],
    "closed": True,
}
NAMED: Json = {"type": "reference", "reference_ids": ["a", 1]}
FILE: Json = {"type": "tool_file", "tool": "image_generation", "file_id": "f1", "file_name": "map", "file_type": "png"}

RESPONSES: dict[str, Json] = {
    "plain": _response(_message("Hello. How can I help?")),
    "text": _response(_message('"Grüße", 日本語 🎉\n\t\u2028\\ data: [DONE]\n\n</script>', agent_id=None, model=None)),
    "chunks": _response(_message([TEXT, SOURCE, THINKING, FILE, {"type": "text", "text": ""}])),
    "thinking": _response(_message([THINKING | {"signature": None}, {"type": "thinking", "thinking": [NAMED]}])),
    "images": _response(
        _message(
            [
                {"type": "image_url", "image_url": "https://example.org/a.png"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "high"}},
                {"type": "document_url", "document_url": "https://example.org/a.pdf", "document_name": "A"},
                {"type": "document_url", "document_url": "https://example.org/b.pdf", "document_name": None},
            ]
        )
    ),
    "web search": _response(
        _tool("web_search", arguments='{"query": "oldest lighthouse"}', agent_id="ag_1", model="mistral-medium-latest"),
        _message([TEXT, SOURCE]),
        usage=USAGE | {"connector_tokens": 310, "connectors": {"web_search": 1, "my_toolBox": 2}},
    ),
    "code interpreter": _response(
        _tool(
            "code_interpreter",
            arguments='{"code": "print(6 * 7)"}',
            info={"code_output": "42\n", "nested_value": {"camelKey": [1, 2.5, None, True, {"snake_key": {}}]}},
        ),
        _message("42"),
    ),
    "function calls": _response(
        _entry("function.call", tool_call_id="c1", name="rate", arguments='{"date": "2024-06-06"}'),
        _entry("function.call", tool_call_id="c2", name="rate", arguments={"from_date": "x", "toDate": {"a_b": 1}}),
        _entry("function.call", tool_call_id="c3", name="pay", arguments="{}", confirmation_status="pending"),
    ),
    "handoff": _response(
        _entry(
            "agent.handoff",
            previous_agent_id="ag_1",
            previous_agent_name="triage",
            next_agent_id="ag_2",
            next_agent_name="finance",
        ),
        _message("Over to me."),
    ),
    "guardrails": _response(_message("No."), guardrails=[{"moderation_result": {"isFlagged": True}, "n": None}]),
    "null guardrails": _response(_message("Yes."), guardrails=None),
    "nulls": _response(
        _message("", completed_at=None),
        _tool("t", arguments="", agent_id=None, model=None),
        usage=USAGE | {"connector_tokens": None, "connectors": None},
    ),
    "untagged": {
        "conversation_id": ID,
        "outputs": [
            {"name": "code_interpreter", "arguments": "<value>"},
            {"content": [{"text": "One."}, {"title": "T", "tool": "web_search"}, {"file_id": "f1", "tool": "t"}]},
            {"name": "f", "tool_call_id": "c1", "arguments": "{}"},
            {
                "previous_agent_id": "a",
                "previous_agent_name": "A",
                "next_agent_id": "b",
                "next_agent_name": "B",
            },
        ],
        "usage": {},
    },
    "precise": _response(
        _message("", created_at="2025-05-27T11:59:00.123456Z", completed_at="2025-05-27T13:59:01+02:00"),
        _tool("t", arguments="", info={"whole": 1.0, "large": 9007199254740993, "small": 5e-324, "tenth": 0.1}),
    ),
    "empty": _response(),
    "new fields": _response(_message("Hi", confidence=0.5), region="eu", usage=USAGE | {"cached_tokens": 7}),
}

REFUSED: dict[str, Json] = {
    "tool without arguments": _response(_tool("web_search", function="web_search"), _message("Found.")),
    "new entry": _response(_entry("video.output", url="https://example.org/v"), _message("Look.")),
    "new chunk": _response(_message([TEXT, {"type": "video_url", "video_url": {"url": "https://example.org/v"}}])),
    "source without title": _response(_message([TEXT, {"type": "tool_reference", "tool": "t", "source": "brave"}])),
    "reference in content": _response(_message([TEXT, {"type": "reference", "reference_ids": [1]}])),
    "broken member": _response(_message(7), _message("Fine.")),
}


def _event(tag: str, **fields: Any) -> Json:
    return {"type": tag, "created_at": "2025-05-27T12:00:00.250000Z", **fields}


def _delta(content: Any, **fields: Any) -> Json:
    return _event("message.output.delta", id="msg_1", content=content, role="assistant", output_index=0, **fields)


STARTED = _event("conversation.response.started", conversation_id=ID)
DONE = _event("conversation.response.done", usage=USAGE | {"connectors": {"web_search": 1}})
OUTPUT: Json = {"id": "out_1", "output_index": 1}

STREAMS: dict[str, list[Json]] = {
    "plain": [STARTED, *[_delta(word, content_index=0) for word in ("Once", " upon", " a", " time\n\n", "")], DONE],
    "text": [STARTED, _delta("conversation.response.done\n\ndata: {}\r\n"), _delta("日本語 🎉 \u2028"), DONE],
    "chunks": [STARTED, *map(_delta, [TEXT, SOURCE, THINKING, FILE, "."]), DONE],
    "images": [
        STARTED,
        _delta({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}, content_index=1),
        _delta({"type": "document_url", "document_url": "https://example.org/a.pdf"}, model=None, agent_id=None),
        DONE,
    ],
    "tools": [
        STARTED,
        _event("tool.execution.started", **OUTPUT, name="web_search", arguments="", model="m", agent_id="a"),
        _event("tool.execution.delta", **OUTPUT, name="web_search", arguments='{"query": "x"}'),
        _event("tool.execution.done", **OUTPUT, name="web_search", info={"result_count": 3, "camelKey": [{}]}),
        _event("tool.execution.done", id="out_2", name="code_interpreter"),
        _delta("Found."),
        DONE,
    ],
    "function calls": [
        STARTED,
        _event("function.call.delta", **OUTPUT, name="rate", tool_call_id="c1", arguments='{"date"'),
        _event("function.call.delta", **OUTPUT, name="rate", tool_call_id="c1", arguments=': "x"}', model=None),
        _event("function.call.delta", **OUTPUT, name="f", tool_call_id="c", arguments="", confirmation_status="denied"),
        DONE,
    ],
    "handoff": [
        STARTED,
        _event("agent.handoff.started", **OUTPUT, previous_agent_id="ag_1", previous_agent_name="triage"),
        _event("agent.handoff.done", **OUTPUT, next_agent_id="ag_2", next_agent_name="finance"),
        _delta("Over to me."),
        DONE,
    ],
    "error": [STARTED, _delta("I "), _event("conversation.response.error", message="Out of capacity", code=3505)],
    "bare": [
        {"type": "conversation.response.started", "conversation_id": ID},
        {"type": "message.output.delta", "id": "m", "content": "x"},
        {"type": "conversation.response.done", "usage": {}},
    ],
}

UNTYPED: dict[str, list[Json]] = {
    "new event": [STARTED, _event("video.output.delta", url="https://example.org/v"), _delta("Look."), DONE],
    "new chunk": [STARTED, _delta({"type": "video_url", "video_url": "https://example.org/v"}), _delta("x"), DONE],
    "tool without arguments": [
        STARTED,
        _event("tool.execution.started", **OUTPUT, name="web_search", function="web_search"),
        _event("tool.execution.done", **OUTPUT, name="web_search", info={}),
        DONE,
    ],
    "call without id": [
        STARTED,
        _event("function.call.delta", name="rate", tool_call_id="c1", arguments="{}", output_index=0),
        DONE,
    ],
    "broken event": [STARTED, _delta(7), _delta("Fine."), DONE],
}

_INPUT: Json = {"object": "entry", "type": "message.input", "id": "in_1", "role": "user", "content": "Hi", **TIMES}
_RESULT: Json = {"object": "entry", "type": "function.result", "tool_call_id": "c1", "result": '{"rate": 1.1}'}

HISTORY: Json = {
    "object": "conversation.history",
    "conversation_id": ID,
    "entries": [_INPUT, *RESPONSES["function calls"]["outputs"], _RESULT, *RESPONSES["chunks"]["outputs"]],
}
MESSAGES: Json = {
    "object": "conversation.messages",
    "conversation_id": ID,
    "messages": [_INPUT, *RESPONSES["chunks"]["outputs"]],
}
