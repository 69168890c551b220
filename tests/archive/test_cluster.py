"""A cluster: a real scheduler and several workers, each a process of its own, on loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pyarrow.dataset as ds
import pytest

from conversation_models import archive
from conversation_models.archive.cluster import connected

from ..support.archives import answer, lines_of, make_archive, stored, total_tokens
from ..support.paths import ROOT
from ..support.program import ENVIRONMENT, PROGRAM

# Starting the processes takes several seconds.
pytestmark = pytest.mark.long

_SETTINGS = ENVIRONMENT | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "5"}


class Cluster:
    """The address of the scheduler, and the processes of the workers."""

    def __init__(self, address: str, workers: list["subprocess.Popen[str]"]) -> None:
        self.address = address
        self.workers = workers


@contextmanager
def running(arguments: list[str], ready: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A process of the cluster, as soon as its log says that it is ready; and what the log says."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
    with subprocess.Popen(
        command, cwd=ROOT, env=_SETTINGS, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr
            yield process, _wait_for(ready, process.stderr)
        finally:
            process.kill()


def _wait_for(text: str, log: IO[str]) -> str:
    seen = []
    for line in log:
        seen.append(line)
        if found := re.search(text, line):
            return found[1]
    raise AssertionError("".join(seen))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    with ExitStack() as stack:
        scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        _, address = stack.enter_context(running(scheduler, r"Scheduler at:\s+(tcp://\S+)"))
        worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        workers = [
            stack.enter_context(
                running([*worker, "--local-directory", str(folder / name)], "(Registered to|Start worker at)")
            )[0]
            for name in "abc"
        ]
        yield Cluster(address, workers)


def tokens_in(out: Path) -> int:
    table = ds.dataset(sorted(map(str, out.glob("*.parquet"))), format="parquet").to_table()
    return sum(filter(None, table["total_tokens"].to_pylist()))


def test_a_worker_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, cluster: Cluster) -> None:
    (tmp_path / "logs").mkdir()
    paths = make_archive(tmp_path / "logs", files=40, bodies=100)
    alone = archive.run([str(tmp_path / "logs")], str(tmp_path / "alone"))
    killed: list[int] = []

    def kill_one(progress: archive.Progress) -> None:
        if progress.files == 5 and not killed:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)
            killed.append(cluster.workers[0].wait(30))

    with connected(cluster.address) as (executor, in_flight):
        assert in_flight >= 16
        run = archive.run(
            [str(tmp_path / "logs")], str(tmp_path / "out"), executor, in_flight=in_flight, on_progress=kill_one
        )
    assert killed == [-signal.SIGKILL]
    assert run.complete
    facts = [(part.source, part.name, part.rows, part.skipped, part.bytes) for part in run.parts]
    assert facts == [(part.source, part.name, part.rows, part.skipped, part.bytes) for part in alone.parts]
    for part in run.parts:
        files = [ds.dataset(tmp_path / out / part.name).to_table() for out in ("alone", "out")]
        assert files[0].equals(files[1])
    assert tokens_in(tmp_path / "out") == total_tokens(paths)
    assert len(list((tmp_path / "out").iterdir())) == 41


def test_the_command_line_runs_on_a_cluster(tmp_path: Path, cluster: Cluster) -> None:
    paths = [stored(tmp_path / f"{number}.json", lines_of([answer(number)])) for number in range(3)]
    command = [*PROGRAM, "usage", *paths, "--cluster", cluster.address, "--csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT, timeout=60)
    assert done.stdout.splitlines()[1].split(",")[-1] == str(total_tokens(paths))


def test_a_cluster_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversation_models.archive.cluster._PATIENCE", 1)
    address = "tcp://127.0.0.1:9"
    message = re.escape(f"{address}: there is no scheduler")
    with pytest.raises(archive.ArchiveError, match=message), connected(address):
        pass
