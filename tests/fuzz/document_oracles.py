"""Rules for any bytes that are read as a document."""

import json
import pickle
import re
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

import msgspec

import conversation_models as cm

from ..support.documents import CODECS, SHAPES, UNION_TYPES, Naming, exact
from .reference import NotJsonError, read_json

TYPES: list[Any] = [*UNION_TYPES.values(), *SHAPES, list[cm.Conversation], cm.ServiceError]
REFUSED = object()


class Case(NamedTuple):
    """A fuzzer's bytes, decoded: two bytes choose how to read, the rest is the text to read."""

    codec: cm.Codec
    tp: Any
    random: Random
    text: bytes


def case_of(data: bytes) -> Case:
    how, seed = (data + b"\0\0")[:2]
    naming: Naming = "snake" if how & 1 else "camel"
    return Case(CODECS[naming], TYPES[(how >> 1) % len(TYPES)], Random(seed), data[2:])


def prefix(naming: Naming, tp: Any, seed: int = 0) -> bytes:
    """The two bytes for a case."""
    return bytes([(naming == "snake") | TYPES.index(tp) << 1, seed])


def outcome(read: Callable[[], Any]) -> Any:
    """The result of ``read``, or ``REFUSED`` if it raises the one exception that it may raise."""
    try:
        return read()
    except cm.ConversationDecodeError as error:
        has_message, has_valid_path = bool(str(error)), error.path is None or error.path.startswith("$")
    assert has_message, "an error without a message"
    assert has_valid_path, "a path that does not begin at the root"
    return REFUSED


def holds(rule: str, truth: bool) -> None:
    assert truth, rule


def equal(one: Any, other: Any, rule: str) -> None:
    assert one == other, f"{rule}: {one!r} != {other!r}"


def check_decode(data: bytes) -> None:
    """Decoding gives a stable value, the same from every kind of buffer, and only from JSON."""
    codec, tp, _, text = case_of(data)
    value = outcome(lambda: codec.decode(text, tp))
    equal(outcome(lambda: codec.decode(bytearray(text), tp)), value, "a bytearray reads the same")
    equal(outcome(lambda: codec.decode(memoryview(b"[%b]" % text)[1:-1], tp)), value, "a view reads the same")
    if is_utf8(text):
        equal(outcome(lambda: codec.decode(text.decode(), tp)), value, "text reads the same")
    else:
        equal(outcome(lambda: codec.decode(as_str(text), tp)), REFUSED, "text with a lone surrogate is refused")
    if value is REFUSED:
        return
    written = codec.encode(value)
    again = codec.decode(written, tp)
    equal(again, value, "decode, encode, decode is stable")
    equal(codec.encode(again), written, "encoding is stable")
    equal(repr(again), repr(value), "equal values look equal")
    for part in [value, *getattr(value, "outputs", ())]:
        if isinstance(part, cm.FunctionCallEntry):
            outcome(part.decode_arguments)
        elif isinstance(part, cm.Unknown):
            outcome(part.decode)
    equal(pickle.loads(pickle.dumps(value)), value, "a copy is equal")
    buffer = bytearray(b"before")
    codec.encode_into(value, buffer, -1)
    equal(bytes(buffer), b"before" + written, "encode_into writes the same as encode")
    for other in CODECS.values():
        # A member without a tag is recognised by its keys, which the other naming spells differently.
        if "Unknown(type=None" not in repr(value):
            equal(other.decode(other.encode(value), tp), value, f"{other} reads back any value that it writes")
    try:
        document = read_json(text)
    except NotJsonError as error:
        holds("text that json rejects is rejected", bool(error.difference))
        return
    kept(document, json.loads(written), "$")


