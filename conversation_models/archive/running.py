"""A run: many files in, one part for each, over any executor."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from itertools import islice
from time import monotonic
from typing import NamedTuple

from .errors import ArchiveError
from .lease import Lease
from .manifest import Manifest
from .options import Options
from .parts import Part, make_part
from .places import Directory, Input, find_inputs

__all__ = ["Progress", "Run", "run", "run_files"]

_IN_FLIGHT = 64
_NOTED_EVERY = 10


class Progress(NamedTuple):
    """How far a run is. Parts that an earlier run made are not in it."""

    files: int
    of_files: int
    bytes: int
    """The sizes of the files that are done."""
    of_bytes: int
    part: Part | None
    """The latest one; ``None`` before the first."""


class Run(NamedTuple):
    """What became of a run's files, in order of their names."""

    out: str
    parts: list[Part]

    @property
    def complete(self) -> bool:
        """Whether every file was read, and all in it."""
        return not any(part.error or part.rejected for part in self.parts)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def skipped(self) -> int:
        return sum(part.skipped for part in self.parts)

    @property
    def rejected(self) -> int:
        return sum(part.rejected for part in self.parts)

    @property
    def failed(self) -> list[Part]:
        """The files that have no part. Another run with the same arguments tries them again."""
        return [part for part in self.parts if part.error is not None]


def run(
    paths: Iterable[str],
    out: str,
    executor: Executor | None = None,
    *,
    at: str | None = None,
    keys: Mapping[str, str] | None = None,
    in_flight: int = _IN_FLIGHT,
    on_progress: Callable[[Progress], object] | None = None,
) -> Run:
    """Write a table of usage, as Parquet, for each of the files that paths, globs and directories name.

    ``out`` is a directory, on this machine or anywhere that fsspec opens. It gets a part for each file, a list of what
    could not be read next to it (``part-000000.rejects.ndjson``), and ``manifest.json``. A part is written whole or not
    at all. A run that was killed and is started again makes the missing parts only, and those of files that have
    changed. ``at`` and ``keys`` are those of ``usage_table``.

    ``executor`` runs the files in other processes or on other machines, ``in_flight`` of them at a time; without one,
    this process reads them one by one. The largest files are first. Raises ``ArchiveError`` if a path names nothing, if
    ``out`` cannot be written or has the parts of a run with other files or options, if another run is writing into it,
    or if the executor breaks. Nothing in a file stops the run. Memory: a few hundred bytes for each file.
    """
    options = Options(at, keys or {})
    options.check()
    return run_files(find_inputs(paths, out), out, options, executor, in_flight, on_progress)


def run_files(
    inputs: list[Input],
    out: str,
    options: Options,
    executor: Executor | None,
    in_flight: int,
    on_progress: Callable[[Progress], object] | None,
) -> Run:
    """``run`` over files that ``find_inputs`` has found, with options that were checked."""
    directory = Directory(out)
    manifest = Manifest.of(inputs, options)
    directory.create()
    with Lease(directory) as lease:
        manifest.take_over(directory)
        directory.remove_unfinished()
        done = {part.source: part.version for part in manifest.parts}
        names = {one.source: manifest.name(index) for index, one in enumerate(inputs)}
        missing = [one for one in inputs if done.get(one.source) != one.version]
        ahead = {one.source for one in missing}
        manifest.parts = [part for part in manifest.parts if part.source not in ahead]
        manifest.write(directory)
        failed: list[Part] = []
        watch = _Watch(missing, on_progress)
        noted = monotonic()
        try:
            for part in _made(missing, names, out, options, executor, in_flight):
                (failed if part.error else manifest.parts).append(part)
                watch.note(part)
                if monotonic() - noted > _NOTED_EVERY:
                    lease.check()
                    manifest.write(directory)
                    noted = monotonic()
        finally:
            manifest.write(directory)
        directory.remove_unfinished()  # Those of workers that were killed.
    return Run(out, sorted([*manifest.parts, *failed], key=lambda part: part.name))


class _Watch:
    def __init__(self, missing: list[Input], tell: Callable[[Progress], object] | None) -> None:
        self._tell = tell or (lambda _: None)
        self._progress = Progress(0, len(missing), 0, sum(one.size for one in missing), None)
        self._tell(self._progress)

    def note(self, part: Part) -> None:
        files, size = self._progress.files + 1, self._progress.bytes + part.size
        self._progress = self._progress._replace(files=files, bytes=size, part=part)
        self._tell(self._progress)


def _made(
    files: list[Input], names: Mapping[str, str], out: str, options: Options, executor: Executor | None, in_flight: int
) -> Iterable[Part]:
    """The parts, as they are done."""
    # The largest first: at the end, no worker has a long file left while the others wait.
    ordered = iter(sorted(files, key=lambda file: -file.size))
    if executor is None:
        for file in ordered:
            yield make_part(out, names[file.source], file, options)
        return
    pending: set[Future[Part]] = set()
    try:
        while True:
            for file in islice(ordered, in_flight - len(pending)):
                pending.add(executor.submit(make_part, out, names[file.source], file, options))
            if not pending:
                return
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenExecutor as error:
        raise ArchiveError(
            f"a worker ended early, perhaps for lack of memory; run again for the rest: {error}"
        ) from error
    finally:
        for future in pending:
            future.cancel()
