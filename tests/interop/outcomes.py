"""The outcome of reading a stream that goes wrong: the events, and the error after them."""

import threading
from typing import Any

import pytest

import conversation_models as cm

from .libraries import LIBRARIES, over
from .servers import PATIENCE, Script, serving


def seen(chunks: Any) -> tuple[list[cm.ConversationEvent], cm.ConversationModelsError | None]:
    """The events of ``chunks``, and the library's error after them."""
    events: list[cm.ConversationEvent] = []
    try:
        over(cm.snake.iter_events(chunks), events.append)
    except cm.ConversationModelsError as error:
        return events, error
    return events, None


def failing(
    library: str, script: Script, timeout: float = PATIENCE, read: threading.Event | None = None
) -> tuple[list[cm.ConversationEvent], Exception]:
    """The events that ``library`` reads from ``script``, and the error after them; ``read`` is set at each event."""
    events: list[cm.ConversationEvent] = []

    def on_event(event: cm.ConversationEvent) -> None:
        events.append(event)
        if read is not None:
            read.set()

    with serving(script) as url, pytest.raises(Exception) as caught:  # noqa: PT011 - its type is what is looked at
        LIBRARIES[library](url, on_event, timeout)
    return events, caught.value
