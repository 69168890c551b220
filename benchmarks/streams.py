"""The measured event streams, as the service writes them, and the ways a network cuts them into chunks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from .payloads import encode
from .text import Author

Json = dict[str, Any]


def frames(name: str, quick: bool = False) -> list[bytes]:
    """The frames of the stream of that name; at most 60 if ``quick``."""
    written = STREAMS[name]()
    return [*written[:59], written[-1]] if quick else written


def cut(frames: list[bytes], size: int | None) -> list[bytes]:
    """The bytes of ``frames`` in chunks of ``size`` bytes, or one event a chunk."""
    if size is None:
        return frames
    data = b"".join(frames)
    return [data[start : start + size] for start in range(0, len(data), size)]


def payloads_of(chunks: list[bytes]) -> list[bytes]:
    """The JSON text of each event, so that the floor only has to decode."""
    lines = b"".join(chunks).replace(b"\r\n", b"\n").split(b"\n")
    return [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: ")]


def frame(event: Json) -> bytes:
    """``event`` as the service writes it, with the blank line that ends it."""
    return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), encode(event))


class _Speaker:
    """Makes the events of one response, in order, a few milliseconds apart."""

    def __init__(self, seed: int) -> None:
        self.author = Author(seed)
        self._second = 0
        self._conversation, self._agent = f"conv_{self.author.hex()}", f"ag_{self.author.hex()}"

    def event(self, tag: str, **fields: Any) -> bytes:
        self._second += 1
        return frame({"type": tag, "created_at": self.author.timestamp(self._second // 50), **fields})

    def started(self) -> bytes:
        return self.event("conversation.response.started", conversation_id=self._conversation)

    def done(self, completion: int) -> bytes:
        usage: Json = {"prompt_tokens": 812, "completion_tokens": completion, "total_tokens": 812 + completion}
        usage |= {"connector_tokens": None, "connectors": None}
        return self.event("conversation.response.done", usage=usage)

    def delta(self, id: str, content: str | Json, output_index: int = 0, content_index: int = 0) -> bytes:
        place: Json = {"output_index": output_index, "id": id, "content_index": content_index}
        sender = {"model": "mistral-medium-latest", "agent_id": self._agent, "role": "assistant"}
        return self.event("message.output.delta", **place, **sender, content=content)

    def message(self, deltas: int, length: int, output_index: int = 0) -> Iterator[bytes]:
        id = f"msg_{self.author.hex()}"
        for _ in range(deltas):
            yield self.delta(id, self.author.prose(length), output_index)

    def tool(self, name: str, pieces: int, output_index: int) -> Iterator[bytes]:
        tool: Json = {"output_index": output_index, "id": f"tool_exec_{self.author.hex()}", "name": name}
        yield self.event("tool.execution.started", **tool, arguments="")
        for _ in range(pieces):
            yield self.event("tool.execution.delta", **tool, arguments=self.author.words(1) + " ")
        info = {"code": self.author.words(30), "code_output": self.author.table(20)}
        yield self.event("tool.execution.done", **tool, info=info)

    def function_call(self, pieces: int, output_index: int) -> Iterator[bytes]:
        call: Json = {"output_index": output_index, "id": f"fc_{self.author.hex()}", "tool_call_id": self.author.hex(9)}
        for _ in range(pieces):
            arguments = json.dumps(self.author.words(1))
            yield self.event("function.call.delta", **call, name="get_interest_rate", arguments=arguments)

    def handoff(self, output_index: int) -> Iterator[bytes]:
        place: Json = {"output_index": output_index, "id": f"handoff_{self.author.hex()}"}
        before = {"previous_agent_id": self._agent, "previous_agent_name": "triage-agent"}
        after = {"next_agent_id": f"ag_{self.author.hex()}", "next_agent_name": "finance-agent"}
        yield self.event("agent.handoff.started", **place, **before)
        yield self.event("agent.handoff.done", **place, **after)

    def thoughts(self, deltas: int, output_index: int) -> Iterator[bytes]:
        id = f"msg_{self.author.hex()}"
        for _ in range(deltas):
            thinking = [{"type": "text", "text": self.author.words(2) + " "}]
            yield self.delta(id, {"type": "thinking", "thinking": thinking}, output_index)
        for _ in range(deltas):
            yield self.delta(id, self.author.words(1) + " ", output_index, content_index=1)


def deltas(count: int, length: int = 5, seed: int = 21) -> list[bytes]:
    """A stream of ``count`` message deltas with ``length`` characters of text each."""
    speaker = _Speaker(seed)
    return [speaker.started(), *speaker.message(count, length), speaker.done(count)]


def _tools_and_thinking() -> list[bytes]:
    speaker = _Speaker(23)
    stream = [speaker.started(), *speaker.handoff(0), *speaker.tool("web_search", 12, 1)]
    stream += speaker.thoughts(150, 2)
    for turn in range(3, 12, 3):
        stream += speaker.tool("code_interpreter", 25, turn)
        stream += speaker.function_call(15, turn + 1)
        stream += speaker.message(60, 5, turn + 2)
    return [*stream, speaker.done(600)]


def _unknown_events() -> list[bytes]:
    stream = deltas(500)
    for index in range(50, 500, 100):
        stream[index] = frame({"type": "video.output.delta", "id": f"video_{index}", "frames": [1, 2, 3]})
    return stream


STREAMS: dict[str, Callable[[], list[bytes]]] = {
    "short deltas": lambda: deltas(2000),
    "long deltas": lambda: deltas(300, 2000, 22),
    "tools and thinking": _tools_and_thinking,
    "unknown events": _unknown_events,
}
"""What makes the frames of each stream, by its name."""
