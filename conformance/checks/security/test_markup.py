"""Markup and syntax in what users say, and what becomes of it in pages and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from conformance.checks.security.file_names_in_forms import starred
from conformance.checks.security.hostile_uploads import links_to, named_with, nothing_forged, page_if_any
from conformance.checks.security.injections import BREAKING_OUT, INJECTED, injections
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import publish
from conformance.pages import JSON_V1, read_json, read_project_json
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.checks.security.hostile_uploads import Sent
    from conformance.kit.fixtures import Driver, Index, NewName, RegistryClient
    from conformance.kit.http import Answer
    from reference_server.distributions import Distribution

SCRIPT = f"<script>{INJECTED}</script>"
HEADER = "Conformance-Injected"
LINE = f"{HEADER}: yes"


def nothing_injected(answers: Iterable[Answer], sent: Iterable[Sent] = ()) -> None:
    """Require that a browser would run nothing of a payload in any of these answers, `sent` in uploads or not."""
    found = [f"{what} in {answer}" for answer in answers for what in dict.fromkeys(injections(answer))]
    expect.rule(
        "every payload to be escaped, so that no browser runs it",
        broken_by=found,
        where=named_with("the answers named above", sent),
    )


def answers_and_page(registry: RegistryClient, sent: list[Sent]) -> list[Answer]:
    """Return the answers to uploads, and their project's page."""
    return [*(each.answer for each in sent), registry.project_answer(sent[0].file.name, fresh=True)]


@check("security.html.name")
def test_html_name(registry: RegistryClient, new_name: NewName) -> None:
    stem = new_name("markup")
    hostile = (f"{stem}{SCRIPT}", f"{stem}{BREAKING_OUT}", SCRIPT)
    answers = []
    for number, field in enumerate(("name", "version", ":action")):
        file = wheel(stem, f"1.{number}")
        form = upload_form(file)
        value = dict(file.form())[field]
        answers.append(registry.upload(file, form=form.with_field(field, f"{value}{SCRIPT}")))
    answers += [registry.request("GET", registry.project_url(name)) for name in hostile]
    url = registry.project_url(stem)
    answers.append(registry.request("GET", f"{url}?{urlencode({'x': SCRIPT, 'format': SCRIPT})}"))
    answers.append(registry.request("GET", f"{registry.target.url}/{quote(SCRIPT, safe='')}"))
    answers.append(registry.request("GET", url, headers={"Accept": f"text/{SCRIPT}", "Referer": SCRIPT}))
    with registry.connect() as connection:
        connection.request("GET", f"{connection.path}/{SCRIPT}")
        raw = connection.answer()
    answers += [*([raw] if raw else []), registry.root_answer(fresh=True)]
    nothing_injected(answers)


@check("security.html.requires-python")
def test_html_requires_python(registry: RegistryClient, with_odd_specifiers: list[Sent]) -> None:
    nothing_injected(answers_and_page(registry, with_odd_specifiers), with_odd_specifiers)
    nothing_forged(page_if_any(registry, with_odd_specifiers[0].file.name), with_odd_specifiers)


@check("security.html.filename")
def test_html_filename(registry: RegistryClient, with_markup_in_file_names: list[Sent]) -> None:
    sent = with_markup_in_file_names
    nothing_injected(answers_and_page(registry, sent), sent)
    page = page_if_any(registry, sent[0].file.name)
    links = [
        file for each in sent for file in links_to(each, page)
    ]  # a refused one that is listed is no markup
    expect.rule(
        "every link of the page to be that of an upload",
        broken_by=[file.filename for file in page.files if file not in links],
        where=named_with(page.where, sent),
    )


@check("security.html.yank-reason")
def test_html_yank_reason(index: Index, driver: Driver, new_name: NewName) -> None:
    file = wheel(new_name("yank-reason"), "1.0")
    publish(index.registry, file)
    driver.yank(file, BREAKING_OUT)
    only_our_link(index, file)


@check("security.html.status-reason")
def test_html_status_reason(index: Index, driver: Driver, new_name: NewName) -> None:
    file = wheel(new_name("status-reason"), "1.0")
    publish(index.registry, file)
    driver.set_status(file.name, "deprecated", BREAKING_OUT)
    only_our_link(index, file)


def only_our_link(index: Index, file: Distribution) -> None:
    """Require that each page of a project has links to one file only, and nothing that a browser would run."""
    accepts = index.media_types.values()
    nothing_injected(index.registry.project_answer(file.name, accept=accept) for accept in accepts)
    for page in index.pages(file.name):
        forged = [each.filename for each in page.files if file.filename not in each.filename]
        expect.rule("every link of the page to be that of the upload", broken_by=forged, where=page.where)


@check("security.json.injection")
def test_json_injection(registry: RegistryClient, with_odd_json_values: list[Sent]) -> None:
    """A file that is missing is the finding of others: what is added to a page, or breaks it, is this one's."""
    answer = registry.project_answer(with_odd_json_values[0].file.name, accept=JSON_V1, fresh=True)
    if answer.status == 200:
        expect.rule("a page of valid JSON", broken_by=read_json(answer.content).problems, where=answer)
        page = read_project_json(answer.content, url=answer.url, where=str(answer))
        nothing_forged(page, with_odd_json_values)


@check("security.header.injection")
def test_header_injection(registry: RegistryClient, index: Index, new_name: NewName) -> None:
    name = new_name("line-break")
    files = [wheel(name, f"1.{number}") for number in range(3)]
    forms = [
        upload_form(files[0]).with_field("name", f"{name}\r\n{LINE}"),
        upload_form(files[1]).with_field("version", f"1.1\r\n{LINE}"),
        starred(upload_form(files[2]), files[2].filename, f"{quote(files[2].filename)}%0d%0a{quote(LINE)}"),
    ]
    answers = [registry.upload(file, form=form) for file, form in zip(files, forms, strict=True)]
    encoded = f"%0d%0a{quote(LINE)}"
    page = registry.project_url(index.project)
    urls = (
        f"{page.removesuffix('/')}{encoded}",
        f"{page}{encoded}/",
        f"{page.removesuffix('/')}?x={encoded}",
    )
    answers += [registry.request("GET", url) for url in (*urls, f"{registry.target.url}/{encoded}")]
    answers += [registry.download(each.url) for each in page_if_any(registry, name).files]
    found = [str(answer) for answer in answers if HEADER in answer.headers]
    expect.rule(
        f"every answer to be free of the header field {LINE!r} that the request tried to add",
        broken_by=found,
        where=registry.target.url,
    )
