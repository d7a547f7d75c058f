"""All faults, and how to find one by its name."""

from __future__ import annotations

import inspect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_server.errors import UserError
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType


CONDITIONS: Mapping[str, Callable[[Any], Any]] = {
    "path": str,
    "method": str.upper,
    "first": int,
    "after": int,
    "probability": float,
    "seed": int,
}
"""The conditions under which any fault can be switched on, and how their texts are read."""

MOST = 10**9
"""The greatest number that an option can have."""


class UnknownFaultError(UserError, LookupError):
    """No fault has this name. The message suggests similar names."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        from difflib import get_close_matches

        near = " or ".join(map(repr, get_close_matches(name, known)))
        super().__init__(
            f"no fault is named {name!r}"
            + (f"; did you mean {near}?" if near else "; `reference-server faults` lists them")
        )
        self.name = name


class FaultOptionError(UserError, ValueError):
    """An option that a fault does not have, or a value that does not fit."""


@cache
def all_faults() -> tuple[type[Fault], ...]:
    """Return every fault of each family: area by area, module by module. The first call imports them."""
    return tuple(
        found for module in _modules() for found in vars(module).values() if _is_fault(found, module.__name__)
    )


def _modules() -> list[ModuleType]:
    """Import the modules of every area, in the order of their names."""
    from importlib import import_module
    from pkgutil import walk_packages

    package = __name__.rpartition(".")[0]
    names = [found.name for found in walk_packages([str(Path(__file__).parent)], f"{package}.")]
    areas = [name for name in names if name.count(".") > package.count(".") + 1]
    return [import_module(name) for name in sorted(areas)]


def _is_fault(found: object, module: str) -> bool:
    """Whether a module defines this fault: bases have no `caught_by` or no seam."""
    if not (isinstance(found, type) and issubclass(found, Fault)) or found.__name__.startswith("_"):
        return False
    own = bool(found.caught_by) and "caught_by" in vars(found)
    return found.__module__ == module and (own or (found.family != "content" and bool(found().seams)))


def fault_named(name: str, **options: Any) -> Fault:
    """Return the fault of this name, with these options; texts are converted to the type of the default.

    Raises `UnknownFaultError` and `FaultOptionError`.
    """
    kinds = _by_name()
    if name not in kinds:
        raise UnknownFaultError(name, kinds)
    kind = kinds[name]
    known = options_of(kind)
    for option in options:
        if option not in known:
            raise _unknown_option(name, option, (*known, *CONDITIONS))
    return kind(**{option: _typed(name, option, known[option], value) for option, value in options.items()})


def _unknown_option(name: str, option: str, known: Sequence[str]) -> FaultOptionError:
    from difflib import get_close_matches

    near = get_close_matches(option, known, n=1)
    options = f"ts options are {', '.join(known)}"
    proposal = f"did you mean {near[0]!r}? I{options}." if near else f"i{options}"
    return FaultOptionError(f"{name} has no option {option!r}; {proposal}")


def options_of(kind: type[Fault]) -> dict[str, Any]:
    """Return the options of a fault with their defaults."""
    if kind.__init__ is Fault.__init__:
        return {}
    parameters = inspect.signature(kind).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


@cache
def _by_name() -> dict[str, type[Fault]]:
    return {kind().name: kind for kind in all_faults()}


def _typed(name: str, option: str, default: Any, value: Any) -> Any:
    """Convert a text or a number to the type of the default. Raises `FaultOptionError`."""
    if type(value) is type(default) and not isinstance(value, float):
        return value
    if default is None or isinstance(default, (str, bool)) or isinstance(value, bool):
        if isinstance(value, type(default)) or (default is None and isinstance(value, (str, int))):
            return value
        raise FaultOptionError(f"{name} does not take {str(value)[:100]!r} for {option}")
    try:
        found = type(default)(value)
    except (ValueError, TypeError, OverflowError):
        found = None
    if found is None or found != found or abs(found) > MOST:  # noqa: PLR0124 - NaN differs from itself
        raise FaultOptionError(f"{name} needs a number for {option}, not {str(value)[:100]!r}")
    return found
