"""Learns the fields that no model has from a codec's traffic, so that they are soon as fast as fields of the models.

The plan: a codec reads classes that refuse unknown keys. A document that was refused is read by ``plans``, which keeps
unknown fields in mappings, at some cost. Then the codec derives classes that have these fields, for the documents to
come. Nothing depends on it but speed.

Keys are chosen by whoever writes the documents, so learning has to be bounded. The first few keys are learned at first
sight. After that, a key is learned once it has been met so often that reading it slowly has cost a good part of what
learning it costs (some milliseconds). When as many are learned as may be, all are forgotten: those still in use are
soon learned anew.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from operator import itemgetter
from time import time
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct, ValidationError
from msgspec.json import Decoder

from ..building import BUILDING, Built
from ..jsontext import UNREADABLE, child_path, decode_error
from ..models.base import is_model
from ..models.inputs import MessageInputEntry
from ..models.recognition import name_of_union
from ..spelling.families import PLAIN, Family, Naming, keys_of
from ..spelling.foreign import hides_models
from .open_union import checked_types, is_beyond_msgspec
from .parts import MISSING_TAG, Met, OddMemberError, RefusingDecoder, names_unknown_field, public_type
from .plans import Plans
from .unlearned import unlearned
from .untagged import Merged, is_flood

__all__ = ["Reader", "UnknownSeen"]

AT_FIRST_SIGHT = 32
"""So many keys are learned when they are first met."""
SIGHTINGS = 128
"""After these, a key has to be met so often, and some times more for each key that is known."""
SIGHTINGS_FOR_EACH = 8
MAX_LEARNED = 256
MAX_SEEN = 1024
MAX_KEY_LENGTH = 128
MAX_PATH_LENGTH = 512


class UnknownSeen(NamedTuple):
    """Where and when a codec first met a field or tag that no model has."""

    path: str
    """The JSON path of the field or member, from the root of its document."""
    first_met: datetime
    """In UTC."""


class Reader:
    """The decoders of one codec, and the keys that it has learned. Thread-safe."""

    def __init__(self, naming: Naming, on_growth: Callable[[], None]) -> None:
        """``on_growth`` is called when classes go out of use."""
        self._naming: Naming = naming
        self._on_growth = on_growth
        # By model and key, or members of the union and tag.
        self._seen: dict[Any, _Seen] = {}
        self._learned: dict[Any, _Seen] = {}
        self._may_learn_at_first_sight = AT_FIRST_SIGHT
        self.plans: Plans = Plans(PLAIN[naming])
        """How to read what a decoder has refused."""
        self._merged = _in_order_of_speed(PLAIN[naming])
        self._unlearned = unlearned[naming]
        self.decoders: Built[Any, Decoder[Any]] = Built(self._build_decoder)
        """For a type, its decoder. Replaced when the codec learns, so that nobody should keep one for long.

        ``Event`` stands for any event: it takes a fifth of the time of a small event to look up a union.
        """

    def _build_decoder(self, tp: Any) -> Any:
        tp = public_type(tp)
        checked_types[tp]
        if hides_models[tp] or is_beyond_msgspec[tp]:
            return RefusingDecoder()
        return Decoder(self.plans.family.type(tp))

    def decode(self, data: Any, tp: Any, root: str = "$") -> Any:
        """Read ``data``, whose path is ``root``, as ``tp``. Raises ``ConversationDecodeError``."""
        try:
            return self.decoders[tp].decode(data)
        except UNREADABLE as error:
            return self.read_again(data, tp, error, root)

    def read_again(self, data: Any, tp: Any, error: Exception, root: str = "$") -> Any:
        """Read ``data``, whose path is ``root``, after the decoder of ``tp`` has refused it with ``error``.

        Raises ``ConversationDecodeError``.
        """
        if not isinstance(error, ValidationError):
            raise decode_error(error, data, root) from error
        # If a tag is missing, others mostly are too.
        if str(error).startswith(MISSING_TAG):
            for merged in () if is_flood(data) else self._merged:
                if (read := merged.readers[tp]) is not None:
                    try:
                        return read(data)
                    except (OddMemberError, *UNREADABLE):
                        pass
        elif names_unknown_field(error):
            met: list[Met] = []
            try:
                value = self._unlearned.read(data, tp, root, met)
            except OddMemberError:
                pass
            else:
                self.note(met)
                return value
        return self.read(data, tp, root)

    def read(self, data: Any, tp: Any, root: str = "$") -> Any:
        """Read ``data``, whose path is ``root``, as ``tp``. Raises ``ConversationDecodeError``."""
        met: list[Met] = []
        try:
            value = self.plans.read(data, tp, met, root)
        except UNREADABLE as unreadable:
            raise decode_error(unreadable, data, root) from unreadable
        if met:
            self.note(met)
        return value

    def note(self, met: list[Met]) -> None:
        """Note what no model has. O(met)."""
        with BUILDING:
            ripe = []
            # Deriving classes takes longer, the more fields they have.
            sightings = SIGHTINGS + SIGHTINGS_FOR_EACH * len(self._learned)
            for owner, name, path in met:
                # Not the whole key: it may be long.
                place = (owner, name and name[: MAX_KEY_LENGTH + 1])
                seen = self._seen.get(place)
                if seen is None:
                    if place in self._learned:
                        continue
                    if len(self._seen) >= MAX_SEEN:
                        self._make_room()
                    seen = self._seen[place] = _Seen(path[:MAX_PATH_LENGTH], time())
                seen.sightings += 1
                if (self._may_learn_at_first_sight or seen.sightings >= sightings) and self._is_learnable(*place):
                    self._may_learn_at_first_sight = max(self._may_learn_at_first_sight - 1, 0)
                    self._learned[place] = self._seen.pop(place)
                    ripe.append(place)
            if ripe:
                self._grow(ripe)

    @property
    def seen(self) -> Mapping[tuple[str, str | None], UnknownSeen]:
        """What no model has, as far as the codec has met it: a copy. O(its length)."""
        with BUILDING:
            places = [*self._learned.items(), *self._seen.items()]
        return MappingProxyType({_name(owner, name): seen.shown(owner, name) for (owner, name), seen in places})

    def _make_room(self) -> None:
        # What was met once is dropped. More than one in a thousand sightings stays, whatever the others are (Misra and
        # Gries, "Finding repeated elements", 1982).
        for seen in self._seen.values():
            seen.sightings -= 1
        self._seen = {place: seen for place, seen in self._seen.items() if seen.sightings > 0}

    def _is_learnable(self, model: Any, key: str | None) -> bool:
        # A key that was misspelled is an error in the next document, if its own spelling is missing there. And msgspec
        # does not take every string as a key.
        return (
            is_model(model)
            and key is not None
            and len(key) <= MAX_KEY_LENGTH
            and key not in keys_of[model, self._naming].decisive
            and key.isprintable()
            and not ("\\" in key or '"' in key)
        )

    def _grow(self, ripe: list[Any]) -> None:
        """Derive classes that know these keys too."""
        if len(self._learned) > MAX_LEARNED:
            forgotten = [place for place in self._learned if place not in ripe]
            for place in forgotten:
                seen = self._learned.pop(place)
                seen.sightings = 1
                self._seen[place] = seen
        learned: dict[Any, list[str]] = {}
        for model, key in sorted(self._learned, key=itemgetter(1)):
            learned.setdefault(model, []).append(key)
        family = Family(self._naming, {model: tuple(keys) for model, keys in learned.items()})
        self.plans, self._merged = Plans(family), _in_order_of_speed(family)
        # A decoder that another thread builds at this moment, with the classes of before, is gone afterwards too.
        self.decoders.clear()
        self._on_growth()


def _in_order_of_speed(family: Family) -> tuple[Merged, ...]:
    return Merged(family, guess=MessageInputEntry), Merged(family)


class _Seen(Struct, gc=False):
    """A field or tag that no model has."""

    path: str
    first_met: float
    sightings: int = 0

    def shown(self, owner: Any, name: str | None) -> UnknownSeen:
        path = child_path(self.path, _cut(name)) if is_model(owner) and name is not None else self.path
        return UnknownSeen(path, datetime.fromtimestamp(self.first_met, timezone.utc))


def _name(owner: Any, name: str | None) -> tuple[str, str | None]:
    return owner.__name__ if is_model(owner) else name_of_union(owner), name if name is None else _cut(name)


def _cut(name: str) -> str:
    return name if len(name) <= MAX_KEY_LENGTH else f"{name[:MAX_KEY_LENGTH]}…"
