"""Reading and changing a response without decoding all of it: peek, summarize and patch."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from operator import eq

from ..group import Group, timed
from ..measure import Case, given
from ..payloads import document
from ..plan import Plan

__all__ = ["PATCH", "PEEK"]

PAYLOADS = ("short answer", "web search", "cited report", "history", "image")


def peek_cases(_: Plan) -> Iterator[Case]:
    for name in PAYLOADS:
        data = document(name)
        response = json.loads(data)
        expected = (response["conversation_id"], response["usage"]["total_tokens"])
        yield Case(
            name=name,
            operation="peek",
            make=given(data),
            accepts=partial(eq, expected),
            compared=name,
        )
        # A record is compared with the head that it is made from, in the same run.
        yield Case(
            name=f"{name}, summarized",
            operation="summarize",
            make=given(data),
            accepts=partial(eq, (*expected, len(response["outputs"]))),
            compared=name,
        )


def patch_cases(_: Plan) -> Iterator[Case]:
    for name in PAYLOADS:
        data = document(name)
        yield Case(name=name, operation="patch", make=given(data), accepts=_is_patched(data))


def _is_patched(data: bytes) -> Callable[[bytes], bool]:
    """Whether an answer is ``data`` with its new total. A peer may drop fields that it does not know."""
    outputs = len(json.loads(data)["outputs"])

    def accepts(answer: bytes) -> bool:
        patched = json.loads(answer)
        return patched["usage"]["total_tokens"] == 7 and len(patched["outputs"]) == outputs

    return accepts


PEEK = Group("peek", "conversation id and usage of a response, or a record of it", timed(peek_cases))
PATCH = Group("patch", "usage.total_tokens replaced in the bytes of a response", timed(patch_cases))
