"""A step that makes a great many values, none of them garbage, in; the same step without the garbage collector, out."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def growing() -> Iterator[None]:
    """Keep the collector away, which would look at all the values again and again. Serves as a decorator, too."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # else a program's own frozen values would thaw
                gc.freeze()
                # all values are old now: the next collection of the young ones does not begin with
                # them
                gc.unfreeze()
            gc.enable()
