"""Faults in uploads that are large in one respect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reference_server.alterations import HangUpError
from reference_server.faults.building.partial_uploads import FAR_TOO_LARGE, arrived
from reference_server.faults.building.upload_forms import FailsOnForms
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.http.request import Request

LONG_PART_HEADER = 16 * 1024
LONG_FIELD = 2_500_000
MANY_FIELDS = 1_000


class LargeBodiesReset(Fault):
    """Resets the connection of a far too large upload before its response."""

    caught_by = ("robustness.oversize",)

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        if (request.content_length or 0) < FAR_TOO_LARGE:
            return body
        request.reset()
        raise HangUpError


class ManyFieldsFail(FailsOnForms):
    """Fails on a form of more than a thousand fields."""

    caught_by = ("robustness.many-fields",)

    def is_refused(self, request: Request) -> bool:
        return arrived(request)[0].count(b"Content-Disposition: form-data;") > MANY_FIELDS


class LongFieldsFail(FailsOnForms):
    """Fails on a description of more than 2.5 MB."""

    caught_by = ("robustness.huge-text-field",)

    def is_refused(self, request: Request) -> bool:
        found = re.search(rb'name="description"\r\n\r\n([^\r]*)', arrived(request)[0])
        return found is not None and len(found[1]) > LONG_FIELD


class LongPartHeadersFail(FailsOnForms):
    """Fails on a part whose header exceeds 16 KiB."""

    caught_by = ("robustness.huge-header",)

    def is_refused(self, request: Request) -> bool:
        return re.search(rb"X-Padding: [^\r]{%d}" % LONG_PART_HEADER, arrived(request)[0]) is not None
