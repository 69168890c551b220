"""The machine and the versions that the figures were measured with."""

import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import pyperf  # type: ignore[import-untyped]

from .peer import Peer

__all__ = ["machine", "versions"]


def machine() -> dict[str, Any]:
    """The parts of pyperf's description of this computer and interpreter that matter for speed."""
    found = pyperf.Run([1.0], collect_metadata=True).get_metadata()
    kept = ("cpu_model_name", "cpu_count", "cpu_freq", "platform", "python_implementation", "python_version", "timer")
    return {name: found[name] for name in kept if name in found} | {"byte_order": sys.byteorder}


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """The version of each package that takes part."""
    found = {name: version(name) for name in ("conversation-models", "msgspec", "pyperf")}
    for peer in peers:
        found |= peer.versions()
    return dict(sorted(found.items()))
