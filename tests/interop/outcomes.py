"""What a caller gets out of a stream that goes wrong: the events, and the error after them."""

import threading
from typing import Any

import pytest

import conversation_models as cm

from .libraries import LIBRARIES, over
from .servers import PATIENCE, Script, serving


def seen(chunks: Any) -> tuple[list[cm.ConversationEvent], cm.ConversationModelsError | None]:
    """The events, and the error they ended with."""
    events: list[cm.ConversationEvent] = []
    try:
        over(cm.snake.iter_events(chunks), events.append)
    except cm.ConversationModelsError as error:
        return events, error
    return events, None


def failing(
    library: str, script: Script, timeout: float = PATIENCE, read: threading.Event | None = None
) -> tuple[list[cm.ConversationEvent], Exception]:
    """The events, and what was raised behind them; ``read`` is set when there are events."""
    events: list[cm.ConversationEvent] = []

    def on_event(event: cm.ConversationEvent) -> None:
        events.append(event)
        if read is not None:
            read.set()

    with serving(script) as url, pytest.raises(Exception) as caught:  # noqa: PT011 - its type is what is looked at
        LIBRARIES[library](url, on_event, timeout)
    return events, caught.value
