"""What a test does to a server while it runs, and asks about it: faults, prepared answers, and the requests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from reference_server.errors import no_option
from reference_server.faults.canned import CannedAnswer
from reference_server.faults.lookup import CONDITIONS
from reference_server.http.paths import path_expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.faults import Fault, Switch, Switchboard
    from reference_server.faults.switch import SwitchedOn
    from reference_server.http.request_log import Entry, RequestLog

KEPT_REQUESTS = 5000
LOGGER = logging.getLogger("reference_server.requests")


class Steered:
    """A server with a switchboard of faults and a log of its requests."""

    @property
    def switchboard(self) -> Switchboard:
        """The faults that are on."""
        raise NotImplementedError

    @property
    def requests(self) -> RequestLog:
        """The requests so far, in order."""
        raise NotImplementedError

    def fault(self, fault: Fault | Switch | str, **conditions: Any) -> SwitchedOn:
        """Switch on a fault: until the end of `with`, or until `stop` or `reset`.

        `conditions` are those of a `Switch` and the fault's own options: `fault("latency", seconds=0.1, first=2)`.
        Raises `UnknownFaultError` and `FaultOptionError`.
        """
        return self.switchboard.switch_on(fault, **conditions)

    def answer(
        self,
        path: str,
        *,
        status: int = 200,
        reason: str = "",
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **conditions: Any,
    ) -> SwitchedOn:
        """Answer requests to a path in this way: until the end of `with`, or until `stop` or `reset`.

        `path` is a pattern as in `requests.to`. `body` is bytes, text (HTML, unless `headers` say otherwise), or what
        becomes JSON; by default a message with the status and the reason. `conditions` are those of a `Switch` except
        `path`, such as `first`. Raises `FaultOptionError`, and `TypeError` for an option of another name.
        """
        if unknown := sorted(conditions.keys() - CONDITIONS):
            known = ("status", "reason", "body", "headers", *sorted(CONDITIONS.keys() - {"path"}))
            raise no_option(unknown, known, of="an answer")
        answer = CannedAnswer(status, reason, body, headers)
        return self.fault(answer, path=path_expression(path).pattern, **conditions)


def to_logger(entry: Entry) -> None:
    """Write a line to the logger `reference_server.requests`, with level INFO."""
    if LOGGER.isEnabledFor(logging.INFO):
        from reference_server.http.request_log.lines import line

        LOGGER.info("%s", line(entry))
