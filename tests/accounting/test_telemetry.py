"""A span's attributes: the conventions name them, OpenTelemetry takes them, and the official SDK sets the same."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mistralai.client import Mistral, errors
from mistralai.extra.observability.telemetry import configure_telemetry
from msgspec import structs
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv.attributes import error_attributes

import conversation_models as cm
from conversation_models.telemetry import attributes

from ..interop.servers import Connection, serving
from ..support.amounts import examples
from ..support.each import each
from ..support.strategies import free_values, integers, texts

DETAILS = {"prompt_tokens_details": {"cached_tokens": 16}, "completion_tokens_details": {"reasoning_tokens": 3}}
FULL = cm.UsageRecord(
    kind="stream",
    status="failed",
    conversation_id="conv_1",
    usage=cm.ConversationUsageInfo(
        prompt_tokens=20, completion_tokens=4, total_tokens=31, connector_tokens=7, connectors={"web_search": 1}
    ).with_unknown_fields(DETAILS),
    models=("mistral-medium-2508",),
    agent_ids=("ag_1",),
    tools={"web_search": 1},
    function_calls=("rate",),
    error_code=3000,
    error_message="Gone",
    outputs=3,
    events=9,
    deltas=4,
    bytes=1234,
    unknown=1,
)
ALWAYS = {"gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "mistral_ai"}
CACHED, REASONING = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.reasoning.output_tokens"


def record(**fields: Any) -> cm.UsageRecord:
    ended: dict[str, Any] = {"kind": "response", "status": "completed"}
    return cm.UsageRecord(**ended | fields)


def usage(**counts: Any) -> cm.ConversationUsageInfo:
    return cm.ConversationUsageInfo(**counts)


def added(one: cm.UsageRecord, **arguments: Any) -> dict[str, Any]:
    """The attributes that not every call has."""
    found = attributes(one, **arguments)
    assert {name: found.pop(name) for name in ALWAYS} == ALWAYS
    return found


# What each field becomes -------------------------------------------------------------------------------------------


def test_everything_that_the_conventions_name_is_there() -> None:
    assert attributes(FULL, time_to_first_chunk=0.25) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.conversation.id": "conv_1",
        "gen_ai.agent.id": "ag_1",
        "gen_ai.response.model": "mistral-medium-2508",
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 16,
        "gen_ai.usage.reasoning.output_tokens": 3,
        "gen_ai.response.time_to_first_chunk": 0.25,
        "error.type": "3000",
    }


def test_what_is_not_known_is_not_an_attribute() -> None:
    assert attributes(record()) == ALWAYS


def test_the_time_to_the_first_chunk_is_only_the_callers() -> None:
    assert "gen_ai.response.time_to_first_chunk" not in attributes(FULL)
    assert added(record(), time_to_first_chunk=0.0) == {"gen_ai.response.time_to_first_chunk": 0.0}


def test_of_several_agents_or_models_none_is_named() -> None:
    assert added(record(models=("a", "b"), agent_ids=("ag_1", "ag_2"))) == {}
    assert added(record(models=("a",), agent_ids=("ag_1", "ag_2"))) == {"gen_ai.response.model": "a"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "completed"}, None),
        ({"status": "stopped"}, None),
        ({"status": "failed", "error_code": 3000, "error_message": "Gone"}, "3000"),
        ({"status": "failed", "error_code": 0}, "0"),
        ({"status": "failed", "error_message": "Invalid API Key"}, "_OTHER"),
        ({"status": "truncated"}, "truncated"),
        ({"status": "unreadable"}, "unreadable"),
    ],
    ids=str,
)
def test_the_type_of_an_error_is_its_number_or_one_of_three_names(fields: dict[str, Any], error: str | None) -> None:
    assert added(record(**fields)) == ({} if error is None else {"error.type": error})


@each(
    ("counts", "expected"),
    [
        ({"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24}, (20, 4)),
        ({"prompt_tokens": 20, "completion_tokens": 0, "total_tokens": 20}, (20, 0)),
        ({"prompt_tokens": 20, "completion_tokens": 0, "total_tokens": 27, "connector_tokens": 7}, (20, 0)),
        ({"prompt_tokens": 20, "completion_tokens": 0, "total_tokens": 20, "connector_tokens": None}, (20, 0)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, (0, 0)),
        # Of these the service sent one count only.
        ({"total_tokens": 24}, (None, None)),
        ({"prompt_tokens": 20}, (20, None)),
        ({"completion_tokens": 4}, (None, 4)),
        # Not a count of tokens, or too large for an attribute.
        ({"prompt_tokens": -1, "completion_tokens": 5, "total_tokens": 4}, (None, 5)),
        ({"prompt_tokens": 2**63, "completion_tokens": 2**63 - 1, "total_tokens": 2**64 - 1}, (None, 2**63 - 1)),
    ],
)
def test_a_count_of_0_is_there_only_if_the_total_agrees(
    counts: dict[str, int], expected: tuple[int | None, int | None]
) -> None:
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    sent = {name: count for name, count in zip(names, expected, strict=True) if count is not None}
    assert added(record(usage=usage(**counts))) == sent


@pytest.mark.parametrize("codec", [cm.snake, cm.camel], ids=str)
@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt_tokens_details":{"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":0}}',
        b'{"promptTokensDetails":{"cachedTokens":16},"completionTokensDetails":{"reasoningTokens":0}}',
    ],
)
def test_the_details_of_a_usage_are_read_in_either_naming(codec: cm.Codec, body: bytes) -> None:
    one = codec.decode(body, cm.ConversationUsageInfo)
    assert added(record(usage=structs.replace(one, total_tokens=24))) == {CACHED: 16, REASONING: 0}


@each("count", [-1, 1.0, "1", True, None, [1], {"cached_tokens": 1}, 2**63])
def test_a_detail_that_is_not_a_count_is_left_out(count: Any) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": count}, "completion_tokens_details": {"audio_tokens": 1}}
    assert added(record(usage=usage(total_tokens=24).with_unknown_fields(details))) == {}


@pytest.mark.parametrize("details", [16, "cached_tokens", ["cached_tokens"], {}, None], ids=str)
def test_details_of_another_shape_are_left_out(details: Any) -> None:
    fields = {"prompt_tokens_details": details, "completionTokensDetails": details}
    assert added(record(usage=usage(total_tokens=24).with_unknown_fields(fields))) == {}


def test_details_that_are_absent_in_one_naming_are_read_in_the_other() -> None:
    details = {"prompt_tokens_details": None, "promptTokensDetails": {"cachedTokens": 2}}
    assert added(record(usage=usage(total_tokens=24).with_unknown_fields(details))) == {CACHED: 2}


# The conventions and OpenTelemetry ---------------------------------------------------------------------------------

NAMED = {
    value
    for module in (gen_ai_attributes, error_attributes)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
}


def test_every_attribute_is_one_that_the_conventions_name() -> None:
    assert attributes(FULL, time_to_first_chunk=0.25).keys() <= NAMED


def test_fixed_values_are_those_of_the_conventions() -> None:
    found = attributes(record(status="failed"))
    assert found["gen_ai.operation.name"] == gen_ai_attributes.GenAiOperationNameValues.INVOKE_AGENT.value
    assert found["gen_ai.provider.name"] == gen_ai_attributes.GenAiProviderNameValues.MISTRAL_AI.value
    assert found["error.type"] == error_attributes.ErrorTypeValues.OTHER.value


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def provider(exporter: InMemorySpanExporter) -> Iterator[TracerProvider]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


@pytest.mark.parametrize("one", [FULL, record(), record(status="truncated", usage=usage())], ids=lambda one: one.status)
def test_a_span_keeps_every_attribute(
    one: cm.UsageRecord, exporter: InMemorySpanExporter, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    exporter.clear()
    found = attributes(one, time_to_first_chunk=0.25)
    with caplog.at_level(logging.DEBUG), provider.get_tracer("test").start_as_current_span("call") as span:
        span.set_attributes(found)
    (exported,) = exporter.get_finished_spans()
    assert exported.attributes == found
    assert exported.dropped_attributes == 0
    assert caplog.records == []


def a_usage() -> st.SearchStrategy[cm.ConversationUsageInfo]:
    """A usage with details of every shape, most of them objects."""
    spelled = ["prompt_tokens_details", "promptTokensDetails", "completion_tokens_details", "completionTokensDetails"]
    members = ["cached_tokens", "cachedTokens", "reasoning_tokens", "reasoningTokens"]
    detail = st.dictionaries(st.sampled_from(members), integers | free_values, max_size=3) | free_values
    return st.builds(
        lambda details, **counts: usage(**counts).with_unknown_fields(details),
        st.dictionaries(st.sampled_from(spelled), detail, max_size=3),
        prompt_tokens=integers,
        completion_tokens=integers,
        total_tokens=integers,
        connector_tokens=st.none() | integers,
    )


@examples(200)
@given(
    st.builds(
        cm.UsageRecord,
        kind=st.sampled_from(["response", "stream"]),
        status=st.sampled_from(["completed", "failed", "truncated", "stopped", "unreadable"]),
        conversation_id=st.none() | texts,
        usage=st.none() | a_usage(),
        models=st.lists(texts, max_size=2).map(tuple),
        agent_ids=st.lists(texts, max_size=2).map(tuple),
        error_code=st.none() | integers,
    )
)
def test_every_value_is_one_that_a_span_takes(one: cm.UsageRecord) -> None:
    found = attributes(one)
    assert found.keys() <= NAMED
    for name, value in found.items():
        if name.startswith("gen_ai.usage."):
            assert type(value) is int
            assert 0 <= value < 2**63
        else:
            assert type(value) is str
    assert ("error.type" in found) == (one.status in ("failed", "truncated", "unreadable"))


# The official SDK's own instrumentation ----------------------------------------------------------------------------

AT = "2026-08-01T10:00:52.208Z"
SAID = {"type": "message.output", "id": "msg_1", "content": "Hi", "agent_id": "ag_1", "model": "mistral-medium-2508"}
RAN = {"type": "tool.execution", "id": "te_1", "name": "web_search", "arguments": "{}"}
COUNTS = {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 24}
RESPONSE = {
    "conversation_id": "conv_1",
    "outputs": [entry | {"created_at": AT, "completed_at": AT} for entry in (RAN, SAID)],
    "usage": COUNTS | DETAILS,
}
ERROR = {"object": "Error", "message": "Gone", "type": "invalid_request_error", "code": 3000}
EVENTS = [
    {"type": "conversation.response.started", "conversation_id": "conv_1"},
    SAID | {"type": "message.output.delta"},
    {"type": "conversation.response.done", "usage": COUNTS},
]

Spans = dict[Any, dict[str, Any]]
"""The attributes of each span, by the name of its operation."""


def framed(events: list[dict[str, Any]]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


async def answer(connection: Connection) -> None:
    """Answers with the document that the message of the user is."""
    answered = json.loads(json.loads(await connection.body())["inputs"])
    if isinstance(answered, list):
        await connection.head()
        await connection.send(framed(answered))
        await connection.end()
    else:
        await connection.answer(404 if "code" in answered else 200, json.dumps(answered).encode())


@pytest.fixture(scope="module")
def call(exporter: InMemorySpanExporter, provider: TracerProvider) -> Iterator[Callable[[Any], Spans]]:
    """A call of the official SDK that is answered with a document, or a stream of events: the spans that it exports."""
    with serving(answer) as url, Mistral(api_key="none", server_url=url) as client:
        configure_telemetry(client, provider, redaction=False)

        def spans_of(answered: Any) -> Spans:
            exporter.clear()
            request: dict[str, Any] = {"inputs": json.dumps(answered), "model": "medium"}
            if isinstance(answered, list):
                with client.beta.conversations.start_stream(**request) as events:
                    assert len(list(events)) == len(answered)
            elif "code" in answered:
                with pytest.raises(errors.SDKError, match=answered["message"]):
                    client.beta.conversations.start(**request)
            else:
                client.beta.conversations.start(**request)
            spans = [dict(span.attributes or {}) for span in exporter.get_finished_spans()]
            return {span["gen_ai.operation.name"]: span for span in spans}

        yield spans_of


OF_THE_REQUEST = {
    # The conventions': the caller knows them, a record does not.
    *("gen_ai.request.model", "gen_ai.input.messages", "server.address", "server.port"),
    # Its own, and those of HTTP's conventions.
    *("http.request.method", "http.url", "http.response.status_code", "agent.trace.public"),
}
OF_A_MESSAGE = {"gen_ai.agent.id", "gen_ai.response.model"}
"""It sets these on the span of each message, so that several agents and models have a place."""
OF_A_RESPONSE = {"gen_ai.conversation.id", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"}

# The answer, and where the attributes differ on purpose: those that only we set, those that only it sets, and our
# values where both are set.
CALLS: dict[str, tuple[Any, set[str], set[str], dict[str, Any]]] = {
    # It does not look for reasoning tokens.
    "a response": (RESPONSE, OF_A_MESSAGE | {REASONING}, set(), {}),
    # It leaves out a count of 0, also one that the service sent.
    "a response without output tokens": (
        RESPONSE | {"usage": {"prompt_tokens": 20, "completion_tokens": 0, "total_tokens": 20}},
        OF_A_MESSAGE | {"gen_ai.usage.output_tokens"},
        set(),
        {},
    ),
    # It does not read the streams of conversations.
    "a stream": (EVENTS, OF_A_MESSAGE | OF_A_RESPONSE, set(), {}),
    # To it, a stream that was cut off or that reports an error has succeeded.
    "a stream that is cut off": (EVENTS[:-1], OF_A_MESSAGE | {"gen_ai.conversation.id", "error.type"}, set(), {}),
    "a stream that reports an error": (
        [*EVENTS[:-1], {"type": "conversation.response.error", "message": "Gone", "code": 3000}],
        OF_A_MESSAGE | {"gen_ai.conversation.id", "error.type"},
        set(),
        {},
    ),
    # It does not take the service's own errors for errors: it looks for `error`, and the service writes `Error`.
    "an error": (ERROR, {"error.type"}, set(), {}),
    # Of other errors it sets `type`, which is the same for all that clients cause. The number tells them apart. It
    # sets that as `mistral_ai.error.code`, a name that is not in the conventions.
    "an error as the chat API writes it": (
        ERROR | {"object": "error"},
        set(),
        {"mistral_ai.error.code"},
        {"error.type": "3000"},
    ),
}


def attributes_of(answered: Any) -> dict[str, Any]:
    """Our attributes of the answer that the official SDK gets."""
    if not isinstance(answered, list):
        return {**attributes(cm.snake.summarize(json.dumps(answered)))}
    meter = cm.snake.meter()
    meter.feed(framed(answered))
    meter.close()
    return {**attributes(meter.record)}


@pytest.mark.parametrize("name", CALLS)
def test_the_official_sdk_sets_the_same_but_for_listed_differences(name: str, call: Callable[[Any], Spans]) -> None:
    answered, only_ours, only_theirs, different = CALLS[name]
    ours, theirs = attributes_of(answered), call(answered)["invoke_agent"]
    assert ours.keys() - theirs.keys() == only_ours
    assert theirs.keys() - ours.keys() - OF_THE_REQUEST == only_theirs
    assert {key: ours[key] for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]} == different


def test_a_single_message_has_the_official_sdks_model_and_agent(call: Callable[[Any], Spans]) -> None:
    ours, theirs = attributes_of(RESPONSE), call(RESPONSE)
    assert {key: theirs["chat"][key] for key in OF_A_MESSAGE} == {key: ours[key] for key in OF_A_MESSAGE}
    # Tools have spans of their own, also in the conventions.
    assert theirs["execute_tool"]["gen_ai.tool.name"] == "web_search"
