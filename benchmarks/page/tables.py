"""The tables of the page, and how figures are written."""

from collections.abc import Iterable, Sequence
from statistics import median

from ..gateways import measure as gateways
from ..groups import GROUPS
from ..results import GroupResults, Results, Row

ALL = GROUPS | {gateways.GATEWAYS.name: gateways.GATEWAYS}


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table in Markdown. All columns but the first ``left`` are aligned to the right."""
    lines = [head, ["---" if index < left else "---:" for index in range(len(head))], *rows]
    return "\n".join([f"| {' | '.join(line)} |" for line in lines])


def time(seconds: float) -> str:
    unit, scale = next(((u, s) for u, s in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)) if seconds >= s), ("ns", 1e-9))
    return f"{_digits(seconds / scale)} {unit}"


def size(number: float) -> str:
    unit, scale = next(((u, s) for u, s in (("MB", 1e6), ("kB", 1e3)) if number >= s), ("B", 1.0))
    return f"{_digits(number / scale)} {unit}".replace(".00 ", " ").replace(".0 ", " ")


def factor(value: float) -> str:
    return f"{value:.2f}x" if value < 2 else f"{value:.1f}x" if value < 10 else f"{value:,.0f}x"


def _digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def peers_of(rows: Iterable[Row]) -> list[str]:
    """All peers, in the order in which the cases name them."""
    return list(dict.fromkeys([peer for row in rows for peer in (*row.peers, *row.refused)]))


def group_section(name: str, found: GroupResults) -> str:
    """The heading, the description and the table of a group."""
    group = ALL[name]
    peers = peers_of(found.rows)
    first = [group.base] if group.base else []
    order = [*first, *[peer for peer in peers if peer != group.base]]
    rows = [[_described(row), *[_cell(row, peer, group.base) for peer in order]] for row in found.rows]
    parts = [f"## {name.capitalize()}", group.about, table(["", *order], rows), _notes(found.rows)]
    return "\n\n".join([part for part in parts if part])


def _described(row: Row) -> str:
    items = f", {row.items:,} events" if row.items > 1 else ""
    return f"{row.name} ({size(row.bytes)}{items})"


def _cell(row: Row, peer: str, base: str) -> str:
    if peer in row.refused:
        return "refuses"
    found, own = row.least(peer), row.least(base)
    if found is None:
        return ""
    if own is None or peer == base:
        return time(found)
    written = factor(found / own)
    return f"{time(found)} (**{written}**)" if found < own else f"{time(found)} ({written})"


def _notes(rows: Sequence[Row]) -> str:
    reasons = {peer: reason for row in rows for peer, reason in row.refused.items()}
    refusals = [f"*{peer}* refuses: `{reason.replace('`', '')}`." for peer, reason in reasons.items()]
    spreads = [figure.spread for row in rows for figure in row.peers.values()]
    spread = f"Spread: {median(spreads):.0%} for the median of these figures, at most {max(spreads):.0%}."
    return "\n\n".join([*refusals, spread])


def conditions(results: Results) -> str:
    """The machine, date, versions and number of samples, once for all groups that have them in common."""
    groups: dict[str, list[str]] = {}
    for name, found in results.groups.items():
        machine = found.machine
        where = f"{machine['cpu_model_name']}, {machine['cpu_count']} cores, {machine['platform']}"
        samples = f"up to {found.samples} samples of each figure" if found.samples else ""
        versions = ", ".join([f"{package} {version}" for package, version in sorted(found.versions.items())])
        written = [found.date, where, f"Python {machine['python_version']}", samples, versions]
        groups.setdefault("; ".join([part for part in written if part]), []).append(name)
    lines = [f"- {', '.join(names)}: {about}." for about, names in groups.items()]
    return "\n".join(["## Machine and versions", "", *lines])
