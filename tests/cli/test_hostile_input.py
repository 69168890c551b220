"""Hostile input: the work grows with the bytes, and the memory and the messages are bounded."""

import gc
import io
import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import islice
from pathlib import Path

import pytest
from rich.console import Console

from conversation_models import ToolExecutionDoneEvent, ToolExecutionStartedEvent, TruncatedStreamError
from conversation_models.cli.commands import show_stream
from conversation_models.cli.inputs import Events, Expected, records_in
from conversation_models.cli.transcript import Transcript

from ..support.amounts import amount, in_full_if_long, some
from ..support.program import HELLO, STREAM, frame, response, run

# Work ------------------------------------------------------------------------------------------------------------


CUT_OFF = suppress(TruncatedStreamError)


class Unhashable(int):
    """An integer of a sender who knows how Python hashes integers."""

    __hash__ = None  # type: ignore[assignment]


def test_no_integer_of_the_wire_is_hashed() -> None:
    console = Console(file=io.StringIO())
    transcript = Transcript(console)
    for index in range(2):
        transcript.event(ToolExecutionStartedEvent(id="t", name="web_search", output_index=Unhashable(index)))
    for index in range(2):
        transcript.event(ToolExecutionDoneEvent(id="t", name="web_search", output_index=Unhashable(index)))
    assert console.file.getvalue().count("web_search done") == 2  # type: ignore[attr-defined]


def one_at_a_time(data: bytes) -> Iterator[bytes]:
    for start in range(len(data)):
        yield data[start : start + 1]


def seconds(data: bytes) -> float:
    start = time.process_time()
    with CUT_OFF:
        for _ in records_in(one_at_a_time(data), "-", Expected()):
            pass
    return time.process_time() - start


@pytest.mark.parametrize(
    "make",
    [
        lambda size: b" " * size,
        lambda size: b"\n" * size,
        lambda size: b"[" + b" " * size,
        lambda size: json.dumps(HELLO).encode() + b"\n" + b" " * size,
        lambda size: b'data:{"type":"x"}\n\n' * (size // 19),
        lambda size: b'data: {"type":"x","a":"' + b"a" * size,
    ],
    ids=["spaces", "blank lines", "one document", "lines", "events of unknown naming", "one event"],
)
def test_reading_a_byte_at_a_time_takes_time_in_proportion(make: Callable[[int], bytes]) -> None:
    # Sixteen times the bytes: linear is about 16, quadratic 256.
    short, long = make(2 * 1024), make(32 * 1024)
    limit = 64 * min(seconds(short) for _ in range(3))
    assert any(seconds(long) < limit for _ in range(3))


# Memory ----------------------------------------------------------------------------------------------------------


@in_full_if_long
@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "many lines"])
def test_small_reads_take_no_more_memory_than_their_bytes(indent: int | None) -> None:
    chunks = [{"type": "text", "text": text} for text in [*"a" * amount(40, 200), "a" * amount(100_000, 500_000)]]
    document = json.dumps(response({"type": "message.output", "content": chunks}), indent=indent).encode()
    reads = (document[start : start + 2] for start in range(0, len(document), 2))
    values_in(iter([document]))  # What is built for the first document stays.
    peak = peak_of(lambda: values_in(reads))
    assert peak < 6 * len(document)


def values_in(reads: Iterator[bytes]) -> list[object]:
    return [record.value for record in records_in(reads, "-", Expected())]


def peak_of(use: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        use()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def tools(index: int) -> str:
    return frame("tool.execution.started", id=f"t{index}", name="web_search", created_at="2025-03-04T09:15:01Z")


def sources(index: int) -> str:
    source = {"type": "tool_reference", "tool": "web_search", "title": f"title {index}", "url": f"https://{index}.test"}
    return frame("message.output.delta", id="m1", content=source)


def errors(index: int) -> str:
    return frame("conversation.response.error", message=f"message {index} " * 10, code=index)


def unknown(index: int) -> str:
    return frame(f"event.{index}", a=index)


def show(frames: Iterator[str]) -> None:
    reads = iter(lambda: "".join(islice(frames, 100)).encode(), b"")
    source = records_in(reads, "-", Expected("snake"))
    assert isinstance(source, Events)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere), CUT_OFF:
        show_stream(source)


