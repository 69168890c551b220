"""When a stream is complete, to the command line: the table of ``support/bodies.py``."""

import contextlib

import pytest

import conversation_models as cm
from conversation_models.cli.inputs import Events, Expected, records_in

from ..support.bodies import BODIES, CUT_OFF, CUTS, Said
from ..support.each import each
from ..support.program import run

every_body = pytest.mark.parametrize("name", [name for name, body in BODIES.items() if body.bytes])


def is_cut_off(name: str) -> bool:
    return not BODIES[name].responses or CUT_OFF in BODIES[name].responses


@every_body
@each("size", [1, 1000])
def test_an_input_is_complete_if_each_of_its_responses_has_ended(name: str, size: int) -> None:
    body = BODIES[name]
    reads = (body.bytes[start : start + size] for start in range(0, len(body.bytes), size))
    source = records_in(reads, "input", Expected())
    assert isinstance(source, Events)
    with pytest.raises(cm.TruncatedStreamError) if is_cut_off(name) else contextlib.nullcontext():
        for _ in source:
            pass
    assert source.count == len(body.events)


# ``collect`` stops at a malformed event: it prints nothing, but a response that has ended already.
AT_A_MALFORMED_EVENT: dict[str, list[Said]] = {
    "unknown and malformed events change nothing": [],
    "unknown and malformed events open no response": [],
    "a type in the data goes before the event field": [],
    "a type inside the data of a malformed event does not count": [],
    "a malformed started event opens a response": [Said("a", "", 7)],
}


@every_body
def test_collect_prints_the_only_response_of_a_body_or_nothing(name: str) -> None:
    body = BODIES[name]
    done = run("collect", "-", stdin=body.bytes)
    match AT_A_MALFORMED_EVENT.get(name, body.responses):
        case [Said(conversation_id, text, total_tokens)]:
            assert done.status == 0
            response = cm.snake.decode(done.out)
            told = (response.conversation_id, response.text, response.usage.total_tokens)
            assert told == (conversation_id, text, total_tokens)
        case _:
            assert (done.status, done.out) == (1, "")


def test_collect_prints_a_body_that_is_cut_off_only_if_its_end_is_there() -> None:
    # A cut in each line, at each line end, and of the last bytes.
    for data, body in [*CUTS[1::40], *CUTS[-4:]]:
        done = run("collect", "-", stdin=data)
        assert (done.status, bool(done.out)) == ((0, True) if body.ended else (1, False))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("two responses", "more than one response"),
        ("two responses, the second cut off in an event", "more than one response"),
        ("two responses, the first without an end", "more than one response"),
        ("a response cut off in an event", "cut off in the middle of an event"),
        ("a response without an end", "ended before conversation.response.done"),
        ("a malformed done event ends a response", "event 3: "),
    ],
)
def test_collect_prints_nothing_but_a_reason_if_it_cannot_print_one_whole_response(name: str, message: str) -> None:
    done = run("collect", "-", stdin=BODIES[name].bytes)
    assert (done.status, done.out) == (1, "")
    assert message in done.err


@pytest.mark.parametrize(
    "name", ["two responses, the second cut off in an event", "two responses, the first without an end"]
)
def test_validate_says_that_one_of_two_responses_was_cut_off(name: str) -> None:
    done = run("validate", "-", stdin=BODIES[name].bytes)
    assert done.status == 1
    assert "-: invalid: The stream " in done.out
    assert "ok" not in done.out


def test_validate_accepts_two_whole_responses() -> None:
    done = run("validate", "-", stdin=BODIES["two responses"].bytes)
    assert (done.status, done.out) == (0, "-: ok (6 events, snake_case)\n")
