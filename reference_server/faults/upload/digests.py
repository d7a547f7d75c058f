"""Faults in the digests that come with an upload."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_forms import parts_of
from reference_server.faults.building.upload_rules import OmitsUploadCheck
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


class DigestsOptional(OmitsUploadCheck):
    """Accepts files without a digest."""

    caught_by = ("upload.digest.required",)
    left_out = pypi_files.has_digest


class ComparesDigests(Fault):
    """Compares digests in its own way; `super()` compares them as the unaltered server."""

    otherwise: Callable[[Mapping[str, str], Mapping[str, str]], None] = staticmethod(verify_digests)

    def rules(self, rules: Rules) -> Rules:
        """Use a copy of this fault that knows the rule it replaces: faults outlive a set of rules."""
        fault = copy(self)
        fault.otherwise = rules.verify_digests
        return replace(rules, verify_digests=fault.verify)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        """Compare digests or raise, as `reference_server.rules.rules.verify_digests` does."""
        self.otherwise(claimed, actual)


class Md5WantedForSdists(Fault):
    """Requires md5_digest for sdists, which twine omits since 6.2."""

    caught_by = (
        "upload.digest.sha256-only",
        "upload.twine-end-to-end",
        "upload.uv-end-to-end",
    )

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or not SDIST.search(body_of(request)):
            return None
        return None if "md5_digest" in parts_of(request) else refusal(MissingFieldsError("md5_digest"))


class Sha256Wanted(Fault):
    """Requires sha256_digest even with other digests, as Gitea and Pulp do."""

    caught_by = ("upload.digest.blake2-only", "upload.digest.md5-only")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, required_fields=(*rules.required_fields, "sha256_digest"))


class Blake2Unknown(Fault):
    """Requires a digest, and knows no blake2_256_digest."""

    caught_by = ("upload.digest.blake2-only",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload" or "sha256_digest" in parts_of(request):
            return None
        return None if "md5_digest" in parts_of(request) else refusal(MissingFieldsError("sha256_digest"))


class OneDigestCompared(ComparesDigests):
    """Compares only the first digest."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed")

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        super().verify(dict(list(claimed.items())[:1]), actual)


class Blake2NotCompared(ComparesDigests):
    """Accepts any well-formed blake2_256_digest."""

    caught_by = ("upload.digest.mismatch",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        try:
            super().verify(claimed, actual)
        except DigestMismatchError:
            super().verify({name: claimed[name] for name in claimed if name != "blake2_256"}, actual)


class DigestPrefixSuffices(ComparesDigests):
    """Compares only as many characters of a digest as were sent."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed")

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        whole = {
            name: actual[name] if actual[name].startswith(digest.lower()) else digest
            for name, digest in claimed.items()
        }
        super().verify(whole, actual)


class BeginningsOfDigestsCompared(ComparesDigests):
    """Compares the first eight digits of a digest of the right length."""

    caught_by = ("upload.digest.mismatch",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        alike = {
            name: actual[name]
            if len(digest) == len(actual[name])
            and HEX.fullmatch(digest)
            and actual[name][:8] == digest[:8].lower()
            else digest
            for name, digest in claimed.items()
        }
        super().verify(alike, actual)


class DigestsOfOtherKindsIgnored(ComparesDigests):
    """Ignores digests that are not hexadecimal."""

    caught_by = ("upload.digest.malformed",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        super().verify({name: digest for name, digest in claimed.items() if HEX.fullmatch(digest)}, actual)


class MalformedDigestIsAServerError(Fault):
    """Fails on a malformed digest."""

    caught_by = ("upload.digest.malformed", "upload.digest.mismatch")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "upload" and b"_digest is invalid" in response.data:
            response.status_code = 500
        return response


class DigestsComparedAsText(ComparesDigests):
    """Compares digests case-sensitively."""

    caught_by = ("upload.digest.case",)

    def verify(self, claimed: Mapping[str, str], actual: Mapping[str, str]) -> None:
        super().verify(claimed, actual)
        if any(digest != actual[name] for name, digest in claimed.items()):
            raise DigestMismatchError


class DigestsShownAsSent(Fault):
    """Compares digests case-insensitively but lists them as they were sent."""

    caught_by = ("upload.digest.case",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, recorded_digests=lambda claimed, actual: {**actual, **claimed})


class DigestsNotCompared(Fault):
    """Accepts files that do not match their digests."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, verify_digests=lambda *_digests: None)


class ClaimedDigestsTrusted(Fault):
    """Lists the digests in the form without comparing them, as GitLab does."""

    caught_by = ("upload.digest.mismatch", "upload.digest.malformed", "upload.digest.case")

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            verify_digests=lambda *_digests: None,
            recorded_digests=lambda claimed, actual: {**actual, **claimed},
        )
