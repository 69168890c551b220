"""This library with the fields of a drifting upstream declared in subclasses, as a program does that knows them."""

from functools import partial

import conversation_models as cm

from ..peer import KNOWN, Peer, coding
from ._known_fields import KnownEvent, KnownResponse

PEER = Peer(
    name=KNOWN,
    packages=["conversation-models"],
    typed=True,
    variant=True,
    operations={
        **coding(
            "snake",
            partial(cm.snake.decode, type=KnownResponse),
            partial(cm.snake.decode, type=KnownEvent),
            cm.snake.encode,
        ),
        **coding(
            "camel",
            partial(cm.camel.decode, type=KnownResponse),
            partial(cm.camel.decode, type=KnownEvent),
            cm.camel.encode,
        ),
    },
)
