"""The shortest way from a response to a row, for nearly all of them.

The plan: one decoder reads all that a row needs, and refuses a response that is in any way unusual: without one of the
counts, with a field in its usage that no model has, with a number that does not fit into a table. These, and whatever
is not a response, are read by ``Codec.summarize``, whose record has the same values. So the row is made without a
record in between, which takes as long as the rest.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from msgspec import UNSET, Meta, UnsetType, defstruct
from msgspec.json import Decoder

from ..accounting import Account
from ..building import Built
from ..jsontext import UNREADABLE
from ..spelling.families import Naming
from ..summary import add_outputs, build_body_decoder
from .columns import microseconds

__all__ = ["PlainRow", "plain_row"]

PlainRow: TypeAlias = tuple[Any, ...]
"""The values of the columns, without the source."""

_INT64: Any = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


def _build_decoder(naming: Naming) -> Decoder[Any]:
    rename: Any = "camel" if naming == "camel" else None
    fields: list[Any] = [
        ("prompt_tokens", _INT64),
        ("completion_tokens", _INT64),
        ("total_tokens", _INT64),
        ("connector_tokens", _INT64 | None | UnsetType, UNSET),
        ("connectors", dict[str, _INT64] | None | UnsetType, UNSET),
    ]
    usage = defstruct("Usage", fields, rename=rename, forbid_unknown_fields=True, gc=False)
    return build_body_decoder(naming, usage | UnsetType)


_decoders: Built[Naming, Decoder[Any]] = Built(_build_decoder)


def plain_row(text: bytes, naming: Naming, offset: int, own: Sequence[str | None]) -> PlainRow | None:
    """The row of a response; ``None`` if it is not a plain one. O(size)."""
    try:
        body = _decoders[naming].decode(text)
    except UNREADABLE:
        return None
    usage = body.usage
    if usage is UNSET:
        return None
    account = Account()
    add_outputs(account, body.outputs)
    started, completed = account.started_at, account.completed_at
    connector, connectors = usage.connector_tokens, usage.connectors
    return (
        offset,
        "response",
        "completed",
        None,
        body.conversation_id,
        [*account.models],
        [*account.agent_ids],
        None if started is None else microseconds(started),
        None,
        None if completed is None else microseconds(completed),
        usage.prompt_tokens,
        usage.completion_tokens,
        None if connector is UNSET else connector,
        usage.total_tokens,
        [*connectors.items()] if connectors or connectors == {} else None,
        None,
        [*account.tools.items()] if account.tools else (),
        account.function_calls,
        account.outputs,
        len(text),
        account.unknown,
        *own,
    )
