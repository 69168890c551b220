"""What a meter has to record of a stream: computed event by event, slowly, from what the documentation says.

The rules of ``stream/progress.py`` (which response an event belongs to) and ``stream/drafts.py`` (which output) are
written out here once more. So is what a meter only approximates:

- A delta that comes after a delta is counted. Nothing else is read from it, if its data names its type.
- A malformed delta is a delta. If its data is not JSON, its beginning tells.

Events over ``max_event_bytes`` are skipped, so the callers leave them out.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

import conversation_models as cm
from conversation_models.sse import SSEDecoder

__all__ = ["pairs_in", "records_of"]

Pair = tuple[bytes, str]

STARTED, DONE, ERROR = ("conversation.response.started", "conversation.response.done", "conversation.response.error")
DELTA = "message.output.delta"
OUTPUTS = {
    cm.MessageOutputEvent: "message.output",
    cm.ToolExecutionStartedEvent: "tool.execution",
    cm.ToolExecutionDeltaEvent: "tool.execution",
    cm.ToolExecutionDoneEvent: "tool.execution",
    cm.FunctionCallEvent: "function.call",
    cm.AgentHandoffStartedEvent: "agent.handoff",
    cm.AgentHandoffDoneEvent: "agent.handoff",
}
_BEGINS_AS_DELTA = re.compile(rb'\{"type": ?"message\.output\.delta"')
_ANOTHER_TYPE = re.compile(rb'(?s)"type".*"type"|\\u00(74|79|70|65)')


def pairs_in(stream: bytes) -> list[Pair]:
    """The data and the name of each event of a whole stream."""
    decoder = SSEDecoder()
    return [(event.data.encode(), event.event) for event in [*decoder.feed(stream), *decoder.close()]]


def records_of(pairs: Iterable[Pair], codec: cm.Codec) -> list[cm.UsageRecord]:
    """The record of each response, from the data and the name of each event."""
    accounts: list[_Account] = []
    for data, name in pairs:
        if not data:
            continue
        try:
            event: Any = codec.decode_event(data, name)
        except cm.ConversationDecodeError as error:
            event = cm.InvalidEvent(data, error, name)
        kind = kind_of(event)
        if kind == STARTED or (not accounts and (kind in (DONE, ERROR) or type_of(event) in OUTPUTS)):
            accounts.append(_Account())
        elif not accounts or accounts[-1].ended:
            continue
        accounts[-1].take(event, kind, data)
    return [account.record() for account in accounts]


def kind_of(event: Any) -> str | None:
    if isinstance(event, cm.ServiceError):
        return ERROR
    if isinstance(event, cm.Unknown):
        return None
    return (type_in(event.raw) or event.event) if isinstance(event, cm.InvalidEvent) else event.type


def type_in(data: bytes) -> str | None:
    """The type that the data names, if it is JSON."""
    try:
        value = json.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and "\ufffd" not in kind else None


def begins_as_delta(data: bytes) -> bool:
    return bool(_BEGINS_AS_DELTA.match(data)) and not _ANOTHER_TYPE.search(data)


def type_of(event: Any) -> Any:
    """The public class of an event; ``None`` if it is not one of a model."""
    return next((cls for cls in type(event).__mro__ if cls in OUTPUTS), None)


class _Account:
    def __init__(self) -> None:
        self.ended = False
        self.after_delta = False
        self.seen: dict[str, Any] = {"conversation_id": None, "events": 0, "deltas": 0, "bytes": 0, "unknown": 0}
        self.status: Any = "truncated"
        self.models: list[str] = []
        self.agent_ids: list[str] = []
        self.outputs: list[Any] = []
        """The names of each output: its type, index and id, and for a call its index and tool_call_id."""
        self.calls: dict[Any, Any] = {}
        self.tools: dict[str, int] = {}
        self.function_calls: list[str] = []

    def take(self, event: Any, kind: str | None, data: bytes) -> None:
        seen = self.seen
        seen["events"] += 1
        seen["bytes"] += len(data)
        seen["unknown"] += isinstance(event, cm.Unknown)
        self.ended = kind in (DONE, ERROR)
        names_its_type = type_in(data) == DELTA or (kind not in (STARTED, DONE, ERROR) and begins_as_delta(data))
        if isinstance(event, cm.MessageOutputEvent):
            seen["deltas"] += 1
            if self.after_delta and names_its_type:
                return
        elif isinstance(event, cm.InvalidEvent) and (kind == DELTA or names_its_type):
            seen["deltas"] += 1
            if names_its_type:
                return
        self.after_delta = isinstance(event, cm.MessageOutputEvent)
        if type_of(event) in OUTPUTS:
            self.take_output(event)
        elif self.ended:
            self.take_end(event, data)
        elif isinstance(event, cm.ResponseStartedEvent):
            seen["conversation_id"] = event.conversation_id
            seen["started_at"] = event.created_at or None

    def take_end(self, event: Any, data: bytes) -> None:
        if isinstance(event, cm.InvalidEvent):
            self.status = "unreadable"
            self.seen["error_message"] = str(event.error)
        elif isinstance(event, cm.ResponseDoneEvent):
            self.status = "completed"
            # No number is made up where the service sent none.
            self.seen["usage"] = None if json.loads(data)["usage"] == {} else event.usage
            self.seen["completed_at"] = event.created_at or None
        else:
            self.status = "failed"
            self.seen["error_code"] = None if event.code is UNSET else event.code
            self.seen["error_message"] = event.message
            self.seen["completed_at"] = getattr(event, "created_at", None) or None

    def take_output(self, event: Any) -> None:
        if not self.outputs:
            self.seen["first_output_at"] = event.created_at or None
        for value, values in (
            (getattr(event, "model", None), self.models),
            (getattr(event, "agent_id", None), self.agent_ids),
        ):
            if value and value not in values:
                values.append(value)
        tag = OUTPUTS[type_of(event)]
        if not (self.is_of_known_call(event) if tag == "function.call" else self.is_of_known_output(event, tag)):
            if tag == "tool.execution":
                self.tools[event.name] = self.tools.get(event.name, 0) + 1
            if tag == "function.call":
                self.function_calls.append(event.name)

    def is_of_known_output(self, event: Any, tag: str) -> bool:
        known = any(output == (tag, event.output_index, event.id) for output in self.outputs)
        if not known:
            self.outputs.append((tag, event.output_index, event.id))
        return known

    def is_of_known_call(self, event: cm.FunctionCallEvent) -> bool:
        of_call = self.calls.get((event.output_index, event.tool_call_id))
        known = [call for call in self.outputs if isinstance(call, dict) and call["index"] == event.output_index]
        found = next((call for call in known if call["id"] == event.id), None) if event.id is not UNSET else of_call
        if found is None and of_call is not None and of_call["id"] is UNSET:
            found = of_call
            found["id"] = event.id
        call = found or {"index": event.output_index, "id": event.id}
        if found is None:
            self.outputs.append(call)
        self.calls.setdefault((event.output_index, event.tool_call_id), call)
        return found is not None

    def record(self) -> cm.UsageRecord:
        return cm.UsageRecord(
            kind="stream",
            status=self.status,
            models=tuple(self.models),
            agent_ids=tuple(self.agent_ids),
            outputs=len(self.outputs),
            tools=self.tools,
            function_calls=tuple(self.function_calls),
            **self.seen,
        )
