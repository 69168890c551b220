"""This library with codecs that have read 3,000 other names of each new field before the ones they are timed on."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import conversation_models as cm

from ..drift import renamed
from ..peer import CODING, EXHAUSTED, Operation, Peer, coding

KEYS = 3000

_operations: dict[Operation, Callable[[Any], Any]] = {}
_prepare: dict[Operation, Callable[[Any], Any]] = {}


def _fed(decode: Callable[[bytes], Any]) -> Callable[[bytes], bytes]:
    @cache
    def feed(data: bytes) -> bytes:
        for number in range(KEYS):
            decode(renamed(data, number))
        return data

    return feed


for _naming, _names in CODING.items():
    _codec = cm.Codec(_naming)
    _event = partial(_codec.decode, type=cm.ConversationEvent)
    _operations |= coding(_naming, _codec.decode, _event, _codec.encode)
    _feed_responses, _feed_events = _fed(_codec.decode), _fed(_event)
    _prepare |= dict(zip(_names, (_feed_responses, _feed_responses, _feed_events, _feed_events), strict=True))

PEER = Peer(
    name=EXHAUSTED,
    packages=["conversation-models"],
    typed=True,
    variant=True,
    operations=_operations,
    prepare=_prepare,
)
