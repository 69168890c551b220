"""Editing the text of a live stream, although the ends of its deltas fall anywhere in it.

The plan: every event comes out, in order, and a delta comes out with the text that may be sent by then, which may be
none. Text that has to wait for more is kept for its message. A delta of our own brings it before anything that follows
it in the message, or before the end. In one message only the latest text can wait, so one place is enough for it.

That deltas come out even when they are left without text keeps outputs in their order of arrival, and keeps the fields
that only one of the deltas has. ``drafts`` decides which message a delta belongs to, ``progress`` where a response
starts and ends.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable
from typing import Any, TypeAlias, TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ..models.base import Model
from ..models.chunks import ContentChunk, TextChunk, ThinkChunk, ThinkContent
from ..models.events import MessageOutputEvent
from ..models.variants import public_of
from .drafts import MessageDraft, Name, draft_classes
from .invalid import StreamEvent
from .progress import Progress, Step

__all__ = ["arewrite_text", "rewrite_text"]

M = TypeVar("M", bound=Model)
Rewrite: TypeAlias = Callable[[str, bool], tuple[str, str]]


def rewrite_text(events: Iterable[StreamEvent], rewrite: Rewrite) -> Generator[StreamEvent, None, None]:
    """The same events with their text edited: the text of messages, and that of their reasoning.

    ``rewrite(pending, final)`` is called with the text that has not been sent yet, never empty. It returns the text to
    send now, and the text that has to wait for more; the latter is the beginning of the next ``pending``. If ``final``,
    no more will follow, and both are sent.

    Texts of different outputs, of different content parts (``content_index``), and answer and reasoning are apart. Text
    is ``final`` before anything that follows it in its output, such as a citation or another part, and before the end
    of the response, an error, the start of another response, or the end of ``events``. Events of other outputs, and
    ``Unknown`` and ``InvalidEvent`` that end nothing, overtake text that waits.

    Every event comes out, in order. Deltas come out with the text that may be sent by then, the same object if that is
    their own, and keep unknown fields. Waiting text that becomes final comes in a delta like the latest that it came
    in, without unknown fields. Other events, and events after the end of a response, are not touched.

    The ``signature`` of reasoning that was changed is dropped. A signature that arrives while its reasoning waits is
    sent at the end of the reasoning. One that arrives when nothing waits is sent at once, although the service might
    send more reasoning after it.

    If ``events`` raises, the waiting text is sent first, then the exception propagates. Exceptions of ``rewrite``
    propagate. Raises ``TypeError`` if ``rewrite`` does not return a tuple of two strings, or for something that is not
    an event. A generator ``events`` is closed with this one.

    Time for each event: O(size of its text and of the text that waits), so a ``rewrite`` that lets everything wait
    takes quadratic time. Memory: the text that waits, and O(outputs).

    >>> from conversation_models import MessageOutputEvent
    >>> def shout(pending, final):  # Whole words only, so the last one waits.
    ...     cut = len(pending) if final else pending.rfind(" ") + 1
    ...     return pending[:cut].upper(), pending[cut:]
    >>> events = [MessageOutputEvent(id="m1", content=text) for text in ("Hello wo", "rld")]
    >>> [event.text for event in rewrite_text(events, shout)]
    ['HELLO ', '', 'WORLD']
    """
    rewriter = _Rewriter(rewrite)
    source = iter(events)
    try:
        while True:
            try:
                event = next(source)
            except StopIteration:
                break
            except Exception:
                yield from rewriter.flush()
                raise
            yield from rewriter.feed(event)
        yield from rewriter.flush()
    finally:
        if isinstance(events, Generator):
            events.close()


async def arewrite_text(events: AsyncIterable[StreamEvent], rewrite: Rewrite) -> AsyncGenerator[StreamEvent, None]:
    """``rewrite_text`` over an asynchronous source. ``rewrite`` is an ordinary function."""
    rewriter = _Rewriter(rewrite)
    source = aiter(events)
    try:
        while True:
            try:
                event = await anext(source)
            except StopAsyncIteration:
                break
            except Exception:
                for flushed in rewriter.flush():
                    yield flushed
                raise
            for rewritten in rewriter.feed(event):
                yield rewritten
        for flushed in rewriter.flush():
            yield flushed
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()


class _Rewriter:
    """Rewrites the texts of a stream, event by event."""

    __slots__ = ("_delta_class", "_latest", "_messages", "_progress", "_rewrite")

    def __init__(self, rewrite: Rewrite) -> None:
        self._rewrite = rewrite
        self._progress = Progress()
        self._messages: dict[Name, _Message] = {}
        # The message and the class of the latest delta, as nearly every event has them. No class unless one is open.
        self._latest: _Message | None = None
        self._delta_class: type | None = None

    def feed(self, event: StreamEvent) -> list[StreamEvent]:
        """The events to send for the next event of the stream."""
        delta: Any = event
        if type(delta) is not self._delta_class:
            is_delta = draft_classes[public_of(type(delta))] is MessageDraft
            if not is_delta or self._delta_class is None:
                step = self._progress.take(event)
                before = self.flush() if step is Step.OPENS or self._progress.ended else []
                if not is_delta or step is Step.OUTSIDE:
                    return [*before, event]
            self._delta_class = type(delta)
        message = self._latest
        if message is None or delta.id != message.id or delta.output_index != message.index:
            message = self._latest = self._message_of(delta)
        return message.feed(delta)

    def flush(self) -> list[StreamEvent]:
        """The events to send before the end of the response: all texts that wait, in order of arrival of outputs."""
        flushed = [event for message in self._messages.values() for event in message.flush()]
        self._messages.clear()
        self._latest = self._delta_class = None
        return flushed

    def _message_of(self, delta: MessageOutputEvent) -> "_Message":
        (name,) = MessageDraft.names(delta)
        message = self._messages.get(name)
        if message is None:
            message = self._messages[name] = _Message(self._rewrite, delta)
        return message


class _Message:
    """The text of one message that waits: that of one content part, either answer or reasoning."""

    __slots__ = ("_changed", "_content_index", "_kind", "_latest", "_rewrite", "_signature", "_waiting", "id", "index")

    _kind: type | None
    """``TextChunk`` for the answer, ``ThinkChunk`` for reasoning, ``None`` for other content."""
    _waiting: str
    _latest: MessageOutputEvent | None
    """The latest delta of the part, while something of the part waits."""
    _changed: bool
    """Whether the text of the part was changed."""
    _signature: str | UnsetType
    """The signature that waits, as the reasoning that it belongs to does."""

    def __init__(self, rewrite: Rewrite, delta: MessageOutputEvent) -> None:
        self.id = delta.id
        self.index = delta.output_index
        self._rewrite = rewrite
        self._waiting = ""
        self._start(delta.content_index, None)

    def feed(self, delta: MessageOutputEvent) -> list[StreamEvent]:
        """The deltas to send for the next delta of the message."""
        content = delta.content
        # An empty string adds nothing. Some come in the middle of reasoning, and must not force it out.
        if content == "":
            return [delta]
        kind = TextChunk if isinstance(content, str) else _kind_of(content)
        sent: list[StreamEvent] = []
        if kind is not self._kind or delta.content_index != self._content_index:
            sent = self.flush()
            self._start(delta.content_index, kind)
        edited = self._edited(content)
        self._latest = delta if self._waiting or self._signature is not UNSET else None
        sent.append(delta if edited == content else replace(delta, content=edited))
        return sent

    def flush(self) -> list[StreamEvent]:
        """The delta that brings what waits, if anything does."""
        latest = self._latest
        if latest is None:
            return []
        text = self._rewritten("", final=True)
        signature = UNSET if self._changed else self._signature
        content: Any = text
        if isinstance(latest.content, ThinkChunk):
            thinking = [TextChunk(text=text)] if text else []
            content = replace(_without_unknown(latest.content), thinking=thinking, signature=signature)
        elif isinstance(latest.content, TextChunk):
            content = TextChunk(text=text)
        sends = text or signature is not UNSET
        return [replace(_without_unknown(latest), content=content)] if sends else []

    def _start(self, content_index: int, kind: type | None) -> None:
        self._content_index = content_index
        self._kind = kind
        self._latest = None
        self._changed = False
        self._signature = UNSET

    def _edited(self, content: str | ContentChunk) -> str | ContentChunk:
        """The content to send instead of ``content``."""
        if isinstance(content, str):
            return self._rewritten(content)
        if isinstance(content, TextChunk):
            return self._edited_text(content)
        return self._edited_reasoning(content) if isinstance(content, ThinkChunk) else content

    def _edited_text(self, chunk: TextChunk) -> TextChunk:
        return replace(chunk, text=self._rewritten(chunk.text))

    def _edited_reasoning(self, chunk: ThinkChunk) -> ThinkChunk:
        parts: list[ThinkContent] = []
        for part in chunk.thinking:
            if isinstance(part, TextChunk):
                parts.append(self._edited_text(part))
                continue
            if text := self._rewritten("", final=True):
                parts.append(TextChunk(text=text))
            parts.append(part)
        signature = chunk.signature
        if signature is not UNSET:
            self._signature = UNSET
            if signature is not None and (self._waiting or self._changed):
                self._signature, signature = signature, UNSET
        return replace(chunk, thinking=parts, signature=signature)

    def _rewritten(self, text: str, final: bool = False) -> str:
        """The text to send, now that ``text`` follows the text that waits."""
        pending = self._waiting + text
        if not pending or not (text or final):
            return ""
        send, wait = _checked(self._rewrite(pending, final))
        both = send + wait
        self._changed = self._changed or both != pending
        self._waiting = "" if final else wait
        return both if final else send


def _checked(pair: Any) -> tuple[str, str]:
    if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
        return pair
    found = type(pair).__qualname__
    if isinstance(pair, tuple):
        found += f" of {', '.join([type(part).__qualname__ for part in pair]) or 'nothing'}"
    raise TypeError(f"rewrite has to return two strings, the text to send and the text that waits, not a {found}")


def _kind_of(chunk: ContentChunk) -> type | None:
    return next((kind for kind in (TextChunk, ThinkChunk) if isinstance(chunk, kind)), None)


def _without_unknown(value: M) -> M:
    return value.with_unknown_fields(dict.fromkeys(value.unknown_fields, UNSET))
