"""Markdown: tables, pictures, and the origin of figures."""

from collections.abc import Iterable, Sequence

from ..results import GroupResults

__all__ = ["origin", "picture", "table"]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. All columns but the first contain numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join([f"| {' | '.join(line)} |" for line in lines])


def picture(folder: str, name: str, alt: str) -> str:
    """A chart that follows the reader's colour scheme."""
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{folder}{name}-dark.svg">'
        f'<img alt="{alt}" src="{folder}{name}-light.svg"></picture>'
    )


def origin(groups: Iterable[GroupResults | None]) -> str:
    """Machine, date and versions of groups, once for all groups that have the same."""
    names_by_origin: dict[str, list[str]] = {}
    for group in groups:
        if group is not None:
            names_by_origin.setdefault(_origin(group), []).append(group.about["group"])
    if len(names_by_origin) == 1:
        return next(iter(names_by_origin))
    return "  \n".join([f"{', '.join(names)}: {text}" for text, names in names_by_origin.items()])


def _origin(group: GroupResults) -> str:
    machine, plan = group.about["machine"], group.about["plan"]
    versions = [f"{name} {version}" for name, version in group.about["versions"].items()]
    missing = "".join([f" Missing: {name} ({reason})." for name, reason in group.about["missing"].items()])
    quick = " A quick run: its figures are rough." if plan["quick"] else ""
    return (
        f"{machine.get('cpu_model_name', 'unknown processor')}, {machine.get('cpu_count', '?')} cores, "
        f"Python {machine['python_version'].split()[0]}, {machine['platform'].split('-')[0]}, "
        f"{group.about['date'][:10]}; {', '.join(versions)}.{missing}{quick}"
    )
