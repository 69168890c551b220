"""A ``UsageRecord`` as the attributes of an OpenTelemetry span. No OpenTelemetry package is needed."""

from collections.abc import Mapping
from typing import Any

from .accounting import UsageRecord
from .models.responses import ConversationUsageInfo

__all__ = ["attributes"]

# Counts that no model has, in either naming: the object in the usage, and its member.
_CACHED = ("prompt_tokens_details", "cached_tokens"), ("promptTokensDetails", "cachedTokens")
_REASONING = ("completion_tokens_details", "reasoning_tokens"), ("completionTokensDetails", "reasoningTokens")


def attributes(
    record: UsageRecord, *, time_to_first_chunk: float | None = None
) -> dict[str, str | int | float | tuple[str, ...]]:
    """The attributes of the span of one call, by OpenTelemetry's semantic conventions for generative AI. O(1).

    Every name is one of the conventions'. Unknown values are left out, and so is a count of 0 if the total shows that
    the service did not send it. The request's attributes, such as ``gen_ai.request.model``, are yours to set.

    - ``gen_ai.operation.name``: always ``invoke_agent``, since the service runs tools and agents within the call.
    - ``gen_ai.provider.name``: always ``mistral_ai``.
    - ``gen_ai.conversation.id``.
    - ``gen_ai.agent.id``, ``gen_ai.response.model``: if exactly one agent, or model, wrote. Each holds a single name.
    - ``gen_ai.usage.input_tokens``, ``gen_ai.usage.output_tokens``. The conventions name no attribute for the
      tokens of connectors.
    - ``gen_ai.usage.cache_read.input_tokens``, ``gen_ai.usage.reasoning.output_tokens``: if the usage has
      ``prompt_tokens_details.cached_tokens`` or ``completion_tokens_details.reasoning_tokens``, in either naming.
    - ``gen_ai.response.time_to_first_chunk``: the argument.
    - ``error.type``: of a ``failed`` response the service's number for the error (``"3000"``), or ``_OTHER`` if there
      is no number; ``truncated``; ``unreadable``. A ``stopped`` response is not an error: the gateway meant to end it.

    The wire does not say why an answer ended, so there is no ``gen_ai.response.finish_reasons``. The conventions
    give each tool execution a span of its own, so there is no ``gen_ai.tool.name``.

    Args:
        record: The record of a response or a stream that has ended. Before its end, a stream counts as ``truncated``.
        time_to_first_chunk: Seconds from sending the request to receiving the first chunk of the stream, by your
            clock. The times in a record are the service's, and do not include the way to it.

    >>> from conversation_models import ConversationUsageInfo, UsageRecord
    >>> usage = ConversationUsageInfo(prompt_tokens=20, completion_tokens=4, total_tokens=24)
    >>> record = UsageRecord(kind="stream", status="truncated", conversation_id="conv_1", usage=usage)
    >>> for name, value in attributes(record, time_to_first_chunk=0.25).items():
    ...     print(name, "=", value)
    gen_ai.operation.name = invoke_agent
    gen_ai.provider.name = mistral_ai
    gen_ai.conversation.id = conv_1
    gen_ai.usage.input_tokens = 20
    gen_ai.usage.output_tokens = 4
    gen_ai.response.time_to_first_chunk = 0.25
    error.type = truncated
    """
    found = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.conversation.id": record.conversation_id,
        "gen_ai.agent.id": _single(record.agent_ids),
        "gen_ai.response.model": _single(record.models),
        **(_tokens(record.usage) if record.usage is not None else {}),
        "gen_ai.response.time_to_first_chunk": time_to_first_chunk,
        "error.type": _error_type(record),
    }
    return {name: value for name, value in found.items() if value is not None}


def _single(names: tuple[str, ...]) -> str | None:
    return names[0] if len(names) == 1 else None


def _error_type(record: UsageRecord) -> str | None:
    match record.status:
        case "failed":
            return "_OTHER" if record.error_code is None else str(record.error_code)
        case "truncated" | "unreadable":
            return record.status
    return None


def _tokens(usage: ConversationUsageInfo) -> dict[str, int]:
    counts = {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
    }
    # A usage has 0 for an absent count too. If a count is absent, the total is not the sum.
    if usage.prompt_tokens + usage.completion_tokens + (usage.connector_tokens or 0) != usage.total_tokens:
        counts = {name: count for name, count in counts.items() if count != 0}
    counts["gen_ai.usage.cache_read.input_tokens"] = _detail(usage, _CACHED)
    counts["gen_ai.usage.reasoning.output_tokens"] = _detail(usage, _REASONING)
    return {name: count for name, count in counts.items() if _is_count(count)}


def _detail(usage: ConversationUsageInfo, paths: tuple[tuple[str, str], ...]) -> Any:
    for name, member in paths:
        details = usage.unknown_fields.get(name)
        if isinstance(details, Mapping) and member in details:
            return details[member]
    return None


def _is_count(value: object) -> bool:
    # An attribute's integer is a signed 64-bit one: exporters fail on a larger one. `True` is an `int` too.
    return type(value) is int and 0 <= value < 2**63
