"""Settings for the whole suite."""

import gc
import os
import signal
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from .support.amounts import USUAL_EXAMPLES

# An example may be slow on a busy machine: that is not a failure. Examples are new in each run, also where hypothesis
# finds that it runs in CI, and a failure says how to run its example again.
_EVERYWHERE: dict[str, Any] = {
    "deadline": None,
    "derandomize": False,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("suite", max_examples=USUAL_EXAMPLES, **_EVERYWHERE)
settings.register_profile("long", max_examples=100, **_EVERYWHERE)

# No test begins after so many minutes, and the files take turns to be first. Without a limit, all of them run.
_MINUTES = os.environ.get("LONG_MINUTES")
_FIRST = int(os.environ.get("LONG_FROM", "0"))
_began = time.monotonic()


def pytest_collection_finish() -> None:
    """Leave out of each garbage collection to come what was imported: there are many, and it is not garbage."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files in another order if there may not be time for all."""
    if _MINUTES and _is_long(config):
        files = list(dict.fromkeys(item.path for item in items))
        at = {path: (place - _FIRST) % len(files) for place, path in enumerate(files)}
        items.sort(key=lambda item: at[item.path])


def pytest_runtest_setup(item: pytest.Item) -> None:
    if _MINUTES and _is_long(item.config) and time.monotonic() - _began > 60 * float(_MINUTES):
        pytest.skip("there was no time left of LONG_MINUTES")


def _is_long(config: pytest.Config) -> bool:
    return bool(config.option.markexpr == "long")


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background ignores interrupts, and so would every program that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("long" if _is_long(config) else "suite")


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
