"""Requests and histories that are measured: made from a seed, the same in every run."""

from collections.abc import Callable, Mapping
from typing import Any

from .payloads import encode, history
from .text import Author

__all__ = ["MESSAGES", "REQUESTS", "conversation"]

Json = dict[str, Any]

MESSAGES = "request of 20 messages"
"""The name of the request that is also measured without tags."""


def _message(author: Author, role: str, length: int) -> Json:
    return {"type": "message.input", "role": role, "content": author.prose(length)}


def _one_question() -> bytes:
    author = Author(21)
    return encode({"inputs": author.prose(120), "model": "mistral-medium-latest", "stream": False})


def _messages() -> bytes:
    author = Author(22)
    inputs = [_message(author, ("user", "assistant")[index % 2], 150) for index in range(20)]
    return encode({"inputs": inputs, "model": "mistral-medium-latest", "store": False})


def _with_tools() -> bytes:
    author = Author(23)

    def function(index: int) -> Json:
        properties = {author.words(1): {"type": "string", "description": author.words(8)} for _ in range(4)}
        parameters = {"type": "object", "properties": properties, "required": list(properties)[:1]}
        about = {"name": f"function_{index}", "description": author.words(12), "parameters": parameters}
        return {"type": "function", "function": about}

    return encode(
        {
            "inputs": [_message(author, "user", 300)],
            "model": "mistral-medium-latest",
            "instructions": author.prose(600),
            "tools": [
                {"type": "web_search"},
                {"type": "document_library", "library_ids": [author.hex()]},
                *[function(index) for index in range(8)],
            ],
            "completion_args": {
                "temperature": 0.3,
                "max_tokens": 2048,
                "response_format": {"type": "json_object"},
                "tool_choice": "auto",
            },
            "metadata": {"team": author.words(1), "trace": author.hex()},
        }
    )


REQUESTS: Mapping[str, Callable[[], bytes]] = {
    "request of one question": _one_question,
    MESSAGES: _messages,
    "request with ten tools": _with_tools,
}


def conversation(entries: int) -> bytes:
    """A history: each third entry is a message of the user's."""
    author = Author(24)
    outputs = iter(history(entries)["outputs"])
    inputs = {"object": "entry", "created_at": "2025-06-06T10:00:00Z", "id": author.hex()}
    return encode(
        {
            "object": "conversation.history",
            "conversation_id": f"conv_{author.hex()}",
            "entries": [
                inputs | _message(author, "user", 120) if index % 3 == 0 else next(outputs) for index in range(entries)
            ],
        }
    )
