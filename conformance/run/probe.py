"""What a target really offers, found out by asking, and never by believing."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from conformance.pages import (
    HTML_V1,
    JSON_V1,
    TEXT_HTML,
    FileLink,
    ProjectPage,
    read_html,
    read_json,
)
from conformance.run.features import OfferedFeatures
from conformance.run.listing import pages_of, steady
from conformance.target import ANONYMOUS
from conformance.target.answered_pages import is_html, is_json, page_in
from conformance.target.evidence import evidence_of
from conformance.wire import BadAnswer, Unreachable

if TYPE_CHECKING:
    from conformance.target.registry_client import RegistryClient
    from conformance.wire import Answer

ANYTHING = "*/*"
METADATA_KEYS = tuple(
    f"{data}{key}" for data in ("", "data-") for key in ("core-metadata", "dist-info-metadata")
)
PROBED = frozenset(
    {
        "api-version",
        "auth",
        "auth-read",
        "auth-upload",
        "cache",
        "conditional",
        "cors",
        "format-param",
        "gpg",
        "gzip",
        "hashes",
        "html",
        "json",
        "json-api",
        "latest-alias",
        "local-versions",
        "metadata",
        "project-list",
        "provenance",
        "range",
        "read",
        "redirect-normalized",
        "requires-python",
        "status",
        "tls",
        "upload-time",
        "yank",
    }
)
"""Every feature that asking, or a look at the target, can find."""
FORMS = {"html", "json"}
BY_HEADERS = ("cache", "conditional", "cors", "gzip")
"""Features that the header fields of a page show."""
DESCRIBING = frozenset({"info", "releases", "urls"})
"""Keys of PyPI's JSON API."""
STATUS_KEYS = ("project-status", "pypi:project-status")


def probe(registry: RegistryClient, projects: tuple[str, ...], stated: frozenset[str]) -> OfferedFeatures:
    """Ask for the pages of `projects` in every way; `stated` features are taken over.

    An answer that cannot be read shows nothing: it is a finding of the checks that ask for it.
    """
    features = set(stated) | {"read"}
    versions: dict[str, str] = {}
    read = registry.for_each(lambda name: pages_of(registry, name), projects)
    for name, pages in zip(projects, read, strict=True):
        for form, page in pages.items():
            features |= {form} | _features_of(page)
            if _marks_status(registry, name, form):
                features.add("status")
            if page.api_version:
                features.add("api-version")
                versions.setdefault(form, page.api_version)
    with suppress(BadAnswer):
        if "html" not in features and _has_html(registry, projects[0]):
            features.add("html")
    if features.isdisjoint(FORMS):
        features |= _forms_of_root(registry)
    accept = TEXT_HTML if "html" in features else JSON_V1
    if registry.target.index_url.startswith("https:"):
        features.add("tls")
    unknown: dict[str, str] = {}
    for look in (_listing, _locked, _negotiated, partial(_transferred, unknown), partial(_ranged, unknown)):
        with suppress(BadAnswer):
            features |= look(registry, projects[0], accept)
    if registry.target.has_json_api and _describes_any(registry, projects, are_new="upload" in stated):
        features.add("json-api")
    unknown = {feature: where for feature, where in unknown.items() if feature not in features}
    return OfferedFeatures(features=frozenset(features), versions=versions, unknown=unknown)


def _listing(registry: RegistryClient, _: str, accept: str) -> set[str]:
    served = steady(lambda: registry.root_answer(accept=accept)).status == 200
    return {"project-list"} if served else set()  # a row of its own asks for it


def _has_html(registry: RegistryClient, name: str) -> bool:
    """Return whether a project has an HTML page for some client, though not for one that accepts `text/html`."""
    answers = (
        steady(partial(registry.project_answer, name, accept=accept)) for accept in (HTML_V1, ANYTHING)
    )
    return any(answer.status == 200 and is_html(answer) for answer in answers)


def _forms_of_root(registry: RegistryClient) -> set[str]:
    """Return the forms of the root page, where no project page is found: an index has one form at least."""
    json = html = False
    with suppress(BadAnswer):
        json = is_json(steady(lambda: registry.root_answer(accept=JSON_V1)))
    with suppress(BadAnswer):
        html = is_html(steady(lambda: registry.root_answer(accept=TEXT_HTML)))
    return {"json"} if json and not html else {"html", "json"} if json else {"html"}


def _features_of(page: ProjectPage) -> set[str]:
    """Return what a page shows that it has, from the presence of each optional thing, of whatever type."""
    shown = {
        "hashes": any(file.hashes for file in page.files),
        "requires-python": any(_stated(file, "requires-python") for file in page.files),
        "metadata": any(_announces_metadata(file) for file in page.files),
        "yank": any(file.yanked is not None for file in page.files),
        "provenance": any(_stated(file, "provenance") is not None for file in page.files),
        "gpg": any(_stated(file, "gpg-sig") is not None for file in page.files),
        "upload-time": any(_stated(file, "upload-time") is not None for file in page.files),
    }
    return {feature for feature, present in shown.items() if present}


