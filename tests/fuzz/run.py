"""Runs a target for some time: guided by coverage if atheris is installed, with seeded mutations if not."""

import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from ..support.paths import ROOT
from .harness import report
from .mutation import MAX_LENGTH, mutated
from .seeds import seeds, words
from .targets import TARGETS


class Tried(NamedTuple):
    """The number of tried inputs, and the way they were made."""

    executions: int
    how: str


def run(target: str, seconds: float, findings: Path, corpus: Path | None = None, seed: int = 0) -> Tried:
    """Fuzz ``target``, and put inputs that break a rule into ``findings``. ``seed`` 0 means a new seed for each run."""
    findings.mkdir(parents=True, exist_ok=True)
    if importlib.util.find_spec("atheris") is not None:
        return _guided(target, seconds, findings, corpus, seed)
    end = time.monotonic() + seconds
    executions, start = 0, (seed or Random().getrandbits(40)) << 40
    while time.monotonic() < end:
        executions += mutations(target, 500, seed=start + executions, findings=findings)
    return Tried(executions, "seeded mutations (atheris is not installed)")


def mutations(target: str, count: int, seed: int, findings: Path | None = None) -> int:
    """Try ``count`` mutations of the seeds. Put those that break a rule into ``findings``, or raise if that is None."""
    random, check, pool = Random(seed), TARGETS[target], seeds(target)
    others = [data[2:] for data in pool]
    for _ in range(count):
        data = mutated(random.choice(pool), random, others)
        try:
            check(data)
        except Exception as error:
            if findings is None:
                raise AssertionError(f"{target}: {data!r}") from error
            report(error, data, findings)
    return count


def _guided(target: str, seconds: float, findings: Path, corpus: Path | None, seed: int) -> Tried:
    with tempfile.TemporaryDirectory() as temporary:
        start, new, dictionary = Path(temporary, "seeds"), Path(temporary, "new"), Path(temporary, "words")
        new = corpus / target if corpus else new
        for directory in (start, new):
            directory.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds(target)):
            (start / str(number)).write_bytes(data)
        escaped = ["".join(f"\\x{byte:02x}" for byte in word) for word in words()]
        dictionary.write_text("".join(f'"{word}"\n' for word in escaped))
        options = [
            f"-max_total_time={max(1, round(seconds))}",
            f"-max_len={MAX_LENGTH}",
            f"-dict={dictionary}",
            f"-seed={seed}",
            f"-artifact_prefix={findings}/",
            *("-print_final_stats=1", "-timeout=20", "-rss_limit_mb=4096"),
        ]
        process = subprocess.run(
            [sys.executable, "-m", f"{__package__}.harness", target, str(findings), *options, str(new), str(start)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    output = process.stdout.decode(errors="replace")
    executed = re.search(r"number_of_executed_units:\s*(\d+)", output)
    if process.returncode or executed is None:
        (findings / "crash.txt").write_text(output[-4000:], "utf-8")
    features = re.findall(r"cov: (\d+)", output)
    covered = f", {features[-1]} edges covered" if features else ""
    return Tried(int(executed[1]) if executed else 0, f"guided by coverage (atheris){covered}")
