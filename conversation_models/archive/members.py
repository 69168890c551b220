"""The body in an envelope, and the members that become columns."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import UNSET, Raw, UnsetType, defstruct, field
from msgspec.json import Decoder, encode

from ..captured.envelopes import Path, member_at
from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE, decoder_of

__all__ = ["Envelope"]

_QUOTE = b'"'


class Envelope:
    """Takes the body, and the values of columns, out of documents that have them at these paths.

    The plan: one decoder finds all of them and skips the rest. Where it does not help, they are looked for path by
    path: if there are indexes in the paths, or keys that JSON escapes, or a path goes on below another one; and in a
    document that it refuses, such as one with a string in place of an object on the way to a column.
    """

    def __init__(self, at: Path, own: Sequence[Path]) -> None:
        self._at = at
        self._own = own
        self._decoder: Decoder[Any] | None = None
        self._body: Callable[[Any], Any] | None = None
        paths = [path for path in (at, *own) if path]
        tree = _tree_of(paths)
        if tree is not None:
            self._decoder = Decoder(_type_of(tree))
            self._body = attrgetter(_field_at(tree, at)) if at else None
            self._columns = [attrgetter(_field_at(tree, path)) for path in own]

    def open(self, document: bytes) -> tuple[bytes | memoryview, list[str | None]]:
        """The JSON text of the body, and the values of the columns. O(size).

        The body is bytes if it was a string in the envelope. Raises ``ConversationDecodeError`` if there is none.
        """
        if self._decoder is not None:
            try:
                whole = self._decoder.decode(document)
                body = memoryview(document if self._body is None else self._body(whole))
                text = decoder_of[str].decode(body).encode() if body[:1] == _QUOTE else body
                return text, [_found(whole, column) for column in self._columns]
            # ``AttributeError``, ``TypeError``: something on the way to the body, or the body, is absent.
            except (*UNREADABLE, AttributeError, TypeError):
                pass
        found = member_at(document, self._at)
        return (
            found.text if found.is_quoted else memoryview(found.text),
            [_looked_for(document, path) for path in self._own],
        )


def _tree_of(paths: Sequence[Path]) -> dict[str, Any] | None:
    """Nested dicts of the keys in paths; ``None`` if there are indexes, or a path goes on below another one."""
    tree: dict[str, Any] = {}
    for path in paths:
        branch = tree
        for step in path:
            if not isinstance(step, str) or _is_escaped(step):
                return None
            branch = branch.setdefault(step, {})
    ends = [_branch_at(tree, path) for path in paths]
    return None if any(ends) else tree


def _is_escaped(key: str) -> bool:
    """Whether JSON has to write a key in another way. msgspec takes no such key for a field."""
    return len(encode(key)) > len(key.encode()) + 2


def _branch_at(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    for step in path:
        tree = tree[step]  # type: ignore[index]
    return tree


def _type_of(tree: Mapping[str, Any]) -> Any:
    """A struct with a field for each key, in order: ``f0``, ``f1``, and so on."""
    fields: list[Any] = [
        (f"f{at}", (_type_of(branch) if branch else Raw) | UnsetType, field(default=UNSET, name=key))
        for at, (key, branch) in enumerate(tree.items())
    ]
    return defstruct("Envelope", fields, gc=False)


def _field_at(tree: Mapping[str, Any], path: Path) -> str:
    names = []
    for step in path:
        names.append(f"f{list(tree).index(str(step))}")
        tree = tree[str(step)]
    return ".".join(names)


def _found(whole: Any, column: Callable[[Any], Any]) -> str | None:
    try:
        value = column(whole)
    except AttributeError:  # Something on the way is absent.
        return None
    if value is UNSET:
        return None
    text = bytes(value)
    return str(decoder_of[str].decode(text)) if text.startswith(_QUOTE) else _text(text)


def _looked_for(document: bytes, path: Path) -> str | None:
    try:
        member = member_at(document, path)
    except ConversationDecodeError:
        return None
    return _text(member.text, is_string=member.is_quoted)


def _text(text: bytes, *, is_string: bool = False) -> str | None:
    """A member as the value of a column: ``null`` as null, anything that is not a string as its JSON text."""
    return None if text == b"null" and not is_string else text.decode("utf-8", "replace")
