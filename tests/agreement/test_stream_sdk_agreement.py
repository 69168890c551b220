"""The official ``mistralai`` package's stream reader as a second opinion: the same events in the same order."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mistralai.client import models as sdk
from mistralai.client.models.conversationevents import UnknownConversationEventsData
from mistralai.client.utils import eventstreaming, unmarshal_json

import conversation_models as cm

from ..support.amounts import amount, examples, in_full_if_long
from ..support.documents import SHAPES, dumps
from ..support.each import each
from ..support.paths import SAMPLES
from ..support.sdk import Acceptable, same
from ..support.strategies import free_objects, wire_events
from ..support.streams import Document, cut, read_sizes, sse, stream

SAMPLE = SAMPLES / "stream-web-search.sse"

# The SDK's reader expects a response of the HTTP client that it was written for. Versions differ in which that is.
_streaming: Any = eventstreaming


def sdk_events(reads: Iterable[bytes]) -> list[Any]:
    """The name and data of each event, read as ``client.beta.conversations.start_stream`` does."""
    response = _streaming.httpx.Response(200, headers={"content-type": "text/event-stream"}, content=iter(reads))
    events = _streaming.EventStream(response, lambda raw: unmarshal_json(raw, sdk.ConversationEvents))
    return [(event.event, event.data) for event in events]


def agree(reads: list[bytes]) -> int:
    """Assert that both read the same events; return how many."""
    ours, theirs = list(cm.snake.iter_events(reads)), sdk_events(reads)
    assert len(ours) == len(theirs)
    for event, (name, data) in zip(ours, theirs, strict=True):
        assert event.type == name
        if isinstance(event, cm.Unknown):
            assert isinstance(data, UnknownConversationEventsData)
            assert repr(data.raw) == repr(json.loads(event.raw))
        else:
            same(event, data)
    return len(ours)


# Comments and frames without data.
_noise = st.sampled_from([b"", b": keep-alive\n\n", b":\r\n\r\n", b"event: ping\n\n", b"id: 7\n\n", b"retry: 10\n\n"])
_unknown = st.builds(
    lambda fields, name: {**fields, "type": name},
    free_objects,
    st.sampled_from(["video.output", "x.y", "a b", "\u00e9"]),
)
_known = wire_events("snake", open=False).map(lambda document: Acceptable("snake").member(document, "event"))
_styles: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "end": st.sampled_from(["\n", "\n", "\r\n", "\r"]),
        "space": st.sampled_from([" ", ""]),
        "indent": st.sampled_from([None, None, 1]),
    }
)


@examples(100)
@given(st.lists(st.tuples(_known | _unknown, _styles, _noise), max_size=5), st.booleans(), read_sizes)
def test_both_read_the_same_events_of_a_stream(
    parts: list[tuple[Document, Any, bytes]], mark: bool, sizes: list[int]
) -> None:
    data = b"".join(sse(document, **style) + noise for document, style, noise in parts)
    # The SDK recognises a byte-order mark only if one read holds all of it.
    reads = ([b"\xef\xbb\xbf"] if mark else []) + cut(data, sizes)
    assert agree(reads) == len(parts)


@in_full_if_long
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_both_read_the_same_events_under_every_cut(end: str) -> None:
    documents: list[Document] = [
        {"type": "conversation.response.started", "conversation_id": "c1"},
        {"type": "message.output.delta", "id": "m", "content": "\u20ac"},
        {"type": "x"},
        {"type": "conversation.response.done", "usage": {}},
    ]
    data = stream(documents, end=end)
    for offset in range(0, len(data) + 1, amount(5, 1)):
        assert agree([data[:offset], data[offset:]]) == 4
    assert agree(cut(data, [1])) == 4
    # Both read a last event whose blank line never came.
    assert agree([data[: -2 * len(end)]]) == agree([data[: -len(end)]]) == 4


@pytest.mark.skipif(not SAMPLE.exists(), reason="the documentation's examples are not here")
def test_both_read_the_documented_stream_alike() -> None:
    data = SAMPLE.read_bytes()
    ours, theirs = list(cm.snake.iter_events(cut(data, [100]))), sdk_events(cut(data, [100]))
    assert [event.type for event in ours] == [name for name, _ in theirs]
    for event, (_, read) in zip(ours, theirs, strict=True):
        if isinstance(read, UnknownConversationEventsData):  # A tool execution that starts without arguments.
            assert isinstance(event, cm.ToolExecutionStartedEvent)
            assert event == cm.snake.decode(json.dumps(read.raw), cm.ConversationEvent)
        else:
            same(event, read)


# Deliberate differences ------------------------------------------------------------------------------------------

NAME = b"event: message.output.delta\n"
DELTA = b'{"type":"message.output.delta","id":"m1","content":"Hi"}'
GOOD = NAME + b"data: %b\n\n" % DELTA
HI = cm.MessageOutputEvent(id="m1", content="Hi")

# The SDK's reader fails at these streams. Each has the reads, the events that ours returns, and the reason above it.
ONLY_OURS: dict[str, tuple[list[bytes], list[Any]]] = {
    # Some servers and gateways send no event field; the data names its type.
    "data without an event field": ([b"data: %b\n\n" % DELTA], [HI]),
    # Some send data without its type; the field names it.
    "data without a type": ([NAME + b'data: {"id":"m1","content":"Hi"}\n\n'], [HI]),
    # The sentinel closes a stream; it is not an event.
    "[DONE]": ([GOOD, b"data: [DONE]\n\n"], [HI]),
    "[DONE] with a name": ([GOOD, NAME + b"data: [DONE]\n\n"], [HI]),
    # Empty data is not an event.
    "empty data": ([GOOD, NAME + b"data:\n\n", GOOD], [HI, HI]),
    # The mark has three bytes, and the network may cut between them.
    "a byte-order mark cut in two": ([b"\xef\xbb", b"\xbf" + GOOD], [HI]),
    # A malformed event does not hurt those after it.
    "not JSON": ([GOOD, NAME + b"data: oops\n\n", GOOD], [HI, b"oops", HI]),
    "not UTF-8": ([GOOD, NAME + b'data: "\xff"\n\n', GOOD], [HI, b'"\xff"', HI]),
    "not an object": ([GOOD, b"event: x\ndata: 5\n\n", GOOD], [HI, cm.Unknown("x", b"5"), HI]),
}

# The SDK returns these events as an untyped ``UNKNOWN``: the data, and the event or the path of the error in ours.
UNTYPED_BY_THEIRS: dict[str, tuple[Document, Any]] = {
    "started without arguments, as documented": (
        {"type": "tool.execution.started", "id": "t", "name": "web_search"},
        cm.ToolExecutionStartedEvent(id="t", name="web_search"),
    ),
    "a function call without id, as seen": (
        {"type": "function.call.delta", "name": "f", "tool_call_id": "c", "arguments": ""},
        cm.FunctionCallEvent(name="f", tool_call_id="c", arguments=""),
    ),
    "a known event with a new chunk": (
        {"type": "message.output.delta", "id": "m", "content": {"type": "video_url"}},
        cm.MessageOutputEvent(id="m", content=cm.Unknown("video_url", b'{"type":"video_url"}')),
    ),
    # A known event of a wrong shape is an error that names the path.
    "a known event of a wrong shape": ({"type": "message.output.delta", "id": "m", "content": 5}, "$.content"),
}


@each("name", ONLY_OURS)
def test_only_ours_reads_these_streams(name: str) -> None:
    reads, expected = ONLY_OURS[name]
    events = [
        event.raw if isinstance(event, cm.InvalidEvent) else event
        for event in cm.snake.iter_events(reads, strict=False)
    ]
    assert events == expected
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's, json's or the codec's, by the case
        sdk_events(reads)


def test_ours_raises_at_a_stream_that_is_cut_off_in_an_event() -> None:
    # The SDK reads half an object as text, and fails because text is not an event.
    reads = [GOOD, GOOD[:50]]
    with pytest.raises(cm.TruncatedStreamError):
        list(cm.snake.iter_events(reads))
    with pytest.raises(ValueError, match="validation error"):
        sdk_events(reads)
    # It ignores half a frame without data.
    reads = [GOOD, NAME]
    with pytest.raises(cm.TruncatedStreamError):
        list(cm.snake.iter_events(reads))
    assert len(sdk_events(reads)) == 1


@pytest.mark.parametrize("name", UNTYPED_BY_THEIRS)
def test_ours_reads_events_that_theirs_leaves_untyped(name: str) -> None:
    document, expected = UNTYPED_BY_THEIRS[name]
    data = b"event: %b\ndata: %b\n\n" % (document["type"].encode(), dumps(document))
    [(_, theirs)] = sdk_events([data])
    assert isinstance(theirs, UnknownConversationEventsData)
    assert theirs.raw == document
    [ours] = cm.snake.iter_events([data], strict=False)
    assert (ours.error.path if isinstance(ours, cm.InvalidEvent) else ours) == expected


def test_every_type_of_event_is_compared() -> None:
    names = {cls.__name__ for cls in SHAPES if cls.__name__.endswith("Event")}
    assert names == {cls.__name__ for cls in sdk.conversationevents._CONVERSATION_EVENTS_DATA_VARIANTS.values()}
