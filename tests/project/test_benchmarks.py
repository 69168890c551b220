"""The benchmarks run, wrong peers are not timed, and the page and the README show the stored results."""

# ruff: noqa: E402 - the imports below need the extra `bench`.
import json
import os
import re
import subprocess
import sys
from functools import partial
from operator import eq
from pathlib import Path

import pytest

for module in ("httpx_sse", "matplotlib", "orjson", "psutil", "simdjson"):
    pytest.importorskip(module, reason="needs the extra bench")

from benchmarks.__main__ import NAMES
from benchmarks.groups import GROUPS
from benchmarks.measure import QUICK, Case, Op, Plan, measure
from benchmarks.page import page
from benchmarks.page.speed import with_speed
from benchmarks.page.targets import TARGETS
from benchmarks.peers import FLOOR, LIBRARY, STRICT
from benchmarks.results import FILE, Figure, Results

from ..support.paths import ROOT

DOCS = ROOT / "docs"
CHARTS = DOCS / "charts"


# A run ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a quick run of everything wrote."""
    folder = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks", "--quick", "--into", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=500)
    return folder


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_group_runs_in_quick_mode(run: Path, name: str) -> None:
    found = Results.load(run / FILE.name).groups[name]
    assert found.versions["msgspec"]
    assert found.machine["cpu_count"]
    assert found.rows or found.other
    if name in GROUPS and GROUPS[name].base:
        assert all(row.peers[LIBRARY].least > 0 for row in found.rows)
    assert f"\n## {name.capitalize()}\n" in (run / "performance.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_other_groups_stay_when_one_is_measured_again(run: Path, tmp_path: Path) -> None:
    (tmp_path / FILE.name).write_bytes((run / FILE.name).read_bytes())
    before = Results.load(tmp_path / FILE.name).groups
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "peek", "--into", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=100)
    after = Results.load(tmp_path / FILE.name).groups
    assert list(after) == list(before)
    assert {name for name in after if after[name].rows != before[name].rows} == {"peek"}


@pytest.mark.long
def test_a_strict_reader_falls_over_on_a_new_field(run: Path) -> None:
    found = Results.load(run / FILE.name).groups["drift"]
    known, new = found.row("web search, no new fields"), found.row("web search, new fields")
    assert known is not None
    assert new is not None
    assert STRICT in known.peers
    assert "unknown field" in new.refused[STRICT]
    assert {LIBRARY, FLOOR} <= new.peers.keys()


@pytest.mark.long
def test_only_untyped_peers_and_those_that_cannot_read_an_input_are_refused(run: Path) -> None:
    """A peer that is refused for anything but a shape that it does not know is one that the suite uses wrongly."""
    refused = {
        (name, row.name, peer)
        for name, found in Results.load(run / FILE.name).groups.items()
        for row in found.rows
        for peer in row.refused
    }
    unexpected = {one for one in refused if one[0] != "drift" and "unknown events" not in one[1]}
    assert unexpected == set()


# Measuring --------------------------------------------------------------------------------------------------------


def test_a_peer_with_a_wrong_result_is_not_timed() -> None:
    ops = {"right": Op(json.loads), "wrong": Op(lambda _: {}), "broken": Op(lambda data: data["a"])}
    (found,) = measure([Case(name="any", data=b'{"a": 1}', ops=ops, right=partial(eq, {"a": 1}))], QUICK)
    assert found.seconds.keys() == {"right"}
    assert found.refused.keys() == {"wrong", "broken"}
    assert found.refused["wrong"] == "wrong result"
    assert found.refused["broken"].startswith("TypeError")


def test_an_answer_is_not_enough_if_the_check_says_otherwise() -> None:
    ops = {"any": Op(len, check=lambda data: data[:1])}
    (found,) = measure([Case(name="any", data=b"ab", ops=ops, right=partial(eq, 2))], QUICK)
    assert found.refused == {"any": "wrong result"}


def test_cases_that_belong_together_are_timed_in_turn() -> None:
    timed: list[bytes] = []
    ops = {"any": Op(timed.append)}
    cases = [
        Case(name=name, data=name.encode(), ops=ops, right=lambda _: True, together=together)
        for name, together in (("a", "both"), ("b", "both"), ("c", ""))
    ]
    plan = Plan(quick=True, processes=0, rounds=2, sample_seconds=0, slow_seconds=1)
    assert [found.name for found in measure(cases, plan)] == ["a", "b", "c"]
    # Once for the check, once to warm up, once to find out how long it takes, and once in each round.
    assert timed == [b"a", b"b", b"a", b"a", b"b", b"b", *[b"a", b"b"] * 2, *[b"c"] * 5]


DIGESTS = """\
import hashlib, json
from benchmarks.payloads import PAYLOADS, document
from benchmarks.streams import STREAMS, frames
measured = {name: document(name) for name in PAYLOADS} | {name: b"".join(frames(name)) for name in STREAMS}
print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in measured.items()}))
"""


@pytest.mark.long
def test_inputs_are_the_same_in_every_run() -> None:
    """Whatever the seed by which a process orders sets."""
    first, second = (
        subprocess.run(
            [sys.executable, "-c", DIGESTS],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("0", "1")
    )
    assert len(json.loads(first)) == 14
    assert first == second


# What is stored ---------------------------------------------------------------------------------------------------


def test_the_page_is_what_the_stored_results_give() -> None:
    drawn = frozenset([file.stem for file in CHARTS.glob("*.svg")])
    assert (DOCS / "performance.md").read_text(encoding="utf-8") == page(Results.load(FILE), drawn)


def test_the_page_shows_every_chart_once_and_no_other_image() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(charts/([\w-]+)\.svg\)", (DOCS / "performance.md").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted([file.stem for file in CHARTS.glob("*.svg")])


def test_the_figures_in_the_readme_are_the_stored_ones() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_speed(readme, Results.load(FILE)) == readme


def test_every_target_is_about_something_that_is_measured() -> None:
    results = Results.load(FILE)
    assert [target for target in TARGETS if target.value(results) is None] == []


def test_the_least_is_not_above_the_median() -> None:
    figures: list[Figure] = [
        figure for found in Results.load(FILE).groups.values() for row in found.rows for figure in row.peers.values()
    ]
    assert figures
    assert all(0 < figure.least <= figure.median for figure in figures)


def test_the_suite_and_its_results_stay_small() -> None:
    lines = sum(len(file.read_bytes().splitlines()) for file in (ROOT / "benchmarks").rglob("*.py"))
    sizes = [file.stat().st_size for file in (FILE, DOCS / "performance.md", *CHARTS.iterdir())]
    assert lines <= 3000
    assert sum(sizes) <= 300_000
