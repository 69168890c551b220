"""Keeps two runs from writing into one directory at the same time."""

import os
import socket
from contextlib import suppress
from threading import Event, Thread
from time import time
from typing import TYPE_CHECKING
from uuid import uuid4

from msgspec import DecodeError, Struct
from msgspec.json import decode, encode
from msgspec.structs import replace

from .errors import ArchiveError
from .places import Directory

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["LEASE", "Lease"]

LEASE = "run.json"
_RENEWED_EVERY = 10
_LOST_AFTER = 60


class _Holder(Struct, frozen=True):
    token: str
    host: str
    process: int
    renewed_at: float

    def is_gone(self) -> bool:
        """Whether its run was killed. On another machine, only time can tell."""
        if time() - self.renewed_at > _LOST_AFTER:
            return True
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return False


class Lease:
    """A file that says who writes into a directory, as long as it is renewed. Use it as a context manager.

    Raises ``ArchiveError`` if another run holds it. A run that was killed holds it for a minute at most, on the same
    machine not at all.
    """

    def __init__(self, out: Directory) -> None:
        self._out = out
        self._own = _Holder(uuid4().hex, socket.gethostname(), os.getpid(), time())
        self._ended = Event()
        self._renewing = Thread(target=self._renew, daemon=True)

    def __enter__(self) -> "Self":
        if not self._out.create_only(LEASE, encode(self._own)):
            holder = self._holder()
            if holder is not None and not holder.is_gone():
                raise ArchiveError(
                    f"{self._out.path}: another run writes into it, process {holder.process} on {holder.host}; if that"
                    f" was killed, try again in {_LOST_AFTER} seconds"
                )
            self._out.write(LEASE, encode(self._own))
            self.check()
        self._renewing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._renewing.join()
        with suppress(Exception):
            if self._is_own():
                self._out.remove(LEASE)

    def check(self) -> None:
        """Raises ``ArchiveError`` if another run has taken the lease over."""
        if not self._is_own():
            raise ArchiveError(f"{self._out.path}: another run has begun to write into it")

    def _is_own(self) -> bool:
        holder = self._holder()
        return holder is not None and holder.token == self._own.token

    def _holder(self) -> _Holder | None:
        try:
            return decode(self._out.read(LEASE), type=_Holder)
        except (DecodeError, FileNotFoundError):
            return None

    def _renew(self) -> None:
        while not self._ended.wait(_RENEWED_EVERY):
            # If it cannot be written now, perhaps it can next time.
            with suppress(Exception):
                if self._is_own():
                    self._out.write(LEASE, encode(replace(self._own, renewed_at=time())))
