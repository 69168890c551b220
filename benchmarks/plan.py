"""How much is measured: in full, for figures to be published, or quickly, to see that the suite still works."""

from dataclasses import dataclass

__all__ = ["FULL", "QUICK", "Plan"]


@dataclass(frozen=True)
class Plan:
    quick: bool
    processes: int
    """Fresh processes that each measure everything: memory layout and hash seeds differ between them."""
    rounds: int
    """Samples of each peer in each process, taken in turn."""
    sample_seconds: float
    """An operation is repeated in a sample until it takes about that long."""
    slow_seconds: float
    """Peers whose single operation takes longer take part in every third round only."""
    peers: frozenset[str] | None = None
    """Files in ``peers/`` to take part besides this library and the floor; all of them, if None."""


FULL = Plan(quick=False, processes=3, rounds=9, sample_seconds=0.02, slow_seconds=0.2)
QUICK = Plan(quick=True, processes=1, rounds=3, sample_seconds=0.001, slow_seconds=0.05)
