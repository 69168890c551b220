"""The benchmarks run, their peers read the same values, and the README shows the stored results."""

# ruff: noqa: E402 - the imports below need the extra `bench`.
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

for module in ("matplotlib", "packaging", "pyperf", "typer"):
    pytest.importorskip(module, reason="needs the extra bench")

from benchmarks.peer import KNOWN, Peer
from benchmarks.plan import QUICK
from benchmarks.report import README
from benchmarks.report.summary import BEGIN, section, summary

from benchmarks.groups.drift import drift_cases
from benchmarks.measure import Case, given, measure
from benchmarks.payloads import PAYLOADS
from benchmarks.peers import load_peers
from benchmarks.results import FOLDER, Results
from benchmarks.streams import STREAMS, cut, payloads_of

from ..support.paths import ROOT

FILES = sorted([file.stem for file in (ROOT / "benchmarks" / "peers").glob("[!_]*.py")])


def comparable(value: Any) -> Any:
    """The JSON value without times, and without the difference between null and absent."""
    if isinstance(value, dict):
        ignored = ("created_at", "completed_at", "source")
        return {key: comparable(member) for key, member in value.items() if member is not None and key not in ignored}
    return [comparable(member) for member in value] if isinstance(value, list) else value


# The TypeScript SDK would have to be installed first, and it answers in camelCase.
@pytest.mark.parametrize("file", [file for file in FILES if file != "typescript_sdk"])
def test_peers_read_the_same_values(file: str) -> None:
    peers = load_peers(frozenset([file]))
    if file in peers.missing:
        pytest.skip(peers.missing[file])
    peer = peers.by_file[file]
    if {"decode", "encode"} <= peer.offers:
        for payload in PAYLOADS[:7]:
            data = payload.data()
            assert comparable(json.loads(peer.answer("encode", data))) == comparable(json.loads(data)), payload.name
    if "read events" in peer.offers:
        for stream in STREAMS[:3]:
            frames = stream.build()
            for size in (None, 100, 4096):
                chunks = cut([*frames[:40], frames[-1]], size)
                assert peer.answer("read events", chunks) == 41, stream.name
                assert len(list(peer.answer("iterate events", chunks))) == 41, stream.name
                if "meter" in peer.offers:
                    usage = json.loads(payloads_of(frames[-1:])[0])["usage"]
                    assert peer.answer("meter", chunks) == usage["total_tokens"], stream.name


KEEPING = [
    "conversation_models",
    "conversation_models_exhausted",
    "conversation_models_known",
    "msgspec_known",
    "orjson",
    "pydantic_extra",
]


@pytest.mark.parametrize("file", KEEPING)
def test_peers_keep_the_new_fields_of_a_drifting_upstream(file: str) -> None:
    peers = load_peers(frozenset([file]))
    if file in peers.missing:
        pytest.skip(peers.missing[file])
    peer = peers.by_file[file]
    cases = [case for case in drift_cases(QUICK) if case.includes(peer) and peer.name not in case.unchecked]
    assert cases
    for case in cases:
        assert case.accepts(peer.answer(case.operation, case.make())), case.name


def test_a_variant_takes_part_only_in_cases_that_name_it() -> None:
    variant = load_peers(frozenset(["conversation_models_known"])).by_file["conversation_models_known"]
    case = Case(name="any response", operation="decode", make=given(b""))
    assert not case.includes(variant)
    assert replace(case, peers=frozenset([KNOWN])).includes(variant)


def test_cases_that_are_compared_are_timed_in_turn() -> None:
    timed: list[bytes] = []
    peer = Peer(name="any", packages=[], typed=False, operations={"decode": timed.append})
    cases = [
        Case(name=name, operation="decode", make=given(name.encode()), compared=compared)
        for name, compared in (("a", "both"), ("b", "both"), ("c", ""))
    ]
    found = list(measure(cases, [peer], replace(QUICK, rounds=2, sample_seconds=0)))
    assert [one.case for one in found] == ["a", "b", "c"]
    # Each operation runs once for its answer and once to find out how long it takes, then once in each round.
    assert timed == [b"a", b"b", b"a", b"b", b"a", b"b", b"a", b"b", b"c", b"c", b"c", b"c"]


DIGESTS = """\
import hashlib, json
from benchmarks.payloads import PAYLOADS
from benchmarks.streams import STREAMS
measured = {payload.name: payload.data() for payload in PAYLOADS}
measured |= {stream.name: b"".join(stream.build()) for stream in STREAMS}
print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in measured.items()}))
"""


def digests(seed: str) -> dict[str, str]:
    """A hash of each document and stream that is measured, from a process that orders sets by this seed."""
    environment = os.environ | {"PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", DIGESTS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=120)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_payloads_are_the_same_in_every_run() -> None:
    first = digests("0")
    assert first.keys() == {payload.name for payload in PAYLOADS} | {stream.name for stream in STREAMS}
    assert digests("1") == first


def test_a_quick_run_measures_and_reports(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "lines", "--peer", "orjson"]
    subprocess.run([*command, "--results", str(tmp_path)], cwd=ROOT, check=True, timeout=120)
    group = Results(tmp_path)["lines"]
    assert group is not None
    assert set(group.cases["decode web search"]) >= {"conversation_models", "msgspec, bare", "orjson"}
    assert "decode web search" in (tmp_path / "tables.md").read_text(encoding="utf-8")
    assert "Where it loses" in (tmp_path / "where-it-loses.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_stored_results() -> None:
    readme = README.read_text(encoding="utf-8")
    if BEGIN not in readme:
        pytest.skip("the README has no benchmarks section")
    assert section(readme, summary(Results(FOLDER), "benchmarks/results/")) == readme


def test_stored_results_stay_small() -> None:
    assert sum([file.stat().st_size for file in FOLDER.glob("*.json")]) < 1_000_000