def kept(before: Any, after: Any, path: str) -> None:
    """Every field is written back with the same value; times may be spelled differently."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            assert name in after, f"{path}.{name} is lost"
            kept(value, after[name], f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after), f"{path} lost members"
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            kept(one, other, f"{path}[{index}]")
    elif exact(before) != exact(after):
        assert path.endswith(("ed_at", "edAt")), f"{path}: {before!r} changed to {after!r}"
        assert msgspec.convert(before, datetime) == msgspec.convert(after, datetime), path


def check_decode_lines(data: bytes) -> None:
    """Lines read together equal the lines read one by one, if each of them is a document."""
    codec, tp, _, text = case_of(data)
    values = outcome(lambda: codec.decode_lines(text, tp))
    outcome(lambda: codec.decode_lines(as_str(text), tp))
    lines = [line for line in text.split(b"\n") if line.strip(b" \t\r")]
    one_by_one = [outcome(lambda line=line: codec.decode(line, tp)) for line in lines]  # type: ignore[misc]
    if REFUSED not in one_by_one:
        equal(values, one_by_one, "lines read the same one by one")
    if values is REFUSED:
        return
    written = codec.encode_lines(values)
    equal(written.count(b"\n"), len(values), "a line for each value")
    again = codec.decode_lines(written, tp)
    equal(codec.encode_lines(again), written, "encoding is stable")
    if not {*b"\r\n"}.intersection(codec.encode(values)):  # An unknown member may contain line ends.
        equal(again, values, "decode, encode, decode is stable")


def check_peek(data: bytes) -> None:
    """The head agrees with the whole response, and its outputs are the bytes of the response's outputs."""
    codec, _, _, text = case_of(data)
    head = outcome(lambda: codec.peek(text))
    outcome(lambda: codec.peek(as_str(text)))
    value = outcome(lambda: codec.decode(text))
    if head is REFUSED:
        assert value is REFUSED, "peek refuses a text that decode accepts"
        return
    outputs = bytes(head.outputs)
    assert outputs in text, "the outputs are not part of the text"
    if value is REFUSED:
        return
    equal(head.conversation_id, value.conversation_id, "peek agrees with decode")
    equal(head.usage, value.usage, "peek agrees with decode")
    equal(head.unknown_fields, value.unknown_fields, "peek agrees with decode")
    name = b"conversationId" if codec is cm.camel else b"conversation_id"
    whole = codec.decode(b'{"%b": "", "usage": {}, "outputs": %b}' % (name, outputs))
    equal(whole.outputs, value.outputs, "peek agrees with decode")


def check_drift(data: bytes) -> None:
    """Paths are well-formed and in order, and a known document has none."""
    codec, tp, _, text = case_of(data)
    found = outcome(lambda: codec.drift(text, tp))
    outcome(lambda: codec.drift(as_str(text), tp))
    value = outcome(lambda: codec.decode(text, tp))
    if found is REFUSED:
        if value is not REFUSED:
            # Drift also reads the keys that decoding skips.
            assert not is_utf8(text), "drift refuses a text that decode accepts"
        return
    try:
        document = read_json(text)
    except NotJsonError:
        pass
    else:
        for path in found:
            assert leads_somewhere(document, path), path
    if value is not REFUSED:
        # Fields are written in another order. A usage that is missing is written.
        kept_drift = sorted(line for line in found if not line.endswith(_MISSING))
        equal(sorted(codec.drift(codec.encode(value), tp)), kept_drift, "the library's own output has the same drift")
    if value is not REFUSED and not found:
        assert "Unknown(type='" not in repr(value), "drift does not report an unknown tag"


_STEP = re.compile(r'\.(\w+)|\[([0-9]+)\]|\[("(?:[^"\\]|\\.)*")\]')
_TAG = re.compile(r"\.type = (.*)", re.DOTALL)
_MISSING = " is missing"  # No path or tag ends like that: they end with a plain name or a bracket or quote.


def leads_somewhere(document: Any, line: str) -> bool:
    """Whether ``document`` has a value, or the tag that is named, at the path of a line of ``drift``.

    If the line says that a field is missing: whether it has the object, but not the field.
    """
    path = line.removesuffix(_MISSING)
    at = 1
    while step := _STEP.match(path, at):
        if tag := _TAG.fullmatch(path, at):
            return exact(document["type"]) == exact(json.loads(tag[1]))
        name, index, quoted = step.groups()
        at = step.end()
        if path != line and at == len(path):
            return isinstance(document, dict) and name not in document
        document = document[int(index) if index else json.loads(quoted) if quoted else name]
    return path == line and at == len(path)


def is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def as_str(text: bytes) -> str:
    """A str with lone surrogates for bytes that are not UTF-8."""
    return text.decode("utf-8", "surrogateescape")


def check_json(data: bytes) -> None:
    """The standard library accepts the same texts, except for the listed differences."""
    text = case_of(data).text
    skipped = outcome(lambda: cm.camel.drift(text, cm.ConversationUsageInfo))
    value = outcome(lambda: cm.Unknown(None, text).decode())
    try:
        expected = read_json(text)
    except NotJsonError as error:
        if error.difference == "range":
            holds("a number out of range is refused only if it is read", value is REFUSED and skipped is not REFUSED)
        elif error.difference == "utf-8":
            holds("bytes that are not UTF-8 are refused", value is REFUSED)
        elif not error.difference:
            holds("text that json rejects is rejected", value is REFUSED and skipped is REFUSED)
        return
    assert REFUSED not in (value, skipped), "a text that json accepts is refused"
    equal(exact(value), exact(expected), "the values are the same")
