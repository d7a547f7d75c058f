"""The default target: the reference server in this process."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.errors import UserError
from conformance.target import DEFAULT, BadTarget, target_from_table
from conformance.target.layouts import GITLAB
from reference_server.serving.fault_names import fault_names
from reference_server.serving.in_process import ReferenceServer
from reference_server.serving.target import flavours_by_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.target import Target
    from conformance.wire.credential import Credential
    from reference_server.distributions import Distribution


OPEN_TO_ALL = "pep503-upload"
"""The profile of a registry that needs no credential."""


@contextmanager
def embedded_target(profile: str = "gitlab") -> Iterator[Target]:
    """Start a reference server on a free loopback port, and stop it at the end.

    Raises BadTarget if no flavour conforms to the profile.
    """
    flavours = flavours_by_profile()
    if profile not in flavours:
        raise BadTarget(
            f"without a URL, the suite tests its own reference server, which has no profile {profile!r}; "
            f"give a URL, or choose the profile {' or '.join(sorted(flavours))}"
        )
    with ReferenceServer(flavour=flavours[profile]) as server:
        yield target_from_table(server.target(), embedded=True)


@contextmanager
def control_target(credential: Credential | None, *, anybody: Credential) -> Iterator[Target]:
    """Start a reference server that takes the credential of another target, and stop it at the end.

    A client that fails for the sake of a credential fails here, too. Where the other target has none, this one takes
    every request without one, and those of `anybody`. The server is in this process, so the credential stays here.
    """
    same = _as_utf8(credential) if credential else None
    users = {same.username: same.password} if same else {"": "", anybody.username: anybody.password}
    with ReferenceServer(users=users) as server:
        table = server.target() | ({} if same else {"profile": OPEN_TO_ALL, "layout": GITLAB})
        target = target_from_table(table, embedded=True)
        yield replace(target, credentials={DEFAULT: same} if same else {})


def _as_utf8(credential: Credential) -> Credential:
    """Return a credential whose encoding makes no difference: the reference server reads UTF-8 alone."""
    if credential.encoding == "utf-8" or credential.is_ascii:
        return credential
    username, password = (
        "".join(each if each.isascii() else "e" for each in part)
        for part in (credential.username, credential.password)
    )
    return replace(credential, username=username, password=password, encoding="utf-8")


@dataclass(frozen=True)
class OtherIndex:
    """An index beside the target: public, and under another host name of loopback."""

    server: ReferenceServer

    @property
    def url(self) -> str:
        """The URL of the index. The host is not the target's, so no client takes it for the same one."""
        return self.server.index_url.replace(self.server.origin, self.server.origin_at("localhost"), 1)

    def publish(self, distribution: Distribution) -> None:
        """Put a file there."""
        self.server.publish(distribution)

    def with_credential(self, word: str) -> list[str]:
        """Return the requests with a credential whose path has this word."""
        found = (each for each in self.server.requests if each.credential and word in each.path)
        return [f"{each.method} {each.path}, with a credential" for each in found]


@contextmanager
def other_index() -> Iterator[OtherIndex]:
    """Start an index of another owner, and stop it at the end."""
    with ReferenceServer(flavour="pypi") as server:
        yield OtherIndex(server)


class UnknownFault(UserError):
    """There is no such fault or option; the message lists the valid ones."""


def known_faults() -> list[str]:
    """Return the names of all faults of the reference server."""
    return fault_names()


def misbehaving_server(faults: Iterable[str]) -> ReferenceServer:
    """Return a reference server with faults, such as `NAME` or `NAME,first=2,path=/files/`; not yet started.

    Errors: UnknownFault.
    """
    try:
        return ReferenceServer(faults=list(faults))
    except (LookupError, ValueError) as error:
        raise UnknownFault(f"--fault: {error}") from error
