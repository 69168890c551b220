"""The files that the commands, programs and queries of the documentation find where they run."""

import re
from pathlib import Path

import conversation_models as cm
from conversation_models import archive
from examples.books import Books, Exchange

from ..support.archives import ANSWER, ERROR, answer, lines_of, stored, stream_of
from ..support.paths import FIXTURES, ROOT
from ..support.program import STREAM

__all__ = ["prepare"]


def prepare(folder: Path, text: str) -> None:
    """Put them into ``folder``: bodies, streams and logs; tables and a database if ``text`` reads these."""
    response = (FIXTURES / "web_search.json").read_bytes()
    decoded = cm.snake.decode(response)
    stream = stream_of(3).replace('"id": "m1"', '"id": "m1", "created_at": "2025-03-04T09:15:02.500000Z"', 1)
    bodies = [("red", ANSWER), ("blue", ANSWER), ("red", stream)]
    envelopes = [{"headers": {"x-team": team}, "response": {"body": body}} for team, body in bodies]
    (folder / "response.json").write_bytes(response)
    (folder / "captured.sse").write_text("".join(STREAM), encoding="utf-8")
    stored(folder / "log.ndjson", cm.snake.encode_lines([decoded, decoded]))
    stored(folder / "exchanges.ndjson", lines_of(envelopes[:2]))
    for name in ("logs", "exchanges"):
        (folder / name).mkdir()
    stored(folder / "logs" / "2025-11-01.ndjson.gz", lines_of([answer(1), ERROR]))
    stored(folder / "exchanges" / "2025-11-01.ndjson", lines_of(envelopes))
    (folder / "tests").mkdir()
    (folder / "tests" / "fixtures").symlink_to(FIXTURES)
    (folder / "examples").symlink_to(ROOT / "examples")
    if re.search(r"usage/(\*|part-)", text):
        archive.run(
            [str(folder / "exchanges")], str(folder / "usage"), at="response.body", keys={"team": "headers.x-team"}
        )
    if "FROM usage" in text:
        _write_books(folder)


def _write_books(folder: Path) -> None:
    """``usage.db``, as the policy gateway fills it: a whole answer, one that was cut off, and an error."""
    cut_off = cm.snake.meter()
    cut_off.feed(stream_of(2, ends=False))
    cut_off.close()
    records = {
        "red": [cm.snake.summarize(lines_of([answer(1)])), cut_off.record],
        "blue": [cm.snake.summarize(lines_of([ERROR]))],
    }
    books = Books(str(folder / "usage.db"), str(folder / "exchanges.ndjson"))
    for team, of_team in records.items():
        books.add(Exchange(team, "/v1/conversations", records=of_team))
    books.close()
