"""Where the policy gateway writes: usage to SQLite, and whole exchanges to an archive, in a thread of its own.

The event loop only puts finished exchanges into a queue. ``close`` waits until all of them are written, so a server
that stops in order loses none. One that is killed loses those that were waiting.
"""

import gzip
import logging
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from msgspec import UNSET, Raw
from msgspec.structs import replace

import conversation_models as cm

__all__ = ["Books", "Exchange"]

# SQLite reads the numbers out of the record: a count of tokens may be larger than its integers, and none may be stated.
SCHEMA = """
CREATE TABLE IF NOT EXISTS usage (
    time TEXT NOT NULL,
    team TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    conversation_id TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    total_tokens INTEGER,
    record TEXT NOT NULL
)
"""
INSERT = """
INSERT INTO usage SELECT :time, :team, json_extract(:record, '$.kind'), json_extract(:record, '$.status'),
    json_extract(:record, '$.conversation_id'), json_extract(:record, '$.usage.prompt_tokens'),
    json_extract(:record, '$.usage.completion_tokens'), json_extract(:record, '$.usage.total_tokens'), :record
"""
# New calls are refused while more exchanges than this wait to be written, so that a slow disk does not fill the memory.
MOST_WAITING = 1000

logger = logging.getLogger(__name__)


@dataclass
class Exchange:
    """One call. ``records``: what it cost, none if upstream was not asked."""

    team: str
    path: str
    time: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    codec: cm.Codec = cm.snake
    """Writes the naming of the caller."""
    request: Any = None
    """Without secrets. ``None`` if it could not be read."""
    status: int | None = None
    """``None`` if the caller left before the answer."""
    body: bytes | cm.ResponseBuilder = b""
    """JSON, or the response that the caller's stream adds up to."""
    stream: list[bytes] = field(default_factory=list[bytes])
    """The events of the stream, as the caller got them, or would have got them had it not left."""
    records: list[cm.UsageRecord] = field(default_factory=list[cm.UsageRecord])


class Books:
    """The database and the archive. The archive is newline-delimited JSON; gzipped if its name ends in ``.gz``."""

    def __init__(self, database: str, archive: str) -> None:
        """Raises ``OSError`` or ``sqlite3.Error`` if one of them cannot be opened."""
        self._archive = Path(archive)
        self._archive.open("ab").close()
        self._database = sqlite3.connect(database, timeout=30, check_same_thread=False)
        try:
            self._database.execute(SCHEMA)
        except sqlite3.Error:
            self._database.close()
            raise
        self._waiting = SimpleQueue[Exchange | None]()
        self._thread = threading.Thread(target=self._write_all, name="books")
        self._thread.start()

    @property
    def are_behind(self) -> bool:
        return self._waiting.qsize() > MOST_WAITING

    def add(self, exchange: Exchange) -> None:
        """Have ``exchange`` written soon. Never blocks."""
        self._waiting.put(exchange)

    def close(self) -> None:
        """Wait until everything is written."""
        self._waiting.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        with closing(self._database):
            while batch := self._next_batch():
                lines: list[bytes] = []
                try:
                    with self._database:
                        lines = [line for exchange in batch if (line := self._write(exchange))]
                    self._append(b"".join(lines))
                except (sqlite3.Error, OSError):
                    records = [record for exchange in batch for record in exchange.records]
                    logger.exception("%d exchanges are not in the books. They cost: %s", len(batch), records)

    def _next_batch(self) -> list[Exchange]:
        """All exchanges that wait, at least one: they share a transaction. Empty after the last one."""
        exchange = self._waiting.get()
        batch: list[Exchange] = []
        while exchange is not None:
            batch.append(exchange)
            try:
                exchange = self._waiting.get_nowait()
            except Empty:
                return batch
        if batch:
            self._waiting.put(None)  # The end is seen again after this batch.
        return batch

    def _write(self, exchange: Exchange) -> bytes:
        """Write the records of ``exchange``, in the transaction that is open. Return its line for the archive."""
        try:
            self._database.executemany(INSERT, rows_of(exchange))
            return line_of(exchange)
        except Exception:  # Nothing that one exchange holds may keep the others out of the books.
            logger.exception("An exchange is not in the books. It cost: %s", exchange.records)
            return b""

    def _append(self, lines: bytes) -> None:
        with self._archive.open("ab") as file:
            # To gzip, each batch is a file of its own: one that a crash cuts off spoils no other.
            file.write(gzip.compress(lines) if self._archive.suffix == ".gz" else lines)


def rows_of(exchange: Exchange) -> list[dict[str, str]]:
    time, team = exchange.time.isoformat(), exchange.team
    return [{"time": time, "team": team, "record": text_of(record)} for record in exchange.records]


def text_of(record: cm.UsageRecord) -> str:
    if record.status == "failed":
        record = replace(record, error_message=None)  # The service's words, which may repeat the caller's.
    return cm.snake.encode(record).decode()


def line_of(exchange: Exchange) -> bytes:
    """The exchange as a line of JSON, which has no header but the team's."""
    encode = exchange.codec.encode
    response: dict[str, Any] = {"status": exchange.status}
    if isinstance(exchange.body, cm.ResponseBuilder):
        body = encode(exchange.body.response)
        # A builder counts from zero. If no usage was stated, a zero would look like a price.
        is_stated = exchange.records[0].usage is not None
        response["body"] = Raw(body if is_stated else cm.patch(body, ["usage"], UNSET))
        response["stream"] = b"".join(exchange.stream).decode()
    elif exchange.body:
        response["body"] = Raw(exchange.body)
    request = {"path": exchange.path, "body": exchange.request}
    envelope = {"time": exchange.time, "team": exchange.team, "request": request, "response": response}
    return exchange.codec.encode_lines([envelope])
