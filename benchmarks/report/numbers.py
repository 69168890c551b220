"""Numbers for readers: three digits and a unit."""

import math

__all__ = ["amount", "per_second", "ratio", "seconds"]


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}" if value else "0"


def _scaled(value: float, units: tuple[tuple[float, str], ...]) -> str:
    for scale, unit in units:
        if float(f"{value:.3g}") >= scale:
            return f"{_three_digits(value / scale)} {unit}"
    scale, unit = units[-1]
    return f"{_three_digits(value / scale)} {unit}"


def seconds(value: float) -> str:
    return _scaled(value, ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")))


def amount(value: float) -> str:
    """A number of bytes."""
    return _scaled(value, ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")))


def per_second(value: float, unit: str) -> str:
    return f"{_scaled(value, ((1e9, 'G'), (1e6, 'M'), (1e3, 'k'), (1, ''))).strip()}{unit}/s"


def ratio(value: float) -> str:
    if value >= 10:
        return f"{float(f'{value:.3g}'):,.0f}x"
    return f"{value:.1f}x" if value >= 2 else f"{value:.2f}x"
