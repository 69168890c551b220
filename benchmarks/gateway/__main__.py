"""The command: ``python -m benchmarks.gateway`` measures and writes the report; ``report`` only writes it."""

from pathlib import Path
from typing import Annotated

import typer

FOLDER = Path(__file__).parent.parent / "results"
QUICK_FOLDER = Path("build", "benchmarks")

app = typer.Typer(add_completion=False, help="Compare gateways, end to end, with the servers as real processes.")


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    quick: Annotated[bool, typer.Option(help="See within a minute that it works; its figures are rough.")] = False,
    results: Annotated[Path | None, typer.Option(help="Folder for results.")] = None,
) -> None:
    """Measure for some ten minutes, then write the report."""
    context.obj = results or (QUICK_FOLDER if quick else FOLDER)
    if context.invoked_subcommand is None:
        from .measure import FULL, QUICK, measure
        from .report import FILE

        measure(QUICK if quick else FULL, context.obj / FILE, typer.echo)
        report(context)


@app.command()
def report(context: typer.Context) -> None:
    """Write tables and charts from stored results; no measuring."""
    from .report import write

    for file in write(context.obj):
        typer.echo(file)


if __name__ == "__main__":
    app()
