"""The tables open in DuckDB, Polars and pandas, and the SQL of the documentation answers its questions."""

import re
import subprocess
import sys
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow.parquet as pq
import pytest

from conversation_models import archive

from ..support.archives import ANSWER, ERROR, REQUEST, answer, lines_of, stored, stream_of, total_tokens
from ..support.paths import ROOT
from ..support.program import ENVIRONMENT

PAGE = (ROOT / "docs" / "guides" / "archives.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(import (?:polars|pandas)\n.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the tables of a run in ``usage``."""
    bodies = [("red", ANSWER), ("blue", ANSWER), ("red", answer(1)), ("blue", ERROR), ("red", stream_of(2, ends=False))]
    late = stream_of(3).replace('"id": "m1"', '"id": "m1", "created_at": "2025-03-04T09:15:02.500000Z"', 1)
    bodies.append(("red", late))
    documents = [{"headers": {"x-team": team}, "response": {"body": body}} for team, body in bodies]
    paths = [stored(tmp_path / f"{at}.ndjson", lines_of(documents[at::2])) for at in range(2)]
    run = archive.run(paths, str(tmp_path / "usage"), at="response.body", keys={"team": "headers.x-team"})
    assert run.complete
    monkeypatch.chdir(tmp_path)
    return tmp_path / "usage"


def test_duckdb_polars_and_pandas_read_the_same_rows(usage: Path) -> None:
    own = [row for part in sorted(usage.glob("*.parquet")) for row in rows_of(str(part))]
    query = "SELECT conversation_id, total_tokens, team FROM 'usage/*.parquet'"
    by_duckdb = duckdb.connect().execute(query).fetchall()
    by_polars = polars.read_parquet("usage/*.parquet").select("conversation_id", "total_tokens", "team").rows()
    frames = [pandas.read_parquet(part, dtype_backend="pyarrow") for part in sorted(usage.glob("*.parquet"))]
    by_pandas = [
        tuple(None if pandas.isna(value) else value for value in row)
        for frame in frames
        for row in frame[["conversation_id", "total_tokens", "team"]].itertuples(index=False)
    ]
    assert len(own) == 6
    assert (
        sorted(by_duckdb, key=str) == sorted(by_polars, key=str) == sorted(by_pandas, key=str) == sorted(own, key=str)
    )


def rows_of(path: str, last: str = "team") -> list[tuple[Any, ...]]:
    columns = ["conversation_id", "total_tokens", last]
    return [tuple(row.values()) for row in pq.read_table(path, columns=columns).to_pylist()]


def test_the_page_asks_five_questions() -> None:
    assert len(QUERIES) == 5


# What each query of the page answers, in its order.
MARCH = datetime(2025, 3, 1)  # noqa: DTZ001
DAY = date(2025, 3, 4)
ANSWERS: list[set[tuple[Any, ...]]] = [
    {
        ("red", MARCH, ("mistral-medium-2505",), 3, 6426),
        ("blue", MARCH, ("mistral-medium-2505",), 1, 6420),
        ("red", None, ("model-1",), 1, 4),
        ("blue", None, (), 1, None),
    },
    {("web_search", 2, 2, 12840)},
    {(("mistral-medium-2505",), (2_500_000.0, 2_500_000.0))},
    {(DAY, 4, 0, 1), (None, 2, 1, 0)},
    {(16, 203 * 2 + 2 + 4)},
]


@pytest.mark.usefixtures("usage")
@pytest.mark.parametrize(("query", "answers"), [*zip(QUERIES, ANSWERS, strict=True)])
def test_the_sql_of_the_page_answers_its_question(query: str, answers: set[tuple[Any, ...]]) -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    assert {tuple(map(plain, row)) for row in connection.execute(query).fetchall()} == answers


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


@pytest.mark.usefixtures("usage")
@pytest.mark.parametrize("program", PROGRAMS, ids=["polars", "pandas"])
def test_the_programs_of_the_page_run(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(program, "archives.md", "exec"), {})
    assert "completed" in capsys.readouterr().out


RAY = """
import sys, ray
ray.init(num_cpus=1, include_dashboard=False, logging_level="error")
paths = sys.argv[1:]
"""


@pytest.mark.long
@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: it is large, and no extra brings it")
def test_the_program_for_ray_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(import ray\n.*?)```", PAGE, re.DOTALL)
    paths = [stored(tmp_path / f"{at}.gz", lines_of(map(answer, range(at, at + 50)))) for at in (100, 200)]
    environment = ENVIRONMENT | {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", RAY + program, *paths]
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True, timeout=200)
    tokens = [row[1] for part in sorted(tmp_path.glob("usage/*.parquet")) for row in rows_of(str(part), "source")]
    assert len(tokens) == 100
    assert sum(tokens) == total_tokens(paths)


def test_the_program_of_the_page_makes_a_table_and_parts(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(from concurrent(?:(?!```).)*)```", PAGE, re.DOTALL)
    (tmp_path / "logs").mkdir()
    stored(tmp_path / "logs" / "2025-11-01.ndjson.gz", lines_of([answer(1), REQUEST]))
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1 1 0 []\n"
    assert len(list((tmp_path / "usage").glob("*.parquet"))) == 1
