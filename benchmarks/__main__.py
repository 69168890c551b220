"""The command: ``python -m benchmarks`` measures and writes the page, ``python -m benchmarks page`` only the page."""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from . import page
from .archives import measure as archives
from .gateways import measure as gateways
from .groups import GROUPS, measured
from .measure import FULL, QUICK, Found, Plan
from .results import FILE, Results

ROOT = Path(__file__).parents[1]
QUICK_FOLDER = ROOT / "build" / "benchmarks"
"""A quick run writes here, so that its rough figures never replace the published ones."""
GATEWAYS, ARCHIVES = "gateways", "archives"
NAMES = (*GROUPS, GATEWAYS, ARCHIVES)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["measure", "page"], default="measure")
    parser.add_argument("--quick", action="store_true", help="see in a minute that everything runs; figures are rough")
    parser.add_argument("--only", metavar="GROUPS", default=",".join(NAMES), help="of: %(default)s")
    parser.add_argument("--into", metavar="FOLDER", type=Path, help="write results and page there")
    given = parser.parse_args(arguments)
    chosen = given.only.split(",")
    if unknown := set(chosen) - set(NAMES):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    folder: Path | None = given.into or (QUICK_FOLDER if given.quick else None)
    file = folder / FILE.name if folder else FILE
    results = Results.load(file)
    if given.command == "measure":
        for name in chosen:
            start = monotonic()
            print(f"{name} ... ", end="", flush=True)
            _measure(name, given.quick, results)
            results.groups = {one: results.groups[one] for one in NAMES if one in results.groups}
            results.save(file)  # Now, so that a run that is broken off loses nothing.
            print(f"{monotonic() - start:.0f} s")
    page.write(results, folder or ROOT / "docs")
    if folder is None:
        page.write_speed(results, ROOT / "README.md")


def _measure(name: str, quick: bool, results: Results) -> None:
    if name == ARCHIVES:
        with tempfile.TemporaryDirectory() as made:
            measured = Path(made, archives.FILE)
            archives.measure(archives.QUICK if quick else archives.FULL, measured)
            results.add(name, other=page.archive_figures(measured))
    elif name == GATEWAYS:
        results.add(name, gateways.measure(gateways.QUICK if quick else gateways.FULL))
    else:
        results.add(name, _in_processes(name, QUICK if quick else FULL))


def _in_processes(name: str, plan: Plan) -> Iterator[Found]:
    if not plan.processes:
        yield from measured(name, plan)
    for _ in range(plan.processes):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            yield from pool.submit(measured, name, plan).result()


if __name__ == "__main__":
    main()
