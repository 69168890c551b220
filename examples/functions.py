"""Python functions that the model may call: their types say which arguments it has to send."""

import inspect
from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any, get_type_hints

import msgspec
from msgspec import structs

import conversation_models as cm

__all__ = ["FUNCTIONS", "Functions"]


class Functions:
    """Functions by name. Each takes arguments by keyword, of any types that msgspec reads, and has a docstring."""

    def __init__(self, *functions: Callable[..., Any]) -> None:
        self._functions = {function.__name__: (function, arguments_of(function)) for function in functions}

    @property
    def tools(self) -> list[cm.FunctionTool]:
        """The functions as a request declares them."""
        return [declared(function, arguments) for function, arguments in self._functions.values()]

    def run(self, call: cm.FunctionCallEntry) -> cm.FunctionResultEntry:
        """Run the function that the model calls. Never raises: the model is told what went wrong, and can try again."""
        try:
            if call.name not in self._functions:
                raise ValueError(f"There is no function {call.name!r}")
            function, arguments = self._functions[call.name]
            value = function(**structs.asdict(call.decode_arguments(arguments)))
            result = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        except Exception as error:
            # With its type: the text of a KeyError is the key alone.
            result = msgspec.json.encode({"error": f"{type(error).__name__}: {error}"}).decode()
        return cm.FunctionResultEntry(tool_call_id=call.tool_call_id, result=result)


def arguments_of(function: Callable[..., Any]) -> type[msgspec.Struct]:
    """The arguments of ``function`` as a type: a required field for each, or one with its default."""
    types = get_type_hints(function)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, parameter in inspect.signature(function).parameters.items():
        has_default = parameter.default is not parameter.empty
        fields.append((name, types[name], parameter.default) if has_default else (name, types[name]))
    return msgspec.defstruct(function.__name__, fields, kw_only=True, forbid_unknown_fields=True)


def declared(function: Callable[..., Any], arguments: type[msgspec.Struct]) -> cm.FunctionTool:
    _, schemas = msgspec.json.schema_components([arguments])
    description = inspect.getdoc(function) or ""
    parameters = schemas[arguments.__name__]
    return cm.FunctionTool(function=cm.Function(name=function.__name__, description=description, parameters=parameters))


def days_between(start: date, end: date) -> int:
    """The number of days from ``start`` to ``end``."""
    return (end - start).days


def current_time() -> str:
    """The date and the time, in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


FUNCTIONS = Functions(days_between, current_time)
