"""Whatever is asked: errors, methods, odd paths, connections, user agents."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.checks.http.page_readings import accept_of, content_of, readings
from conformance.checks.http.samples import absent_file
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import Unreachable, upload_form
from conformance.kit.properties import strategies
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.raw_uploads import sized
from conformance.kit.urls import loses_the_way
from conformance.pages import plain_json, resolved
from conformance.verdicts import Deviation, NotApplicable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.checks.http.samples import Sample
    from conformance.kit.fixtures import Corpus, Examples, Index, NewName, RegistryClient
    from conformance.kit.http import Answer, UploadForm

LARGE = 100_000
"""Bytes of an upload that no socket's buffer swallows whole, and every registry would take."""

FOR_BROWSERS = {
    "X-Frame-Options": frozenset({"deny", "sameorigin", "allowall"}),
    "X-Content-Type-Options": frozenset({"nosniff"}),
}
"""Header fields for browsers, with the values that they know. Sources: HTML and Fetch Living Standards."""

USER_AGENTS = (
    'pip/26.3 {"installer":{"name":"pip","version":"26.3"},"python":"3.13.1"}',
    'uv/0.13.9 {"installer":{"name":"uv","version":"0.13.9"}}',
    "poetry/2.2.1 CPython/3.13.1 Linux/6.8",
    "curl/8.5.0",
    "",
)


@check("http.errors-status")
def test_errors_status(absent_pages: list[Answer], sample: Sample) -> None:
    answers = [*absent_pages, absent_file(sample)]
    found = [str(answer) for answer in answers if answer.is_success]
    expect.rule("an error status for what was never published", broken_by=found, where=answers[0].url)


@check("http.errors-content-type")
def test_errors_content_type(absent_pages: list[Answer]) -> None:
    wrong = []
    for answer in absent_pages:
        if answer.content and "/" not in answer.content_type:
            stated = (
                f"of the type {answer.content_type!r}" if answer.content_type else "without a Content-Type"
            )
            wrong.append(f"a body {stated}: {answer}")
        elif answer.content_type.endswith("json") and not _is_json(answer.content):
            wrong.append(f"a body that is not {answer.content_type}, as it states: {answer}")
    expect.rule(
        "a truthful Content-Type in the answer for an absent project", broken_by=wrong, where=absent_pages[0]
    )


def _is_json(content: bytes) -> bool:
    try:
        plain_json(content)
    except ValueError:
        return False
    return True


@check("http.method-not-allowed")
def test_method_not_allowed(index: Index, corpus: Corpus) -> None:
    """DELETE is left out: where it is allowed, it would work."""
    url = index.registry.project_url(corpus["main-wheel"].name)
    answers = [index.registry.request(method, url) for method in ("PATCH", "PUT")]
    wrong = [
        f"{answer}, Allow: {answer.headers.get('Allow')}"
        for answer in answers
        if not (answer.is_client_error or answer.status == 501)
        or (answer.status == 405 and "GET" not in expect.allowed(answer))
    ]
    expect.rule(
        "other methods to be refused (4xx or 501), with GET in Allow where the status is 405",
        broken_by=wrong,
        where=url,
    )


@check("http.trailing-junk")
def test_trailing_junk(index: Index, examples: Examples) -> None:
    page = index.registry.project_url(index.project)

    def asked(junk: str) -> None:
        try:
            answer = index.registry.request("GET", page + junk)
        except Unreachable as silence:
            index.registry.request("GET", page)  # unless this is not answered either, it was the path
            raise Deviation(expected="an answer", found=f"none: {silence}", where=page) from silence
        expect.no_server_error(answer)

    examples.each(
        strategies.odd_paths(),
        asked,
        named=lambda junk: f"{junk!r} after the URL of the page",
        independent=True,
    )


@check("http.absolute-links-proxy")
def test_absolute_links_proxy(index: Index) -> None:
    registry = index.registry
    slashless = registry.project_url(index.project).rstrip("/")
    redirect = registry.request("GET", slashless, headers={"Accept": index.media_type})
    target = registry.target
    links = chain(
        (file.url for page in index.pages() for file in page.files),
        (project.url for root in index.roots() for project in root.projects if project.url),
        [resolved(slashless, redirect.headers.get("Location", ""))],
    )
    lost = dict.fromkeys(
        link
        for link in links
        if not link.startswith(target.index_url)
        and loses_the_way(link, target.index_url)
        and not target.same_host(link)
    )
    wrong = [link for link in lost if not _is_kept_there(registry, link)]
    expect.rule("every link to this host to keep the scheme and the port", broken_by=wrong, where=target.url)


