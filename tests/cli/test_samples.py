"""The documented payloads, each in a file, through every command."""

import json
from pathlib import Path
from typing import Any

import pytest

import conversation_models as cm

from ..support.documents import exact, respelled, written
from ..support.paths import SAMPLES
from ..support.program import run

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented payloads (../shared/samples) are not here")

DOCUMENTS = sorted(SAMPLES.glob("*.json"))
STREAMS = sorted(SAMPLES.glob("*.sse"))

# By the beginnings and the ends of the files' names. ``None``: the body of an error, which is kept as it is.
TYPES: dict[tuple[str, str], Any] = {
    ("response-", ""): cm.ConversationResponse,
    ("history", ""): cm.ConversationHistory,
    ("messages", ""): cm.ConversationMessages,
    ("request-", ".start"): cm.ConversationRequest,
    ("request-", ".append"): cm.ConversationAppendRequest,
    ("request-", ".restart"): cm.ConversationRestartRequest,
    ("conversation-", ""): "conversation",
    ("error-", ""): None,
}


def type_of(path: Path) -> Any:
    (tp,) = [tp for (begin, end), tp in TYPES.items() if path.stem.startswith(begin) and path.stem.endswith(end)]
    return tp


def each(reading: Any, document: Any, tp: Any) -> Any:
    """``reading``, of ``support.documents``, for a body or a bare list."""
    if isinstance(document, list):
        return [each(reading, item, tp) for item in document]
    return document if tp is None else reading(document, tp, "snake")


def test_every_sample_is_valid_and_nothing_in_it_is_unknown() -> None:
    done = run("validate", *DOCUMENTS, *STREAMS)
    assert (done.status, done.err) == (0, "")
    lines = [line.removeprefix(f"{SAMPLES}/") for line in done.out.splitlines()]
    assert [line for line in lines if ": ok" not in line] == [
        "error-403-guardrail-blocked.json: warning: the service reported an error: Content blocked by guardrail",
        "error-guardrail-failed.json: warning: the service reported an error: Request blocked due to error in "
        "guardrail evaluation and block_on_error is set to True. (code 3201)",
        # The documented response that waits for a confirmation has none.
        "response-confirmation-no-usage.json: warning: $.usage is missing",
    ]
    assert sum(": ok" in line for line in lines) == len(DOCUMENTS) + len(STREAMS)


def test_every_sample_is_converted_and_comes_back_equal() -> None:
    documents = [json.loads(path.read_bytes()) for path in DOCUMENTS]
    types = [type_of(path) for path in DOCUMENTS]
    camel = run("convert", "--to", "camel", stdin="\n".join(map(json.dumps, documents)))
    assert (camel.status, camel.err) == (0, "")
    back = run("convert", "--to", "snake", stdin=camel.out)
    assert (back.status, back.err) == (0, "")
    for path, document, tp, there, here in zip(
        DOCUMENTS, documents, types, camel.out.splitlines(), back.out.splitlines(), strict=True
    ):
        full = each(written, document, tp)
        assert exact(json.loads(there)) == exact(each(respelled, full, tp)), path.name
        assert exact(json.loads(here)) == exact(full), path.name


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_a_sample_of_a_stream_is_converted_and_comes_back_equal(path: Path) -> None:
    snake = run("convert", "--to", "snake", path).out
    camel = run("convert", "--to", "camel", path)
    assert (camel.status, camel.err) == (0, "")
    assert '"outputIndex":' in camel.out
    assert run("convert", "--to", "snake", stdin=camel.out).out == snake


def test_every_sample_is_shown() -> None:
    errors = [path for path in DOCUMENTS if path.stem.startswith("error-")]
    done = run("show", *[path for path in DOCUMENTS if path not in errors], *STREAMS)
    assert (done.status, done.err) == (0, "")
    shown = dict(part.split(" <==\n", 1) for part in done.out.removeprefix("==> ").split("\n==> "))
    assert len(shown) == len(DOCUMENTS) + len(STREAMS) - len(errors)
    for name, text in shown.items():
        first = text.split(maxsplit=1)[0]
        assert first == ("request" if "/request-" in name else "conversation"), name
    done = run("show", *errors)
    assert (done.status, done.err.count("the service reported an error: ")) == (1, len(errors))
