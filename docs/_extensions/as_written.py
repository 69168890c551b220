"""The reference shows signatures and fields as the source has them: ``OutputEntry``, not the members of that union."""

import ast
import inspect
import re
import textwrap
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.pycode import ModuleAnalyzer

import conversation_models

PACKAGE = conversation_models.__name__
# Objects that programs get from a codec, and do not make.
MADE_BY_A_CODEC = {"EventDecoder", "StreamMeter"}
SECTIONS = {"Attributes:": "ivar", "Args:": "param"}
ITEM = re.compile(r" {4}(?P<name>\w+): (?P<text>.+)")


def setup(app: Sphinx) -> dict[str, Any]:
    directive: Any = PythonDomain.directives["class"]
    next(field for field in directive.doc_field_types if field.name == "variable").label = "Fields"
    app.connect("builder-inited", read_the_parts)
    app.connect("autodoc-process-signature", signature_as_written)
    app.connect("autodoc-process-docstring", sections_as_fields)
    return {"parallel_read_safe": True}


def read_the_parts(_: Sphinx) -> None:
    """Public objects name the package as their module. So what their own modules say is the package's here."""
    package = ModuleAnalyzer.for_module(PACKAGE)
    package.analyze()
    folder = Path(inspect.getfile(conversation_models)).parent
    for file in sorted(folder.rglob("*.py")):
        part = ModuleAnalyzer.for_file(file, file.stem)  # Not by its name, which would import it.
        part.analyze()
        package.annotations.update(part.annotations)
        package.attr_docs.update(part.attr_docs)


def signature_as_written(
    _app: Sphinx, what: str, _name: str, obj: Any, _options: Any, _signature: str | None, _returns: str | None
) -> tuple[str | None, str | None] | None:
    if what == "class":
        return without_types(obj) if obj.__name__ not in MADE_BY_A_CODEC else ("", None)
    if not isinstance(obj, FunctionType | MethodType):
        return None
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(obj))).body
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    written = text_of(function.returns)
    if "Any" in written:  # The body of several overloads: the page says how it is called.
        return None
    if what == "method":
        del function.args.args[0]
    return f"({text_of(function.args)})", written


def without_types(cls: Any) -> tuple[str, None]:
    parameters = inspect.signature(cls).parameters.values()
    return str(inspect.Signature([one.replace(annotation=one.empty) for one in parameters])), None


def sections_as_fields(_app: Sphinx, what: str, _name: str, obj: Any, _options: Any, lines: list[str]) -> None:
    """Make field lists of the sections ``Attributes`` and ``Args``. Napoleon would take ``The text: …`` for a type."""
    if what == "attribute" and lines and lines[0].startswith("Alias for field number"):
        lines.clear()
    field, written = "", lines.copy()
    lines.clear()
    for line in written:
        if line in SECTIONS:
            field = SECTIONS[line]
        elif field and line and not line.startswith(" "):
            field = ""
            lines += ["", line]
        elif field and (item := ITEM.fullmatch(line)):
            if field == "ivar":
                lines.append(f":vartype {item['name']}: {type_of(obj, item['name'])}")
            lines.append(f":{field} {item['name']}: {item['text']}")
        else:
            lines.append(line)


def type_of(cls: type, name: str) -> str:
    """The type of a field, without ``UnsetType``: the text says when a field may be absent."""
    for base in cls.__mro__:
        if written := ModuleAnalyzer.for_module(PACKAGE).annotations.get((base.__name__, name)):
            return text_of(ast.parse(written, mode="eval").body).replace(" | UnsetType", "")
    raise LookupError(f"{cls.__name__} has no field {name}")


def text_of(node: ast.AST | None) -> str:
    if node is None:
        return ""
    return ast.unparse(AsRead().visit(node))


class AsRead(ast.NodeTransformer):
    """Types as readers need them: without quotes, and without what only msgspec or a type checker looks at."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        match node:
            case ast.Subscript(value=ast.Name("Field" | "Annotated"), slice=ast.Tuple(elts=[held, *_])):
                visited: ast.AST = self.visit(held)
                return visited
            case ast.Subscript(value=ast.Name("Literal")):
                return node
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        if node.annotation is not None:
            node.annotation = self.visit(unquoted(node.annotation))
        return node


def unquoted(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node
