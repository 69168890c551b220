"""Ways to copy a value, the modules that a pickle of it names, and its hash if it has one."""

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

from msgspec import structs

__all__ = ["COPIES", "attempt_hash", "modules_named_in"]


def _pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "replace": structs.replace,
    **{f"pickle {protocol}": _pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


def modules_named_in(pickled: bytes) -> set[str]:
    """What could be a module of ours in a pickle, however its protocol names a class."""
    return {module.decode() for module in re.findall(rb"conversation_models(?:\.\w+)*", pickled)}


def attempt_hash(value: Any) -> int | None:
    """The hash of a value, ``None`` if it is not hashable."""
    try:
        return hash(value)
    except TypeError:
        return None
