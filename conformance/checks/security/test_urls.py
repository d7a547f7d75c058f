"""URLs that lead elsewhere: out of the store, or to another host."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.uploads.publishing import publish
from conformance.pages import JSON_V1, TEXT_HTML, resolved
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from conformance.kit.http import Answer


ATTACKER = "attacker.example"
"""A host that cannot exist. Source: RFC 2606, section 3."""

ROUNDS_UP = 12
UP = (
    "../" * ROUNDS_UP + "etc/passwd",
    "%2e%2e/" * ROUNDS_UP + "etc/passwd",
    "..%2f" * ROUNDS_UP + "etc%2fpasswd",
    "%2e%2e%2f" * ROUNDS_UP + "etc%2fpasswd",
    "%252e%252e%252f" * ROUNDS_UP + "etc%252fpasswd",
    "..%c0%af" * ROUNDS_UP + "etc%c0%afpasswd",
    "..\\" * ROUNDS_UP + "windows\\win.ini",
    "..%5c" * ROUNDS_UP + "windows%5cwin.ini",
    "..%2f" * ROUNDS_UP + "etc%2fpasswd%00.whl",
    "..%2f" * ROUNDS_UP + "etc%2fpasswd.metadata",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
)
"""What is added to a folder's URL. The last file name but one has the suffix of metadata files."""

OF_THE_MACHINE = re.compile(
    rb"^root:[^:\n]*:0:0:|^; for 16-bit app support|^\[(fonts|extensions)\]\r?$", re.M
)
"""Lines of /etc/passwd and of win.ini."""

LEADING_AWAY = (
    f"//{ATTACKER}",
    f"//{ATTACKER}/",
    f"//{ATTACKER}/..",
    f"/\\{ATTACKER}",
    f"/%5c{ATTACKER}",
    f"/%2f{ATTACKER}",
    f"https:{ATTACKER}",
    f"https://{ATTACKER}",
    f"https:%2f%2f{ATTACKER}",
    f"@{ATTACKER}",
)
"""What follows the host of the registry, and each of its folders: redirects add a slash or tidy them up."""

FORGED = (
    {"Host": ATTACKER},
    {"X-Forwarded-Host": ATTACKER, "Forwarded": f"host={ATTACKER}", "X-Host": ATTACKER},
)


def asked(registry: RegistryClient, targets: Iterable[str]) -> list[Answer]:
    """Ask byte for byte, as an HTTP library would tidy the paths up; without an answer there is nothing to see."""

    def ask(target: str) -> Answer | None:
        with registry.connect() as connection:
            connection.request("GET", target)
            return connection.answer()

    return [answer for answer in registry.read_each(ask, targets) if answer is not None]


def folders(index: Index) -> list[str]:
    """Return the paths of the index and of a project's files, where those are on the target's host."""
    registry = index.registry
    urls = [registry.target.index_url]
    files = [file.url for page in index.pages()[:1] for file in page.files]
    urls += [urljoin(url, ".") for url in files[:1] if registry.target.same_host(url)]
    return [urlsplit(url).path for url in urls]


@check("security.traversal.url")
def test_traversal_url(index: Index) -> None:
    paths = [folder + up for folder in folders(index) for up in UP]
    answers = asked(index.registry, ["//etc/passwd", "/" + UP[0], "/" + UP[2], *paths])
    found = [str(answer) for answer in answers if OF_THE_MACHINE.search(answer.content)]
    expect.rule(
        "every answer to be free of the server's own files", broken_by=found, where=index.registry.target.url
    )


@check("security.open-redirect")
def test_open_redirect(index: Index) -> None:
    starts = ["", *folders(index)[:1]]
    targets = [start + path for start in starts for path in LEADING_AWAY]
    answers = asked(index.registry, [target for target in targets if target.startswith("/")])
    found = [f"{answer} to {answer.headers['Location']}" for answer in answers if leads_away(answer)]
    expect.rule(
        "every redirect to stay on the registry's host", broken_by=found, where=index.registry.target.url
    )


def leads_away(answer: Answer) -> bool:
    """Tell whether a browser that follows the answer ends at the attacker's: to it a backslash is a slash."""
    location = answer.headers.get("Location", "").strip().replace("\\", "/")
    if not answer.is_redirect or not location:
        return False
    if scheme := re.match("https?:(?!//)/*", location, re.IGNORECASE):
        location = "https://" + location[scheme.end() :]
    host = urlsplit(resolved("https://registry.invalid/", re.sub("^//+", "//", location))).hostname or ""
    return host.endswith(ATTACKER)


@check("security.host-header")
def test_host_header(index: Index, new_name: NewName) -> None:
    """In a project that was not read before: what is in a cache already cannot be changed by it."""
    registry, file = index.registry.hasty(), wheel(new_name("host"), "1.0")
    publish(registry, file)
    urls = [registry.project_url(file.name), registry.project_url(file.name).removesuffix("/")]

    def after_forged(way: tuple[str, str]) -> Answer:
        accept, url = way
        for forged in FORGED:
            registry.request("GET", url, headers={"Accept": accept, **forged})
        return registry.request("GET", url, headers={"Accept": accept})

    answers = registry.read_each(after_forged, [*product(index.media_types.values(), urls)])
    found = [
        str(answer)
        for answer in answers
        if ATTACKER in answer.text or ATTACKER in answer.headers.get("Location", "")
    ]
    expect.rule(
        f"pages and redirects to be free of {ATTACKER}, which other requests named",
        broken_by=found,
        where=urls[0],
    )


@check("security.fallback-off")
def test_fallback_off(registry: RegistryClient, new_name: NewName) -> None:
    url = registry.project_url(new_name("unknown"))
    answers = [registry.request("GET", url, headers={"Accept": accept}) for accept in (TEXT_HTML, JSON_V1)]
    found = [
        f"{answer} to {location}"
        for answer in answers
        if (location := answer.headers.get("Location"))
        and answer.is_redirect
        and not registry.target.same_host(resolved(url, location))
    ]
    expect.rule(
        "an unknown project to be answered without a redirect to another host", broken_by=found, where=url
    )
