"""Requests and histories: decoded, encoded, and decoded without tags, as most requests are sent."""

from collections.abc import Iterator
from functools import partial
from operator import eq

import conversation_models as cm

from ..drift import untagged
from ..group import Group, timed
from ..measure import Case, given
from ..peer import LIBRARY
from ..plan import Plan
from ..requests import MESSAGES, REQUESTS, conversation

__all__ = ["HISTORY", "REQUESTS_AND_HISTORIES", "UNTAGGED_CHAT"]

UNTAGGED_CHAT = f"{MESSAGES}, untagged"
HISTORY = "history of 12 entries"
UNTAGGED_READERS = frozenset([LIBRARY, "json (standard library)", "orjson", "mistralai models"])


def request_cases(plan: Plan) -> Iterator[Case]:
    for name, make in REQUESTS.items():
        data = make()
        yield Case(name=name, operation="decode request", make=given(data), compared=name)
        if name == MESSAGES:
            yield Case(
                name=UNTAGGED_CHAT,
                operation="decode request",
                make=given(untagged(data)),
                accepts=partial(eq, cm.snake.decode(data, cm.ConversationRequest)),
                unchecked=UNTAGGED_READERS - {LIBRARY},
                peers=UNTAGGED_READERS,
                compared=name,
            )
    for name, make in REQUESTS.items():
        data = make()
        yield Case(name=f"encode {name}", operation="encode request", make=given(data))
    histories = {HISTORY: 12} if plan.quick else {HISTORY: 12, "history of 240 entries": 240}
    for name, entries in histories.items():
        data = conversation(entries)
        yield Case(name=name, operation="decode history", make=given(data))
        yield Case(name=f"encode {name}", operation="encode history", make=given(data))


REQUESTS_AND_HISTORIES = Group(
    "requests",
    "requests and histories, decoded and encoded; a request without tags",
    timed(request_cases),
)
