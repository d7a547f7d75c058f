"""Who may read, and who may publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.checks.gitlab.access import cannot_download, cannot_publish, publishes, reads
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.scenarios import link_to
from reference_server.distributions import Distribution, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, NewName, RegistryClient

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
SCHEME = re.compile(r"(?:^|,)\s*([\w-]+)(?![\w-]|\s*=)")
"""One of the challenges, in any place. Source: RFC 9110, section 11.6.1."""
BASIC_WITH_REALM = re.compile(r"(?:^|,)\s*basic\s+(?:[\w-]+\s*=\s*[^\s,]*\s*,\s*)*realm\s*=", re.IGNORECASE)
"""The challenge Basic with the parameter that it needs. Source: RFC 7617, section 2."""


@check("gitlab.access.anonymous-cannot-publish")
def test_anonymous_cannot_publish(registry: RegistryClient, new_name: NewName) -> None:
    expect.status(registry.upload(wheel(new_name("anonymous"), "1.0"), as_=ANONYMOUS), 401)


@check("gitlab.access.anonymous-cannot-read-private")
def test_anonymous_cannot_read_private(private_registry: RegistryClient, corpus: Corpus) -> None:
    expect.status(private_registry.project_answer(canonicalize_name(corpus.main), as_=ANONYMOUS), 401)


@check("gitlab.access.anonymous-cannot-download-private")
def test_anonymous_cannot_download_private(private_registry: RegistryClient, corpus: Corpus) -> None:
    cannot_download(ANONYMOUS, private_registry, corpus, 401)


@check("gitlab.access.challenge")
def test_challenge(private_registry: RegistryClient, corpus: Corpus) -> None:
    answer = private_registry.project_answer(canonicalize_name(corpus.main), as_=ANONYMOUS)
    challenges = QUOTED.sub('""', answer.headers.get("WWW-Authenticate", ""))
    schemes = [scheme.lower() for scheme in SCHEME.findall(challenges)]
    expect.rule(
        "WWW-Authenticate to offer the scheme Basic",
        broken_by=[] if "basic" in schemes else [challenges or "no challenge"],
        where=answer,
    )
    expect.rule(
        "the scheme Basic to have a realm",
        broken_by=[] if BASIC_WITH_REALM.search(challenges) else [challenges],
        where=answer,
    )


@check("gitlab.access.public-page-for-everyone")
def test_public_page_for_everyone(public_registry: RegistryClient, public_wheel: Distribution) -> None:
    expect.listed(public_registry.project_page(public_wheel.name, as_=ANONYMOUS), [public_wheel.filename])


@check("gitlab.access.public-file-for-everyone")
def test_public_file_for_everyone(public_registry: RegistryClient, public_wheel: Distribution) -> None:
    url = link_to(public_registry, public_wheel)
    expect.same_bytes(public_registry.download(url, as_=ANONYMOUS), public_wheel)


@check("gitlab.access.public-needs-token-to-publish")
def test_public_needs_token_to_publish(public_registry: RegistryClient, new_name: NewName) -> None:
    expect.status(public_registry.upload(wheel(new_name("public"), "1.0"), as_=ANONYMOUS), 401)


@check("gitlab.access.stranger-sees-nothing")
def test_stranger_sees_nothing(private_registry: RegistryClient, corpus: Corpus) -> None:
    expect.status(private_registry.project_answer(canonicalize_name(corpus.main), as_="stranger"), 404)


@check("gitlab.access.stranger-cannot-publish")
def test_stranger_cannot_publish(registry: RegistryClient, new_name: NewName) -> None:
    expect.forbidden(registry.upload(wheel(new_name("stranger"), "1.0"), as_="stranger"))


@check("gitlab.access.developer-publishes")
def test_developer_publishes(registry: RegistryClient, new_name: NewName) -> None:
    publishes("developer", registry, new_name("developer"))


@check("gitlab.access.reporter-reads")
def test_reporter_reads(registry: RegistryClient, corpus: Corpus) -> None:
    reads("reporter", registry, corpus)


@check("gitlab.access.reporter-cannot-publish")
def test_reporter_cannot_publish(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    cannot_publish("reporter", registry, corpus, new_name("reporter"), 403)


@check("gitlab.access.guest-cannot-publish")
def test_guest_cannot_publish(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    cannot_publish("guest", registry, corpus, new_name("guest"), 403)
