"""Every fault that there is, and how to find one by its name."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnknownFaultError(LookupError):
    """No fault has this name; the text says which names are close to it."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        from difflib import get_close_matches

        near = " or ".join(map(repr, get_close_matches(name, known)))
        super().__init__(
            f"no fault is named {name!r}"
            + (f"; is it {near}?" if near else "; `reference-server faults` lists them")
        )
        self.name = name


class FaultOptionError(ValueError):
    """A fault was given something that it does not take."""


@cache
def all_faults() -> tuple[type[Fault], ...]:
    """Give every fault, of both families, module by module. The first call imports them."""
    from importlib import import_module
    from pkgutil import iter_modules

    room = __name__.rpartition(".")[0]
    names = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    modules = [import_module(f"{room}.{name}") for name in names]
    return tuple(
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, Fault)
        and found.__module__ == module.__name__
        and not found.__name__.startswith("_")
        and (
            (found.caught_by and "caught_by" in vars(found)) or (found.family == "trouble" and found().seams)
        )
    )


def fault_named(name: str, **options: Any) -> Fault:
    """Make the fault of this name, with what it can be given; texts are turned into numbers where needed.

    Raises `UnknownFaultError`, and `FaultOptionError` for an option that it does not have.
    """
    kinds = _by_name()
    if name not in kinds:
        raise UnknownFaultError(name, kinds)
    kind = kinds[name]
    known = options_of(kind)
    for option in options:
        if option not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise FaultOptionError(f"{name} has no option {option!r}; {takes}")
    return kind(**{option: _typed(name, option, known[option], value) for option, value in options.items()})


def options_of(kind: type[Fault]) -> dict[str, Any]:
    """Give what a fault can be given, each with its default."""
    if kind.__init__ is Fault.__init__:
        return {}
    parameters = inspect.signature(kind).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


@cache
def _by_name() -> dict[str, type[Fault]]:
    return {kind().name: kind for kind in all_faults()}


def _typed(name: str, option: str, default: Any, value: Any) -> Any:
    """Read a text as what the default is. Raises `FaultOptionError`."""
    if not isinstance(value, str) or isinstance(default, str):
        return value
    try:
        return type(default)(value)
    except ValueError:
        raise FaultOptionError(f"{name} needs a number for {option}, not {value!r}") from None
