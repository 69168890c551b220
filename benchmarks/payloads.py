"""The measured documents: responses in the shapes the service sends, in the REST naming, as compact JSON.

A seeded generator makes them. Every member has the fields that the official SDK requires, such as ``arguments``, so
that no peer fails because of a document's shape. Only "unknown entries" has an unusual shape.
"""

import json
from collections.abc import Callable
from typing import Any

from .text import WORLD, Author

Json = dict[str, Any]


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def document(name: str) -> bytes:
    """The payload of that name as bytes."""
    return encode(PAYLOADS[name]())


def _entry(author: Author, tag: str, prefix: str, second: int, **fields: Any) -> Json:
    times = {"created_at": author.timestamp(second), "completed_at": author.timestamp(second + 1)}
    return {"object": "entry", "type": tag, **times, "id": f"{prefix}_{author.hex()}", **fields}


def _message(author: Author, content: str | list[Json], second: int = 0) -> Json:
    agent = {"agent_id": f"ag_{author.hex()}", "model": "mistral-medium-2505"}
    return _entry(author, "message.output", "msg", second, **agent, role="assistant", content=content)


def _tool_execution(author: Author, name: str, arguments: Json, info: Json | None = None, second: int = 0) -> Json:
    fields: Json = {"name": name, "arguments": json.dumps(arguments)} | ({"info": info} if info else {})
    return _entry(author, "tool.execution", "tool_exec", second, **fields)


def _function_call(author: Author, second: int = 0) -> Json:
    arguments: Json = {"date": "2024-06-06", "currency": "EUR", "limit": author.number(1, 50), "query": author.words(6)}
    call = {"tool_call_id": author.hex(9), "name": "get_european_central_bank_interest_rate"}
    given = json.dumps(arguments) if author.number(0, 1) else arguments
    return _entry(author, "function.call", "fc", second, **call, arguments=given)


def _handoff(author: Author, second: int = 0) -> Json:
    before = {"previous_agent_id": f"ag_{author.hex()}", "previous_agent_name": "triage-agent"}
    after = {"next_agent_id": f"ag_{author.hex()}", "next_agent_name": "finance-agent"}
    return _entry(author, "agent.handoff", "handoff", second, **before, **after)


def _text(author: Author, length: int) -> Json:
    return {"type": "text", "text": author.prose(length)}


def _source(author: Author) -> Json:
    address = f"https://{author.words(1).lower()}.example.org/{author.hex(12)}"
    cited = {"type": "tool_reference", "tool": "web_search", "title": author.words(6).title()}
    return cited | {"url": address, "source": "brave"}


def _response(author: Author, outputs: list[Json], connectors: dict[str, int] | None = None) -> Json:
    prompt, completion = author.number(50, 4000), author.number(50, 4000)
    usage: Json = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    if connectors is not None:
        usage |= {"connector_tokens": author.number(500, 9000), "connectors": connectors}
    head = {"object": "conversation.response", "conversation_id": f"conv_{author.hex()}"}
    return head | {"outputs": outputs, "usage": usage}


def _short_answer() -> Json:
    author = Author(1)
    return _response(author, [_message(author, author.prose(90))])


def _web_search() -> Json:
    author = Author(2)
    content: list[Json] = []
    for _ in range(3):
        content += [_text(author, 180), _source(author)]
    content.append(_text(author, 60))
    search = _tool_execution(author, "web_search", {"query": author.words(7)})
    return _response(author, [search, _message(author, content, 2)], {"web_search": 1})


def _code_interpreter() -> Json:
    author = Author(3)
    code = "\n".join([f"x_{line} = compute({author.number(0, 99)})  # {author.words(4)}" for line in range(30)])
    info = {"code": code, "code_output": author.table(300)}
    run = _tool_execution(author, "code_interpreter", {"code": code}, info, 2)
    outputs = [_message(author, author.prose(200)), run, _message(author, author.prose(900), 4)]
    return _response(author, outputs, {"code_interpreter": 1})


def _functions_and_handoffs() -> Json:
    author = Author(4)
    outputs = [_handoff(author, 0), _function_call(author, 1), _function_call(author, 2), _handoff(author, 3)]
    return _response(author, [*outputs, *[_function_call(author, second) for second in range(4, 8)]])


def _reasoning() -> Json:
    author = Author(5)
    thinking = [_text(author, 700) for _ in range(12)]
    thinking.insert(6, {"type": "reference", "reference_ids": [1, 2, 5]})
    content = [{"type": "thinking", "thinking": thinking, "closed": True}, _text(author, 1800)]
    return _response(author, [_message(author, content)])


def _cited_report() -> Json:
    author = Author(6)
    content: list[Json] = []
    for _ in range(180):
        content += [_text(author, 440), _source(author)]
    searches = [_tool_execution(author, "web_search", {"query": author.words(7)}, second=at) for at in range(12)]
    return _response(author, [*searches, _message(author, content, 20)], {"web_search": 12})


def _image() -> Json:
    author = Author(7)
    image = {"type": "image_url", "image_url": f"data:image/png;base64,{author.base64(5_000_000)}"}
    made = _tool_execution(author, "image_generation", {"prompt": author.words(9)})
    return _response(author, [made, _message(author, [_text(author, 80), image], 2)], {"image_generation": 1})


def _non_ascii() -> Json:
    author = Author(8, WORLD)
    return _response(author, [_message(author, author.prose(2000)), _message(author, [_text(author, 600)], 2)])


def history(entries: int, seed: int = 9) -> Json:
    """A response with that many entries, like the history of a long conversation."""
    author = Author(seed)
    outputs: list[Json] = []
    for index in range(entries):
        kind = index % 10
        if kind in (3, 7):
            outputs.append(_tool_execution(author, "web_search", {"query": author.words(7)}, second=index))
        elif kind == 5:
            outputs.append(_function_call(author, index))
        elif kind == 8 and index % 3 == 0:
            outputs.append(_handoff(author, index))
        elif kind in (1, 4):
            outputs.append(_message(author, [_text(author, 200), _source(author), _text(author, 80)], index))
        else:
            outputs.append(_message(author, author.prose(250), index))
    return _response(author, outputs, {"web_search": entries // 5})


def _unknown_entries() -> Json:
    author = Author(10)
    response = history(1000)
    for index in range(50, 1000, 100):
        uri = f"https://media.example.org/{author.hex(12)}"
        video = {"uri": uri, "seconds": author.number(5, 90), "frames": [1, 2]}
        response["outputs"][index] = _entry(author, "video.output", "video", index, video=video)
    return response


PAYLOADS: dict[str, Callable[[], Json]] = {
    "short answer": _short_answer,
    "web search": _web_search,
    "functions and handoffs": _functions_and_handoffs,
    "non-ASCII": _non_ascii,
    "reasoning": _reasoning,
    "code interpreter": _code_interpreter,
    "cited report": _cited_report,
    "history": lambda: history(1000),
    "image": _image,
    "unknown entries": _unknown_entries,
}
"""What makes each payload, by its name."""
