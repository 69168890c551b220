"""Codecs shared by threads and tasks, values sent between processes, and a long run that looks for leaks."""

import asyncio
import gc
import multiprocessing
import os
import pickle
import sys
import sysconfig
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any

import pytest

import conversation_models as cm

from ..fuzz.document_oracles import TYPES, case_of
from ..fuzz.mutation import mutated
from ..fuzz.seeds import seeds
from ..support.amounts import amount, in_full_if_long, some
from ..support.documents import CODECS, NAMINGS, Naming, dumps
from ..support.paths import FIXTURES
from ..support.streams import frames, sent_events

THREADS = 16
SECONDS = float(os.environ.get("LONG_SECONDS", "60"))
DOCUMENTS = {path.stem: path.read_bytes() for path in sorted(FIXTURES.glob("*.json"))}
SNAKE = [data for name, data in DOCUMENTS.items() if not name.endswith("_camel")]
STREAM = b"".join(frames())


def outcome(work: Callable[[], Any]) -> Any:
    """The result of ``work``, or the message of its error."""
    try:
        return work()
    except cm.ConversationModelsError as error:
        return str(error)


def work_of(codec: cm.Codec, data: bytes, type: Any) -> list[Any]:
    """The result of every method of a codec on a document."""
    value = outcome(lambda: codec.decode(data, type))
    buffer = bytearray()
    if not isinstance(value, str):
        codec.encode_into(value, buffer)
    return [
        value,
        bytes(buffer),
        outcome(lambda: codec.decode_lines(data + b"\n" + data, type)),
        outcome(lambda: codec.peek(data).usage),
        outcome(lambda: codec.drift(data, type)),
        outcome(lambda: cm.patch(data, ["usage", "total_tokens"], cm.ConversationUsageInfo(total_tokens=1))),
    ]


def streamed(codec: cm.Codec, chunks: list[bytes]) -> list[Any]:
    meter, builder = codec.meter(), cm.ResponseBuilder()
    for chunk in chunks:
        meter.feed(chunk)
    for event in codec.iter_events(chunks, strict=False):
        builder.add(event)
    return [builder.response, meter.conversation_id, meter.usage, meter.done]


def cases() -> list[Callable[[], Any]]:
    """Good and bad documents in both namings, as every type, and streams."""
    random = Random(7)
    found: list[Callable[[], Any]] = []
    pool = seeds("decode")
    for data in [*pool, *(mutated(random.choice(pool), random) for _ in range(300))]:
        codec, type, _, text = case_of(data)
        found.append(partial(work_of, codec, text, type))
    for naming in NAMINGS:
        for size in (1, 7, 1000):
            pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
            found.append(partial(streamed, CODECS[naming], pieces))
    return found


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Threads switch a hundred times as often as usual, so that races are likely."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    yield
    sys.setswitchinterval(before)


