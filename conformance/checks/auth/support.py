"""What the checks of authentication ask for, and as whom."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.utils import canonicalize_name

from conformance.kit import expect
from conformance.kit.http import Credential, Follow
from conformance.kit.registry import ANONYMOUS
from conformance.pages import read_project_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.http import Answer
    from conformance.kit.index import Index
    from conformance.kit.registry import Registry
    from conformance.pages import FileLink
    from reference_server.distributions import Distribution

WRONG = "wrong"
NOT_A_TOKEN = "conformance-not-a-token"  # noqa: S105 - it opens nothing
REFUSALS = (401, 403, 404)
SHORTEST_SECRET = 6
"""Characters: a shorter password may stand in an answer by chance."""

_SHARED = re.compile(r"(?:^|,)\s*(public|s-maxage\s*=\s*\"?0*[1-9])", re.IGNORECASE)
_FRESH_TO_ALL = re.compile(r"(?:^|,)\s*(?:\*|authorization)\s*(?:,|$)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Protected:
    """A URL that is not for everyone: what nobody got there first, and then `default`."""

    what: str
    url: str
    anonymous: Answer
    known: Answer


def with_wrong(registry: Registry) -> Registry:
    """Return the registry with a credential `wrong`: a user name, and a password that opens nothing."""
    return registry.knowing(wrong=Credential(username="__token__", password=NOT_A_TOKEN))


def protected_urls(index: Index) -> tuple[Protected, ...]:
    """Ask for a project page, its first file and that one's metadata file, as pip does: first as nobody."""
    registry = index.registry
    urls = {"the page": registry.project_url(index.project)}
    if files := own_files(index):
        urls["a file"] = files[0].url
        if files[0].core_metadata is not None:
            urls["its metadata file"] = f"{files[0].url}.metadata"
    return tuple(
        Protected(
            what=what,
            url=url,
            anonymous=registry.request("GET", url, as_=ANONYMOUS, follow=Follow.SAME_HOST),
            known=registry.download(url),
        )
        for what, url in urls.items()
    )


def own_files(index: Index) -> list[FileLink]:
    """Return the files of a page that are on the target's own host, where its credentials count."""
    pages = index.pages()
    return [file for file in pages[-1].files if index.registry.target.same_host(file.url)] if pages else []


def challenge(answer: Answer) -> str:
    """Return the field WWW-Authenticate; nothing where there is none."""
    return answer.headers.get("WWW-Authenticate", "").strip()


def for_shared_caches(answer: Answer) -> str:
    """Return what lets a shared cache give an answer to others; nothing where it may not.

    Source: RFC 9111, 3.5: `must-revalidate` allows it too, but then the registry is asked.
    """
    found = _SHARED.search(answer.headers.get("Cache-Control", ""))
    return "" if found is None or _FRESH_TO_ALL.search(answer.headers.get("Vary", "")) else found[1]


def leaks(answer: Answer, secrets: Mapping[str, Credential]) -> list[str]:
    """Return where an answer repeats a password, never which one."""
    forms = {form for credential in secrets.values() for form in spellings(credential)}
    found = [f"in {name} of {answer}" for name, value in answer.headers.items() if _holds(value, forms)]
    return [*found, f"in the body of {answer}"] if _holds(answer.text, forms) else found


def spellings(credential: Credential) -> set[str]:
    """Return a password as it is, in a URL, in HTML and in a Basic header; nothing of a very short one."""
    password = credential.password
    if len(password) < SHORTEST_SECRET:
        return set()
    basic = b64encode(f"{credential.username}:{password}".encode()).decode()
    return {password, quote(password, safe=""), html.escape(password), basic}


def _holds(text: str, forms: set[str]) -> bool:
    return any(form in text for form in forms)


def nothing_stored(registry: Registry, distribution: Distribution) -> None:
    """Require that `default` does not find a file that was refused; how its absence is told is not asked."""
    answer = registry.project_answer(canonicalize_name(distribution.name))
    if answer.status == 200:
        page = read_project_page(answer.text, url=answer.url, where=str(answer))
        expect.not_listed(page, [distribution.filename])
