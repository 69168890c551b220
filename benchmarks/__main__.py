"""The command: ``python -m benchmarks`` measures, ``python -m benchmarks report`` draws the stored results."""

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from .archives import measure as archives
from .gateway import measure as gateway
from .gateway.figures import FILE as GATEWAY_FILE
from .groups import GROUPS
from .plan import FULL, QUICK
from .results import FOLDER

__all__ = ["app"]

QUICK_FOLDER = Path("build", "benchmarks")
"""A quick run writes here, so that its rough figures never replace the published ones."""

GATEWAY = "gateway"
ARCHIVES = "archives"
NAMES = (*GROUPS, GATEWAY, ARCHIVES)

app = typer.Typer(
    add_completion=False, help="Compare conversation_models with everything its users would pick instead."
)


@app.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    quick: Annotated[
        bool, typer.Option(help="Check within two minutes that the suite works; its figures are rough.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="GROUP", help=f"One of {', '.join(NAMES)}. May be repeated.")
    ] = None,
    peer: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A file in peers/, without .py. May be repeated.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Folder for results [default: benchmarks/results, with --quick build/benchmarks]."),
    ] = None,
) -> None:
    """Measure all groups, or some, then write the report."""
    folder = results or (QUICK_FOLDER if quick else FOLDER)
    context.obj = folder
    if context.invoked_subcommand is not None:
        return
    if unknown := set(only or ()) - set(NAMES):
        raise typer.BadParameter(f"no such group: {', '.join(sorted(unknown))}", param_hint="--only")
    plan = replace(QUICK if quick else FULL, peers=frozenset(peer) if peer else None)
    for name in only or NAMES:
        start = monotonic()
        if name == GATEWAY:
            typer.echo(f"{name}: clients, gateways and an upstream, each in its own process ... ", nl=False)
            gateway.measure(gateway.QUICK if quick else gateway.FULL, folder / GATEWAY_FILE)
        elif name == ARCHIVES:
            typer.echo(f"{name}: files of traffic, read by each reader in a process of its own ... ", nl=False)
            archives.measure(archives.QUICK if quick else archives.FULL, folder / archives.FILE)
        else:
            typer.echo(f"{name}: {GROUPS[name].about} ... ", nl=False)
            GROUPS[name].measure(plan, folder)
        typer.echo(f"{monotonic() - start:.0f} s")
    report(context)


@app.command()
def report(context: typer.Context) -> None:
    """Draw the charts and write the tables from stored results. Measures nothing."""
    from .report import write_report

    for file in write_report(context.obj):
        typer.echo(file)


if __name__ == "__main__":
    app()
