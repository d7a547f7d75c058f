"""Scenarios of publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.client_matrix import stage as stages
from conformance.client_matrix.stage import BUSY, Inconclusive, Stage, require_success
from conformance.verdicts import Deviation, Untestable
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.target.recording import Sent

OTHER_BYTES = 2_000
"""The size of a file that has the name of another one, and other bytes."""

UPLOADS = frozenset({"POST", "PUT"})


def publish_wheel_and_sdist(stage: Stage) -> None:
    """Publish both files of a release in one command; both are listed, and downloaded byte for byte."""
    name = stage.venue.new_name("release")
    files = [wheel(name, "1.0"), sdist(name, "1.0")]
    require_success(stage.publish(*files))
    stages.require_listed(stage, files, same_bytes=not stage.client.builds)


def publish_again(stage: Stage) -> None:
    """Publish other bytes under the name of a file: the client fails, and the file stays as it was."""
    name = stage.venue.new_name("again")
    first, second = wheel(name, "1.0"), wheel(name, "1.0", size=OTHER_BYTES)
    stage.venue.publish(first)
    twin = stage.publish(wheel(name, "1.1", size=OTHER_BYTES))
    if not twin.succeeded:
        raise Untestable(f"a file under a new name was not published either: exit code {twin.exit_code}")
    before = len(stage.sent)
    if stage.publish(second).succeeded:
        raise Deviation(expected="a failure", found="exit code 0", where=stage.client.name)
    _require_refusal(stage.sent[before:])
    stages.require_listed(stage, [first], same_bytes=True)


def _require_refusal(sent: Sequence[Sent]) -> None:
    """Raise Inconclusive unless the last upload was refused: a client may fail for a reason of its own."""
    uploads = [each for each in sent if each.method in UPLOADS]
    if not uploads:
        raise Inconclusive("the client failed, and uploaded nothing")
    status = uploads[-1].status
    if status is None or status in BUSY or not 400 <= status < 500:
        raise Inconclusive(f"the client failed, and its upload was not refused: {uploads[-1]}")


def publish_skip_existing(stage: Stage) -> None:
    """Publish a file that is there, with the client's own way to leave out such files: it succeeds."""
    same = wheel(stage.venue.new_name("same"), "1.0")
    stage.venue.publish(same)
    require_success(stage.publish(same, skip_existing=True))
