"""How a run reads its files."""

from collections.abc import Mapping
from typing import NamedTuple

from ..captured.envelopes import Path, path_of
from .columns import schema_of

__all__ = ["MAX_BODY_BYTES", "Options"]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A longer body, or line, is set aside unread."""


class Options(NamedTuple):
    """Where in each document the body is, and what becomes a column."""

    at: str | None = None
    """The path of the body, such as ``response.body``; ``None`` if documents are bodies."""
    keys: Mapping[str, str] = {}
    """The paths of the operator's own columns, by name: ``{"team": "headers.x-team"}``."""

    def check(self) -> None:
        """Raises ``ValueError`` if ``at`` or one of ``keys`` is not a path, or a column has a name that is taken."""
        self.body_path()
        self.column_paths()
        schema_of(list(self.keys))

    def body_path(self) -> Path:
        return path_of(self.at) if self.at else ()

    def column_paths(self) -> list[Path]:
        return [path_of(path) for path in self.keys.values()]
