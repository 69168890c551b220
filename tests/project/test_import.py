"""The modules that importing the package imports, and its public names."""

import subprocess
import sys
from functools import cache
from importlib.resources import files

import pytest

import conversation_models as cm

from ..support.documents import SHAPES

# The public names that belong to models and codecs.
PUBLIC = {
    *("camel", "snake", "decode", "encode", "Codec", "patch", "ConversationModelsError", "ConversationDecodeError"),
    *("Unknown", "OutputEntry", "ContentChunk", "ConversationEvent"),
    *("ResponseHead", *(cls.__name__ for cls in SHAPES)),
}


@cache
def modules_after(statement: str) -> frozenset[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return frozenset(done.stdout.split())


def test_importing_imports_nothing_but_msgspec() -> None:
    # Gateways start workers, and functions start cold: a request may have to wait for the import.
    added = modules_after("import conversation_models") - modules_after("import msgspec")
    assert "conversation_models.codec" in added
    # The lock around building decoders; whatever runs threads has imported it already.
    added -= {"threading", "_weakrefset"}
    assert {name for name in added if name.partition(".")[0] != "conversation_models"} == set()
    # The modules that msgspec imports may change, but these must never be among them.
    assert added.isdisjoint(
        {"typer", "rich", "click", "asyncio", "pydantic", "conversation_models.cli", "conversation_models.schema"}
    )


def test_telemetry_is_imported_when_it_is_used_and_needs_no_opentelemetry() -> None:
    assert "conversation_models.telemetry" not in modules_after("import conversation_models")
    added = modules_after("import conversation_models.telemetry") - modules_after("import conversation_models")
    assert added == {"conversation_models.telemetry"}


def test_functions_that_reading_does_not_need_are_imported_when_they_are_used() -> None:
    lazy = {
        "as_inputs": "inputs",
        "events_of": "stream.replay",
        "rewrite_text": "stream.rewrite",
        "arewrite_text": "stream.rewrite",
    }
    modules = {f"conversation_models.{module}" for module in lazy.values()}
    assert modules.isdisjoint(modules_after("import conversation_models"))
    assert modules <= modules_after("from conversation_models import *")
    for name, module in lazy.items():
        assert f"conversation_models.{module}" in modules_after(f"from conversation_models import {name}")
    assert lazy.keys() <= set(dir(cm))
    with pytest.raises(AttributeError, match="module 'conversation_models' has no attribute 'as_outputs'"):
        _ = cm.as_outputs  # type: ignore[attr-defined]


def test_the_public_names_exist_and_are_listed_once() -> None:
    assert set(cm.__all__) >= PUBLIC
    assert len(cm.__all__) == len(set(cm.__all__))
    assert all(hasattr(cm, name) for name in cm.__all__)


def test_star_import_gives_the_public_names() -> None:
    namespace: dict[str, object] = {}
    exec("from conversation_models import *", namespace)
    assert namespace.keys() - {"__builtins__"} == set(cm.__all__)


def test_the_package_has_a_py_typed_file() -> None:
    assert (files("conversation_models") / "py.typed").is_file()
