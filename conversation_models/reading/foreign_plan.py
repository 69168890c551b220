"""Reads a class that is not a model but holds some."""

from collections.abc import Mapping
from typing import Any, Union, get_origin

from msgspec import UNSET, Raw, Struct, UnsetType, ValidationError, defstruct, field
from msgspec.json import Decoder

from ..jsontext import child_path
from ..spelling.foreign import (
    foreign_arguments_of,
    foreign_fields_of,
    foreign_keys_of,
    foreign_steps_of,
    holds_models,
    is_written_as_array,
)
from .parts import Met, Read, read_part

__all__ = ["ForeignPlan"]


class ForeignPlan:
    """The means to read a class that is not a model. Its own unknown keys are msgspec's business."""

    def __init__(self, tp: Any, readers: Mapping[Any, Read]) -> None:
        self._cls = cls = get_origin(tp) or tp
        self._types = foreign_fields_of(tp)
        self._readers = readers
        keys = foreign_keys_of(tp)
        config = cls.__struct_config__ if issubclass(cls, Struct) else None
        is_array = is_written_as_array(cls)
        # A typed dict checks nothing itself.
        required: frozenset[str] = getattr(cls, "__required_keys__", frozenset())
        self._arguments = foreign_arguments_of(tp)
        self._steps = foreign_steps_of(tp)
        fields: list[Any] = []
        for name, part in self._types.items():
            shown = Raw if holds_models[part] else part
            if name in required:
                fields.append((name, shown, field(name=keys[name])))
            else:
                # If it is absent, that is left to the class, which knows its default or that it is required.
                fields.append((name, Union[shown, UnsetType], field(default=UNSET, name=keys[name])))
        shell = defstruct(
            cls.__name__,
            fields,
            kw_only=not is_array,
            array_like=is_array,
            forbid_unknown_fields=config.forbid_unknown_fields if config else issubclass(cls, tuple),
            tag_field=config.tag_field if config else None,
            tag=config.tag if config else None,
        )
        self._shell: Decoder[Any] = Decoder(shell)

    def read(self, raw: Any, path: str, met: list[Met]) -> Any:
        """Read an instance of the class."""
        shell = self._shell.decode(raw)
        values = {}
        for name, tp in self._types.items():
            value = getattr(shell, name)
            if isinstance(value, Raw):
                value = read_part(self._readers[tp], value, child_path(path, self._steps[name]), met)
            if value is not UNSET:
                values[self._arguments[name]] = value
        try:
            return self._cls(**values)
        except (ValueError, TypeError) as error:
            raise ValidationError(str(error)) from error
