"""What all models share: the struct options, and fields that no model has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Raw, Struct

from .variants import NO_FIELDS, carrier_of, fields_of, public_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SNAKE_CASE", "Model", "TaggedModel", "is_model"]

SNAKE_CASE = "snake_case"
"""Under this name in ``Meta(extra=...)``, a field with a camelCase key of its own has its snake_case key."""


# ``gc=False``: models hold JSON trees, which cannot form cycles, and untracked objects decode a third to a half faster.
# ``kw_only`` is not inherited, and type checkers want ``frozen`` repeated, so every class says both again.
class Model(Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all models: immutable, keyword-only, spelled in camelCase on the wire.

    A field that may be absent defaults to ``msgspec.UNSET``, which is not written; ``None`` is JSON ``null``.
    """

    @property
    def unknown_fields(self) -> Mapping[str, Any]:
        """The fields that the model does not have, by their keys, as Python builtins. Read-only; empty if none.

        They are written back under their own keys, in either naming. If a document has both spellings of a known
        field, the one that does not belong there is an unknown field. It is here in snake_case, and is always written
        in the spelling that its document does not use.
        """
        return NO_FIELDS

    def with_unknown_fields(self, fields: Mapping[str, Any]) -> "Self":
        """A copy with these unknown fields set, or removed where the value is ``msgspec.UNSET``. O(fields).

        For fields that are newer than this library. ``fields`` maps JSON keys to anything that the codecs write.
        Raises ``ValueError`` for a key of a field that the model has, ``TypeError`` for a key that is not a str.

        >>> from conversation_models import TextChunk, encode
        >>> encode(TextChunk(text="Hi").with_unknown_fields({"lang": "en"}))
        b'{"type":"text","text":"Hi","lang":"en"}'
        """
        public = public_of(type(self))
        known = {public.__struct_config__.tag_field, *public.__struct_encode_fields__}
        for key in fields:
            if not isinstance(key, str):
                raise TypeError(f"A key is a str, not {type(key).__qualname__}")
            if key in known:
                raise ValueError(f"`{key}` is a field that {public.__name__} has")
        unknown = {key: value for key, value in {**self.unknown_fields, **fields}.items() if value is not UNSET}
        values = {name: getattr(self, name) for name in public.__struct_fields__}
        if unknown:
            values["unknown_fields"] = MappingProxyType(unknown)
        copy: Self = (carrier_of[public] if unknown else public)(**values)
        return copy

    # msgspec's ``repr_omit_defaults`` compares by identity: a value and its copy from a pickle would look different.
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """The fields that differ from their defaults: ``repr`` shows these, and so does ``rich.print``."""
        values = [(field, getattr(self, field.name)) for field in fields_of(public_of(type(self)))]
        shown = [(field.name, value) for field, value in values if value != field.default]
        return [*shown, ("unknown_fields", dict(sorted(self.unknown_fields.items())))] if self.unknown_fields else shown

    def __repr__(self) -> str:
        fields = [f"{name}={_shown(value)}" for name, value in self.__rich_repr__()]
        return f"{type(self).__name__}({', '.join(fields)})"


def _shown(value: Any) -> str:
    # The repr of a Raw is its address, so that equal values would look different.
    if isinstance(value, Raw):
        return f"<{memoryview(value).nbytes} bytes>"
    if type(value) is dict:
        return f"{{{', '.join([f'{key!r}: {_shown(member)}' for key, member in value.items()])}}}"
    if type(value) is list:
        return f"[{', '.join([_shown(item) for item in value])}]"
    return repr(value)


class TaggedModel(Model, frozen=True, kw_only=True, tag_field="type"):
    """A model that carries its name on the wire, under the key ``type``."""


def is_model(tp: Any) -> bool:
    """Whether ``tp`` is the class of a model."""
    return isinstance(tp, type) and issubclass(tp, Model)
