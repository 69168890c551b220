"""How many Python functions of the library a piece of work calls."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["counted_calls"]


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """Counts the calls of the library's Python functions. msgspec's own decoding makes none."""
    count = [0]

    def profile(frame: FrameType, event: str, _arg: Any) -> None:
        count[0] += event == "call" and frame.f_globals.get("__name__", "").startswith("conversation_models")

    previous = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield count
    finally:
        sys.setprofile(previous)
