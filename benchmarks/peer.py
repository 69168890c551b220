"""A peer: a named set of operations, each a function of one argument, to be timed side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from time import process_time
from typing import Any, Literal

__all__ = [
    "CODING",
    "EXHAUSTED",
    "FLOOR",
    "FLOOR_KNOWN",
    "ITERATED",
    "KNOWN",
    "LIBRARY",
    "Operation",
    "Peer",
    "PeerMissingError",
    "Timer",
    "coding",
    "count",
]

Operation = Literal[
    "decode",  # bytes of a response -> values
    "encode",  # values -> bytes
    "encode_into",  # values -> nothing; written into a bytearray
    "decode camelCase",
    "encode camelCase",
    "decode event",  # JSON text of an event -> value
    "decode event camelCase",
    "decode lines",  # newline-delimited responses -> list of values
    "encode lines",
    "peek",  # bytes -> (conversation id, total tokens)
    "patch",  # bytes -> bytes, with usage.total_tokens set to 7
    "decode request",  # bytes of a request -> value
    "encode request",
    "decode history",  # bytes of a history -> value
    "encode history",
    "round trip",  # snake_case -> values -> snake_case
    "round trip camelCase",
    "round trip event",
    "round trip event camelCase",
    "transcode",  # snake_case -> values -> camelCase
    "transcode back",  # camelCase -> values -> snake_case
    "read events",  # chunks of a stream -> number of events read
    "iterate events",  # chunks of a stream -> iterator of events
    "build",  # chunks of a stream -> length of the message's text
    "rewrite",  # chunks of a stream -> number of events, their text edited but unchanged
    "redact",  # chunks of a stream -> number of events, e-mail addresses redacted
    "meter",  # chunks of a stream -> total tokens
]

Timer = Callable[[int], float]
"""Runs an operation that many times. Returns the processor time of all runs together, in seconds.

Wall-clock time would include other work on the machine, which affects some samples more than others.
"""

LIBRARY = "conversation_models"
"""The name of the peer that all others are compared with."""

ITERATED = f"{LIBRARY}, iter_events"
"""The name of this library when it reads a stream through ``iter_events``."""

FLOOR = "msgspec, bare"
"""The name of the peer that does the least possible work: msgspec alone, on the same classes."""

KNOWN = f"{LIBRARY}, fields known"
"""The name of this library when it reads subclasses that declare the fields a drifting upstream adds."""

FLOOR_KNOWN = "msgspec, fields known"
"""The name of the floor on the same subclasses."""

EXHAUSTED = f"{LIBRARY}, after 3,000 keys"
"""The name of this library when the codec has read 3,000 other names of each new field before."""


class PeerMissingError(Exception):
    """A peer cannot take part here. The message gives the reason."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A library that a user could pick. ``packages`` are the distributions whose versions the report names."""

    name: str
    packages: Sequence[str]
    typed: bool
    operations: Mapping[Operation, Callable[[Any], Any]]
    variant: bool = False
    """A variant of another peer. It takes part only in cases that name it."""
    prepare: Mapping[Operation, Callable[[Any], Any]] = field(default_factory=dict)
    """Turns a case's bytes into an operation's argument, untimed. Encoding starts from the result of ``decode``."""

    @property
    def offers(self) -> frozenset[Operation]:
        return frozenset(self.operations)

    def versions(self) -> dict[str, str]:
        from importlib.metadata import version

        return {package: version(package) for package in self.packages}

    def answer(self, operation: Operation, data: Any) -> Any:
        """The operation's result for ``data``, to be checked before it is timed."""
        return self.task(operation, data)()

    def task(self, operation: Operation, data: Any) -> Callable[[], Any]:
        """The operation on ``data``, ready to run."""
        return partial(self.operations[operation], self._argument(operation, data))

    def timer(self, operation: Operation, data: Any) -> Timer:
        function, argument = self.operations[operation], self._argument(operation, data)

        def timer(loops: int) -> float:
            start = process_time()
            for _ in repeat(None, loops):
                function(argument)
            return process_time() - start

        return timer

    def _argument(self, operation: Operation, data: Any) -> Any:
        if operation in self.prepare:
            return self.prepare[operation](data)
        if operation in ("encode", "encode_into"):
            return self.operations["decode"](data)
        if operation == "encode request":
            return self.operations["decode request"](data)
        if operation == "encode history":
            return self.operations["decode history"](data)
        if operation == "encode lines":
            return self.operations["decode lines"](data)
        if operation == "encode camelCase":
            return self.operations["decode camelCase"](data)
        return data


CODING: Mapping[Literal["snake", "camel"], tuple[Operation, Operation, Operation, Operation]] = {
    "snake": ("decode", "round trip", "decode event", "round trip event"),
    "camel": ("decode camelCase", "round trip camelCase", "decode event camelCase", "round trip event camelCase"),
}
"""For each naming: a response decoded, decoded and encoded; the same for one event."""


def coding(
    naming: Literal["snake", "camel"],
    response: Callable[[bytes], Any],
    event: Callable[[bytes], Any],
    encode: Callable[[Any], bytes],
) -> dict[Operation, Callable[[Any], Any]]:
    """The operations of ``CODING``, from the functions that decode a response, decode an event, and encode either."""

    def round_trip(decode: Callable[[bytes], Any]) -> Callable[[bytes], bytes]:
        return lambda data: encode(decode(data))

    functions = (response, round_trip(response), event, round_trip(event))
    return dict(zip(CODING[naming], functions, strict=True))


def count(events: Iterable[Any]) -> int:
    """The number of events. Each is released before the next is read."""
    number = 0
    for _ in events:
        number += 1
    return number
