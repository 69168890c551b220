"""The official TypeScript SDK under node. What needs it is skipped, with the reason, if node is not installed."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from .paths import ROOT

__all__ = ["installed", "run_script"]

_PACKAGE = ROOT / "tests" / "interop" / "package.json"


def run_script(script: Path, *arguments: Any) -> list[Any]:
    """The lines of JSON that ``script`` prints when it is run beside the SDK, with ``arguments`` as JSON."""
    # A script in a file looks for the SDK beside the file; one from standard input looks in the current directory.
    command = [_program("node"), "--input-type=module", "-", *map(json.dumps, arguments)]
    done = subprocess.run(
        command,
        cwd=installed(),
        input=script.read_text("utf-8"),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Not ``splitlines``, which also splits at Unicode's line ends, and JSON may hold those.
    return list(map(json.loads, done.stdout.removesuffix("\n").split("\n")))


def _program(name: str) -> str:
    if (found := shutil.which(name)) is None:
        pytest.skip(f"the TypeScript SDK was not tried: {name} is not installed")
    return found


def installed() -> Path:
    """A folder outside the repository with the SDK that package.json names; it is kept for the next run."""
    package = _PACKAGE.read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "conversation-models-tests" / hashlib.sha256(package).hexdigest()[:16]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            made = Path(temporary) / folder.name
            made.mkdir()
            (made / "package.json").write_bytes(package)
            _install(made)
            # Another run may have put the same there in the meantime.
            with contextlib.suppress(OSError):
                made.rename(folder)
    return folder


def _install(folder: Path) -> None:
    command = [_program("npm"), "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"the TypeScript SDK was not tried: npm could not install it: {done.stderr.strip()[-300:]}")
