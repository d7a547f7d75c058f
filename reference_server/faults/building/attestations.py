"""A fault's base: an index that looks into attestations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.archives.checks import without
from reference_server.faults.fault import Fault
from reference_server.flavours.pypi_archives import attestations_are_well_formed
from reference_server.flavours.pypi_attestations import require_form
from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from reference_server.archives.archive import Archive
    from reference_server.model import Upload
    from reference_server.rules import Rules


class TakesAttestations(Fault):
    """Verifies attestations that come with an upload. As it trusts no authority, it refuses all of them.

    A fault lets some of them through.
    """

    features: ClassVar[tuple[str, ...]] = ("attestations",)

    def lets_through(self, sent: tuple[str, ...], upload: Upload) -> bool:
        """Whether an upload with these fields of attestations passes."""
        raise NotImplementedError

    def rules(self, rules: Rules) -> Rules:
        def verified(_: Archive, upload: Upload) -> None:
            sent = upload.fields.get("attestations", ())
            if sent and not self.lets_through(sent, upload):
                raise PolicyError("Invalid attestations supplied during upload: verification failed")

        others = without(rules.archive_checks, attestations_are_well_formed)
        return replace(rules, archive_checks=(*others, verified))


def is_well_formed(sent: tuple[str, ...], upload: Upload) -> bool:
    """Whether fields with attestations have the form that the specification gives them, for this file."""
    try:
        require_form(sent, upload)
    except PolicyError:
        return False
    return True
