"""The struct options all models share."""

from typing import Any

from msgspec import Raw, Struct, structs
from msgspec.structs import FieldInfo

from ..building import Built

__all__ = ["Model", "TaggedModel", "fields_of", "is_model"]


# ``gc=False``: models hold JSON trees, which cannot form cycles, and untracked objects decode a third to a half faster.
# ``kw_only`` is not inherited, and type checkers want ``frozen`` repeated, so every class says both again.
class Model(Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all models: immutable, keyword-only, spelled in camelCase on the wire.

    A field that may be absent defaults to ``msgspec.UNSET``, which is not written; ``None`` is JSON ``null``.
    """

    # msgspec's ``repr_omit_defaults`` compares by identity: a value and its copy from a pickle would look different.
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """The fields that differ from their defaults: ``repr`` shows these, and so does ``rich.print``."""
        values = [(field, getattr(self, field.name)) for field in fields_of(type(self))]
        return [(field.name, value) for field, value in values if value != field.default]

    def __repr__(self) -> str:
        fields = [f"{name}={_shown(value)}" for name, value in self.__rich_repr__()]
        return f"{type(self).__name__}({', '.join(fields)})"


def _shown(value: Any) -> str:
    # The repr of a Raw is its address.
    return f"<{memoryview(value).nbytes} bytes>" if isinstance(value, Raw) else repr(value)


class TaggedModel(Model, frozen=True, kw_only=True, tag_field="type"):
    """A model that carries its name on the wire, under the key ``type``."""


def is_model(tp: Any) -> bool:
    """Whether ``tp`` is the class of a model."""
    return isinstance(tp, type) and issubclass(tp, Model)


def fields_of(model: type[Model]) -> tuple[FieldInfo, ...]:
    """The fields of a model. msgspec evaluates annotations anew at each call, so they are kept."""
    return _fields[model]


_fields: Built[type[Model], tuple[FieldInfo, ...]] = Built(structs.fields)
