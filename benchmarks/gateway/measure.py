"""Measures the gateways in turn, round after round, and stores the samples."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped, unused-ignore]

from ..environment import machine
from .load import GENERATOR, Request, answer_bytes, drive
from .serve import Server, running

__all__ = ["FULL", "LOADS", "QUICK", "Plan", "measure"]

DIRECT = "direct"
PACKAGES = (
    "conversation-models",
    "msgspec",
    "httpx",
    "httpx-sse",
    "uvicorn",
    "uvloop",
    "httptools",
    "mistralai",
    "pydantic",
)


@dataclass(frozen=True)
class Load:
    name: str
    about: str
    request: Request
    items: int
    """Events in an answer. An answer that is not a stream counts as one."""
    clients: int = 16


LOADS = (
    Load("responses", "a web search's response, 2 kB", Request("benchmark:web search", stream=False), 1),
    Load("events", "400 short deltas, a write each", Request("benchmark:short deltas;events=400", stream=True), 400),
    Load(
        "events, 16 kB",
        "the same in writes of 16 kB",
        Request("benchmark:short deltas;events=400;write=16384", stream=True),
        400,
    ),
)
LATENCIES = (
    Load("response alone", "the same response, one client", LOADS[0].request, 1, clients=1),
    Load(
        "10 events alone",
        "10 short deltas, one client",
        Request("benchmark:short deltas;events=10", stream=True),
        10,
        clients=1,
    ),
)
OPEN = Request("benchmark:short deltas;events=30;pause=1", stream=True)
"""Streams that stay open for half a minute, with so few events that every gateway keeps up."""


@dataclass(frozen=True)
class Plan:
    quick: bool
    gateways: tuple[str, ...]
    rounds: int
    seconds: int
    """Of each run of the load generator."""
    open_streams: int
    open_seconds: int


FULL = Plan(
    quick=False,
    gateways=("bare", "relay", "typed by read", "typed", "pydantic", "sdk"),
    rounds=5,
    seconds=3,
    open_streams=500,
    open_seconds=10,
)
QUICK = Plan(quick=True, gateways=("relay", "sdk"), rounds=1, seconds=1, open_streams=50, open_seconds=2)


def measure(plan: Plan, file: Path) -> None:
    """Run everything, each gateway in a process of its own, and write every sample into ``file``."""
    with running("upstream") as (upstream,), running(*plan.gateways, upstream=upstream.url) as gateways:
        servers = [upstream._replace(name=DIRECT), *gateways]
        samples = list(_samples(plan, servers))
    memory = [_memory(plan, name) for name in plan.gateways]
    about = {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "plan": asdict(plan),
        "machine": machine(),
        "versions": dict(_versions()),
        "load generator": GENERATOR,
        "loads": [asdict(load) for load in (*LOADS, *LATENCIES)],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"about": about, "samples": samples, "memory": memory}, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def _samples(plan: Plan, servers: list[Server]) -> Iterator[dict[str, Any]]:
    for round_ in range(plan.rounds):
        # The order changes from round to round, so that no gateway always runs after the same one.
        shift = round_ % len(servers)
        for load in (*LOADS, *LATENCIES):
            for server in servers[shift:] + servers[:shift]:
                size = answer_bytes(server.url, load.request)
                process = psutil.Process(server.pid)
                before = _cpu_seconds(process)
                outcome = drive(server.url, load.request, load.clients, plan.seconds)
                cpu_seconds = _cpu_seconds(process) - before
                # Counted by bytes, not by requests, because the last answers are cut off when the time is over.
                items = outcome.bytes / size * load.items
                where = {"load": load.name, "gateway": server.name, "round": round_, "clients": load.clients}
                yield {**where, **outcome._asdict(), "items": round(items, 1), "cpu_seconds": round(cpu_seconds, 3)}


def _memory(plan: Plan, name: str) -> dict[str, Any]:
    """A fresh gateway's resident memory without and with ``plan.open_streams`` open streams."""
    with running("upstream") as (upstream,), running(name, upstream=upstream.url) as (gateway,):
        process = psutil.Process(gateway.pid)
        for load in LOADS:
            answer_bytes(gateway.url, load.request)
        idle = process.memory_info().rss
        peak = open_streams = 0
        args = (gateway.url, OPEN, plan.open_streams, plan.open_seconds)
        driving = threading.Thread(target=drive, args=args)
        driving.start()
        while driving.is_alive():
            time.sleep(0.25)
            peak = max(peak, process.memory_info().rss)
            open_streams = max(open_streams, httpx.get(f"{upstream.url}/open", timeout=60).json())
        driving.join()
    return {"gateway": name, "open_streams": open_streams, "idle_bytes": idle, "peak_bytes": peak}


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _versions() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"