def _stated(file: FileLink, key: str) -> object:
    """Return what a page says of a file under a key, or in the attribute of that name, valid or not."""
    return file.raw.get(key, file.raw.get(f"data-{key}"))


def _announces_metadata(file: FileLink) -> bool:
    """Tell whether a file is said to have a metadata file, well or badly: in HTML any value says so."""
    said = [file.raw[key] for key in METADATA_KEYS if key in file.raw]
    return any(said) or (bool(said) and "href" in file.raw)


def _marks_status(registry: RegistryClient, name: str, form: str) -> bool:
    """Tell whether a page marks its project's status, well or badly."""
    if form == "html":
        document = read_html(registry.project_answer(name, accept=TEXT_HTML).text)
        return any(meta.get("name") in STATUS_KEYS for meta in (*document.metas, *document.stray_metas))
    json = read_json(registry.project_answer(name, accept=JSON_V1).content)
    return any(key in {**json.object, **json.meta} for key in STATUS_KEYS)


def _locked(registry: RegistryClient, name: str, accept: str) -> set[str]:
    locked = registry.target.credentials and _is_locked(registry, name, accept)
    return {"auth-read"} if locked else set()


def _is_locked(registry: RegistryClient, name: str, accept: str) -> bool:
    """Return whether an anonymous caller is refused: by a status, or by a page to sign in, which has no files."""
    known = steady(lambda: registry.project_answer(name, accept=accept))
    if known.status == 404:
        return steady(lambda: registry.root_answer(as_=ANONYMOUS, accept=accept)).status in {401, 403}
    answer = steady(lambda: registry.project_answer(name, as_=ANONYMOUS, accept=accept))
    if answer.is_server_error:
        return False
    return answer.status != 200 or bool(page_in(known).files and not page_in(answer).files)


def _negotiated(registry: RegistryClient, name: str, _: str) -> set[str]:
    def answer(feature: str) -> Answer:
        return steady(partial(evidence_of, feature, registry, name, accept=TEXT_HTML))

    features = {each for each in ("latest-alias", "format-param") if answer(each).content_type == JSON_V1}
    respelled = answer("redirect-normalized")
    if respelled.is_redirect and not registry.is_sent_elsewhere(respelled):
        features.add("redirect-normalized")
    return features


def _transferred(unknown: dict[str, str], registry: RegistryClient, name: str, accept: str) -> set[str]:
    """Return what the header fields of a page show. Where it ends in a server error, they are `unknown`."""
    headers = {"Accept": accept, "Accept-Encoding": "gzip"}
    page = steady(lambda: registry.request("GET", registry.project_url(name), headers=headers))
    if page.is_server_error:
        unknown |= dict.fromkeys(BY_HEADERS, str(page))
        return set()
    features = set()
    if page.headers.get("Content-Encoding", "").lower() == "gzip":
        features.add("gzip")
    if "ETag" in page.headers or "Last-Modified" in page.headers:
        features.add("conditional")
    if "Access-Control-Allow-Origin" in page.headers:
        features.add("cors")
    if re.search(r"max-age=[1-9]", page.headers.get("Cache-Control", "")):
        features.add("cache")
    return features


def _ranged(unknown: dict[str, str], registry: RegistryClient, name: str, _: str) -> set[str]:
    """Return whether files come in parts. Where the first one ends in a server error, that is `unknown`."""
    file = _first_file(registry, name)
    if file is None:
        return set()
    if file.is_server_error:
        unknown["range"] = str(file)
    return {"range"} if file.headers.get("Accept-Ranges") == "bytes" or file.status == 206 else set()


def _first_file(registry: RegistryClient, name: str) -> Answer | None:
    for page in pages_of(registry, name).values():
        for file in page.files[:1]:
            ask = partial(evidence_of, "range", registry, name, accept=TEXT_HTML, file=file.url)
            with suppress(Unreachable, BadAnswer):  # findings of the checks that ask for the file
                return steady(ask)
    return None


def _describes_any(registry: RegistryClient, projects: tuple[str, ...], *, are_new: bool) -> bool:
    """Return whether PyPI's JSON API knows one of the projects. Descriptions of new ones may be late, all of them."""
    for name in projects if are_new else ():
        registry.settling.expect(registry.target.description_url(name), "served", _is_there)
    return any(_is_described(registry, name) for name in projects)


def _is_there(answer: Answer) -> bool:
    return answer.status not in {404, 410}


def _is_described(registry: RegistryClient, name: str) -> bool:
    """Return whether PyPI's JSON API knows a project: any one of the parts of a description shows that it is there."""
    ask = partial(evidence_of, "json-api", registry, name, accept=TEXT_HTML)
    with suppress(BadAnswer, Unreachable):  # it may have a host of its own
        answer = registry.settling.read(registry.target.description_url(name), lambda: steady(ask))
        return answer.status == 200 and bool(DESCRIBING & answer.json_object.keys())
    return False
