"""The table of drivers: those of the suite, and those that other packages bring."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.errors import UserError
from conformance.verdicts.validation import Invalid, validated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.metadata import EntryPoint

GROUP = "pypi_registry_conformance.drivers"
"""The entry-point group of drivers in other packages."""

_HERE = "conformance.target.drivers"

BUILT_IN: Mapping[str, str] = {
    "command": f"{_HERE}.command:CommandDriver",
    "devpi": f"{_HERE}.devpi:DevpiDriver",
    "gitlab": f"{_HERE}.gitlab:GitLabDriver",
    "http": f"{_HERE}.http:HttpDriver",
    "pulp": f"{_HERE}.pulp:PulpDriver",
    "pypiserver": f"{_HERE}.pypiserver:PypiserverDriver",
    "reference": f"{_HERE}.reference:ReferenceDriver",
}
"""The drivers of the suite: where the class of each is. A driver is imported when it is first used."""


def driver_names() -> list[str]:
    """Return the names of all drivers that are installed."""
    return sorted({*BUILT_IN, *_installed()})


def driver_class(name: str) -> type[Any]:
    """Return the class of a driver. Raises UserError for one that cannot be imported, KeyError without one."""
    if name in BUILT_IN:
        found: type[Any] = resolve_name(BUILT_IN[name])
        return found
    entry = _installed()[name]
    try:
        found = entry.load()
    except Exception as error:  # importing another package can end in any way
        raise UserError(f"the driver {name!r} cannot be imported from {entry.value}: {error}") from error
    return found


def valid_management(table: Mapping[str, Any], *, url: str) -> Mapping[str, Any]:
    """Return the table `[management]` if it names a driver and its settings for a target's URL. Raises Invalid."""
    name = table.get("driver")
    if name is None:
        raise Invalid("management: expected the key driver, found none")
    if name not in BUILT_IN and name not in (names := driver_names()):  # to look for others takes time
        raise Invalid(f"management.driver: expected one of {', '.join(names)}; found {name!r}")
    _check_schemes(settings_of(table).urls, url)
    return table


def _check_schemes(addresses: Iterable[str], url: str) -> None:
    """Raise Invalid where the credential of a target at https would be sent by http."""
    plain = {urlsplit(each).hostname for each in addresses if urlsplit(each).scheme == "http"}
    if not plain or urlsplit(url).scheme != "https":
        return
    from conformance.wire.answer import LOOPBACK  # `requests` comes with it

    if hosts := plain - LOOPBACK:
        raise Invalid(
            f"management: expected https, as in the URL of the target; found http for {hosts.pop()}"
        )


def settings_of(table: Mapping[str, Any]) -> Any:
    """Return the settings in the table `[management]` of a driver that is known. Raises Invalid."""
    settings = {key: value for key, value in table.items() if key != "driver"}
    try:
        found = validated(settings, driver_class(table["driver"]).Settings)
    except Invalid as error:
        place, colon, problem = str(error).partition(": ")
        raise Invalid(
            f"management.{place}{colon}{problem}" if place in settings else f"management: {error}"
        ) from error
    if found.mistake:
        raise Invalid(f"management{found.mistake}")
    return found


def _installed() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # takes time to import

    return {entry.name: entry for entry in entry_points(group=GROUP)}
