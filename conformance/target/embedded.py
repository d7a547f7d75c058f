"""The default target: the reference server in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from conformance.errors import UserError
from conformance.target import BadTarget, target_from_table
from reference_server.serving.fault_names import fault_names
from reference_server.serving.in_process import ReferenceServer
from reference_server.serving.target import flavours_by_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.target import Target


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
