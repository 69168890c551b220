"""Documents in the other naming, and whether two documents say the same. Uses nothing of this library."""

import json
from collections.abc import Callable, Mapping
from typing import Any

_NAMES = """
    agent_id completed_at confirmation_status connector_tokens content_index conversation_id created_at document_name
    document_url file_id file_name file_type image_url next_agent_id next_agent_name output_index previous_agent_id
    previous_agent_name completion_tokens prompt_tokens reference_ids tool_call_id total_tokens
"""
CAMEL_OF: Mapping[str, str] = {
    name: "".join([name.split("_")[0], *[word.title() for word in name.split("_")[1:]]]) for name in _NAMES.split()
}
SNAKE_OF = {camel: snake for snake, camel in CAMEL_OF.items()}
FREE_FORM = frozenset(["arguments", "connectors", "guardrails", "info"])
# Peers spell times differently, and no schema names the source of a citation.
_IGNORED = frozenset(["created_at", "completed_at", "createdAt", "completedAt", "source"])


def respell(value: Any, names: Mapping[str, str]) -> Any:
    """``value``, made of dicts and lists, with its keys renamed, but not those of free-form maps."""
    if isinstance(value, dict):
        return {
            names.get(key, key): member if key in FREE_FORM else respell(member, names) for key, member in value.items()
        }
    if isinstance(value, list):
        return [respell(member, names) for member in value]
    return value


def camel_case(data: bytes) -> bytes:
    """A document in the REST naming as the TypeScript SDK spells it."""
    return json.dumps(respell(json.loads(data), CAMEL_OF), ensure_ascii=False, separators=(",", ":")).encode()


def same_as(data: bytes, *ignoring: str) -> Callable[[Any], bool]:
    """Whether JSON text says the same as ``data``, but for the keys ``ignoring``. Absent and null are the same."""

    def compared(value: Any) -> Any:
        if isinstance(value, dict):
            kept = {key: member for key, member in value.items() if key not in _IGNORED and key not in ignoring}
            return {key: compared(member) for key, member in kept.items() if member is not None}
        return [compared(member) for member in value] if isinstance(value, list) else value

    expected = compared(json.loads(data))
    return lambda answer: bool(compared(json.loads(answer)) == expected)
