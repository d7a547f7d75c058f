"""What answers give away, and what browsers make of them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from conformance.checks.security.hostile_uploads import page_if_any
from conformance.checks.security.injections import INJECTED
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import fetch
from conformance.kit.urls import metadata_url
from conformance.pages import JSON_V1
from reference_server.distributions import Metadata, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Corpus, Index, NewName, RegistryClient
    from conformance.kit.http import Answer

DOCUMENT = f"<!DOCTYPE html>\n<html><script>{INJECTED}</script></html>\n"

RUN_BY_BROWSERS = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"}
)

TELLING = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|\.rb:\d+:in |goroutine \d+ \[|"
        r"\bat [\w.$/]+\([\w.]+\.(?:java|kt|scala):\d+\)|\bat .{1,200}\.js:\d+:\d+|\.go:\d+ \+0x|\.php\(\d+\)"
    ),
    "a path of the machine": re.compile(
        r"(?<![\w/.:-])/(?:usr|home|opt|srv|root|etc|proc|var/(?:lib|www|opt|tmp|log))/[\w.-]+|\b[A-Z]:\\\w+\\"
    ),
    "SQL": re.compile(
        r"\bSELECT\b.{1,400}?\bFROM\b|\bINSERT INTO\b|sqlite3\.\w+Error|psycopg\d?\.|PG::\w+|ORA-\d{5}|SQLSTATE",
        re.DOTALL,
    ),
}
"""What an error gives away, and how one knows it."""

LINK = re.compile(r"\b(?:href|src|action)\s*=\s*(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)
"""An error page may link to its site's own /home/."""


@check("security.served-type")
def test_served_type(registry: RegistryClient, new_name: NewName) -> None:
    """The second wheel begins with a document; a registry may refuse it, as other bytes stand before the archive."""
    name = new_name("document")
    about = Metadata(
        name=name,
        version="1.0",
        summary=DOCUMENT.splitlines()[1],
        description=DOCUMENT,
        description_content_type="text/plain",
        requires_python=">=3.8",
    )
    inside = wheel(name, "1.0", metadata=about)
    plain = wheel(name, "1.1")
    for file in (inside, replace(plain, content=DOCUMENT.encode() + plain.content)):
        registry.upload(file)
    answers = [
        fetch(registry, url)
        for file in page_if_any(registry, name).files
        if registry.target.same_host(file.url)
        for url in (file.url, metadata_url(file.url))
    ]
    found = [
        f"{answer.content_type or 'no type'}: {answer}"
        for answer in answers
        if answer.status == 200 and INJECTED.encode() in answer.content and is_run(answer)
    ]
    expect.rule(
        "uploaded documents to be served so that no browser runs them",
        broken_by=found,
        where=registry.project_url(name),
    )


def is_run(answer: Answer) -> bool:
    """Tell whether a browser would run a document in this answer; without a type it looks at the first bytes.

    Source: MIME Sniffing Living Standard, and RFC 6266, section 4.2.
    """
    fields = {name.lower(): value.lower() for name, value in answer.headers.items()}
    if fields.get("content-disposition", "").startswith("attachment"):
        return False
    if "sandbox" in fields.get("content-security-policy", ""):
        return False
    guessed = not answer.content_type and "nosniff" not in fields.get("x-content-type-options", "")
    return guessed or answer.content_type in RUN_BY_BROWSERS


@check("security.info-leak")
def test_info_leak(index: Index, corpus: Corpus, new_name: NewName) -> None:
    """Broken forms are sent to a registry that one may publish to; there is no file in any of them."""
    registry = index.registry
    page, base = registry.project_url(index.project), registry.target.url
    unknown = registry.project_url(new_name("unknown"))
    urls = (
        unknown,
        f"{page}%00",
        f"{page}%ff",
        f"{page}'--",
        f"{page}?format=%ff",
        f"{base}/files/x/y.whl",
        f"{base}/'",
    )
    answers = registry.read_each(partial(registry.request, "GET"), urls)
    answers += registry.read_each(
        lambda accept: registry.request("GET", unknown, headers={"Accept": accept}), (JSON_V1, "x", "")
    )
    answers += [registry.request(method, page) for method in ("PUT", "PATCH") if corpus.published]
    answers += raw_answers(registry, page, publishes=bool(corpus.published))
    wrong = [
        f"{what} ({found[0][:80]!r}) in {answer}"
        for answer in answers
        if answer.status >= 400
        for what, pattern in TELLING.items()
        if (found := pattern.search(LINK.sub("", answer.text)))
    ]
    expect.rule("errors to keep the registry's internals to themselves", broken_by=wrong, where=base)


def raw_answers(registry: RegistryClient, page: str, *, publishes: bool) -> list[Answer]:
    """Return the answers to requests that no library would send: bad escapes, and forms that break off."""

    def ask(ending: str) -> Answer | None:
        with registry.connect(page) as connection:
            connection.request("GET", f"{connection.path}{ending}")
            return connection.answer()

    answers = registry.read_each(ask, ("%", "%zz", "\\", "\x7f"))
    form = upload_form(wheel("conformance", "1.0")).without("content")
    broken = (
        ("multipart/form-data", form.body()),
        (form.content_type, form.body()[:-40]),
        (form.content_type, form.body().replace(b"form-data", b"\xff\xfe")),
        (form.content_type, b""),
        ("application/json", b'{"name": '),
    )
    for content_type, body in broken if publishes else ():
        with registry.connect() as connection:
            headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
            connection.request("POST", headers=headers, body=body)
            answers.append(connection.answer())
    return [answer for answer in answers if answer is not None]