def _is_kept_there(registry: RegistryClient, link: str) -> bool:
    """Tell whether a link by the scheme of the request leads to something: files may have a port of their own."""
    if urlsplit(link).scheme != urlsplit(registry.target.index_url).scheme:
        return False
    try:
        return registry.request("HEAD", link).is_success
    except Unreachable:
        return False


@check("http.http2-1.1")
def test_keep_alive(index: Index, corpus: Corpus) -> None:
    """A page after each request whose answer a careless server does not end where it ends."""
    registry = index.registry
    absent = registry.project_url(f"conformance-{corpus.run_id}-absent")
    page = readings(index)[0].answer
    headers = {"Accept": accept_of(page)}
    for method, url in (("HEAD", absent), ("OPTIONS", page.url)):
        before = registry.request(method, url, headers=headers)
        _as_before(registry.request("GET", page.url, headers=headers), page, after=before)


@check("http.connection-after-error")
def test_connection_after_error(index: Index, new_name: NewName) -> None:
    distribution = wheel(new_name("refused"), "1.0", size=LARGE)
    form = upload_form(distribution).without("name").without(":action")
    refused = index.registry.upload(distribution, as_=ANONYMOUS, form=form)
    if not refused.is_client_error:
        raise NotApplicable(f"an upload without credential, name and action is accepted: {refused}")
    page = readings(index)[0].answer
    again = index.registry.request("GET", page.url, headers={"Accept": accept_of(page)})
    _as_before(again, page, after=refused)
    if urlsplit(index.registry.target.upload_url).netloc == urlsplit(page.url).netloc:
        _on_one_connection(index.registry, form, page)


def _on_one_connection(registry: RegistryClient, form: UploadForm, page: Answer) -> None:
    """Ask for a page behind a refused upload. A library may open another connection, a plain socket does not."""
    path, accept = urlsplit(page.url).path, ("Accept", accept_of(page))
    with registry.connect(as_=ANONYMOUS) as connection:
        connection.request("GET", path, headers=[accept])
        usual = connection.answer()
    with registry.connect(as_=ANONYMOUS) as connection:
        connection.request("POST", headers=sized(form), body=form.body())
        refused = connection.answer()
        if usual is None or refused is None or not refused.is_client_error:
            return  # closed without an answer, as it may be
        connection.request("GET", path, headers=[accept])
        found = connection.answer()
    if found is not None and found.status != usual.status:
        raise Deviation(
            expected=f"status {usual.status}, as on a new connection, or a connection that is closed",
            found=f"status {found.status} behind {refused}",
            where=str(found),
        )


def _as_before(answer: Answer, page: Answer, *, after: Answer) -> None:
    if content_of(answer) != content_of(page):
        raise Deviation(
            expected=f"the same page as before {after}",
            found=f"status {answer.status}: {answer.excerpt(200)}",
            where=str(answer),
        )


@check("http.browser-headers")
def test_browser_headers(index: Index, sample: Sample, absent_pages: list[Answer]) -> None:
    answers = [*(reading.answer for reading in readings(index)), sample.answer, *absent_pages]
    stated = [
        (answer, name, answer.headers[name])
        for answer in answers
        for name in FOR_BROWSERS
        if name in answer.headers
    ]
    if not stated:
        raise NotApplicable(f"answers come without {' and '.join(FOR_BROWSERS)}")
    expect.rule(
        "a value that browsers know",
        broken_by=dict.fromkeys(
            f"{name}: {value}" for _, name, value in stated if not _is_known(value, FOR_BROWSERS[name])
        ),
        where=stated[0][0],
    )


def _is_known(value: str, known: frozenset[str]) -> bool:
    """Tell whether a field has known values only; several fields of one name are a list."""
    return {each.strip().lower() for each in value.split(",")} <= known


@check("http.user-agent-independent")
def test_user_agent_independent(index: Index) -> None:
    page = readings(index)[0].answer
    answers = {
        agent: index.registry.request(
            "GET", page.url, headers={"Accept": accept_of(page), "User-Agent": agent}
        )
        for agent in USER_AGENTS
    }
    other = [
        f"{answer.status} {answer.content_type} of {len(answer.content)} bytes for {agent!r}"
        for agent, answer in answers.items()
        if content_of(answer) != content_of(page)
    ]
    expect.rule("the same answer for every User-Agent", broken_by=other, where=page)
