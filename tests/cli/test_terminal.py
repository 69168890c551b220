"""Output on a terminal: styles, and text that the terminal must not obey."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ..support.paths import FIXTURES
from ..support.program import STREAM, frame, response, run, stream
from ..support.terminals import STYLES, on_terminal

EVIL = "[red]red[/red] :smile: \x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f end"
EVIL_SHOWN = "[red]red[/red] :smile: ␛[2J␛]0;title␇\N{REPLACEMENT CHARACTER}31m␈␡ end"


def evil_documents() -> tuple[str, str]:
    """A response and a stream with such text in every field that can hold text."""
    name = f"name {EVIL}"
    outputs: list[dict[str, Any]] = [
        {"type": "tool.execution", "name": name, "arguments": EVIL, "info": {name: EVIL}},
        {"type": "function.call", "tool_call_id": EVIL, "name": name, "arguments": EVIL, "confirmation_status": EVIL},
        {
            "type": "agent.handoff",
            "previous_agent_id": EVIL,
            "previous_agent_name": EVIL,
            "next_agent_id": EVIL,
            "next_agent_name": EVIL,
        },
        {
            "type": "message.output",
            "model": EVIL,
            "content": [
                {"type": "text", "text": EVIL},
                {"type": "tool_reference", "tool": EVIL, "title": EVIL, "url": EVIL},
                {"type": "reference", "reference_ids": [EVIL]},
                {"type": "image_url", "image_url": EVIL},
                {"type": "thinking", "thinking": [{"type": "text", "text": EVIL}]},
            ],
        },
        {"type": EVIL},
    ]
    usage = {"connectors": {name: 1}}
    response = {"conversation_id": EVIL, "outputs": outputs, "usage": usage}
    frames = [
        frame("conversation.response.started", conversation_id=EVIL),
        frame("tool.execution.started", id="t1", name=name, arguments=EVIL),
        frame("tool.execution.done", id="t1", name=name, info={name: EVIL}),
        frame("message.output.delta", id="m1", model=EVIL, content=EVIL),
        frame("conversation.response.error", message=EVIL, code=1),
    ]
    # Not JSON, because the control is not escaped. The error message must not hold it either.
    wrong = 'data: {"type": "x", "raw": "\x1b[31m"}\n\n'
    return json.dumps(response, ensure_ascii=False), wrong + "".join(frames)


def test_no_text_reaches_a_terminal_as_a_command(tmp_path: Path) -> None:
    response, events = evil_documents()
    file = tmp_path / "\x1b[31mname"
    file.write_text(response)
    (tmp_path / "stream").write_text(events)
    for command in ("show", "validate"):
        status, sent = on_terminal(command, file, tmp_path / "stream")
        assert status == 1
        text = STYLES.sub("", sent)
        assert not re.search(r"[^\n -~\u00a0-\U0010ffff]", text)
        assert "␛[31mname" in text
        if command == "show":
            assert f"conversation {EVIL_SHOWN}\n" in text
            assert f"handoff {EVIL_SHOWN} to {EVIL_SHOWN}\n" in text
            assert f"{EVIL_SHOWN}\n" in text
            assert "31m" not in "".join(STYLES.findall(sent))


def other_bodies() -> list[dict[str, Any]]:
    """Requests, histories, conversations and errors with such text in every field that can hold text."""
    tools = [
        {"type": "function", "function": {"name": EVIL, "description": EVIL, "parameters": {EVIL: EVIL}}},
        {"type": "document_library", "library_ids": [EVIL], "tool_configuration": {"exclude": [EVIL]}},
        {"type": "connector", "connector_id": EVIL, "authorization": {"type": EVIL, "value": EVIL}},
        {"type": EVIL},
    ]
    link = f"[{EVIL}](https://a.example/%1b]8;;%07 '{EVIL}') ![{EVIL}](<https://a.example/{EVIL}>) `{EVIL}` &#27;[31m"
    entries = [
        {"role": EVIL, "content": EVIL},
        {"role": "assistant", "content": f"# {EVIL}\n{link}\n\n```{EVIL}\n{EVIL}\n```\n\n    {EVIL}\n\n- {EVIL}\n"},
        {"type": "function.result", "tool_call_id": EVIL, "result": EVIL},
        {"type": "function.result", "tool_call_id": EVIL, "result": json.dumps({EVIL: EVIL}, ensure_ascii=False)},
        {"type": "function.result", "tool_call_id": EVIL, "result": f"{EVIL}\n{EVIL}"},
    ]
    settings = {"tools": tools, "metadata": {EVIL: EVIL}, "name": EVIL, "description": f"{EVIL}\n{EVIL}"}
    return [
        {"conversation_id": EVIL, "entries": entries},
        {"inputs": entries, "model": EVIL, "agent_id": EVIL, "completion_args": {"stop": EVIL, EVIL: 1}, **settings},
        {"tool_confirmations": [{"tool_call_id": EVIL, "confirmation": "deny"}]},
        {"from_entry_id": EVIL, "inputs": EVIL},
        {
            "id": EVIL,
            "created_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T00:00:00Z",
            "model": EVIL,
            **settings,
        },
        {"detail": [{"loc": [EVIL], "msg": EVIL}, {EVIL: EVIL}], "message": EVIL},
    ]


def test_no_text_of_other_bodies_reaches_a_terminal_as_a_command(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("\n".join([json.dumps(body, ensure_ascii=False) for body in other_bodies()]))
    status, sent = on_terminal("show", tmp_path / "lines")
    text = STYLES.sub("", sent)
    assert status == 1
    assert not re.search(r"[^\n -~\u00a0-\U0010ffff]", text)
    assert "31m" not in "".join(STYLES.findall(sent)).replace("\x1b[31m", "")
    assert text.count("␛[2J") > 40
    assert "https://a.example/%1b%5D8;;%07" in text


def test_text_on_a_terminal_breaks_between_words_and_has_colours() -> None:
    status, sent = on_terminal("show", FIXTURES / "web_search.json")
    text = STYLES.sub("", sent)
    assert status == 0
    assert text != sent
    assert (
        "\nThe tallest lighthouse in Brittany stands on the island called Île Vierge. Its\n"
        "granite tower rises 82.5 metres above the ground[1][2], and was first lit in\n"
        "1902[3]. Visitors climb 365 steps to reach the gallery 🗼.\n"
    ) in text


# Each is valid in a JSON string without an escape.
HIDDEN = "\x7f\x9b31m\x9d0;title\x9c \u202egnp.exe\u2066\u061c\u200f\u2028\ufeff\U000e0041 end"
OBEYED = {character for character in HIDDEN if not (character.isascii() and character.isprintable())}


@pytest.mark.parametrize("command", ["show", "validate"])
def test_bidirectional_controls_are_visible_in_text(tmp_path: Path, command: str) -> None:
    document = {**response({"type": "message.output", "content": HIDDEN}), HIDDEN: 1}
    (tmp_path / "document").write_text(json.dumps(document, ensure_ascii=False))
    (tmp_path / "stream").write_text(stream(frames=[*STREAM[:-1], frame(HIDDEN, a=1), STREAM[-1]]))
    done = run(command, "document", "stream", cwd=tmp_path)
    assert "␡�31m�0;title� �gnp.exe������ end" in done.out
    assert OBEYED.isdisjoint(done.out)


def test_converted_json_on_a_terminal_keeps_its_value_in_escapes(tmp_path: Path) -> None:
    document = response({"type": "message.output", "content": HIDDEN}, {"type": HIDDEN}, total_tokens=1)
    (tmp_path / "document").write_text(json.dumps(document, ensure_ascii=False))
    status, sent = on_terminal("convert", "--to", "snake", tmp_path / "document")
    (converted,) = sent.splitlines()
    assert status == 0
    assert OBEYED.isdisjoint(sent)
    assert r"\u007f\u009b31m\u009d0;title\u009c \u202egnp.exe\u2066\u061c\u200f\u2028\ufeff\udb40\udc41" in converted
    assert [output.get("content", output["type"]) for output in json.loads(converted)["outputs"]] == [HIDDEN, HIDDEN]


def test_a_warning_on_a_terminal_has_no_controls(tmp_path: Path) -> None:
    (tmp_path / "document").write_text(json.dumps(response({"type": HIDDEN}), ensure_ascii=False))
    status, sent = on_terminal("validate", tmp_path / "document")
    warning, _ = sent.splitlines()
    assert status == 0
    assert OBEYED.isdisjoint(sent)
    assert '$.outputs[0].type = "␡�31m�0;title� �gnp.exe������ end"' in warning


def test_a_converted_stream_on_a_terminal_has_no_controls_in_its_event_names(tmp_path: Path) -> None:
    data = json.dumps({"type": "x\x1b[2J\x9b", "a": HIDDEN}, ensure_ascii=False)
    (tmp_path / "stream").write_text(f"data: {data}\n\n" + STREAM[-1])
    status, sent = on_terminal("convert", "--to", "snake", tmp_path / "stream")
    assert status == 0
    assert sent.startswith('event: x\\u001b[2J\\u009b\ndata: {"type": "x\\u001b[2J\\u009b", "a": "\\u007f')
    assert (OBEYED | {"\x1b"}).isdisjoint(sent)


def test_a_collected_response_on_a_terminal_keeps_its_value_in_escapes(tmp_path: Path) -> None:
    (tmp_path / "stream").write_text(frame("message.output.delta", id="m1", content=HIDDEN) + STREAM[-1])
    status, sent = on_terminal("collect", tmp_path / "stream")
    assert status == 0
    assert OBEYED.isdisjoint(sent)
    assert json.loads(sent)["outputs"][0]["content"] == HIDDEN


def test_converted_json_in_a_pipe_has_no_escapes(tmp_path: Path) -> None:
    (tmp_path / "document").write_text(json.dumps(response({"type": "message.output", "content": HIDDEN})))
    assert f'"{HIDDEN}"' in run("convert", "--to", "snake", tmp_path / "document").out
