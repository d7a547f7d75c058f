"""Pages that are written as few registries write them, and are valid."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance.verdicts import Verdict
from reference_server.faults import Fault
from reference_server.variety.json import PrivateKeys

from .one_row import judged

if TYPE_CHECKING:
    from reference_server.rendering.pages import ProjectPage

pytestmark = pytest.mark.usefixtures("own_folder")

VALID = "simple.html.valid-html5"
OF_DIGESTS = (
    "simple.json.file.hashes.correct",
    "simple.json.file.hashes.hashlib-name",
    "simple.json.file.core-metadata.type",
    "metadata.hash-correct",
)


class Minified(Fault):
    """Leaves out the quotes of URLs of projects, as minifiers do."""

    def __init__(self, *, space: str = "", end: str = "</a>") -> None:
        self._space, self._end = space, end

    def rendered(self, body: bytes) -> bytes:
        link = rf"<a href=\1{self._space}>\2{self._end}".encode()
        return re.sub(rb'<a href="([^"#]+/)">([^<]*)</a>', link, body)


class LinksEncodedFurther(Fault):
    """Encodes a character of file names in links that needs no encoding, or one that does twice."""

    def __init__(self, character: str, written: str) -> None:
        self._character, self._written = character, written

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=file.url.replace(self._character, self._written)))


class DigestsNamedPrivately(Fault):
    """Writes a second digest, one of other bytes, with the name of a hash or of nothing."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()

    def rendered(self, body: bytes) -> bytes:
        return re.sub(
            rb'"(hashes|core-metadata)":\{', rb'"\1":{"' + self._name + rb'":"' + b"0" * 32 + b'",', body
        )


@pytest.mark.parametrize("space", ["", " "])
def test_a_url_without_quotes_may_end_with_a_slash(space: str) -> None:
    found = judged(VALID, Minified(space=space))
    assert found.verdict is Verdict.PASSED, found.message


def test_an_error_beside_such_a_url_is_found() -> None:
    assert judged(VALID, Minified(end="</a></b>")).verdict is Verdict.FAILED


@pytest.mark.parametrize("row", OF_DIGESTS)
def test_private_keys_may_stand_beside_digests(row: str) -> None:
    for fault in (DigestsNamedPrivately("_etag"), PrivateKeys()):
        found = judged(row, fault)  # type: ignore[arg-type]  # a variation acts as a fault does
        assert found.verdict is Verdict.PASSED, found.message


def test_a_wrong_digest_under_the_name_of_a_hash_is_found() -> None:
    for row in ("simple.json.file.hashes.correct", "metadata.hash-correct"):
        assert judged(row, DigestsNamedPrivately("md5")).verdict is Verdict.FAILED


@pytest.mark.parametrize("written", ["%2D", "%2d"])
def test_a_link_may_encode_a_hyphen(written: str) -> None:
    found = judged("gitlab.file.url", LinksEncodedFurther("-", written))
    assert found.verdict is Verdict.PASSED, found.message


def test_a_link_that_encodes_a_hyphen_twice_is_found() -> None:
    assert judged("gitlab.file.url", LinksEncodedFurther("-", "%252D")).verdict is Verdict.FAILED
