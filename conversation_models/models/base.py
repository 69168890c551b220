"""The struct options all models share."""

from functools import cache

from msgspec import Struct, structs

__all__ = ["Model", "TaggedModel", "fields_of"]


# ``gc=False``: models hold JSON trees, which cannot form cycles, and untracked objects decode a third to a half faster.
# ``kw_only`` is not inherited, and type checkers want ``frozen`` repeated, so every class says both again.
class Model(Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all models: immutable, keyword-only, spelled in camelCase on the wire.

    A field that may be absent defaults to ``msgspec.UNSET``, which is not written; ``None`` is JSON ``null``.
    """


class TaggedModel(Model, frozen=True, kw_only=True, tag_field="type"):
    """A model that carries its name on the wire, under the key ``type``."""


fields_of = cache(structs.fields)
"""The fields of a model; once for each, since evaluating annotations is most of what importing this package costs."""
