"""``ResponseBuilder``, ``collect`` and ``collect_all`` on every body of ``support.bodies``."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest

import conversation_models as cm

from ..support.amounts import in_full_if_long
from ..support.bodies import BODIES, CUT_OFF, FAILED, Body, Said, done, hi, started
from ..support.each import each
from ..support.streams import some_cuts

every_body = each("name", BODIES)


def said(response: cm.ConversationResponse) -> Said:
    texts = [entry.text for entry in response.outputs if isinstance(entry, cm.MessageOutputEntry)]
    return Said(response.conversation_id, "".join(texts), response.usage.total_tokens)


def result(call: Any, events: Any) -> Any:
    """The responses that ``call`` returns, or the class of the error it raises."""
    try:
        returned = call(events)
    except cm.ConversationModelsError as error:
        return type(error)
    return list(map(said, returned)) if isinstance(returned, list) else said(returned)


def run_asynchronously(call: Any) -> Any:
    async def source(events: Iterable[Any]) -> AsyncIterator[Any]:
        for event in events:
            yield event

    return lambda events: asyncio.run(call(source(events)))


def finish(events: Iterable[Any]) -> cm.ConversationResponse:
    builder = cm.ResponseBuilder()
    for event in events:
        builder.add(event)
    return builder.finish()


def expected_of_one(body: Body) -> Any:
    """What ``collect`` and ``finish`` make of ``body``."""
    if len(body.responses) > 1:
        return cm.MultipleResponsesError
    return body.responses[0] if body.responses else CUT_OFF


def expected_of_all(body: Body) -> Any:
    """What ``collect_all`` makes of ``body``: its responses, or the first error."""
    errors = [response for response in body.responses if isinstance(response, type)]
    return errors[0] if errors else body.responses or CUT_OFF


@in_full_if_long
@every_body
def test_collect_returns_the_only_response_or_raises(name: str) -> None:
    body = BODIES[name]
    for chunks in some_cuts(body.bytes):
        assert result(cm.collect, cm.snake.iter_events(chunks, strict=False)) == expected_of_one(body)


@every_body
def test_collect_all_returns_every_response_or_raises(name: str) -> None:
    body = BODIES[name]
    assert result(cm.collect_all, cm.snake.iter_events([body.bytes], strict=False)) == expected_of_all(body)


@every_body
def test_a_builder_finishes_as_collect_does(name: str) -> None:
    body = BODIES[name]
    decoder = cm.snake.event_decoder()
    events = decoder.feed(b"".join(body.events))
    assert result(finish, events) == expected_of_one(body)


@every_body
def test_the_asynchronous_twins_agree(name: str) -> None:
    body = BODIES[name]

    def events() -> Iterable[Any]:
        return cm.snake.iter_events([body.bytes], strict=False)

    assert result(run_asynchronously(cm.acollect), events()) == expected_of_one(body)
    assert result(run_asynchronously(cm.acollect_all), events()) == expected_of_all(body)


@every_body
def test_a_builder_holds_the_first_response(name: str) -> None:
    body = BODIES[name]
    builder = cm.ResponseBuilder()
    for event in cm.snake.event_decoder().feed(b"".join(body.events)):
        builder.add(event)
    first = body.responses[0] if body.responses else CUT_OFF
    if isinstance(first, Said):
        assert (said(builder.response), builder.done, builder.error) == (first, True, None)
        assert builder.text == first.text
    else:
        # A malformed done event does not count: its usage is unknown, and that of the response is zero.
        assert (builder.done, builder.error is not None) == (False, first is FAILED)


def test_the_error_about_several_responses_names_collect_all() -> None:
    with pytest.raises(cm.MultipleResponsesError, match="collect_all"):
        cm.collect(cm.snake.iter_events([BODIES["two responses"].bytes]))


@pytest.mark.parametrize("collect", [cm.collect_all, run_asynchronously(cm.acollect_all)], ids=["sync", "async"])
def test_collect_all_reports_the_partial_response_and_the_pending_bytes_of_the_one_that_was_cut_off(
    collect: Any,
) -> None:
    body = BODIES["two responses, the second cut off in an event"]
    with pytest.raises(cm.TruncatedStreamError) as caught:
        collect(cm.snake.iter_events([body.bytes]))
    assert caught.value.partial is not None
    assert said(caught.value.partial) == Said("b", "2", 0)
    assert caught.value.pending == body.rest
    with pytest.raises(cm.TruncatedStreamError) as caught:
        collect(cm.snake.iter_events([BODIES["two responses, the first without an end"].bytes]))
    assert caught.value.partial is not None
    assert said(caught.value.partial) == Said("a", "1", 0)
    assert caught.value.pending == b""


@pytest.mark.parametrize("collect", [cm.collect_all, run_asynchronously(cm.acollect_all)], ids=["sync", "async"])
def test_collect_all_ignores_no_exception_since_responses_could_be_missing(collect: Any) -> None:
    def lost() -> Iterator[Any]:
        yield from cm.snake.event_decoder().feed(started("a") + done(7))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        collect(lost())
    with pytest.raises(cm.ConversationDecodeError):
        collect(cm.snake.iter_events([started("a") + done(7) + b"data: oops\n\n" + started("b") + done(8)]))


def test_finish_says_what_is_wrong_with_the_event_that_ended_the_response() -> None:
    builder = cm.ResponseBuilder()
    end = b'data: {"type":"conversation.response.done","usage":{"total_tokens":"7"}}\n\n'
    for event in cm.snake.event_decoder().feed(started("a") + hi("1") + end):
        builder.add(event)
    for _ in range(2):
        with pytest.raises(cm.ConversationDecodeError, match="Expected `int`, got `str`") as caught:
            builder.finish()
        assert caught.value.path == "$.usage.total_tokens"


def test_a_builder_can_finish_again_and_again() -> None:
    builder = cm.ResponseBuilder()
    [first, last] = cm.snake.event_decoder().feed(started("a") + done(7))
    builder.add(first)
    with pytest.raises(cm.TruncatedStreamError) as caught:
        builder.finish()
    assert caught.value.partial == builder.response
    builder.add(last)
    # The response can be asked for again.
    for _ in range(2):
        assert said(builder.finish()) == Said("a", "", 7)


@pytest.mark.parametrize(
    "name",
    [
        "a response cut off in an event",
        "an error ends a response",
        "a malformed done event ends a response",
        "two responses, the first without an end",
    ],
)
def test_an_error_that_was_dropped_keeps_no_builder_alive(name: str) -> None:
    body = BODIES[name]
    events = list(cm.snake.event_decoder().feed(b"".join(body.events)))
    invalid = [event for event in events if isinstance(event, cm.InvalidEvent)]
    for event in invalid:
        event.error.__traceback__ = None

    def source() -> Iterator[Any]:
        yield from events
        if body.rest and not body.ended:
            raise cm.TruncatedStreamError("cut off", body.rest)

    def builders() -> int:
        return sum(isinstance(kept, cm.ResponseBuilder) for kept in gc.get_objects())

    # What there was before is not looked at.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for collect in cm.collect, cm.collect_all, finish:
            assert isinstance(result(collect, source() if collect is not finish else events), type)
        assert builders() == 0
    finally:
        gc.enable()
    assert all(event.error.__traceback__ is None for event in invalid)


# Arguments that are not events -----------------------------------------------------------------------------------

ENTRY = cm.MessageOutputEntry(content="Hi")


@pytest.mark.parametrize("thing", [ENTRY, b"data: {}\n\n", "data", 5, None, cm.TextChunk(text="a")], ids=repr)
def test_adding_something_that_is_not_an_event_is_a_type_error(thing: Any) -> None:
    builder = cm.ResponseBuilder()
    for _ in range(2):
        with pytest.raises(TypeError, match=rf"Expected stream events.* not {type(thing).__name__}$"):
            builder.add(thing)
    builder.add(cm.MessageOutputEvent(id="m1", content="Hi"))
    with pytest.raises(TypeError):
        builder.add(thing)
    with pytest.raises(TypeError):
        cm.collect([thing])
    with pytest.raises(TypeError):
        cm.collect_all([thing])
    assert builder.text == "Hi"


@pytest.mark.parametrize("data", [b"data: {}\n\n", b"", bytearray(), memoryview(b""), "data: {}\n\n", ""])
def test_collecting_bytes_is_a_type_error(data: Any) -> None:
    for collect in cm.collect, cm.collect_all:
        with pytest.raises(TypeError, match=rf"Expected stream events.* not {type(data).__name__}$"):
            collect(data)
    for acollect in cm.acollect, cm.acollect_all:
        with pytest.raises(TypeError):
            asyncio.run(acollect(data))


def test_an_unknown_event_with_the_name_of_a_model_is_still_unknown() -> None:
    # Decoding makes none like these; a program may.
    builder = cm.ResponseBuilder()
    for kind in "message.output.delta", "tool.execution.delta", "function.call.delta", "conversation.response.done":
        builder.add(cm.Unknown(kind, b"{}"))
    assert (builder.response.outputs, builder.done) == ([], False)


@pytest.mark.parametrize("body", ['{"detail":"Invalid API Key"}', "[]", "<html>Bad gateway</html>"])
def test_a_body_that_is_no_stream_is_named_in_the_error(body: str) -> None:
    with pytest.raises(cm.TruncatedStreamError) as caught:
        list(cm.snake.iter_events([body]))
    assert str(caught.value) == f"Expected server-sent events, found {body[:20]!r}"
    assert caught.value.pending == body.encode()
