"""Readers of options: each turns a text into a value, or explains what is wrong with the text."""

from __future__ import annotations

import secrets
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from conformance.errors.extras import require_extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.verdicts.baseline import Baseline

Number = TypeVar("Number", int, float)
_WORDS: dict[type, str] = {int: "whole number", float: "number"}


def positive(kind: type[Number], *, or_zero: bool = False) -> Callable[[str], Number]:
    """Return a reader of numbers above 0, or from 0 on. The reader raises ArgumentTypeError."""

    def read(text: str) -> Number:
        what = _WORDS[kind]
        try:
            number = kind(text)
        except ValueError:
            raise ArgumentTypeError(f"expected a {what}, not {text!r}") from None
        if not 0 < number < float("inf") and not (or_zero and number == 0):
            bound = "from 0 on" if or_zero else "above 0"
            raise ArgumentTypeError(f"expected a {what} {bound}, not {text!r}")
        return number

    return read


def seed(text: str) -> int:
    """Read a seed: a whole number, or `random` for any. Raises ArgumentTypeError."""
    try:
        return secrets.randbelow(2**32) if text == "random" else int(text)
    except ValueError:
        raise ArgumentTypeError(f"expected a whole number or `random`, not {text!r}") from None


def processes(text: str) -> str:
    """Read a number of worker processes, or `auto`. Raises ArgumentTypeError, and UserError without xdist."""
    if text != "auto" and not text.isdecimal():
        raise ArgumentTypeError(f"expected a number or `auto`, not {text!r}")
    require_extra("parallel", "-n needs pytest-xdist")
    return text


def certificates(text: str) -> Path:
    """Read the path of a PEM file of certificates. Raises ArgumentTypeError."""
    import ssl

    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {path}")
    try:
        ssl.create_default_context(cafile=text)
    except OSError as error:
        raise ArgumentTypeError(f"{path} holds no PEM certificates: {error}") from error
    return path


def writable(text: str) -> Path:
    """Read the path of a file to write, in a folder that exists. Raises ArgumentTypeError."""
    path = Path(text)
    if path.is_dir():
        raise ArgumentTypeError(f"cannot write {text}: it is a folder; name a file")
    if not path.absolute().parent.is_dir():
        raise ArgumentTypeError(f"cannot write {text}: there is no folder {path.absolute().parent}")
    return path


def baseline(text: str) -> Baseline:
    """Read the baseline in a file. Raises BadBaseline."""
    from conformance.verdicts.baseline import known_baseline

    return known_baseline(text)


def no_baseline() -> Baseline:
    """Return the baseline without rows."""
    from conformance.verdicts.baseline import EMPTY  # takes a while to import

    return EMPTY


def requirement_set(text: str) -> str | None:
    """Read the name of a frozen set. Raises UnknownSet."""
    from conformance.verdicts.sets import known_set

    return known_set(text)


def default_ledger_folder() -> Path:
    """Return the folder of ledgers in the user's state folder."""
    from platformdirs import user_state_path  # takes a while to import

    return user_state_path("registry-conformance") / "ledgers"
