"""Measures the gateways in turn, round after round: the processor time of a gateway's process for each answer."""

import asyncio
import json
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

import httpx
import psutil  # type: ignore[import-untyped, unused-ignore]

from ..measure import Found, Group
from ..spelling import same_as
from ..streams import payloads_of
from .gateways import BARE, HTTPX_PYDANTIC, MISTRALAI, RELAY, TYPED
from .serve import Server, running
from .upstream import LOADS, Load

GATEWAYS = Group(
    "gateways",
    "End to end over loopback HTTP: the processor time of a gateway's process for one answer, a response or a stream."
    " *typed* gateways decode every event, inspect it, encode it again and write it.",
    lambda _: (),  # Not measured in a process of the suite, but below.
    TYPED,
)
SERVERS = "benchmarks.gateways.gateways"
CLIENTS = 4
PATIENCE = 300


class Amount(NamedTuple):
    """How much is measured. ``seconds``: of each run of the load."""

    gateways: tuple[str, ...]
    rounds: int
    seconds: float


FULL = Amount((TYPED, RELAY, BARE, HTTPX_PYDANTIC, MISTRALAI), 4, 2)
QUICK = Amount((TYPED, BARE), 1, 0.5)


def measure(amount: Amount) -> Iterator[Found]:
    """Run everything, each gateway in a process of its own."""
    with (
        running(SERVERS, "upstream") as (upstream,),
        running(SERVERS, *amount.gateways, upstream=upstream.url) as gateways,
    ):
        for turn in range(amount.rounds):
            # The order changes from round to round, so that no gateway always runs after the same one.
            shift = turn % len(gateways)
            for name, load in LOADS.items():
                body = json.dumps({"inputs": name, "stream": load.stream})
                found = Found(name, sum(map(len, load.writes)), load.items)
                for gateway in gateways[shift:] + gateways[:shift]:
                    if _is_right(gateway, body, load):
                        found.seconds[gateway.name] = [_seconds(gateway, body, amount.seconds)]
                    else:
                        found.refused[gateway.name] = "wrong answer"
                # In one order in every round, that of the table.
                found.seconds = {one: found.seconds[one] for one in amount.gateways if one in found.seconds}
                yield found


def _is_right(gateway: Server, body: str, load: Load) -> bool:
    """Whether the answer through a gateway says what the upstream's says."""
    answer = httpx.post(f"{gateway.url}/v1/conversations", content=body, timeout=PATIENCE, trust_env=False)
    if not load.stream:
        return same_as(b"".join(load.writes))(answer.content)
    sent, got = payloads_of(load.writes), payloads_of([answer.content])
    return len(sent) == len(got) and all(same_as(one)(other) for one, other in zip(sent, got, strict=True))


def _seconds(gateway: Server, body: str, seconds: float) -> float:
    process = psutil.Process(gateway.pid)
    before = process.cpu_times()
    answers = asyncio.run(_drive(f"{gateway.url}/v1/conversations", body, seconds))
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system) / answers


async def _drive(url: str, body: str, seconds: float) -> int:
    """The number of answers to many clients, which ask until the time is over, each one request after the other."""
    end = perf_counter() + seconds
    answers = 0

    async def client(session: httpx.AsyncClient) -> None:
        nonlocal answers
        while perf_counter() < end:
            async with session.stream("POST", url, content=body) as response:
                response.raise_for_status()
                async for _ in response.aiter_raw():
                    pass
            answers += 1

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits, trust_env=False) as session:
        await asyncio.gather(*[client(session) for _ in range(CLIENTS)])
    return answers
