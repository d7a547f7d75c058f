"""What a credential of a GitLab project has to be good for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.credentials import NOT_A_TOKEN, WRONG
from conformance.kit.registry import file_url
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.scenarios import link_to
from conformance.kit.uploads.stored_files import accepted_and_listed
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, RegistryClient


def publishes(as_: str, registry: RegistryClient, name: str) -> None:
    """Require that a credential can publish."""
    accepted_and_listed(registry, wheel(name, "1.0"), as_=as_)


def reads(as_: str, registry: RegistryClient, corpus: Corpus) -> None:
    """Require that a credential can read a page and a file."""
    wheel_ = corpus["main-wheel"]
    expect.status(registry.project_answer(canonicalize_name(corpus.main), as_=as_), 200)
    expect.same_bytes(registry.download(link_to(registry, wheel_), as_=as_), wheel_)


def cannot_publish(as_: str, registry: RegistryClient, corpus: Corpus, name: str, *statuses: int) -> None:
    """Require that a caller whose credential is good for something publishes nothing, and that another one does.

    Raises Untestable for a credential that GitLab does not know any more, and where the same upload is refused to all.
    """
    if registry.project_answer(canonicalize_name(corpus.main), as_=as_).status == 401:
        raise _is_refused(as_)
    expect.status(registry.upload(wheel(name, "1.0"), as_=as_), *statuses)
    publish(registry, wheel(name, "1.1"))


def require_valid(as_: str, registry: RegistryClient, corpus: Corpus) -> None:
    """Raise Untestable for a credential that GitLab does not know any more: a refusal is no finding then.

    Where the page of the target is refused with 401, a public GitLab project may distinguish it from a wrong token.
    """
    name = canonicalize_name(corpus.main)
    if registry.project_answer(name, as_=as_).status != 401:
        return
    credential = registry.target.credential(as_)
    if credential and "public" in registry.target.gitlab_projects:
        public = registry.in_gitlab_project("public").knowing(wrong=credential.with_token(NOT_A_TOKEN))
        valid, wrong = (public.project_answer(name, as_=each).status for each in (as_, WRONG))
        if wrong == 401 != valid:
            return
    raise _is_refused(as_)


def _is_refused(as_: str) -> Untestable:
    return Untestable(f"the credential {as_!r} is refused for reading, too (401): has it expired?")


def cannot_download(as_: str, registry: RegistryClient, corpus: Corpus, *statuses: int) -> None:
    """Require that a caller does not get a file that the default caller gets; otherwise it is untestable."""
    url = file_url(registry, corpus["main-wheel"])
    if (answer := registry.download(url)).status != 200:
        raise Untestable(f"the file is not served to anyone: {answer}; see gitlab.file.*")
    expect.status(registry.download(url, as_=as_), *statuses)
