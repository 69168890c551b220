"""``rewrite_text`` and ``arewrite_text``: the text of a live stream is edited, whatever its deltas cut through."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from datetime import datetime, timezone
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

import conversation_models as cm
from examples.redaction import ADDRESS, redact, redacted

from ..support.amounts import examples
from ..support.documents import CODECS, NAMINGS, Naming, value_of
from ..support.each import each
from ..support.strategies import events as any_events
from ..support.strategies import wire_responses
from ..support.streams import streamable, streamed

Rewrite = Callable[[str, bool], tuple[str, str]]

STARTED = cm.ResponseStartedEvent(conversation_id="c1")
DONE = cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo(total_tokens=3))
IMAGE = cm.ImageURLChunk(image_url="u")
REFERENCE = cm.ToolReferenceChunk(tool="web_search", title="T", url="u")
TOOL = cm.ToolExecutionStartedEvent(id="m1", name="web_search")
UNKNOWN = cm.Unknown("new.event", b'{"type":"new.event","id":"m1"}')


def said(content: Any, id: str = "m1", **fields: Any) -> cm.MessageOutputEvent:
    return cm.MessageOutputEvent(id=id, content=content, **fields)


def text(text: str) -> cm.TextChunk:
    return cm.TextChunk(text=text)


def thought(*parts: Any, **fields: Any) -> cm.ThinkChunk:
    return cm.ThinkChunk(thinking=[text(part) if isinstance(part, str) else part for part in parts], **fields)


def invalid(type: str) -> cm.InvalidEvent:
    return cm.InvalidEvent(b'{"type":"%b"' % type.encode(), cm.ConversationDecodeError("no"), type)


def rewritten(events: Iterable[Any], rewrite: Rewrite) -> list[Any]:
    """What ``rewrite_text`` yields."""
    return list(cm.rewrite_text(events, rewrite))


async def from_async(events: Iterable[Any]) -> AsyncIterator[Any]:
    for event in events:
        await asyncio.sleep(0)
        yield event


def arewritten(events: Iterable[Any], rewrite: Rewrite) -> list[Any]:
    """What ``arewrite_text`` yields."""

    async def listed() -> list[Any]:
        return [event async for event in cm.arewrite_text(from_async(events), rewrite)]

    return asyncio.run(listed())


both = each("rewritten", [rewritten, arewritten])


def identity(pending: str, _: bool) -> tuple[str, str]:
    return pending, ""


def words(pending: str, final: bool) -> tuple[str, str]:
    """Whole words in capitals. The last one waits."""
    cut = len(pending) if final else pending.rfind(" ") + 1
    return pending[:cut].upper(), pending[cut:]


def held(pending: str, final: bool) -> tuple[str, str]:
    """Nothing changed, and the last word waits."""
    cut = len(pending) if final else pending.rfind(" ") + 1
    return pending[:cut], pending[cut:]


# What waits, and for how long -----------------------------------------------------------------------------------


@both
def test_what_may_be_sent_is_sent_and_the_rest_waits_for_more(rewritten: Callable[..., Any]) -> None:
    events = [STARTED, said("one tw"), said("o thr"), said("ee"), DONE]
    assert rewritten(events, words) == [STARTED, said("ONE "), said("TWO "), said(""), said("THREE"), DONE]


ENDS: dict[str, Any] = {
    "done": DONE,
    "an error": cm.ResponseErrorEvent(message="m", code=1),
    "another error body": cm.snake.decode(b'{"error": {"message": "m", "code": 502}}', cm.ServiceError),
    "a malformed end": invalid("conversation.response.done"),
    "a malformed error": invalid("conversation.response.error"),
    "another start": STARTED,
    "a malformed start": invalid("conversation.response.started"),
}


@both
@each("name", ENDS)
def test_what_waits_is_sent_before_the_end_of_the_response(rewritten: Callable[..., Any], name: str) -> None:
    sent = rewritten([STARTED, said("one"), ENDS[name]], words)
    assert sent == [STARTED, said(""), said("ONE"), ENDS[name]]
    assert sent[-1] is ENDS[name]


@both
def test_what_waits_is_sent_when_the_events_stop_early(rewritten: Callable[..., Any]) -> None:
    assert rewritten([STARTED, said("one")], words) == [STARTED, said(""), said("ONE")]
    assert rewritten([], words) == []


OVERTAKING: dict[str, Any] = {
    "an unknown event": UNKNOWN,
    "a malformed delta": invalid("message.output.delta"),
    "a malformed event without a type": invalid(""),
    "a tool execution with the same id": TOOL,
    "a handoff": cm.AgentHandoffStartedEvent(id="m1", previous_agent_id="p", previous_agent_name="P"),
    "a function call": cm.FunctionCallEvent(id="m1", tool_call_id="c", name="f", arguments="{}"),
    "content of another message": said(IMAGE, "m2"),
    "content of a message with the same id": said(IMAGE, output_index=1),
    "an empty string": said(""),
    "an empty string of another part": said("", content_index=1),
}


@each("name", OVERTAKING)
def test_an_event_that_is_not_of_the_output_leaves_its_text_waiting(name: str) -> None:
    event = OVERTAKING[name]
    sent = rewritten([STARTED, said("ja"), event, said("ne "), DONE], words)
    assert sent == [STARTED, said(""), event, said("JANE "), DONE]
    assert sent[2] is event


def test_texts_of_several_outputs_wait_apart() -> None:
    events = [said("a1"), said("b1", "m2"), said("a2 "), said("c1", output_index=1), said("b2 ", "m2"), DONE]
    assert rewritten(events, words) == [
        said(""),
        said("", "m2"),
        said("A1A2 "),
        said("", output_index=1),
        said("B1B2 ", "m2"),
        said("C1", output_index=1),
        DONE,
    ]


FOLLOWING: dict[str, Any] = {
    "a citation": said(REFERENCE),
    "an image": said(IMAGE),
    "a new chunk": said(cm.Unknown("video", b'{"type":"video"}')),
    "an image of another part": said(IMAGE, content_index=4),
    "text of another part": said("x ", content_index=1),
    "an empty chunk of another part": said(text(""), content_index=1),
    "reasoning": said(thought("x ")),
    "empty reasoning": said(thought()),
}


@each("name", FOLLOWING)
def test_what_waits_is_sent_before_what_follows_it_in_its_output(name: str) -> None:
    event = FOLLOWING[name]
    assert rewritten([said("ja"), event, said("ne "), DONE], held) == [said(""), said("ja"), event, said("ne "), DONE]


def test_answer_and_reasoning_wait_apart_and_in_order() -> None:
    events = [said(thought("a")), said(""), said(thought("b")), said("c"), said("d "), said(thought("e")), DONE]
    assert rewritten(events, words) == [
        *(said(thought("")), said(""), said(thought(""))),
        *(said(thought("AB")), said(""), said("CD ")),
        *(said(thought("")), said(thought("E")), DONE),
    ]


def test_rewrite_is_told_whether_more_may_follow_and_is_not_called_without_text() -> None:
    calls: list[tuple[str, bool]] = []

    def rewrite(pending: str, final: bool) -> tuple[str, str]:
        calls.append((pending, final))
        return words(pending, final)

    events = [said(""), said("a b"), said(text("")), said(thought()), said(text("c ")), said(IMAGE), said("d")]
    rewritten([*events, said(thought(REFERENCE)), DONE], rewrite)
    assert calls == [("a b", False), ("b", True), ("c ", False), ("d", False), ("d", True)]


def test_what_rewrite_lets_wait_in_the_end_is_sent_too() -> None:
    events = [said("abc"), said(IMAGE), said("d"), DONE]
    assert rewritten(events, lambda pending, _: (pending[:1], pending[1:])) == [
        *(said("a"), said("bc"), said(IMAGE), said("d"), DONE)
    ]
    assert rewritten([said("ab"), said("c"), DONE], lambda pending, _: ("", pending)) == [
        *(said(""), said(""), said("abc"), DONE)
    ]


def test_text_that_is_taken_out_leaves_the_message() -> None:
    response = cm.collect(cm.rewrite_text([STARTED, said("a"), said("b"), DONE], lambda *_: ("", "")))
    assert response.outputs == [cm.MessageOutputEntry(id="m1", content="")]


# What events are made of ----------------------------------------------------------------------------------------


def test_strings_and_chunks_are_edited_alike() -> None:
    events = [said("a"), said(text("b c")), said("d"), said(text("e")), DONE]
    assert rewritten(events, words) == [
        *(said(""), said(text("AB ")), said(""), said(text("")), said(text("CDE")), DONE)
    ]


def test_text_in_reasoning_is_sent_before_the_source_that_follows_it() -> None:
    new = cm.Unknown("new", b'{"type":"new"}')
    events = [said(thought("a")), said(thought("b", REFERENCE, "c d", "e", new)), said(thought(REFERENCE, "f")), DONE]
    assert rewritten(events, words) == [
        said(thought("")),
        said(thought("", "AB", REFERENCE, "C ", "", "DE", new)),
        said(thought(REFERENCE, "")),
        *(said(thought("F")), DONE),
    ]


def test_deltas_keep_their_fields_and_the_text_that_is_left_comes_in_one_like_the_latest() -> None:
    times = [datetime(2025, 5, 27, 12, 0, second, tzinfo=timezone.utc) for second in (1, 2)]
    fields: list[dict[str, Any]] = [
        {"created_at": times[0], "output_index": 2, "content_index": 3, "model": "m", "agent_id": "a"},
        {"created_at": times[1], "output_index": 2, "content_index": 3, "model": "n", "agent_id": None},
    ]
    events = [said("a b", **fields[0]), said("c", **fields[1]), DONE]
    assert rewritten(events, words) == [
        *(said("A ", **fields[0]), said("", **fields[1]), said("BC", **fields[1]), DONE)
    ]


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("learned", [False, True])
def test_unknown_fields_stay_with_their_event_and_chunk(naming: Naming, learned: bool) -> None:
    codec = cm.Codec(naming)
    index = {"snake": '"output_index":0,"content_index":0', "camel": '"outputIndex":0,"contentIndex":0'}[naming]

    def frame(content: str, more: str) -> str:
        return f'data: {{"type":"message.output.delta","id":"m1","content":{content},{index}{more}}}\n\n'

    def frames(texts: list[str]) -> list[str]:
        chunks = [f'"{texts[0]}"', f'{{"type":"text","text":"{texts[1]}","lang":"en"}}']
        chunks += [f'{{"type":"thinking","thinking":[{{"type":"text","text":"{texts[2]}","n":1}}],"mood":[]}}']
        return [frame(chunk, f',"role":"assistant","p":{n}') for n, chunk in enumerate(chunks)]

    data = "".join(frames(["a b", "c d", "e f"])).encode()
    if learned:
        codec.event_decoder().feed(data)
    plain = ',"role":"assistant"'
    string, chunk, reasoning = frames(["A ", "BC ", "E "])
    expected = [
        *(string, chunk, frame('{"type":"text","text":"D"}', plain), reasoning),
        frame('{"type":"thinking","thinking":[{"type":"text","text":"F"}]}', plain),
    ]
    sent = cm.rewrite_text(codec.iter_events([data]), words)
    decoded: list[Any] = [codec.decode(codec.encode(event), cm.ConversationEvent) for event in sent]
    assert decoded == [codec.decode(frame.partition("data: ")[2], cm.ConversationEvent) for frame in expected]
    assert decoded[0].unknown_fields == {"p": 0}


@both
def test_events_that_rewrite_changes_nothing_of_are_the_same_objects(rewritten: Callable[..., Any]) -> None:
    events = [STARTED, TOOL, said("a "), said(text("b ")), said(thought("c ", REFERENCE, signature="s")), UNKNOWN]
    events += [said(IMAGE), said(""), said(text("")), invalid(""), said(thought()), DONE, said("d"), DONE]
    for rewrite in identity, held:
        sent = rewritten(events, rewrite)
        assert len(sent) == len(events)
        assert all(one is other for one, other in zip(sent, events, strict=True))


@both
def test_events_outside_of_responses_are_not_edited(rewritten: Callable[..., Any]) -> None:
    outside = [said("x y"), TOOL, cm.ResponseErrorEvent(message="m"), said(thought("z")), UNKNOWN]
    sent = rewritten([UNKNOWN, STARTED, said("a"), DONE, *outside, STARTED, said("b"), DONE, *outside], words)
    assert sent == [
        *(UNKNOWN, STARTED, said(""), said("A"), DONE, *outside),
        *(STARTED, said(""), said("B"), DONE, *outside),
    ]


# Signatures -----------------------------------------------------------------------------------------------------


def signed(*deltas: Any, rewrite: Rewrite) -> list[Any]:
    sent = rewritten([STARTED, *map(said, deltas), DONE], rewrite)
    return [event.content for event in sent[1:-1]]


def test_the_signature_of_changed_reasoning_is_dropped() -> None:
    assert signed(thought("a ", signature="s"), rewrite=words) == [thought("A ")]
    assert signed(thought("a "), thought("B ", signature="s"), rewrite=words) == [thought("A "), thought("B ")]
    assert signed(thought("a "), "", thought(signature="s"), rewrite=words) == [thought("A "), "", thought()]
    gone = signed(thought("a"), thought(signature="s"), rewrite=lambda *_: ("", ""))
    assert gone == [thought(""), thought()]


def test_the_signature_of_unchanged_reasoning_stays() -> None:
    assert signed(thought("A ", signature="s"), rewrite=words) == [thought("A ", signature="s")]
    assert signed(thought("A "), thought(signature="s"), rewrite=words) == [thought("A "), thought(signature="s")]
    # Reasoning after other content is another chunk.
    parts = [thought("a "), "b ", thought("C ", signature="s")]
    assert signed(*parts, rewrite=words) == [thought("A "), "B ", thought("C ", signature="s")]


def test_the_reasoning_of_a_response_says_nothing_about_that_of_the_next() -> None:
    events = [STARTED, said(thought("a ")), DONE, STARTED, said(thought("A ", signature="s")), DONE]
    assert rewritten(events, words)[4] is events[4]


def test_a_signature_waits_for_the_text_that_it_signs() -> None:
    assert signed(thought("A", signature="s"), "B ", rewrite=words) == [thought(""), thought("A", signature="s"), "B "]
    assert signed(thought("a", signature="s"), "B ", rewrite=words) == [thought(""), thought("A"), "B "]
    assert signed(thought("A"), thought(signature="s"), rewrite=words) == [
        *(thought(""), thought(), thought("A", signature="s"))
    ]
    # It does not force the text out, since some services may sign each delta.
    assert signed(thought("A", signature="s"), thought("B ", signature="t"), rewrite=words) == [
        *(thought(""), thought("AB ", signature="t"))
    ]
    assert signed(thought("A", signature="s"), thought("b "), rewrite=words) == [thought(""), thought("AB ")]
    calls: list[str] = []

    def recorded(pending: str, final: bool) -> tuple[str, str]:
        calls.append(pending)
        return words(pending, final)

    assert signed(thought("A", signature="s"), thought("B "), rewrite=recorded) == [
        *(thought(""), thought("AB "), thought(signature="s"))
    ]
    assert calls == ["A", "AB "]


def test_a_signature_that_is_null_passes() -> None:
    assert signed(thought("a", signature=None), rewrite=words) == [thought("", signature=None), thought("A")]
    # As in a response that is built, it takes the place of the signature before it.
    assert signed(thought("A", signature="s"), thought(" ", signature=None), rewrite=words) == [
        *(thought(""), thought("A ", signature=None))
    ]


def test_reasoning_that_is_left_keeps_whether_it_is_closed() -> None:
    assert signed(thought("A", closed=False), rewrite=words) == [thought("", closed=False), thought("A", closed=False)]


# Failures -------------------------------------------------------------------------------------------------------


@both
@each(
    ("wrong", "found"),
    [
        ("ab", "a str"),
        (None, "a NoneType"),
        (["a", "b"], "a list"),
        (("a",), "a tuple of str"),
        ((), "a tuple of nothing"),
        (("a", None), "a tuple of str, NoneType"),
        ((b"a", ""), "a tuple of bytes, str"),
        (("a", "b", "c"), "a tuple of str, str, str"),
    ],
)
def test_a_result_that_is_not_two_strings_is_a_type_error(
    rewritten: Callable[..., Any], wrong: Any, found: str
) -> None:
    message = f"rewrite has to return two strings, the text to send and the text that waits, not {found}"
    with pytest.raises(TypeError) as caught:
        rewritten([said("a")], lambda *_: wrong)
    assert str(caught.value) == message


@both
def test_what_is_not_an_event_is_a_type_error(rewritten: Callable[..., Any]) -> None:
    for wrong in b"data", ["text"], [cm.MessageOutputEntry(content="a")]:
        with pytest.raises(TypeError, match="Expected stream events"):
            rewritten(wrong, identity)


def taken(events: Iterable[Any]) -> tuple[list[Any], BaseException | None]:
    """The events, and the exception that they ended with."""
    found: list[Any] = []
    try:
        found.extend(events)
    except Exception as error:
        return found, error
    return found, None


def ataken(events: AsyncIterator[Any]) -> tuple[list[Any], BaseException | None]:
    """The same of an asynchronous source."""
    found: list[Any] = []

    async def take() -> BaseException | None:
        try:
            async for event in events:
                found.append(event)  # noqa: PERF401 - the events before the exception are wanted too.
        except (Exception, asyncio.CancelledError) as error:
            return error
        return None

    return found, asyncio.run(take())


def failing(error: BaseException) -> Generator[Any, None, None]:
    yield from (STARTED, said("one"))
    raise error


async def afailing(error: BaseException) -> AsyncIterator[Any]:
    for event in (STARTED, said("one")):
        yield event
    raise error


@pytest.mark.parametrize(
    "error", [cm.TruncatedStreamError("m"), ConnectionResetError(), cm.ConversationDecodeError("m")], ids=repr
)
def test_what_waits_is_sent_before_an_exception_of_the_source(error: Exception) -> None:
    expected = ([STARTED, said(""), said("ONE")], error)
    assert taken(cm.rewrite_text(failing(error), words)) == expected
    assert ataken(cm.arewrite_text(afailing(error), words)) == expected


def test_a_cut_stream_is_collected_as_far_as_it_goes() -> None:
    data = cm.snake.encode_event(STARTED) + cm.snake.encode_event(said("one")) + b"data: {"
    with pytest.raises(cm.TruncatedStreamError) as caught:
        cm.collect(cm.rewrite_text(cm.snake.iter_events([data]), words))
    assert caught.value.pending == b"data: {"
    assert caught.value.partial is not None
    assert caught.value.partial.text == "ONE"


def test_nothing_is_sent_when_the_task_is_cancelled() -> None:
    error = asyncio.CancelledError()
    assert ataken(cm.arewrite_text(afailing(error), words)) == ([STARTED, said("")], error)


def test_an_exception_of_rewrite_propagates_and_nothing_more_is_sent() -> None:
    class RefusedError(Exception): ...

    def refuse(pending: str, _: bool) -> tuple[str, str]:
        if "bad" in pending:
            raise RefusedError
        return "", pending

    events: list[Any] = [STARTED, said("a "), said("bad"), DONE]
    found, error = taken(cm.rewrite_text(events, refuse))
    assert (found, type(error)) == ([STARTED, said("")], RefusedError)
    afound, aerror = ataken(cm.arewrite_text(from_async(events), refuse))
    assert (afound, type(aerror)) == ([STARTED, said("")], RefusedError)


def test_closing_closes_the_source_and_sends_nothing() -> None:
    closed: list[str] = []
    calls: list[bool] = []

    def rewrite(pending: str, final: bool) -> tuple[str, str]:
        calls.append(final)
        return "", pending

    def source() -> Generator[Any, None, None]:
        try:
            while True:
                yield said("a")
        finally:
            closed.append("sync")

    upstream = source()
    events = cm.rewrite_text(upstream, rewrite)
    assert next(events) == said("")
    events.close()
    assert list(events) == []
    assert closed == ["sync"]

    async def asource() -> AsyncIterator[Any]:
        try:
            while True:
                yield said("a")
        finally:
            closed.append("async")

    async def leave() -> None:
        upstream = asource()
        events = cm.arewrite_text(upstream, rewrite)
        assert await anext(events) == said("")
        await events.aclose()
        assert closed == ["sync", "async"]

    asyncio.run(leave())
    assert calls == [False, False]


# Any stream -----------------------------------------------------------------------------------------------------


def holding(random: Random) -> Rewrite:
    """Changes nothing. What waits, and how much of it, is random."""

    def rewrite(pending: str, _: bool) -> tuple[str, str]:
        cut = random.randint(0, len(pending))
        return pending[:cut], pending[cut:]

    return rewrite


def outcome_of(events: Iterable[Any]) -> Any:
    try:
        return cm.collect(events)
    except cm.ConversationModelsError as error:
        return type(error), str(error), getattr(error, "partial", None)


@examples(100)
@given(st.lists(any_events(), max_size=8))
def test_a_rewrite_that_changes_nothing_changes_no_stream(events: list[Any]) -> None:
    sent = rewritten(events, identity)
    assert len(sent) == len(events)
    assert all(one is other for one, other in zip(sent, events, strict=True))


@examples(200)
@given(response=wire_responses("snake"), random=st.randoms(use_true_random=False), cut_off=st.booleans())
def test_every_character_is_sent_once_and_in_order_whatever_waits(response: Any, random: Random, cut_off: bool) -> None:
    documents = streamed(streamable(response), random)
    events = [value_of(document, "event", "snake") for document in documents]
    for _ in range(3):
        events.insert(random.randint(1, len(events)), UNKNOWN)
    if cut_off:
        events = events[: random.randint(0, len(events))]
    sent = rewritten(events, holding(random))
    assert outcome_of(sent) == outcome_of(events)
    # Every event comes out, in order: those that are not deltas as they are.
    others = [event for event in events if not isinstance(event, cm.MessageOutputEvent)]
    assert [event for event in sent if not isinstance(event, cm.MessageOutputEvent)] == others
    assert len(sent) >= len(events)


@examples(50)
@given(st.lists(any_events(), max_size=8), st.integers())
def test_both_functions_send_the_same(events: list[Any], seed: int) -> None:
    assert arewritten(events, holding(Random(seed))) == rewritten(events, holding(Random(seed)))


@examples(50)
@given(response=wire_responses("snake"), random=st.randoms(use_true_random=False), naming=st.sampled_from(NAMINGS))
def test_what_is_sent_can_be_written_in_either_naming(response: Any, random: Random, naming: Naming) -> None:
    documents = streamed(streamable(response), random)
    events = [value_of(document, "event", "snake") for document in documents]
    written = [CODECS[naming].encode_event(event) for event in rewritten(events, holding(random))]
    assert cm.collect(CODECS[naming].iter_events(written)) == cm.collect(events)


# The rewrite of the examples, which the documentation shows ---------------------------------------------------------

_words = st.sampled_from(["jane@example.org", "J.o+n@a-b.co.uk", "@", ".", "a@b", "..", "-", "@@x", "ünï@exämple.de"])
_gaps = st.sampled_from(["", " ", ". ", "\n", ",", "<", ">", "\u3002"])
_runs = st.builds(lambda letter, length: letter * length, st.sampled_from("a.@-b"), st.integers(1, 300))
prose = st.lists(_words | _gaps | _runs | st.text(max_size=5), max_size=14).map("".join)


def whole(text: str) -> str:
    """``text`` without addresses."""
    return ADDRESS.sub("[address]", text)


def pieces(text: str, random: Random) -> list[str]:
    places = sorted(random.randint(0, len(text)) for _ in range(random.choice([0, 1, 5, 40, len(text)])))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def deltas_of(answer: str, reasoning: str, id: str, random: Random) -> list[Any]:
    """The deltas of a message, cut anywhere."""
    thoughts = [thought(piece) for piece in pieces(reasoning, random)]
    if random.random() < 0.5:
        thoughts.append(thought())
    thoughts[-1] = replace(thoughts[-1], signature="s")
    answers = [random.choice([piece, text(piece)]) for piece in pieces(answer, random)]
    return [said(content, id) for content in [*thoughts, *answers]]


def test_addresses_are_redacted_and_the_end_of_a_sentence_is_not() -> None:
    assert whole("Write to jane.doe+x@mail.example.org, or <a@b>.") == "Write to [address], or <[address]>."
    events = [said("Write to ja"), said("ne@exam"), said("ple.org."), DONE]
    assert [event.text for event in rewritten(events, redact)[:-1]] == ["Write to ", "", "", "[address]."]


@examples(300)
@given(texts=st.lists(st.tuples(prose, prose), max_size=3), random=st.randoms(use_true_random=False))
def test_redacting_a_stream_redacts_the_whole_text(texts: list[tuple[str, str]], random: Random) -> None:
    queues = [deltas_of(*both, f"m{n}", random) for n, both in enumerate(texts)]
    events: list[Any] = [STARTED]
    while queues := [queue for queue in queues if queue]:
        events.append(random.choice(queues).pop(0))
        if random.random() < 0.3:
            events.append(UNKNOWN)
    sent = rewritten([*events, DONE], redact)
    outputs = {entry.id: entry for entry in cm.collect(sent).outputs if isinstance(entry, cm.MessageOutputEntry)}
    assert len(outputs) == len(texts)
    for n, (answer, reasoning) in enumerate(texts):
        entry = outputs[f"m{n}"]
        assert (entry.text, entry.reasoning) == (whole(answer), whole(reasoning))
        (signature,) = [chunk.signature for chunk in entry.content if isinstance(chunk, cm.ThinkChunk)]
        assert signature == ("s" if whole(reasoning) == reasoning else UNSET)


@pytest.mark.parametrize("local", ["a", "a" * 64])
def test_the_longest_addresses_are_redacted_to_their_end(local: str) -> None:
    domain = ".".join(["d" * 63] * 4)
    address = f"{local}@{domain}"[:254]
    sent = rewritten([*map(said, f"To {address}, ")], redact)
    assert "".join([event.text for event in sent]) == "To [address], "


def test_the_redaction_holds_back_no_more_than_an_address() -> None:
    waiting = [
        redact(text, False)[1]
        for text in ["a" * 10_000, "a@" * 5_000, "a" * 9_000 + "@" + "b" * 1_000, "x@" + "-" * 10_000]
    ]
    assert max(map(len, waiting)) == 64 + 1 + 253
    assert redact("no address here. ", False) == ("no address here. ", "")


def test_the_example_redacts_a_stream_of_bytes() -> None:
    events: list[Any] = [STARTED, said("to a@"), said("b.org"), DONE]
    data = b"".join(map(cm.snake.encode_event, events))
    assert cm.collect(cm.snake.iter_events(redacted([data]))).text == "to [address]"
