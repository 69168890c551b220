"""A run: one part for each file, whole or not at all, and never those of two runs in one directory."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from conversation_models import archive

from ..support.archives import REQUEST, answer, lines_of, make_archive, stored, total_tokens
from ..support.program import run as usage

T = TypeVar("T")


def table_in(out: Path) -> Any:
    return ds.dataset(sorted(map(str, out.glob("*.parquet"))), format="parquet").to_table()


def total_in(out: Path) -> int:
    return sum(filter(None, table_in(out)["total_tokens"].to_pylist()))


@cache
def forks() -> Any:
    """Starts processes: forks of one that has imported this module, and pandas, which pyarrow would import in each."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, "pandas"])
    return context


def in_another_process(function: Callable[..., T], *arguments: object) -> T:
    with ProcessPoolExecutor(1, mp_context=forks()) as pool:
        return pool.submit(function, *arguments).result(120)


def in_this_process() -> None:
    return None


def in_two_processes() -> Executor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.mark.parametrize(
    "make", [in_this_process, lambda: ThreadPoolExecutor(3), pytest.param(in_two_processes, marks=pytest.mark.long)]
)
def test_every_file_becomes_a_part(tmp_path: Path, make: Callable[[], Executor | None]) -> None:
    (tmp_path / "logs").mkdir()
    paths = make_archive(tmp_path / "logs", files=12, bodies=30)
    out, executor = tmp_path / "out", make()
    run = archive.run([str(tmp_path / "logs")], str(out), executor)
    if executor:
        executor.shutdown()
    assert sorted(file.name for file in out.iterdir()) == [
        "manifest.json",
        *[f"part-{index:06}.parquet" for index in range(12)],
    ]
    assert total_in(out) == total_tokens(paths)
    assert run.complete
    assert run.rows == len(table_in(out))
    assert run.rows + run.skipped == 12 * 30
    for part, path in zip(run.parts, paths, strict=True):
        own = pq.read_table(out / part.name)
        assert own.equals(archive.usage_table(path), check_metadata=False)
        assert (part.source, part.rows, part.size) == (path, len(own), os.path.getsize(path))


