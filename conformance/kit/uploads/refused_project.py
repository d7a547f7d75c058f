"""A project whose uploads are all to be refused, and whose page is read once for all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.http import Answer
    from conformance.kit.registry import RegistryClient
    from reference_server.distributions import Distribution


class RefusedProject:
    """Uploads files of one project that have to be refused.

    After an upload that was accepted its name is a new one: an example that deviates is sent again.
    """

    def __init__(self, registry: RegistryClient, new_name: Callable[[str], str], purpose: str) -> None:
        self._registry = registry
        self._new_name = partial(new_name, purpose)
        self._sent: list[str] = []
        self.name = self._new_name()

    def upload(self, distribution: Distribution) -> Answer:
        """Upload a file, and return the answer."""
        answer = self._registry.upload(distribution)
        if answer.is_client_error:
            self._sent.append(distribution.filename)
        else:
            self.name = self._new_name()
        return answer

    def lists_nothing(self) -> None:
        """Require that the project's page lists none of the files that were refused."""
        expect.not_listed(self._registry.project_page(canonicalize_name(self.name)), self._sent)
