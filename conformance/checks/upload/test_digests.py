"""The digests that come with an upload."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.properties import strategies
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.fixtures import Examples, NewName, RegistryClient
    from conformance.kit.http import Answer, UploadForm
    from reference_server.distributions import Distribution

ALGORITHMS: Mapping[str, Callable[[bytes], str]] = {
    "md5_digest": lambda content: hashlib.md5(content, usedforsecurity=False).hexdigest(),
    "sha256_digest": lambda content: hashlib.sha256(content).hexdigest(),
    "blake2_256_digest": lambda content: hashlib.blake2b(content, digest_size=32).hexdigest(),
}
"""By field of the form: the file's digest, as clients send it."""

FIELDS = tuple(ALGORITHMS)

CLAIMS: Mapping[str, Callable[[str, bytes], str]] = {
    "right": lambda field, content: ALGORITHMS[field](content),
    "upper": lambda field, content: ALGORITHMS[field](content).upper(),
    "wrong": lambda field, content: ALGORITHMS[field](content + b"damaged"),
    "wrong at the end": lambda field, content: _last_changed(ALGORITHMS[field](content)),
    "short": lambda field, content: ALGORITHMS[field](content)[:-1],
    "long": lambda field, content: ALGORITHMS[field](content) + "0",
    "no hex": lambda field, content: "zz" + ALGORITHMS[field](content)[2:],
}
"""What a client may say the digest in a field is."""


def _last_changed(digest: str) -> str:
    return digest[:-1] + ("1" if digest[-1] == "0" else "0")


RIGHT = dict.fromkeys(FIELDS, "right")
MALFORMED = (
    {"sha256_digest": "no hex"},
    {"sha256_digest": "short"},
    {"sha256_digest": "long"},
    {"sha256_digest": "right", "md5_digest": "no hex"},
    {"sha256_digest": "right", "blake2_256_digest": "short"},
)


class Claimed:
    """Uploads versions of one project, each with digests as `claims` says, and remembers which were refused."""

    def __init__(self, registry: RegistryClient, name: str) -> None:
        self._registry = registry
        self._name = name
        self.accepted: list[Distribution] = []
        self.refused: list[Distribution] = []

    def __call__(self, claims: Mapping[str, str]) -> Answer:
        """Upload the next version, and return the answer."""
        version = f"1.{len(self.accepted) + len(self.refused)}"
        distribution = wheel(self._name, version)
        answer = self._registry.upload(distribution, form=with_digests(distribution, claims))
        (self.accepted if answer.is_success else self.refused).append(distribution)
        return answer

    def are_all_that_is_listed(self) -> None:
        """Require that the project's page lists what was accepted, and not what was refused."""
        page = self._registry.project_page(self._name)
        expect.listed(page, [distribution.filename for distribution in self.accepted])
        expect.not_listed(page, [distribution.filename for distribution in self.refused])


def with_digests(distribution: Distribution, claims: Mapping[str, str]) -> UploadForm:
    """Return the form with these digests and no others."""
    form = upload_form(distribution)
    for field in FIELDS:
        form = form.without(field)
    for field, claim in claims.items():
        form = form.with_field(field, CLAIMS[claim](field, distribution.content))
    return form


def suffices(field: str, registry: RegistryClient, *distributions: Distribution) -> None:
    """Require that distributions are accepted and listed with this digest only."""
    for distribution in distributions:
        form = with_digests(distribution, {field: "right"})
        expect.accepted(registry.upload(distribution, form=form))
    filenames = [distribution.filename for distribution in distributions]
    expect.listed(registry.project_page(distributions[0].name), filenames)


@check("upload.digest.sha256-only")
def test_sha256_only(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("sha256")
    suffices("sha256_digest", registry, wheel(name, "1.0"), sdist(name, "1.0"))


@check("upload.digest.blake2-only")
def test_blake2_only(registry: RegistryClient, new_name: NewName) -> None:
    suffices("blake2_256_digest", registry, wheel(new_name("blake2"), "1.0"))


@check("upload.digest.md5-only")
def test_md5_only(registry: RegistryClient, new_name: NewName) -> None:
    suffices("md5_digest", registry, wheel(new_name("md5"), "1.0"))


@check("upload.digest.mismatch")
def test_mismatch(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    """Whether capital letters or a sha256_digest that is missing will do is for other checks to say."""
    upload = Claimed(registry, new_name("digest"))
    answers = {f"a wrong {field}": upload(RIGHT | {field: "wrong"}) for field in FIELDS}
    answers["a sha256_digest whose last digit is wrong"] = upload(
        RIGHT | {"sha256_digest": "wrong at the end"}
    )
    expect.rule(
        "every upload with the digest of another file to be refused (4xx)",
        broken_by=not_refused(answers),
        where=expect.requests(answer for answer in answers.values() if not answer.is_client_error),
    )

    def judged(claims: dict[str, str]) -> None:
        if {"wrong", "short"} & set(claims.values()):
            expect.refused(upload(claims))
        elif "upper" not in claims.values() and "sha256_digest" in claims:
            expect.accepted(upload(claims))

    examples.each(strategies.digest_claims(FIELDS), judged, named=in_words)
    upload.are_all_that_is_listed()


@check("upload.digest.case")
def test_case(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("capitals"), "1.0")
    form = with_digests(distribution, dict.fromkeys(FIELDS, "upper"))
    expect.accepted(registry.upload(distribution, form=form))
    page = registry.project_page(distribution.name)
    expect.listed(page, [distribution.filename])
    listed = {file.filename: file.hashes.get("sha256", distribution.sha256) for file in page.files}
    expect.equal(
        listed[distribution.filename],
        distribution.sha256,
        of="the listed sha256, in lower case,",
        where=page.where,
    )


@check("upload.digest.malformed")
def test_malformed(registry: RegistryClient, new_name: NewName) -> None:
    upload = Claimed(registry, new_name("malformed"))
    answers = {in_words(claims): upload(claims) for claims in MALFORMED}
    expect.rule(
        "every upload with a malformed digest to be refused (4xx)",
        broken_by=not_refused(answers),
        where=expect.requests(answer for answer in answers.values() if not answer.is_client_error),
    )
    upload.are_all_that_is_listed()


def not_refused(answers: Mapping[str, Answer]) -> list[str]:
    """Name what was answered with anything but 4xx, with its answer."""
    return [
        f"status {answer.status} for {what}" for what, answer in answers.items() if not answer.is_client_error
    ]


def in_words(claims: Mapping[str, str]) -> str:
    """Name the digests of an upload: "sha256_digest right, md5_digest no hex"."""
    return ", ".join(f"{field} {claim}" for field, claim in claims.items())
