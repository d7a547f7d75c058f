"""Runs `pserve` in the environment of pypicloud, with what its library pyramid_duh misses in Python 3.11 and later."""

from __future__ import annotations

import inspect
import sys
from collections import namedtuple
from importlib import import_module
from typing import Any

Specification = namedtuple("Specification", "args varargs keywords defaults")


def specification(function: Any) -> Specification:
    """Return what `inspect.getargspec()` returned before it was removed."""
    return Specification(*inspect.getfullargspec(function)[:4])


if __name__ == "__main__":
    inspect.getargspec = specification  # type: ignore[attr-defined]
    sys.exit(import_module("pyramid.scripts.pserve").main())
