"""The types that a command can be given by name."""

from difflib import get_close_matches
from typing import Any

import typer

from ..models.failures import ServiceError
from ..models.recognition import ROOTS, UNIONS, models_in

__all__ = ["ABOUT_TYPES", "type_named"]

_TYPES: dict[str, Any] = {
    **{model.__name__: model for model in models_in(*ROOTS)},
    **UNIONS,
    "ServiceError": ServiceError,
}

ABOUT_TYPES = f"One of {', '.join(sorted(_TYPES))}."


def type_named(name: str) -> Any:
    """The model, or the union of models, of this name. Raises a usage error that suggests names if there is none."""
    if name not in _TYPES:
        by_lower = {known.lower(): known for known in _TYPES}
        close = get_close_matches(name.lower(), by_lower, n=1)
        guess = f" Did you mean {by_lower[close[0]]}?" if close else ""
        # Not the parts of bodies: all names together are longer than a message may be.
        bodies = sorted([known for known, tp in _TYPES.items() if tp in ROOTS or known in UNIONS])
        raise typer.BadParameter(f"{name!r} is not a type.{guess} Bodies and unions are {', '.join(bodies)}.")
    return _TYPES[name]
