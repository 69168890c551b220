"""Public classes and functions name the module that users import them from."""

import pydoc
import traceback
from types import FunctionType
from typing import Any

import pytest

import conversation_models as cm
import conversation_models.sse
import conversation_models.telemetry

from ..support.each import each
from ..support.examples import MODELS, least

PUBLIC = {
    f"{module.__name__}.{name}": public
    for module in (cm, conversation_models.sse, conversation_models.telemetry)
    for name in module.__all__
    if isinstance(public := getattr(module, name), (type, FunctionType))
}


@each("name", PUBLIC)
def test_a_public_class_or_function_names_its_public_module(name: str) -> None:
    public = PUBLIC[name]
    assert f"{public.__module__}.{public.__qualname__}" == name


def test_the_models_the_exceptions_and_the_functions_are_among_them() -> None:
    assert {
        "conversation_models.Codec",
        "conversation_models.ConversationResponse",
        "conversation_models.EventTooLargeError",
        "conversation_models.ServiceError",
        "conversation_models.Unknown",
        "conversation_models.collect",
        "conversation_models.patch",
        "conversation_models.sse.ServerSentEvent",
    } <= PUBLIC.keys()


@each("codec", [cm.camel, cm.snake])
@each("cls", MODELS)
def test_a_decoded_value_shows_its_public_class(cls: Any, codec: cm.Codec) -> None:
    value = codec.decode(codec.encode(least(cls)), cls)
    assert repr(type(value)) == f"<class 'conversation_models.{cls.__name__}'>"
    assert type(value).__qualname__ == cls.__qualname__


class Extended(cm.ImageURLChunk, frozen=True, kw_only=True):
    """A program's own model."""


def test_a_subclass_names_the_module_of_the_program() -> None:
    value = cm.snake.decode(b'{"type":"image_url","image_url":"u"}', Extended)
    assert (type(value).__module__, type(value).__qualname__) == (__name__, "Extended")


def test_a_traceback_names_the_public_exception() -> None:
    with pytest.raises(cm.ConversationDecodeError) as caught:
        cm.decode(b"{")
    (line,) = traceback.format_exception_only(caught.value)
    assert line == "conversation_models.ConversationDecodeError: Input data was truncated (byte 1)\n"


@each("name", PUBLIC)
def test_help_names_the_public_module(name: str) -> None:
    text = pydoc.plain(pydoc.render_doc(PUBLIC[name]))
    assert f" in module {name.rpartition('.')[0]}" in text.splitlines()[0]
