"""The site of the documentation builds without a warning, and has every public name and page."""

import re
import subprocess
import sys
import zlib
from functools import reduce
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import conversation_models as cm

from ..support.pages import text_of
from ..support.paths import ROOT

MODULES = ["conversation_models", *[f"conversation_models.{name}" for name in ("archive", "sse", "telemetry")]]
LLMS = text_of("docs/llms.txt")
PAGES = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if sys.version_info < (3, 11):
        pytest.skip("the Sphinx that the site needs does not run on this Python")
    folder = tmp_path_factory.mktemp("site")
    # A process of its own: the extensions change what Sphinx knows of Python's modules.
    options = ["-W", "-n", "-q", "--keep-going", "-b", "html", "-d", str(folder / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, "docs", str(folder / "html")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


@pytest.fixture(scope="module")
def indexed(site: Path) -> set[str]:
    """The names in the inventory, which other sites link to."""
    *_, compressed = (site / "objects.inv").read_bytes().split(b"\n", 4)
    return {line.split(" ")[0] for line in zlib.decompress(compressed).decode().splitlines()}


@pytest.mark.long
@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module: str, indexed: set[str]) -> None:
    names = {f"{module}.{name}" for name in import_module(module).__all__}
    assert names - indexed == set()


@pytest.mark.long
def test_every_public_method_is_in_the_reference(indexed: set[str]) -> None:
    classes = [value for name in cm.__all__ if isinstance(value := getattr(cm, name), type)]
    methods = {
        f"conversation_models.{cls.__name__}.{name}"
        for cls in classes
        for name, value in vars(cls).items()
        if not name.startswith("_") and (callable(value) or isinstance(value, property))
    }
    assert "conversation_models.Codec.iter_events" in methods
    assert methods - indexed == set()


@pytest.mark.long
def test_every_page_is_built(site: Path) -> None:
    assert Path("guides/gateway.md") in PAGES
    assert [page for page in PAGES if not (site / page).with_suffix(".html").is_file()] == []


@pytest.mark.long
def test_unions_are_shown_by_their_names(site: Path) -> None:
    page = (site / "reference" / "streams.html").read_text(encoding="utf-8")
    text = unescape(re.sub(r"<[^>]+>|\s", "", page))
    assert "collect(events:Iterable[StreamEvent])→ConversationResponse" in text


# llms.txt ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_llms_links_to_every_page_once(site: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text(encoding="utf-8"))
    of_its_own = [page for page in PAGES if page.parent.name != "reference" and page.name != "index.md"]
    assert sorted(links) == sorted([*[str(page.with_suffix(".html")) for page in of_its_own], "reference/index.html"])
    assert [link for link in links if not (site / link).is_file()] == []


def test_llms_names_what_there_is() -> None:
    names = re.findall(r"`cm\.([\w.]+)", LLMS)
    assert "snake.decode" in names
    for name in names:
        reduce(getattr, name.split("."), cm)


def test_llms_names_functions_of_other_modules_that_there_are() -> None:
    found: list[Any] = re.findall(r"`(conversation_models\.\w+)\.(\w+)\(", LLMS)
    assert found
    assert [name for module, name in found if name not in import_module(module).__all__] == []


def test_llms_has_the_main_interface_in_thirty_lines() -> None:
    (section,) = re.findall(r"## The main API\n\n(.*?)\n\n", LLMS, re.DOTALL)
    assert len(section.splitlines()) <= 30
