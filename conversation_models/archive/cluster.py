"""Runs on a Dask cluster. Needs the extra ``cluster``."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from .errors import ArchiveError

__all__ = ["connected"]

_PATIENCE = 30


@contextmanager
def connected(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor over the workers of the scheduler at ``address``, and how many files to give it at a time.

    Each worker needs this package with the extra, and the paths have to lead to the same files everywhere. A file whose
    worker dies is given to another one. Raises ``ArchiveError`` if there is no scheduler.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ArchiveError(
            f'a cluster needs the "cluster" extra: pip install "conversation-models[cluster]" (no module named'
            f" {error.name!r})"
        ) from error
    try:
        client: Any = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{address}: there is no scheduler: {error}") from error
    with client:
        threads = sum(client.nthreads().values())
        yield client.get_executor(pure=False, retries=3), max(4 * threads, 16)
