"""Who may read what is not for everyone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.checks.auth.challenges import announces_utf8, challenge
from conformance.checks.http.cache_control import max_ages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import NOT_A_TOKEN, WRONG, nearly_right, with_wrong_token
from conformance.kit.http import Credential, Follow, Unreachable
from conformance.kit.protected_urls import Protected, own_files
from conformance.kit.registry import ANONYMOUS, DEFAULT
from conformance.kit.unknown_projects import expect_unknown
from conformance.kit.uploads.publishing import publish
from conformance.pages import resolved
from conformance.verdicts import NotApplicable, NotJudged, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient, Remark
    from conformance.kit.http import Answer


_SHARED_TIME = r"s-maxage\s*=\s*\"?0*[1-9]"
_SHARED = re.compile(rf"(?:^|,)\s*(public|{_SHARED_TIME})", re.IGNORECASE)
_FRESH_TO_SHARED = re.compile(rf"(?:^|,)\s*{_SHARED_TIME}", re.IGNORECASE)
_ASKED_AGAIN = re.compile(r"(?:^|,)\s*(?:no-store|no-cache|private)\s*(?:,|$)", re.IGNORECASE)

_FRESH_TO_ALL = re.compile(r"(?:^|,)\s*(?:\*|authorization)\s*(?:,|$)", re.IGNORECASE)

UTF8 = "utf8"

NO_MORE = frozenset({423, 429})
"""The statuses of an account that is locked after mistakes. Source: RFC 4918, 11.3; RFC 6585, 4."""

CALLERS_IN_UTF8 = {
    "non-ascii-user-name": "with a non-ASCII user name",
    "empty-password": "with an empty password",
    UTF8: "with the right user name and password in UTF-8",
}


@check("auth.read.401")
def test_401(protected: tuple[Protected, ...]) -> None:
    page = protected[0].anonymous
    other = [
        each
        for each in protected
        if each.anonymous.status != 401 and (each.anonymous is page or each.anonymous.status == 403)
    ]
    expect.rule(
        "status 401 without a credential",
        broken_by=[f"status {each.anonymous.status} for {each.what}" for each in other],
        where=expect.requests(each.anonymous for each in other),
    )
    silent = [each for each in protected if each.anonymous.status == 401 and not challenge(each.anonymous)]
    expect.rule(
        "WWW-Authenticate on the 401",
        broken_by=[f"401 without WWW-Authenticate for {each.what}" for each in silent],
        where=expect.requests(each.anonymous for each in silent),
    )


@check("auth.read.basic")
def test_basic(protected: tuple[Protected, ...]) -> None:
    """What is not there, or fails, does so with any credential: only a refusal of the caller counts."""
    wrong = [f"{each.what}: {each.known}" for each in protected if is_kept_out(each.known)]
    expect.rule("every URL to be open to the credential `default`", broken_by=wrong, where=protected[0].url)
    if protected[0].known.status != 200:
        raise Untestable(f"the page is not served: {protected[0].known}; see the checks of pages")


def is_kept_out(answer: Answer) -> bool:
    """Tell whether an answer asks for another credential: by its status, or by leading to a page to sign in."""
    return answer.status in {401, 403} or answer.is_redirect


@check("auth.read.scheme-case")
def test_scheme_case(index: Index, protected: tuple[Protected, ...]) -> None:
    page = protected[0]
    default = index.registry.target.credential(DEFAULT)
    if default is None or page.known.status != 200 or page.anonymous.status not in {401, 403, 404}:
        raise NotApplicable("the page is read without a credential")
    registry = index.registry.knowing(lower_case=replace(default, scheme="basic"))
    answer = registry.request("GET", page.url, as_="lower-case", follow=Follow.SAME_HOST)
    expect.status(answer, 200)


@check("auth.read.conditional")
def test_conditional(index: Index, protected: tuple[Protected, ...]) -> None:
    closed = [
        each
        for each in protected
        if each.anonymous.status in {401, 403, 404} and "ETag" in each.known.headers
    ]
    if not closed:
        raise NotApplicable("what needs a credential has no ETag, or nothing needs one")
    answers = [
        index.registry.request(
            "GET", each.url, as_=ANONYMOUS, headers={"If-None-Match": each.known.headers["ETag"]}
        )
        for each in closed
    ]
    expect.rule(
        "the refusal that is given without If-None-Match",
        broken_by=[
            f"status {answer.status} for {each.what}, not {each.anonymous.status}"
            for each, answer in zip(closed, answers, strict=True)
            if answer.status == 304
        ],
        where=expect.requests(answer for answer in answers if answer.status == 304),
    )


@check("auth.read.basic-utf8")
def test_basic_utf8(index: Index, remark: Remark) -> None:
    """Good ones are known where they are configured as `utf8`, and of GitLab, which compares no user name."""
    registry = index.registry.knowing(
        non_ascii_user_name=Credential(username="jürgen-ß", password="pässwörd-€-conformance"),  # noqa: S106
        empty_password=Credential(username=NOT_A_TOKEN, password=""),
    )
    url = registry.project_url(index.project)
    wanted = {"non-ascii-user-name": 401, "empty-password": 401}
    default = registry.target.credential(DEFAULT)
    of_gitlab = registry.target.profile.name == "gitlab" and UTF8 not in registry.target.credentials
    if default is not None and default.is_ascii and of_gitlab:
        registry = registry.knowing(utf8=replace(default, username="jürgen"))
    if UTF8 in registry.target.credentials:
        wanted[UTF8] = 200
    else:
        remark(f"only refusals were judged: no credential {UTF8!r} is configured; add it to registry.toml")
    answers = {name: registry.request("GET", url, as_=name, follow=Follow.SAME_HOST) for name in wanted}
    if UTF8 in wanted and answers[UTF8].status != 200 and may_read_latin1(registry, url):
        remark(
            "only refusals were judged: the registry reads Latin-1, and does not announce UTF-8 (RFC 7617, 2.1)"
        )
        del answers[UTF8]
    wrong = {name: answer for name, answer in answers.items() if answer.status != wanted[name]}
    expect.rule(
        "401 for wrong credentials in UTF-8, and 200 for right ones",
        broken_by=[
            f"status {answer.status} {CALLERS_IN_UTF8[name]}, not {wanted[name]}"
            for name, answer in wrong.items()
        ],
        where=expect.requests(wrong.values()),
    )


def may_read_latin1(registry: RegistryClient, url: str) -> bool:
    """Tell whether a page is served to the credential `utf8` in Latin-1, by a registry that announces no UTF-8."""
    if announces_utf8(registry.request("GET", url, as_=ANONYMOUS)):
        return False
    latin1 = replace(registry.target.credentials[UTF8], encoding="latin-1")
    if not latin1.is_encodable:
        return False
    return registry.knowing(latin1=latin1).request("GET", url, as_="latin1").status == 200


@check("auth.read.wrong-401")
def test_wrong_401(index: Index, protected: tuple[Protected, ...]) -> None:
    registry = with_wrong_token(index.registry)
    answers = {
        each.what: registry.request("GET", each.url, as_=WRONG, follow=Follow.SAME_HOST)
        for each in protected
        if each.anonymous.status in {401, 403}
    }
    other = {what: answer for what, answer in answers.items() if answer.status != 401}
    expect.rule(
        "status 401 for every request with a wrong password",
        broken_by=[f"status {answer.status} for {what}" for what, answer in other.items()],
        where=expect.requests(other.values()),
    )


@check("auth.read.nearly-right", last=True)
def test_nearly_right(index: Index, protected: tuple[Protected, ...]) -> None:
    """Of the page alone, whose twin with the right password is read first. A page for people lists no file.

    The right one follows each wrong one: most registries then forget the mistake, and others that count it show it.
    """
    page = protected[0]
    near = nearly_right(index.registry)
    if not near or page.known.status != 200 or page.anonymous.status not in {401, 403}:
        raise NotApplicable("the page is read without a credential, or with one that has no password")
    registry = index.registry.knowing(**{name.replace("-", "_"): each for name, each in near.items()})
    opened, files = {}, index.files()
    try:
        for name in near:
            answer = registry.request("GET", page.url, as_=name, follow=Follow.SAME_HOST)
            if answer.status == 200 and any(each.filename in answer.text for each in files):
                opened[name] = answer
            _require_open_account(answer, registry.download(page.url))
    except (NotJudged, Unreachable, Untestable):
        if not opened:  # what was opened was opened, whatever follows
            raise
    expect.rule(
        "a password to open nothing in other case, with one character more or less, or left out",
        broken_by=[f"status {answer.status} for the password {name}" for name, answer in opened.items()],
        where=expect.requests(opened.values()),
    )


def _require_open_account(wrong: Answer, right: Answer) -> None:
    """Require that passwords still count after a wrong one. Raises Untestable."""
    if wrong.status in NO_MORE:
        raise Untestable(f"the registry takes no more wrong passwords ({wrong})")
    if right.status != 200:
        raise Untestable(f"after a wrong password the registry does not take the right one ({right})")


@check("auth.read.preemptive")
def test_preemptive(index: Index, protected: tuple[Protected, ...]) -> None:
    """The last file of the project: that no check has requested it without a credential is the point."""
    url = (own_files(index) or index.files())[-1].url
    if url in {each.url for each in protected}:
        raise NotApplicable(
            "the project has one file, and an earlier check requested it without a credential"
        )
    expect.status(index.registry.download(url), 200)


@check("auth.read.unused-ok")
def test_unused_ok(index: Index, new_name: NewName) -> None:
    registry, name = for_everyone(index, new_name)
    registry = with_wrong_token(registry)
    for as_ in (ANONYMOUS, WRONG):
        expect.status(registry.project_answer(name, as_=as_), 200)


def for_everyone(index: Index, new_name: NewName) -> tuple[RegistryClient, str]:
    """Return a registry with a page that is there for everyone: the target's, or a public neighbour's."""
    registry = index.registry
    if registry.project_answer(index.project, as_=ANONYMOUS).status == 200:
        return registry, index.project
    if "public" not in registry.target.gitlab_projects or not index.offer.has("upload"):
        raise NotApplicable("no page of the target is public")
    public = registry.in_gitlab_project("public")
    distribution = wheel(new_name("for-everyone"), "1.0")
    publish(public, distribution)
    return public, distribution.name


@check("auth.file-redirect")
def test_file_redirect(index: Index) -> None:
    """A file without a redirect, on the target's own host, leaves nothing to ask for."""
    registry = index.registry
    file = index.files()[0]
    elsewhere = file.url
    if registry.target.same_host(file.url):
        answer = registry.request("GET", file.url, follow=Follow.SAME_HOST)
        elsewhere = resolved(answer.url, answer.headers.get("Location", ""))
    if not registry.target.same_host(elsewhere):
        expect.status(registry.request("GET", elsewhere, as_=ANONYMOUS, follow=Follow.ANY_HOST), 200)


