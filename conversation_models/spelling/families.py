"""One set of types, two spellings of their keys: the classes that a codec reads and writes.

msgspec renames where a field is declared. So each codec reads variants of the models: their fields are declared with
the keys of its naming, and unknown keys are errors, so that none is dropped in silence. Fields that a codec has learned
from its traffic are declared in the variants too: that makes them as fast as fields that the model has.
"""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from msgspec import UNSET, Meta, defstruct, field
from msgspec.structs import FieldInfo

from ..building import Built
from ..models.base import SNAKE_CASE, Model, is_model
from ..models.recognition import is_count, models_in
from ..models.variants import NO_FIELDS, derive, field_like, fields_of, public_of

__all__ = [
    "NAMES",
    "PLAIN",
    "Family",
    "Keys",
    "Naming",
    "keys_of",
    "other_naming",
    "rebuild_type",
    "spells",
    "unwrapped",
]

Naming = Literal["camel", "snake"]

NAMES: dict[Naming, str] = {"camel": "camelCase", "snake": "snake_case"}
"""What people call the namings."""


def other_naming(naming: Naming) -> Naming:
    """The naming that ``naming`` is not."""
    return "snake" if naming == "camel" else "camel"


def unwrapped(tp: Any) -> Any:
    """The type that a ``NewType``, a ``type`` statement or a type variable stands for; other types as they are."""
    while True:
        inner = getattr(tp, "__supertype__", None) or getattr(tp, "__value__", None)
        if inner is None and isinstance(tp, TypeVar):
            inner = tp.__bound__ or (Union[tp.__constraints__] if tp.__constraints__ else Any)
        if inner is None:
            return tp
        tp = inner


def rebuild_type(tp: Any, replace: Callable[[Any], Any]) -> Any:
    """``tp`` with every class ``C`` in it replaced by ``replace(C)``, through lists, dicts, unions and type names."""
    if isinstance(tp, TypeVar) and (replaced := replace(tp)) is not tp:
        return replaced
    tp = unwrapped(tp)
    arguments = get_args(tp)
    if not arguments or get_origin(tp) is Literal:
        return replace(tp)
    rebuilt = tuple([rebuild_type(argument, replace) for argument in arguments])
    if rebuilt == arguments:
        return tp
    origin = get_origin(tp)
    return Union[rebuilt] if origin in (Union, UnionType) else origin[rebuilt]


class Keys:
    """The keys of a model's fields in one naming."""

    __slots__ = ("by_name", "decisive", "of_other", "respelled")

    by_name: dict[str, str]
    """For the name of each field, its key."""
    of_other: dict[str, str]
    """For each field with two spellings: its key in the other naming, and its key in this one."""
    decisive: dict[str, str]
    """The same for required fields and token counts. Without its own key, such a field was misspelled."""
    respelled: dict[str, str]
    """For an unknown key, its name in ``unknown_fields``, and the other way around, where they differ.

    They differ only for the other spelling of a known field, which has its snake_case spelling there.
    """

    def __init__(self, model: type[Model], naming: Naming) -> None:
        infos = fields_of(model)
        mechanical = defstruct("Camel", [info.name for info in infos], rename="camel").__struct_encode_fields__
        # A subclass can give a field a key of its own, with ``field(name=...)``: both namings keep that.
        snake = {
            info.name: info.name if info.encode_name == key else _snake_case_key(info) or info.encode_name
            for info, key in zip(infos, mechanical, strict=True)
        }
        camel = {info.name: info.encode_name for info in infos}
        self.by_name, others = (camel, snake) if naming == "camel" else (snake, camel)
        self.of_other = {others[name]: key for name, key in self.by_name.items() if others[name] != key}
        decisive = {others[info.name] for info in infos if info.required or is_count(model, info.name)}
        self.decisive = {other: own for other, own in self.of_other.items() if other in decisive}
        both_ways = {**self.of_other, **{own: other for other, own in self.of_other.items()}}
        self.respelled = {} if naming == "camel" else both_ways


