"""What pytest's report of a failure shows about the registries of the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_server.serving.steered import Steered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LAST = 50


def sections(funcargs: Mapping[str, Any], frames: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Return title and text for each registry in the fixtures and the local variables of a test: its last requests."""
    found: list[Steered] = []
    for values in (funcargs, *frames):
        for name, value in list(values.items()):
            for each in list(value) if type(value) in (list, tuple) else [value]:
                # `isinstance` would ask the object itself, which may be anything, such as a proxy without its object
                if not issubclass(type(each), Steered) or any(each is other for other in found):
                    continue
                try:
                    section = _section(name, each)
                except AttributeError:  # its own start has failed
                    continue
                found.append(each)
                yield section


def _section(name: str, registry: Steered) -> tuple[str, str]:
    requests = registry.requests
    count = len(requests)
    which = f"last {LAST} of {requests.total}" if requests.total > LAST else f"{count}"
    return f"requests to {name} ({which}, newest last)", str(requests[-LAST:]) or "none"
