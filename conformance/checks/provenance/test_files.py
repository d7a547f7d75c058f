"""Provenance objects and what becomes of their files."""

from __future__ import annotations

import hashlib
import time
from functools import partial
from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.driver import Ability, delete_alone, require
from conformance.kit.http import Follow
from conformance.kit.kept_answers import not_kept
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.attestations import provenance_of
from conformance.kit.uploads.publishing import fetch, link, publish
from conformance.kit.urls import is_absolute, is_secure
from conformance.pages import read_json
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

DIGITS = 16
"""The first digits of a digest, by which a URL names a file: some registries leave out the others."""

if TYPE_CHECKING:
    from conformance.checks.provenance.provenance_objects import Provenance
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution


@check("provenance.after-yank")
def test_after_yank(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.ATTACH_PROVENANCE, Ability.YANK)
    distribution = wheel(new_name("attested-yanked"), "1.0")
    before = _attach(registry, index, driver, distribution)
    driver.yank(distribution)
    url = _url(index, distribution)
    if url is None:
        lost = [f"{page.where}" for page in index.pages(distribution.name)]
        expect.rule("a page to link to the provenance of a yanked file", broken_by=lost, where=before)
        return
    expect.status(fetch(registry, url, accept="application/json"), 200)


@check("provenance.of-new-file")
def test_of_new_file(registry: RegistryClient, index: Index, driver: Driver, new_name: NewName) -> None:
    require(driver, Ability.ATTACH_PROVENANCE)
    distribution = wheel(new_name("attested-again"), "1.0")
    before = _attach(registry, index, driver, distribution)
    delete_alone(driver, distribution, alone_in=Ability.DELETE_PROJECT)
    other = wheel(distribution.name, "1.0", marker="other bytes")
    answer = registry.upload(other)
    if not answer.is_success:
        raise NotApplicable(f"the registry takes no file under the name of a deleted one: {answer}")
    moment = time.monotonic()

    def old_provenance() -> list[Answer]:
        linked = _url(index, other)
        named_alike = [] if _names_content(before.url, distribution) else [before.url]
        urls = dict.fromkeys([*named_alike, *([linked] if linked else [])])
        answers = [fetch(registry, url, accept="application/json") for url in urls]
        old = read_json(before.content).data
        return [each for each in answers if each.status == 200 and read_json(each.content).data == old]

    found = old_provenance()
    if found:
        registry.settling.wait_out(moment)
        found = old_provenance()
    lasting = not_kept(found, registry.settling.limit)
    expect.rule(
        "a new file to have no provenance of a deleted one", broken_by=map(str, lasting), where=before
    )


@check("provenance.same-auth")
def test_same_auth(registry: RegistryClient, provenance: list[Provenance]) -> None:
    own = [
        each
        for each in provenance
        if registry.target.same_host(each.answer.url) and registry.target.same_host(each.file.url)
    ]
    if not own:
        raise NotApplicable("files or their provenance objects are on another host")
    open_objects = [
        each
        for each in own[:1]
        if _without_credential(registry, each.file.url).is_client_error
        and _without_credential(registry, each.answer.url).is_success
    ]
    expect.rule(
        "a provenance object to require a credential as its file does",
        broken_by=[each.answer.url for each in open_objects],
        where=own[0].answer,
    )


def _without_credential(registry: RegistryClient, url: str) -> Answer:
    return registry.request("GET", url, as_=ANONYMOUS, follow=Follow.SAME_HOST)


def _names_content(url: str, distribution: Distribution) -> bool:
    """Tell whether a URL holds a digest of a file, in hex and perhaps over several folders: it is of no other file."""
    letters = url.lower().replace("/", "")
    kinds = (hashlib.sha256, hashlib.blake2b, partial(hashlib.blake2b, digest_size=32), hashlib.sha512)
    return any(kind(distribution.content).hexdigest()[:DIGITS] in letters for kind in kinds)


def _attach(registry: RegistryClient, index: Index, driver: Driver, distribution: Distribution) -> Answer:
    """Publish a file with a provenance object, and return the object as it is served."""
    publish(registry, distribution)
    driver.attach_provenance(distribution, provenance_of(distribution))
    url = _url(index, distribution)
    if url is None or not is_absolute(url) or not is_secure(url):
        raise Untestable("no page links to a provenance object as it should; see provenance.html.url")
    answer = fetch(registry, url, accept="application/json")
    if answer.status != 200:
        raise Untestable(f"a provenance object cannot be read: {answer}; see provenance.fetch")
    return answer


def _url(index: Index, distribution: Distribution) -> str | None:
    """Return the URL of a file's provenance object, from whichever form of the page has it."""
    pages = index.pages(distribution.name, fresh=True)
    return next((url for page in pages if (url := link(page, distribution).provenance)), None)
