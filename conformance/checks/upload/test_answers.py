"""How uploads are answered: those that are taken, those that are refused, and those that went astray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest
from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.differences import MOST_CHARACTERS
from conformance.kit.http import Part, UploadForm, upload_form
from conformance.kit.registry import ANONYMOUS, DEFAULT, page_in
from conformance.kit.uploads.publishing import link, publish
from conformance.pages import ProjectPage, read_json
from conformance.verdicts import NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conformance.kit.fixtures import Corpus, Index, NewName, Oversized, RegistryClient, Run
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

JSON_TYPES = frozenset({"application/json", "application/problem+json"})
MESSAGES = ("message", "error", "detail", "title", "errors")
"""Where a JSON object may have the words of an error; `detail` and `title` are those of RFC 9457."""

NAMES_OF_FILES = ("file", "extension", "wheel", "archive", "distribution", "format", ".exe")
"""Words for what `setup.exe` is not, and what it is."""

OF_TAKEN = ("exist", "taken", "already", "duplicate", "conflict")
"""Words of a refusal whose reason is a file that is there."""

MARKUP = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Mistake(NamedTuple):
    """What is wrong with an upload: how its form is made from a right one, and words that would name it."""

    changed: Callable[[UploadForm], UploadForm]
    words: tuple[str, ...]


def under_another_filename(form: UploadForm) -> UploadForm:
    """Return the form with a file that is no distribution, by its name."""
    (file,) = (part for part in form.parts if part.name == "content")
    renamed = Part(name=file.name, content=file.content, filename="setup.exe", content_type=file.content_type)
    return UploadForm(parts=tuple(renamed if part is file else part for part in form.parts))


MISTAKES: Mapping[str, Mistake] = {
    "no file": Mistake(lambda form: form.without("content"), ("content", "file")),
    "no version": Mistake(lambda form: form.without("version"), ("version",)),
    "no distribution": Mistake(under_another_filename, NAMES_OF_FILES),
    "another file's digest": Mistake(
        lambda form: form.with_field("sha256_digest", "0" * 64), ("digest", "hash", "sha256", "checksum")
    ),
}


@dataclass(frozen=True)
class Refusal:
    """An upload that the registry has refused, and what was wrong with it."""

    mistake: str
    distribution: Distribution
    answer: Answer


@pytest.fixture(scope="session")
def refusals(registry: RegistryClient, new_name: NewName) -> list[Refusal]:
    """Uploads that were refused, each of a project of its own; which mistakes a registry sees is its choice."""
    refusals = []
    for mistake in MISTAKES:
        distribution = wheel(new_name("refused"), "1.0")
        form = MISTAKES[mistake].changed(upload_form(distribution))
        answer = registry.upload(distribution, form=form)
        if answer.is_client_error:
            refusals.append(Refusal(mistake, distribution, answer))
    if not refusals:
        raise NotApplicable(f"the target accepts every upload, even with {', '.join(MISTAKES)}")
    return refusals


def post(
    run: Run,
    url: str,
    distribution: Distribution,
    *,
    form: UploadForm | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post an upload with headers of its own, or to a URL of the target that is not the upload URL."""
    run.registry.announce(distribution)
    form = form or upload_form(distribution)
    answer = run.session.send(
        "POST",
        url,
        credential=run.target.credential(DEFAULT),
        credential_name=DEFAULT,
        headers={"Content-Type": form.content_type, **(headers or {})},
        body=form.body(),
        described=form.described(),
    )
    return run.registry.outcome(answer, distribution) if answer.is_success else answer


def stored(registry: RegistryClient, answer: Answer, distribution: Distribution) -> None:
    """Require that an upload was accepted, and is listed."""
    expect.accepted(answer)
    expect.listed(registry.project_page(distribution.name), [distribution.filename])


