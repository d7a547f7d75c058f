"""A client and its version, as users write them: `pip==23.2.1`, or `pip` for the newest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from conformance.clients.prepared.companions import companions, known_clients
from conformance.errors import UserError

_OTHER_SPECIFIER = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*(?:===|(?!==)[<>=!~]).*")


@dataclass(frozen=True, order=True)
class ClientSpec:
    """A client by its name, and the version that is wanted; an empty one is the newest."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name

    @property
    def requirements(self) -> tuple[str, ...]:
        """What an installer has to install: the client, and what it needs beside it."""
        return (str(self), *(word for each in companions(self.name, self.version) for word in each.requires))


def client_spec(text: str) -> ClientSpec:
    """Read a client such as `pip==23.2.1` or `uv`. Raises UserError."""
    name, equals, version = (part.strip() for part in text.partition("=="))
    other = _OTHER_SPECIFIER.fullmatch(text.strip())
    if other and other["name"].lower() in known_clients():
        raise UserError(
            f"{text.strip()!r} names no single version of {other['name']}",
            f"Only == is understood: write {other['name']}==VERSION, or {other['name']} for the newest.",
        )
    if name.lower() not in known_clients():
        raise UserError(
            f"there is no driver for a client {name!r}",
            f"Choose {', '.join(known_clients())}, each with a version such as pip==23.2.1, or without.",
        )
    try:
        normal = str(Version(version)) if equals else ""
    except InvalidVersion:
        raise UserError(
            f"{text!r} has no version of {name}",
            f"Write {name}==VERSION, or {name} for the newest. `pip index versions {name}` lists them.",
        ) from None
    return ClientSpec(name.lower(), normal)


def client_specs(text: str) -> tuple[ClientSpec, ...]:
    """Read clients that are separated by commas, each once. Raises UserError."""
    specs = tuple(dict.fromkeys(client_spec(word) for word in text.split(",") if word.strip()))
    if not specs:
        raise UserError("no client is named", "Write, for example, 'pip==23.2.1,pip,uv'.")
    return specs
