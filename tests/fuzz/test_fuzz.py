"""The oracles on the seeds and on some mutations of them; with ``-m long``, the fuzzer itself for a while."""

import os
import subprocess
import sys

import pytest

from ..support.amounts import amount, in_full_if_long
from ..support.paths import ROOT
from .run import mutations
from .seeds import seeds
from .targets import TARGETS

SECONDS = float(os.environ.get("LONG_SECONDS", "60"))


@pytest.mark.parametrize("target", TARGETS)
def test_the_rules_hold_for_the_seeds(target: str) -> None:
    tried = seeds(target)
    assert len(tried) > 30
    for data in tried:
        TARGETS[target](data)


@in_full_if_long
@pytest.mark.parametrize("target", TARGETS)
def test_the_rules_hold_for_mutations_of_the_seeds(target: str) -> None:
    count = amount(100, 600)
    assert mutations(target, count, seed=20250527) == count


def test_a_broken_rule_is_reported_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(data: bytes) -> None:
        assert b"outputs" not in data

    monkeypatch.setitem(TARGETS, "peek", check)
    with pytest.raises(AssertionError, match=r"peek: b'.*outputs"):
        mutations("peek", 1000, seed=1)


@pytest.mark.long
def test_the_fuzzer_finds_nothing() -> None:
    """Every target in turn, ``LONG_SECONDS`` together: guided by coverage if atheris is installed.

    The inputs are the same each time, so a failure here means that a change broke a rule. To search for new inputs,
    run ``python -m tests.fuzz``.
    """
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", str(SECONDS), "--seed", "20250527"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " inputs, 0 findings" in run.stdout
