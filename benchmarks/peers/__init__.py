"""One file for each peer, each with a ``PEER``. If a file's imports fail, its peer is reported as missing."""

from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from ..peer import FLOOR, LIBRARY, Peer, PeerMissingError

__all__ = ["Peers", "load_peers"]


class Peers(NamedTuple):
    """By file name: the peers that can run, this library and the floor first, and the reasons why others cannot."""

    by_file: dict[str, Peer]
    missing: dict[str, str]

    @property
    def present(self) -> list[Peer]:
        return list(self.by_file.values())


ALWAYS = frozenset(["conversation_models", "conversation_models_iterated", "msgspec_bare"])


def load_peers(chosen: frozenset[str] | None = None) -> Peers:
    """The peers in the ``chosen`` files, or in all files. This library and the floor always take part."""
    present: dict[str, Peer] = {}
    missing: dict[str, str] = {}
    for module in iter_modules(__path__):
        if module.name.startswith("_") or (chosen is not None and module.name not in chosen | ALWAYS):
            continue
        try:
            present[module.name] = import_module(f"{__name__}.{module.name}").PEER
        except (ImportError, PeerMissingError) as error:
            missing[module.name] = str(error)
    ordered = sorted(present.items(), key=lambda item: _rank(item[1].name))
    return Peers(dict(ordered), missing)


def _rank(name: str) -> tuple[bool, bool, str]:
    return not name.startswith(LIBRARY), name != FLOOR, name
