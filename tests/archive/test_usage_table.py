"""``usage_table``: one file in, one table out, whatever the file holds."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversation_models as cm
from conversation_models import archive

from ..support.amounts import examples
from ..support.archives import ANSWER, ERROR, REQUEST, answer, lines_of, stored, stream_of
from ..support.documents import NAMINGS, Naming
from ..support.paths import FIXTURES
from ..support.program import frame, in_naming
from ..support.streams import cut, read_sizes

UTC = timezone.utc


def rows_of(path: str | Path, **options: Any) -> list[dict[str, Any]]:
    """The rows of a table whose file can be read whole, without their source."""
    rejects: list[archive.Reject] = []
    table = archive.usage_table(str(path), on_reject=rejects.append, **options)
    assert rejects == []
    assert set(table["source"].to_pylist()) <= {str(path)}
    rows: list[dict[str, Any]] = table.drop_columns(["source"]).to_pylist()
    return rows


ANSWER_ROW = {
    "offset": 0,
    "kind": "response",
    "status": "completed",
    "error_code": None,
    "conversation_id": "conv_1",
    "models": ["mistral-medium-2505"],
    "agent_ids": ["ag_1"],
    "started_at": datetime(2025, 3, 4, 9, 15, 2, 1, tzinfo=UTC),
    "first_output_at": None,
    "completed_at": datetime(2025, 3, 4, 9, 15, 3, tzinfo=UTC),
    "prompt_tokens": 203,
    "completion_tokens": 61,
    "connector_tokens": 6156,
    "total_tokens": 6420,
    "connectors": [("web_search", 1)],
    "usage_extra": [("prompt_tokens_details", '{"cached_tokens":8}')],
    "tools": [("web_search", 1)],
    "function_calls": ["rate"],
    "outputs": 4,
    "unknown": 1,
}


def test_the_columns_are_these() -> None:
    names, times = pa.list_(pa.string()), pa.timestamp("us", tz="UTC")
    numbers, texts = pa.map_(pa.string(), pa.int64()), pa.map_(pa.string(), pa.string())
    assert dict(zip(archive.COLUMNS.names, archive.COLUMNS.types, strict=True)) == {
        "source": pa.string(),
        "offset": pa.int64(),
        "kind": pa.string(),
        "status": pa.string(),
        "error_code": pa.int64(),
        "conversation_id": pa.string(),
        "models": names,
        "agent_ids": names,
        "started_at": times,
        "first_output_at": times,
        "completed_at": times,
        "prompt_tokens": pa.int64(),
        "completion_tokens": pa.int64(),
        "connector_tokens": pa.int64(),
        "total_tokens": pa.int64(),
        "connectors": numbers,
        "usage_extra": texts,
        "tools": numbers,
        "function_calls": names,
        "outputs": pa.int64(),
        "bytes": pa.int64(),
        "unknown": pa.int64(),
    }


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.json.zst"])
def test_a_response_is_a_row(tmp_path: Path, naming: Naming, indent: int | None, name: str) -> None:
    text = json.dumps(in_naming(ANSWER, naming), indent=indent).encode()
    (row,) = rows_of(stored(tmp_path / name, text))
    assert row.pop("bytes") == len(text)
    # The keys of fields that no model has are kept as they are.
    camel = {"usage_extra": [("promptTokensDetails", '{"cachedTokens":8}')]}
    assert row == ANSWER_ROW | (camel if naming == "camel" else {})


def test_what_is_absent_is_null_and_not_zero(tmp_path: Path) -> None:
    documents = [
        {"conversation_id": "c", "outputs": []},
        {"conversation_id": "c", "outputs": [], "usage": {}},
        {"conversation_id": "c", "outputs": [], "usage": {"total_tokens": 0, "connectors": None}},
        {"conversationId": "c", "outputs": [], "usage": {"totalTokens": 12, "connectors": {}}},
        ERROR,
    ]
    columns = ["status", "prompt_tokens", "completion_tokens", "connector_tokens", "total_tokens", "connectors"]
    table = archive.usage_table(stored(tmp_path / "a.ndjson", lines_of(documents)))
    assert [tuple(row[name] for name in columns) for row in table.to_pylist()] == [
        ("completed", None, None, None, None, None),
        ("completed", None, None, None, None, None),
        ("completed", None, None, None, 0, None),
        ("completed", None, None, None, 12, []),
        ("failed", None, None, None, None, None),
    ]
    assert table["conversation_id"].to_pylist() == ["c", "c", "c", "c", None]
    assert table["error_code"].to_pylist() == [None, None, None, None, 3000]
    assert table["usage_extra"].null_count == 5


def test_lines_may_mix_namings_requests_and_errors(tmp_path: Path) -> None:
    documents = [answer(1), REQUEST, answer(2, "camel"), ERROR, answer(3), {"object": "conversation.history"} | HISTORY]
    rows = rows_of(stored(tmp_path / "a.ndjson", b"\xef\xbb\xbf" + b"\r\n".join(lines_of(documents).split(b"\n"))))
    assert [(row["conversation_id"], row["status"], row["total_tokens"]) for row in rows] == [
        ("conv_1", "completed", 4),
        ("conv_2", "completed", 5),
        (None, "failed", None),
        ("conv_3", "completed", 6),
    ]


HISTORY = {"conversation_id": "c", "entries": []}


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"])
def test_an_offset_leads_to_the_body(tmp_path: Path, name: str) -> None:
    data = b"\n \n" + lines_of(map(answer, range(40)))
    rows = rows_of(stored(tmp_path / name, data))
    found = [json.loads(data[row["offset"] : row["offset"] + row["bytes"]]) for row in rows]
    assert found == [answer(number) for number in range(40)]


def test_a_stream_holds_several_responses(tmp_path: Path) -> None:
    streams = [stream_of(1), stream_of(2, ends=False), stream_of(3)]
    rows = rows_of(stored(tmp_path / "a.sse", "".join(streams).encode()))
    assert [(row["kind"], row["status"], row["conversation_id"], row["total_tokens"]) for row in rows] == [
        ("stream", "completed", "conv_1", 4),
        ("stream", "truncated", "conv_2", None),
        ("stream", "completed", "conv_3", 6),
    ]
    assert [row["offset"] for row in rows] == [0, len(streams[0]), len(streams[0] + streams[1])]
    assert rows[0]["started_at"] == datetime(2025, 3, 4, 9, 15, tzinfo=UTC)
    assert rows[0]["models"] == ["mistral-medium-2505"]


def test_the_counts_that_a_stream_does_not_state_are_null(tmp_path: Path) -> None:
    text = frame("conversation.response.done", usage={"total_tokens": 7})
    (row,) = rows_of(stored(tmp_path / "a.sse", text.encode()))
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (None, None, 7)


LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans(), LINE_ENDS), min_size=1, max_size=5), read_sizes)
@examples(200)
def test_rows_of_a_stream_are_the_records_of_a_meter(streams: list[tuple[int, bool, str]], sizes: list[int]) -> None:
    from conversation_models.archive.streams import rows_of_stream

    texts = [stream_of(number, ends=ends).replace("\n", end).encode() for number, ends, end in streams]
    meter = cm.snake.meter()
    for byte in b"".join(texts):
        meter.feed(bytes([byte]))
    meter.close()
    rows = list(rows_of_stream(cut(b"".join(texts), sizes), 1 << 20))
    assert [row.record for row in rows] == meter.records
    offsets = [len(b"".join(texts[:index])) for index in range(len(texts))]
    # A `\n` that comes alone after a `\r` may belong to either.
    assert all(-1 <= row.offset - offset <= 1 for row, offset in zip(rows, offsets, strict=True))


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz", "a.ndjson.zst"])
def test_bodies_are_found_in_envelopes(tmp_path: Path, quoted: bool, name: str) -> None:
    bodies: list[Any] = [answer(1), REQUEST, answer(2, "camel"), ERROR]
    documents = [
        {"headers": {"x-team": team, "x-many": [1]}, "response": {"body": json.dumps(body) if quoted else body}}
        for body, team in zip(bodies, ["red", "red", None, 7], strict=True)
    ]
    documents.append({"response": {"body": stream_of(5) + stream_of(6)}})
    keys = {"team": "headers.x-team", "many": "headers.x-many"}
    rows = rows_of(stored(tmp_path / name, lines_of(documents)), at="response.body", keys=keys)
    assert [(row["conversation_id"], row["total_tokens"], row["team"], row["many"]) for row in rows] == [
        ("conv_1", 4, "red", "[1]"),
        ("conv_2", 5, None, "[1]"),
        (None, None, "7", "[1]"),
        ("conv_5", 8, None, None),
        ("conv_6", 9, None, None),
    ]
    starts = [len(lines_of(documents[:index])) for index in range(5)]
    assert [row["offset"] for row in rows] == [starts[0], starts[2], starts[3], starts[4], starts[4]]


@pytest.mark.parametrize(
    ("document", "at", "column", "value"),
    [
        ({"log": [{"body": answer(1)}], "who": {"name": "x"}}, "log[0].body", "who.name", "x"),
        ({"body": answer(1), "who": "x"}, "body", "who.name", None),
        ({"body": answer(1), "who": [1, "y"]}, "body", "who[1]", "y"),
        ({"body": answer(1), "who": {"name": "null"}}, "body", "who.name", "null"),
        ({"body": answer(1)}, "body", "body.conversation_id", "conv_1"),
        (answer(1), None, "conversation_id", "conv_1"),
        ({'a"b': answer(1), "é": "ü"}, '["a\\"b"]', "é", "ü"),
    ],
)
def test_paths_lead_anywhere_in_an_envelope(
    tmp_path: Path, document: Any, at: str | None, column: str, value: str | None
) -> None:
    (row,) = rows_of(stored(tmp_path / "a.json", lines_of([document])), at=at, keys={"own": column})
    assert (row["conversation_id"], row["own"]) == ("conv_1", value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"at": "a..b"}, "'a..b' is not a path"),
        ({"keys": {"team": ""}}, "'' is not a path"),
        ({"keys": {"status": "a"}}, "a table has a column 'status' already"),
    ],
)
def test_wrong_paths_and_columns_are_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        archive.usage_table(str(FIXTURES / "web_search.json"), **options)


def test_a_time_without_an_offset_is_utc(tmp_path: Path) -> None:
    entry = {"type": "message.output", "content": "", "created_at": "2025-03-04T09:15:00", "completed_at": None}
    (row,) = rows_of(stored(tmp_path / "a.json", lines_of([{"conversation_id": "c", "outputs": [entry]}])))
    assert row["started_at"] == datetime(2025, 3, 4, 9, 15, tzinfo=UTC)
    assert row["started_at"].utcoffset() == timedelta(0)


def test_the_fixtures_have_the_totals_that_json_finds() -> None:
    for file in sorted(FIXTURES.glob("*.json")):
        usage = json.loads(file.read_text("utf-8"))["usage"]
        assert [row["total_tokens"] for row in rows_of(file)] == [usage.get("total_tokens")]


def test_a_file_can_be_named_by_a_url(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.json", lines_of([answer(1)]))
    table = archive.usage_table(f"file://{path}")
    assert table["source"].to_pylist() == [f"file://{path}"]
    assert table["total_tokens"].to_pylist() == [4]
