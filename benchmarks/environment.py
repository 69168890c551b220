"""The machine and the versions that the figures were measured with."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = """
    conversation-models msgspec orjson pydantic pydantic-core mistralai httpx httpx-sse httpx2 pysimdjson uvicorn
"""


def machine() -> dict[str, str | int]:
    """This computer and interpreter."""
    return {
        "cpu_model_name": _cpu(),
        "cpu_count": os.cpu_count() or 0,
        "platform": platform.system(),
        "python_version": platform.python_version(),
    }


def _cpu() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def versions() -> dict[str, str]:
    """The version of each package that takes part."""
    return {name: version(name) for name in _PACKAGES.split()}
