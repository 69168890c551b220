"""``collect`` and ``acollect``: a stream's events to the response that the same call returns without streaming."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import conversation_models as cm

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, value_of
from ..support.strategies import wire_responses
from ..support.streams import Document, cut, in_naming, read_sizes, stream, streamable, streamed

STARTED = cm.ResponseStartedEvent(conversation_id="c1")
HI = cm.MessageOutputEvent(id="m1", content="Hi")
DONE = cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo(total_tokens=3))
ERROR = cm.ResponseErrorEvent(message="Service unavailable", code=3505)
WHOLE = cm.ConversationResponse(
    conversation_id="c1",
    outputs=[cm.MessageOutputEntry(id="m1", content="Hi")],
    usage=cm.ConversationUsageInfo(total_tokens=3),
)
PARTIAL = cm.ConversationResponse(
    conversation_id="c1", outputs=[cm.MessageOutputEntry(id="m1", content="Hi")], usage=cm.ConversationUsageInfo()
)

Collect = Callable[["Iterable[Any]"], cm.ConversationResponse]


def sent(*events: cm.ConversationEvent, codec: cm.Codec = cm.snake) -> bytes:
    return b"".join(map(codec.encode_event, events))


def acollect(events: Iterable[Any]) -> cm.ConversationResponse:
    async def source() -> AsyncIterator[Any]:
        for event in events:
            await asyncio.sleep(0)
            yield event

    return asyncio.run(cm.acollect(source()))


both = pytest.mark.parametrize("collect", [cm.collect, acollect], ids=["sync", "async"])


@both
def test_a_whole_stream_is_collected(collect: Collect) -> None:
    assert collect([STARTED, HI, DONE]) == WHOLE
    assert collect(iter([STARTED, cm.Unknown("x", b"{}"), HI, DONE, cm.Unknown(None, b"1")])) == WHOLE
    assert collect([DONE]) == cm.ConversationResponse(conversation_id="", outputs=[], usage=DONE.usage)


@both
def test_a_stream_without_a_final_event_raises(collect: Collect) -> None:
    with pytest.raises(cm.TruncatedStreamError) as caught:
        collect([STARTED, HI])
    assert caught.value.partial == PARTIAL
    assert caught.value.pending == b""
    with pytest.raises(cm.TruncatedStreamError) as caught:
        collect([])
    assert caught.value.partial == cm.ResponseBuilder().response


@both
def test_a_stream_cut_off_in_an_event_raises_with_the_rest(collect: Collect) -> None:
    left = b'data: {"type":"message.output.delta"'
    head = sent(STARTED, HI)
    with pytest.raises(cm.TruncatedStreamError) as caught:
        collect(cm.snake.iter_events([head + left]))
    assert (caught.value.partial, caught.value.pending) == (PARTIAL, left)


@both
def test_a_stream_that_reports_an_error_raises_it(collect: Collect) -> None:
    with pytest.raises(cm.ConversationResponseError, match="Service unavailable") as caught:
        collect([STARTED, HI, ERROR])
    assert caught.value.event == ERROR
    assert caught.value.partial == PARTIAL
    assert isinstance(caught.value, cm.ConversationModelsError)
    assert str(caught.value) == "Service unavailable (code 3505)"
    with pytest.raises(cm.ConversationResponseError) as caught:
        collect([STARTED, HI, cm.ResponseErrorEvent(message="Service unavailable")])
    assert str(caught.value) == "Service unavailable"


@both
def test_a_malformed_event_raises_unless_reading_is_lenient(collect: Collect) -> None:
    data = sent(STARTED, HI) + b"data: oops\n\n" + sent(DONE)
    with pytest.raises(cm.ConversationDecodeError):
        collect(cm.snake.iter_events([data]))
    assert collect(cm.snake.iter_events([data], strict=False)) == WHOLE


@both
def test_an_exception_of_the_source_propagates(collect: Collect) -> None:
    def lost() -> Iterable[Any]:
        yield STARTED
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        collect(lost())


@both
@pytest.mark.parametrize("error", [ConnectionResetError(), cm.ConversationDecodeError("m"), cm.EventTooLargeError("m")])
def test_an_exception_after_the_end_is_ignored(collect: Collect, error: Exception) -> None:
    def lost(end: Any) -> Iterable[Any]:
        yield from (STARTED, HI, end)
        raise error

    assert collect(lost(DONE)) == WHOLE
    with pytest.raises(cm.ConversationResponseError):
        collect(lost(ERROR))


@both
def test_an_unfinished_event_after_the_end_is_harmless(collect: Collect) -> None:
    data = sent(STARTED, HI, DONE)
    for rest in b"", b"data: [DONE]\n\n", b"data: [DO", b": keep-al", b"\n":
        assert collect(cm.snake.iter_events([data + rest])) == WHOLE


def test_acollect_collects_from_aiter_events() -> None:
    async def reads() -> AsyncIterator[bytes]:
        for read in cut(sent(STARTED, HI, DONE, codec=cm.camel), [7]):
            await asyncio.sleep(0)
            yield read

    assert asyncio.run(cm.acollect(cm.camel.aiter_events(reads()))) == WHOLE


# Round trip ------------------------------------------------------------------------------------------------------

_styles: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "event": st.booleans(),
        "end": st.sampled_from(["\n", "\n", "\r\n", "\r"]),
        "space": st.sampled_from([" ", ""]),
    }
)


def check_round_trip(naming: Naming, document: Document, random: Random, style: Any, sizes: list[int]) -> None:
    """From a response to events to bytes to events to a response."""
    document = streamable(document)
    events = [in_naming(event, "event", naming) for event in streamed(document, random)]
    reads = cut(stream(events, **style), sizes)
    expected = value_of(document, cm.ConversationResponse, "snake")
    assert cm.collect(CODECS[naming].iter_events(reads)) == expected

    # Then through our own encoder, in the other naming.
    other: Naming = "camel" if naming == "snake" else "snake"
    again = [CODECS[other].encode_event(event) for event in CODECS[naming].iter_events(reads)]
    assert cm.collect(CODECS[other].iter_events(again)) == expected


@pytest.mark.parametrize("naming", NAMINGS)
@examples(80)
@given(data=st.data(), random=st.randoms(use_true_random=False), style=_styles, sizes=read_sizes)
def test_a_response_survives_being_streamed(
    naming: Naming, data: st.DataObject, random: Random, style: Any, sizes: list[int]
) -> None:
    check_round_trip(naming, data.draw(wire_responses("snake")), random, style, sizes)


@pytest.mark.long
@pytest.mark.parametrize("naming", NAMINGS)
@settings(max_examples=10_000)
@given(data=st.data(), random=st.randoms(use_true_random=False), style=_styles, sizes=read_sizes)
def test_many_responses_survive_being_streamed(
    naming: Naming, data: st.DataObject, random: Random, style: Any, sizes: list[int]
) -> None:
    check_round_trip(naming, data.draw(wire_responses("snake")), random, style, sizes)


def test_an_unfinished_event_is_harmless_after_the_end_and_an_unknown_event() -> None:
    done = b'data: {"type":"conversation.response.done","usage":{"total_tokens":7}}\n\n'
    stream = [done, b'data: {"type":"video.delta"}\n\n', b'data: {"type"']
    assert cm.collect(cm.snake.iter_events(stream)).usage.total_tokens == 7
