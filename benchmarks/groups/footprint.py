"""Footprint: the time of an import in a fresh interpreter, and the size of the installed packages."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from ..environment import machine, versions
from ..group import Found, Group
from ..measure import Measurement, Refusal
from ..peer import LIBRARY
from ..plan import Plan

__all__ = ["FOOTPRINT", "IMPORT", "INSTALLED", "PACKAGES"]

IMPORT, INSTALLED, PACKAGES = "import", "installed size", "packages installed"

# The module that users import, and the distribution that they install for it.
IMPORTS = {
    LIBRARY: ("conversation_models", "conversation-models"),
    "msgspec": ("msgspec.json", "msgspec"),
    "mistralai": ("mistralai.client", "mistralai"),
    "pydantic": ("pydantic", "pydantic"),
    "mashumaro": ("mashumaro.codecs.orjson", "mashumaro"),
    "cattrs": ("cattrs.preconf.orjson", "cattrs"),
    "adaptix": ("adaptix", "adaptix"),
    "orjson": ("orjson", "orjson"),
    "pysimdjson": ("simdjson", "pysimdjson"),
    "httpx-sse": ("httpx_sse", "httpx-sse"),
    "sseclient-py": ("sseclient", "sseclient-py"),
    "openai": ("openai", "openai"),
}
_TIMED_IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def _run(plan: Plan) -> Found:
    about = {"machine": machine(), "versions": versions([]), "missing": {}}
    found: list[Measurement | Refusal] = []
    times: dict[str, list[float]] = {}
    for turn in range(plan.rounds + 1):
        for name, (module, _) in IMPORTS.items():
            command = [sys.executable, "-c", _TIMED_IMPORT.format(module)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                found.append(Refusal(case=IMPORT, peer=name, reason=done.stderr.splitlines()[-1]))
            elif turn:  # The first import may have to compile byte code.
                times.setdefault(name, []).append(float(done.stdout))
    for name, values in times.items():
        found.append(Measurement(case=IMPORT, peer=name, operation=IMPORT, values=values))
        folders = dict(_installed(IMPORTS[name][1]))
        found += [
            Measurement(case=INSTALLED, peer=name, operation=INSTALLED, values=[sum(folders.values())], unit="byte"),
            Measurement(case=PACKAGES, peer=name, operation=PACKAGES, values=[len(folders)], unit="integer"),
        ]
    return Found(found, about)


def _installed(name: str, seen: set[str] | None = None) -> Iterator[tuple[str, int]]:
    """The distribution and all its requirements, each with the size of its files without byte code."""
    seen = set() if seen is None else seen
    if name in seen:
        return
    seen.add(name)
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    yield name, _size(name)
    for line in found.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield from _installed(_normal(requirement.name), seen)


def _size(name: str) -> int:
    files = [Path(str(file.locate())) for file in distribution(name).files or []]
    if name == "conversation-models":  # An editable installation does not list its files.
        spec = importlib.util.find_spec("conversation_models")
        assert spec is not None
        files = [file for folder in spec.submodule_search_locations or [] for file in Path(folder).rglob("*")]
    return sum([file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc"])


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


FOOTPRINT = Group("footprint", "import time and installed size", _run)