def _snake_case_key(info: FieldInfo) -> str | None:
    """The snake_case key of a field that does not follow the rule; ``None`` if both namings have one key."""
    extras = [part.extra or {} for part in get_args(info.type) if isinstance(part, Meta)]
    return next((extra[SNAKE_CASE] for extra in extras if SNAKE_CASE in extra), None)


def _build_keys(model_and_naming: tuple[Any, Naming]) -> Keys:
    return Keys(*model_and_naming)


keys_of: Built[tuple[Any, Naming], Keys] = Built(_build_keys)
"""For a model and a naming, the keys of its fields."""


class Family:
    """The classes that a codec reads: a variant of each model, with the keys of one naming."""

    def __init__(self, naming: Naming, learned: Mapping[Any, tuple[str, ...]] = NO_FIELDS) -> None:
        """``learned``: for models, keys that no field of theirs has."""
        self.naming: Naming = naming
        self.learned = learned
        self.classes: Built[Any, Any] = Built(self._derive)
        """For a model, its variant."""
        self.carriers: Built[Any, Any] = Built(self._derive_carrier)
        """For a model, a variant that skips unknown keys, with a field ``unknown_fields`` for whoever reads them.

        Its members are carriers too.
        """

    def type(self, tp: Any) -> Any:
        """``tp`` with every model in it replaced by its variant."""
        return rebuild_type(tp, lambda cls: self.classes[cls] if is_model(cls) else cls)

    def carrier_type(self, tp: Any) -> Any:
        """``tp`` with every model in it replaced by its carrier."""
        return rebuild_type(tp, lambda cls: self.carriers[cls] if is_model(cls) else cls)

    def slots(self, model: Any) -> dict[str, str]:
        """The names of the fields that the variant of a model has for learned keys, and these keys."""
        return {f"_unknown_{position}": key for position, key in enumerate(self.learned.get(model, ()))}

    def fields(self, model: Any, type_of: Callable[[Any], Any]) -> list[Any]:
        """The fields of a model with the keys of the naming, for ``defstruct``; ``type_of`` replaces each type."""
        keys = keys_of[model, self.naming].by_name
        return [
            (info.name, type_of(info.type), field_like(info, keys[info.name], self.classes))
            for info in fields_of(model)
        ]

    def learned_fields(self, model: Any) -> list[Any]:
        """The fields for a model's learned keys, for ``defstruct``."""
        return [(name, Any, field(default=UNSET, name=key)) for name, key in self.slots(model).items()]

    def _derive_carrier(self, model: Any) -> Any:
        fields = self.fields(model, self.carrier_type)
        return derive(model, [*fields, ("unknown_fields", Any, field(default=NO_FIELDS))])

    def _derive(self, model: Any) -> Any:
        if self.learned and self.learned.keys().isdisjoint(models_in(model)):
            return PLAIN[self.naming].classes[model]
        keys = keys_of[model, self.naming]
        slots = self.slots(model)
        if self.naming == "snake" and not (self.learned or keys.of_other):
            # Some chunks have one spelling only. Both codecs read the same class then, so neither rebuilds its values.
            types = [info.type for info in fields_of(model)]
            if all(self.type(tp) == PLAIN["camel"].type(tp) for tp in types):
                return PLAIN["camel"].classes[model]
        return derive(
            model,
            self.fields(model, self.type) + self.learned_fields(model),
            unknown={name: keys.respelled.get(key, key) for name, key in slots.items()},
            namespace={"__namings__": [self.naming] if keys.of_other or slots else ["camel", "snake"]},
            strict=True,
        )


PLAIN: dict[Naming, Family] = {"camel": Family("camel"), "snake": Family("snake")}
"""The families without learned keys."""


def spells(cls: type[Model], naming: Naming) -> bool:
    """Whether ``cls``, a model or a variant, has the keys of ``naming`` itself, whatever its fields hold."""
    if public_of(cls) is not cls:
        namings: list[Naming] = getattr(cls, "__namings__", [])  # Carriers have none: their fields are in a mapping.
        return naming in namings
    return naming == "camel" or not keys_of[cls, naming].of_other
