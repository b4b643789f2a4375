"""Frozen values of which a part is made when it is first looked at.

A document has a thousand operations, and a program calls a few of them. Nobody can tell such a
value from one that was made at once: it is equal, it copies, and it is pickled whole.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_set: Final = object.__setattr__  # as a frozen dataclass does it


class MadeLater:
    """The base of a frozen dataclass with slots whose fields may be made later."""

    __slots__ = ("_make",)
    if TYPE_CHECKING:
        _make: Callable[[], Any] | None

    @classmethod
    def made_later(cls, make: Callable[[], Self], **known: Any) -> Self:
        """Return a value that has some fields already, and gets all of them from `make`.

        Args:
            make: Returns the whole value; its fields of those names are equal to the known ones.
                It is called when another field is first read, by several threads at once perhaps.
            known: Fields by their names.
        """
        value: Self = object.__new__(_unmade(cast("Any", cls)))
        for name, field in known.items():
            _set(value, name, field)
        _set(value, "_make", make)
        return value


def _made(value: Any) -> Any:
    """Fill in the fields of a value, and return it under its own class."""
    make = value._make
    if make is not None:  # else another thread has just made it
        whole = make()
        for name in value.__dataclass_fields__:
            _set(value, name, getattr(whole, name))
        _set(value, "__class__", type(whole))
        _set(value, "_make", None)
    return value


def _make_field(value: Any, name: str) -> Any:
    """Return a field that is not there yet."""
    if name not in value.__dataclass_fields__:
        raise AttributeError(f"{type(value).__name__!r} object has no attribute {name!r}")
    return object.__getattribute__(_made(value), name)


@cache
def _unmade(cls: type[MadeLater]) -> Any:
    """Return the class that values of a class have until they are made.

    Only until then they pay for `__getattr__`, which slows down every look at a field.
    """
    methods = {
        "__slots__": (),
        "__qualname__": cls.__qualname__,
        "__module__": cls.__module__,
        "__getattr__": _make_field,
        "__eq__": lambda value, other: _made(value) == other,
        "__hash__": lambda value: hash(_made(value)),
        "__reduce_ex__": lambda value, protocol: _made(value).__reduce_ex__(protocol),
    }
    return type(cls.__name__, (cls,), methods)
