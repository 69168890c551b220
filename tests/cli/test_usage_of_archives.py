"""``usage``: tables and bars for a person, CSV for a program, and an exit status that says whether all was read."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ..support.archives import ANSWER, ERROR, REQUEST, answer, lines_of, make_archive, stored, stream_of, total_tokens
from ..support.program import ENVIRONMENT, PROGRAM, run
from ..support.terminals import on_terminal

SUMMARY = """\
calls: 3 (files: 2, 0.0 MB, 0.0 s of work)
left out, since they are requests, histories or the like: 1
by model
model                calls  prompt  completion  connector  total
mistral-medium-2505      1     203          61      6,156  6,420  ████████████
model-1                  1       2           2                 4
-                        1
by tool
tool        calls  prompt  completion  connector  total
web_search      1     203          61      6,156  6,420  ████████████
by connector
connector   calls  prompt  completion  connector  total
web_search      1     203          61      6,156  6,420  ████████████
by status
status     calls  prompt  completion  connector  total
completed      2     205          63      6,156  6,424  ████████████
failed         1
by day
day         calls  prompt  completion  connector  total
2025-03-04      1     203          61      6,156  6,420  ████████████
-               2       2           2                 4
"""


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    stored(folder / "a.ndjson.gz", lines_of([ANSWER, REQUEST, ERROR]))
    stored(folder / "b.ndjson.zst", lines_of([answer(1)]))
    return folder


def test_a_summary_is_printed(logs: Path) -> None:
    done = run("usage", logs)
    assert (done.status, done.err) == (0, "")
    first, *others = lines(done.out)
    assert first.startswith("calls: 3 (files: 2, 0.0 MB, ")
    assert others == lines(SUMMARY)[1:]


def test_groups_can_be_asked_for_as_csv(logs: Path) -> None:
    done = run("usage", logs, "--by", "day", "--by", "model", "--csv")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "day,model,calls,uses,prompt_tokens,completion_tokens,connector_tokens,total_tokens\n"
        "2025-03-04,mistral-medium-2505,1,1,203,61,6156,6420\n"
        ",model-1,1,1,2,2,,4\n"
        ",,1,1,,,,\n"
    )


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("tool", [("web_search", "1", "2")]),
        ("function", [("rate", "1", "3"), ("tide", "1", "1")]),
        ("connector", [("web_search", "1", "5")]),
        ("status", [("completed", "1", "1")]),
        ("agent", [("ag_1 + ag_2", "1", "1")]),
    ],
)
def test_uses_are_counted_apart_from_calls(tmp_path: Path, by: str, groups: list[tuple[str, ...]]) -> None:
    tool = {"type": "tool.execution", "name": "web_search", "arguments": "{}"}
    calls = [
        {"type": "function.call", "tool_call_id": "c", "name": name, "arguments": "{}", "agent_id": agent}
        for name, agent in (("rate", "ag_1"), ("rate", "ag_2"), ("tide", "ag_1"), ("rate", "ag_1"))
    ]
    usage = {"total_tokens": 9, "connectors": {"web_search": 5}}
    document = {"conversation_id": "c", "outputs": [tool, *calls, tool], "usage": usage}
    done = run("usage", stored(tmp_path / "a.json", lines_of([document])), "--by", by, "--csv")
    rows = [line.split(",") for line in done.out.splitlines()[1:]]
    assert sorted((row[0], row[1], row[2]) for row in rows) == groups
    assert {row[-1] for row in rows} == {"9"}


def test_columns_of_the_operators_own_come_from_envelopes(tmp_path: Path) -> None:
    documents = [
        {"headers": {"x-team": team}, "response": {"body": body}}
        for team, body in (("red", json.dumps(answer(1))), ("blue", answer(2)), ("red", stream_of(3)))
    ]
    path = stored(tmp_path / "a.ndjson", lines_of(documents))
    for key in ("headers.x-team", "x-team=headers.x-team"):
        done = run("usage", path, "--at", "response.body", "--key", key, "--by", "x-team", "--csv")
        assert [line.split(",")[::6] for line in done.out.splitlines()[1:]] == [["red", "10"], ["blue", "5"]]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_a_file(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    text = pack(lines_of([answer(1), answer(2)]) + b"broken\n")
    other = stored(tmp_path / "a.json", lines_of([answer(3)]))
    done = run("usage", "-", other, "--by", "source", "--csv", stdin=text)
    assert [line.split(",")[:2] for line in done.out.splitlines()[1:]] == [["-", "2"], [other, "1"]]
    assert done.status == 1
    place = len(lines_of([answer(1), answer(2)]))
    assert done.err.splitlines()[0].startswith(f"conversation-models: -: byte {place}: JSON is malformed")


def test_a_cluster_cannot_read_standard_input() -> None:
    done = run("usage", "-", "--cluster", "tcp://127.0.0.1:9")
    assert (done.status, done.out) == (1, "")
    assert done.err == "conversation-models: -: only this process can read its standard input, a cluster cannot\n"


def test_the_tables_are_kept_where_o_says(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("usage", logs / "*.gz", logs / "b.ndjson.zst", "-o", out)
    assert (done.status, done.err) == (0, "")
    assert pq.read_table(out / "part-000000.parquet")["total_tokens"].to_pylist() == [6420, None]
    assert run("usage", logs, "-o", out) == done
    refused = run("usage", logs / "*.gz", "-o", out)
    assert (refused.status, refused.out) == (1, "")
    message = f"conversation-models: {out} is the output of a run with other files: use another directory\n"
    assert refused.err == message


def test_what_cannot_be_read_is_reported_and_the_rest_is_done(tmp_path: Path) -> None:
    path = stored(tmp_path / "a\x1b[31m.ndjson", lines_of([answer(1)]) + b"broken\n" * 25)
    done = run("usage", path, "--by", "model", "--csv")
    assert done.status == 1
    assert "model-1,1,1,2,2,,4\n" in done.out
    errors = done.err.splitlines()
    start = len(lines_of([answer(1)]))
    assert errors[0] == (
        f"conversation-models: {tmp_path}/a␛[31m.ndjson: byte {start}: JSON is malformed: invalid character (byte 0)"
    )
    assert len(errors) == 21
    assert errors[-1] == "conversation-models: bodies that could not be read: 25 (-o DIR keeps the list)"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["usage"], 2, "Missing argument 'FILE'"),
        (["usage", "missing"], 1, "missing: No such file or directory"),
        (["usage", "*.nothing"], 1, "*.nothing: there are no files"),
        (["usage", "x", "--by", "colour"], 1, "there is no 'colour' to group by, only day, model, agent, tool"),
        (["usage", "x", "--by", "tool", "--by", "function"], 1, "cannot be grouped by tool and function together"),
        (["usage", "x", "--at", "a..b"], 2, "'a..b' is not a path"),
        (["usage", "x", "--key", "a..b"], 1, "'a..b' is not a path"),
        (["usage", "x", "--key", "=a"], 1, "--key =a: the column has no name"),
        (["usage", "x", "--key", "status=a"], 1, "a table has a column 'status' already"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, arguments: list[str], status: int, message: str) -> None:
    (tmp_path / "x").write_bytes(b"{}")
    done = run(*arguments, cwd=tmp_path)
    assert (done.status, done.out) == (status, "")
    assert message in done.err
    assert done.err.count("\n") == 1


@pytest.mark.long
def test_large_archives_are_read_by_several_processes(tmp_path: Path) -> None:
    document = {"conversation_id": "c", "outputs": [{"type": "message.output", "content": "x" * 1_000_000}]}
    padding = lines_of([document]) * 17
    paths = [stored(tmp_path / f"{name}.ndjson", padding + lines_of([answer(1)])) for name in "ab"]
    done = subprocess.run(
        [*PROGRAM, "usage", *paths, "--csv"], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[1].split(",") == ["36", "36", "4", "4", "", str(total_tokens(paths))]


@pytest.mark.long
def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    document = {"conversation_id": "c", "outputs": [{"type": "message.output", "content": "x" * 5_000_000}]}
    paths = [stored(tmp_path / f"{index}.json", lines_of([document])) for index in range(2)]
    status, sent = on_terminal("usage", *paths, terminal="stderr")
    assert status == 0
    assert "2 files" in sent
    assert "MB/s" in sent


@pytest.mark.parametrize(
    "package", ["pyarrow", *[pytest.param(name, marks=pytest.mark.long) for name in ("fsspec", "zstandard")]]
)
def test_without_the_extra_the_message_says_what_to_install(package: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; sys.argv[1:] = ['usage', 'x']\n"
    program += "from conversation_models.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'conversation-models: usage needs the "archive" extra: pip install "conversation-models[cli,archive]"'
        f" (no module named '{package}')\n"
    )


def test_other_commands_do_not_import_pyarrow(logs: Path) -> None:
    program = f"import sys; sys.argv[1:] = ['validate', {str(logs)!r}]\n"
    program += "from conversation_models.__main__ import main; main(); assert 'pyarrow' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=ENVIRONMENT)


def test_an_archive_of_many_files_has_the_totals_that_json_finds(tmp_path: Path) -> None:
    paths = make_archive(tmp_path, files=8, bodies=20)
    done = run("usage", tmp_path, "--csv")
    assert done.out.splitlines()[1].split(",")[-1] == str(total_tokens(paths))
