"""URLs in which characters are encoded that need not be."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.checks.simple.file_anchors import is_of_file
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.plain_reads import leads_to, read_plainly, shows_page, without_passing_errors
from conformance.kit.uploads.publishing import fetch
from conformance.pages import resolved
from conformance.verdicts import Untestable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.kit.fixtures import Index, RegistryClient
    from conformance.kit.http import Answer
    from conformance.kit.uploads.raw_uploads import Reaction

UNRESERVED = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])[A-Za-z0-9._~-]")
"""Characters that mean the same when they are encoded, outside of what is. Source: RFC 3986, 2.3."""

MOST = 1024
"""Bytes of a file that are asked for, and compared."""

BEGINNING = ("Range", f"bytes=0-{MOST - 1}")


@check("simple.url.unreserved")
def test_unreserved(registry: RegistryClient, index: Index) -> None:
    """Asked byte for byte, as HTTP libraries tidy such URLs up. A redirect to the tidy URL is right."""
    page = index.pages()[0]
    url = index.page_url
    accept = ("Accept", next(iter(index.media_types.values())))
    ours = [file for file in page.files if registry.target.same_host(file.url) and is_of_file(file)]
    wrong = [*_not_found(registry, url, accept, lambda found, _: shows_page(found, url, page.filenames))]
    if ours:
        smallest = min(ours, key=lambda file: (file.size is None, file.size or 0))
        wrong += _not_found(registry, smallest.url, BEGINNING, partial(_same_file, registry))
    expect.rule("every URL to lead to the same where it is encoded", broken_by=wrong, where=page.where)


def _not_found(
    registry: RegistryClient, url: str, field: tuple[str, str], is_same: Callable[[Answer, Answer], bool]
) -> Iterator[str]:
    """Ask for a URL in its encoded spellings, and say which of them leads to something else."""

    def ask(asked: str) -> Reaction:
        return read_plainly(registry, asked, what="GET", headers=[field])

    plain = ask(url).answer
    if plain is None or plain.status >= 400 or not is_same(plain, plain):
        raise Untestable(f"{url} is not served: {plain}; see the checks of pages and files")
    for digits in (str.upper, str.lower):
        encoded = _encoded(url, digits)
        found = without_passing_errors(partial(ask, encoded), partial(ask, url)).answer
        if found is None:
            yield f"no answer at {encoded}"
        elif not leads_to(found, url) and not is_same(found, plain):
            yield str(found)


def _same_file(registry: RegistryClient, found: Answer, plain: Answer) -> bool:
    """Tell whether two answers are the same file, or lead to it, each by a URL that may be signed anew."""
    if found.is_redirect and plain.is_redirect and _target(found) == _target(plain):
        return True
    beginnings = [_beginning(registry, each) for each in (found, plain)]
    return beginnings[0] is not None and beginnings[0] == beginnings[1]


def _target(answer: Answer) -> str:
    """Return where a redirect leads, without the query."""
    return urlsplit(resolved(answer.url, answer.headers.get("Location", "")))._replace(query="").geturl()


def _beginning(registry: RegistryClient, answer: Answer) -> bytes | None:
    """Return the first bytes of a file, where need be from where a redirect leads; None where there is no file."""
    location = answer.headers.get("Location")
    if answer.is_redirect and location:
        answer = fetch(registry, resolved(answer.url, location))
    return answer.content[:MOST] if answer.status in {200, 206} else None


def _encoded(url: str, digits: Callable[[str], str]) -> str:
    """Return a URL with all characters of its path's last component encoded that need not be."""
    parts = urlsplit(url)
    folder, slash, last = parts.path.rstrip("/").rpartition("/")
    end = "/" if parts.path.endswith("/") else ""
    written = UNRESERVED.sub(lambda each: "%" + digits(f"{ord(each[0]):02x}"), last)
    return parts._replace(path=f"{folder}{slash}{written}{end}").geturl()