def test_the_manifest_says_what_became_of_each_file(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.ndjson.gz", lines_of([answer(1), REQUEST]) + b"broken\n")
    out = tmp_path / "out"
    archive.run([path], str(out), at=None, keys={"own": "a.b"})
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["columns"] == archive.COLUMNS.names
    assert (manifest["at"], manifest["keys"], manifest["inputs"]) == (None, {"own": "a.b"}, [path])
    (part,) = manifest["parts"]
    facts = {"source": path, "name": "part-000000.parquet", "rows": 1, "skipped": 1, "rejected": 1, "error": None}
    assert part | facts == part
    assert (part["bytes"], part["size"]) == (len(lines_of([answer(1), REQUEST]) + b"broken\n"), os.path.getsize(path))


def test_rejects_are_written_aside(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.ndjson", lines_of([answer(1)]) + b"broken\n")
    run = archive.run([path], str(tmp_path / "out"))
    assert not run.complete
    (line,) = (tmp_path / "out" / run.parts[0].rejects).read_text().splitlines()
    assert json.loads(line) == {
        "source": path,
        "offset": len(lines_of([answer(1)])),
        "bytes": 6,
        "reason": "JSON is malformed: invalid character (byte 0)",
    }


def test_globs_and_directories_name_files_once(tmp_path: Path) -> None:
    (tmp_path / "logs" / "deep").mkdir(parents=True)
    for name in ("b.ndjson", "a.ndjson", "deep/c.ndjson", ".hidden", "other.txt"):
        stored(tmp_path / "logs" / name, lines_of([answer(1)]))
    out = tmp_path / "logs" / "out"

    def sources(*paths: str) -> list[str]:
        run = archive.run([str(tmp_path / path) for path in paths], str(out))
        for file in out.iterdir():
            file.unlink()
        return [os.path.relpath(part.source, tmp_path / "logs") for part in run.parts]

    assert sources("logs") == ["a.ndjson", "b.ndjson", "deep/c.ndjson", "other.txt"]
    assert sources("logs/*.ndjson", "logs/b.ndjson") == ["a.ndjson", "b.ndjson"]
    assert sources("logs/**/*.ndjson") == ["a.ndjson", "b.ndjson", "deep/c.ndjson"]
    assert sources("logs/.hidden") == [".hidden"]
    with pytest.raises(archive.ArchiveError, match="there are no files"):
        sources("logs/*.gz")
    with pytest.raises(archive.ArchiveError, match="No such file"):
        sources("missing")


class Counting(Executor):
    """Runs each call when its result is asked for, and counts how many wait."""

    def __init__(self) -> None:
        self.waiting = self.most = self.calls = 0

    def submit(self, function: Any, /, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **options))
        future.add_done_callback(lambda _: None)
        result = future.result

        def taken(timeout: float | None = None) -> Any:
            self.waiting -= 1
            return result(timeout)

        future.result = taken  # type: ignore[method-assign]
        return future


def test_a_bounded_number_of_files_is_in_flight(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=40, bodies=2)
    executor = Counting()
    assert archive.run(paths, str(tmp_path / "out"), executor, in_flight=7).complete
    assert (executor.calls, executor.most) == (40, 7)


def test_progress_tells_files_and_bytes(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=3, bodies=5)
    sizes = sorted(map(os.path.getsize, paths), reverse=True)
    told: list[archive.Progress] = []
    archive.run(paths, str(tmp_path / "out"), on_progress=told.append)
    assert [(one.files, one.of_files, one.bytes, one.of_bytes) for one in told] == [
        (done, 3, sum(sizes[:done]), sum(sizes)) for done in range(4)
    ]
    assert told[0].part is None
    assert [one.part.size for one in told if one.part] == sizes


# Runs that were killed -----------------------------------------------------------------------------------------------


def run_and_wait(paths: str, out: Path, files: int, pipe: Connection) -> None:
    def wait(progress: archive.Progress) -> None:
        if progress.files == files:
            pipe.send("waits")
            time.sleep(60)

    archive.run([paths], str(out), on_progress=wait)


@contextmanager
def waiting_run(paths: Path, out: Path, files: int) -> Iterator[Any]:
    """A run in another process, which waits when it has made so many parts, and is then killed."""
    ours, its = forks().Pipe()
    process = forks().Process(target=run_and_wait, args=(str(paths), out, files, its))
    process.start()
    try:
        assert ours.recv() == "waits"
        yield process
    finally:
        process.kill()
        process.join()


def test_a_run_that_was_killed_makes_the_missing_parts_only(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    paths = make_archive(tmp_path / "logs", files=10, bodies=10)
    out = tmp_path / "out"
    with waiting_run(tmp_path / "logs", out, 4):
        pass
    (out / "_unfinished-part-000009.parquet-0").write_bytes(b"PAR1")
    before = {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}
    assert len(before) == 4
    told: list[archive.Progress] = []
    run = archive.run([str(tmp_path / "logs")], str(out), on_progress=told.append)
    assert told[-1].files == 6
    after = {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}
    assert after | before == after
    assert (len(after), len(run.parts), run.complete) == (10, 10, True)
    assert run.rows == len(table_in(out))
    assert total_in(out) == total_tokens(paths)
    assert not [file for file in out.iterdir() if file.name.startswith(("_", "run"))]


def test_the_part_of_a_file_that_changed_is_made_again(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=3, bodies=5)
    archive.run(paths, str(tmp_path / "out"))
    with open(paths[1], "ab") as file:
        file.write(Path(stored(tmp_path / "more.gz", lines_of([answer(1000)]))).read_bytes())
    told: list[archive.Progress] = []
    run = archive.run(paths, str(tmp_path / "out"), on_progress=told.append)
    assert [one.part.source for one in told if one.part] == [paths[1]]
    assert total_in(tmp_path / "out") == total_tokens(paths)
    assert len(run.parts) == 3


def test_another_run_may_not_use_the_directory(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=3, bodies=2)
    out = str(tmp_path / "out")
    archive.run(paths, out)
    others: list[tuple[dict[str, Any], str]] = [
        ({"paths": paths[:2]}, "files"),
        ({"paths": paths, "at": "body"}, "path of the bodies"),
        ({"paths": paths, "keys": {"team": "a"}}, "columns of your own"),
    ]
    for other, what in others:
        with pytest.raises(archive.ArchiveError, match=f"the output of a run with other {what}: use another directory"):
            archive.run(out=out, **other)
    assert total_in(tmp_path / "out") == total_tokens(paths)


@pytest.mark.parametrize(
    ("name", "message"),
    [("sales.parquet", "a table of another origin, sales.parquet"), ("manifest.json", "is not the manifest of a run")],
)
def test_a_directory_with_other_files_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(b"[]")
    with pytest.raises(archive.ArchiveError, match=message):
        archive.run([stored(tmp_path / "a.json", b"{}")], str(tmp_path / "out"))
    assert (tmp_path / "out" / name).read_bytes() == b"[]"


def test_two_runs_at_the_same_time_are_detected(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=3, bodies=2)
    out = tmp_path / "out"
    with waiting_run(tmp_path / "log-*", out, 0) as process, pytest.raises(archive.ArchiveError) as caught:
        archive.run(paths, str(out))
    assert f"another run writes into it, process {process.pid} on " in str(caught.value)
    assert archive.run([str(tmp_path / "log-*")], str(out)).complete


def test_the_lease_of_a_run_on_another_machine_ends_after_a_minute(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=1, bodies=2)
    out = tmp_path / "out"
    out.mkdir()
    holder = {"token": "t", "host": "elsewhere", "process": 1, "renewed_at": time.time() - 30}
    (out / "run.json").write_text(json.dumps(holder))
    with pytest.raises(archive.ArchiveError, match="process 1 on elsewhere; if that was killed, try again in 60 sec"):
        archive.run(paths, str(out))
    (out / "run.json").write_text(json.dumps(holder | {"renewed_at": time.time() - 61}))
    assert archive.run(paths, str(out)).complete
    assert not (out / "run.json").exists()


# Files and disks that fail -------------------------------------------------------------------------------------------

Outcome = tuple[int, list[tuple[str, str | None]], bool]
"""The rows of a run, which files failed with which errors, and whether it is complete."""


def outcome_of(logs: Path, out: Path) -> Outcome:
    run = archive.run([str(logs)], str(out))
    return run.rows, [(os.path.basename(part.source), part.error) for part in run.failed], run.complete


def run_as_nobody(logs: Path, out: Path) -> Outcome:
    if os.getuid() == 0:
        os.setuid(65534)
    return outcome_of(logs, out)


def test_a_file_without_permission_fails_alone(tmp_path: Path) -> None:
    logs, out = tmp_path / "logs", tmp_path / "out"
    logs.mkdir()
    out.mkdir()
    for folder in (*tmp_path.parents, tmp_path, logs):
        if folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 1:
            folder.chmod(0o755)
    out.chmod(0o777)
    for name in ("a", "b", "c"):
        stored(logs / name, lines_of([answer(1)]))
    (logs / "b").chmod(0)
    assert in_another_process(run_as_nobody, logs, out) == (2, [("b", "Permission denied")], False)
    (logs / "b").chmod(0o644)
    run = archive.run([str(logs)], str(out))
    assert (run.rows, run.complete) == (3, True)


def run_with_small_files(logs: Path, out: Path) -> Outcome:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    return outcome_of(logs, out)


def test_a_part_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    out = tmp_path / "out"
    stored(tmp_path / "logs" / "large", lines_of(map(answer, range(5000))))
    stored(tmp_path / "logs" / "small", lines_of([answer(1)]))
    done = in_another_process(run_with_small_files, tmp_path / "logs", out)
    assert done == (1, [("large", "the part cannot be written: File too large")], False)
    assert sorted(file.name for file in out.iterdir()) == ["manifest.json", "part-000001.parquet"]
    assert archive.run([str(tmp_path / "logs")], str(out)).rows == 5001


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("only root of a Linux can mount a disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted: {done.stderr}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_no_half_of_a_part_and_the_next_run_goes_on(tmp_path: Path, small_disk: Path) -> None:
    logs, out = tmp_path / "logs", small_disk / "out"
    logs.mkdir()
    stored(logs / "large", lines_of(map(answer, range(6000))))
    stored(logs / "small", lines_of([answer(1)]))
    done = usage("usage", logs, "-o", out)
    assert done.status == 1
    assert done.err == f"conversation-models: {logs / 'large'}: the part cannot be written: No space left on device\n"
    assert sorted(file.name for file in out.iterdir()) == ["manifest.json", "part-000001.parquet"]
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    told: list[archive.Progress] = []
    assert archive.run([str(logs)], str(out), on_progress=told.append).rows == 6001
    assert [one.part.source for one in told if one.part] == [str(logs / "large")]
    assert len(table_in(out)) == 6001


def test_a_disk_that_is_full_before_the_run_is_an_error(tmp_path: Path, small_disk: Path) -> None:
    path = stored(tmp_path / "a", lines_of([answer(1)]))
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass
    done = usage("usage", path, "-o", small_disk / "out")
    assert (done.status, done.out) == (1, "")
    assert done.err == f"conversation-models: {small_disk / 'out'}: No space left on device\n"
    (small_disk / "filler").unlink()
    assert usage("usage", path, "-o", small_disk / "out").status == 0


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(Executor):
    """A process pool whose third call kills its worker."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self.calls = 0

    def submit(self, function: Any, /, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        return self.pool.submit(_die if self.calls == 3 else function, *arguments, **options)


@pytest.mark.long
def test_a_worker_that_is_killed_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=5, bodies=3)
    out = tmp_path / "out"
    executor = Deadly()
    with executor.pool, pytest.raises(archive.ArchiveError, match="a worker ended early"):
        archive.run(paths, str(out), executor, in_flight=1)
    assert len(list(out.glob("*.parquet"))) == 2
    told: list[archive.Progress] = []
    assert archive.run(paths, str(out), on_progress=told.append).complete
    assert told[-1].files == 3
    assert total_in(out) == total_tokens(paths)
