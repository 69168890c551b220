"""``python -m tests.fuzz.growth``: the growth of every entry point's cost under hostile input.

It prints for each entry point and input: the exponent of growth (1 is linear), the time per byte, that time as a
multiple of the time for ordinary input, and the peak memory per byte. It exits with 1 if an exponent is over 1.1.
"""

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import conversation_models as cm
from conversation_models.sse import SSEDecoder

LIMIT = 1.1
KB = 1024

Make = Callable[[int], bytes]
Use = Callable[[bytes], Any]


def repeated(unit: str | bytes, begin: str | bytes = b"", between: str | bytes = b"", end: str | bytes = b"") -> Make:
    """Makes text of about the given size. It repeats ``unit``, with another number for ``%d`` each time."""
    texts = [text.encode() if isinstance(text, str) else text for text in (unit, begin, between, end)]
    part, before, comma, after = texts

    def make(size: int) -> bytes:
        count = max(1, (size - len(before) - len(after)) // (len(part) + len(comma)))
        return before + comma.join([part.replace(b"%d", b"%d" % index) for index in range(count)]) + after

    return make


def nested(begin: str, end: str) -> Make:
    return lambda size: (
        b'{"conversation_id":"c","outputs":[],"usage":{},"new":%b1%b}'
        % (
            begin.encode() * (size // 2),
            end.encode() * (size // 2),
        )
    )


def outputs(member: str) -> Make:
    return repeated(member, '{"conversation_id":"c","outputs":[', ",", '],"usage":{}}')


def chunks(member: str) -> Make:
    begin = '{"conversation_id":"c","outputs":[{"type":"message.output","content":['
    return repeated(member, begin, ",", ']}],"usage":{}}')


TEXT = "an ordinary line of an answer, as long as such a line is, more or less, with a word or two to spare. "
CLASH = 2**61 - 1
"""Python hashes ints modulo this number, so its multiples clash in a dict."""

DOCUMENTS: dict[str, Make] = {
    "ordinary": outputs('{"type":"message.output","id":"m%d","content":"' + TEXT + '"}'),
    "numbers for entries": outputs("0"),
    "strings for entries": outputs('""'),
    "empty objects for entries": outputs("{}"),
    "unknown entries": outputs('{"type":"new"}'),
    "other unknown entries": outputs('{"type":"new%d"}'),
    "untagged entries": outputs('{"content":""}'),
    "untagged entries of every kind": outputs('{"content":0,"name":0,"tool_call_id":0,"previous_agent_id":0}'),
    "untagged entries, one malformed": repeated(
        "{}", '{"conversation_id":"c","outputs":[{"type":"tool.execution","name":0},', ",", '],"usage":{}}'
    ),
    "numbers for chunks": chunks("0"),
    "untagged chunks": chunks('{"text":""}'),
    "untagged reasoning": chunks('{"thinking":[{"text":""},{}]}'),
    "unknown fields": repeated('"%d":0', '{"conversation_id":"c","outputs":[],"usage":{},', ",", "}"),
    "one key again and again": repeated('"usage":{}', '{"conversation_id":"c","outputs":[],', ",", "}"),
    "one long key": repeated("a", '{"conversation_id":"c","outputs":[],"usage":{},"', "", '":0}'),
    "escapes": repeated("\\u0061", '{"conversation_id":"c","outputs":[{"type":"', "", '"}],"usage":{}}'),
    "backslashes": repeated("\\\\", '{"conversation_id":"c","outputs":[{"type":"', "", '"}],"usage":{}}'),
    "a lone surrogate at the end": repeated("\\\\", '{"conversation_id":"', "", "\\ud800"),
    "white space": repeated(" ", '{"conversation_id":"c","outputs":[],"usage":{}', "", "}"),
    "connectors": repeated('"%d":1', '{"conversation_id":"c","outputs":[],"usage":{"connectors":{', ",", "}}}"),
    "cut off": repeated("[", '{"conversation_id":"c","outputs":', "", ""),
    "nested arrays": nested("[", "]"),
    "a long number": repeated("1", '{"conversation_id":"c","outputs":[],"usage":{"total_tokens":', "", "}}"),
    "lines": repeated('{"conversation_id":"c","outputs":[{}],"usage":{}}', "", "\n"),
    "broken lines": repeated("{", "", "\n"),
}

DONE = 'data: {"type":"conversation.response.done","usage":{}}\n\n'
DELTA = 'event: message.output.delta\ndata: {"type":"message.output.delta","id":"m","content":"'


def deltas(fields: str) -> Make:
    return repeated(DELTA + '",' + fields + "}\n\n", "", "", DONE)


STREAMS: dict[str, Make] = {
    "ordinary": repeated(DELTA + TEXT + '"}\n\n', "", "", DONE),
    "short deltas": repeated(DELTA + 'a"}\n\n', "", "", DONE),
    "indexes that clash": lambda size: b"".join(
        [
            b'data: {"type":"message.output.delta","id":"m","content":"","output_index":%d}\n\n' % (index * CLASH + 1)
            for index in range(size // 100)
        ]
    ),
    "tool indexes that clash": lambda size: b"".join(
        [
            b'data: {"type":"tool.execution.done","id":"m","name":"n","output_index":%d}\n\n' % (index * CLASH + 1)
            for index in range(size // 100)
        ]
    ),
    "outputs by the thousand": deltas('"output_index":%d'),
    "parts by the thousand": deltas('"content_index":%d'),
    "calls without ids": repeated(
        'data: {"type":"function.call.delta","tool_call_id":"%d","name":"f","arguments":""}\n\n'
    ),
    "malformed events": repeated("data: [\n\n"),
    "unknown events": repeated('data: {"type":"new"}\n\n'),
    "untagged events": repeated('data: {"a":1}\n\n'),
    "untagged deltas": repeated('data: {"id":"m","content":""}\n\n'),
    "tools by the thousand": repeated('data: {"type":"tool.execution.done","id":"%d","name":"%d"}\n\n'),
    "events of a byte": repeated("data:0\n\n"),
    "one unknown event in a read": repeated(DELTA + '"}\n\n', 'data: {"type":"new"}\n\n', "", DONE),
    "a malformed event between deltas": repeated((DELTA + 'a"}\n\n') * 50 + "data: [\n\n", "", "", DONE),
    "empty lines": repeated("\n"),
    "CRs": repeated("\r"),
    "CRLFs": repeated("\r\n"),
    "comments": repeated(":\n"),
    "a comment that does not end": repeated("a", ":"),
    "lines of one event": repeated("data:\n"),
    "fields without data": repeated("id: %d\n\n"),
    "retries": repeated("retry: %d\n"),
    "a line that does not end": repeated("a", "data: "),
    "two unfinished fields": repeated("event: a\nid: b\n"),
    "keywords": repeated("conversation.response.", "data: ", "", "\n\n"),
    "keywords by the event": repeated("data: conversation.response.\n\n"),
    "keywords in comments": repeated(": conversation.response.\n"),
    "responses": repeated('data: {"type":"conversation.response.started","conversation_id":"%d"}\n\n' + DONE),
    "untagged responses": repeated('data: {"conversation_id":""}\n\ndata: {"usage":{}}\n\n'),
    "untagged starts": repeated('data: {"conversation_id":""}\n\n'),
    "ends": repeated(DONE),
    "[DONE]": repeated("data: [DONE]\n\n"),
    "spaces": repeated(" "),
}


def reads(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def feed_all(reader: Any, chunks: Iterable[bytes]) -> Any:
    for chunk in chunks:
        reader.feed(chunk)
    return reader.close()


def metered(chunks: Iterable[bytes]) -> Any:
    meter = cm.snake.meter()
    feed_all(meter, chunks)
    return meter.records


def build(data: bytes) -> Any:
    builder = cm.ResponseBuilder()
    for event in cm.snake.event_decoder().feed(data):
        builder.add(event)
    return builder.response, builder.text


def transcode(data: bytes) -> bytes:
    return cm.camel.encode(cm.snake.decode(data))


ON_DOCUMENTS: dict[str, Use] = {
    "decode": cm.snake.decode,
    "decode_lines": cm.snake.decode_lines,
    "peek": cm.snake.peek,
    "summarize": cm.snake.summarize,
    "drift": cm.snake.drift,
    "patch": lambda data: cm.patch(data, ["usage"], {}),
    "patch an output": lambda data: cm.patch(data, ["outputs", 0, "id"], "m"),
    "decode and encode": lambda data: cm.snake.encode(cm.snake.decode(data)),
    "transcode": transcode,
}
ON_STREAMS: dict[str, Use] = {
    "feed": lambda data: feed_all(cm.snake.event_decoder(), reads(data, 16 * KB)),
    "feed at once": lambda data: feed_all(cm.snake.event_decoder(), [data]),
    "feed by 7 bytes": lambda data: feed_all(cm.snake.event_decoder(), reads(data, 7)),
    "iter_events": lambda data: sum(1 for _ in cm.snake.iter_events(reads(data, 16 * KB), strict=False)),
    "SSEDecoder": lambda data: feed_all(SSEDecoder(), reads(data, 16 * KB)),
    "SSEDecoder by 7 bytes": lambda data: feed_all(SSEDecoder(), reads(data, 7)),
    "meter": lambda data: metered(reads(data, 16 * KB)),
    "meter by 7 bytes": lambda data: metered(reads(data, 7)),
    "build": build,
    "collect_all": lambda data: cm.collect_all(cm.snake.iter_events([data], strict=False)),
}
COMMANDS = ("show", "validate", "convert --to camel", "collect")


class Row(NamedTuple):
    use: str
    input: str
    exponent: float
    nanoseconds: float
    """Per byte of input."""
    memory: float
    """Peak memory in bytes, per byte of input."""


def attempt(use: Use, data: bytes) -> None:
    with suppress(cm.ConversationModelsError):
        use(data)


def seconds_of(use: Use, data: bytes) -> float:
    best = math.inf
    for _ in range(3):
        start = time.process_time()
        attempt(use, data)
        best = min(best, time.process_time() - start)
    return best


def row_of(name: str, use: Use, given: str, make: Make, sizes: list[int]) -> Row:
    points: list[tuple[int, float]] = []
    data = b""
    for size in sizes:
        data = make(size)
        points.append((len(data), seconds_of(use, data)))
        if points[-1][1] > 2:
            break
    exponent = slope(points)
    tracemalloc.start()
    attempt(use, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Row(name, given, exponent, points[-1][1] / points[-1][0] * 1e9, peak / len(data))


def slope(points: list[tuple[int, float]]) -> float:
    # Below 0.2 ms, the constant cost of a call hides the growth.
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points if seconds > 2e-4]
    return statistics.linear_regression(*zip(*logs, strict=True)).slope if len(logs) > 2 else math.nan


def run_command(command: str, data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        arguments = [sys.executable, "-m", "conversation_models", *command.split(), file.name]
        subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def command_row(command: str, given: str, make: Make, sizes: list[int]) -> Row:
    """The time of whole processes, minus the time of a process with almost nothing to read."""

    def seconds(data: bytes) -> float:
        taken = []
        for _ in range(3):
            before = time.clock_gettime(time.CLOCK_MONOTONIC)
            run_command(command, data)
            taken.append(time.clock_gettime(time.CLOCK_MONOTONIC) - before)
        return min(taken)

    idle = seconds(b"{}")
    points = [(len(data), max(seconds(data) - idle, 1e-9)) for data in map(make, sizes)]
    # Below a fifth of the process's start-up time, the noise of the start-up hides the growth.
    seen = [point for point in points if point[1] > idle / 5]
    return Row(command, given, slope(seen), points[-1][1] / points[-1][0] * 1e9, math.nan)


def rows(sizes: list[int]) -> Iterator[Row]:
    for uses, inputs in ((ON_DOCUMENTS, DOCUMENTS), (ON_STREAMS, STREAMS)):
        for name, use in uses.items():
            for given, make in inputs.items():
                # Noise only adds to a time: a steep exponent has to show itself three times.
                attempts = (row_of(name, use, given, make, sizes) for _ in range(3))
                row = next(attempts)
                while row.exponent > LIMIT and (again := next(attempts, None)):
                    row = min(row, again, key=lambda row: row.exponent)
                yield row


def command_rows(sizes: list[int]) -> Iterator[Row]:
    for command in COMMANDS:
        for inputs in (DOCUMENTS, STREAMS):
            for given, make in inputs.items():
                yield command_row(command, given, make, sizes)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.growth", description=__doc__)
    parser.add_argument("--kilobytes", type=int, default=256, help="the largest input")
    parser.add_argument("--commands", action="store_true", help="measure the command line instead, which takes longer")
    options = parser.parse_args()
    sizes = [options.kilobytes * KB // divisor for divisor in (8, 4, 2, 1)]
    found = command_rows([size * 4 for size in sizes]) if options.commands else rows(sizes)
    ordinary: dict[str, float] = {}
    steep = 0
    print(f"{'entry point':24}{'input':36}{'exponent':>9}{'ns a byte':>11}{'x ordinary':>12}{'x memory':>10}")
    for row in found:
        base = ordinary.setdefault(row.use, row.nanoseconds)
        steep += row.exponent > LIMIT
        print(
            f"{row.use:24}{row.input:36}{row.exponent:9.2f}{row.nanoseconds:11.1f}"
            f"{row.nanoseconds / base:12.1f}{row.memory:10.1f}{'  <- steep' if row.exponent > LIMIT else ''}",
            flush=True,
        )
    print(f"\n{steep} over {LIMIT}")
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main())
