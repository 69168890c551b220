"""Requests and histories: decoded and encoded; a request without tags, as most are sent."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import conversation_models as cm

from ..measure import Case, Group
from ..payloads import encode, history
from ..peers import LIBRARY, SDK, UNTYPED, coders, sdk_coder
from ..spelling import same_as
from ..text import Author
from .documents import decoding, encoding
from .drift import untagged

Json = dict[str, Any]
MESSAGES = "request of 20 messages"


def _message(author: Author, role: str, length: int) -> Json:
    return {"type": "message.input", "role": role, "content": author.prose(length)}


def _one_question() -> bytes:
    author = Author(21)
    return encode({"inputs": author.prose(120), "model": "mistral-medium-latest", "stream": False})


def _messages() -> bytes:
    author = Author(22)
    inputs = [_message(author, ("user", "assistant")[index % 2], 150) for index in range(20)]
    return encode({"inputs": inputs, "model": "mistral-medium-latest", "store": False})


def _function(author: Author, index: int) -> Json:
    properties = {author.words(1): {"type": "string", "description": author.words(8)} for _ in range(4)}
    parameters = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    about = {"name": f"function_{index}", "description": author.words(12)}
    return {"type": "function", "function": about | {"parameters": parameters}}


def _with_tools() -> bytes:
    author = Author(23)
    library = {"type": "document_library", "library_ids": [author.hex()]}
    tools = [{"type": "web_search"}, library, *[_function(author, index) for index in range(8)]]
    request = {"inputs": [_message(author, "user", 300)], "model": "mistral-medium-latest", "tools": tools}
    arguments = {"temperature": 0.3, "max_tokens": 2048, "response_format": {"type": "json_object"}}
    about = {"team": author.words(1), "trace": author.hex()}
    return encode(request | {"instructions": author.prose(600), "completion_args": arguments, "metadata": about})


def _conversation(entries: int) -> bytes:
    """A history: each third entry is a message of the user's."""
    author = Author(24)
    outputs = iter(history(entries)["outputs"])
    inputs = {"object": "entry", "created_at": "2025-06-06T10:00:00Z", "id": author.hex()}
    written = [inputs | _message(author, "user", 120) if index % 3 == 0 else next(outputs) for index in range(entries)]
    head = {"object": "conversation.history", "conversation_id": f"conv_{author.hex()}"}
    return encode(head | {"entries": written})


REQUEST = coders(cm.ConversationRequest) | {SDK: sdk_coder("ConversationRequest")}
HISTORY = coders(cm.ConversationHistory) | {SDK: sdk_coder("ConversationHistory")}
# Pydantic's discriminated unions and msgspec's tagged ones need the tags.
UNTAGGED = {peer: REQUEST[peer] for peer in (LIBRARY, *sorted(UNTYPED), SDK)}


def _cases(quick: bool) -> Iterator[Case]:
    documents = {
        "request of one question": (_one_question(), REQUEST),
        MESSAGES: (_messages(), REQUEST),
        "request with ten tools": (_with_tools(), REQUEST),
        "history of 12 entries": (_conversation(12), HISTORY),
    }
    # What peers write although the document lacks it.
    constants = ("object", "prefix", "stream")
    for name, (data, coder) in islice(documents.items(), 2 if quick else None):
        case = Case(
            name=f"decode {name}", data=data, ops=decoding(coder), right=same_as(data, *constants), together=name
        )
        yield case
        if name == MESSAGES:
            ops, right = decoding(UNTAGGED), same_as(data, *constants, "type")
            yield replace(case, name=f"{case.name}, untagged", data=untagged(data), ops=ops, right=right)
        yield replace(case, name=f"encode {name}", ops=encoding(coder), together="")


REQUESTS = Group("requests", "Requests and histories, decoded and encoded.", _cases, LIBRARY)
