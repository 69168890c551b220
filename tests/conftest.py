"""Settings for the whole suite."""

import gc
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from .support.amounts import USUAL_EXAMPLES

# An example may be slow on a busy machine. That is not a failure.
_PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("suite", max_examples=USUAL_EXAMPLES, **_PATIENT)
settings.register_profile("long", **_PATIENT)


def pytest_collection_finish() -> None:
    """Leave out of each garbage collection to come what was imported: there are many, and it is not garbage."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.option.markexpr == "long" else "suite")


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps the tests of a file in one process, and all that share the servers of ``interop``."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "tests/interop" if file.startswith("tests/interop/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    return FilesTogether(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes for the whole suite. A run of some files ends sooner without starting others."""
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return 2 if is_whole and (os.cpu_count() or 1) > 1 else 0
