"""Base of faults that negotiate media types."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import negotiate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.rules import Rules


class Negotiates(Fault):
    """Reads Accept in its own way, and chooses as the good server would; or chooses in its own way too."""

    otherwise: Callable[[str | None, Sequence[str], str], str | None] = staticmethod(negotiate)

    def rules(self, rules: Rules) -> Rules:
        fault = copy(self)
        fault.otherwise = rules.negotiate
        return replace(rules, negotiate=fault.negotiate)

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        """Choose a media type (see `reference_server.rules.negotiation.negotiate`)."""
        return self.otherwise(self.read(accept), offered, default)

    def read(self, accept: str | None) -> str | None:
        """Give the header as the good server would have to be sent it."""
        return accept
