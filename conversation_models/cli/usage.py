"""``usage``: runs over archives, and the tables and bars that sum them up. Needs the extra ``archive``."""

import csv
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from tempfile import TemporaryDirectory
from typing import Any

from msgspec.json import decode
from rich.bar import Bar
from rich.table import Table
from rich.text import Text

from ..archive.errors import Reject
from ..archive.opening import STANDARD_INPUT
from ..archive.options import Options
from ..archive.places import Directory, Input, find_inputs
from ..archive.running import Progress, Run, run_files
from ..archive.totals import MEASURES, Slow, add_up, check_grouping
from .inputs import InputError
from .safe_text import one_line, shortened
from .terminal import LongRead, complain, end_long_read, output, say

__all__ = ["run_usage"]

# Less is read before a process has started.
_WORTH_PROCESSES = 32 * 1024 * 1024
_MOST_REJECTS = 20
_MOST_GROUPS = 15
_LONGEST_NAME = 40
_SUMMARY = (["model"], ["tool"], ["connector"], ["status"], ["day"])


def run_usage(
    paths: Sequence[str],
    out: str | None,
    *,
    at: str | None,
    keys: dict[str, str],
    by: Sequence[str],
    as_csv: bool,
    cluster: str | None,
) -> int:
    """Run over the files, print the sums, and return the exit status: 1 if anything could not be read."""
    check_grouping(by, keys)
    options = Options(at, keys)
    options.check()
    with nullcontext(out) if out else TemporaryDirectory() as folder:
        files = find_inputs(paths, folder)
        with _executor(files, cluster) as (executor, in_flight):
            done = run_files(files, folder, options, executor, in_flight, _Shown())
        end_long_read()
        totals = add_up(folder, [part for part in done.parts if part.error is None], [by] if by or as_csv else _SUMMARY)
        if as_csv:
            _write_csv(totals.tables[0])
        elif by:
            _show(f"by {' and '.join(by)}", totals.tables[0], by)
        else:
            _summary(done, totals.tables, totals.slowest)
        _complain_of(done, kept=out is not None)
    return 0 if done.complete else 1


@contextmanager
def _executor(files: Sequence[Input], cluster: str | None) -> Iterator[tuple[Executor | None, int]]:
    """What runs the files, and how many it is given at a time."""
    reads_standard_input = any(file.source == STANDARD_INPUT for file in files)
    if cluster is not None:
        if reads_standard_input:
            raise InputError("-: only this process can read its standard input, a cluster cannot")
        from ..archive.cluster import connected

        with connected(cluster) as found:
            yield found
        return
    processes = min(os.cpu_count() or 1, len(files))
    if processes == 1 or reads_standard_input or sum(file.size for file in files) < _WORTH_PROCESSES:
        yield None, 1
        return
    # Not forked: a fork of a process with threads, such as pyarrow's, can hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_interrupts_to_the_parent)
    try:
        yield pool, 4 * processes
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Shown:
    """Shows the progress of a run on stderr, if that is a terminal."""

    def __init__(self) -> None:
        self._reading: LongRead | None = None
        self._seen = 0

    def __call__(self, progress: Progress) -> None:
        if self._reading is None:
            self._reading = LongRead(f"{progress.of_files:,} files", progress.of_bytes)
        self._reading.advance(progress.bytes - self._seen)
        self._seen = progress.bytes


# What is printed -----------------------------------------------------------------------------------------------------


def _write_csv(table: Any) -> None:
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(table.column_names)
    rows.writerows([["" if value is None else value for value in row.values()] for row in table.to_pylist()])


def _summary(done: Run, tables: Sequence[Any], slowest: Sequence[Slow]) -> None:
    size = sum(part.bytes for part in done.parts)
    seconds = sum(part.seconds for part in done.parts)
    work = f"{size / 1e6:,.1f} MB, {seconds:,.1f} s of work"
    say(f"calls: {done.rows:,} (files: {len(done.parts):,}, {work})", "bold")
    if done.skipped:
        say(f"left out, since they are requests, histories or the like: {done.skipped:,}")
    for by, table in zip(_SUMMARY, tables, strict=True):
        if len(table):
            _show(f"by {by[0]}", table, by)
    if slowest:
        shown = _table("slowest first outputs")
        shown.add_column("conversation")
        shown.add_column("seconds", justify="right")
        shown.add_column("where")
        for slow in slowest:
            shown.add_row(
                _name(slow.conversation_id), f"{slow.seconds:,.3f}", Text(f"{one_line(slow.source)}:{slow.offset}")
            )
        output.print(shown, soft_wrap=False)


def _show(title: str, table: Any, by: Sequence[str]) -> None:
    """Print the sums of a grouping, with a bar for the tokens of each group."""
    rows = table.to_pylist()
    measured = [name for name in ("uses", *MEASURES) if any(row[name] is not None for row in rows)]
    if all(row["uses"] == row["calls"] for row in rows):
        measured.remove("uses")
    most = max([row["total_tokens"] or 0 for row in rows], default=0)
    shown = _table(title)
    for name in by:
        shown.add_column(name, no_wrap=True)
    # The last days, but the largest groups of another kind.
    kept = rows[-_MOST_GROUPS:] if "day" in by else rows[:_MOST_GROUPS]
    cells = [["" if row[name] is None else f"{row[name]:,}" for row in kept] for name in ("calls", *measured)]
    for name, column in zip(("calls", *measured), cells, strict=True):
        heading = name.removesuffix("_tokens")
        # Names are shortened on a narrow terminal, numbers are not.
        shown.add_column(heading, justify="right", min_width=max(map(len, [heading, *column])))
    shown.add_column(width=12)
    for row, numbers in zip(kept, zip(*cells, strict=True), strict=True):
        bar = Bar(most, 0, row["total_tokens"] or 0) if most else ""
        shown.add_row(*[_name(row[name]) for name in by], *numbers, bar)
    output.print(shown, soft_wrap=False)
    if len(rows) > _MOST_GROUPS:
        say(f"and {len(rows) - _MOST_GROUPS:,} more: --by {by[0]} --csv writes all")


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)


def _name(value: Any) -> Text:
    return Text("-" if value is None else shortened(one_line(str(value)), _LONGEST_NAME))


def _complain_of(done: Run, *, kept: bool) -> None:
    for part in done.failed:
        complain(f"{part.source}: {part.error}")
    left = _MOST_REJECTS
    for part in done.parts:
        if part.rejected and left:
            with Directory(done.out).open(part.rejects) as file:
                for line in file.readlines(left * 1000)[:left]:
                    reject = Reject(**decode(line))
                    complain(f"{reject.source}: byte {reject.offset}: {reject.reason}")
                    left -= 1
    if done.rejected:
        where = f"see {done.out}/*.rejects.ndjson" if kept else "-o DIR keeps the list"
        complain(f"bodies that could not be read: {done.rejected:,} ({where})")


def name_and_path(text: str) -> tuple[str, str]:
    """The name of a column, and its path: ``team=headers.x-team``, or a path whose last key is the name."""
    name, separator, path = text.partition("=")
    if not separator:
        name, path = text.replace("]", "").replace("[", ".").rpartition(".")[2].strip('"'), text
    if not name:
        raise InputError(f"--key {text}: the column has no name")
    return name, path
