"""The settings of a request or a conversation, for a person to read: without the secrets of connectors."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Raw

from ..codec import snake
from ..models.base import Model
from ..models.guardrails import GuardrailConfig
from ..models.requests import ToolCallConfirmation
from ..models.tools import CustomConnector, DocumentLibraryTool, FunctionTool
from ..models.unknown import Unknown
from ..models.variants import fields_of, public_of
from .safe_text import one_line

__all__ = ["settings_of"]


def settings_of(body: Model, *others: str) -> dict[str, Any]:
    """The fields of ``body`` that are set, as texts, JSON values and lines of texts; not those named in ``others``."""
    return {name: _shown(value) for name, value in _set_in(body).items() if name not in others}


def _set_in(model: Model) -> dict[str, Any]:
    values = {info.name: getattr(model, info.name) for info in fields_of(public_of(type(model)))}
    return {name: value for name, value in values.items() if value is not UNSET and value is not None}


def _shown(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Model():
            return Raw(_json(value))
        case [Model() | Unknown(), *_]:
            return "\n".join(map(_line, value))
        case _:
            return value


def _line(item: Any) -> str:
    """A tool, a confirmation or a guardrail. Unknown fields of a tool are left out: they may be secrets."""
    words: list[Any]
    match item:
        case FunctionTool(function=function):
            words = [item.type, function.name, function.description]
        case CustomConnector(authorization=authorization):
            words = [item.type, item.connector_id, authorization and f"({authorization.type or 'authorization'})"]
        case DocumentLibraryTool():
            words = [item.type, *item.library_ids]
        case ToolCallConfirmation():
            words = [item.confirmation, item.tool_call_id]
        case GuardrailConfig():
            words = [_json(item)]
        case _:
            words = [item.type or "unknown"]
    if configuration := getattr(item, "tool_configuration", None):
        words.append(_json(configuration))
    return one_line(" ".join([word for word in words if word]))


def _json(model: Model) -> str:
    return snake.encode({**_set_in(model), **model.unknown_fields}).decode()
