"""What pytest's report of a failure shows about the registries of the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_server.serving.served_registry import ServedRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LAST = 50


def sections(funcargs: Mapping[str, Any], frames: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Return title and text for each registry in the fixtures and the local variables of a test: its last requests."""
    found: list[ServedRegistry] = []
    for values in (funcargs, *frames):
        for name, value in list(values.items()):
            for each in list(value) if type(value) in (list, tuple) else [value]:
                # `isinstance` would ask the object itself, which may be anything, such as a proxy without its object
                if not issubclass(type(each), ServedRegistry) or any(each is other for other in found):
                    continue
                if hasattr(each, "app"):  # else its own start has failed
                    found.append(each)
                    yield _section(name, each)


def _section(name: str, registry: ServedRegistry) -> tuple[str, str]:
    requests = registry.requests
    count = len(requests)
    which = f"last {LAST} of {requests.total}" if requests.total > LAST else f"{count}"
    return f"requests to {name} ({which}, newest last)", str(requests[-LAST:]) or "none"
