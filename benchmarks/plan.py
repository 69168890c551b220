"""How much is measured: ``FULL`` for published figures, ``QUICK`` to check that the suite works."""

from dataclasses import dataclass

__all__ = ["FULL", "QUICK", "Plan"]


@dataclass(frozen=True)
class Plan:
    quick: bool
    processes: int
    """Number of fresh processes. Each measures everything, because memory layout and hash seeds differ between them."""
    rounds: int
    """Samples of each peer in each process, taken in turn."""
    sample_seconds: float
    """A sample repeats an operation until it takes about that long."""
    slow_seconds: float
    """A peer whose single operation takes longer takes part only in every third round."""
    peers: frozenset[str] | None = None
    """Files in ``peers/`` that take part besides this library and the floor; all if ``None``."""


FULL = Plan(quick=False, processes=3, rounds=9, sample_seconds=0.02, slow_seconds=0.2)
QUICK = Plan(quick=True, processes=1, rounds=3, sample_seconds=0.001, slow_seconds=0.05)
