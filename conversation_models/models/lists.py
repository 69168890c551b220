"""Fields that hold a list of several models, and accept a list of one of them."""

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

__all__ = ["ABSENT", "Field", "ListOf"]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Generic, Protocol, TypeVar

    T_co = TypeVar("T_co", covariant=True)
    Held = TypeVar("Held")
    Given = TypeVar("Given")

    class ListOf(Protocol[T_co]):
        """A list of ``T_co``, or of one of them: a ``list[TextChunk]`` is a ``ListOf[ContentChunk]``.

        A tuple is not: as a field it would lack the methods of a list, and would not equal a decoded one.
        """

        def __iter__(self) -> Iterator[T_co]: ...
        def reverse(self) -> None: ...

    class Field(Generic[Held, Given]):
        """A field that holds a ``Held``, and whose constructor takes a ``Given``.

        For type checkers it is a descriptor, whose ``__set__`` is what the constructor takes. msgspec sees ``Held``.
        """

        def __get__(self, instance: Any, owner: Any) -> Held: ...
        def __set__(self, instance: Any, value: Given) -> None: ...

else:
    ListOf = list

    class Field:
        def __class_getitem__(cls, types: Any) -> Any:
            held, _ = types
            return held


ABSENT: Any = UNSET
"""``UNSET`` as the default of a ``Field``: type checkers would miss a descriptor there."""
