"""Whether a registry overwrites a file that is uploaded again, when it has all the time that it needs."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from conformance.load.listing import is_beyond
from conformance.verdicts import Deviation, NotJudged, Untestable
from conformance.wire import BadAnswer, Follow, Unreachable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.target.registry_client import RegistryClient
    from reference_server.distributions import Distribution

PAUSE = 0.2
"""Seconds between two looks at a file that still has its first bytes."""


def replaces_files(registry: RegistryClient, name: str, *, settle: float, beyond: bool) -> bool:
    """Upload a file of the project `name` twice with different bytes, and return whether the second ones are served.

    They may take `settle` seconds to appear. `beyond` lets the download go to other hosts than this machine. What could
    not be tried or read counts as no: it excuses nothing.
    """
    first, second = wheel(name, "1.0"), wheel(name, "1.0", marker="other bytes")
    try:
        if not all(registry.upload(each).is_success for each in (first, second)):
            return False
        deadline = time.monotonic() + settle
        while not (replaced := _serves(registry, second, beyond=beyond)) and time.monotonic() < deadline:
            time.sleep(PAUSE)
    except (BadAnswer, Deviation, NotJudged, Unreachable, Untestable):
        return False
    return replaced


def _serves(registry: RegistryClient, distribution: Distribution, *, beyond: bool) -> bool:
    file = registry.project_page(distribution.name, fresh=True).file(distribution.filename)
    if file is None or (is_beyond(file.url) and not beyond):
        return False
    answer = registry.request("GET", file.url, follow=Follow.ANY_HOST if beyond else Follow.SAME_HOST)
    return hashlib.sha256(answer.content).hexdigest() == distribution.sha256
