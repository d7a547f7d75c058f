"""Ways around authentication."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.credentials import WRONG, with_wrong_token
from conformance.kit.http import Unreachable, upload_form
from conformance.kit.protected_urls import Protected, protected_urls
from conformance.kit.registry import ANONYMOUS
from conformance.kit.uploads.publishing import publish
from conformance.kit.uploads.stored_files import nothing_stored
from conformance.verdicts import Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Index, NewName, RegistryClient
    from conformance.kit.http import Answer

SIGNS = 40
"""Bytes at the beginning of a document that tell it from an error or a login page."""

HTTP_PORT = 80

_COOKIE = re.compile(r"(?:^|,\s*)([!#$%&'*+.^_`|~0-9A-Za-z-]+=[^;,\s]*)")


@dataclass(frozen=True, kw_only=True)
class Dodge:
    """A request that means a protected URL, and may look like something else to what guards it."""

    method: str = "GET"
    spelling: str = "{path}"
    header: tuple[str, str] = ("Accept", "*/*")

    def __str__(self) -> str:
        """The request as a report names it."""
        path = "" if self.spelling == "{path}" else f" {self.spelling.replace('{path}', 'PATH')}"
        return f"{self.method}{path} with {': '.join(self.header)}"


DODGES = (
    Dodge(method="HEAD"),
    Dodge(method="OPTIONS"),
    Dodge(method="POST", header=("X-HTTP-Method-Override", "GET")),
    Dodge(header=("X-HTTP-Method-Override", "HEAD")),
    Dodge(header=("X-HTTP-Method-Override", "OPTIONS")),
    Dodge(header=("X-Original-URL", "/")),
    Dodge(header=("X-Forwarded-For", "127.0.0.1")),
    Dodge(header=("Accept", "application/vnd.pypi.simple.v1+json")),
    Dodge(header=("Range", "bytes=0-")),
    Dodge(spelling="{path}."),
    Dodge(spelling="{path};x=1"),
    Dodge(spelling="{path}?format=application/vnd.pypi.simple.v1%2Bjson"),
    Dodge(spelling="/.{path}"),
    Dodge(spelling="/%2e{path}"),
    Dodge(spelling="/{path}"),
    Dodge(spelling="{encoded}"),
)


@check("security.auth.method-bypass")
def test_method_bypass(index: Index) -> None:
    """Files may be open on purpose, as behind signed URLs; a metadata file is as secret as its file."""
    found = []
    for each in protected_urls(index):
        if each.known.status != 200:
            raise Untestable(f"{each.what} is not served: {each.known}; see the checks of reading")
        if each.anonymous.status != 200:
            dodges = DODGES if each.what != "its metadata file" else DODGES[:1]
            answers = index.registry.read_each(partial(dodged, index.registry, each), dodges)
            found += [
                f"{each.what} by {dodge}: {answer}"
                for dodge, answer in zip(dodges, answers, strict=True)
                if reveals(answer, each)
            ]
        elif each.what == "a file":
            break
        else:
            found.append(f"{each.what}: {each.anonymous}")
    expect.rule(
        "no way around the credential that protects a URL",
        broken_by=found,
        where=index.registry.project_url(index.project),
    )


def dodged(registry: RegistryClient, each: Protected, dodge: Dodge) -> Answer | None:
    """Request without a credential, byte for byte, as an HTTP library would tidy up the path."""
    path = urlsplit(each.url).path
    target = dodge.spelling.format(path=path, encoded=f"/%{ord(path[1]):02X}{path[2:]}")
    length = [("Content-Length", "0")] if dodge.method == "POST" else []
    with registry.connect(as_=ANONYMOUS) as connection:
        connection.request(dodge.method, target, headers=[dodge.header, *length])
        return connection.answer()


def reveals(answer: Answer | None, each: Protected) -> bool:
    """Tell whether an answer has what is protected. To HEAD, success says that it would be given."""
    if answer is None or not answer.is_success:
        return False
    if answer.method == "HEAD":
        return True
    if each.what == "the page":  # in HTML or in JSON
        return any(name in answer.text for name in re.findall(r"[\w.+!-]+\.(?:whl|tar\.gz)", each.known.text))
    return answer.content[:SIGNS] == each.known.content[:SIGNS] != b""


@check("security.auth.csrf")
def test_csrf(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("cross-site"), "1.0")
    publish(registry, wheel(distribution.name, "1.1"))  # with the credential
    form = upload_form(distribution)
    body = form.body()
    given = registry.request("GET", registry.target.index_url).headers.get("Set-Cookie", "")
    headers = [
        ("Content-Type", form.content_type),
        ("Content-Length", str(len(body))),
        ("Origin", "https://attacker.example"),
        ("Cookie", "; ".join(_COOKIE.findall(given)) or "session=none"),
    ]
    registry.announce(distribution)
    with registry.connect(as_=ANONYMOUS) as connection:
        connection.request("POST", headers=headers, body=body)
        answer = connection.answer()
    if answer is not None:
        expect.status(answer, 400, 401, 403, 404, 422)
    nothing_stored(registry, distribution)


@check("security.tls-redirect-upload")
def test_tls_redirect_upload(registry: RegistryClient, new_name: NewName) -> None:
    """With a password that opens nothing: over plain http anybody may read it."""
    distribution = wheel(new_name("plain"), "1.0")
    form = upload_form(distribution)
    body = form.body()
    registry = with_wrong_token(registry)
    headers = [("Content-Type", form.content_type), ("Content-Length", str(len(body)))]
    registry.announce(distribution)
    try:
        with registry.connect(over_plain_http(registry.target.upload_url), as_=WRONG) as connection:
            connection.request("POST", headers=headers, body=body)
            answer = connection.answer()
    except Unreachable:
        return  # the port is closed
    if answer is not None and answer.is_redirect:
        found = [f"status {answer.status}, Location: {answer.headers.get('Location')}"]
        expect.rule(
            "an upload over plain http to be answered without a redirect", broken_by=found, where=answer
        )


def over_plain_http(url: str) -> str:
    """Return a URL on the port of plain http. Raises Untestable for https on a port of its own."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        return url
    if parts.port not in {None, 443}:
        raise Untestable(
            f"{parts.hostname} uses port {parts.port} for https, and its port for http is unknown"
        )
    return parts._replace(scheme="http", netloc=f"{parts.hostname}:{HTTP_PORT}").geturl()
