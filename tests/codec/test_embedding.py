"""Types of the caller's that hold models: structs, dataclasses, attrs classes, named tuples, typed dicts, generics."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, NamedTuple, NewType, Optional, TypedDict, TypeVar

import attrs
import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

import conversation_models as cm

from ..support.each import each

T = TypeVar("T")
B = TypeVar("B", bound=cm.ConversationUsageInfo)


class Envelope(msgspec.Struct):
    body: cm.ConversationResponse
    team: str = "none"
    tries: int = 0


class Renamed(msgspec.Struct, rename="kebab", tag="renamed", frozen=True, omit_defaults=True):
    response_body: cm.ConversationResponse
    request_id: str = "none"

    def __post_init__(self) -> None:
        if self.request_id == "bad":
            raise ValueError("a bad request")


class Other(msgspec.Struct, tag="other"):
    entries: list[cm.OutputEntry]


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    body: cm.ConversationResponse


class Listed(msgspec.Struct, array_like=True):
    number: int
    body: cm.ConversationResponse


class Row(msgspec.Struct, array_like=True, tag="row"):
    number: int
    body: cm.ConversationResponse


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    next_page: str | None = None


class Nested(msgspec.Struct):
    envelopes: list[Envelope] | None = None
    by_name: dict[str, Envelope] = {}


@dataclasses.dataclass(frozen=True)
class Record:
    bodies: dict[str, cm.ConversationResponse]
    note: str | None = None


@dataclasses.dataclass
class Holder(Generic[T]):
    held: T


@dataclasses.dataclass
class ResponseHolder(Holder[cm.ConversationResponse]):
    kind: str = "response"


@attrs.define
class Attrs:
    usage: cm.ConversationUsageInfo
    calls: int = 1


class Pair(NamedTuple):
    usage: cm.ConversationUsageInfo
    calls: int = 1


class Needed(TypedDict):
    entry: cm.OutputEntry
    seen: bool


@attrs.define
class Private:
    _usage: cm.ConversationUsageInfo


class Failed(msgspec.Struct, tag=True):
    message: str


class Succeeded(msgspec.Struct, tag=True):
    body: cm.ConversationResponse


class Result(msgspec.Struct):
    result: Succeeded | Failed


class Custom(msgspec.Struct, tag="custom"):
    n: int


class Bounded(msgspec.Struct, Generic[B]):
    usage: B


class Keyed(TypedDict, total=False):
    entry: cm.OutputEntry
    seen: bool


class Wrapping(cm.ConversationResponse, frozen=True, kw_only=True):
    envelope: Envelope | UnsetType = UNSET


# mypy 2.4 crashes on a NewType of a class with dataclass_transform, so it must not recognise this one.
new_type: Any = NewType
Body = new_type("Body", cm.ConversationResponse)

BODIES: Any = list[Body]  # type: ignore[valid-type]

CODECS = {"camel": cm.camel, "snake": cm.snake}
every_codec = each("naming", CODECS)

USAGE = cm.ConversationUsageInfo(total_tokens=7, connectors={"web_search": 1}).with_unknown_fields({"cached_tokens": 2})
CALL = cm.FunctionCallEntry(tool_call_id="t1", name="f", arguments="{}")
UNKNOWN = cm.Unknown("video.output", b'{"type": "video.output", "n": 1.50}')
RESPONSE = cm.ConversationResponse(conversation_id="c1", outputs=[CALL, UNKNOWN], usage=USAGE)


def spelled(naming: str, text: str) -> str:
    """A text with the keys of the values above in snake_case, in ``naming``."""
    if naming == "camel":
        for key in ("conversation_id", "tool_call_id", "prompt_tokens", "completion_tokens", "total_tokens"):
            head, *rest = key.split("_")
            text = text.replace(f'"{key}"', f'"{head}{"".join(map(str.title, rest))}"')
    return text


USAGE_TEXT = (
    '{"prompt_tokens":0,"completion_tokens":0,"total_tokens":7,"connectors":{"web_search":1},"cached_tokens":2}'
)
CALL_TEXT = '{"type":"function.call","object":"entry","tool_call_id":"t1","name":"f","arguments":"{}"}'
BODY_TEXT = (
    f'{{"object":"conversation.response","conversation_id":"c1","outputs":[{CALL_TEXT},'
    f'{{"type": "video.output", "n": 1.50}}],"usage":{USAGE_TEXT}}}'
)

# A type, its text, and the value of that text.
EMBEDDED: list[tuple[Any, str, Any]] = [
    (Envelope, f'{{"body":{BODY_TEXT},"team":"a","tries":2}}', Envelope(RESPONSE, "a", 2)),
    (Envelope, f'{{"body":{BODY_TEXT},"team":"none","tries":0}}', Envelope(RESPONSE)),
    (
        Renamed,
        f'{{"type":"renamed","response-body":{BODY_TEXT},"request-id":"r"}}',
        Renamed(response_body=RESPONSE, request_id="r"),
    ),
    (Renamed | Other, f'{{"type":"renamed","response-body":{BODY_TEXT}}}', Renamed(response_body=RESPONSE)),
    (Renamed | Other, f'{{"type":"other","entries":[{CALL_TEXT}]}}', Other([CALL])),
    (Listed, f"[3,{BODY_TEXT}]", Listed(3, RESPONSE)),
    (Page[cm.ConversationResponse], f'{{"items":[{BODY_TEXT}],"next_page":null}}', Page([RESPONSE])),
    (Page[cm.OutputEntry], f'{{"items":[{CALL_TEXT}],"next_page":"2"}}', Page([CALL], "2")),
    (
        Nested,
        f'{{"envelopes":[{{"body":{BODY_TEXT},"team":"none","tries":0}}],"by_name":{{}}}}',
        Nested([Envelope(RESPONSE)]),
    ),
    (
        Nested,
        f'{{"envelopes":null,"by_name":{{"a":{{"body":{BODY_TEXT},"team":"none","tries":0}}}}}}',
        Nested(None, {"a": Envelope(RESPONSE)}),
    ),
    (Record, f'{{"bodies":{{"x":{BODY_TEXT}}},"note":null}}', Record({"x": RESPONSE})),
    (Holder[cm.ConversationUsageInfo], f'{{"held":{USAGE_TEXT}}}', Holder(USAGE)),
    (ResponseHolder, f'{{"held":{BODY_TEXT},"kind":"response"}}', ResponseHolder(RESPONSE)),
    (Attrs, f'{{"usage":{USAGE_TEXT},"calls":3}}', Attrs(USAGE, 3)),
    (Pair, f"[{USAGE_TEXT},2]", Pair(USAGE, 2)),
    (Keyed, f'{{"entry":{CALL_TEXT}}}', {"entry": CALL}),
    (list[cm.ConversationResponse], f"[{BODY_TEXT}]", [RESPONSE]),
    (Sequence[cm.OutputEntry], f"[{CALL_TEXT}]", [CALL]),
    (tuple[cm.ConversationResponse, int], f"[{BODY_TEXT},1]", (RESPONSE, 1)),
    (tuple[cm.ConversationResponse, ...], f"[{BODY_TEXT}]", (RESPONSE,)),
    (list[tuple[cm.FunctionCallEntry]], f'[[{CALL_TEXT[:-1]},"new":1}}]]', [(CALL.with_unknown_fields({"new": 1}),)]),
    (
        dict[str, cm.FunctionCallEntry],
        f'{{"a":{CALL_TEXT[:-1]},"new":1}}}}',
        {"a": CALL.with_unknown_fields({"new": 1})},
    ),
    (dict[str, cm.ConversationResponse], f'{{"a":{BODY_TEXT}}}', {"a": RESPONSE}),
    (dict[int, list[cm.OutputEntry]], f'{{"1":[{CALL_TEXT}]}}', {1: [CALL]}),
    (Mapping[str, Envelope], f'{{"a":{{"body":{BODY_TEXT},"team":"none","tries":0}}}}', {"a": Envelope(RESPONSE)}),
    (Optional[cm.ConversationResponse], BODY_TEXT, RESPONSE),  # noqa: UP045
    (Envelope | None, "null", None),
    (cm.ConversationResponse | int, "3", 3),
    (Body, BODY_TEXT, RESPONSE),
    (BODIES, f"[{BODY_TEXT}]", [RESPONSE]),
    (Bounded, f'{{"usage":{USAGE_TEXT}}}', Bounded(USAGE)),
    (Needed, f'{{"entry":{CALL_TEXT},"seen":true}}', {"entry": CALL, "seen": True}),
    (Result, f'{{"result":{{"type":"Succeeded","body":{BODY_TEXT}}}}}', Result(Succeeded(RESPONSE))),
    (Result, '{"result":{"type":"Failed","message":"m"}}', Result(Failed("m"))),
    (
        list[cm.FunctionCallEntry | Custom],
        f'[{{"type":"custom","n":1}},{CALL_TEXT[:-1]},"new":1}},{{"type":"custom","n":2}}]',
        [Custom(1), CALL.with_unknown_fields({"new": 1}), Custom(2)],
    ),
    (
        list[Annotated[cm.OutputEntry, Meta(title="t")]],
        f'[{CALL_TEXT[:-1]},"new":1}}]',
        [CALL.with_unknown_fields({"new": 1})],
    ),
    (dict[str, Annotated[cm.ConversationResponse, Meta(title="t")] | None], f'{{"a":{BODY_TEXT}}}', {"a": RESPONSE}),
    (Annotated[list[cm.OutputEntry], Meta(min_length=1)], f"[{CALL_TEXT}]", [CALL]),
    (Wrapping, BODY_TEXT, Wrapping(conversation_id="c1", outputs=[CALL, UNKNOWN], usage=USAGE)),
    (
        Wrapping,
        f'{BODY_TEXT[:-1]},"envelope":{{"body":{BODY_TEXT},"team":"none","tries":0}}}}',
        Wrapping(conversation_id="c1", outputs=[CALL, UNKNOWN], usage=USAGE, envelope=Envelope(RESPONSE)),
    ),
]


@every_codec
@each(("tp", "text", "value"), EMBEDDED)
def test_any_type_that_holds_models_is_read_and_written_in_either_naming(
    tp: Any, text: str, value: Any, naming: str
) -> None:
    codec = cm.Codec(naming)  # type: ignore[arg-type]
    read: Any = None
    # Twice, since a codec reads a field in another way once it has met it.
    for _ in range(2):
        read = codec.decode(spelled(naming, text), tp)
        assert read == value
        assert codec.decode_lines(spelled(naming, text), tp) == [value]
        assert json.loads(codec.encode(read)) == json.loads(spelled(naming, text))
        assert json.loads(codec.encode(value)) == json.loads(spelled(naming, text))
    # What one codec has read, the other writes.
    for other, writer in CODECS.items():
        assert json.loads(writer.encode(read)) == json.loads(spelled(other, text))


@every_codec
def test_a_private_attribute_of_an_attrs_class_is_read(naming: str) -> None:
    # msgspec does not write it.
    assert CODECS[naming].decode(spelled(naming, f'{{"_usage":{USAGE_TEXT}}}'), Private) == Private(USAGE)


@every_codec
def test_the_class_of_the_caller_is_returned_itself(naming: str) -> None:
    for tp, text, value in EMBEDDED:
        if type(value).__module__ == __name__ and tp is not Wrapping:
            assert type(CODECS[naming].decode(spelled(naming, text), tp)) is type(value)


@every_codec
def test_unknown_keys_of_the_callers_own_types_follow_msgspec(naming: str) -> None:
    codec = CODECS[naming]
    text = spelled(naming, f'{{"body":{BODY_TEXT},"new":1}}')
    assert codec.decode(text, Envelope) == Envelope(RESPONSE)
    with pytest.raises(cm.ConversationDecodeError, match="unknown field `new`"):
        codec.decode(text, Strict)


# A type, a text with a mistake, and what the error says.
WRONG: list[tuple[Any, str, str, str]] = [
    (Envelope, '{"body":{"conversation_id":7,"outputs":[]}}', "Expected `str`, got `int`", "$.body.conversation_id"),
    (Envelope, '{"team":"a"}', "body", "$"),
    (Renamed, '{"type":"x","response-body":{}}', "Invalid value 'x'", "$.type"),
    (Renamed, f'{{"response-body":{BODY_TEXT},"request-id":"bad"}}', "a bad request", "$"),
    (Page[cm.OutputEntry], '{"items":[{"type":"function.call","name":7}]}', "Expected `str`", "$.items[0].name"),
    (Nested, '{"by_name":{"a b":{"body":7}}}', "Expected `object`, got `int`", '$.by_name["a b"].body'),
    (dict[str, Envelope], '{"x":{"body":{"conversation_id":"c","outputs":7}}}', "Expected `array`", "$.x.body.outputs"),
    (Record, '{"bodies":[]}', "Expected `object`, got `array`", "$.bodies"),
    (Pair, "[7]", "Expected `object`, got `int`", "$[0]"),
    (Listed, "[3,[]]", "Expected `object`, got `array`", "$[1]"),
    (Row, '["row",3,[]]', "Expected `object`, got `array`", "$[2]"),
    (Keyed, '{"entry":{"type":"function.call"}}', "missing required field", "$.entry"),
    (tuple[cm.ConversationResponse, int], "[]", "Expected `array` of length 2", "$"),
    (Needed, '{"seen":true}', "missing required field `entry`", "$"),
    (Pair, "[{},1,2]", "Expected `array` of at most length 2", "$"),
    (Result, '{"result":{"type":"Other"}}', "Invalid value 'Other'", "$.result.type"),
    (BODIES, '[{"conversation_id":7,"outputs":[]}]', "Expected `str`, got `int`", "$[0].conversation_id"),
]


@every_codec
@each(("tp", "text", "message", "path"), WRONG)
def test_an_error_in_a_type_of_the_callers_names_its_path(
    tp: Any, text: str, message: str, path: str, naming: str
) -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        CODECS[naming].decode(spelled(naming, text), tp)
    assert message in str(caught.value)
    at = caught.value.path
    assert at == (path.replace("conversation_id", "conversationId") if naming == "camel" else path)


@every_codec
def test_text_that_is_not_json_is_an_error_in_a_type_of_the_callers_too(naming: str) -> None:
    for text in (b"", b"{", b'{"body":\xff}', b"[" * 100_000):
        with pytest.raises(cm.ConversationDecodeError):
            CODECS[naming].decode(text, Envelope)


def test_what_is_written_leaves_the_callers_value_as_it_was() -> None:
    envelope = Envelope(cm.camel.decode(spelled("camel", BODY_TEXT)))
    before = envelope.body
    assert b'"conversation_id"' in cm.snake.encode(envelope)
    assert envelope.body is before
    assert b'"conversationId"' in cm.camel.encode(envelope)


class Checked(msgspec.Struct, frozen=True):
    body: cm.ConversationResponse

    def __post_init__(self) -> None:
        CHECKED.append(self)


CHECKED: list[Checked] = []


def test_a_value_of_the_callers_is_written_without_running_its_checks() -> None:
    value = Checked(RESPONSE)
    assert json.loads(cm.snake.encode(value)) == {"body": json.loads(BODY_TEXT)}
    assert [value] == CHECKED


class Card(msgspec.Struct, tag="card"):
    held: cm.Conversation


class Problem(msgspec.Struct, tag="problem"):
    error: cm.ServiceError | msgspec.UnsetType = msgspec.UNSET


class Shelf(NamedTuple):
    held: cm.Conversation


ERROR = cm.ServiceError(b'{"detail":"no"}')
UNKNOWN = cm.Unknown(None, b"{}")


@each(
    ("tp", "text", "value"),
    [
        (Card | None, "null", None),
        (Card | None, '{"type":"card","held":{}}', Card(UNKNOWN)),
        (list[Holder[cm.Conversation] | None], '[null,{"held":{}}]', [None, Holder(UNKNOWN)]),
        (Shelf | int, "5", 5),
        (Shelf | int, "[{}]", Shelf(UNKNOWN)),
        (Card | Problem, '{"type":"card","held":{}}', Card(UNKNOWN)),
        (Card | Problem, '{"type":"problem","error":{"detail":"no"}}', Problem(ERROR)),
        (Card | cm.OutputEntry, '{"content":"x"}', cm.MessageOutputEntry(content="x")),
        (Problem, "{}", Problem()),
    ],
)
@every_codec
def test_types_that_only_the_second_path_reads_may_be_in_unions(tp: Any, text: str, value: Any, naming: str) -> None:
    assert CODECS[naming].decode(text, tp) == value


@every_codec
def test_a_wrong_value_beside_such_a_type_is_an_error_at_its_path(naming: str) -> None:
    with pytest.raises(cm.ConversationDecodeError, match=r"Expected `object \| null`, got `int`") as caught:
        CODECS[naming].decode('[{"type":"card","held":{}},5]', list[Card | None])
    assert caught.value.path == "$[1]"
