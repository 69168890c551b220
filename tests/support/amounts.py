"""How much a test does: a share by default, and all of it with ``-m long``, which then runs the test again."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any, TypeVar

import pytest
from hypothesis import settings

__all__ = ["USUAL_EXAMPLES", "amount", "each_once", "examples", "in_full_if_long", "some"]

N = TypeVar("N")
T = TypeVar("T", bound=Callable[..., Any])

USUAL_EXAMPLES = 15
"""A property test gets no more than these by default."""


def examples(full: int, usual: int = USUAL_EXAMPLES) -> Callable[[T], T]:
    """Gives a property test ``full`` examples, or ``usual`` by default: fewer for a test of every model."""

    def decorate(test: T) -> T:
        own: T = settings(max_examples=amount(min(full, usual), full))(test)
        return in_full_if_long(own) if full > usual else own

    return decorate


def amount(usual: N, full: N) -> N:
    """``full`` with ``-m long``, otherwise ``usual``. For tests that are ``in_full_if_long``."""
    return full if _is_long() else usual


def in_full_if_long(test: T) -> T:
    """Mark a test that also runs with ``-m long``, where each ``amount`` is the full one."""
    return pytest.mark.long(test) if _is_long() else test


def some(usual: int, names: str | tuple[str, ...], values: Iterable[Any]) -> pytest.MarkDecorator:
    """Parametrise a test: the first ``usual`` of the values by default, and the others with ``-m long``."""
    cells = [(value,) if isinstance(names, str) else value for value in values]
    usually, others = cells[:usual], [pytest.param(*cell, marks=pytest.mark.long) for cell in cells[usual:]]
    return pytest.mark.parametrize(names, [*(pytest.param(*cell) for cell in usually), *others])


def each_once(**tables: Iterable[Any]) -> pytest.MarkDecorator:
    """Parametrise a test: every value of each table once by default, and the other combinations with ``-m long``."""
    values = [list(table) for table in tables.values()]
    usual = {tuple(at % len(table) for table in values) for at in range(max(map(len, values)))}
    cells = [
        pytest.param(
            *(table[at] for table, at in zip(values, places, strict=True)),
            marks=() if places in usual else pytest.mark.long,
        )
        for places in product(*(range(len(table)) for table in values))
    ]
    return pytest.mark.parametrize(tuple(tables), cells)


def _is_long() -> bool:
    # tests/conftest.py loads this profile before it imports any test.
    return settings().max_examples > USUAL_EXAMPLES
