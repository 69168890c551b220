"""The example gateway's meter: streams and JSON, plain and gzipped, and what it says of answers it cannot read."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import product

import httpx
import pytest

import conversation_models as cm
from examples import metering
from examples.metering import AnswerMeter

from ..support.each import each
from ..support.streams import sse

EVENTS = [
    sse({"type": "conversation.response.started", "conversation_id": "c1"}),
    sse({"type": "message.output.delta", "id": "m1", "content": "Hi"}),
    sse({"type": "conversation.response.done", "usage": {"total_tokens": 7}}),
]
STREAM = b"".join(EVENTS)
RESPONSE = b'{"conversation_id": "c1", "outputs": [], "usage": {"total_tokens": 7}}'
USAGE = cm.ConversationUsageInfo(total_tokens=7)
TYPES = {STREAM: "text/event-stream", RESPONSE: "application/json"}
BODIES = pytest.mark.parametrize("body", TYPES, ids=["stream", "response"])


def records(
    body: bytes, media_type: str, encoding: str | None = None, *, size: int = 1 << 16, whole: bool = True
) -> list[cm.UsageRecord]:
    """What the meter makes of ``body``, sent in pieces of that size."""
    headers = {"content-type": media_type} | ({} if encoding is None else {"content-encoding": encoding})
    meter = AnswerMeter(httpx.Headers(headers))
    asyncio.run(feed(meter, body, size))
    return meter.records(whole=whole)


async def feed(meter: AnswerMeter, body: bytes, size: int = 1 << 16) -> None:
    for start in range(0, len(body), size):
        await meter.feed(body[start : start + size])


@each(
    ("body", "size", "encoding"),
    product(TYPES, [1, 7, 1 << 16], [None, "", "identity", "gzip", "GZIP", "x-gzip"]),
)
def test_answers_are_metered_plain_and_gzipped(body: bytes, size: int, encoding: str | None) -> None:
    sent = gzip.compress(body) if encoding and "gzip" in encoding.lower() else body
    (record,) = records(sent, TYPES[body], encoding, size=size)
    assert (record.status, record.conversation_id, record.usage) == ("completed", "c1", USAGE)


@BODIES
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_gzip_in_several_members_is_one_answer(body: bytes, size: int) -> None:
    sent = b"".join([gzip.compress(body[start : start + 10]) for start in range(0, len(body), 10)])
    (record,) = records(sent, TYPES[body], "gzip", size=size)
    assert (record.status, record.usage) == ("completed", USAGE)


@pytest.mark.parametrize("length", [metering.PIECE - 1, metering.PIECE, metering.PIECE + 1, 5 * metering.PIECE])
def test_text_that_unzips_to_several_pieces_is_read_whole(length: int) -> None:
    body = b" " * (length - len(RESPONSE)) + RESPONSE
    (record,) = records(gzip.compress(body), "application/json", "gzip")
    assert (record.usage, record.bytes) == (USAGE, length)


@BODIES
@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "unheard-of"])
def test_another_encoding_is_accounted_as_unreadable(body: bytes, encoding: str) -> None:
    (record,) = records(body, TYPES[body], encoding)
    assert (record.kind, record.status) == ("stream" if body is STREAM else "response", "unreadable")
    assert (record.usage, record.bytes) == (None, len(body))
    assert encoding in (record.error_message or "")


@BODIES
@pytest.mark.parametrize(
    "damage",
    [lambda sent: b"x" + sent, lambda sent: sent[:10] + b"\xff" * 20, lambda sent: sent[:-8] + bytes(8)],
    ids=["another format", "broken inside", "wrong checksum"],
)
def test_what_is_not_gzip_is_accounted_as_unreadable(body: bytes, damage: Callable[[bytes], bytes]) -> None:
    (record,) = records(damage(gzip.compress(body)), TYPES[body], "gzip")
    assert (record.status, record.usage) == ("unreadable", None)
    assert "not gzip" in (record.error_message or "")


def test_an_answer_that_is_too_large_to_keep_is_accounted_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "MAX_METERED", len(RESPONSE))
    assert records(RESPONSE, "application/json")[0].usage == USAGE
    (record,) = records(RESPONSE + b" ", "application/json")
    assert (record.kind, record.status, record.usage) == ("response", "unreadable", None)
    assert record.bytes == len(RESPONSE) + 1
    assert record.error_message == f"the answer has more than {len(RESPONSE)} bytes"


def test_a_stream_is_never_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "MAX_METERED", 1000)
    body = EVENTS[0] + 1000 * EVENTS[1] + EVENTS[2]
    assert records(body, "text/event-stream")[0].usage == USAGE
    (record,) = records(gzip.compress(body), "text/event-stream", "gzip")
    assert (record.kind, record.status, record.usage) == ("stream", "unreadable", None)


@BODIES
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_huge_answer_takes_little_memory(body: bytes, encoding: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb too: 8 kB that unzip to 8 MB."""
    monkeypatch.setattr(metering, "MAX_METERED", 1 << 20)
    huge = body + b":" * (8 << 20) if encoding is None else gzip.compress(body + b":" * (8 << 20))
    headers = httpx.Headers({"content-type": TYPES[body], "content-encoding": encoding or "identity"})
    tracemalloc.start()
    try:
        meter = AnswerMeter(headers)
        asyncio.run(feed(meter, huge))
        _, peak = tracemalloc.get_traced_memory()
        (record,) = meter.records(whole=True)
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
    assert record.status == ("completed" if body is STREAM and encoding is None else "unreadable")