def in_threads(work: Callable[[int], Any]) -> list[Any]:
    """``work`` in many threads that start at the same moment."""
    barrier = threading.Barrier(THREADS)

    def start(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


@in_full_if_long
@pytest.mark.usefixtures("frequent_switches")
def test_threads_that_share_a_codec_get_what_one_thread_gets() -> None:
    """In any order, while the others are at work."""
    work = cases()[:: amount(8, 1)]
    alone = [do() for do in work]

    def in_own_order(number: int) -> list[Any]:
        order = list(range(len(work)))
        Random(number).shuffle(order)
        results = {index: work[index]() for index in order}
        return [results[index] for index in range(len(work))]

    for results in in_threads(in_own_order):
        assert results == alone


def all_types(codec: cm.Codec, _: int) -> list[Any]:
    return [work_of(codec, b'{"usage": {}}', type) for type in TYPES]


@in_full_if_long
@pytest.mark.usefixtures("frequent_switches")
@some(1, "naming", NAMINGS)
def test_threads_may_be_the_first_to_use_a_codec_together(naming: Naming) -> None:
    """A codec builds a decoder when a type is first used. All threads use each type first at the same moment."""
    expected = all_types(CODECS[naming], 0)
    for _ in range(amount(1, 5)):
        codec = cm.Codec(naming)
        assert in_threads(partial(all_types, codec)) == [expected] * THREADS


def test_tasks_that_share_a_codec_do_not_mix_their_streams() -> None:
    expected = streamed(cm.snake, [STREAM])[0]

    async def chunks(size: int) -> AsyncIterator[bytes]:
        for at in range(0, len(STREAM), size):
            yield STREAM[at : at + size]
            await asyncio.sleep(0)

    async def main() -> list[cm.ConversationResponse]:
        return await asyncio.gather(*(cm.acollect(cm.snake.aiter_events(chunks(size))) for size in range(5, 205)))

    assert asyncio.run(main()) == [expected] * 200


def test_tasks_in_many_threads_do_not_mix_their_streams() -> None:
    async def chunks(number: int) -> AsyncIterator[bytes]:
        for frame in frames():
            yield frame.replace(b'"s"', b'"%d"' % number)
            await asyncio.sleep(0)

    async def main(number: int) -> list[str]:
        numbers = range(number * 10, number * 10 + 10)
        responses = await asyncio.gather(*(cm.acollect(cm.snake.aiter_events(chunks(n))) for n in numbers))
        return [response.conversation_id for response in responses]

    ids = in_threads(lambda number: asyncio.run(main(number)))
    assert [id for some in ids for id in some] == [str(number) for number in range(THREADS * 10)]


# Other processes --------------------------------------------------------------------------------------------------


def decoded_there(naming: Naming, data: bytes, type: Any) -> Any:
    return CODECS[naming].decode(data, type)


def encoded_there(naming: Naming, value: Any) -> bytes:
    return CODECS[naming].encode(value)


def failed_there(data: bytes) -> Exception:
    try:
        cm.collect(cm.snake.iter_events([data]))
    except cm.ConversationModelsError as error:
        return error
    raise AssertionError("no error was raised")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """Another process, which shares only the code."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("naming", NAMINGS)
def test_values_travel_between_processes(elsewhere: ProcessPoolExecutor, naming: Naming) -> None:
    for data in SNAKE:
        here = cm.snake.decode(data)
        there = elsewhere.submit(decoded_there, "snake", data, cm.ConversationResponse).result()
        assert there == here
        assert repr(there) == repr(here)
        assert elsewhere.submit(encoded_there, naming, here).result() == CODECS[naming].encode(here)


def test_events_travel_between_processes(elsewhere: ProcessPoolExecutor) -> None:
    for data in [*sent_events(), dumps({"type": "conversation.response.error", "message": "m", "code": 1})]:
        here = cm.snake.decode(data, cm.ConversationEvent)
        assert elsewhere.submit(decoded_there, "snake", data, cm.ConversationEvent).result() == here
        assert elsewhere.submit(encoded_there, "camel", here).result() == cm.camel.encode(here)


def test_errors_travel_between_processes(elsewhere: ProcessPoolExecutor) -> None:
    """An error raised in a worker reaches the waiting process unchanged."""
    error = b'data: {"type":"conversation.response.error","message":"no","code":3}\n\n'
    wrong = b'data: {"type":"message.output.delta"}\n\n'
    for data in (b"data: {]\n\n", STREAM[:100], frames()[0], frames()[0] + error, wrong):
        here, there = failed_there(data), elsewhere.submit(failed_there, data).result()
        assert type(there) is type(here)
        assert str(there) == str(here)
        assert pickle.dumps(vars(there)) == pickle.dumps(vars(here))


# The free-threaded build, and a long run --------------------------------------------------------------------------


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a global interpreter lock")
def test_importing_the_library_leaves_the_interpreter_lock_off() -> None:
    """A module that is not ready for free threading would switch the lock back on."""
    assert not getattr(sys, "_is_gil_enabled")()  # noqa: B009 - not there in other builds


@pytest.mark.long
def test_memory_stays_flat_in_a_long_run() -> None:
    """For ``LONG_SECONDS``. It also prints the speed of the last tenth, compared with the first."""
    work = cases()

    def a_round() -> None:
        for do in work:
            do()

    a_round()
    tracemalloc.start()
    start, rounds, windows = time.monotonic(), 0, [0] * 10
    held: list[int] = []
    try:
        while (now := time.monotonic() - start) < SECONDS:
            a_round()
            rounds += 1
            window = int(now / SECONDS * 10)
            windows[window] += 1
            if len(held) <= window:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    print(f"{rounds} rounds of {len(work)}; the last tenth ran at {windows[-1] / windows[0]:.2f} of the first's speed")
    print("kB held:", [size // 1024 for size in held])
    assert rounds >= 10
    # Hundreds of rounds would show a leak in each window; a few kB are the test's own lists. In a few windows, a codec
    # derives classes for fields that it has learned. It learns each of them once.
    increases = [after - before for before, after in pairwise(held[1:])]
    assert sorted(increases)[len(increases) // 2] < 16 * 1024, held
    assert held[-1] - held[1] < 8 * 1024 * 1024, held
