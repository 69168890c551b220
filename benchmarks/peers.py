"""The peers: the name, the reader and the writer of each. Each is used as its documentation advises."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import httpx2
import msgspec
import orjson
from mistralai.client import models as sdk
from mistralai.client.utils.unmarshal_json_response import unmarshal_json_response

import conversation_models as cm

from .models import pydantic, snake

LIBRARY = "conversation_models"
FLOOR = "msgspec, bare"
"""The least possible work: msgspec's own decoder and encoder on structs with the same fields."""
STRICT = "msgspec, strict"
"""The same with ``forbid_unknown_fields``."""
ORJSON, JSON, PYDANTIC = "orjson", "json", "pydantic"
SDK = "mistralai models"
"""The models of the official SDK, with pydantic's ``model_validate_json``."""
CLIENT = "mistralai client"
"""The code with which the official SDK itself reads an answer."""
UNTYPED = frozenset([ORJSON, JSON])


class Coder(NamedTuple):
    """How a peer reads and writes one type."""

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


def coders(tp: Any) -> dict[str, Coder]:
    """Reading and writing ``tp``, a model or union of this library, in the REST naming."""
    adapter, encoder = pydantic(tp), msgspec.json.Encoder().encode
    return {
        LIBRARY: Coder(partial(cm.snake.decode, type=tp), cm.snake.encode),
        FLOOR: Coder(msgspec.json.Decoder(snake(tp)).decode, encoder),
        STRICT: Coder(msgspec.json.Decoder(snake(tp, strict=True)).decode, encoder),
        ORJSON: Coder(orjson.loads, orjson.dumps),
        JSON: Coder(json.loads, dump_json),
        PYDANTIC: Coder(adapter.validate_json, partial(adapter.dump_json, exclude_unset=True)),
    }


def dump_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def sdk_coder(name: str) -> Coder:
    """Reading and writing the model of that name of the official SDK."""
    return Coder(getattr(sdk, name).model_validate_json, lambda value: value.model_dump_json().encode())


def unmarshal(data: bytes) -> Any:
    """A response, read as the client of the official SDK does. The HTTP response is made in memory."""
    return unmarshal_json_response(sdk.ConversationResponse, httpx2.Response(200, content=data))
