"""The report: charts, tables and pages made from stored results, the README's section among them.

A *section* is a function that takes the results and writes its files, or none if its group was not measured. To add
one, put it into ``SECTIONS``. Add its text for the README to ``summary``.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from ..results import FOLDER, Results
from . import archives, charts, gateway, losses, summary, tables, targets

__all__ = ["README", "SECTIONS", "write_report"]

README = FOLDER.parent.parent / "README.md"

Section = Callable[[Results], Iterable[Path]]
SECTIONS: tuple[Section, ...] = (
    charts.decode,
    charts.events,
    charts.growth,
    tables.write,
    targets.write,
    losses.write,
    lambda results: gateway.write(results.folder),
    lambda results: archives.write(results.folder),
    summary.write,
)


def write_report(folder: Path = FOLDER) -> list[Path]:
    """Write every section's files into ``folder``. If it is the folder of published results, also update the README."""
    results = Results(folder)
    written = [file for section in SECTIONS for file in section(results)]
    if folder == FOLDER and summary.write_into(README, results):
        written.append(README)
    return written
