"""Imports run one way: no cycles, each part of the package on those before it, nothing private across modules."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("conversation_models", "benchmarks", "examples")

# What the codec puts together.
CODEC = "errors building jsontext models spelling reading accounting stream summary"
# The other parts of ``conversation_models`` that each part may import, from the bottom up.
MAY_IMPORT = {
    "errors": "",
    "building": "",
    "jsontext": "errors building",
    "lines": "",
    "models": "errors building jsontext",
    "spelling": "errors building jsontext models",
    "reading": "errors building jsontext models spelling",
    "accounting": "errors building jsontext models",
    "telemetry": "models accounting",
    "stream": "errors building jsontext models accounting",
    "summary": "errors building jsontext models spelling reading accounting",
    "schema": "building models spelling reading",
    "codec": f"{CODEC} lines schema",
    "sse": "errors building jsontext models stream",
    "patch": f"{CODEC} codec",
    "inputs": f"{CODEC} lines codec",
    "captured": f"{CODEC} patch",
    "__init__": f"{CODEC} lines codec sse patch inputs",
    "archive": f"{CODEC} codec patch captured __init__",
    "cli": f"{CODEC} lines codec sse patch inputs captured archive __init__",
    "__main__": "cli",
}


def modules_in(package: Path) -> dict[str, Path]:
    """The file of each module. A package itself is called ``package.__init__``."""
    return {
        ".".join((package.name, *file.relative_to(package).with_suffix("").parts)): file
        for file in sorted(package.rglob("*.py"))
    }


def syntax_of(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def imports_in(package: Path) -> set[tuple[str, str]]:
    """Which module of a package imports which: anywhere in it, in a function or for type checkers too."""
    modules = modules_in(package)
    found = set()
    for importer, file in modules.items():
        for node in syntax_of(file):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found |= {(importer, module) for module in run_by(importer, alias.name, modules)}
            elif isinstance(node, ast.ImportFrom):
                source = source_of(importer, node)
                for alias in node.names:
                    submodule = f"{source}.{alias.name}"
                    name = submodule if is_module(submodule, modules) else source
                    found |= {(importer, module) for module in run_by(importer, name, modules)}
    return found


def source_of(importer: str, node: ast.ImportFrom) -> str:
    """The ``a.b`` of ``from a.b import c``, its dots resolved."""
    above = importer.split(".")[: -node.level] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def is_module(name: str, modules: dict[str, Path]) -> bool:
    return name in modules or f"{name}.__init__" in modules


def run_by(importer: str, name: str, modules: dict[str, Path]) -> Iterator[str]:
    """The modules that ``importer`` runs by importing the module ``name``."""
    if name in modules:
        yield name
    elif f"{name}.__init__" in modules and f"{name}.__init__" != importer:
        yield f"{name}.__init__"
    # Importing ``a.b.c`` runs the packages ``a`` and ``a.b`` before it, unless the importer is inside of them.
    folder = name
    while folder := folder.rpartition(".")[0]:
        if f"{folder}.__init__" in modules and not importer.startswith(f"{folder}."):
            yield f"{folder}.__init__"


def cycle_in(package: Path) -> list[str]:
    """The modules of an import cycle, none if there is no cycle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for importer, imported in sorted(imports_in(package)):
        sorter.add(importer, imported)
    try:
        sorter.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def part_of(module: str) -> str:
    return module.split(".")[1]


def wrong_ways(package: Path) -> list[str]:
    """The imports that ``MAY_IMPORT`` does not allow."""
    return [
        f"{importer} imports {imported}"
        for importer, imported in sorted(imports_in(package))
        if part_of(imported) not in [part_of(importer), *MAY_IMPORT[part_of(importer)].split()]
    ]


def private_uses(package: Path) -> list[str]:
    """Private names that a module imports from another one of ours, or reads without having defined them."""
    modules, ours, found = modules_in(package), {package.name, *PACKAGES}, []
    for module, file in modules.items():
        nodes = syntax_of(file)
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and (source := source_of(module, node)).split(".")[0] in ours:
                # A module with a private name is private to its folder.
                names = [alias.name for alias in node.names if not is_module(f"{source}.{alias.name}", modules)]
                found += [f"{module} imports {source}.{name}" for name in names if is_private(name)]
        defined = set().union(*map(names_defined_by, nodes))
        found += [
            f"{module} reads {ast.unparse(node)}"
            for node in nodes
            if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in defined
        ]
    return found


