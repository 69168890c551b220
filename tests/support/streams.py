"""Streams for tests: the events that the service would send for a response, as bytes, cut anywhere.

Written on ``json`` and dicts, without the library's encoder or builder.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

import conversation_models as cm

from .amounts import amount
from .documents import SHAPES, UNIONS, Naming, class_of, dumps, minimal, respelled

Document = dict[str, Any]

# How the bytes of a stream are cut: the sizes of the reads, over and over. ``[1]`` is one byte at a time.
read_sizes = st.lists(st.integers(1, 6) | st.integers(1, 400), min_size=1, max_size=5)


def cut(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """``data`` in reads of these sizes, over and over."""
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[start : start + size])
        start += size
    return pieces


def two_way_cuts(data: bytes, offsets: Iterable[int] | None = None) -> Iterator[list[bytes]]:
    """``data`` in two reads, cut at every offset or at those given."""
    for offset in range(len(data) + 1) if offsets is None else offsets:
        yield [data[:offset], data[offset:]]


def every_cut(data: bytes) -> Iterator[list[bytes]]:
    """``data`` whole, in any two reads, and one byte at a time."""
    yield [data]
    yield from two_way_cuts(data)
    yield cut(data, [1])


def some_offsets(data: bytes) -> list[int]:
    """Those next to a line end, and a share of the others; all of them if the test is ``in_full_if_long``."""
    return [
        offset
        for offset in range(len(data) + 1)
        if offset % amount(7, 1) == 0 or set(data[max(offset - 1, 0) : offset + 1]) & set(b"\r\n")
    ]


def some_cuts(data: bytes) -> Iterator[list[bytes]]:
    """As ``every_cut``, at ``some_offsets``."""
    yield [data]
    yield from two_way_cuts(data, some_offsets(data))
    yield cut(data, [1])


def sse(
    document: Document, *, event: bool = True, end: str = "\n", space: str = " ", indent: int | None = None
) -> bytes:
    """The frame of an event: its type in ``event``, its JSON in ``data``, over several lines if it is indented."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(document, ensure_ascii=False, separators=separators, indent=indent)
    lines = [f"event:{space}{document['type']}"] if event else []
    lines += [f"data:{space}{line}" for line in text.split("\n")]
    return "".join(line + end for line in [*lines, ""]).encode()


def stream(documents: Iterable[Document], **style: Any) -> bytes:
    """The frames of these events, one after the other."""
    return b"".join(sse(document, **style) for document in documents)


def every_event() -> list[Document]:
    """An event of each type, a delta with each type of chunk, and an event of an unknown type, in snake_case."""
    contents = [{"type": SHAPES[cls].tag, **minimal(cls)} for cls in UNIONS["chunk"]]
    events = [{"type": SHAPES[cls].tag, **minimal(cls)} for cls in UNIONS["event"]]
    deltas = [{"type": "message.output.delta", "id": "m", "content": content} for content in contents]
    return [*events[:-2], *deltas, {"type": "new.event", "x": [1, None]}, *events[-2:]]


_WIDE_TEXT = {
    "type": "message.output.delta",
    "id": "m",
    "content": "naïve \U0001f469\u200d\U0001f680 \u2028 data: [DONE]\n\n",
}


def sent_events() -> list[bytes]:
    """The JSON of a whole conversation in snake_case, with every type of event and characters of every width."""
    events = every_event()
    return [dumps(event) for event in [events[0], _WIDE_TEXT, *events[1:-2], events[-2]]]


def frames() -> list[bytes]:
    """The same as server-sent events, some with a name and some without."""
    names = [event["type"].encode() for event in [*every_event()[:1], _WIDE_TEXT, *every_event()[1:-1]]]
    return [
        b"event: %b\ndata: %b\n\n" % (name, data) if index % 3 else b"data: %b\n\n" % data
        for index, (name, data) in enumerate(zip(names, sent_events(), strict=True))
    ]


def in_naming(document: Document, type: Any, naming: Naming) -> Document:
    """``document``, snake_case, of ``type`` (as ``documents`` names it), in ``naming``."""
    spelled: Document = document if naming == "snake" else respelled(document, type, "snake")
    return spelled


# What a reader made of a stream ----------------------------------------------------------------------------------


class Outcome(NamedTuple):
    events: list[Any]
    error: type[Exception] | None = None
    pending: bytes = b""


def seen(event: cm.StreamEvent) -> Any:
    """The event, or the comparable part of an ``InvalidEvent``."""
    return ("invalid", event.raw) if isinstance(event, cm.InvalidEvent) else event