@check("auth.head-get-same")
def test_head_get_same(index: Index, protected: tuple[Protected, ...]) -> None:
    different = []
    for each in protected:
        for as_, got in ((ANONYMOUS, each.anonymous), (DEFAULT, each.known)):
            head = index.registry.request("HEAD", each.url, as_=as_, follow=Follow.ANY_HOST)
            if head.status != got.status:
                different.append(f"{head}, and GET {got.status}")
    expect.rule("HEAD to be answered with the status of GET", broken_by=different, where=protected[0].url)


@check("auth.unknown-project")
def test_unknown_project(registry: RegistryClient, corpus: Corpus) -> None:
    expect_unknown(registry, registry.project_answer(f"conformance-{corpus.run_id}-absent"))


@check("auth.cache-private")
def test_cache_private(protected: tuple[Protected, ...]) -> None:
    """What is open to everyone may be cached for everyone, as signed URLs are."""
    private = [each.known for each in protected if each.anonymous.status in {401, 403, 404}]
    shared = [f"{answer} ({reason})" for answer in private if (reason := for_shared_caches(answer))]
    expect.rule(
        "answers that need a credential to be kept out of shared caches",
        broken_by=shared,
        where=protected[0].url,
    )


@check("auth.refusal-not-kept")
def test_refusal_not_kept(protected: tuple[Protected, ...]) -> None:
    refusals = [each.anonymous for each in protected if each.anonymous.status == 401]
    if not refusals:
        raise NotApplicable("no request without a credential gets 401")
    expect.rule(
        "a 401 that caches do not give to later callers",
        broken_by=[f"{answer} ({control})" for answer in refusals if (control := _kept_by_caches(answer))],
        where=protected[0].url,
    )


def _kept_by_caches(answer: Answer) -> str:
    """Return the Cache-Control that lets a cache answer with this again; nothing where it may not.

    Source: RFC 9111, section 4: the field Vary has to allow it, and the answer has to be fresh.
    """
    control = answer.headers.get("Cache-Control", "")
    if _ASKED_AGAIN.search(control) or _FRESH_TO_ALL.search(answer.headers.get("Vary", "")):
        return ""
    return control if any(max_ages(control)) or _FRESH_TO_SHARED.search(control) else ""


def for_shared_caches(answer: Answer) -> str:
    """Return what lets a shared cache give an answer to others; nothing where it may not.

    Source: RFC 9111, 3.5: `must-revalidate` allows it too, but then the registry is asked.
    """
    found = _SHARED.search(answer.headers.get("Cache-Control", ""))
    return "" if found is None or _FRESH_TO_ALL.search(answer.headers.get("Vary", "")) else found[1]
