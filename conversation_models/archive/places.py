"""Files and directories anywhere that fsspec opens."""

import os
import posixpath
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from uuid import uuid4

import fsspec

from .errors import ArchiveError, message_of
from .opening import STANDARD_INPUT

__all__ = ["Directory", "Input", "Unfinished", "find_inputs"]

_UNFINISHED = "_unfinished-"
_GLOB = set("*?[")


class Input(NamedTuple):
    """A file to read."""

    source: str
    size: int
    version: str
    """Changes when the file does: its time of change, or the store's tag for its content."""


def find_inputs(paths: Iterable[str], out: str) -> list[Input]:
    """The files that paths, globs and directories name, each once, in order of their names.

    Hidden files, and what is in ``out``, are left out of globs and directories. Raises ``ArchiveError`` if a path names
    nothing. O(files), with one listing for each path.
    """
    found: dict[str, Input] = {}
    kept_out = _absolute(out)
    for path in paths:
        if path == STANDARD_INPUT:
            # It can be read once, so what an earlier run has read was something else.
            found[path] = Input(path, 0, uuid4().hex)
            continue
        try:
            filesystem, name = fsspec.core.url_to_fs(path)
            filesystem.invalidate_cache()  # Files may have been added since an earlier run of this process.
            is_glob = bool(_GLOB.intersection(name))
            if is_glob or filesystem.isdir(name):
                listed = filesystem.glob(name, detail=True) if is_glob else filesystem.find(name, detail=True)
                files = [info for info in listed.values() if info["type"] == "file" and not _is_hidden(info["name"])]
                inputs = [_input(filesystem, info) for info in files]
                inputs = [one for one in inputs if not _absolute(one.source).startswith(f"{kept_out}/")]
            else:
                inputs = [_input(filesystem, filesystem.info(name))]
        except Exception as error:
            raise ArchiveError(f"{path}: {message_of(error)}") from error
        if not inputs:
            raise ArchiveError(f"{path}: there are no files")
        found |= {_absolute(one.source): one for one in inputs}
    return [found[name] for name in sorted(found)]


def _input(filesystem: Any, info: dict[str, Any]) -> Input:
    # Each filesystem has a name of its own for what changes with the content.
    version = next(
        (
            info[key]
            for key in ("ETag", "etag", "md5Hash", "mtime", "LastModified", "modified", "created")
            if key in info
        ),
        "",
    )
    return Input(_source(filesystem, info["name"]), info["size"], str(version))


def _source(filesystem: Any, name: str) -> str:
    return str(name if _is_local(filesystem) else filesystem.unstrip_protocol(name))


def _is_local(filesystem: Any) -> bool:
    return "file" in ((filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol)


def _absolute(path: str) -> str:
    filesystem, name = fsspec.core.url_to_fs(path)
    return _source(filesystem, name).rstrip("/")


def _is_hidden(name: str) -> bool:
    return posixpath.basename(name).startswith((".", _UNFINISHED))


class Directory:
    """A directory whose files are there whole or not at all."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._filesystem, self._root = fsspec.core.url_to_fs(path)

    def path_of(self, name: str) -> str:
        return posixpath.join(self._root, name)

    def create(self) -> None:
        with self._writing():
            self._filesystem.makedirs(self._root, exist_ok=True)

    def names(self) -> set[str]:
        """The names of the files in it."""
        # Another process may have written some.
        self._filesystem.invalidate_cache(self._root)
        if not self._filesystem.exists(self._root):
            return set()
        return {posixpath.basename(info["name"]) for info in self._filesystem.ls(self._root, detail=True)}

    def open(self, name: str) -> Any:
        return self._filesystem.open(self.path_of(name), "rb")

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            data: bytes = file.read()
            return data

    def write(self, name: str, data: bytes) -> None:
        """Raises ``ArchiveError`` if it cannot be written."""
        with self._writing():
            unfinished = self.begin(name)
            try:
                unfinished.file.write(data)
                unfinished.finish()
            finally:
                unfinished.discard()

    def create_only(self, name: str, data: bytes) -> bool:
        """Write a file, unless there is one, and say whether. Raises ``ArchiveError`` if it cannot be written."""
        with self._writing():
            try:
                with self._filesystem.open(self.path_of(name), "xb") as file:
                    file.write(data)
            except FileExistsError:
                return False
            return True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise ArchiveError(f"{self.path}: {message_of(error)}") from error

    def remove(self, name: str) -> None:
        self._filesystem.rm_file(self.path_of(name))

    def remove_unfinished(self) -> None:
        """Remove what was being written by processes that were killed. Nobody else may be writing."""
        for name in self.names():
            if name.startswith(_UNFINISHED):
                self.remove(name)

    def begin(self, name: str) -> "Unfinished":
        """Begin to write a file, which gets its name when it is finished, in place of a file that has it."""
        temporary = f"{_UNFINISHED}{name}-{uuid4().hex}"
        return Unfinished(self._filesystem, self.path_of(temporary), self.path_of(name))


class Unfinished:
    """A file that is being written, under another name until it is finished."""

    def __init__(self, filesystem: Any, temporary: str, path: str) -> None:
        self._filesystem = filesystem
        self._temporary = temporary
        self._path = path
        self.file: Any = filesystem.open(temporary, "wb")
        self._exists = True

    def finish(self) -> None:
        """Write the rest of the file, and give it its name. If this raises, which can be anything, call ``discard``."""
        self.file.close()
        if _is_local(self._filesystem):
            os.replace(self._temporary, self._path)  # ``mv`` may copy.
        else:
            self._filesystem.mv(self._temporary, self._path)
        self._exists = False

    def discard(self) -> None:
        """Remove the file, unless it is finished."""
        if self._exists:
            self._exists = False
            # A full disk lets neither close. If the file stays, the next run removes it.
            with suppress(Exception):
                self.file.close()
            with suppress(Exception):
                self._filesystem.rm_file(self._temporary)
