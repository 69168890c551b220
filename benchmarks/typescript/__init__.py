"""The official TypeScript SDK under node, as its users run it: a process that times itself on request.

npm installs the SDK into this folder the first time. Its values are in camelCase.
"""

import json
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

from ..measure import Data, Op, Timer
from ..spelling import SNAKE_OF, respell

__all__ = ["TYPESCRIPT", "missing", "typescript", "version_of_sdk"]

TYPESCRIPT = "TypeScript SDK"
_FOLDER = Path(__file__).parent
_PACKAGE = _FOLDER / "node_modules" / "@mistralai" / "mistralai" / "package.json"


@cache
def missing() -> str:
    """Why the SDK cannot take part; an empty string if it can."""
    if which("node") is None or which("npm") is None:
        return "node and npm are not installed"
    if not _PACKAGE.exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        try:
            subprocess.run(command, cwd=_FOLDER, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            return f"npm install failed: {error}"
    return ""


def version_of_sdk() -> dict[str, str]:
    """The versions of node and the SDK, if they take part."""
    if missing():
        return {}
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    return {"@mistralai/mistralai": json.loads(_PACKAGE.read_bytes())["version"], "node": node.removeprefix("v")}


def typescript(operation: str, quick: bool) -> dict[str, Op]:
    """The SDK's operation by the name of the peer. Nothing if it cannot take part, or in a quick run."""
    return {} if quick or missing() else {TYPESCRIPT: _NodeOp(print, operation=operation)}


@dataclass(frozen=True)
class _NodeOp(Op):
    operation: str = ""

    def result(self, data: Data) -> Any:
        answer = _ask(do="prepare", operation=self.operation, data=_encoded(data), warm=False)["answer"]
        if self.operation in ("decode", "encode"):
            return json.dumps(respell(json.loads(answer), SNAKE_OF))
        return answer

    def timer(self, data: Data) -> Timer:
        task = _ask(do="prepare", operation=self.operation, data=_encoded(data), warm=True)["task"]

        def timer(loops: int) -> float:
            return float(_ask(do="time", task=task, loops=loops)["seconds"])

        return timer


def _encoded(data: Data) -> list[str]:
    return [b64encode(chunk).decode() for chunk in ([data] if isinstance(data, bytes) else data)]


@cache
def _node() -> "subprocess.Popen[str]":
    """The process. It ends when its input is closed, at the latest when this process ends."""
    return subprocess.Popen(
        ["node", "server.mjs"], cwd=_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _ask(**request: Any) -> Any:
    node = _node()
    assert node.stdin is not None
    assert node.stdout is not None
    node.stdin.write(json.dumps(request) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer
