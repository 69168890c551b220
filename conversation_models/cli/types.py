"""The types that a command can be given by name."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import GenericAlias
from typing import Any, get_args

from ..models.failures import ServiceError
from ..models.recognition import ROOTS, UNIONS, models_in, name_of_union
from ..models.responses import ResponseHead

__all__ = ["BODIES", "TYPES", "type_named"]

# A head is another reading of a response, which skips the outputs.
_ROOTS: dict[str, Any] = {
    getattr(root, "__name__", "") or name_of_union(get_args(root)): root for root in ROOTS if root is not ResponseHead
}
_LISTS: dict[str, Any] = {f"list[{name}]": GenericAlias(list, root) for name, root in _ROOTS.items()}
BODIES: Mapping[str, Any] = {**_ROOTS, "ServiceError": ServiceError, **_LISTS}
"""The types of whole bodies, and the lists of these, by name."""

TYPES: Mapping[str, Any] = {**BODIES, **{model.__name__: model for model in models_in(*ROOTS)}, **UNIONS}
"""Every model, union of models and whole body, by name."""


def type_named(types: Mapping[str, Any], name: str) -> Any:
    """The one of ``types`` with this name. Raises ``ValueError``, which lists close names, or else those of bodies."""
    if name in types:
        return types[name]
    names = {known.lower(): known for known in types}
    close = [names[match] for match in get_close_matches(name.lower(), names, n=3)]
    raise ValueError(
        f"no type is called {name!r}: {'close to it' if close else 'there'} are {', '.join(close or BODIES)}"
    )
