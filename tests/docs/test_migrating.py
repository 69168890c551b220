"""The page about migrating: its table has every class of the SDK, and its programs do the same before and after."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client import models as sdk
from mistralai.client.conversations import Conversations

import conversation_models as cm

from ..agreement.declarations import of_python, python_surface
from ..interop.servers import Connection, serving
from ..support.paths import FIXTURES
from ..support.program import STREAM, frame
from .migrations import AFTER, BEFORE, PAGE

TEXT = PAGE.read_text(encoding="utf-8")
CALLS = json.loads((FIXTURES / "function_call.json").read_bytes())
ANSWER = json.loads((FIXTURES / "web_search.json").read_bytes())


def rows_after(heading: str) -> list[tuple[str, str]]:
    """The cells of the table that follows."""
    table = TEXT.partition(heading)[2].partition("| --- | --- |\n")[2].partition("\n\n")[0]
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:3]) for row in table.splitlines()]  # type: ignore[misc]


SAME = [name for _, cell in rows_after("These have the same name") for name in re.findall(r"`(\w+)`", cell)]
OTHERS = [(name, ours) for theirs, ours in rows_after("The others:") for name in re.findall(r"`(\w+)`", theirs)]


def test_the_tables_have_every_class_of_the_sdks_conversations_once() -> None:
    names = [*SAME, *[name for name, _ in OTHERS]]
    assert len(names) == len(set(names))
    assert set(python_surface(Conversations)) <= set(names)


def test_every_class_that_the_tables_name_exists() -> None:
    elsewhere = {"HTTPValidationErrorData"}  # In ``errors``.
    assert [name for name in [*SAME, *dict(OTHERS)] if name not in elsewhere and not hasattr(sdk, name)] == []
    ours = {name for _, cell in OTHERS for name in re.findall(r"`([A-Z]\w+)`", cell)}
    assert [name for name in {*SAME, *ours} if not hasattr(cm, name)] == []


@pytest.mark.parametrize("name", SAME)
def test_classes_of_the_same_name_have_the_same_attributes_and_type(name: str) -> None:
    theirs = getattr(sdk, name)
    different = {"schema_definition"} if name == "JSONSchema" else set()
    attributes = theirs.model_fields.keys() - {"type"} - different
    assert [attribute for attribute in attributes if attribute not in dir(getattr(cm, name))] == []
    assert (of_python(theirs).tag or None) == getattr(getattr(cm, name), "type", None) or name == "ResponseFormat"


# The programs --------------------------------------------------------------------------------------------------------


class Service:
    """Answers with a body or a stream, and keeps the requests."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.body: Any = ANSWER
        self.events: list[str] = []

    async def __call__(self, connection: Connection) -> None:
        # Both clients name a streaming call by a fragment, or not at all.
        self.asked.append((connection.path.partition("#")[0], json.loads(await connection.body())))
        if self.events:
            await connection.head()
            await connection.send("".join(self.events).encode())
            await connection.end()
        else:
            await connection.answer(200, json.dumps(self.body).encode())


Both = Callable[..., tuple[Any, Any]]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Service, Both]]:
    service = Service()
    with (
        serving(service) as url,
        Mistral(api_key="none", server_url=url.rstrip("/")) as before,
        httpx.Client(base_url=url, trust_env=False) as after,
    ):

        def call(name: str, *arguments: Any) -> tuple[Any, Any]:
            firsts = [argument[0] if isinstance(argument, tuple) else argument for argument in arguments]
            seconds = [argument[1] if isinstance(argument, tuple) else argument for argument in arguments]
            return BEFORE[name](before, *firsts), AFTER[name](after, *seconds)

        yield service, call


@pytest.fixture
def service(served: tuple[Service, Both]) -> Service:
    return served[0]


@pytest.fixture
def both(served: tuple[Service, Both]) -> Both:
    """Calls a function of this name before and after, each with its client; an argument may be one for each."""
    service, call = served
    service.begin()
    return call


def test_every_function_has_both_sides_and_is_called_below() -> None:
    assert BEFORE.keys() == AFTER.keys() == {"text_of_answer", "pieces_of_answer", "search", "run_calls"}


def test_the_text_of_a_response_is_the_same(both: Both) -> None:
    before, after = both("text_of_answer", "Who won?")
    assert before == after == cm.snake.decode(json.dumps(ANSWER)).text != ""


def test_the_pieces_of_a_stream_are_the_same(both: Both, service: Service) -> None:
    service.events = STREAM
    before, after = (list(pieces) for pieces in both("pieces_of_answer", "Who won?"))
    assert "".join(before) == "".join(after) == "It is 82.5 metres high."


def test_an_error_in_a_stream_is_raised_by_both(both: Both, service: Service) -> None:
    service.events = [*STREAM[:-1], frame("conversation.response.error", message="Overloaded", code=3505)]
    for pieces in both("pieces_of_answer", "Who won?"):
        with pytest.raises((RuntimeError, cm.ConversationResponseError), match="Overloaded"):
            list(pieces)


def test_a_stream_that_was_cut_off_is_an_error_only_after(both: Both, service: Service) -> None:
    service.events = STREAM[:-1]
    before, after = both("pieces_of_answer", "Who won?")
    assert "".join(before) == "It is 82.5 metres high."
    with pytest.raises(cm.TruncatedStreamError):
        list(after)


def test_the_request_is_the_same(both: Both, service: Service) -> None:
    before, after = both("search", "Who won?")
    assert cm.snake.decode(before.model_dump_json(by_alias=True)).text == after.text
    (_, first), (_, second) = service.asked
    assert [first[name] for name in ("model", "tools", "completion_args", "store")] == [
        second[name] for name in ("model", "tools", "completion_args", "store")
    ]
    assert second["inputs"] == [{"type": "message.input", "object": "entry", "role": "user", "content": "Who won?"}]
    assert {key: first["inputs"][0][key] for key in ("role", "content")} == {"role": "user", "content": "Who won?"}


def test_the_results_of_functions_are_the_same(both: Both, service: Service) -> None:
    text = json.dumps(CALLS)
    responses = sdk.ConversationResponse.model_validate_json(text), cm.snake.decode(text)
    both("run_calls", responses, lambda **arguments: sorted(arguments))
    (first_path, first), (second_path, second) = service.asked
    assert first_path == second_path == f"/v1/conversations/{CALLS['conversation_id']}"
    results = [{name: entry[name] for name in ("tool_call_id", "result")} for entry in first["inputs"]]
    assert results == [{name: entry[name] for name in ("tool_call_id", "result")} for entry in second["inputs"]]
    assert len(results) == 2
