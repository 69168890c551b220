"""The member of a union that no model describes."""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import msgspec

from ..jsontext import UNREADABLE, decode_error

__all__ = ["Open", "Unknown"]


class Unknown:
    """A member of a union that fits no model: JSON text, kept as bytes and written back unchanged.

    ``type`` is the value's tag, or ``None`` where it has no string there. ``raw`` is the value's JSON text, UTF-8,
    a copy of the input's bytes. Both namings keep it unchanged; ``Codec.encode`` names the one exception.

    Type checkers see a ``type`` that equals no known tag, so that ``entry.type == "message.output"`` rules ``Unknown``
    out; to compare it with a tag of your own, hold it in a ``str | None`` first.
    """

    __slots__ = ("raw", "type")
    __match_args__ = ("type", "raw")

    raw: bytes
    if TYPE_CHECKING:
        # A plain ``str`` could equal any tag: checkers would keep ``Unknown`` in every branch of a comparison.
        type: Literal["<a tag no model has>"] | None
    else:
        type: str | None

    def __init__(self, type: str | None, raw: bytes) -> None:
        # Past ``__setattr__``, and faster than ``object``'s: hostile input can hold a member for every two bytes.
        _set_type(self, type)
        _set_raw(self, raw)

    def decode(self) -> Any:
        """The value as Python builtins.

        Raises ``ConversationDecodeError`` for what JSON allows and Python cannot hold (a number out of range).
        """
        try:
            return msgspec.json.decode(self.raw)
        except UNREADABLE as error:
            raise decode_error(error, self.raw) from error

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("immutable type: 'Unknown'")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("immutable type: 'Unknown'")

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Unknown) else NotImplemented

    def __hash__(self) -> int:
        return hash((Unknown, self.raw))

    def __repr__(self) -> str:
        return f"Unknown(type={self.type!r}, raw=<{len(self.raw)} bytes>)"

    def __reduce__(self) -> Any:
        return Unknown, (self.type, self.raw)


_set_type = Unknown.__dict__["type"].__set__
_set_raw = Unknown.__dict__["raw"].__set__

T = TypeVar("T")

if TYPE_CHECKING:
    Open: TypeAlias = T | Unknown
else:

    class Open:
        """``Open[A | B]`` is a union whose members may also be ``Unknown``.

        msgspec takes no foreign class beside tagged structs. So it sees ``A | B``, type checkers see
        ``A | B | Unknown``, and ``reading.open_union`` puts an ``Unknown`` where no model fits.
        """

        def __class_getitem__(cls, members: Any) -> Any:
            return members