def outcome(decoder: cm.EventDecoder, reads: Iterable[Any]) -> Outcome:
    """All events that a decoder returns, and the error that it stops at."""
    events: list[Any] = []
    try:
        for read in reads:
            events += map(seen, decoder.feed(read))
        events += map(seen, decoder.close())
    except cm.TruncatedStreamError as error:
        return Outcome(events, type(error), error.pending)
    except cm.EventTooLargeError as error:
        return Outcome(events, type(error))
    return Outcome(events)


# Responses as the service streams them ---------------------------------------------------------------------------


def streamable(response: Document) -> Document:
    """The part of a response in snake_case that a stream can carry in whatever order its events are.

    An entry is identified by its id, a call by its id or tool_call_id, so no two entries have the same.
    """
    carried = _carried(response)
    return {**carried, "outputs": [_with_own_names(entry, n) for n, entry in enumerate(carried["outputs"])]}


def _with_own_names(entry: Document, n: int) -> Document:
    if class_of(entry, "entry", "snake") is not cm.FunctionCallEntry:
        return {**entry, "id": f"{n}{entry.get('id', '')}"}
    return entry | {name: f"{n}{entry[name]}" for name in ("id", "tool_call_id") if name in entry}


def replayable(response: Document) -> Document:
    """The part of a response in snake_case that a stream can carry if each output has an index of its own.

    Clients require ids.
    """
    carried = _carried(response)
    return {**carried, "outputs": [{"id": "", **entry} for entry in carried["outputs"]]}


def _carried(response: Document) -> Document:
    """All of a response that events can carry, but for ids.

    No event holds guardrails, an unknown entry, an unknown field of the response itself, the time when a message or a
    call was completed, arguments that are an object, or null for a time. A tool whose end was not sent runs: null, and
    no info. Content is made of deltas: an empty list cannot be sent, nor can a chunk that is not an object, and texts
    that are neighbours in one reasoning are joined.
    """
    entries = [_carried_entry(entry) for entry in response["outputs"] if class_of(entry, "entry", "snake")]
    return {"conversation_id": response["conversation_id"], "outputs": entries, "usage": response.get("usage", {})}


def _carried_entry(entry: Document) -> Document:
    cls = class_of(entry, "entry", "snake")
    entry = dict(entry)
    is_running = cls is cm.ToolExecutionEntry and "info" not in entry
    if cls in (cm.MessageOutputEntry, cm.FunctionCallEntry) or (entry.get("completed_at") is None and not is_running):
        entry.pop("completed_at", None)
    if cls is cm.FunctionCallEntry and isinstance(entry["arguments"], dict):
        entry["arguments"] = json.dumps(entry["arguments"])
    if isinstance(entry.get("content"), list):
        entry["content"] = [_carried_chunk(chunk) for chunk in entry["content"] if isinstance(chunk, dict)] or ""
    return entry


def _is(member: Any, cls: Any, union: str = "chunk") -> bool:
    return class_of(member, union, "snake") is cls


def _carried_chunk(chunk: Document) -> Document:
    if not _is(chunk, cm.ThinkChunk):
        return chunk
    thoughts: list[Any] = []
    for thought in chunk["thinking"]:
        if thoughts and all(_is(one, cm.TextChunk, "thought") for one in (thoughts[-1], thought)):
            thoughts[-1] = {**thoughts[-1], **thought, "text": thoughts[-1]["text"] + thought["text"]}
        else:
            thoughts.append(thought)
    return {**chunk, "thinking": thoughts}


def streamed(response: Document, random: Random) -> list[Document]:
    """The events in snake_case of a ``streamable`` response: one of the many ways to stream it."""
    # Outputs have an index each, or share index 0 and have different ids. Only the former may be interleaved.
    indexed = random.random() < 0.5
    outputs = [_output(entry, n if indexed else 0, random) for n, entry in enumerate(response["outputs"])]
    events: list[Document] = [{"type": "conversation.response.started", "conversation_id": response["conversation_id"]}]
    interleaved = indexed and random.random() < 0.5
    while outputs := [output for output in outputs if output]:
        events.append((random.choice(outputs) if interleaved else outputs[0]).pop(0))
    return [*events, {"type": "conversation.response.done", "usage": response["usage"]}]


def _output(entry: Document, index: int, random: Random) -> list[Document]:
    events = _known_output(entry, index, random)
    random.choice(events).update(_unknown(entry, "entry"))
    return events


