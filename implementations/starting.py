"""Starts an implementation: by its command line, or by the `start()` of its `start.py`."""

from __future__ import annotations

import importlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from implementations.content import save_content
from implementations.place import HOST, CannotStart, Place, Running, missing_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from implementations.recipe import Implementation


@contextmanager
def started(
    implementation: Implementation, cache: Path, *, stopped: Event | None = None
) -> Iterator[tuple[Running, Place]]:
    """Start an implementation in a folder of its own, which is deleted at the end.

    Raises UserError, which includes that `stopped` was set before it answered.
    """
    with tempfile.TemporaryDirectory(prefix=f"{implementation.name}-") as folder:
        place = Place(
            implementation=implementation,
            cache=cache.absolute(),
            work=Path(folder),
            stopped=stopped or Event(),
        )
        with start_in(place) as running:
            yield running, place


def start_in(place: Place) -> AbstractContextManager[Running]:
    """Start an implementation in a place. Raises CannotStart if a program is missing."""
    needs = place.implementation.declared.needs
    if missing := missing_programs(place.implementation):
        raise CannotStart(
            f"{place.implementation.name} needs {' and '.join(missing)}",
            f"Install it: apt-get install {' '.join(needs.apt)}" if needs.apt else "",
        )
    if module := place.implementation.module:
        recipe: AbstractContextManager[Running] = importlib.import_module(module).start(place)
        return recipe
    return _by_command(place)


@contextmanager
def _by_command(place: Place) -> Iterator[Running]:
    declared = place.implementation.declared
    assert declared.start is not None, "a declaration has a command or a start.py"  # noqa: S101 - read() sees to it
    values = {
        "bin": place.programs(),
        "host": HOST,
        "port": place.port(),
        "work": place.work,
        "folder": place.implementation.folder,
    }
    for folder in declared.start.folders:
        place.folder(folder)
    if declared.start.content:
        save_content(place.folder(declared.start.content))
    table = filled(declared.target, values)
    command = [each.format_map(values) for each in declared.start.command]
    environment = filled(declared.start.environment, values)
    url = table.get("url") or table["index-url"]
    with place.process(*command, ready=url, environment=environment):
        yield Running(table=table)


def filled(table: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table in which every text is filled in as a template."""

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return value.format_map(values)
        if isinstance(value, dict):
            return {key: fill(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [fill(each) for each in value]
        return value

    return {key: fill(value) for key, value in table.items()}