def names_defined_by(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Name(ctx=ast.Store()):
            return {node.id}
        case ast.Attribute(value=ast.Name("self"), ctx=ast.Store()):
            return {node.attr}
    return set()


# The methods of a NamedTuple are public, in spite of their names.
NAMED_TUPLE = {"_asdict", "_fields", "_make", "_replace"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in NAMED_TUPLE


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_have_no_cycle(package: str) -> None:
    assert cycle_in(ROOT / package) == []


def test_imports_run_one_way() -> None:
    assert wrong_ways(ROOT / "conversation_models") == []


def test_every_part_of_the_package_has_its_place() -> None:
    assert {part_of(module) for module in modules_in(ROOT / "conversation_models")} == MAY_IMPORT.keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_private_names_stay_in_their_module(package: str) -> None:
    assert private_uses(ROOT / package) == []


# The checks fail where they should ---------------------------------------------------------------------------------


def made_up(folder: Path, modules: dict[str, str]) -> Path:
    """A package of these modules, by their dotted names inside of it."""
    package = folder / "made_up"
    for name, text in modules.items():
        file = package.joinpath(*name.split(".")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text, encoding="utf-8")
    (package / "__init__.py").touch()
    return package


@pytest.mark.parametrize(
    "back",
    [
        "from .models import a",
        "from .models.a import A",
        "from . import models\nfrom .models import a as b",
        "import made_up.models.a",
        "from made_up.models.a import A as B",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .models.a import A",
        "def f():\n    from .models.a import A",
        "class C:\n    try:\n        import made_up.models.a as m\n    finally:\n        pass",
    ],
)
def test_a_cycle_is_found(tmp_path: Path, back: str) -> None:
    one_way = {"models.a": "from ..errors import E\nclass A: ...", "errors": "class E: ..."}
    assert cycle_in(made_up(tmp_path, one_way)) == []
    assert {"made_up.models.a", "made_up.errors"} <= set(cycle_in(made_up(tmp_path, {"errors": back})))


def test_a_cycle_through_the_init_of_another_folder_is_found(tmp_path: Path) -> None:
    package = made_up(tmp_path, {"a.one": "from ..b.two import B", "b.two": "", "b.__init__": "from ..a.one import A"})
    assert {"made_up.a.one", "made_up.b.__init__"} <= set(cycle_in(package))


def test_the_init_of_the_package_itself_makes_no_cycle(tmp_path: Path) -> None:
    package = made_up(
        tmp_path, {"one": "from .two import B", "two": "", "__init__": "from .one import B\nfrom . import two"}
    )
    assert cycle_in(package) == []
    assert imports_in(package) == {
        ("made_up.one", "made_up.two"),
        ("made_up.__init__", "made_up.one"),
        ("made_up.__init__", "made_up.two"),
    }


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("errors", "jsontext"),
        ("jsontext", "models.base"),
        ("models.base", "reading.drift"),
        ("spelling.families", "reading.drift"),
        ("spelling.families", "stream.blocks"),
        ("stream.meter", "spelling.families"),
        ("stream.meter", "codec"),
        ("codec", "patch"),
        ("codec", "cli.commands"),
        ("cli.commands", "__main__"),
        ("codec", "__init__"),
    ],
)
def test_an_import_the_wrong_way_is_found(tmp_path: Path, importer: str, imported: str) -> None:
    name = f".{imported}".removesuffix(".__init__")
    package = made_up(tmp_path, {imported: "", importer: f"def f():\n    import made_up{name}\n"})
    assert f"made_up.{importer} imports made_up.{imported}" in wrong_ways(package)
    assert wrong_ways(made_up(tmp_path, {importer: ""})) == []


@pytest.mark.parametrize(
    "use",
    [
        "from .a import _private",
        "from . import a\na._private()",
        "from . import a as other\nprint(other._private)",
        "import made_up.a\nmade_up.a._private()",
        "from .a import A\nA._private()",
        "from .a import A\nclass B(A):\n    def f(self):\n        return self._private",
        "def f(a):\n    return a._private",
        "from conversation_models.codec import _private",
    ],
)
def test_a_private_name_of_another_module_is_found(tmp_path: Path, use: str) -> None:
    assert len(private_uses(made_up(tmp_path, {"a": "", "b": use}))) == 1


def test_names_that_only_look_private_are_left_alone(tmp_path: Path) -> None:
    text = "from . import _c\nfrom .a import A, __doc__\nA.__name__\nA()._replace()\nself._mine = 1\nother._mine"
    assert private_uses(made_up(tmp_path, {"a": "", "_c": "", "b": text})) == []
