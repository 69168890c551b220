"""One reader of an archive, in a process of its own: the tokens it finds, its processor time and its peak memory.

``python -m benchmarks.archives.probe READER FILE…`` prints them as JSON. Each reader adds up the tokens of all
responses, on one core, as people who do not have this library would.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["READERS"]


def table(paths: list[str]) -> int:
    from conversation_models.archive import usage_table

    return sum(sum(filter(None, usage_table(path)["total_tokens"].to_pylist())) for path in paths)


def peek(paths: list[str]) -> int:
    """Not a reader of files: ``peek`` on lines that are in memory already. The measure of the others."""
    from conversation_models import snake

    lines = [line for path in paths for line in Path(path).read_bytes().splitlines()]
    _start()
    tokens = 0
    for line in lines:
        tokens += snake.peek(line).usage.total_tokens
    return tokens


def plain_json(paths: list[str]) -> int:
    tokens = 0
    for path in paths:
        with open(path, "rb") as file:
            for line in file:
                tokens += json.loads(line)["usage"]["total_tokens"]
    return tokens


def duckdb(paths: list[str]) -> int:
    import duckdb

    connection = duckdb.connect()
    connection.sql("SET threads = 1")
    # Only the column that is asked for is declared, and lines may be as long as they are.
    query = (
        "SELECT sum(usage.total_tokens)::BIGINT FROM read_json($1, format = 'newline_delimited',"
        " columns = {usage: 'STRUCT(total_tokens BIGINT)'}, maximum_object_size = 67108864)"
    )
    found = connection.execute(query, [paths]).fetchone()
    assert found
    return int(found[0])


def polars(paths: list[str]) -> int:
    import polars

    schema = {"usage": polars.Struct({"total_tokens": polars.Int64})}
    rows = polars.scan_ndjson(paths, schema=schema)
    return int(rows.select(polars.col("usage").struct.field("total_tokens").sum()).collect().item())


READERS: dict[str, Callable[[list[str]], int]] = {
    "peek, in memory": peek,
    "conversation_models": table,
    "json": plain_json,
    "DuckDB": duckdb,
    "Polars": polars,
}

_started = 0.0


def _start() -> None:
    global _started
    _started = time.process_time()


def main() -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"
    name, *paths = sys.argv[1:]
    reader = READERS[name]
    # What happens once, such as imports, is not part of the time.
    with TemporaryDirectory() as folder, open(paths[0], "rb") as file:
        first = Path(folder, "first.ndjson")
        first.write_bytes(file.readline())
        reader([str(first)])
    _start()
    tokens = reader(paths)
    seconds = time.process_time() - _started
    print(json.dumps({"tokens": tokens, "seconds": seconds, "peak": _peak()}))


def _peak() -> int:
    """The most memory that this process has had resident, in bytes."""
    # Not ``ru_maxrss``: on Linux, that begins with the memory of the process that started this one.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