@check("upload.visible-after-success")
def test_visible_after_success(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    """Pages are read at once, in each form, over the connection of the upload and over a new one."""
    same, other = registry.hasty(), registry.hasty().twin()
    looks = [(client, accept) for client in (same, other) for accept in index.media_types.values()]
    for reader, accept in looks:
        distribution = wheel(new_name("visible"), "1.0")
        expect.accepted(same.upload(distribution))
        answer = reader.project_answer(distribution.name, accept=accept)
        page = page_in(answer) if answer.status == 200 else ProjectPage(files=(), where=str(answer))
        expect.listed(page, [distribution.filename])
        expect.same_bytes(same.download(link(page, distribution).url), distribution)


@check("upload.reject-is-atomic")
def test_reject_is_atomic(
    registry: RegistryClient, index: Index, refusals: list[Refusal], new_name: NewName
) -> None:
    """A name whose upload was refused is answered like one that was never uploaded."""
    absent = registry.project_answer(new_name("absent"))
    pages = {refusal.mistake: registry.project_answer(refusal.distribution.name) for refusal in refusals}
    left = [f"{mistake}: {page.status}" for mistake, page in pages.items() if page.status != absent.status]
    expect.rule(
        "a project whose upload was refused to be as absent as one without uploads",
        broken_by=left,
        where=registry.target.index_url,
    )
    names = {canonicalize_name(refusal.distribution.name) for refusal in refusals}
    for root in index.roots():
        listed = names & {canonicalize_name(name) for name in root.names}
        expect.rule(
            "the list of projects to omit a project whose upload was refused",
            broken_by=sorted(listed),
            where=root.where,
        )


@check("upload.again-after-refusal")
def test_again_after_refusal(registry: RegistryClient, new_name: NewName) -> None:
    publish(registry, wheel(new_name("right"), "1.0"))
    again: dict[str, Answer] = {}
    for mistake, made in MISTAKES.items():
        distribution = wheel(new_name("mended"), "1.0")
        refused = registry.upload(distribution, form=made.changed(upload_form(distribution)))
        if refused.is_client_error:
            again[mistake] = registry.upload(distribution)
    if not again:
        raise NotApplicable(f"the target accepts every upload, even with {', '.join(MISTAKES)}")
    wrong = {mistake: answer for mistake, answer in again.items() if _says_taken(answer)}
    expect.rule(
        "a file to be accepted with the right form, after one that was refused",
        broken_by=[f"after {mistake}: status {answer.status}" for mistake, answer in wrong.items()],
        where=expect.requests((wrong or again).values()),
    )
    for mistake, answer in again.items():
        if not answer.is_success:
            raise Untestable(f"after {mistake}, the right form was refused for another reason: {answer}")


def _says_taken(answer: Answer) -> bool:
    """Tell whether an upload is refused because its file is there."""
    reason = f"{answer.reason} {answer.text}".lower()
    return answer.status == 409 or (answer.is_client_error and has_any(reason, OF_TAKEN))


@check("upload.size-limit")
def test_size_limit(registry: RegistryClient, oversized: Oversized) -> None:
    expect.refused(oversized.answer)
    expect.not_listed(registry.project_page(oversized.distribution.name), [oversized.distribution.filename])


@check("upload.url-trailing-slash")
def test_url_trailing_slash(run: Run, registry: RegistryClient, new_name: NewName) -> None:
    documented = registry.target.upload_url
    other = documented.removesuffix("/") if documented.endswith("/") else f"{documented}/"
    if not urlsplit(other).path:
        raise NotApplicable("the upload URL is the root of its host, with or without a slash")
    distribution = wheel(new_name("slash"), "1.0")
    answer = post(run, other, distribution)
    if answer.is_redirect:
        expect.status(answer, 307, 308)
        location = urljoin(other, answer.headers.get("Location", ""))
        expect.equal(location, documented, of="the target of the redirect", where=answer)
    else:
        stored(registry, answer, distribution)


@check("upload.no-redirect")
def test_no_redirect(registry: RegistryClient, corpus: Corpus, new_name: NewName) -> None:
    anonymous = registry.upload(wheel(new_name("anonymous"), "1.0"), as_=ANONYMOUS)
    answers = [(item.status, item.where) for item in corpus.published.values()]
    redirected = [
        where for status, where in [*answers, (anonymous.status, str(anonymous))] if 300 <= status < 400
    ]
    expect.rule(
        "every upload to be answered without a redirect",
        broken_by=redirected,
        where=registry.target.upload_url,
    )


@check("upload.get-not-allowed")
def test_get_not_allowed(registry: RegistryClient) -> None:
    answer = registry.request("GET", registry.target.upload_url)
    expect.rule(
        "a status below 500",
        broken_by=[f"status {answer.status}"] if answer.is_server_error else [],
        where=answer,
    )
    if answer.status == 405:
        expect.allows(answer, "POST")


@check("upload.wrong-url-405")
def test_wrong_url(run: Run, registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("astray"), "1.0")
    answer = post(run, registry.target.index_url, distribution)
    if answer.is_success:
        stored(registry, answer, distribution)
    else:
        expect.status(answer, 405)
        expect.allows(answer, "GET")


@check("upload.error-reason")
def test_error_reason(registry: RegistryClient, refusals: list[Refusal]) -> None:
    expect.each(
        refusals,
        "to name its reason",
        lambda refusal: has_any(words_of(refusal.answer), MISTAKES[refusal.mistake].words),
        of="refusal",
        where=registry.target.upload_url,
        named=lambda refusal: (
            f"{refusal.mistake}: {refusal.answer.status} {words_of(refusal.answer) or 'nothing'}"
        ),
    )


def words_of(answer: Answer) -> str:
    """Return the words of a body, without its markup."""
    return " ".join(MARKUP.sub(" ", answer.text).split())[:MOST_CHARACTERS]


def has_any(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of these words is in a text, in any case."""
    return any(word in text.lower() for word in words)


@check("upload.error-json")
def test_error_json(run: Run, new_name: NewName) -> None:
    """With the first mistake that is refused: an upload that is taken, or breaks the server, is for other checks."""
    answer = refused_in_json(run, new_name("json"))
    expect.rule(
        "an error in JSON for a client that accepts JSON",
        broken_by={answer.content_type} - JSON_TYPES,
        where=answer,
    )
    document = read_json(answer.content)
    expect.rule("valid JSON", broken_by=document.problems, where=answer)
    found = [] if any(document.object.get(key) for key in MESSAGES) else [answer.excerpt() or "an empty body"]
    expect.rule(f"a JSON object with one of {', '.join(MESSAGES)}", broken_by=found, where=answer)


def refused_in_json(run: Run, name: str) -> Answer:
    """Return the refusal of a mistake in an upload that asks for JSON. Raises NotApplicable if all are accepted."""
    for number, mistake in enumerate(MISTAKES.values()):
        distribution = wheel(name, f"1.{number}")
        form = mistake.changed(upload_form(distribution))
        answer = post(
            run, run.target.upload_url, distribution, form=form, headers={"Accept": "application/json"}
        )
        if answer.is_client_error:
            return answer
    raise NotApplicable(f"no mistake in an upload is refused (4xx), be it {', '.join(MISTAKES)}")


@check("upload.no-permission")
def test_no_permission(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("owned")
    first, other = wheel(name, "1.0"), wheel(name, "2.0")
    publish(registry, first)
    expect.status(registry.upload(other, as_="stranger"), 403, 404)
    expect.not_listed(registry.project_page(name), [other.filename])
