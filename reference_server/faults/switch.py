"""When a fault is on: always, on some paths, for the first few requests, or by chance."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from reference_server.faults.lookup import CONDITIONS, FaultOptionError, fault_named, options_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from reference_server.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A fault, and the conditions of the requests that it acts on.

    `path` is a regular expression, without look-around and counts, that is searched for in the decoded path; `method`
    an HTTP method, in any case. Only requests that match both and that the fault can affect are counted. The fault is
    on after the first `after` of these, for `first` requests, each with a `probability`, drawn by `seed`: the same seed
    draws the same.
    """

    fault: Fault
    path: str = ""
    method: str = ""
    first: int | None = None
    after: int = 0
    probability: float = 1.0
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the switch as the control API shows it, without default conditions."""
        conditions = {name: getattr(self, name) for name in CONDITIONS}
        defaults = {name: getattr(Switch, name) for name in CONDITIONS}
        options = {name: getattr(self.fault, name) for name in options_of(type(self.fault))}
        changed = {name: value for name, value in conditions.items() if value != defaults[name]}
        return {"name": self.fault.name, **options, **changed}


def switch_from_text(text: str) -> Switch:
    """Read `NAME` or `NAME,first=2,path=/files/,seconds=0.5`: conditions, and the fault's own options.

    Raises `UnknownFaultError` and `FaultOptionError`.
    """
    return switch_from_table(_table(text))


def _table(text: str) -> dict[str, Any]:
    name, *pairs = text.split(",")
    wrong = next((pair for pair in pairs if "=" not in pair), None)
    if wrong is not None:
        raise FaultOptionError(f"{text!r}: {wrong!r} is not OPTION=VALUE")
    return {"name": name.strip(), **dict(pair.strip().split("=", 1) for pair in pairs)}


def switch_with(fault: Fault | Switch | str, conditions: Mapping[str, Any]) -> Switch:
    """Return the switch of a fault with conditions and, for a text, with options of the fault.

    Raises as `switch_from_text`.
    """
    if isinstance(fault, str):
        return switch_from_table({**_table(fault), **conditions})
    if isinstance(fault, Switch):
        conditions = {**_conditions_of(fault), **conditions}
        fault = fault.fault
    unknown = next((name for name in conditions if name not in CONDITIONS), None)
    if unknown is not None:
        raise FaultOptionError(
            f"{fault.name}: {unknown!r} is no condition; give the fault itself its options"
        )
    return Switch(fault=fault, **_conditions(fault.name, conditions))


def _conditions_of(switch: Switch) -> dict[str, Any]:
    return {name: getattr(switch, name) for name in CONDITIONS if getattr(switch, name) is not None}


def switches(faults: Iterable[Fault | Switch | str]) -> tuple[Switch, ...]:
    """Return switches for faults and texts; switches stay as they are. Raises as `switch_from_text`."""
    return tuple(map(_switch, faults))


def _switch(fault: Fault | Switch | str) -> Switch:
    if isinstance(fault, Switch):
        return fault
    return switch_from_text(fault) if isinstance(fault, str) else Switch(fault=fault)


def switch_from_table(table: Mapping[str, Any]) -> Switch:
    """Read the output of `Switch.as_json`; numbers may be texts. Raises as `switch_from_text`."""
    given = dict(table)
    name = given.pop("name", None)
    if not isinstance(name, str):
        raise FaultOptionError("a fault needs a `name`")
    options = {key: given.pop(key) for key in list(given) if key not in CONDITIONS}
    return Switch(fault=fault_named(name, **options), **_conditions(name, given))


def _conditions(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    conditions: dict[str, Any] = {}
    for key, value in given.items():
        try:
            conditions[key] = CONDITIONS[key](value)
        except (TypeError, ValueError, OverflowError):
            raise FaultOptionError(f"{name}: {key}={str(value)[:100]!r} is not a number") from None
    from reference_server.faults.path_pattern import (  # a server without faults needs none
        PatternError,
        pattern,
    )

    try:
        pattern(conditions.get("path", ""))
    except PatternError as error:
        raise FaultOptionError(
            f"{name}: path={conditions['path'][:100]!r} is not a regular expression: {error}"
        ) from None
    if not 0 <= conditions.get("probability", 1) <= 1:
        raise FaultOptionError(f"{name}: probability must be between 0 and 1")
    return conditions


@dataclass(eq=False)
class Counted:
    """A switch, and the requests so far: `matched` its conditions but the number, and `hits`, when it was on."""

    switch: Switch
    chance: random.Random
    matched: int = 0
    hits: int = 0


def _counted(fault: Fault | Switch | str) -> Counted:
    switch = _switch(fault)
    return Counted(switch, random.Random(switch.seed))  # noqa: S311 - a reproducible choice, not a secret


@dataclass
class Switchboard:
    """The faults that are on. Thread-safe; can be changed while the server runs."""

    _lock: Lock = field(default_factory=Lock)
    _switches: tuple[Counted, ...] = ()

    def put(self, faults: Iterable[Fault | Switch | str]) -> None:
        """Switch on exactly these and reset the counters. Raises as `switch_from_text`, and then changes nothing."""
        counted = tuple(map(_counted, faults))
        with self._lock:
            self._switches = counted

    def switch_on(self, fault: Fault | Switch | str, **conditions: Any) -> SwitchedOn:
        """Switch on one more, before the others. Raises as `switch_from_text`."""
        counted = _counted(switch_with(fault, conditions))
        with self._lock:
            self._switches = (counted, *self._switches)
        return SwitchedOn(self, counted)

    def switch_off(self, counted: Counted) -> None:
        """Switch off one, if it is on."""
        with self._lock:
            self._switches = tuple(each for each in self._switches if each is not counted)

    def switches(self) -> tuple[Switch, ...]:
        """Return the switches."""
        return tuple(counted.switch for counted in self._switches)

    @property
    def is_empty(self) -> bool:
        """Whether no fault is on, under any condition."""
        return not self._switches

    def active(self, method: str, path: str, endpoint: str) -> tuple[Fault, ...]:
        """Return the faults that are on for this request, in order, and count it; `endpoint` names its route."""
        if not self._switches:
            return ()
        with self._lock:
            matching = (each for each in self._switches if _matches(each.switch, method, path, endpoint))
            return tuple(each.switch.fault for each in matching if _is_on(each))


class SwitchedOn:
    """One fault that is on. `stop`, or the end of `with`, switches it off."""

    def __init__(self, switchboard: Switchboard, counted: Counted) -> None:
        self._switchboard = switchboard
        self._counted = counted

    @property
    def hits(self) -> int:
        """The number of requests for which it was on."""
        return self._counted.hits

    def stop(self) -> None:
        """Switch it off, if it is on."""
        self._switchboard.switch_off(self._counted)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _matches(switch: Switch, method: str, path: str, endpoint: str) -> bool:
    if switch.fault.acts_on and endpoint not in switch.fault.acts_on:
        return False
    from reference_server.faults.path_pattern import pattern

    return (not switch.method or switch.method.upper() == method.upper()) and pattern(switch.path).is_in(path)


def _is_on(counted: Counted) -> bool:
    switch = counted.switch
    counted.matched += 1
    number = counted.matched - switch.after
    if number < 1 or (switch.first is not None and number > switch.first):
        return False
    is_on = switch.probability >= 1 or counted.chance.random() < switch.probability
    counted.hits += is_on
    return is_on
