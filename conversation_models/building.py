"""Builds objects derived from types (decoders, twins, plans) when they are first needed, one thread at a time.

The plan: importing the package builds none of it, so the import stays cheap. msgspec crashes when two threads build
decoders whose types have a type in common, so every build in this package runs under one lock. A build may ask for
another one, hence the lock is reentrant. Reading something already built takes no lock.
"""

import os
from collections.abc import Callable
from threading import RLock
from typing import TypeVar

__all__ = ["Built"]

K = TypeVar("K")
V = TypeVar("V")

_building = RLock()

# A child that is forked during a build in another thread would inherit a lock that nobody releases.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_building.acquire, after_in_parent=_building.release, after_in_child=_building.release)


class Built(dict[K, V]):
    """Maps each key to the result of ``build(key)``, which runs once for each."""

    def __init__(self, build: Callable[[K], V]) -> None:
        self._build = build

    def __missing__(self, key: K) -> V:
        with _building:
            # Another thread may have built it while this one waited.
            if key not in self:
                self[key] = self._build(key)
            return self[key]
