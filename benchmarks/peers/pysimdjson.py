"""pysimdjson: the whole document as dicts and lists, or single values without the rest of the document."""

from typing import Any

import simdjson

from ..peer import Peer

# Its documentation advises to keep one parser, and forbids references that outlive the next parse.
_parser = simdjson.Parser()


def _decode(data: bytes) -> Any:
    return _parser.parse(data, True)


def _peek(data: bytes) -> tuple[str, int]:
    document: Any = _parser.parse(data)
    return document["conversation_id"], document.at_pointer("/usage/total_tokens")


PEER = Peer(name="pysimdjson", packages=["pysimdjson"], typed=False, operations={"decode": _decode, "peek": _peek})
