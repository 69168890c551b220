"""Builds objects derived from types (decoders, variants, plans) when they are first needed, one thread at a time.

The plan: importing the package builds none of it, so the import stays cheap. msgspec crashes when two threads build
decoders whose types have a type in common, so every build in this package runs under one lock. A build may ask for
another one, hence the lock is reentrant. Reading something already built takes no lock.
"""

import os
from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

__all__ = ["BUILDING", "Built", "compile_function"]

K = TypeVar("K")
V = TypeVar("V")

BUILDING = RLock()
"""Also for what must not change while something is built. It is safe across a fork."""

# A child that is forked during a build in another thread would inherit a lock that nobody releases.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=BUILDING.acquire, after_in_parent=BUILDING.release, after_in_child=BUILDING.release)


class Built(dict[K, V]):
    """Maps each key to the result of ``build(key)``, which runs once for each."""

    def __init__(self, build: Callable[[K], V]) -> None:
        self._build = build

    def __missing__(self, key: K) -> V:
        with BUILDING:
            # Another thread may have built it while this one waited.
            if key not in self:
                self[key] = self._build(key)
            return self[key]


def compile_function(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    """The function called ``function`` that ``source`` defines, with ``names`` as its global names."""
    exec(source, names)
    function: Callable[..., Any] = names["function"]
    return function
