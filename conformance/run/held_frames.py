"""What an exception holds on to: the frames of its traceback, and the answers in them."""

from __future__ import annotations

import traceback


def release(error: BaseException) -> None:
    """Clear the variables of every ended frame that an exception, its causes and its contexts refer to.

    An exception and its frames refer to each other, so they stay until the garbage collector comes by: with a body of
    64 MiB in each, ten failures would take a gigabyte.
    """
    found, waiting = set[int](), [error]
    while waiting:
        each = waiting.pop()
        if id(each) in found:
            continue
        found.add(id(each))
        traceback.clear_frames(each.__traceback__)
        waiting += [other for other in (each.__cause__, each.__context__) if other is not None]
