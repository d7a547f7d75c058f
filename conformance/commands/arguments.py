"""What arguments of a command line are read with: each says what is wrong with what was typed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """Return what reads a number above zero. What it returns raises ValueError."""

    def read(text: str) -> float:
        number = kind(text)
        if not 0 < number < float("inf"):
            raise ValueError
        return number

    read.__name__ = f"positive {kind.__name__}"  # argparse names it
    return read


def certificates(text: str) -> Path:
    """Read the name of a file with certificates to trust. Raises ArgumentTypeError."""
    import ssl

    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {path}")
    try:
        ssl.create_default_context(cafile=text)
    except OSError as error:
        raise ArgumentTypeError(f"{path} holds no certificates in the form PEM: {error}") from error
    return path