@in_full_if_long
@some(1, "make", [tools, sources, unknown, errors])
def test_memory_of_show_does_not_grow_with_the_length_of_a_stream(make: Callable[[int], str]) -> None:
    show(map(make, range(10)))
    short = peak_of(lambda: show(map(make, range(1_000_000, 1_000_000 + amount(1500, 2000)))))
    # Garbage in cycles is collected at other moments: that makes a tenth, growth more than a half.
    longs = (peak_of(lambda: show(map(make, range(1_000_000, 1_000_000 + amount(4500, 8000))))) for _ in range(3))
    assert any(long < 1.5 * short for long in longs)


def test_show_keeps_the_beginning_of_long_errors() -> None:
    error = frame("conversation.response.error", message="m" * 10_000, code=1)
    few = peak_of(lambda: show(iter([error] * 300)))  # Some reads of a hundred, as the others.
    many = (peak_of(lambda: show(iter([error] * 900))) for _ in range(3))
    assert any(peak < few + 2_000_000 for peak in many)


# Messages --------------------------------------------------------------------------------------------------------


def test_warnings_beyond_a_thousand_are_counted(tmp_path: Path) -> None:
    (tmp_path / "document").write_text(json.dumps({**HELLO, **{f"new{index}": 1 for index in range(3500)}}))
    done = run("validate", "document", cwd=tmp_path)
    lines = done.out.splitlines()
    assert done.status == 0
    assert lines[0] == "document: warning: the models do not know $.new0"
    assert lines[999] == "document: warning: the models do not know $.new999"
    assert lines[1000:] == ["document: warnings not shown: 2,500", "document: ok (snake_case)"]


@pytest.mark.parametrize("command", [["show"], ["validate"], ["convert", "--to", "snake"]])
@pytest.mark.parametrize("kind", ["lines", "stream"])
def test_errors_beyond_a_thousand_are_counted(tmp_path: Path, command: list[str], kind: str) -> None:
    good = json.dumps(HELLO) + "\n" if kind == "lines" else STREAM[0]
    end = "" if kind == "lines" else STREAM[-1]
    bad = '{"outputs": []}\n' if kind == "lines" else 'data: {"type":"message.output.delta"}\n\n'
    (tmp_path / "input").write_text(good + bad * 1200 + end)
    done = run(*command, "input", cwd=tmp_path)
    lines = [line.removeprefix("conversation-models: ") for line in (done.out + done.err).splitlines()]
    assert done.status == 1
    assert sum("missing required field" in line for line in lines) == 1000
    assert "input: errors not shown: 200" in lines
    if command == ["validate"]:
        assert lines[-1].startswith("input: 1,200 of 1,20")


def test_errors_are_shown_after_a_thousand_warnings(tmp_path: Path) -> None:
    lines = [json.dumps({**HELLO, f"new{index}": 1}) for index in range(1200)]
    (tmp_path / "lines").write_text("\n".join([*lines, "{}"]))
    out = run("validate", "lines", cwd=tmp_path).out.splitlines()
    assert out[1000].startswith("lines:1201: invalid: ")
    assert out[1001:] == ["lines: warnings not shown: 200", "lines: 1 of 1,201 documents are invalid"]


def test_a_long_message_is_shortened(tmp_path: Path) -> None:
    (tmp_path / "document").write_text(json.dumps({**HELLO, "k" * 100_000: 1}))
    (tmp_path / "wrong").write_text(json.dumps({**HELLO, "object": "o" * 100_000}))
    (tmp_path / "stream").write_text(frame("conversation.response.error", message="m" * 100_000, code=1))
    for command, name in (
        (["show"], "stream"),
        (["validate"], "document"),
        (["validate"], "wrong"),
        (["convert", "--to", "snake"], "wrong"),
        (["collect"], "stream"),
    ):
        done = run(*command, name, cwd=tmp_path)
        lines = [line.removeprefix("conversation-models: ") for line in (done.out + done.err).splitlines()]
        assert sum(line.endswith("…") and 900 < len(line) <= 1000 for line in lines) == 1


def test_sources_that_do_not_fit_in_the_list_are_shown_in_the_text() -> None:
    frames = "".join([*map(sources, range(3000)), sources(0), STREAM[-1]])
    out = run("show", "-", stdin=frames).out
    text, listed = out.split("\n  [1] ")
    assert text.startswith("assistant\n[1][2][3]")
    assert text.endswith("[source title 2999 https://2999.test][1]")
    assert listed.startswith("title 0 https://0.test\n  [2] title 1 https://1.test\n")
    assert text.count("[source ") + listed.count("https://") == 3000
