"""Runs the command line as a program; small documents and streams for it, and the text that it shows for them."""

import json
import os
import re
import sys
from pathlib import Path
from typing import IO, Any, NamedTuple

from .documents import Naming
from .forks import run_fork
from .paths import FIXTURES

NAME = "conversation_models"
PROGRAM = [sys.executable, "-m", NAME]

# The settings of the shell that runs the tests are left out: output is buffered as usual, in colour on terminals, in
# UTF-8. Byte code is written, or each of the many programs would compile the package anew.
_SETTINGS = re.compile(
    "PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PYTHONIOENCODING|NO_COLOR|FORCE_COLOR|TTY_.*|COLUMNS|LINES|TERM"
)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not _SETTINGS.fullmatch(name)}
ENVIRONMENT |= {"PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color"}


class Done(NamedTuple):
    status: int
    out: str
    err: str


def run(
    *arguments: object,
    stdin: str | bytes = b"",
    cwd: Path | None = None,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
) -> Done:
    """Run the program to its end. What it writes to ``stdout`` or ``stderr`` is not returned."""
    text = stdin.encode() if isinstance(stdin, str) else stdin
    status, out, err = run_fork([*map(str, arguments)], text, cwd, ENVIRONMENT, stdout, stderr)
    # Bytes, so that line ends are not translated.
    result = Done(status, out.decode(), err.decode())
    assert "Traceback" not in result.err
    assert all(line.startswith("conversation-models: ") for line in result.err.splitlines())
    return result


def frame(type: str, **fields: Any) -> str:
    """One server-sent event."""
    return f"event: {type}\ndata: {json.dumps({'type': type, **fields})}\n\n"


def in_naming(value: Any, naming: Naming) -> Any:
    """``value``, JSON in snake_case, with the schema's own keys in ``naming``; free-form maps keep theirs."""
    if isinstance(value, list):
        return [in_naming(item, naming) for item in value]
    if isinstance(value, dict) and naming == "camel":
        free = ("info", "arguments", "connectors", "guardrails")
        return {camel(key): item if key in free else in_naming(item, naming) for key, item in value.items()}
    return value


def camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(map(str.title, others))


def fixture(name: str, naming: Naming = "snake") -> Any:
    return in_naming(json.loads((FIXTURES / f"{name}.json").read_text("utf-8")), naming)


def response(*outputs: Any, id: str = "c1", **usage: Any) -> dict[str, Any]:
    return {"conversation_id": id, "outputs": list(outputs), "usage": usage}


HELLO = response({"type": "message.output", "content": "Hello"}, id="c1", total_tokens=3)
AGAIN = response({"type": "message.output", "content": "Again"}, id="c2", total_tokens=4)
WRONG = response({"type": "message.output", "content": 5})
WRONG_AT = "at `$.outputs[0].content`"

HELLO_SHOWN = """\
conversation c1

assistant
Hello

usage 3 tokens (0 prompt, 0 completion)
"""
AGAIN_SHOWN = HELLO_SHOWN.replace("c1", "c2").replace("Hello", "Again").replace("3", "4")

STREAM = [
    frame("conversation.response.started", conversation_id="c1", created_at="2025-03-04T09:15:00Z"),
    frame(
        "tool.execution.started",
        id="t1",
        name="web_search",
        arguments='{"query": ',
        created_at="2025-03-04T09:15:01Z",
    ),
    frame("tool.execution.delta", id="t1", name="web_search", arguments='"height"}'),
    frame(
        "tool.execution.done", id="t1", name="web_search", info={"hits": 2}, created_at="2025-03-04T09:15:03.500000Z"
    ),
    frame("message.output.delta", id="m1", output_index=1, model="mistral-medium-2505", content="It is 82.5"),
    frame("message.output.delta", id="m1", output_index=1, content=" metres high"),
    frame(
        "message.output.delta",
        id="m1",
        output_index=1,
        content_index=1,
        content={"type": "tool_reference", "tool": "web_search", "title": "Lights", "url": "https://lights.example/1"},
    ),
    frame("message.output.delta", id="m1", output_index=1, content_index=2, content="."),
    frame("conversation.response.done", usage={"prompt_tokens": 1203, "completion_tokens": 7, "total_tokens": 1210}),
]
STREAM_SHOWN = """\
conversation c1

tool web_search {"query": "height"} 2.5 s
  hits: 2

assistant mistral-medium-2505
It is 82.5 metres high[1].
  [1] Lights https://lights.example/1

usage 1,210 tokens (1,203 prompt, 7 completion)
"""


def stream(naming: Naming = "snake", frames: list[str] = STREAM) -> str:
    """``frames``, written in ``naming``."""
    events = [json.loads(text.split("data: ")[1]) for text in frames]
    return "".join([frame(**in_naming(event, naming)) for event in events])
