"""Faults in the digests that come with an upload."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.omitted_checks import _UploadCheckLeftOut
from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_forms import parts_of
from reference_server.faults.fault import Fault
from reference_server.flavours import pypi_files
from reference_server.http.json_responses import refusal
from reference_server.model.errors import DigestMismatchError, MissingFieldsError
from reference_server.rules.rules import verify_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules

SDIST = re.compile(rb'name="content"; filename="[^"]*\.tar\.gz"')
HEX = re.compile(r"[0-9a-fA-F]*")


class DigestsOptional(_UploadCheckLeftOut):
    """Takes files without a digest."""

    caught_by = ("upload.digest.required",)
    left_out = pypi_files.has_digest


class ComparesDigests(Fault):
    """Compares digests in its own way; `super()` compares them as the good server would."""

    otherwise: Callable[[Mapping[str, str], Mapping[str, str]], None] = staticmethod(verify_digests)

    def rules(self, rules: Rules) -> Rules:
        """Ask a fault that knows the rule which it replaces."""
        fault = copy(self)
        fault.otherwise = rules.verify_digests
        return replace(rules, verify_digests=fault.verify)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        """Raise what is wrong with the digests that came (see `reference_server.rules.rules.verify_digests`)."""
        self.otherwise(claimed, actual)


class Md5WantedForSdists(Fault):
    """Asks for an md5_digest with every sdist, which twine no longer sends from 6.2 on."""

    caught_by = (
        "upload.digest.sha256-only",
        "upload.add-wheel-later",
        "upload.project-create",
        "upload.twine-end-to-end",
        "upload.uv-end-to-end",
    )

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not SDIST.search(body_of(request)):
            return None
        return None if "md5_digest" in parts_of(request) else refusal(MissingFieldsError("md5_digest"))


class Sha256Wanted(Fault):
    """Asks for a sha256_digest whatever else comes, as Gitea and Pulp do."""

    caught_by = ("upload.digest.blake2-only", "upload.digest.md5-only")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, required_fields=(*rules.required_fields, "sha256_digest"))


class OneDigestCompared(ComparesDigests):
    """Compares the first digest that it finds, and believes the others."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed")

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        super().verify(dict(list(claimed.items())[:1]), actual)


class Blake2NotCompared(ComparesDigests):
    """Knows md5 and sha256, and takes any blake2_256_digest that looks like one."""

    caught_by = ("upload.digest.mismatch",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        try:
            super().verify(claimed, actual)
        except DigestMismatchError:
            super().verify({name: claimed[name] for name in claimed if name != "blake2_256"}, actual)


class DigestPrefixSuffices(ComparesDigests):
    """Compares as many characters of a digest as there are, so that a piece of it will do."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed")

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        whole = {
            name: actual[name] if actual[name].startswith(digest.lower()) else digest
            for name, digest in claimed.items()
        }
        super().verify(whole, actual)


class DigestsOfOtherKindsIgnored(ComparesDigests):
    """Takes what is not hex for a digest of another kind, and compares it with nothing."""

    caught_by = ("upload.digest.malformed",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        super().verify({name: digest for name, digest in claimed.items() if HEX.fullmatch(digest)}, actual)


class MalformedDigestIsAServerError(Fault):
    """Reads a digest before it looks whether it is one, and fails."""

    caught_by = ("upload.digest.malformed", "upload.digest.mismatch")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and b"_digest is invalid" in response.data:
            response.status_code = 500
        return response


class DigestsComparedAsText(ComparesDigests):
    """Takes capital letters for another digest."""

    caught_by = ("upload.digest.case",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        super().verify(claimed, actual)
        if any(digest != actual[name] for name, digest in claimed.items()):
            raise DigestMismatchError


class DigestsShownAsSent(Fault):
    """Compares digests in any letter case, and shows them as the client wrote them."""

    caught_by = ("upload.digest.case",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, recorded_digests=lambda claimed, actual: {**actual, **claimed})


class DigestsNotCompared(Fault):
    """Takes a file whose digest is not the one that came with it."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, verify_digests=lambda *_digests: None)


class ClaimedDigestsTrusted(Fault):
    """Shows the digests that came with a file, and compares them with nothing, as GitLab does."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed", "upload.digest.case")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            verify_digests=lambda *_digests: None,
            recorded_digests=lambda claimed, actual: {**actual, **claimed},
        )
