"""One test for all cells of a table. Where a cell takes microseconds, a test of its own for each takes far longer."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

__all__ = ["each"]

Test = Callable[..., None]
_LONGEST_NAME = 200


def each(names: str | tuple[str, ...], values: Iterable[Any]) -> Callable[[Test], Test]:
    """Call a test with each of the values in turn, as ``pytest.mark.parametrize`` would, but as a single test.

    It goes on after a cell that fails. In the end it fails with the names of all that did, and the traceback of the
    first. Fixtures are those of the single test: what a cell does to one, the next cell finds.
    """
    keys = (names,) if isinstance(names, str) else names
    cells = [(value,) if isinstance(names, str) else tuple(value) for value in values]
    if not cells:
        # As without the documented payloads. A test of no cells would pass, and say nothing.
        return pytest.mark.skip(reason=f"there is nothing to test: no {' or '.join(keys)}")
    assert all(len(cell) == len(keys) for cell in cells)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def test_each(**others: Any) -> None:
            failures: list[tuple[str, BaseException]] = []
            for cell in cells:
                try:
                    test(**others, **dict(zip(keys, cell, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    failures.append((", ".join(map(_name, cell)), error))
            if failures:
                failed = "\n".join(name for name, _ in failures)
                raise AssertionError(f"{len(failures)} of {len(cells)} failed:\n{failed}") from failures[0][1]

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in keys]
        assert len(left) == len(signature.parameters) - len(keys)
        vars(test_each)["__signature__"] = signature.replace(parameters=left)
        return test_each

    return decorate


def _name(value: Any) -> str:
    name = value.__name__ if isinstance(value, type) else repr(value)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
