"""The official TypeScript SDK under node, as its users run it. A separate process times itself on request.

npm installs it into ``typescript/node_modules`` the first time. Its values are in camelCase.
"""

import json
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

from ..peer import Operation, Peer, PeerMissingError, Timer

_FOLDER = Path(__file__).parent / "typescript"
_PACKAGE = _FOLDER / "node_modules" / "@mistralai" / "mistralai" / "package.json"
_OPERATIONS: Sequence[Operation] = ("decode", "encode", "decode history", "transcode", "read events", "meter")


def _install() -> None:
    if which("node") is None or which("npm") is None:
        raise PeerMissingError("node and npm are not installed")
    if _PACKAGE.exists():
        return
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    try:
        subprocess.run(command, cwd=_FOLDER, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise PeerMissingError(f"npm install failed: {error}") from error


class _Node:
    """The node process. It ends when its input is closed, at the latest when this process ends."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "server.mjs"], cwd=_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def prepare(self, operation: Operation, data: bytes | Sequence[bytes], warm: bool) -> Any:
        chunks = [data] if isinstance(data, bytes) else data
        encoded = [b64encode(chunk).decode() for chunk in chunks]
        return self.ask(do="prepare", operation=operation, data=encoded, warm=warm)["answer"]


@cache
def _node() -> _Node:
    return _Node()


class _TypeScriptPeer(Peer):
    @property
    def offers(self) -> frozenset[Operation]:
        return frozenset(_OPERATIONS)

    def versions(self) -> dict[str, str]:
        node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
        return {"@mistralai/mistralai": json.loads(_PACKAGE.read_bytes())["version"], "node": node.removeprefix("v")}

    def answer(self, operation: Operation, data: Any) -> Any:
        return _node().prepare(operation, data, warm=False)

    def timer(self, operation: Operation, data: Any) -> Timer:
        node = _node()
        node.prepare(operation, data, warm=True)

        def timer(loops: int) -> float:
            seconds: float = node.ask(do="time", loops=loops)["seconds"]
            return seconds

        return timer


_install()
PEER = _TypeScriptPeer(name="TypeScript SDK (node)", packages=[], typed=True, operations={})
