"""The gateway with a policy, served by uvicorn in a thread, and what it has written in its books."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

import conversation_models as cm
from examples.policy import Policy
from examples.policy_gateway import PolicyGateway

from .example_gateway import serving_application
from .servers import PATIENCE, Connection, Script, serving

__all__ = ["POLICY", "Served", "Upstream", "rows_in", "serving_policy_gateway"]

POLICY = Policy(frozenset({"function", "web_search", "connector", "mail"}), max_deltas=100, max_bytes=1 << 20)


class Upstream:
    """Answers with one body, or the parts of one stream. ``requests``: heads and bodies of what it was asked."""

    def __init__(self, *parts: bytes, status: int = 200, body: bytes | None = None) -> None:
        self._parts, self._status, self._body = parts, status, body
        self.requests: list[tuple[bytes, bytes]] = []

    async def __call__(self, connection: Connection) -> None:
        self.requests.append((connection.request, await connection.body()))
        if self._body is not None:
            await connection.answer(self._status, self._body)
            return
        await connection.head()
        for part in self._parts:
            await connection.send(part)
        await connection.end()


class Served(NamedTuple):
    url: str
    client: httpx.Client
    gateway: PolicyGateway
    database: Path
    archive: Path

    @contextlib.contextmanager
    def upstream(self, script: Script) -> Iterator[None]:
        """Let ``script`` answer."""
        with serving(script) as url:
            self.gateway.base_url = httpx.URL(url)
            yield

    def post(self, team: str, body: Any, path: str = "/v1/conversations", **headers: str) -> httpx.Response:
        """Call the gateway. The team is the name under which ``rows`` and ``exchange`` find the call."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=content, headers=headers | {"x-team": team})

    def exchange(self, team: str) -> dict[str, Any]:
        """The call of ``team`` in the archive."""
        (line,) = self.lines(team, 1)
        found: dict[str, Any] = json.loads(line)
        return found

    def lines(self, team: str, count: int) -> list[bytes]:
        """The lines of ``team`` in the archive, once there are so many. The usage is in the database by then."""
        ends = time.monotonic() + PATIENCE
        while True:
            lines = self.archive.read_bytes().splitlines(keepends=True)
            found = [line for line in lines if line.endswith(b"\n") and json.loads(line)["team"] == team]
            if len(found) >= count:
                return found
            assert time.monotonic() < ends, found
            time.sleep(0.01)

    def rows(self, team: str, calls: int = 1) -> list[tuple[Any, ...]]:
        """Kind, status, conversation and tokens of each row that ``team`` has after so many calls."""
        self.lines(team, calls)
        return rows_in(self.database, team)

    def record(self, team: str) -> cm.UsageRecord:
        """What the only row of ``team`` was made from."""
        self.lines(team, 1)
        ((text,),) = rows_in(self.database, team, "record")
        record: cm.UsageRecord = cm.snake.decode(text, cm.UsageRecord)
        return record


def rows_in(database: Path, team: str, columns: str = "kind, status, conversation_id, total_tokens") -> list[Any]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(f"SELECT {columns} FROM usage WHERE team = ?", [team]).fetchall()


@contextlib.contextmanager
def serving_policy_gateway(folder: Path, archive: str = "archive.ndjson") -> Iterator[Served]:
    """Serve the gateway, with its books in ``folder``. At the end, everything is written."""
    database = folder / "usage.sqlite"
    gateway = PolicyGateway("http://unset", POLICY, str(database), str(folder / archive))
    with (
        serving_application(gateway.application, lifespan="on") as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield Served(url, client, gateway, database, folder / archive)
