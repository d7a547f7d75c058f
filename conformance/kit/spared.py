"""What a deletion has left alone, for the last check of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from conformance.corpus.spared import Spared
    from conformance.kit.registry import RegistryClient
    from reference_server.distributions import Distribution


class Spare:
    """Notes files that are listed after a deletion: the last check of the run looks for them once more."""

    def __init__(self, spared: Spared) -> None:
        self._spared = spared

    def __call__(self, registry: RegistryClient, *files: Distribution) -> None:
        """Note files of a registry."""
        for file in files:
            name = canonicalize_name(file.name)
            self._spared.add(registry.project_url(name), name, [file.filename])
