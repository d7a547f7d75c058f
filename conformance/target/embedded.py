"""The target that is always there: the reference server, in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from conformance.errors import UserError
from conformance.target import BadTarget, target_from_table
from reference_server.serving.in_process import ReferenceServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.target import Target


FLAVOURS = {"gitlab": "reference", "pypi": "pypi"}
"""The flavour of the reference server that keeps to each profile."""


@contextmanager
def embedded_target(profile: str = "gitlab") -> Iterator[Target]:
    """Start a reference server on a free loopback port, and stop it at the end.

    Raises BadTarget when none of its flavours keeps to the profile.
    """
    if profile not in FLAVOURS:
        raise BadTarget(
            f"without a URL the embedded server is judged, for the profile {' or '.join(FLAVOURS)}; "
            f"give the URL of what is to be judged as {profile!r}"
        )
    with ReferenceServer(flavour=FLAVOURS[profile]) as server:
        yield target_from_table(server.target(), embedded=True)


class UnknownFault(UserError):
    """The server has no such fault, or the fault no such option; the text says what it has."""


def misbehaving_server(faults: Iterable[str]) -> ReferenceServer:
    """Return a reference server with faults, given as `NAME` or `NAME,first=2,path=/files/`; not started yet.

    Errors: UnknownFault.
    """
    try:
        return ReferenceServer(faults=list(faults))
    except (LookupError, ValueError) as error:
        raise UnknownFault(f"--fault: {error}") from error