def _unknown(member: Document, union: str) -> Document:
    """The unknown fields of a member."""
    known = ("type", *SHAPES[class_of(member, union, "snake")].fields)
    return {key: value for key, value in member.items() if key not in known}


def _known_output(entry: Document, index: int, random: Random) -> list[Document]:
    where = _some(entry, "id") | ({"output_index": index} if index or random.random() < 0.5 else {})
    made = _some(entry, "created_at")
    maker = _some(entry, "model", "agent_id")
    cls = class_of(entry, "entry", "snake")
    if cls is cm.MessageOutputEntry:
        base = {"type": "message.output.delta", **where, **maker}
        deltas = [base | delta for delta in _content(entry["content"], random)]
        return [deltas[0] | made, *deltas[1:]]
    if cls is cm.FunctionCallEntry:
        base = {"type": "function.call.delta", **where, **maker, **_some(entry, "name", "tool_call_id")}
        deltas = [base | {"arguments": piece} for piece in _pieces(entry["arguments"], random)]
        deltas[random.choice([0, -1])] |= _some(entry, "confirmation_status")
        deltas[0] |= made
        return deltas
    done = {"created_at": entry["completed_at"]} if entry.get("completed_at") else {}
    if cls is cm.AgentHandoffEntry:
        return [
            {
                "type": "agent.handoff.started",
                **where,
                **made,
                **_some(entry, "previous_agent_id", "previous_agent_name"),
            },
            {"type": "agent.handoff.done", **where, **done, **_some(entry, "next_agent_id", "next_agent_name")},
        ]
    assert cls is cm.ToolExecutionEntry
    where["name"] = entry["name"]
    events = [{"type": "tool.execution.started", **where, **made, **maker}]
    if "arguments" in entry:
        pieces = _pieces(entry["arguments"], random)
        if random.random() < 0.5:
            events[0]["arguments"] = pieces.pop(0)
        events += [{"type": "tool.execution.delta", **where, "arguments": piece} for piece in pieces]
    if done or "completed_at" not in entry:
        events.append({"type": "tool.execution.done", **where, **done, **_some(entry, "info")})
    random.choice(events).update(_some(entry, "function"))
    return events


def _content(content: str | list[Document], random: Random) -> list[Document]:
    if isinstance(content, str):
        return [{"content": piece} for piece in _pieces(content, random)]
    deltas: list[Document] = []
    index, last = 0, None
    for chunk in content:
        kind = class_of(chunk, "chunk", "snake")
        # A chunk that would merge with its neighbour needs another index.
        if last is not None and (kind is last or random.random() < 0.5):
            index += 1
        last = kind
        parts: list[Any] = [chunk]
        if kind is cm.TextChunk:
            texts = _pieces(chunk["text"], random)
            # An empty string adds no chunk.
            as_string = bool(chunk["text"])
            parts = [
                piece if as_string and random.random() < 0.5 else {"type": "text", "text": piece} for piece in texts
            ]
            if unknown := _unknown(chunk, "chunk"):
                parts[0] = {"type": "text", "text": texts[0], **unknown}
        elif kind is cm.ThinkChunk:
            parts = _thoughts(chunk, random)
        deltas += [{"content": part, "content_index": index} for part in parts]
    if all(isinstance(delta["content"], str) for delta in deltas):
        deltas[0]["content"] = {"type": "text", "text": deltas[0]["content"]}
    return deltas


def _thoughts(chunk: Document, random: Random) -> list[Document]:
    parts: list[Any] = []
    for thought in chunk["thinking"]:
        if _is(thought, cm.TextChunk, "thought"):
            parts += [{"type": "text", "text": piece} for piece in _pieces(thought["text"], random)]
            parts[-1] |= _unknown(thought, "thought")
        else:
            parts.append(thought)
    start = random.randint(0, len(parts))
    chunks: list[Document] = [{"type": "thinking", "thinking": some} for some in (parts[:start], parts[start:])]
    if "closed" in chunk:
        chunks[0]["closed"] = False
    chunks[-1] |= _some(chunk, "closed", "signature") | _unknown(chunk, "chunk")
    return chunks


def _pieces(text: str, random: Random) -> list[str]:
    """``text`` in one to four pieces, some of them empty."""
    places = sorted(random.randint(0, len(text)) for _ in range(random.randint(0, 3)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def _some(entry: Document, *names: str) -> Document:
    return {name: entry[name] for name in names if name in entry}
