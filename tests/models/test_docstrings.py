"""``help`` explains every field of every model."""

import inspect
import pydoc
import re
from itertools import product
from typing import Any

from msgspec import structs

import conversation_models as cm

from ..support.amounts import amount, in_full_if_long
from ..support.documents import CODECS
from ..support.each import each
from ..support.examples import MODELS, least


def documented(cls: Any) -> list[str]:
    """The fields that the class's own docstring explains, each on a line of its own."""
    _, _, attributes = inspect.cleandoc(vars(cls).get("__doc__") or "").partition("\n\nAttributes:\n")
    return re.findall(r"^    (\w+): [A-Z`].*\.$", attributes, re.MULTILINE)


@each("cls", MODELS)
def test_a_docstring_explains_every_field_in_order(cls: Any) -> None:
    own = [name for name in cls.__annotations__ if name != "type"]
    inherited = [field.name for field in structs.fields(cls) if field.name not in own]
    assert documented(cls) == [*inherited, *own]


@in_full_if_long
@each(("cls", "codec"), list(product(MODELS, CODECS.values()))[:: amount(3, 1)])
def test_help_on_a_value_shows_its_docstring(cls: Any, codec: cm.Codec) -> None:
    value = codec.decode(codec.encode(least(cls)), cls)
    shown = " ".join(pydoc.plain(pydoc.render_doc(value)).replace("|", " ").split())
    assert " ".join(inspect.cleandoc(cls.__doc__).split()) in shown
