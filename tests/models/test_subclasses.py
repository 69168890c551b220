"""Programs add the fields they know of in subclasses of the models: both codecs read and write these like any model."""

from typing import Any

import msgspec
import pytest

import conversation_models as cm

from ..support.each import each


class Labelled(cm.ConversationResponse, frozen=True, kw_only=True):
    """Defaults of every kind, a key of its own, and a check."""

    labels: list[str] = msgspec.field(default_factory=lambda: ["new"])
    notes: dict[str, int] = {}  # noqa: RUF012 (msgspec copies it)
    trace_id: str = "none"
    team_name: str = msgspec.field(default="ops", name="x-team")

    def __post_init__(self) -> None:
        if self.trace_id == "bad":
            raise ValueError("a bad trace")


class Strict(cm.MessageOutputEntry, frozen=True, kw_only=True, tag="message.output", forbid_unknown_fields=True):
    pass


KEYS = {"camel": ("conversationId", "traceId"), "snake": ("conversation_id", "trace_id")}


def body(naming: str, outputs: str = "", rest: str = "") -> str:
    return f'{{"{KEYS[naming][0]}":"c","outputs":[{outputs}],"usage":{{}}{rest}}}'


# The second makes the fast path refuse.
OUTPUTS = ["", '{"type":"new"}']


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("naming", ["camel", "snake"])
def test_fields_of_a_subclass_have_their_defaults(naming: Any, outputs: str) -> None:
    value = getattr(cm, naming).decode(body(naming, outputs), Labelled)
    assert (value.labels, value.notes, value.trace_id, value.team_name) == (["new"], {}, "none", "ops")
    assert isinstance(value, Labelled)


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("naming", ["camel", "snake"])
def test_fields_of_a_subclass_are_respelled_but_for_those_with_a_key_of_their_own(naming: Any, outputs: str) -> None:
    codec = getattr(cm, naming)
    value = codec.decode(body(naming, outputs, f',"x-team":"billing","{KEYS[naming][1]}":"t1"'), Labelled)
    assert (value.team_name, value.trace_id) == ("billing", "t1")
    for other, (_, trace_id) in KEYS.items():
        written = msgspec.json.decode(getattr(cm, other).encode(value))
        assert (written["x-team"], written[trace_id]) == ("billing", "t1")
        assert "team_name" not in written


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("naming", ["camel", "snake"])
def test_a_check_that_fails_after_construction_is_a_decode_error(naming: Any, outputs: str) -> None:
    with pytest.raises(cm.ConversationDecodeError, match="a bad trace"):
        getattr(cm, naming).decode(body(naming, outputs, f',"{KEYS[naming][1]}":"bad"'), Labelled)


@each("content", ['"a"', '[{"type":"new"}]'])
@each("naming", ["camel", "snake"])
@each("tag", ["", '"type":"message.output",'])
def test_a_subclass_can_forbid_unknown_fields(naming: Any, content: str, tag: str) -> None:
    codec = getattr(cm, naming)
    value = codec.decode(f'{{{tag}"content":{content},"id":"m"}}', Strict)
    assert (isinstance(value, Strict), value.id) == (True, "m")
    with pytest.raises(cm.ConversationDecodeError, match="unknown field `new`"):
        codec.decode(f'{{{tag}"content":{content},"new":1}}', Strict)
