"""The shortest way from a response to a row, for nearly all of them.

The plan: one decoder reads all that a row needs, and the usage in one more step, since usages vary. The row is made
without a ``UsageRecord`` in between, which takes longer than the rest. A body that is not a
response, or has a malformed member, is refused. ``Codec.summarize`` reads it, and its record has the same values.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, Raw, UnsetType, ValidationError, defstruct
from msgspec.json import Decoder

from ..accounting import absent_counts
from ..building import Built
from ..codec import Codec
from ..errors import ConversationDecodeError
from ..jsontext import UNREADABLE
from ..models.responses import ConversationUsageInfo
from ..spelling.families import Naming
from ..summary import body_decoders, facts_of
from .columns import NO_USAGE, Values, usage_values

__all__ = ["plain_row"]

_INT64: Any = Annotated[int, Meta(ge=1 - 2**63, le=2**63 - 1)]


def _build_decoder(naming: Naming) -> Decoder[Any]:
    """The decoder of a usage as most are: with all counts, and no field that no model has."""
    fields: list[Any] = [
        ("prompt_tokens", _INT64),
        ("completion_tokens", _INT64),
        ("connector_tokens", _INT64 | None | UnsetType, UNSET),
        ("total_tokens", _INT64),
        ("connectors", dict[str, _INT64] | None | UnsetType, UNSET),
    ]
    rename: Any = "camel" if naming == "camel" else None
    return Decoder(defstruct("Usage", fields, rename=rename, forbid_unknown_fields=True, kw_only=True, gc=False))


_usual: Built[Naming, Decoder[Any]] = Built(_build_decoder)


def plain_row(text: bytes | memoryview, codec: Codec, offset: int, own: Sequence[str | None]) -> Values | None:
    """The row of a response; ``None`` if it is not a plain one. O(size)."""
    try:
        body = body_decoders[codec.naming].decode(text)
        usage = NO_USAGE if body.usage is UNSET else _usage(body.usage, text, codec)
    except (ConversationDecodeError, *UNREADABLE):
        return None
    if usage is None:
        return None
    models, agent_ids, tools, function_calls, unknown, first, last = facts_of(body.outputs)
    return (
        offset,
        "response",
        "completed",
        None,
        body.conversation_id,
        # Small values: some hundred rows are to stay in the processor's cache.
        (*models,),
        (*agent_ids,),
        first or None,
        None,
        last or None,
        *usage,
        tools or (),
        function_calls or (),
        len(body.outputs),
        len(text),
        unknown,
        *own,
    )


def _usage(raw: Raw, text: bytes | memoryview, codec: Codec) -> Values | None:
    try:
        usual = _usual[codec.naming].decode(raw)
    except ValidationError:
        usage = codec.decode(raw, ConversationUsageInfo)
        return usage_values(usage, absent_counts(usage, text))
    connector, connectors = usual.connector_tokens, usual.connectors
    return (
        usual.prompt_tokens,
        usual.completion_tokens,
        None if connector is UNSET else connector,
        usual.total_tokens,
        None if connectors is UNSET else connectors,
        None,
    )
