"""Rules for any bytes that are patched."""

import json
from random import Random
from typing import Any

from msgspec import UNSET

import conversation_models as cm

from ..support.documents import exact
from .document_oracles import REFUSED, as_str, case_of, equal, holds, outcome
from .reference import NotJsonError, read_json

PATCHES: list[Any] = [UNSET, UNSET, None, True, 12, "é\n", [1.5], {"a": {"type": "text"}}]


def check_patch(data: bytes) -> None:
    """According to another reader, a patch changes only the value at its path. All other bytes stay the same."""
    _, _, random, text = case_of(data)
    value = random.choice(PATCHES)
    outcome(lambda: cm.patch(as_str(text), ["usage"], value))
    try:
        document = read_json(text)
    except NotJsonError as error:
        patched = outcome(lambda: cm.patch(text, ["usage"], value))
        holds("a patch of text that is not JSON is refused", bool(error.difference) or patched is REFUSED)
        return
    path = random_path(document, random)
    patched = outcome(lambda: cm.patch(text, path, value))
    expected = outcome(lambda: changed(document, path, value))
    if expected is REFUSED or patched is REFUSED:
        assert expected is patched, f"{path}: {patched!r}, expected {expected!r}"
        return
    equal(exact(json.loads(patched)), exact(expected), f"{path} is changed to {value!r}, and nothing else")
    if value is not UNSET:
        once = cm.patch(text, path, "other")
        equal(cm.patch(once, path, value), patched, "a second patch leaves no trace of the first")
        before = common(text, patched)
        after = common(text[before:][::-1], patched[before:][::-1])
        assert len(patched) - before - after <= len(cm.encode([*path, value])), "a patch changed more than one value"


def common(one: bytes, other: bytes) -> int:
    """The number of equal bytes at the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def random_path(document: Any, random: Random) -> list[str | int]:
    path: list[str | int] = []
    step: str | int
    while random.randrange(5):
        if isinstance(document, dict) and document:
            step = str(random.choice([*document, *document, "new key"]))
            path.append(step)
            document = document.get(step)
        elif isinstance(document, list) and document:
            index = random.randrange(len(document) + 1)
            path.append(index)
            document = document[index] if index < len(document) else None
        else:
            path.append("new" if random.randrange(2) else 0)
            break
    return path


def changed(document: Any, path: list[str | int], value: Any) -> Any:
    """A changed copy of ``document``. Raises ``ConversationDecodeError`` if ``path`` does not exist in it."""
    if not path:
        if value is UNSET:
            raise cm.ConversationDecodeError("the document itself", "$")
        return value
    step, *rest = path
    copy = document.copy() if isinstance(document, (dict, list)) else None
    key: Any = step
    if isinstance(copy, dict) and isinstance(step, str):
        is_there = step in copy
        is_new = not is_there and not rest and value is not UNSET
    else:
        is_there = isinstance(copy, list) and isinstance(step, int) and step < len(copy)
        is_new = False
    if copy is None or not (is_there or is_new):
        raise cm.ConversationDecodeError(f"nothing at {step}", "$")
    if rest:
        copy[key] = changed(copy[key], rest, value)
    elif value is UNSET:
        del copy[key]
    else:
        copy[key] = value
    return copy
