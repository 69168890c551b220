"""Respells a document in the other naming without this library: renames keys, but not those of free-form maps."""

from collections.abc import Mapping
from typing import Any

__all__ = ["CAMEL_OF", "respell"]

CAMEL_OF: Mapping[str, str] = {
    name: "".join([name.split("_")[0], *[word.title() for word in name.split("_")[1:]]])
    for name in (
        "agent_id",
        "completed_at",
        "confirmation_status",
        "connector_tokens",
        "content_index",
        "conversation_id",
        "created_at",
        "document_name",
        "document_url",
        "file_id",
        "file_name",
        "file_type",
        "image_url",
        "next_agent_id",
        "next_agent_name",
        "output_index",
        "previous_agent_id",
        "previous_agent_name",
        "completion_tokens",
        "prompt_tokens",
        "reference_ids",
        "tool_call_id",
        "total_tokens",
    )
}
FREE_FORM = frozenset(["arguments", "connectors", "guardrails", "info"])


def respell(value: Any, names: Mapping[str, str]) -> Any:
    """``value``, made of dicts and lists, with its keys renamed according to ``names``."""
    if isinstance(value, dict):
        return {
            names.get(key, key): member if key in FREE_FORM else respell(member, names) for key, member in value.items()
        }
    if isinstance(value, list):
        return [respell(member, names) for member in value]
    return value
