"""The result that an official client must get through a gateway, given the one it gets directly."""

import json
from typing import Any

import conversation_models as cm

__all__ = ["expected", "same_events"]


def expected(gateway: str, direct: Any) -> Any:
    """The result through ``gateway``; ``direct`` is a response or a stream's events, as JSON in either naming."""
    result = json.loads(json.dumps(direct))
    if gateway == "edit":
        for one in result if isinstance(result, list) else [result]:
            data = one.get("data", one)
            data.pop("guardrails", None)
            for key in {"conversation_id", "conversationId"} & data.keys():
                data[key] = f"edited_{data[key]}"
    return result


def same_events(gateway: str, direct: list[Any], through: list[Any]) -> None:
    """Assert that the events are the same. The payload of an ``UNKNOWN`` must read as the same."""
    for one, other in zip(expected(gateway, direct), through, strict=True):
        if one["data"]["type"] == other["data"]["type"] == "UNKNOWN":
            one["data"]["raw"], other["data"]["raw"] = _read(one["data"]["raw"]), _read(other["data"]["raw"])
        assert other == one


def _read(payload: Any) -> Any:
    try:
        return cm.snake.decode(json.dumps(payload), cm.ConversationEvent)
    except cm.ConversationDecodeError:
        return payload
