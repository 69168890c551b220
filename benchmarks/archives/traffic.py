"""Made-up traffic: files of responses of mixed sizes, as a gateway logs them.

A seeded generator draws from the measured documents, small ones far more often, and gives each response an id and
counts of its own.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

from ..payloads import document

__all__ = ["bodies", "write_archive"]

# How many of a thousand responses are like this one.
SHARES = {
    "short answer": 400,
    "web search": 260,
    "functions and handoffs": 100,
    "non-ASCII": 80,
    "reasoning": 80,
    "code interpreter": 50,
    "cited report": 26,
    "history": 3,
    "image": 1,
}

_PARTS = re.compile(
    rb'(.*"conversation_id":")[^"]*(".*"prompt_tokens":)\d+(,"completion_tokens":)\d+(,"total_tokens":)\d+(.*)',
    re.DOTALL,
)


@cache
def _templates() -> list[tuple[bytes, ...]]:
    """The documents, in pieces: between them are the id and the counts."""
    found = [_PARTS.fullmatch(document(name)) for name in SHARES]
    return [parts.groups() for parts in found if parts]


def bodies(size: int, seed: int) -> Iterator[bytes]:
    """Responses of about ``size`` bytes, all in all."""
    random = Random(seed)
    weights = list(SHARES.values())
    while size > 0:
        before, middle, completion, total, after = random.choices(_templates(), weights)[0]
        prompt, answer = random.randint(50, 4000), random.randint(50, 4000)
        usage = b"%b%d%b%d%b%d%b" % (middle, prompt, completion, answer, total, prompt + answer, after)
        body = b"%bconv_%032x%b" % (before, random.getrandbits(128), usage)
        size -= len(body)
        yield body


def write_archive(folder: Path, size: int, files: int) -> list[str]:
    """Write files of newline-delimited JSON of about ``size`` bytes, all in all; their paths."""
    paths = []
    for index in range(files):
        path = folder / f"log-{index:05}.ndjson"
        with path.open("wb") as file:
            for body in bodies(size // files, index):
                file.write(body)
                file.write(b"\n")
        paths.append(str(path))
    return paths
