"""The Integrity API, as PyPI documents it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import fetch, link
from conformance.kit.urls import is_absolute, is_secure
from conformance.pages import TEXT_HTML, read_json

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, RegistryClient
    from reference_server.distributions import Distribution

VERSIONED, PLAIN = "application/vnd.pypi.integrity.v1+json", "application/json"


@check("integrity.route")
def test_route(registry: RegistryClient, index: Index, attested: Distribution) -> None:
    answer = fetch(registry, _url(registry, attested))
    expect.status(answer, 200)
    linked = link(index.pages(attested.name)[0], attested).provenance
    if linked and linked != answer.url and is_absolute(linked) and is_secure(linked):
        elsewhere = fetch(registry, linked)
        if elsewhere.is_success:  # provenance.fetch asks for it
            found, wanted = read_json(answer.content).data, read_json(elsewhere.content).data
            expect.equal(found, wanted, of="the object, as at the linked URL,", where=answer)
    expect.rule("valid JSON", broken_by=read_json(answer.content).problems, where=answer)


@check("integrity.media-type")
def test_media_type(registry: RegistryClient, attested: Distribution) -> None:
    url = _url(registry, attested)
    for accept in (VERSIONED, PLAIN):
        answer = fetch(registry, url, accept=accept)
        expect.equal(answer.content_type, accept, of="the media type", where=answer)
        vary = [name.strip().lower() for name in answer.headers.get("Vary", "").split(",")]
        expect.rule(
            "Vary to name Accept",
            broken_by=[] if "accept" in vary else [f"Vary: {', '.join(vary)}"],
            where=answer,
        )
    expect.status(fetch(registry, url, accept=TEXT_HTML), 406)


@check("integrity.missing-404")
def test_missing_404(registry: RegistryClient, corpus: Corpus) -> None:
    answer = fetch(registry, _url(registry, corpus["main-wheel"]))
    expect.status(answer, 404)
    keys = list(read_json(answer.content).object)
    expect.rule(
        "a JSON object with `message`", broken_by=[] if "message" in keys else [answer.text], where=answer
    )


def _url(registry: RegistryClient, distribution: Distribution) -> str:
    parts = (canonicalize_name(distribution.name), distribution.version, distribution.filename)
    path = "/".join(quote(part, safe="") for part in parts)
    return urljoin(registry.target.index_url, f"../integrity/{path}/provenance")
