"""Responses of a Conversations call (schema: ``ConversationResponse``, ``ConversationUsageInfo``)."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from msgspec import UNSET, Raw, UnsetType, field

from .base import Model
from .entries import FunctionCallEntry, MessageOutputEntry, OutputEntry
from .lists import Field, ListOf
from .variants import public_of

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ConversationResponse", "ConversationUsageInfo", "ResponseHead"]


class ConversationUsageInfo(Model, frozen=True, kw_only=True):
    """Tokens used. A count that is absent is 0.

    Attributes:
        prompt_tokens: Tokens that the model read.
        completion_tokens: Tokens that the model wrote.
        total_tokens: All tokens, as the service adds them up: prompt, completion and connector tokens.
        connector_tokens: Tokens that tools used. Absent or null if not stated.
        connectors: How often each tool ran, by its name. Absent or null if not stated.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    connector_tokens: int | None | UnsetType = UNSET
    connectors: dict[str, int] | None | UnsetType = UNSET

    def __add__(self, other: "Self") -> "Self":
        """The tokens of both. O(size).

        Numbers add up, those in unknown fields too, and so do the members of objects, key by key. A value that is
        absent or null changes nothing. Of any other two values, such as strings, the right one is kept, and so it is
        of two numbers whose sum is too large for a float. To add up many, give ``sum`` a start:
        ``sum(usages, ConversationUsageInfo())``.

        >>> one = ConversationUsageInfo(prompt_tokens=5, total_tokens=5, connectors={"web_search": 1})
        >>> one + ConversationUsageInfo(total_tokens=2, connectors={"web_search": 2})
        ConversationUsageInfo(prompt_tokens=5, total_tokens=7, connectors={'web_search': 3})
        """
        public = public_of(type(self))
        if public_of(type(other)) is not public:
            return NotImplemented
        names = public.__struct_fields__
        known = [{name: getattr(usage, name) for name in names} for usage in (self, other)]
        total: Self = public(**_sum_of_objects(*known))
        unknown = _sum_of_objects(self.unknown_fields, other.unknown_fields)
        return total.with_unknown_fields(unknown) if unknown else total


def _sum_of_objects(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    total = dict(left)
    # Without recursion, since unknown fields may be nested deep.
    ahead: list[tuple[dict[str, Any], Mapping[str, Any]]] = [(total, right)]
    while ahead:
        into, members = ahead.pop()
        for key, value in members.items():
            old = into.get(key, UNSET)
            if isinstance(old, dict) and isinstance(value, dict):
                into[key] = dict(old)
                ahead.append((into[key], value))
            else:
                into[key] = _sum_of_values(old, value)
    return total


def _sum_of_values(left: Any, right: Any) -> Any:
    if _is_number(left) and _is_number(right):
        with suppress(OverflowError):  # An integer may be larger than any float.
            total = left + right
            if isinstance(total, int) or -_INFINITY < total < _INFINITY:
                return total
    return left if right is UNSET or (right is None and left is not UNSET) else right


_INFINITY = float("inf")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class ConversationResponse(Model, frozen=True, kw_only=True):
    """The answer to starting, appending to or restarting a conversation.

    Attributes:
        object: Always ``"conversation.response"``.
        conversation_id: Names the conversation, in later requests too.
        outputs: Messages, tool executions, function calls and handoffs, in order.
        usage: Tokens that the response used. Required by the schema, but sometimes absent; all counts are 0 then.
        guardrails: Results of the guardrails, free-form. Absent or null if the request set none.
    """

    object: Literal["conversation.response"] = "conversation.response"
    conversation_id: str
    outputs: Field[list[OutputEntry], ListOf[OutputEntry]]
    usage: ConversationUsageInfo = field(default_factory=ConversationUsageInfo)
    guardrails: list[dict[str, Any]] | None | UnsetType = UNSET

    @property
    def text(self) -> str:
        """The answer: the text of all messages, joined, without their reasoning. O(size).

        >>> message = MessageOutputEntry(content="Hello")
        >>> ConversationResponse(conversation_id="c1", outputs=[message]).text
        'Hello'
        """
        return "".join([entry.text for entry in self.outputs if isinstance(entry, MessageOutputEntry)])

    @property
    def function_calls(self) -> list[FunctionCallEntry]:
        """The functions that the client is asked to call, in order. O(outputs).

        >>> call = FunctionCallEntry(tool_call_id="call1", name="rate", arguments="{}")
        >>> ConversationResponse(conversation_id="c1", outputs=[call]).function_calls == [call]
        True
        """
        return [entry for entry in self.outputs if isinstance(entry, FunctionCallEntry)]


class ResponseHead(Model, frozen=True, kw_only=True):
    """A ``ConversationResponse`` whose ``outputs`` were skipped.

    Attributes:
        object: Always ``"conversation.response"``.
        conversation_id: Names the conversation, in later requests too.
        outputs: The JSON text of the outputs: a view of the bytes that were read, which it keeps alive.
        usage: Tokens that the response used. Required by the schema, but sometimes absent; all counts are 0 then.
        guardrails: Results of the guardrails, free-form. Absent or null if the request set none.
    """

    object: Literal["conversation.response"] = "conversation.response"
    conversation_id: str
    outputs: Raw
    usage: ConversationUsageInfo = field(default_factory=ConversationUsageInfo)
    guardrails: list[dict[str, Any]] | None | UnsetType = UNSET
