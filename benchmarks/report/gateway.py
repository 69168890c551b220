"""The report on the gateways: tables, and a chart of events a second per core."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..gateway.figures import LABELS, Figures, read_figures
from .markdown import table
from .numbers import amount, per_second, ratio, seconds

__all__ = ["brief", "markdown", "write"]

PEER = "sdk"


def markdown(figures: Figures) -> str:
    """All figures as tables."""
    return "\n\n".join([*(_throughput(figures, one) for one in _loads(figures)), _latency(figures), _memory(figures)])


def brief(figures: Figures) -> str:
    """The throughput of each gateway per core, in one table."""
    loads = _loads(figures)
    rows = []
    for gateway in figures.gateways:
        cells = []
        for load in loads:
            cpu = figures.cpu(load["name"], gateway)
            cells.append(f"{per_second(1 / cpu, '')} ({ratio(figures.cpu(load['name'], PEER) / cpu)})")
        rows.append([LABELS.get(gateway, gateway), *cells])
    head = [f"{load['about']}: {'events' if load['items'] > 1 else 'responses'}" for load in loads]
    return table(["a gateway, done a second per core", *head], rows)


def write(folder: Path) -> Iterator[Path]:
    """Write the tables, and the chart if matplotlib is installed, into ``folder``. Nothing if nothing was measured."""
    figures = read_figures(folder)
    if figures is None:
        return
    file = folder / "gateway.md"
    file.write_text(f"# A gateway, end to end\n\n{_origin(figures)}\n\n{markdown(figures)}\n", encoding="utf-8")
    yield file
    try:
        from .gateway_chart import draw_chart
    except ImportError:
        return
    yield from draw_chart(figures, folder)


def _loads(figures: Figures) -> list[dict[str, Any]]:
    return [load for load in figures.about["loads"] if load["clients"] > 1]


def _throughput(figures: Figures, load: dict[str, Any]) -> str:
    name, unit = load["name"], "event" if load["items"] > 1 else "response"
    rows = [[LABELS["direct"], "", "", "", per_second(figures.rate(name, "direct"), "")]]
    for gateway in figures.gateways:
        cpu, (low, high) = figures.cpu(name, gateway), figures.spread(name, gateway)
        times = ratio(figures.cpu(name, PEER) / cpu) if PEER in figures.gateways else ""
        spread = f"{seconds(cpu)} ({seconds(low)} to {seconds(high)})"
        rate = per_second(figures.rate(name, gateway), "")
        rows.append([LABELS.get(gateway, gateway), per_second(1 / cpu, ""), times, spread, rate])
    head = [
        "gateway",
        f"{unit}s a second per core",
        f"times {PEER}",
        f"CPU of a{'n' * (unit[0] == 'e')} {unit}",
        "seen here",
    ]
    return f"## {load['about']}; {load['clients']} clients\n\n{table(head, rows)}"


def _latency(figures: Figures) -> str:
    loads = [load for load in figures.about["loads"] if load["clients"] == 1]
    rows = []
    for gateway in figures.gateways:
        cells = [_signed(figures.added(load["name"], gateway, p)) for load in loads for p in ("p50", "p99")]
        rows.append([LABELS.get(gateway, gateway), *cells])
    head = [f"{load['about']}: {p}" for load in loads for p in ("p50", "p99")]
    return f"## Latency it adds to a whole answer\n\n{table(['gateway', *head], rows)}"


def _signed(value: float) -> str:
    # Noise can make the difference negative. It is shown as it is.
    return f"-{seconds(-value)}" if value < 0 else seconds(value)


def _memory(figures: Figures) -> str:
    rows = []
    for gateway in figures.gateways:
        one = figures.memory[gateway]
        each = (one["peak_bytes"] - one["idle_bytes"]) / max(one["open_streams"], 1)
        cells = [str(one["open_streams"]), amount(one["idle_bytes"]), amount(one["peak_bytes"]), amount(max(each, 0))]
        rows.append([LABELS.get(gateway, gateway), *cells])
    head = ["gateway", "open streams", "before", "with them", "each"]
    return f"## Resident memory\n\n{table(head, rows)}"


def _origin(figures: Figures) -> str:
    about, plan = figures.about, figures.about["plan"]
    machine = about["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    quick = " A quick run: its figures are rough." if plan["quick"] else ""
    return (
        f"{machine.get('cpu_model_name', 'unknown processor')}, {machine.get('cpu_count', '?')} cores, Python "
        f"{machine['python_version'].split()[0]}, {about['date'][:10]}; {versions}; load by {about['load generator']}. "
        f"Medians of {plan['rounds']} rounds of {plan['seconds']} s, the lowest and the highest in brackets. Upstream, "
        "gateway and load share the cores. So the figures per core are computed from the gateway's own processor time: "
        f"events divided by CPU seconds.{quick}"
    )