def test_other_calls_run_while_a_bomb_is_unzipped() -> None:
    meter = AnswerMeter(httpx.Headers({"content-type": "text/event-stream", "content-encoding": "gzip"}))
    bomb = gzip.compress(b":" * (10 * metering.PIECE))

    async def turns_of_others() -> int:
        feeding, turns = asyncio.create_task(meter.feed(bomb)), 0
        while not feeding.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(turns_of_others()) >= 10


@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("whole", [True, False])
def test_half_a_response_is_truncated_only_if_it_was_cut(encoding: str | None, whole: bool) -> None:
    half = RESPONSE[:40]
    if encoding:
        packer = zlib.compressobj(wbits=31)
        half = packer.compress(half) + packer.flush(zlib.Z_SYNC_FLUSH)
    (record,) = records(half, "application/json", encoding, whole=whole)
    assert (record.status, record.usage) == ("unreadable" if whole else "truncated", None)


def test_a_response_that_was_whole_when_it_was_cut_is_completed() -> None:
    assert records(RESPONSE, "application/json", whole=False)[0].status == "completed"


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_half_a_stream_is_truncated(encoding: str | None) -> None:
    half = EVENTS[0] + EVENTS[1]
    if encoding:
        packer = zlib.compressobj(wbits=31)
        half = packer.compress(half) + packer.flush(zlib.Z_SYNC_FLUSH)
    (record,) = records(half, "text/event-stream", encoding, whole=False)
    assert (record.status, record.conversation_id, record.usage) == ("truncated", "c1", None)


def test_an_error_body_is_a_failed_call() -> None:
    (record,) = records(b'{"object": "error", "message": "No such agent", "code": 3000}', "application/json")
    assert (record.status, record.error_code, record.error_message) == ("failed", 3000, "No such agent")


def test_each_response_in_a_stream_has_a_record() -> None:
    other = STREAM.replace(b"c1", b"c2").replace(b"7", b"8")
    found = records(STREAM + other, "text/event-stream")
    assert [(record.conversation_id, record.usage and record.usage.total_tokens) for record in found] == [
        ("c1", 7),
        ("c2", 8),
    ]


def test_an_empty_stream_has_a_record() -> None:
    (record,) = records(b"", "text/event-stream")
    assert (record.kind, record.status, record.usage) == ("stream", "truncated", None)
