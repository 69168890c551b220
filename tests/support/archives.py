"""Archives for tests, and a plain reader of them on ``json`` and dicts that tables are compared with."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import zstandard

from .documents import Naming
from .program import frame, in_naming

Json = dict[str, Any]

ANSWER: Json = {
    "object": "conversation.response",
    "conversation_id": "conv_1",
    "outputs": [
        {
            "type": "tool.execution",
            "name": "web_search",
            "arguments": "{}",
            "created_at": "2025-03-04T09:15:02.000001Z",
            "completed_at": "2025-03-04T10:15:03+01:00",
        },
        {"type": "function.call", "tool_call_id": "call1", "name": "rate", "arguments": "{}"},
        {"type": "message.output", "model": "mistral-medium-2505", "agent_id": "ag_1", "content": "Spain won."},
        {"type": "video.output", "frames": 3},
    ],
    "usage": {
        "prompt_tokens": 203,
        "completion_tokens": 61,
        "total_tokens": 6420,
        "connector_tokens": 6156,
        "connectors": {"web_search": 1},
        "prompt_tokens_details": {"cached_tokens": 8},
    },
}
ERROR: Json = {"object": "Error", "message": "No such conversation", "code": 3000}
REQUEST: Json = {"model": "mistral-medium-latest", "inputs": "Who won?"}


def answer(number: int, naming: Naming = "snake") -> Json:
    """A small response that differs from all others by its number."""
    message = {"type": "message.output", "model": f"model-{number % 3}", "content": "x" * (number % 50)}
    usage = {"prompt_tokens": number + 1, "completion_tokens": 2, "total_tokens": number + 3}
    response: Json = in_naming({"conversation_id": f"conv_{number}", "outputs": [message], "usage": usage}, naming)
    return response


def stream_of(number: int, *, ends: bool = True, created: str = "2025-03-04T09:15:00Z") -> str:
    """A small stream that differs from all others by its number."""
    events = [
        frame("conversation.response.started", conversation_id=f"conv_{number}", created_at=created),
        frame("message.output.delta", id="m1", model="mistral-medium-2505", content="It is "),
        frame("message.output.delta", id="m1", content=f"conversation.response.started {number}"),
    ]
    usage = {"prompt_tokens": number + 1, "completion_tokens": 2, "total_tokens": number + 3}
    return "".join([*events, *([frame("conversation.response.done", usage=usage)] if ends else [])])


def lines_of(documents: Iterable[Any]) -> bytes:
    return b"".join([json.dumps(document).encode() + b"\n" for document in documents])


def stored(path: Path, data: bytes) -> str:
    """Write a file, compressed as its name says."""
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return str(path)


def make_archive(folder: Path, files: int, bodies: int, seed: int = 0) -> list[str]:
    """Files of responses, requests, error bodies and streams, compressed or not, in both namings."""
    random, number = Random(seed), 0
    paths = []
    for index in range(files):
        documents: list[Any] = []
        for _ in range(bodies):
            number += 1
            documents.append(random.choice([answer(number), answer(number, "camel"), answer(number), REQUEST, ERROR]))
        data = lines_of(documents) if index % 4 else "".join(map(stream_of, range(bodies))).encode()
        paths.append(stored(folder / f"log-{index:03}.ndjson{('', '.gz', '.zst')[index % 3]}", data))
    return paths


def total_tokens(paths: Iterable[str]) -> int:
    """The tokens of all responses in files, by the standard library alone."""
    usages = [usage for path in paths for usage in _usages(path)]
    return sum([usage.get("total_tokens") or usage.get("totalTokens") or 0 for usage in usages])


def _usages(path: str) -> Iterator[Json]:
    data = Path(path).read_bytes()
    if path.endswith(".gz"):
        data = gzip.decompress(data)
    elif path.endswith(".zst"):
        data = zstandard.decompress(data)
    for line in data.decode().splitlines():
        text = line.removeprefix("data: ")
        if text.startswith("{"):
            yield json.loads(text).get("usage", {})
